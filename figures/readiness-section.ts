import { countText } from '../protocol/number-text.ts';
import type { ReadinessCriterion, ReadinessEvidence, ReadinessReport } from '../protocol/workspace.ts';
import { cutText } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';
import { groupCriteria, isOpen, readinessMark } from './readiness-states.ts';

const criteriaMax = 300;

/** What keeps a model from production, worst group on top, then what is met with its evidence, then what is turned off. */
export function readinessSection({ criteria }: Pick<ReadinessReport, 'criteria'>): Markup {
  const open = criteria.filter(isOpen);
  const met = criteria.filter(({ state }) => state === 'pass');
  const off = criteria.filter(({ state }) => state === 'off');
  const groups = groupCriteria(criteria).flatMap(({ group, criteria: of }) => {
    const rows = of.filter(isOpen);
    const counted = of.filter(({ state }) => state !== 'off').length;
    return rows.length === 0 ? [] : [{ head: markup`${cutText(group, 60)} <span class="quiet">${countText(counted - rows.length)} of ${countText(counted)} met</span>`, rows }];
  });
  return markup`<section><h2>What is still needed</h2>
${open.length === 0 ? markup`<p>Nothing: every criterion that counts is met.</p>` : null}
${open.length === 0 ? null : criterionTable(groups)}
${met.length === 0 ? null : markup`<details${open.length === 0 ? markup` open` : null}><summary>${countText(met.length)} ${met.length === 1 ? 'criterion is' : 'criteria are'} met</summary>${criterionTable([{ head: null, rows: met }])}</details>`}
${off.length === 0 ? null : markup`<h3>Turned off in slipway.yaml</h3>${criterionTable([{ head: null, rows: off }])}`}</section>`;
}

/** One table, so that the columns of its groups line up. */
function criterionTable(groups: readonly { head: Markup | null; rows: readonly ReadinessCriterion[] }[]): Markup {
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">state</th><th scope="col">criterion</th><th scope="col">what is known</th><th scope="col">evidence</th></tr></thead>${groups.map(
    ({ head, rows }) => markup`<tbody>${head === null ? null : markup`<tr><th colspan="4" scope="rowgroup"><strong>${head}</strong></th></tr>`}${rows.slice(0, criteriaMax).map(criterionRow)}${rows.length > criteriaMax ? markup`<tr><td colspan="4" class="quiet">${countText(rows.length - criteriaMax)} more are not shown</td></tr>` : null}</tbody>`,
  )}</table></div>`;
}

function criterionRow({ criterion, group, state, text, next, evidence, line }: ReadinessCriterion): Markup {
  return markup`<tr><td>${readinessMark(state)}</td><th scope="row">${cutText(criterion, 80)}${state === 'pass' ? markup` <span class="tag">${cutText(group, 40)}</span>` : null}</th><td>${cutText(text, 400)}${next === null ? null : markup`<div class="why">Next: ${withCode(next)}</div>`}</td><td>${evidence === null ? null : markup`<div class="quiet">${evidenceText(evidence)}</div>`}${line === undefined || evidence?.kind === 'config' ? null : markup`<div class="quiet">slipway.yaml:${line}</div>`}</td></tr>`;
}

/** What stands between backticks is text to type. */
function withCode(text: string): Markup[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`));
}

function evidenceText(evidence: ReadinessEvidence): string {
  switch (evidence.kind) {
    case 'run':
    case 'gate':
      return `run ${evidence.run}`;
    case 'batch':
      return `check ${evidence.batch}`;
    case 'config':
      return `slipway.yaml:${evidence.line}`;
    case 'statement':
      return `statement of ${evidence.at.slice(0, 10)}`;
  }
}
