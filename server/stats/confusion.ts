import { totalWeight } from './sample-weights.ts';

/** Class indices 0 … classes − 1, one per row. Binary labels are 0 (negative) and 1 (positive). */
export type ClassIndices = Int32Array | Uint8Array;

/** Rows (or their weight) by actual and predicted class. */
export interface ConfusionMatrix {
  classes: number;
  /** Row-major, actual × predicted: `counts[actual * classes + predicted]`. */
  counts: Float64Array;
}

/** One class against all others. */
export interface BinaryCounts {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  trueNegatives: number;
}

/**
 * Counts rows by actual and predicted class.
 *
 * @param actual    class per row, 0 … classes − 1
 * @param predicted class per row, same length
 * @param classes   number of classes known to the task; those that do not occur stay as empty rows and columns
 * @param weights   per row, see `totalWeight`
 * @throws RangeError on a class outside 0 … classes − 1 (rows without a label are left out by the caller, and counted there)
 * Agrees with sklearn `confusion_matrix(labels=range(classes))`.
 */
export function confusionMatrix(actual: ClassIndices, predicted: ClassIndices, classes: number, weights?: Float64Array): ConfusionMatrix {
  if (actual.length !== predicted.length) throw new RangeError(`${actual.length} labels for ${predicted.length} predictions`);
  checkClasses(actual, classes);
  checkClasses(predicted, classes);
  totalWeight(actual.length, weights);
  const counts = new Float64Array(classes * classes);
  for (let row = 0; row < actual.length; row++) counts[actual[row] * classes + predicted[row]] += weights ? weights[row] : 1;
  return { classes, counts };
}

/** Asserts that every entry is a class index. @throws RangeError on one outside 0 … classes − 1 */
export function checkClasses(indices: ClassIndices, classes: number): void {
  for (let row = 0; row < indices.length; row++) {
    if (!(indices[row] >= 0 && indices[row] < classes)) throw new RangeError(`${indices[row]} at row ${row} is not a class from 0 to ${classes - 1}`);
  }
}

/** Turns scores into decisions: 1 where the score is at or above the threshold, 0 below. NaN decides 0. */
export function decide(scores: Float64Array, threshold: number): Uint8Array {
  const decisions = new Uint8Array(scores.length);
  for (let row = 0; row < scores.length; row++) decisions[row] = scores[row] >= threshold ? 1 : 0;
  return decisions;
}

/** Reads one class as positive and all others as negative. */
export function oneVersusRest(matrix: ConfusionMatrix, positive: number): BinaryCounts {
  const counts: BinaryCounts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 };
  for (let actual = 0; actual < matrix.classes; actual++) {
    for (let predicted = 0; predicted < matrix.classes; predicted++) {
      const count = matrix.counts[actual * matrix.classes + predicted];
      if (actual === positive) counts[predicted === positive ? 'truePositives' : 'falseNegatives'] += count;
      else counts[predicted === positive ? 'falsePositives' : 'trueNegatives'] += count;
    }
  }
  return counts;
}

/** Adds up counts of several classes or groups. */
export function sumCounts(several: readonly BinaryCounts[]): BinaryCounts {
  const sum: BinaryCounts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 };
  for (const counts of several) {
    sum.truePositives += counts.truePositives;
    sum.falsePositives += counts.falsePositives;
    sum.falseNegatives += counts.falseNegatives;
    sum.trueNegatives += counts.trueNegatives;
  }
  return sum;
}

/** Weight of the rows whose actual class is `index`. */
export function support(matrix: ConfusionMatrix, index: number): number {
  let sum = 0;
  for (let predicted = 0; predicted < matrix.classes; predicted++) sum += matrix.counts[index * matrix.classes + predicted];
  return sum;
}

/** Weight of the rows predicted to be of class `index`. */
export function predictedAs(matrix: ConfusionMatrix, index: number): number {
  let sum = 0;
  for (let actual = 0; actual < matrix.classes; actual++) sum += matrix.counts[actual * matrix.classes + index];
  return sum;
}
