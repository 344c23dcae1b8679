import { normalQuantile } from '../stats/special.ts';

/**
 * 95 % point of a domain classifier's mean area over folds when both sides come from one distribution.
 *
 * @param reference rows of the reference that take part, ≥ 1
 * @param current   rows of the current batch that take part, ≥ 1
 * ½ + z √((n + m + k) / (12 n m)): the variance of the Mann–Whitney area in a fold of n/k and m/k rows, averaged over k folds.
 */
export function domainBand(reference: number, current: number, folds: number): number {
  return Math.min(1, 0.5 + normalQuantile(0.95) * Math.sqrt((1 / reference + 1 / current + folds / (reference * current)) / 12));
}
