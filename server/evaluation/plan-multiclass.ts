import { brier } from '../stats/brier.ts';
import { accuracy, averaged, balancedAccuracy, cohenKappa, f1, matthewsCorrelation, precision, recall } from '../stats/classification-metrics.ts';
import type { ConfusionMatrix } from '../stats/confusion.ts';
import { logLoss } from '../stats/log-loss.ts';
import { findMetric } from '../stats/metric-registry.ts';
import { type MetricValue, undefinedBecause } from '../stats/metric-value.ts';
import { type MulticlassScheme, multiclassRocAuc, rankClasses } from '../stats/roc-auc.ts';
import { type PlannedMetric, meanOfRows } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';
import { type MulticlassSubject, decisionIn } from './subject.ts';

/** Multiclass metrics on some rows; parameters as for `planBinary`. */
export function planMulticlass(subject: MulticlassSubject, rows: Uint32Array, units: Uint32Array, names: readonly string[], weights: UnitWeights): PlannedMetric[] {
  const classes = subject.classes.length;
  const labels = Int32Array.from(rows, (row) => subject.labels[row]);
  const decisions = Int32Array.from(rows, decisionIn(subject));
  const cells = labels.map((label, index) => label * classes + decisions[index]);
  const matrix: ConfusionMatrix = { classes, counts: weights.sums(cells, units, classes * classes) };
  const { predictions } = subject;
  const probabilities = predictions.kind === 'probabilities' ? gather(predictions.probabilities, rows, classes) : null;
  const scored: Scored = { labels, probabilities, classes, weights: weights.of(units) };
  return names.flatMap((name) => decidedMetric(name, labels, decisions, matrix) ?? scoredMetric(name, scored) ?? []);
}

function decidedMetric(text: string, labels: Int32Array, decisions: Int32Array, matrix: ConfusionMatrix): PlannedMetric | null {
  const resampled = (measure: () => MetricValue): PlannedMetric => ({ name: text, measure, rows: labels.length, basis: { kind: 'resampled' } });
  const correct = (measure: () => MetricValue): PlannedMetric => ({
    name: text,
    measure,
    rows: labels.length,
    basis: { kind: 'proportion', outcomes: Uint8Array.from(labels, (label, index) => (label === decisions[index] ? 1 : 0)) },
  });
  switch (findMetric(text)?.name) {
    case 'accuracy':
      return correct(() => accuracy(matrix));
    case 'precision_micro':
      return correct(() => averaged(matrix, precision, 'micro'));
    case 'recall_micro':
      return correct(() => averaged(matrix, recall, 'micro'));
    case 'f1_micro':
      return correct(() => averaged(matrix, f1, 'micro'));
    case 'balanced_accuracy':
      return resampled(() => balancedAccuracy(matrix));
    case 'precision_macro':
      return resampled(() => averaged(matrix, precision, 'macro'));
    case 'precision_weighted':
      return resampled(() => averaged(matrix, precision, 'weighted'));
    case 'recall_macro':
      return resampled(() => averaged(matrix, recall, 'macro'));
    case 'recall_weighted':
      return resampled(() => averaged(matrix, recall, 'weighted'));
    case 'f1_macro':
      return resampled(() => averaged(matrix, f1, 'macro'));
    case 'f1_weighted':
      return resampled(() => averaged(matrix, f1, 'weighted'));
    case 'mcc':
      return resampled(() => matthewsCorrelation(matrix));
    case 'cohen_kappa':
      return resampled(() => cohenKappa(matrix));
    default:
      return null;
  }
}

interface Scored {
  labels: Int32Array;
  probabilities: Float64Array | null;
  classes: number;
  weights: () => Float64Array;
}

function scoredMetric(text: string, { labels, probabilities, classes, weights }: Scored): PlannedMetric | null {
  const rows = labels.length;
  const noScores = undefinedBecause('the model gives classes and no scores');
  const resampled = (measure: () => MetricValue): PlannedMetric => ({ name: text, measure, rows, basis: { kind: 'resampled' } });
  const mean = (metric: (labels: Int32Array, probabilities: Float64Array) => MetricValue): PlannedMetric =>
    probabilities
      ? meanOfRows(text, rows, (index) => metric(labels.subarray(index, index + 1), probabilities.subarray(index * classes, (index + 1) * classes)), weights, () => metric(labels, probabilities))
      : resampled(() => noScores);
  const area = (scheme: MulticlassScheme, average: 'macro' | 'weighted'): PlannedMetric => {
    const ranked = probabilities && rankClasses(labels, probabilities, classes, scheme);
    return resampled(() => (ranked ? multiclassRocAuc(ranked, average, weights()) : noScores));
  };
  switch (findMetric(text)?.name) {
    case 'roc_auc_ovr_macro':
      return area('ovr', 'macro');
    case 'roc_auc_ovr_weighted':
      return area('ovr', 'weighted');
    case 'roc_auc_ovo_macro':
      return area('ovo', 'macro');
    case 'roc_auc_ovo_weighted':
      return area('ovo', 'weighted');
    case 'log_loss':
      return mean((actual, known) => logLoss(actual, known, classes));
    case 'brier_multiclass':
      return mean((actual, known) => brier(actual, known, classes, 'full'));
    case 'brier_multiclass_half':
      return mean((actual, known) => brier(actual, known, classes, 'half'));
    default:
      return null;
  }
}

function gather(probabilities: Float64Array, rows: Uint32Array, classes: number): Float64Array {
  const gathered = new Float64Array(rows.length * classes);
  rows.forEach((row, index) => gathered.set(probabilities.subarray(row * classes, (row + 1) * classes), index * classes));
  return gathered;
}
