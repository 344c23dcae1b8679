import type { EvaluationReport, ValueReport, WeakSlice } from '../protocol/evaluation.ts';
import type { EvaluationRole } from '../protocol/gates.ts';
import type { Measured } from '../protocol/measured.ts';
import { columnText, countText, intervalText, measuredText, numberText } from '../protocol/number-text.ts';
import { confusionFigure } from './confusion-figure.ts';
import { curveFigure } from './curve-figure.ts';
import { cutText } from './cut-text.ts';
import { fairnessPart } from './fairness-part.ts';
import { histogramFigure } from './histogram-figure.ts';
import { intervalAxis, intervalFigure, rulerFigure } from './interval-figure.ts';
import { markup, type Markup } from './markup.ts';
import { differenceCell, measuredCell } from './measured-cell.ts';
import { reliabilityFigure } from './reliability-figure.ts';
import { tile } from './tile.ts';

const weakSlicesMax = 10;
const metricsMax = 60;
const groupingsMax = 12;

/** How good the candidate is on labelled data, by itself: curves, calibration, value, weak slices, groups. */
export function qualitySection(role: EvaluationRole, evaluation: EvaluationReport, champion: EvaluationReport | undefined): Markup {
  const { weakSlices, fairness, value, refused } = evaluation;
  const heading = markup`<h2>Quality on ${role} ${judgedRows(evaluation)}</h2>`;
  if (refused !== undefined) return markup`<section id="quality-${role}">${heading}<p><span class="verdict error">! not evaluated</span>: ${cutText(refused, 400)}</p></section>`;
  return markup`<section id="quality-${role}">${heading}
${qualityTiles(evaluation, champion)}
${metricsTable(evaluation)}
${value === undefined ? null : valuePart(value)}
${weakSlices.length === 0 ? null : weakSlicesPart(weakSlices)}
${fairness.slice(0, groupingsMax).map((each) => fairnessPart(each))}${fairness.length > groupingsMax ? markup`<p class="quiet">${countText(fairness.length - groupingsMax)} more groupings are in the record</p>` : null}</section>`;
}

/** Which rows were judged, as the head of whatever was measured on them. */
export function judgedRows({ rows, dataset }: Pick<EvaluationReport, 'rows' | 'dataset'>): Markup {
  return markup`<span class="quiet">${cutText(dataset.name, 60)}, ${countText(rows.judged)} of ${countText(rows.read)} rows judged${rows.leftOut.slice(0, 5).map(({ reason, rows: left }) => markup`, ${countText(left)} left out: ${cutText(reason, 80)}`)}</span>`;
}

/** Every metric with its interval, folded. */
export function metricsTable({ metrics, calibration, threshold }: EvaluationReport): Markup {
  const named = Object.entries({ ...metrics, ...calibration?.metrics });
  return markup`<details><summary>${countText(named.length)} metrics${threshold === undefined ? null : ` at threshold ${numberText(threshold)}`}</summary><div class="scroll"><table><thead><tr><th scope="col">metric</th><th scope="col" class="number">value</th><th scope="col" class="number">95 % interval</th><th scope="col">how</th></tr></thead><tbody>${named
    .slice(0, metricsMax)
    .map(([name, measured]) => markup`<tr><th scope="row">${cutText(name, 40)}</th><td class="number">${measuredCell(measured)}</td><td class="number quiet">${intervalText(measured, 'metric', 'value')}</td><td class="quiet">${cutText(measured.reason ?? measured.interval?.method ?? '', 160)}</td></tr>`)}</tbody></table></div></details>`;
}

/** ROC, precision and recall, calibration, confusion, residuals: those that the task has. */
export function qualityTiles({ metrics, roc, precisionRecall, calibration, confusion, residuals }: EvaluationReport, champion: EvaluationReport | undefined): Markup | null {
  const labelled = (who: string, measured: Measured | undefined) => (measured === undefined || measured.value === null ? who : `${who} ${columnText(measured.value)}`);
  const curve = (of: 'roc' | 'precisionRecall', metric: string) => (champion?.[of] === undefined ? undefined : { curve: champion[of], label: labelled('champion', champion.metrics[metric]) });
  const error = metrics.ece ?? calibration?.metrics.ece ?? null;
  const tiles = [
    tile('ROC', roc === undefined ? null : curveFigure({ candidate: { curve: roc, label: labelled('candidate', metrics.roc_auc) }, champion: curve('roc', 'roc_auc'), x: 'false positive rate', y: 'true positive rate', diagonal: true, finding: `ROC curve, area ${measuredText(metrics.roc_auc ?? null, 'metric')}` })),
    tile(
      'Precision and recall',
      precisionRecall === undefined
        ? null
        : curveFigure({ candidate: { curve: precisionRecall, label: labelled('candidate', metrics.average_precision) }, champion: curve('precisionRecall', 'average_precision'), x: 'recall', y: 'precision', diagonal: false, finding: `Precision–recall curve, average precision ${measuredText(metrics.average_precision ?? null, 'metric')}` }),
    ),
    tile('Calibration', calibration === undefined ? null : calibrationFigure(calibration, error)),
    tile('Confusion', confusion === undefined ? null : confusionFigure(confusion, `Confusion of ${countText(confusion.labels.length)} labels${typeof metrics.accuracy?.value === 'number' ? `, accuracy ${columnText(metrics.accuracy.value)}` : ''}`)),
    tile('Residuals', residuals === undefined ? null : histogramFigure({ ...residuals, finding: `Residuals, prediction minus label${typeof metrics.mae?.value === 'number' ? `: mean absolute error ${numberText(metrics.mae.value)}` : ''}` })),
  ].filter((each) => each !== null);
  return tiles.length === 0 ? null : markup`<div class="grid natural">${tiles}</div>`;
}

function calibrationFigure(calibration: NonNullable<EvaluationReport['calibration']>, error: Measured | null): Markup | null {
  return reliabilityFigure(calibration, `Observed share against predicted score in ${countText(calibration.bins.length)} bins; expected calibration error ${measuredText(error, 'metric')}`);
}

/** Money per 1,000 predictions, on one axis with doing nothing. */
export function valuePart({ currency, perPrediction, baseline, gain, counts }: ValueReport): Markup {
  const rows = [
    { name: 'candidate', measured: thousandfold(perPrediction) },
    { name: `baseline: predict ${baseline.name === 'positive' ? 'everybody' : baseline.name === 'negative' ? 'nobody' : baseline.name}`, measured: thousandfold(baseline.perPrediction) },
    { name: 'gain over the baseline', measured: thousandfold(gain) },
  ];
  const axis = intervalAxis(rows.map(({ measured }) => ({ measured, bound: null })));
  const won = gain.value === null ? 'inconclusive' : gain.interval === undefined ? (gain.value > 0 ? 'pass' : 'fail') : gain.interval.low > 0 ? 'pass' : gain.interval.high < 0 ? 'fail' : 'inconclusive';
  return markup`<h3>Value <span class="quiet">${cutText(currency, 12)} per 1,000 predictions; ${countText(counts.tp)} true and ${countText(counts.fp)} false positives, ${countText(counts.fn)} false and ${countText(counts.tn)} true negatives</span></h3><div class="scroll"><table class="cards narrow"><thead><tr><td></td><th scope="col" class="number">${cutText(currency, 12)}</th><th scope="col">${rulerFigure(axis, { finding: 'Axis of value' })}</th></tr></thead><tbody>${rows.map(
    ({ name, measured }, index) => markup`<tr><th scope="row">${cutText(name, 60)}</th><td class="number" data-label="value">${differenceCell(measured)}</td><td class="drawing">${intervalFigure({ measured, bound: null, verdict: index === 2 ? won : null, finding: `${name}: ${measuredText(measured, 'money')} per 1,000 predictions` }, axis)}</td></tr>`,
  )}</tbody></table></div>`;
}

function thousandfold(measured: Measured): Measured {
  if (measured.value === null) return measured;
  const { interval } = measured;
  return { ...measured, value: measured.value * 1000, ...(interval === undefined ? {} : { interval: { ...interval, low: interval.low * 1000, high: interval.high * 1000 } }) };
}

/** The slices found to do worst against the rest, worst first. */
export function weakSlicesPart(slices: WeakSlice[]): Markup {
  const shown = [...slices].sort((a, b) => (a.gap.value ?? 0) - (b.gap.value ?? 0)).slice(0, weakSlicesMax);
  const axis = intervalAxis(shown.map(({ gap }) => ({ measured: gap, bound: null })));
  return markup`<h3>Weak slices <span class="quiet">found by search, corrected for looking at many; against the rest of the rows</span></h3><div class="scroll"><table class="cards"><thead><tr><th scope="col">slice</th><th scope="col">metric</th><th scope="col" class="number">gap</th><th scope="col">${rulerFigure(axis, { finding: 'Axis of gaps' })}</th><th scope="col" class="number">rows</th></tr></thead><tbody>${shown.map(
    ({ slice, metric, gap, rows }) => markup`<tr><th scope="row">${cutText(readable(slice.name), 90)}</th><td data-label="metric">${cutText(metric, 40)}</td><td class="number" data-label="gap">${differenceCell(gap)}</td><td class="drawing">${intervalFigure({ measured: gap, bound: null, verdict: 'fail', finding: `${metric} in ${slice.name.slice(0, 90)}: ${measuredText(gap, 'metric')} against the rest` }, axis)}</td><td class="number" data-label="rows">${countText(rows)}</td></tr>`,
  )}</tbody></table></div>`;
}

/** Bounds of found slices come with all the digits of a double. */
function readable(name: string): string {
  return name.replace(/-?\d+\.\d{4,}/g, (digits) => numberText(Number(digits)));
}
