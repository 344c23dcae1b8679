import { binomialCdf } from './special.ts';

/**
 * Distribution-free interval of a quantile, between two order statistics.
 *
 * @param sorted      ascending, length n
 * @param probability in (0, 1)
 * @param level       coverage, at least this much
 * @returns null where n is too small for a bound on either side: the interval would reach beyond the observations
 * The number of observations below the quantile is binomial(n, probability); ranks are taken from its quantiles
 * (David & Nagaraja 2003, §7.1).
 */
export function quantileInterval(sorted: Float64Array, probability: number, level = 0.95): { low: number; high: number } | null {
  const n = sorted.length;
  const tail = (1 - level) / 2;
  const lowRank = binomialQuantile(tail, n, probability);
  const highRank = binomialQuantile(1 - tail, n, probability) + 1;
  if (lowRank < 1 || highRank > n) return null;
  return { low: sorted[lowRank - 1], high: sorted[highRank - 1] };
}

/** Smallest k with P(K ≤ k) ≥ p. */
function binomialQuantile(p: number, n: number, probability: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (binomialCdf(middle, n, probability) >= p) high = middle;
    else low = middle + 1;
  }
  return low;
}
