import { type BinaryCounts, type ConfusionMatrix, oneVersusRest, predictedAs, sumCounts, support } from './confusion.ts';
import { type MetricValue, defined, ratio, undefinedBecause } from './metric-value.ts';

/**
 * Share of rows predicted right, 0–1.
 *
 * @returns undefined on no rows. Agrees with sklearn `accuracy_score`.
 */
export function accuracy(matrix: ConfusionMatrix): MetricValue {
  return ratio(correct(matrix), total(matrix), 'no rows');
}

/**
 * Mean recall over the classes that occur, 0–1; 1 ÷ classes when guessing.
 *
 * @returns undefined on no rows; classes without rows are left out, as in sklearn `balanced_accuracy_score`
 */
export function balancedAccuracy(matrix: ConfusionMatrix): MetricValue {
  return averaged(matrix, recall, 'macro');
}

/** Share of predicted positives that are positive, TP ÷ (TP + FP), 0–1. Undefined when nothing is predicted positive. */
export function precision(counts: BinaryCounts): MetricValue {
  return ratio(counts.truePositives, counts.truePositives + counts.falsePositives, 'no predicted positives');
}

/** Share of positives that are predicted positive (sensitivity, true positive rate), TP ÷ (TP + FN), 0–1. Undefined without positives. */
export function recall(counts: BinaryCounts): MetricValue {
  return ratio(counts.truePositives, counts.truePositives + counts.falseNegatives, 'no actual positives');
}

/** Share of negatives that are predicted negative (true negative rate), TN ÷ (TN + FP), 0–1. Undefined without negatives. */
export function specificity(counts: BinaryCounts): MetricValue {
  return ratio(counts.trueNegatives, counts.trueNegatives + counts.falsePositives, 'no actual negatives');
}

/** Share of negatives that are predicted positive, FP ÷ (TN + FP), 0–1. Undefined without negatives. */
export function falsePositiveRate(counts: BinaryCounts): MetricValue {
  return ratio(counts.falsePositives, counts.trueNegatives + counts.falsePositives, 'no actual negatives');
}

/** Share of positives that are predicted negative, FN ÷ (TP + FN), 0–1. Undefined without positives. */
export function falseNegativeRate(counts: BinaryCounts): MetricValue {
  return ratio(counts.falseNegatives, counts.truePositives + counts.falseNegatives, 'no actual positives');
}

/** Share of rows predicted positive, 0–1. Undefined on no rows. Agrees with fairlearn `selection_rate`. */
export function selectionRate(counts: BinaryCounts): MetricValue {
  const rows = counts.truePositives + counts.falsePositives + counts.falseNegatives + counts.trueNegatives;
  return ratio(counts.truePositives + counts.falsePositives, rows, 'no rows');
}

/**
 * Weighted harmonic mean of precision and recall, 0–1.
 *
 * @param beta how many times as much recall matters as precision; 1 for F1
 * @returns undefined when there are neither actual nor predicted positives; 0 when there are some and none is right
 * (1 + β²)·TP ÷ ((1 + β²)·TP + β²·FN + FP) (van Rijsbergen 1979). Agrees with sklearn `fbeta_score(zero_division=nan)`.
 */
export function fBeta(counts: BinaryCounts, beta = 1): MetricValue {
  if (!(beta >= 0 && beta < Infinity)) throw new RangeError(`beta ${beta} is not a finite number ≥ 0`);
  const square = beta * beta;
  const hits = (1 + square) * counts.truePositives;
  return ratio(hits, hits + square * counts.falseNegatives + counts.falsePositives, 'no actual and no predicted positives');
}

/** F1, see `fBeta`. */
export function f1(counts: BinaryCounts): MetricValue {
  return fBeta(counts, 1);
}

/**
 * How a per-class metric becomes one number: `micro` pools the counts of all classes, `macro` gives each class the
 * same weight, `weighted` weighs each class by its rows.
 */
export type Average = 'micro' | 'macro' | 'weighted';

/** An average, with the classes that could not take part because the metric is undefined for them. */
export type AveragedValue = MetricValue & { leftOut: number[] };

/**
 * Averages a one-against-rest metric over classes.
 *
 * @param metric any of `precision`, `recall`, `specificity`, `f1` …
 * @returns in the metric's range. Classes for which it is undefined are left out and listed (a class that occurs but is
 *   never predicted has no precision); undefined when no class is left or, for `weighted`, when those left have no rows.
 * Agrees with sklearn `precision_recall_fscore_support(average=…, zero_division=nan)` over all known labels.
 */
export function averaged(matrix: ConfusionMatrix, metric: (counts: BinaryCounts) => MetricValue, average: Average): AveragedValue {
  const perClass = Array.from({ length: matrix.classes }, (_, index) => oneVersusRest(matrix, index));
  if (average === 'micro') return { ...metric(sumCounts(perClass)), leftOut: [] };
  let sum = 0;
  let weights = 0;
  const leftOut: number[] = [];
  perClass.forEach((counts, index) => {
    const { value } = metric(counts);
    if (value === null) {
      leftOut.push(index);
      return;
    }
    const weight = average === 'weighted' ? support(matrix, index) : 1;
    sum += weight * value;
    weights += weight;
  });
  return { ...ratio(sum, weights, 'undefined for every class'), leftOut };
}

/**
 * Matthews correlation coefficient between actual and predicted class, −1 to 1, 0 when guessing.
 *
 * @returns undefined when one side has a single class (a zero margin), where sklearn `matthews_corrcoef` says 0;
 *   elsewhere it agrees with sklearn
 * Multiclass form of Gorodkin (2004): the correlation of the two indicator matrices.
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): MetricValue {
  const rows = total(matrix);
  if (rows === 0) return undefinedBecause('no rows');
  let cross = 0;
  let actualSquares = 0;
  let predictedSquares = 0;
  let actualClasses = 0;
  let predictedClasses = 0;
  for (let index = 0; index < matrix.classes; index++) {
    const actual = support(matrix, index);
    const predicted = predictedAs(matrix, index);
    cross += actual * predicted;
    actualSquares += actual * actual;
    predictedSquares += predicted * predicted;
    if (actual > 0) actualClasses++;
    if (predicted > 0) predictedClasses++;
  }
  if (actualClasses < 2) return undefinedBecause('one actual class only');
  if (predictedClasses < 2) return undefinedBecause('one predicted class only');
  const covariance = correct(matrix) * rows - cross;
  return defined(covariance / Math.sqrt((rows * rows - actualSquares) * (rows * rows - predictedSquares)));
}

/**
 * Cohen's kappa: agreement of actual and predicted class beyond what their frequencies alone would give, at most 1, 0 by chance.
 *
 * @param weighting cost of a disagreement: `none` 1, `linear` |i − j|, `quadratic` (i − j)²; the last two need ordered classes
 * @returns undefined when chance alone agrees fully (both sides one and the same class)
 * 1 − Σ w·observed ÷ Σ w·expected (Cohen 1960, 1968). Agrees with sklearn `cohen_kappa_score`.
 */
export function cohenKappa(matrix: ConfusionMatrix, weighting: 'none' | 'linear' | 'quadratic' = 'none'): MetricValue {
  const rows = total(matrix);
  if (rows === 0) return undefinedBecause('no rows');
  let observed = 0;
  let expected = 0;
  for (let actual = 0; actual < matrix.classes; actual++) {
    for (let predicted = 0; predicted < matrix.classes; predicted++) {
      const cost = disagreement(actual, predicted, weighting);
      observed += cost * matrix.counts[actual * matrix.classes + predicted];
      expected += (cost * support(matrix, actual) * predictedAs(matrix, predicted)) / rows;
    }
  }
  if (expected === 0) return undefinedBecause('one class only, in labels and predictions alike');
  return defined(1 - observed / expected);
}

function disagreement(actual: number, predicted: number, weighting: 'none' | 'linear' | 'quadratic'): number {
  switch (weighting) {
    case 'none':
      return actual === predicted ? 0 : 1;
    case 'linear':
      return Math.abs(actual - predicted);
    case 'quadratic':
      return (actual - predicted) ** 2;
  }
}

function total(matrix: ConfusionMatrix): number {
  let sum = 0;
  for (const count of matrix.counts) sum += count;
  return sum;
}

function correct(matrix: ConfusionMatrix): number {
  let sum = 0;
  for (let index = 0; index < matrix.classes; index++) sum += matrix.counts[index * matrix.classes + index];
  return sum;
}
