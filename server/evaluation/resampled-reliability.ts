import { type BinStrategy, type Reliability, reliability } from '../stats/calibration.ts';

/** Bins that calibration errors are computed over; the number is part of their meaning. */
export const CALIBRATION_BINS = 10;

/**
 * Reliability bins under other row weights. The edges stay those of the data: a bootstrap of the error at given bins.
 *
 * @param labels 0 or 1 per row
 * @param scores per row
 * @returns a function from row weights to the bins, cheap enough to call per resample; only what the calibration errors
 *   read is refilled
 */
export function resampledReliability(labels: Uint8Array, scores: Float64Array, strategy: BinStrategy): (weights: Float64Array) => Reliability {
  const observed = reliability(labels, scores, { bins: CALIBRATION_BINS, strategy, level: 0.95 });
  if (observed.fault !== undefined) return () => observed;
  const binOf = Uint8Array.from(scores, (score) => observed.bins.findIndex(({ high }) => score <= high));
  const count = observed.bins.length;
  const [weightSums, squareSums, scoreSums, positiveSums] = Array.from({ length: 4 }, () => new Float64Array(count));
  return (weights) => {
    for (const sums of [weightSums, squareSums, scoreSums, positiveSums]) sums.fill(0);
    for (let row = 0; row < binOf.length; row++) {
      const bin = binOf[row];
      const weight = weights[row];
      weightSums[bin] += weight;
      squareSums[bin] += weight * weight;
      scoreSums[bin] += weight * scores[row];
      positiveSums[bin] += weight * labels[row];
    }
    const bins = observed.bins.flatMap((bin, index) => {
      const weight = weightSums[index];
      if (weight === 0) return [];
      return [{ ...bin, weight, meanScore: scoreSums[index] / weight, positiveShare: positiveSums[index] / weight, effectiveRows: weight ** 2 / squareSums[index] }];
    });
    return { ...observed, bins };
  };
}
