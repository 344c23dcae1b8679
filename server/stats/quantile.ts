import { totalWeight } from './sample-weights.ts';

/**
 * Sample quantile, definition R-7 (Hyndman & Fan 1996; numpy's `linear`): the only one in this product.
 *
 * @param sorted      ascending, no NaN, at least one value; ±∞ allowed
 * @param probability in [0, 1]
 * @returns sorted[h] interpolated to sorted[h + 1] at h = (n − 1)·probability; between −∞ and ∞, the nearer of the two
 * @throws RangeError on an empty array: the caller knows what to say about a column without values
 */
export function quantileSorted(sorted: Float64Array, probability: number): number {
  if (sorted.length === 0) throw new RangeError('no quantile of no values');
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`a probability is in [0, 1], got ${probability}`);
  const { below, fraction } = quantileRank(sorted.length, probability);
  return fraction === 0 ? sorted[below] : betweenRanks(sorted[below], sorted[below + 1], fraction);
}

/** Where R-7 finds a quantile of n ≥ 1 values: `fraction` of the way from the value of rank `below`, from 0, to the next. */
export function quantileRank(n: number, probability: number): { below: number; fraction: number } {
  const position = (n - 1) * probability;
  const below = Math.floor(position);
  return { below, fraction: position - below };
}

/** From the nearer end, so that equal ends give exactly that value and the result never leaves them. */
export function betweenRanks(low: number, high: number, fraction: number): number {
  if (low === high) return low;
  if (low === -Infinity && high === Infinity) return fraction < 0.5 ? low : high;
  const step = high - low;
  if (!Number.isFinite(step)) return low * (1 - fraction) + high * fraction;
  return fraction < 0.5 ? low + step * fraction : high - step * (1 - fraction);
}

/**
 * Weighted sample quantile: the least value whose cumulative weight reaches `probability` of the total.
 *
 * @param sorted      ascending, no NaN, at least one value
 * @param weights     one per value, finite and ≥ 0, not all 0; values of weight 0 count as absent
 * @param probability in [0, 1]
 * @returns one of the values. Whole weights give what repeating the rows would (numpy's `inverted_cdf` with weights).
 * It does not interpolate: R-7 has no meaning for fractional weights, so equal weights do not reproduce `quantileSorted`.
 */
export function weightedQuantileSorted(sorted: Float64Array, weights: Float64Array, probability: number): number {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`a probability is in [0, 1], got ${probability}`);
  const total = totalWeight(sorted.length, weights);
  if (total === 0) throw new RangeError('no quantile of values without weight');
  const target = probability * total;
  let cumulative = 0;
  let last = -1;
  for (let i = 0; i < sorted.length; i++) {
    if (weights[i] === 0) continue;
    cumulative += weights[i];
    last = i;
    if (cumulative >= target) return sorted[i];
  }
  return sorted[last];
}
