import type { CaseResult } from '../protocol/evaluation.ts';
import { columnText, countText } from '../protocol/number-text.ts';
import { cutText } from './cut-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { verdictMark, verdictRank, verdictShape } from './verdict-mark.ts';

const drawnMax = 200;
const listedMax = 100;
const perLine = 25;
const step = 16;

/** Curated rows that must come out right: one mark each, and those that did not in a table. */
export function casesSection(cases: CaseResult[]): Markup | null {
  if (cases.length === 0) return null;
  const wrong = cases.filter(({ verdict }) => verdict !== 'pass').sort((a, b) => verdictRank[a.verdict] - verdictRank[b.verdict]);
  return markup`<section id="cases"><h2>Curated cases <span class="quiet">${countText(cases.length - wrong.length)} of ${countText(cases.length)} come out right</span></h2>${cases.length <= drawnMax ? casesFigure(cases) : null}${
    wrong.length === 0
      ? null
      : markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">verdict</th><th scope="col">case</th><th scope="col">expected</th><th scope="col">predicted</th><th scope="col" class="number">score</th></tr></thead><tbody>${wrong.slice(0, listedMax).map((each) => markup`<tr><td>${verdictMark(each.verdict)}</td><th scope="row">${cutText(each.name, 60)}</th><td data-label="expected">${cutText(each.expected, 60)}</td><td data-label="predicted">${each.predicted === null ? '—' : cutText(each.predicted, 60)}</td><td class="number" data-label="score">${each.score === null ? null : columnText(each.score)}</td></tr>`)}</tbody></table></div>${wrong.length > listedMax ? markup`<p class="quiet">${countText(wrong.length - listedMax)} more are in the record</p>` : null}`
  }</section>`;
}

function casesFigure(cases: CaseResult[]): Markup {
  const width = Math.min(perLine, cases.length) * step + 4;
  const right = cases.filter(({ verdict }) => verdict === 'pass').length;
  return svg(
    { width, height: Math.ceil(cases.length / perLine) * step + 4, finding: `${countText(right)} of ${countText(cases.length)} curated cases come out right` },
    cases.map(({ name, verdict }, index) => markup`<g>${verdictShape(verdict, (index % perLine) * step + 10, Math.floor(index / perLine) * step + 10)}<title>${name.slice(0, 80)}: ${verdict}</title></g>`),
  );
}
