import type { ClassIndices } from './confusion.ts';
import { meanLoss } from './mean-loss.ts';
import type { MetricValue } from './metric-value.ts';

/** Distance kept from 0 and 1 before the logarithm: the machine epsilon of the type in which the model answered. */
export const LOG_LOSS_EPSILON = { float64: 2 ** -52, float32: 2 ** -23 };

/**
 * Mean negative log-likelihood of the labels under binary probabilities, in nats; 0 is perfect, ln 2 is a coin.
 *
 * @param labels  0 or 1 per row
 * @param scores  probability of class 1 per row
 * @param weights per row, see `totalWeight`
 * @param epsilon scores are clipped to [ε, 1 − ε], so a certain and wrong answer costs −ln ε (36.04 for float64)
 * @returns undefined on no rows, or when the scores are not probabilities (logits, NaN)
 * Agrees with sklearn `log_loss(labels=[0, 1])`.
 */
export function binaryLogLoss(labels: ClassIndices, scores: Float64Array, weights?: Float64Array, epsilon = LOG_LOSS_EPSILON.float64): MetricValue {
  return meanLoss(labels, scores, 1, weights, (row) => -Math.log(clip(labels[row] === 1 ? scores[row] : 1 - scores[row], epsilon)));
}

/**
 * Mean negative log-likelihood of the labels under class probabilities, in nats; ln classes when guessing evenly.
 *
 * @param labels        class index per row
 * @param probabilities row-major, rows × classes; used as they are, not rescaled to add up to 1
 * @returns undefined on no rows, or when the scores are not probabilities; otherwise see `binaryLogLoss`
 * Agrees with sklearn `log_loss(labels=range(classes))`.
 */
export function logLoss(labels: ClassIndices, probabilities: Float64Array, classes: number, weights?: Float64Array, epsilon = LOG_LOSS_EPSILON.float64): MetricValue {
  return meanLoss(labels, probabilities, classes, weights, (row) => -Math.log(clip(probabilities[row * classes + labels[row]], epsilon)));
}

function clip(probability: number, epsilon: number): number {
  return Math.min(Math.max(probability, epsilon), 1 - epsilon);
}
