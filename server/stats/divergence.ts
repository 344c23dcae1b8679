import { jensenShannonDistance, jensenShannonDivergence } from './jensen-shannon.ts';
import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';
import { sharesOf } from './histogram.ts';
import { PSI_FLOOR, flooredBins, populationStabilityIndex, requireShares } from './psi.ts';

/** How far two histograms on the same bins lie apart, in every dialect of the field. */
export interface Divergences {
  /** Nats; shares floored, see `flooredBins`. */
  psi: MetricValue;
  /** Bins whose PSI term used the floor instead of the share. */
  flooredBins: number;
  /** Base 2, square root, [0, 1]. */
  jensenShannonDistance: MetricValue;
  /** Base 2, no root, [0, 1]. */
  jensenShannonDivergence: MetricValue;
  /** KL(reference ‖ current) in nats, not floored; undefined when the current data lacks a bin the reference has. */
  kullbackLeibler: MetricValue;
  /** [0, 1]. */
  hellinger: MetricValue;
  /** [0, 1]. */
  totalVariation: MetricValue;
  /** [0, 1]. */
  lInfinity: MetricValue;
  /** [0, 1]. */
  balancedCramersV: MetricValue;
}

/**
 * All divergences between two histograms.
 *
 * @param reference rows per bin, length B
 * @param current   rows per bin, length B, same bins
 * @param floor     of the shares in the PSI
 * @returns every one undefined, with the reason, when a side has no rows
 */
export function divergences(reference: Float64Array, current: Float64Array, floor = PSI_FLOOR): Divergences {
  const r = sharesOf(reference);
  const c = sharesOf(current);
  if (r === null || c === null) {
    const none = undefinedBecause(r === null ? 'the reference has no rows' : 'the current data has no rows');
    return {
      psi: none, flooredBins: 0, jensenShannonDistance: none, jensenShannonDivergence: none, kullbackLeibler: none,
      hellinger: none, totalVariation: none, lInfinity: none, balancedCramersV: none,
    };
  }
  return {
    psi: defined(populationStabilityIndex(r, c, floor)),
    flooredBins: flooredBins(r, c, floor),
    jensenShannonDistance: defined(jensenShannonDistance(r, c)),
    jensenShannonDivergence: defined(jensenShannonDivergence(r, c)),
    kullbackLeibler: kullbackLeibler(r, c),
    hellinger: defined(hellinger(r, c)),
    totalVariation: defined(totalVariation(r, c)),
    lInfinity: defined(lInfinity(r, c)),
    balancedCramersV: defined(balancedCramersV(r, c)),
  };
}

/**
 * Kullback–Leibler divergence Σ p·ln(p / q) in nats (scipy `entropy(p, q)`).
 *
 * @param p shares, sum to 1
 * @param q shares on the same bins
 * @returns ≥ 0; undefined when q is 0 where p is not, where the divergence is infinite
 */
export function kullbackLeibler(p: Float64Array, q: Float64Array): MetricValue {
  requireShares(p, q);
  let total = 0;
  for (let bin = 0; bin < p.length; bin++) {
    if (p[bin] === 0) continue;
    if (q[bin] === 0) return undefinedBecause('a bin is empty on one side only, so the divergence is infinite');
    total += p[bin] * Math.log(p[bin] / q[bin]);
  }
  return defined(Math.max(0, total));
}

/** Hellinger distance √(½ Σ (√p − √q)²), [0, 1]. */
export function hellinger(p: Float64Array, q: Float64Array): number {
  requireShares(p, q);
  let total = 0;
  for (let bin = 0; bin < p.length; bin++) total += (Math.sqrt(p[bin]) - Math.sqrt(q[bin])) ** 2;
  return Math.min(1, Math.sqrt(total / 2));
}

/** Total variation distance ½ Σ |p − q|, [0, 1]. */
export function totalVariation(p: Float64Array, q: Float64Array): number {
  requireShares(p, q);
  let total = 0;
  for (let bin = 0; bin < p.length; bin++) total += Math.abs(p[bin] - q[bin]);
  return Math.min(1, total / 2);
}

/** Largest difference of a share, max |p − q|, [0, 1] (TFDV's infinity norm). */
export function lInfinity(p: Float64Array, q: Float64Array): number {
  requireShares(p, q);
  let largest = 0;
  for (let bin = 0; bin < p.length; bin++) largest = Math.max(largest, Math.abs(p[bin] - q[bin]));
  return Math.min(1, largest);
}

/**
 * Cramér's V of two distributions at equal weight, √(½ Σ (p − q)² / (p + q)), [0, 1].
 *
 * It equals plain V of the 2 × k table when both sides have the same number of rows, and unlike plain V it does not shrink
 * when one side is much larger (it is the root of half Vincze and Le Cam's triangular discrimination).
 */
export function balancedCramersV(p: Float64Array, q: Float64Array): number {
  requireShares(p, q);
  let total = 0;
  for (let bin = 0; bin < p.length; bin++) {
    if (p[bin] + q[bin] > 0) total += (p[bin] - q[bin]) ** 2 / (p[bin] + q[bin]);
  }
  return Math.min(1, Math.sqrt(total / 2));
}
