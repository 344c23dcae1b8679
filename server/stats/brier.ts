import type { ClassIndices } from './confusion.ts';
import { meanLoss } from './mean-loss.ts';
import type { MetricValue } from './metric-value.ts';

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
  return meanLoss(labels, scores, 1, weights, (row) => (scores[row] - labels[row]) ** 2);
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
  return meanLoss(labels, probabilities, classes, weights, (row) => {
    let distance = 0;
    for (let index = 0; index < classes; index++) {
      distance += (probabilities[row * classes + index] - (labels[row] === index ? 1 : 0)) ** 2;
    }
    return scale === 'half' ? distance / 2 : distance;
  });
}
