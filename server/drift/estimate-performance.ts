import type { PerformanceEstimate } from '../../protocol/drift.ts';
import type { Measured } from '../../protocol/measured.ts';
import { type BootstrapEstimate, type Statistic, bootstrap } from '../stats/bootstrap.ts';
import { calibrate, calibrateClasses, chooseCalibrator } from '../stats/calibrator.ts';
import { accuracy, averaged, f1, precision, recall } from '../stats/classification-metrics.ts';
import { type ConfusionMatrix, confusionMatrix, decide, oneVersusRest } from '../stats/confusion.ts';
import type { MetricValue } from '../stats/metric-value.ts';
import { estimatePerformance as expectMetrics, possibleOutcomes } from '../stats/performance-estimate.ts';
import { notProbabilities } from '../stats/probabilities.ts';
import { rankScores } from '../stats/ranked-scores.ts';
import { rocAuc } from '../stats/roc-auc.ts';

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
export async function estimatePerformance(input: PerformanceInput, options: PerformanceOptions, tick: () => void | Promise<void> = () => {}): Promise<PerformanceEstimate[]> {
  const { classes } = input;
  const names = classes === 2 ? estimatedMetrics.binary : estimatedMetrics.multiclass;
  const reference = labelledRows(input.reference, classes);
  if (reference === null) throw new RangeError('no reference row has a label');
  const probabilities = calibratedOn(reference, input.current.scores, classes, options.seed);
  const outcomes = possibleOutcomes(probabilities, classes, classes === 2 ? 'binary' : 'row-major');
  const perOutcome = spread(input.current.scores, outcomes.rows, classes);

  const statisticsOf = ({ labels, scores }: LabelledRows): Statistic[] => metricStatistics(names, labels, scores, classes, input.threshold);
  const plan = { replicates: options.replicates ?? 1000, seed: options.seed, level: options.level ?? 0.95 };
  const estimated = await run(expectMetrics(outcomes, statisticsOf({ labels: outcomes.labels, scores: perOutcome }), plan), tick);
  const onLabelled = (rows: LabelledRows): Promise<BootstrapEstimate[]> =>
    run(bootstrap(statisticsOf(rows), { ...plan, rows: rows.labels.length, method: 'percentile' }), tick);
  const before = await onLabelled(reference);
  const current = labelledRows(input.current, classes);
  const realised = current === null ? null : await onLabelled(current);
  const currentRows = classes === 2 ? input.current.scores.length : input.current.scores.length / classes;
  return names.map((metric, index) => ({
    metric,
    estimated: measured(estimated[index], currentRows),
    reference: measured(before[index], reference.labels.length),
    ...(realised !== null && current !== null && { realised: measured(realised[index], current.labels.length) }),
    definition: 'CBPE: expected metric under calibrated probabilities, interval by simulated labels; agrees with NannyML up to its calibration splits and to ties in the ROC curve',
  }));
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

/** Metrics as functions of row weights, the confusion matrix counted once for all of them. */
function metricStatistics(names: readonly string[], labels: Int32Array, scores: Float64Array, classes: number, threshold: number): Statistic[] {
  const predicted = classes === 2 ? Int32Array.from(decide(scores, threshold)) : mostLikely(scores, classes);
  let countedFor: Float64Array | null = null;
  let matrix: ConfusionMatrix;
  const ranked = classes === 2 ? rankScores(labels, scores) : null;
  const value = (name: string, weights: Float64Array): MetricValue => {
    if (name === 'roc_auc' && ranked !== null) return rocAuc(ranked, weights);
    // Statistics of one replicate are called one after the other on the same array, which the next replicate refills.
    if (countedFor !== weights || name === names[0]) [matrix, countedFor] = [confusionMatrix(labels, predicted, classes, weights), weights];
    switch (name) {
      case 'accuracy':
        return accuracy(matrix);
      case 'precision':
        return precision(oneVersusRest(matrix, 1));
      case 'recall':
        return recall(oneVersusRest(matrix, 1));
      case 'f1':
        return f1(oneVersusRest(matrix, 1));
      case 'recall_macro':
        return averaged(matrix, recall, 'macro');
      case 'f1_macro':
        return averaged(matrix, f1, 'macro');
      default:
        throw new Error(`${name} is not estimated`);
    }
  };
  return names.map((name) => (weights) => value(name, weights).value ?? NaN);
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
