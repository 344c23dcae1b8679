import { type ClassIndices, checkClasses } from './confusion.ts';
import { type MetricValue, ratio, undefinedBecause } from './metric-value.ts';
import { notProbabilities, rowCount } from './probabilities.ts';
import { totalWeight } from './sample-weights.ts';

/**
 * Mean squared distance between binary probability and outcome, 0–1; 0 is perfect, 0.25 is always saying one half.
 *
 * @param labels  0 or 1 per row
 * @param scores  probability of class 1 per row
 * @param weights per row, see `totalWeight`
 * @returns undefined on no rows, or when the scores are not probabilities
 * Brier (1950), positive class only. Agrees with sklearn `brier_score_loss`.
 */
export function binaryBrier(labels: ClassIndices, scores: Float64Array, weights?: Float64Array): MetricValue {
  if (labels.length !== scores.length) throw new RangeError(`${labels.length} labels for ${scores.length} scores`);
  checkClasses(labels, 2);
  const total = totalWeight(labels.length, weights);
  const fault = notProbabilities(scores, 1);
  if (fault) return undefinedBecause(fault);
  let loss = 0;
  for (let row = 0; row < labels.length; row++) loss += (weights ? weights[row] : 1) * (scores[row] - labels[row]) ** 2;
  return ratio(loss, total, 'no rows');
}

/**
 * Mean squared distance between class probabilities and outcome, summed over classes.
 *
 * @param probabilities row-major, rows × classes
 * @param scale `full` runs from 0 to 2 as Brier wrote it, `half` from 0 to 1 and equals `binaryBrier` for two classes
 * @returns undefined on no rows, or when the scores are not probabilities
 * Agrees with sklearn `brier_score_loss(scale_by_half=…)`.
 */
export function brier(labels: ClassIndices, probabilities: Float64Array, classes: number, scale: 'full' | 'half', weights?: Float64Array): MetricValue {
  if (labels.length !== rowCount(probabilities, classes)) throw new RangeError(`${labels.length} labels for ${probabilities.length / classes} rows`);
  checkClasses(labels, classes);
  const total = totalWeight(labels.length, weights);
  const fault = notProbabilities(probabilities, classes);
  if (fault) return undefinedBecause(fault);
  let loss = 0;
  for (let row = 0; row < labels.length; row++) {
    let distance = 0;
    for (let index = 0; index < classes; index++) {
      distance += (probabilities[row * classes + index] - (labels[row] === index ? 1 : 0)) ** 2;
    }
    loss += (weights ? weights[row] : 1) * distance;
  }
  return ratio(scale === 'half' ? loss / 2 : loss, total, 'no rows');
}
