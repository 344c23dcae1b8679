import { kolmogorovSf } from './kolmogorov-distribution.ts';

export interface KolmogorovSmirnov {
  /** D = max |F − G| in [0, 1]; null when a side has no values. */
  statistic: number | null;
  /** Why there is no statistic. */
  reason?: string;
  /** 1 where the reference's distribution function lies above (current values are larger), −1 below, 0 when D is 0. */
  sign: -1 | 0 | 1;
  /** Least value at which the greatest distance is reached. */
  location: number | null;
  /** Two-sided, in [0, 1]. */
  pValue: number | null;
  /** How the p-value was computed; `auto` is exact up to 10,000 rows on the larger side. */
  method: 'exact' | 'asymptotic';
}

/** As in scipy's `method='auto'`. */
const EXACT_ROWS_MAX = 10_000;

/**
 * Two-sample Kolmogorov–Smirnov test.
 *
 * @param reference ascending, no NaN; ±∞ are ordinary end values
 * @param current   ascending, no NaN
 * @param method    `auto` picks exact when both sides have at most 10,000 rows
 * Both distribution functions are evaluated after all equal values, so ties are right. The exact p counts lattice paths
 * (Hodges 1958) and is exact without ties, conservative with them; the asymptotic one is the finite-sample Kolmogorov law
 * at nm/(n+m) rounded, as in scipy `ks_2samp(method='asymp')`.
 */
export function kolmogorovSmirnov(reference: Float64Array, current: Float64Array, method: 'auto' | 'exact' | 'asymptotic' = 'auto'): KolmogorovSmirnov {
  const n = reference.length;
  const m = current.length;
  const used = method === 'auto' ? (Math.max(n, m) <= EXACT_ROWS_MAX ? 'exact' : 'asymptotic') : method;
  if (n === 0 || m === 0) {
    const reason = n === 0 ? 'the reference has no values' : 'the current data has no values';
    return { statistic: null, reason, sign: 0, location: null, pValue: null, method: used };
  }
  const { numerator, location } = greatestDistance(reference, current);
  const distance = Math.abs(numerator) / (n * m);
  const pValue = used === 'exact' ? exactP(Math.abs(numerator), n, m) : kolmogorovSf(distance, Math.round((n * m) / (n + m)));
  return { statistic: distance, sign: Math.sign(numerator) as -1 | 0 | 1, location: numerator === 0 ? null : location, pValue, method: used };
}

/** (F − G)·nm where its size is greatest: whole numbers, so equal distances compare equal. */
function greatestDistance(reference: Float64Array, current: Float64Array): { numerator: number; location: number } {
  const n = reference.length;
  const m = current.length;
  let highest = 0;
  let lowest = 0;
  let highestAt = NaN;
  let lowestAt = NaN;
  let i = 0;
  let j = 0;
  while (i < n && j < m) {
    const value = reference[i] <= current[j] ? reference[i] : current[j];
    while (i < n && reference[i] === value) i++;
    while (j < m && current[j] === value) j++;
    const difference = i * m - j * n;
    if (difference > highest) {
      highest = difference;
      highestAt = value;
    } else if (difference < lowest) {
      lowest = difference;
      lowestAt = value;
    }
  }
  return highest >= -lowest ? { numerator: highest, location: highestAt } : { numerator: lowest, location: lowestAt };
}

/**
 * P(|i·m − j·n| ≥ reach somewhere on a random lattice path from (0, 0) to (n, m)).
 *
 * The probability at (i, j) is the mean of those at (i − 1, j) and (i, j − 1), weighted i to j, and 1 outside the band: only
 * positive terms, so small values keep their relative accuracy. 2·D·n·m cells.
 */
function exactP(reach: number, n: number, m: number): number {
  if (reach === 0) return 1;
  const rows = Math.min(n, m);
  const columns = Math.max(n, m);
  const inverse = Float64Array.from({ length: rows + columns + 1 }, (_, steps) => 1 / steps);
  const outside = new Float64Array(columns + 1).fill(1);
  for (let i = 0; i <= rows; i++) {
    const first = Math.max(0, Math.floor((i * columns - reach) / rows) + 1);
    const last = Math.min(columns, Math.ceil((i * columns + reach) / rows) - 1);
    let left = 1;
    for (let j = first; j <= last; j++) {
      if (i + j === 0) left = 0;
      else left = i * inverse[i + j] * outside[j] + j * inverse[i + j] * left;
      outside[j] = left;
    }
  }
  return Math.min(1, outside[columns]);
}
