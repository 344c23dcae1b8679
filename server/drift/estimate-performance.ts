import type { PerformanceEstimate } from '../../protocol/drift.ts';
import type { Measured } from '../../protocol/measured.ts';
import { type BootstrapEstimate, type Statistic, bootstrap } from '../stats/bootstrap.ts';
import { calibrate, calibrateClasses, chooseCalibrator } from '../stats/calibrator.ts';
import { accuracy, averaged, f1, precision, recall } from '../stats/classification-metrics.ts';
import { type ConfusionMatrix, decide, oneVersusRest } from '../stats/confusion.ts';
import { deLong } from '../stats/delong.ts';
import type { MetricValue } from '../stats/metric-value.ts';
import { estimatePerformance as expectMetrics, possibleOutcomes } from '../stats/performance-estimate.ts';
import { notProbabilities } from '../stats/probabilities.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { rankScores } from '../stats/ranked-scores.ts';
import { uncheckedRocAuc } from '../stats/roc-auc.ts';
import { createUnitWeights } from '../stats/unit-weights.ts';

/** Scored rows: for two classes the probability of class 1 per row, else row-major rows × classes. */
export interface ScoredRows {
  scores: Float64Array;
  /** Class index per row, −1 where the label is not known; null when none is. */
  labels: Int32Array | null;
}

export interface PerformanceInput {
  classes: number;
  /** Score from which a row of two classes is decided positive. Not used for more classes. */
  threshold: number;
  /** Labelled rows that the model did not learn from: they say what its scores are worth. */
  reference: ScoredRows;
  current: ScoredRows;
}

export interface PerformanceOptions {
  seed: number;
  /** Simulated samples, and resamples of the labelled rows. Default 1,000. */
  replicates?: number;
  /** Coverage of the intervals. Default 0.95. */
  level?: number;
}

/** Metrics that are estimated, by number of classes. */
export const estimatedMetrics = {
  binary: ['accuracy', 'precision', 'recall', 'f1', 'roc_auc'],
  multiclass: ['accuracy', 'recall_macro', 'f1_macro'],
} as const;

/**
 * Confidence-based estimate of a model's performance on rows without labels, beside the performance on the reference and,
 * where labels have come in, on the rows themselves.
 *
 * Scores are calibrated on the reference (isotonic where that helps, see `chooseCalibrator`); each current row then counts
 * as each class with that probability. The interval covers the metric that would be measured on as many rows. It is right
 * as long as the scores keep their meaning: when P(label | features) changes, only the realised metric shows it.
 *
 * @param tick awaited every few replicates
 * @returns one estimate per metric of `estimatedMetrics`, in that order; a metric that does not exist has its reason
 * @throws RangeError when scores are not probabilities or no reference row has a label
 */
export async function estimatePerformance({ classes, threshold, ...input }: PerformanceInput, options: PerformanceOptions, tick: () => void | Promise<void> = () => {}): Promise<PerformanceEstimate[]> {
  const names = classes === 2 ? estimatedMetrics.binary : estimatedMetrics.multiclass;
  // In order of score, so that a replicate reads the weights of the ranking one after another.
  const rowsOf = (rows: ScoredRows): ScoredRows => (classes === 2 ? byScore(rows) : rows);
  const [labelled, asked] = [rowsOf(input.reference), rowsOf(input.current)];
  const reference = labelledRows(labelled, classes);
  if (reference === null) throw new RangeError('no reference row has a label');
  const probabilities = calibratedOn(reference, asked.scores, classes, options.seed);
  const outcomes = possibleOutcomes(probabilities, classes, classes === 2 ? 'binary' : 'row-major');
  const perOutcome = spread(asked.scores, outcomes.rows, classes);

  const plan = { replicates: options.replicates ?? 1000, seed: options.seed, level: options.level ?? 0.95 };
  const expected = metricStatistics(names, { labels: outcomes.labels, scores: perOutcome }, classes, threshold);
  const estimated = await run(expectMetrics(outcomes, expected.statistics, { ...plan, prepare: expected.prepare }), tick);
  const before = await measureLabelled(names, reference, classes, threshold, plan, tick);
  const current = labelledRows(asked, classes);
  const realised = current === null ? null : await measureLabelled(names, current, classes, threshold, plan, tick);
  const currentRows = asked.scores.length / (classes === 2 ? 1 : classes);
  return names.map((metric, index) => ({
    metric,
    estimated: measured(estimated[index], currentRows),
    reference: before[index],
    ...(realised !== null && { realised: realised[index] }),
    definition: 'CBPE: expected metric under calibrated probabilities, interval by simulated labels; agrees with NannyML up to its calibration splits and to ties in the ROC curve',
  }));
}

function byScore({ scores, labels }: ScoredRows): ScoredRows {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a] || a - b);
  return { scores: Float64Array.from(order, (row) => scores[row]), labels: labels && Int32Array.from(order, (row) => labels[row]) };
}

interface LabelledRows {
  labels: Int32Array;
  scores: Float64Array;
}

/** The rows whose label is known; null when there is none. */
function labelledRows({ labels, scores }: ScoredRows, classes: number): LabelledRows | null {
  const fault = notProbabilities(scores, classes === 2 ? 1 : classes);
  if (fault) throw new RangeError(fault);
  if (labels === null) return null;
  const rows = Array.from(labels.keys()).filter((row) => labels[row] >= 0);
  if (rows.length === 0) return null;
  return { labels: Int32Array.from(rows, (row) => labels[row]), scores: spread(scores, Uint32Array.from(rows), classes) };
}

/** The scores of the given rows, which may repeat. */
function spread(scores: Float64Array, rows: Uint32Array, classes: number): Float64Array {
  const width = classes === 2 ? 1 : classes;
  const result = new Float64Array(rows.length * width);
  rows.forEach((row, index) => result.set(scores.subarray(row * width, (row + 1) * width), index * width));
  return result;
}

function calibratedOn({ labels, scores }: LabelledRows, current: Float64Array, classes: number, seed: number): Float64Array {
  if (classes === 2) return calibrate(chooseCalibrator(labels, scores, seed), current);
  const calibrators = Array.from({ length: classes }, (_, index) =>
    chooseCalibrator(
      labels.map((label) => (label === index ? 1 : 0)),
      Float64Array.from(labels, (_label, row) => scores[row * classes + index]),
      seed,
    ),
  );
  return calibrateClasses(calibrators, current);
}

/** Metrics of labelled rows with the intervals they have in an evaluation: Wilson, DeLong, else the percentile bootstrap. */
async function measureLabelled(
  names: readonly string[],
  rows: LabelledRows,
  classes: number,
  threshold: number,
  plan: { replicates: number; seed: number; level: number },
  tick: () => void | Promise<void>,
): Promise<Measured[]> {
  const { statistics, prepare, matrix } = metricStatistics(names, rows, classes, threshold);
  const count = rows.labels.length;
  const byFormula = names.map((name) => formulaEstimate(name, rows, matrix, plan.level));
  const open = statistics.filter((_, index) => byFormula[index] === null);
  const resampled = (await run(bootstrap(open, { ...plan, rows: count, method: 'percentile', prepare }), tick)).values();
  return byFormula.map((estimate) => estimate ?? measured(resampled.next().value!, count));
}

function formulaEstimate(name: string, { labels, scores }: LabelledRows, matrix: ConfusionMatrix, level: number): Measured | null {
  const rows = labels.length;
  const share = (hits: number, trials: number): Measured | null => {
    const interval = wilsonInterval(hits, trials, level);
    return interval && { value: hits / trials, rows, interval };
  };
  const { truePositives, falsePositives, falseNegatives } = oneVersusRest(matrix, 1);
  switch (name) {
    case 'accuracy':
      return share(Math.round((accuracy(matrix).value ?? 0) * rows), rows);
    case 'precision':
      return share(truePositives, truePositives + falsePositives);
    case 'recall':
      return share(truePositives, truePositives + falseNegatives);
    case 'roc_auc': {
      const { value, interval } = deLong(labels, scores, level);
      return value.value === null || interval === null ? null : { value: value.value, rows, interval };
    }
    default:
      return null;
  }
}

/** Metrics under weights of the rows, which `prepare` takes: the rows are added up by label and decision once for all of them. */
function metricStatistics(names: readonly string[], { labels, scores }: LabelledRows, classes: number, threshold: number): { statistics: Statistic[]; prepare: (weights: Float64Array) => void; matrix: ConfusionMatrix } {
  const predicted = classes === 2 ? decide(scores, threshold) : mostLikely(scores, classes);
  const unitWeights = createUnitWeights(labels.length);
  const cells = labels.map((label, row) => label * classes + predicted[row]);
  const matrix: ConfusionMatrix = { classes, counts: unitWeights.sums(cells, Uint32Array.from(labels.keys()), classes * classes) };
  const ranked = rankScores(classes === 2 ? labels : new Int32Array(), classes === 2 ? scores : new Float64Array());
  const metric = (name: string): ((weights: Float64Array) => MetricValue) => {
    switch (name) {
      case 'accuracy':
        return () => accuracy(matrix);
      case 'precision':
        return () => precision(oneVersusRest(matrix, 1));
      case 'recall':
        return () => recall(oneVersusRest(matrix, 1));
      case 'f1':
        return () => f1(oneVersusRest(matrix, 1));
      case 'roc_auc':
        return (weights) => uncheckedRocAuc(ranked, weights);
      case 'recall_macro':
        return () => averaged(matrix, recall, 'macro');
      case 'f1_macro':
        return () => averaged(matrix, f1, 'macro');
      default:
        throw new Error(`${name} is not estimated`);
    }
  };
  const metrics = names.map(metric);
  return { statistics: metrics.map((measure) => (weights) => measure(weights).value ?? NaN), prepare: unitWeights.weigh, matrix };
}

function mostLikely(scores: Float64Array, classes: number): Int32Array {
  return Int32Array.from({ length: scores.length / classes }, (_, row) => {
    let best = 0;
    for (let index = 1; index < classes; index++) if (scores[row * classes + index] > scores[row * classes + best]) best = index;
    return best;
  });
}

const replicatesPerTick = 10;

async function run<Result>(steps: Generator<unknown, Result>, tick: () => void | Promise<void>): Promise<Result> {
  for (let replicate = 0; ; replicate++) {
    const step = steps.next();
    if (step.done) return step.value;
    if (replicate % replicatesPerTick === 0) await tick();
  }
}

function measured({ value, interval, reason, resamples }: BootstrapEstimate, rows: number): Measured {
  return {
    value,
    rows,
    resamples,
    ...(interval !== null && { interval }),
    ...(value === null && { reason: reason ?? 'the metric is undefined on these rows' }),
  };
}
