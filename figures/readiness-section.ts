import { countText } from '../protocol/number-text.ts';
import { addressOf } from '../protocol/view.ts';
import type { ReadinessCriterion, ReadinessEvidence, ReadinessReport, ReadinessState } from '../protocol/workspace.ts';
import { cutText } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';
import { verdictMark } from './verdict-mark.ts';

const rank: Record<ReadinessState, number> = { fail: 0, error: 1, missing: 2, inconclusive: 3, pass: 4, off: 5 };
const criteriaMax = 300;

/**
 * What keeps a model from production, worst group on top, what is met folded with its count.
 *
 * A link to evidence is the address of its view. A button to state a criterion names it in `data-criterion`; it is there
 * only where `canState` says that somebody will hear it.
 */
export function readinessSection({ criteria }: Pick<ReadinessReport, 'criteria'>, { canState = false }: { canState?: boolean } = {}): Markup {
  const open = criteria.filter(({ state }) => state !== 'pass' && state !== 'off');
  const met = criteria.filter(({ state }) => state === 'pass');
  const off = criteria.filter(({ state }) => state === 'off');
  const worst = (group: string): number => Math.min(...open.filter((each) => each.group === group).map(({ state }) => rank[state]));
  const groups = [...new Set(open.map(({ group }) => group))].sort((a, b) => worst(a) - worst(b));
  const count = (group: string): number => criteria.filter((each) => each.group === group && each.state !== 'off').length;
  return markup`<section id="readiness"><h2>What is still needed</h2>
${open.length === 0 ? markup`<p>Nothing: every criterion that counts is met.</p>` : null}
${groups.map((group) => {
  const rows = open.filter((each) => each.group === group).sort((a, b) => rank[a.state] - rank[b.state]);
  return markup`<h3>${cutText(group, 60)} <span class="quiet">${countText(count(group) - rows.length)} of ${countText(count(group))} met</span></h3>${criterionTable(rows, { canState })}`;
})}
${met.length === 0 ? null : markup`<details${open.length === 0 ? markup` open` : null}><summary>${countText(met.length)} ${met.length === 1 ? 'criterion is' : 'criteria are'} met</summary>${criterionTable(met, { grouped: true })}</details>`}
${off.length === 0 ? null : markup`<h3>Turned off in slipway.yaml</h3>${criterionTable(off, {})}`}</section>`;
}

function criterionTable(criteria: readonly ReadinessCriterion[], { grouped = false, canState = false }: { grouped?: boolean; canState?: boolean }): Markup {
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">state</th><th scope="col">criterion</th><th scope="col">evidence</th></tr></thead><tbody>${criteria.slice(0, criteriaMax).map(
    (criterion) => markup`<tr><td>${stateMark(criterion.state)}</td><th scope="row">${cutText(criterion.criterion, 80)}${grouped ? markup` <span class="tag">${cutText(criterion.group, 40)}</span>` : null}</th><td>${cutText(criterion.text, 400)} ${evidenceLink(criterion)}${criterion.next === null ? null : markup`<div class="why">Next: ${nextText(criterion.next)}</div>`}${
      canState && criterion.kind === 'statement' && criterion.state !== 'pass' ? markup`<button type="button" class="link" data-criterion="${criterion.criterion}">State that it is met…</button>` : null
    }</td></tr>`,
  )}</tbody></table></div>${criteria.length > criteriaMax ? markup`<p class="quiet">${countText(criteria.length - criteriaMax)} more are not shown</p>` : null}`;
}

function stateMark(state: ReadinessState): Markup {
  switch (state) {
    case 'missing':
      return markup`<span class="verdict inconclusive"><span class="sign" aria-hidden="true">?</span> missing</span>`;
    case 'off':
      return markup`<span class="quiet"><span class="sign" aria-hidden="true">–</span> off</span>`;
    default:
      return verdictMark(state);
  }
}

/** What stands between backticks is text to type. */
function nextText(next: string): Markup[] {
  return next.split('`').map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`));
}

function evidenceLink({ evidence, line }: ReadinessCriterion): Markup | null {
  const place = evidence?.kind === 'config' ? evidence.line : line;
  return markup`${evidence === null ? null : viewLink(evidence)}${place === undefined ? null : markup` <code class="quiet">slipway.yaml:${place}</code>`}`;
}

function viewLink(evidence: ReadinessEvidence): Markup | null {
  switch (evidence.kind) {
    case 'run':
    case 'gate':
      return markup`<a href="#${addressOf({ view: 'gates', run: evidence.run })}">the run</a>`;
    case 'batch':
      return markup`<a href="#${addressOf({ view: 'data', batch: evidence.batch })}">the check</a>`;
    case 'config':
    case 'statement':
      return null;
  }
}
