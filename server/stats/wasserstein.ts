import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';
import { moments, standardDeviation } from './moments.ts';
import { totalWeight } from './sample-weights.ts';

/** One distance on three scales; each says why where it does not exist. */
export interface Wasserstein {
  /** In the unit of the column. */
  raw: MetricValue;
  /** ÷ population standard deviation of the reference; undefined for a constant reference. */
  byReferenceDeviation: MetricValue;
  /** After scaling the union of both to [0, 1]; undefined when all values are equal. */
  byRange: MetricValue;
}

/**
 * Wasserstein-1 distance of two samples, raw and scaled.
 *
 * @param reference ascending, no NaN
 * @param current   ascending, no NaN
 * Undefined when a side is empty or holds ±∞: mass at infinity is infinitely far from anything else.
 */
export function wasserstein(reference: Float64Array, current: Float64Array): Wasserstein {
  const refused = reasonAgainst('the reference', reference) ?? reasonAgainst('the current data', current);
  if (refused) return { raw: undefinedBecause(refused), byReferenceDeviation: undefinedBecause(refused), byRange: undefinedBecause(refused) };
  const distance = wassersteinDistance(reference, current);
  const deviation = standardDeviation(moments(reference), 0).value ?? 0;
  const range = Math.max(reference[reference.length - 1], current[current.length - 1]) - Math.min(reference[0], current[0]);
  return {
    raw: defined(distance),
    byReferenceDeviation: reference[0] < reference[reference.length - 1] ? defined(distance / deviation) : undefinedBecause('the reference is constant'),
    byRange: range > 0 ? defined(distance / range) : undefinedBecause('all values are equal'),
  };
}

/**
 * Wasserstein-1 (earth mover's) distance of two samples.
 *
 * @param reference        ascending, finite, at least one value
 * @param current          ascending, finite, at least one value
 * @param referenceWeights one per value, ≥ 0, not all 0; absent means equal
 * @param currentWeights   the same for `current`
 * @returns ≥ 0 in the unit of the values, 0 when the distributions are equal
 * ∫ |F − G| dx, one merge of the sorted arrays (Vallender 1974); agrees with scipy `wasserstein_distance`.
 */
export function wassersteinDistance(
  reference: Float64Array, current: Float64Array, referenceWeights?: Float64Array, currentWeights?: Float64Array,
): number {
  if (reference.length === 0 || current.length === 0) throw new RangeError('Wasserstein distance needs values on both sides');
  return referenceWeights || currentWeights
    ? weightedDistance(reference, current, referenceWeights ?? ones(reference), currentWeights ?? ones(current))
    : unweightedDistance(reference, current);
}

function unweightedDistance(reference: Float64Array, current: Float64Array): number {
  const n = reference.length;
  const m = current.length;
  let i = 0;
  let j = 0;
  let total = 0;
  let previous = Math.min(reference[0], current[0]);
  while (i < n && j < m) {
    const fromReference = reference[i] <= current[j];
    const value = fromReference ? reference[i] : current[j];
    total += Math.abs(i / n - j / m) * (value - previous);
    previous = value;
    if (fromReference) i++;
    else j++;
  }
  for (; i < n; i++) {
    total += (1 - i / n) * (reference[i] - previous);
    previous = reference[i];
  }
  for (; j < m; j++) {
    total += (1 - j / m) * (current[j] - previous);
    previous = current[j];
  }
  return total;
}

function weightedDistance(reference: Float64Array, current: Float64Array, referenceWeights: Float64Array, currentWeights: Float64Array): number {
  const n = totalWeight(reference.length, referenceWeights);
  const m = totalWeight(current.length, currentWeights);
  if (n === 0 || m === 0) throw new RangeError('all weights of one side are 0');
  let i = 0;
  let j = 0;
  let f = 0;
  let g = 0;
  let total = 0;
  let previous = Math.min(reference[0], current[0]);
  while (i < reference.length || j < current.length) {
    const fromReference = j === current.length || (i < reference.length && reference[i] <= current[j]);
    const value = fromReference ? reference[i] : current[j];
    total += Math.abs(f / n - g / m) * (value - previous);
    previous = value;
    if (fromReference) f += referenceWeights[i++];
    else g += currentWeights[j++];
  }
  return total;
}

function reasonAgainst(side: string, sorted: Float64Array): string | null {
  if (sorted.length === 0) return `${side} has no values`;
  if (sorted[0] === -Infinity || sorted[sorted.length - 1] === Infinity) return `${side} has infinite values`;
  return null;
}

function ones(values: Float64Array): Float64Array {
  return new Float64Array(values.length).fill(1);
}
