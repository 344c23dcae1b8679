import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';

/**
 * Energy distance of two samples, √(2 ∫ (F − G)² dx) (Székely & Rizzo 2013).
 *
 * @param reference ascending, no NaN
 * @param current   ascending, no NaN
 * @returns ≥ 0, in the square root of the column's unit; undefined when a side is empty or holds ±∞
 * Agrees with scipy `energy_distance`.
 */
export function energyDistance(reference: Float64Array, current: Float64Array): MetricValue {
  const n = reference.length;
  const m = current.length;
  if (n === 0 || m === 0) return undefinedBecause('a side has no values');
  for (const side of [reference, current]) {
    if (side[0] === -Infinity || side[side.length - 1] === Infinity) return undefinedBecause('a side has infinite values');
  }
  let i = 0;
  let j = 0;
  let total = 0;
  let previous = Math.min(reference[0], current[0]);
  while (i < n || j < m) {
    const fromReference = j === m || (i < n && reference[i] <= current[j]);
    const value = fromReference ? reference[i] : current[j];
    total += (i / n - j / m) ** 2 * (value - previous);
    previous = value;
    if (fromReference) i++;
    else j++;
  }
  return defined(Math.sqrt(2 * total));
}
