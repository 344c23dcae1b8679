import { type ClassIndices, checkClasses } from './confusion.ts';
import { type MetricValue, ratio, undefinedBecause } from './metric-value.ts';
import { notProbabilities, rowCount } from './probabilities.ts';
import { totalWeight } from './sample-weights.ts';

/**
 * Mean over rows of a loss that a label suffers under probabilities.
 *
 * @param labels        class index per row
 * @param probabilities row-major, rows × classes; with `classes` = 1 the probability of class 1, and labels are 0 or 1
 * @param lossOf        loss of a row
 * @returns undefined on no rows, or when the scores are not probabilities
 */
export function meanLoss(labels: ClassIndices, probabilities: Float64Array, classes: number, weights: Float64Array | undefined, lossOf: (row: number) => number): MetricValue {
  if (labels.length !== rowCount(probabilities, classes)) throw new RangeError(`${labels.length} labels for ${probabilities.length / classes} rows`);
  checkClasses(labels, Math.max(2, classes));
  const total = totalWeight(labels.length, weights);
  const fault = notProbabilities(probabilities, classes);
  if (fault) return undefinedBecause(fault);
  let loss = 0;
  for (let row = 0; row < labels.length; row++) loss += (weights ? weights[row] : 1) * lossOf(row);
  return ratio(loss, total, 'no rows');
}
