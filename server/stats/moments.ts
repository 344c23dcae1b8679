import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';

/** Central moments of the finite values of a column: mergeable, so that chunks can be read one at a time. */
export interface Moments {
  /** Finite values, the ones the moments are about. */
  count: number;
  /** Values that are ±∞, left out. NaN and nulls are not counted here. */
  infinite: number;
  /** 0 when count is 0. */
  mean: number;
  /** Σ (x − mean)², and the same with third and fourth powers. */
  m2: number;
  m3: number;
  m4: number;
}

/**
 * Moments of a numeric column.
 *
 * @param values one per row; NaN is skipped, ±∞ is counted and skipped
 * @param nulls  1 where the row is null and skipped
 * Two passes: the mean, then powers of the differences from it, with the rounding of the first mean corrected by the second
 * pass, so that 1e9 + {4, 7, 13, 16} has variance 30 and a sum that would overflow does not.
 */
export function moments(values: Float64Array, nulls?: Uint8Array): Moments {
  let count = 0;
  let infinite = 0;
  let sum = 0;
  for (let row = 0; row < values.length; row++) {
    const value = values[row];
    if (value - value === 0) {
      if (nulls !== undefined && nulls[row] === 1) continue;
      count++;
      sum += value;
    } else if (value === value && !(nulls !== undefined && nulls[row] === 1)) infinite++;
  }
  if (count === 0) return { count, infinite, mean: 0, m2: 0, m3: 0, m4: 0 };
  const start = Number.isFinite(sum) ? sum / count : meanWithoutOverflow(values, count, nulls);
  let m1 = 0;
  let m2 = 0;
  let m3 = 0;
  let m4 = 0;
  for (let row = 0; row < values.length; row++) {
    const difference = values[row] - start;
    if (difference - difference !== 0 || (nulls !== undefined && nulls[row] === 1)) continue;
    const square = difference * difference;
    m1 += difference;
    m2 += square;
    m3 += square * difference;
    m4 += square * square;
  }
  const shift = m1 / count;
  return {
    count,
    infinite,
    mean: start + shift,
    m2: Math.max(0, m2 - m1 * shift),
    m3: m3 - 3 * shift * m2 + 2 * count * shift ** 3,
    m4: Math.max(0, m4 - 4 * shift * m3 + 6 * shift * shift * m2 - 3 * count * shift ** 4),
  };
}

/** Moments of the rows of both (Chan, Golub & LeVeque 1979; third and fourth powers after Pébay 2008). */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const infinite = a.infinite + b.infinite;
  if (a.count === 0) return { ...b, infinite };
  if (b.count === 0) return { ...a, infinite };
  const delta = b.mean - a.mean;
  const part = delta / count;
  const product = a.count * b.count;
  return {
    count,
    infinite,
    mean: a.mean + part * b.count,
    m2: a.m2 + b.m2 + delta * part * product,
    m3: a.m3 + b.m3 + delta * part * part * product * (a.count - b.count) + 3 * part * (a.count * b.m2 - b.count * a.m2),
    m4:
      a.m4 + b.m4
      + delta * part ** 3 * product * (a.count * a.count - product + b.count * b.count)
      + 6 * part * part * (a.count * a.count * b.m2 + b.count * b.count * a.m2)
      + 4 * part * (a.count * b.m3 - b.count * a.m3),
  };
}

/** Arithmetic mean of the finite values; undefined without any. */
export function mean({ count, mean: value }: Moments): MetricValue {
  return count === 0 ? undefinedBecause('no finite values') : defined(value);
}

/**
 * Variance of the finite values.
 *
 * @param ddof 0 for the population (÷ n), 1 for the sample (÷ n − 1)
 * @returns ≥ 0; undefined for fewer than ddof + 1 values
 */
export function variance({ count, m2 }: Moments, ddof: 0 | 1): MetricValue {
  if (count <= ddof) return undefinedBecause(count === 0 ? 'no finite values' : 'one value has no sample variance');
  return defined(m2 / (count - ddof));
}

/** Square root of the variance, with the same `ddof`. */
export function standardDeviation(of: Moments, ddof: 0 | 1): MetricValue {
  const square = variance(of, ddof);
  return square.value === null ? square : defined(Math.sqrt(square.value));
}

/** Skewness m₃ / m₂^1.5, not corrected for bias (scipy `skew`); undefined for a constant. */
export function skewness({ count, mean: centre, m2, m3 }: Moments): MetricValue {
  if (isConstant(count, centre, m2)) return undefinedBecause(count === 0 ? 'no finite values' : 'the values are constant');
  return defined(m3 / count / (m2 / count) ** 1.5);
}

/** Excess kurtosis m₄ / m₂² − 3, 0 for a normal, not corrected for bias (scipy `kurtosis`); undefined for a constant. */
export function kurtosis({ count, mean: centre, m2, m4 }: Moments): MetricValue {
  if (isConstant(count, centre, m2)) return undefinedBecause(count === 0 ? 'no finite values' : 'the values are constant');
  return defined((m4 / count) / (m2 / count) ** 2 - 3);
}

/** Differences no larger than the rounding of the mean are not a spread. */
function isConstant(count: number, centre: number, m2: number): boolean {
  return count === 0 || m2 / count <= (Number.EPSILON * centre) ** 2;
}

function meanWithoutOverflow(values: Float64Array, count: number, nulls?: Uint8Array): number {
  let result = 0;
  for (let row = 0; row < values.length; row++) {
    if (Number.isFinite(values[row]) && !(nulls !== undefined && nulls[row] === 1)) result += values[row] / count;
  }
  return result;
}
