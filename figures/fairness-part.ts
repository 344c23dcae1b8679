import type { GroupFairness } from '../protocol/evaluation.ts';
import { columnText, countText, intervalText, measuredText } from '../protocol/number-text.ts';
import { cutAt, cutText } from './cut-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

const groupsMax = 24;
const disparitiesMax = 30;
const rates = [
  ['selection_rate', 'selection rate'],
  ['tpr', 'TPR'],
  ['fpr', 'FPR'],
] as const;

/** Rates of each group with their intervals on one axis from 0 to 1; groups too small to judge say so. */
export function fairnessPart({ by, groups, disparities, minRows }: GroupFairness): Markup {
  const sorted = [...groups].sort((a, b) => Number(a.tooSmall) - Number(b.tooSmall) || b.rows - a.rows);
  const shown = sorted.slice(0, groupsMax);
  const named = Object.entries(disparities).slice(0, disparitiesMax);
  return markup`<h3>Groups by ${cutText(by.join(' × '), 60)} <span class="quiet">axes from 0 to 1; fewer than ${countText(minRows)} rows are not judged</span></h3><div class="scroll"><table class="cards"><thead><tr><th scope="col">group</th><th scope="col" class="number">rows</th><th scope="col" class="number">positives</th>${rates.map(([, title]) => markup`<th scope="col">${title}</th>`)}</tr></thead><tbody>${shown.map(
    (group) => markup`<tr><th scope="row">${cutText(group.group, 60)}${group.tooSmall ? markup` <span class="tag">too few rows</span>` : null}</th><td class="number" data-label="rows">${countText(group.rows)}</td><td class="number" data-label="positives">${countText(group.positives)}</td>${rates.map(([rate, title]) => markup`<td class="drawing" data-label="${title}">${rateFigure(group, rate, title)}</td>`)}</tr>`,
  )}</tbody></table></div>${sorted.length > shown.length ? markup`<p class="quiet">${countText(sorted.length - shown.length)} smaller groups are in the record</p>` : null}<details><summary>${countText(named.length)} disparities</summary><div class="scroll"><table><tbody>${named.map(
    ([name, measured]) => markup`<tr><th scope="row">${cutText(name, 60)}</th><td class="number">${measured.value === null ? 'not defined' : columnText(measured.value)}</td><td class="number quiet">${intervalText(measured, 'metric', 'value')}</td><td class="quiet">${cutText(measured.reason ?? (measured.lowestGroup === undefined ? '' : `${cutAt(measured.lowestGroup, 40)} lowest, ${cutAt(measured.highestGroup ?? '', 40)} highest`), 160)}</td></tr>`,
  )}</tbody></table></div></details>`;
}

function rateFigure(group: GroupFairness['groups'][number], rate: (typeof rates)[number][0], title: string): Markup {
  const measured = group.rates[rate];
  if (measured.value === null) return markup`<span class="quiet" title="${cutAt(measured.reason ?? '', 300)}">not defined</span>`;
  const x = linearScale([0, 1], [5, 95]);
  const { interval } = measured;
  return svg(
    { width: 150, height: 18, finding: `${title} of ${cutAt(group.group, 60)}: ${measuredText(measured, 'share')}` },
    markup`<line class="axis" x1="5" x2="95" y1="9" y2="9"/>${interval === undefined ? null : markup`<line class="interval" x1="${x(interval.low)}" x2="${x(interval.high)}" y1="9" y2="9"/>`}<circle class="${group.tooSmall ? 'past-dot' : 'dot'}" cx="${x(measured.value)}" cy="9" r="3.5"/><text class="label digits end" x="148" y="13">${measuredText(measured, 'share')}</text>`,
  );
}
