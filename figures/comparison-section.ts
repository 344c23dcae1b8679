import type { ComparisonReport, MetricComparison } from '../protocol/evaluation.ts';
import type { EvaluationRole, Gate } from '../protocol/gates.ts';
import type { Verdict } from '../protocol/measured.ts';
import { columnText, countText, numberText, pText, rowText } from '../protocol/number-text.ts';
import { findingOf, gainOf, isUnitless, toneMark, toneOf, toneRank } from './comparison-tone.ts';
import { cutAt, cutText } from './cut-text.ts';
import { dumbbellAxis, dumbbellFigure } from './dumbbell-figure.ts';
import { intervalAxis, intervalFigure, rulerFigure } from './interval-figure.ts';
import { markup, type Markup } from './markup.ts';
import { differenceCell, measuredCell } from './measured-cell.ts';
import { linearScale, round } from './scale.ts';

const slicesMin = 6;
const slicesMax = 24;
const slicesFoldedMax = 60;
const gatedMetricsMax = 4;
const elsewhereMax = 20;
const flipsMax = 30;
const concentrationsMax = 8;
/** Below this many times its share, a slice is not worth naming. */
const liftMin = 1.2;

/** Candidate and champion on the same rows: which metrics differ, where, and on which rows the answer changed. */
export function comparisonSection(role: EvaluationRole, comparison: ComparisonReport, policy: Gate[]): Markup {
  const { champion, candidate, slices, flips, rows, refused } = comparison;
  const heading = markup`<h2>${cutText(candidate.version, 40)} against ${cutText(champion.version, 40)} on ${role}${refused === undefined ? markup` <span class="quiet">the same ${countText(rows)} rows</span>` : null}</h2>`;
  if (refused !== undefined) return markup`<section id="against-${role}">${heading}<p><span class="verdict error">! not compared</span>: ${cutText(refused, 400)}</p></section>`;
  const { gated, sliced } = gatedMetrics(policy, role);
  return markup`<section id="against-${role}">${heading}
${metricsPart(role, comparison, policy)}
${slicesPart(slices, sliced.length > 0 ? sliced : gated.slice(0, 1))}
${flips === null ? null : markup`${flipsPart(flips)}${flips.examples.length === 0 ? null : flipExamples(flips.examples)}`}</section>`;
}

/** The metrics of the whole dataset: those that are worse or gated, then the rest folded. */
export function metricsPart(role: EvaluationRole, { metrics }: Pick<ComparisonReport, 'metrics'>, policy: Gate[]): Markup {
  const { gated } = gatedMetrics(policy, role);
  const sorted = [...metrics].sort((a, b) => toneRank[toneOf(a)] - toneRank[toneOf(b)] || rankIn(gated, a.metric) - rankIn(gated, b.metric));
  const open = sorted.filter((row) => toneOf(row) === 'fail' || gated.includes(row.metric));
  const shown = open.length > 0 ? open : sorted.slice(0, 3);
  const folded = sorted.filter((row) => !shown.includes(row));
  const count = (tone: Verdict) => metrics.filter((row) => toneOf(row) === tone).length;
  return markup`<p>${countText(count('pass'))} metrics are better, ${countText(count('fail'))} worse, ${countText(count('inconclusive'))} not told apart from chance.</p>
${metricTable(shown)}${folded.length === 0 ? null : markup`<details><summary>${countText(folded.length)} more metrics, none worse</summary>${metricTable(folded)}</details>`}`;
}

/** Metrics that gates of this policy are about, and those of them by slice. */
export function gatedMetrics(policy: Gate[], role: EvaluationRole): { gated: string[]; sliced: string[] } {
  const of = policy.flatMap((gate) => ((gate.kind === 'metric' || gate.kind === 'change' || gate.kind === 'non_inferior') && gate.on === role ? [{ metric: gate.metric, sliced: gate.slice !== undefined || gate.by !== undefined }] : []));
  const names = (gates: typeof of) => [...new Set(gates.map(({ metric }) => metric))];
  return { gated: names(of), sliced: names(of.filter(({ sliced }) => sliced)) };
}

function rankIn(list: string[], metric: string): number {
  const index = list.indexOf(metric);
  return index === -1 ? list.length : index;
}

function metricTable(rows: MetricComparison[]): Markup {
  const axisOf = (of: MetricComparison[]) => intervalAxis(of.map(({ difference }) => ({ measured: difference, bound: null })));
  const unitless = rows.filter(isUnitless);
  const shared = axisOf(unitless);
  return markup`<div class="scroll"><table class="cards"><thead><tr><td></td><th scope="col">metric</th><th scope="col" class="number">champion</th><th scope="col" class="number">candidate</th><th scope="col" class="number">difference</th>${unitless.length === 0 ? markup`<td></td>` : markup`<th scope="col">${rulerFigure(shared, { finding: 'Axis of differences' })}</th>`}<th scope="col" class="number">p</th></tr></thead><tbody>${rows.map(
    (row) => {
      const axis = isUnitless(row) ? shared : axisOf([row]);
      return markup`<tr><td>${toneMark(toneOf(row))}</td><th scope="row">${cutText(row.metric, 40)}${row.direction === 'lower' ? markup` <span class="quiet">lower is better</span>` : null}</th><td class="number" data-label="champion">${measuredCell(row.champion)}</td><td class="number" data-label="candidate">${measuredCell(row.candidate)}</td><td class="number" data-label="difference">${differenceCell(row.difference)}</td><td class="drawing">${isUnitless(row) ? null : rulerFigure(axis, { finding: `Axis of differences in ${cutAt(row.metric, 40)}` })}${intervalFigure({ measured: row.difference, bound: null, verdict: toneOf(row), finding: findingOf(row) }, axis)}</td><td class="number quiet" data-label="p"${titleAttribute(row.test)}>${row.pValue === null ? null : pText(row.pValue).replace(/^p (= )?/, '')}</td></tr>`;
    },
  )}</tbody></table></div>`;
}

function titleAttribute(text: string | null): Markup | null {
  return text === null ? null : markup` title="${text}"`;
}

function slicesPart(slices: MetricComparison[], gated: string[]): Markup {
  const metrics = [...new Set(slices.map(({ metric }) => metric))].sort((a, b) => rankIn(gated, a) - rankIn(gated, b));
  const drawn = metrics.filter((metric, index) => index < gatedMetricsMax && (gated.includes(metric) || index === 0));
  const elsewhere = slices.filter((row) => !drawn.includes(row.metric) && toneOf(row) === 'fail' && (row.adjustedP ?? row.pValue ?? 1) < 0.05).sort((a, b) => (a.adjustedP ?? 1) - (b.adjustedP ?? 1));
  return markup`${drawn.map((metric) => sliceTables(metric, slices.filter((row) => row.metric === metric)))}${
    elsewhere.length === 0 ? null : markup`<details><summary>${countText(elsewhere.length)} more losses in slices, in metrics without a gate</summary>${sliceRows(elsewhere.slice(0, elsewhereMax), true)}${elsewhere.length > elsewhereMax ? markup`<p class="quiet">The ${elsewhereMax} surest are listed; all are in the record.</p>` : null}</details>`
  }`;
}

function sliceTables(metric: string, rows: MetricComparison[]): Markup {
  const defined = rows.filter(({ difference }) => difference.value !== null).sort((a, b) => gainOf(a) - gainOf(b));
  const without = rows.filter(({ difference }) => difference.value === null);
  const worse = defined.filter((row) => toneOf(row) === 'fail').length;
  const shown = Math.min(slicesMax, Math.max(slicesMin, worse));
  const [open, folded] = [defined.slice(0, shown), defined.slice(shown, shown + slicesFoldedMax)];
  const left = defined.length - open.length - folded.length;
  return markup`<h3>${cutText(metric, 40)} by slice <span class="quiet">${worse === 0 ? `none of ${countText(defined.length)} is worse` : `${countText(worse)} of ${countText(defined.length)} ${worse === 1 ? 'is' : 'are'} worse`}; most harm on top</span></h3>
${open.length === 0 ? null : sliceRows(open, false)}${folded.length === 0 ? null : markup`<details><summary>${countText(folded.length)} more slices</summary>${sliceRows(folded, false)}</details>`}${left > 0 ? markup`<p class="quiet">${countText(left)} more slices are in the record</p>` : null}${
    without.length === 0 ? null : markup`<p class="quiet">Not defined: ${without.slice(0, 12).map((row, index) => markup`${index === 0 ? '' : '; '}${cutText(row.slice.name, 40)} (${countText(row.difference.rows)} rows: ${cutText(row.difference.reason ?? row.candidate.reason ?? 'no reason given', 80)})`)}${without.length > 12 ? ` and ${countText(without.length - 12)} more` : ''}</p>`
  }`;
}

function sliceRows(rows: MetricComparison[], named: boolean): Markup {
  const values = dumbbellAxis(rows);
  const differences = intervalAxis(rows.map(({ difference }) => ({ measured: difference, bound: null })));
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">slice</th>${named ? markup`<th scope="col">metric</th>` : null}<th scope="col" class="number"><svg class="key" width="9" height="9" viewBox="0 0 9 9" aria-hidden="true"><rect class="past-dot" x="1" y="1" width="7" height="7"/></svg> champion</th><th scope="col" class="number"><svg class="key" width="9" height="9" viewBox="0 0 9 9" aria-hidden="true"><circle class="dot" cx="4.5" cy="4.5" r="4"/></svg> candidate</th>${named ? markup`<td></td>` : markup`<th scope="col">${rulerFigure(values, { finding: 'Axis of values' })}</th>`}<th scope="col" class="number">difference</th>${named ? markup`<td></td>` : markup`<th scope="col">${rulerFigure(differences, { finding: 'Axis of differences' })}</th>`}<th scope="col" class="number">rows</th></tr></thead><tbody>${rows.map((row) => {
    const own = named ? { values: dumbbellAxis([row]), differences: intervalAxis([{ measured: row.difference, bound: null }]) } : { values, differences };
    return markup`<tr><th scope="row">${cutText(row.slice.name, 60)}</th>${named ? markup`<td>${cutText(row.metric, 40)}</td>` : null}<td class="number" data-label="champion">${measuredCell(row.champion)}</td><td class="number" data-label="candidate">${measuredCell(row.candidate)}</td><td class="drawing">${dumbbellFigure(row, own.values)}</td><td class="number" data-label="difference">${differenceCell(row.difference)}</td><td class="drawing">${intervalFigure({ measured: row.difference, bound: null, verdict: toneOf(row), finding: findingOf(row) }, own.differences)}</td><td class="number" data-label="rows">${countText(row.candidate.rows)}</td></tr>`;
  })}</tbody></table></div>`;
}

/** How many rows changed sides, and where those that went wrong are. */
export function flipsPart({ helpful, harmful, mcnemar, concentrations }: NonNullable<ComparisonReport['flips']>): Markup {
  const dense = concentrations.filter(({ lift }) => lift >= liftMin).sort((a, b) => b.harmful - a.harmful);
  const most = Math.max(1, ...concentrations.map((each) => Math.max(each.harmful, each.helpful)));
  const wide = linearScale([0, most], [0, 92]);
  return markup`<h3>Flips <span class="quiet">rows whose answer changed</span></h3><p>${countText(helpful)} rows went from wrong to right, ${countText(harmful)} from right to wrong${mcnemar === null || mcnemar.pValue === null ? '' : ` (McNemar ${pText(mcnemar.pValue)})`}.${
    dense.length === 0 ? ' Those that went wrong are not concentrated in any slice that was looked at.' : markup` Those that went wrong are concentrated in ${dense.slice(0, 3).map(({ slice, harmful: rows, lift }, index) => markup`${index === 0 ? '' : ', '}<strong>${cutText(slice.name, 60)}</strong> (${countText(rows)} rows, ${numberText(lift, 2)} × its share)`)}.`
  }</p>${
    concentrations.length === 0
      ? null
      : markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">slice</th><th scope="col" class="number">went wrong</th><th scope="col">right → wrong │ wrong → right</th><th scope="col" class="number">went right</th><th scope="col" class="number">× its share</th><th scope="col" class="number">rows</th></tr></thead><tbody>${concentrations
          .slice(0, concentrationsMax)
          .map(
            (each) =>
              markup`<tr><th scope="row">${cutText(each.slice.name, 60)}</th><td class="number" data-label="went wrong">${countText(each.harmful)}</td><td class="drawing"><svg viewBox="0 0 200 18" width="200" height="18" role="img" aria-label="${`${cutAt(each.slice.name, 60)}: ${countText(each.harmful)} rows went wrong, ${countText(each.helpful)} went right`}"><rect class="harm" x="${round(100 - wide(each.harmful))}" y="4" width="${wide(each.harmful)}" height="10"/><rect class="gain" x="100" y="4" width="${wide(each.helpful)}" height="10"/><line class="bound" x1="100" x2="100" y1="1" y2="17"/></svg></td><td class="number" data-label="went right">${countText(each.helpful)}</td><td class="number" data-label="× its share">${columnText(each.lift)}</td><td class="number" data-label="rows">${countText(each.rows)}</td></tr>`,
          )}</tbody></table></div>`
  }`;
}

function flipExamples(examples: NonNullable<ComparisonReport['flips']>['examples']): Markup {
  const score = (value: number | null) => (value === null ? null : columnText(value));
  return markup`<details><summary>${countText(Math.min(flipsMax, examples.length))} rows that flipped</summary><div class="scroll"><table><thead><tr><th scope="col" class="number">row</th><th scope="col">key</th><th scope="col">label</th><th scope="col">champion → candidate</th><th scope="col" class="number">scores</th><td></td></tr></thead><tbody>${examples.slice(0, flipsMax).map(
    (flip) => markup`<tr><th scope="row" class="number">${rowText(flip.row)}</th><td>${cutText(flip.key ?? '', 40)}</td><td>${cutText(flip.label, 60)}</td><td>${cutText(flip.champion, 60)} → ${cutText(flip.candidate, 60)}</td><td class="number">${score(flip.championScore)} → ${score(flip.candidateScore)}</td><td>${flip.candidate === flip.label ? 'now right' : flip.champion === flip.label ? 'now wrong' : ''}</td></tr>`,
  )}</tbody></table></div></details>`;
}
