import type { EvaluationReport, SliceResult, WeakSlice } from '../../protocol/evaluation.ts';
import type { DatasetRef, Measured } from '../../protocol/measured.ts';
import { precisionRecallCurve } from '../stats/average-precision.ts';
import { confusionMatrix } from '../stats/confusion.ts';
import { quantileSorted } from '../stats/quantile.ts';
import { rankScores } from '../stats/ranked-scores.ts';
import { rocCurve } from '../stats/roc-auc.ts';
import type { Table } from '../stats/vector.ts';
import { accountRows } from './account-rows.ts';
import { assessCalibration } from './assess-calibration.ts';
import { type GroupedDecisions, assessFairness } from './assess-fairness.ts';
import { type OutcomeValues, assessValue } from './assess-value.ts';
import { thinCurve } from './curve.ts';
import { findWeakSlices } from './find-weak-slices.ts';
import { keptTable } from './kept-table.ts';
import { measure } from './measure.ts';
import { defaultMetrics, planMetrics } from './plan-metrics.ts';
import { findPredictionFaults, predictionRows } from './predictions.ts';
import { resamplingUnits } from './resampling-units.ts';
import { createUnitWeights } from '../stats/unit-weights.ts';
import { type Slice, type SliceDeclaration, columnCodes, resolveSlices } from './slice.ts';
import { type BinarySubject, type Subject, classCount, decisionsOf, subjectRows } from './subject.ts';

export interface EvaluateInput {
  dataset: DatasetRef;
  model: EvaluationReport['model'];
  subject: Subject;
  /** Per row, finite and ≥ 0. */
  weights?: Float64Array;
  /** Cluster per row, ≥ 0, when rows belong together (users, days): intervals then resample whole clusters. */
  clusters?: Int32Array;
  /** Metrics wanted beyond the usual ones, on all rows and on every slice. */
  metrics?: readonly string[];
  /** Columns that slices and groups are made of, one value per row of the data. */
  table?: Table;
  slices?: readonly SliceDeclaration[];
  /** Columns to search for weak slices. */
  searched?: readonly string[];
  /** Columns whose groups should be treated alike, one list per set of groups; binary task only. */
  groups?: readonly (readonly string[])[];
  /** Binary task only. */
  value?: OutcomeValues;
  /** 2,000 unless said otherwise: a gate that decides by an interval needs as many. */
  resamples?: number;
  level?: number;
  seed: number;
  /** Awaited every few tens of milliseconds with the share of resampling that is done; may throw to stop. */
  tick?: (share: number) => void | Promise<void>;
}

/**
 * How a model does on labelled data: every metric of the task with its interval, on all rows, on declared slices and on
 * slices where it does worst, with fairness, calibration and value where they apply.
 *
 * Rows without label or prediction are left out and counted by reason. A prediction that is there and is none (NaN, a
 * logit for a probability, a class nobody knows) refuses the whole: metrics of the remaining rows would flatter the model.
 *
 * @returns metrics that these rows cannot define are null with a reason. Everything random comes from `seed`.
 */
export async function evaluate(input: EvaluateInput): Promise<EvaluationReport> {
  const { subject, dataset, model, seed } = input;
  const account = accountRows(subject);
  const empty: EvaluationReport = { dataset, model, task: subject.task, ...decisionRule(subject), rows: account.rows, metrics: {}, slices: [], weakSlices: [], fairness: [], seed };
  const refused = refusal(input, account.kept.length);
  if (refused !== null) {
    const leftOut = [...account.rows.leftOut, ...(account.kept.length > 0 ? [{ reason: 'not judged, as no row was', rows: account.kept.length }] : [])];
    return { ...empty, refused, rows: { ...account.rows, judged: 0, leftOut } };
  }
  return { ...empty, ...(await evaluateRows(input, account.kept)) };
}

function decisionRule(subject: Subject): Pick<EvaluationReport, 'threshold' | 'positive'> {
  return subject.task === 'binary' ? { threshold: subject.threshold, positive: subject.classes[1] } : {};
}

/** Why nothing can be judged, or null. */
function refusal({ subject, table }: EvaluateInput, kept: number): string | null {
  const rows = subjectRows(subject);
  const predicted = predictionRows(subject.predictions, classCount(subject));
  if (predicted !== rows) return `${predicted} predictions for ${rows} rows`;
  if (table && table.rows !== rows) return `${table.rows} rows of columns for ${rows} rows`;
  const { notFinite, outsideUnitInterval, sumNotOne, message } = findPredictionFaults(subject.predictions, classCount(subject));
  if (notFinite + outsideUnitInterval + sumNotOne > 0) return message ?? 'predictions are at fault';
  return kept === 0 ? 'no row has both a label and a prediction' : null;
}

async function evaluateRows(input: EvaluateInput, kept: Uint32Array): Promise<Partial<EvaluationReport>> {
  const { subject, metrics: wanted = [], level = 0.95 } = input;
  const table = keptTable(input.table, kept);
  const { units, of, gather: perUnit } = resamplingUnits(subject, kept);
  const unitWeights = createUnitWeights(units);
  const names = defaultMetrics[subject.task];
  const declared = resolveSlices(table, input.slices ?? []);
  const quality = qualityOf(subject, kept);
  const found = quality && input.searched?.length ? findWeakSlices(table, quality.values, input.searched) : [];
  const planOn = (rows: Uint32Array, usual: readonly string[]): ReturnType<typeof planMetrics> =>
    planMetrics(subject, rows.map((index) => kept[index]), rows.map((index) => of[index]), [...new Set([...usual, ...wanted])], unitWeights);

  const everyRow = Uint32Array.from(kept.keys());
  const binary = subject.task === 'binary' ? binaryRows(subject, kept) : null;
  const weights = gather(input.weights, kept);
  const fairness = binary ? (input.groups ?? []).flatMap((by) => groupedDecisions(table, by, binary, weights) ?? []).map((data) => assessFairness(data, unitWeights)) : [];
  const value = binary && input.value ? assessValue(binary.labels, binary.decisions, input.value, unitWeights) : null;
  const slices = [...declared, ...found].map(({ rows }) => planOn(rows, names.slice));
  const measured = await measure([planOn(everyRow, names.all), ...slices, ...fairness.map(({ metrics }) => metrics), ...(value ? [value.metrics] : [])], {
    units,
    unitWeights,
    weights: perUnit(input.weights),
    clusters: perUnit(input.clusters),
    resamples: input.resamples ?? 2000,
    level,
    seed: input.seed,
    tick: input.tick,
  });

  const [metrics] = measured;
  const sliceMetrics = measured.slice(1);
  const weak = sliceMetrics.slice(declared.length);
  const disparities = weak.slice(found.length);
  const resultOf = ({ slice, rows }: Slice, index: number, from: Record<string, Measured>[]): SliceResult => ({ slice, rows: rows.length, share: rows.length / kept.length, metrics: from[index] });
  return {
    metrics,
    slices: declared.map((slice, index) => resultOf(slice, index, sliceMetrics)),
    weakSlices: found.map((slice, index): WeakSlice => ({
      ...resultOf(slice, index, weak),
      metric: quality?.metric ?? '',
      gap: { value: slice.gap, interval: slice.interval, rows: slice.rows.length },
      adjustedP: slice.adjustedP,
    })),
    fairness: fairness.map(({ report }, index) => report(disparities[index])),
    ...(value && { value: value.report(disparities[fairness.length]) }),
    ...(binary && drawnBinary(binary, metrics, weights)),
    ...(subject.task === 'binary' && { confusion: confusionOf(subject, kept) }),
    ...(subject.task === 'multiclass' && { confusion: confusionOf(subject, kept) }),
    ...(subject.task === 'regression' && { residuals: residualsOf(subject, kept) }),
  };
}

function gather(values: Float64Array | undefined, rows: Uint32Array): Float64Array | undefined {
  return values && Float64Array.from(rows, (row) => values[row]);
}

/** One number per row that is higher the better the prediction, and the metric it is the mean of. */
function qualityOf(subject: Subject, kept: Uint32Array): { metric: string; values: Float64Array } | null {
  switch (subject.task) {
    case 'binary':
    case 'multiclass': {
      const decisions = decisionsOf(subject);
      return { metric: 'accuracy', values: Float64Array.from(kept, (row) => (decisions[row] === subject.labels[row] ? 1 : 0)) };
    }
    case 'regression':
      return { metric: 'mae', values: Float64Array.from(kept, (row) => -Math.abs(subject.predictions.values[row] - subject.labels[row])) };
    case 'ranking':
    case 'generation':
      return null;
  }
}

interface BinaryRows {
  labels: Uint8Array;
  decisions: Uint8Array;
  scores: Float64Array | null;
}

function binaryRows(subject: BinarySubject, kept: Uint32Array): BinaryRows {
  const decisions = decisionsOf(subject);
  const { predictions } = subject;
  return {
    labels: Uint8Array.from(kept, (row) => subject.labels[row]),
    decisions: Uint8Array.from(kept, (row) => decisions[row]),
    scores: predictions.kind === 'scores' ? Float64Array.from(kept, (row) => predictions.scores[row]) : null,
  };
}

function groupedDecisions(table: Table, by: readonly string[], { labels, decisions }: BinaryRows, weights?: Float64Array): GroupedDecisions | null {
  const columns = by.map((name) => table.columns.find((column) => column.name === name));
  const coded = columns.flatMap((column) => (column ? [columnCodes(column, table.rows)] : []));
  if (coded.length < by.length || coded.length === 0) return null;
  return { by, labels, decisions, codes: coded.map(({ codes }) => codes), names: coded.map(({ names }) => names), weights };
}

function drawnBinary({ labels, scores }: BinaryRows, metrics: Record<string, Measured>, weights?: Float64Array): Partial<EvaluationReport> {
  if (!scores) return {};
  const ranked = rankScores(labels, scores);
  const calibration = assessCalibration(labels, scores, 'mass', metrics, weights);
  return {
    roc: thinCurve(rocCurve(ranked, weights).map(({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate])),
    precisionRecall: thinCurve(precisionRecallCurve(ranked, weights).map(({ recall, precision }) => [recall, precision])),
    ...(calibration && { calibration }),
  };
}

function confusionOf(subject: Extract<Subject, { task: 'binary' | 'multiclass' }>, kept: Uint32Array): EvaluationReport['confusion'] {
  const classes = subject.classes.length;
  const decisions = decisionsOf(subject);
  const { counts } = confusionMatrix(Int32Array.from(kept, (row) => subject.labels[row]), Int32Array.from(kept, (row) => decisions[row]), classes);
  return { labels: [...subject.classes], counts: subject.classes.map((_, actual) => Array.from(counts.subarray(actual * classes, (actual + 1) * classes))) };
}

const RESIDUAL_BINS = 40;

/** Errors (predicted − actual) in bins of equal width over the middle 99 %; what lies beyond is counted in the end bins. */
function residualsOf(subject: Extract<Subject, { task: 'regression' }>, kept: Uint32Array): EvaluationReport['residuals'] {
  const errors = Float64Array.from(kept, (row) => subject.predictions.values[row] - subject.labels[row]).sort();
  const [low, high] = [0.005, 0.995].map((share) => quantileSorted(errors, share));
  const bins = high > low ? RESIDUAL_BINS : 1;
  const counts = new Array<number>(bins).fill(0);
  for (const error of errors) counts[Math.min(bins - 1, Math.max(0, Math.floor(((error - low) / (high - low || 1)) * bins)))]++;
  return { edges: Array.from({ length: bins + 1 }, (_, index) => low + ((high - low) * index) / bins), counts };
}
