import { deLong } from './delong.ts';
import type { DesignMatrix } from './design-matrix.ts';
import type { Interval } from './interval.ts';
import { fitLogisticRegression, logisticScores } from './logistic-regression.ts';
import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';
import { type Random, shuffle } from './random.ts';
import { normalQuantile, normalSf } from './special.ts';

export interface DomainClassifier {
  /** Mean over folds of the area under the ROC curve on rows not trained on; 0.5 when the two cannot be told apart. */
  auc: MetricValue;
  /** Normal, from DeLong's variance in each fold given its classifier; null where `auc` is, or where every fold separates perfectly. */
  interval: Interval | null;
  /** P of an AUC at least as large when both sides come from one distribution, one-sided. */
  pValue: number | null;
  /** Upper 95 % point of the AUC when both sides come from one distribution. */
  nullBand: number | null;
  /** Share of each column in the size of the weights of a fit to all rows, 0–1, summing to 1 unless all are 0. */
  importance: Float64Array;
  folds: number;
}

export interface DomainClassifierOptions {
  /** ≥ 2; default 5. */
  folds?: number;
  /** Penalty of the squared weights, relative to the number of training rows; default 0.001. */
  l2PerRow?: number;
  /** Coverage of `interval`; default 0.95. */
  level?: number;
  /** Assigns rows to folds. */
  random: Random;
}

/**
 * Can a linear classifier tell current rows from reference rows when it sees all columns together?
 *
 * @param matrix      features of all rows, scaled over both sides together
 * @param fromCurrent 1 for current rows, 0 for reference rows
 * Logistic regression in k folds drawn evenly from each side. Areas are averaged over folds rather than taken over pooled
 * scores, which would lie below 0.5 when nothing differs. Undefined with fewer than two rows of a side per fold.
 * Its p-value and band are by `domainNullBand`'s law.
 */
export function classifyDomain(matrix: DesignMatrix, fromCurrent: Uint8Array, options: DomainClassifierOptions): DomainClassifier {
  const { folds = 5, l2PerRow = 1e-3, level = 0.95, random } = options;
  if (!(Number.isInteger(folds) && folds >= 2)) throw new RangeError(`cross-validation needs at least 2 folds, got ${folds}`);
  const current = fromCurrent.reduce((total, label) => total + label, 0);
  const reference = fromCurrent.length - current;
  if (Math.min(current, reference) < 2 * folds) {
    const reason = `${folds} folds need at least ${2 * folds} rows on each side, got ${reference} and ${current}`;
    return { auc: undefinedBecause(reason), interval: null, pValue: null, nullBand: null, importance: new Float64Array(matrix.columns), folds };
  }
  const foldOfRow = assignFolds(fromCurrent, folds, random);
  let auc = 0;
  let variance = 0;
  for (let fold = 0; fold < folds; fold++) {
    const rowWeights = Float64Array.from(foldOfRow, (of) => (of === fold ? 0 : 1));
    const training = rowWeights.reduce((total, weight) => total + weight, 0);
    const scores = logisticScores(fitLogisticRegression(matrix, fromCurrent, { l2: l2PerRow * training, rowWeights, tolerance: 1e-5 }), matrix);
    const heldOut = Uint32Array.from(foldOfRow.keys()).filter((row) => foldOfRow[row] === fold);
    const labels = Uint8Array.from(heldOut, (row) => fromCurrent[row]);
    const estimate = deLong(labels, Float64Array.from(heldOut, (row) => scores[row]), level);
    auc += estimate.value.value! / folds;
    variance += estimate.standardError! ** 2 / folds ** 2;
  }
  const reach = normalQuantile((1 + level) / 2) * Math.sqrt(variance);
  return {
    auc: defined(auc),
    interval: variance > 0 ? { low: Math.max(0, auc - reach), high: Math.min(1, auc + reach), level, method: 'delong' } : null,
    pValue: normalSf((auc - 0.5) / nullDeviation(reference, current, folds)),
    nullBand: domainNullBand(reference, current, folds),
    importance: importanceOf(matrix, fromCurrent, l2PerRow * fromCurrent.length),
    folds,
  };
}

/**
 * Upper 95 % point of a domain classifier's mean area over folds when both sides come from one distribution.
 *
 * @param reference rows of the reference that take part, ≥ 1
 * @param current   rows of the current batch that take part, ≥ 1
 * ½ + z·σ with σ² = 2 (n + m + k) ÷ (12 n m): twice the variance of the Mann–Whitney area averaged over k independent folds.
 * Folds share training rows: without drift the excess of the area in a fold is about the fold's difference of means along the
 * other folds' one, so each pair of folds counts twice in the sum. Simulated rejections are in test/stats/many-columns.test.ts.
 */
export function domainNullBand(reference: number, current: number, folds: number): number {
  return Math.min(1, 0.5 + normalQuantile(0.95) * nullDeviation(reference, current, folds));
}

function nullDeviation(reference: number, current: number, folds: number): number {
  return Math.sqrt((reference + current + folds) / (6 * reference * current));
}

/** Fold of each row: every side is dealt out evenly in random order. */
function assignFolds(fromCurrent: Uint8Array, folds: number, random: Random): Int32Array {
  const foldOfRow = new Int32Array(fromCurrent.length);
  for (const side of [0, 1]) {
    const rows = shuffle(Int32Array.from(fromCurrent.keys()).filter((row) => fromCurrent[row] === side), random);
    rows.forEach((row, position) => {
      foldOfRow[row] = position % folds;
    });
  }
  return foldOfRow;
}

function importanceOf(matrix: DesignMatrix, fromCurrent: Uint8Array, l2: number): Float64Array {
  const sizes = fitLogisticRegression(matrix, fromCurrent, { l2, tolerance: 1e-5 }).weights.map(Math.abs);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return total > 0 ? sizes.map((size) => size / total) : sizes;
}
