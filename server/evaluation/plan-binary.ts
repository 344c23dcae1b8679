import { averagePrecisionStatistic, lift, precisionAtRecall } from '../stats/average-precision.ts';
import { binaryBrier } from '../stats/brier.ts';
import { type BinStrategy, type Reliability, calibrationRatio, debiasedCalibrationError, expectedCalibrationError, maxCalibrationError } from '../stats/calibration.ts';
import { accuracy, balancedAccuracy, cohenKappa, f1, fBeta, falseNegativeRate, falsePositiveRate, matthewsCorrelation, precision, recall, specificity } from '../stats/classification-metrics.ts';
import { type BinaryCounts, type ConfusionMatrix, oneVersusRest } from '../stats/confusion.ts';
import { binaryLogLoss } from '../stats/log-loss.ts';
import { findMetric } from '../stats/metric-registry.ts';
import { type MetricValue, undefinedBecause } from '../stats/metric-value.ts';
import { type RankedScores, rankScores } from '../stats/ranked-scores.ts';
import { rocAuc } from '../stats/roc-auc.ts';
import { type PlannedMetric, meanOfRows } from './planned-metric.ts';
import { resampledReliability } from './resampled-reliability.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';
import { type BinarySubject, decisionIn } from './subject.ts';

/**
 * Binary metrics on some rows.
 *
 * @param rows    rows of the subject, all judged
 * @param units   unit of each row in `weights`
 * @param names   metrics wanted, as written; those of other tasks are left out
 * @param weights that the metrics are computed under
 */
export function planBinary(subject: BinarySubject, rows: Uint32Array, units: Uint32Array, names: readonly string[], weights: UnitWeights): PlannedMetric[] {
  const labels = Uint8Array.from(rows, (row) => subject.labels[row]);
  const decisions = Uint8Array.from(rows, decisionIn(subject));
  const cells = labels.map((label, index) => 2 * label + decisions[index]);
  const matrix: ConfusionMatrix = { classes: 2, counts: weights.sums(cells, units, 4) };
  const decided: Decided = { labels, decisions, matrix, counts: () => oneVersusRest(matrix, 1) };
  const { predictions } = subject;
  const scored = predictions.kind === 'scores' ? scoredMetrics(labels, Float64Array.from(rows, (row) => predictions.scores[row]), units, weights) : null;
  const scoredMetric = (name: string): PlannedMetric | null => (scored ? scored(name) : withoutScores(name, rows.length));
  return names.flatMap((name) => decidedMetric(name, decided) ?? scoredMetric(name) ?? []);
}

interface Decided {
  labels: Uint8Array;
  decisions: Uint8Array;
  matrix: ConfusionMatrix;
  counts: () => BinaryCounts;
}

/** Metrics of decisions, or null when the name is another's. */
function decidedMetric(text: string, { labels, decisions, matrix, counts }: Decided): PlannedMetric | null {
  const named = findMetric(text);
  if (!named) return null;
  const proportion = (measure: () => MetricValue, outcome: (label: number, decision: number) => 0 | 1 | 2): PlannedMetric => {
    const outcomes = labels.map((label, index) => outcome(label, decisions[index]));
    return { name: text, measure, rows: outcomes.reduce((sum, value) => sum + (value === 2 ? 0 : 1), 0), basis: { kind: 'proportion', outcomes } };
  };
  const resampled = (measure: () => MetricValue): PlannedMetric => ({ name: text, measure, rows: labels.length, basis: { kind: 'resampled' } });
  switch (named.name) {
    case 'accuracy':
      return proportion(() => accuracy(matrix), (label, decision) => (label === decision ? 1 : 0));
    case 'recall':
      return proportion(() => recall(counts()), (label, decision) => (label === 0 ? 2 : decision === 1 ? 1 : 0));
    case 'false_negative_rate':
      return proportion(() => falseNegativeRate(counts()), (label, decision) => (label === 0 ? 2 : decision === 0 ? 1 : 0));
    case 'specificity':
      return proportion(() => specificity(counts()), (label, decision) => (label === 1 ? 2 : decision === 0 ? 1 : 0));
    case 'false_positive_rate':
      return proportion(() => falsePositiveRate(counts()), (label, decision) => (label === 1 ? 2 : decision === 1 ? 1 : 0));
    case 'precision': {
      const { truePositives, falsePositives } = counts();
      const trials = truePositives + falsePositives;
      return { name: text, measure: () => precision(counts()), rows: trials, basis: { kind: 'share', successes: truePositives, trials } };
    }
    case 'balanced_accuracy':
      return resampled(() => balancedAccuracy(matrix));
    case 'f1':
      return resampled(() => f1(counts()));
    case 'fbeta':
      return resampled(() => fBeta(counts(), named.parameter));
    case 'mcc':
      return resampled(() => matthewsCorrelation(matrix));
    case 'cohen_kappa':
      return resampled(() => cohenKappa(matrix));
    default:
      return null;
  }
}

/** Metrics of scores, by name. What they share is made when the first of them is asked for. */
function scoredMetrics(labels: Uint8Array, scores: Float64Array, units: Uint32Array, unitWeights: UnitWeights): (text: string) => PlannedMetric | null {
  const rows = labels.length;
  const weights = unitWeights.of(units);
  const ranking = once(() => rankedOnce(labels, scores, units, unitWeights));
  const ranked = <T>(metric: (ranked: RankedScores, weights: Float64Array) => T): T => metric(ranking().scores, ranking().weights());
  const rebin = once(() => resampledReliability(ranking().scores));
  const rebinned = unitWeights.derive(() => ranked((_, inOrder) => rebin()(inOrder)));
  const binned = (strategy: BinStrategy): Reliability => rebinned()[strategy];
  return (text) => {
    const named = findMetric(text);
    if (!named) return null;
    const resampled = (measure: () => MetricValue): PlannedMetric => ({ name: text, measure, rows, basis: { kind: 'resampled' } });
    const mean = (metric: typeof binaryBrier): PlannedMetric =>
      meanOfRows(text, rows, (index) => metric(labels.subarray(index, index + 1), scores.subarray(index, index + 1)), weights, () => metric(labels, scores));
    switch (named.name) {
      case 'roc_auc':
        return { name: text, measure: () => ranked(rocAuc), rows, basis: { kind: 'roc_auc', labels, scores } };
      case 'average_precision': {
        const averagePrecision = averagePrecisionStatistic(ranking().scores);
        return resampled(() => averagePrecision(ranking().weights()));
      }
      case 'precision_at_recall':
        return resampled(() => ranked((order, weights) => precisionAtRecall(order, named.parameter ?? NaN, weights)));
      case 'lift_at':
        return resampled(() => ranked((order, weights) => lift(order, named.parameter ?? NaN, weights)));
      case 'log_loss':
        return mean(binaryLogLoss);
      case 'brier':
        return mean(binaryBrier);
      case 'ece':
        return resampled(() => expectedCalibrationError(binned('width')));
      case 'ece_mass':
        return resampled(() => expectedCalibrationError(binned('mass')));
      case 'calibration_rms_debiased':
        return resampled(() => debiasedCalibrationError(binned('mass')));
      case 'max_calibration_error':
        return { ...resampled(() => maxCalibrationError(binned('width'))), basis: { kind: 'extreme' } };
      case 'calibration_ratio':
        return resampled(() => calibrationRatio(labels, scores, weights()));
      default:
        return null;
    }
  };
}

const scoreMetrics = new Set(['roc_auc', 'average_precision', 'precision_at_recall', 'lift_at', 'log_loss', 'brier', 'ece', 'ece_mass', 'calibration_rms_debiased', 'max_calibration_error', 'calibration_ratio']);

function withoutScores(text: string, rows: number): PlannedMetric | null {
  const named = findMetric(text);
  if (!named || !scoreMetrics.has(named.name)) return null;
  return { name: text, measure: () => undefinedBecause('the model gives classes and no scores'), rows, basis: { kind: 'resampled' } };
}

/** The ranking laid out in its own order, so that a resample gathers its weights once and every pass after that is sequential. */
function rankedOnce(labels: Uint8Array, scores: Float64Array, units: Uint32Array, unitWeights: UnitWeights): { scores: RankedScores; weights: () => Float64Array } {
  const ranked = rankScores(labels, scores);
  return { scores: { ...ranked, order: Uint32Array.from(ranked.order.keys()) }, weights: unitWeights.of(ranked.order.map((row) => units[row])) };
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
