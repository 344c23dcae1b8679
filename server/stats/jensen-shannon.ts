import { requireShares } from './psi.ts';

/**
 * Jensen–Shannon distance, base 2: the square root of the divergence, a metric (Endres & Schindelin 2003).
 *
 * @param reference share of rows per bin, sums to 1
 * @param current   the same on the same bins
 * @returns in [0, 1]: 0 when equal, 1 when no bin is shared. TFDV's figure is the divergence, Evidently's uses base e.
 * @throws RangeError as `requireShares`
 * Agrees with scipy `jensenshannon(base=2)`.
 */
export function jensenShannonDistance(reference: Float64Array, current: Float64Array): number {
  return Math.sqrt(jensenShannonDivergence(reference, current));
}

/**
 * Jensen–Shannon divergence in bits: mean Kullback–Leibler divergence of the two from their mixture (Lin 1991).
 *
 * @returns in [0, 1]; a tiny negative sum from rounding is 0
 */
export function jensenShannonDivergence(reference: Float64Array, current: Float64Array): number {
  requireShares(reference, current);
  let total = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const r = reference[bin];
    const c = current[bin];
    const mixture = (r + c) / 2;
    if (r > 0) total += r * Math.log(r / mixture);
    if (c > 0) total += c * Math.log(c / mixture);
  }
  return Math.min(1, Math.max(0, total / (2 * Math.LN2)));
}
