import { kolmogorovLimitSf } from './kolmogorov-distribution.ts';
import type { Random } from './random.ts';
import { chiSquareUpperQuantile } from './special.ts';

/**
 * Where chance alone can take a drift statistic: the upper point it exceeds with probability `alpha` when both samples come
 * from one distribution. An effect floor below the band cannot be judged at these sizes.
 *
 * Every band takes n reference rows and m current rows (each ≥ 1, Infinity allowed for m) and shrinks as √(1/n + 1/m), PSI
 * as 1/n + 1/m.
 */
const ALPHA = 0.05;

/**
 * Band of the K-S distance: the limit law's quantile × √(1/n + 1/m), at most 1.
 *
 * Slightly conservative for small samples and for data with ties.
 */
export function ksNullBand(n: number, m: number, alpha = ALPHA): number {
  return Math.min(1, kolmogorovQuantile(alpha) * Math.sqrt(noise(n, m)));
}

/** Band of the PSI over `bins` bins that the reference fills: χ²(bins − 1) quantile × (1/n + 1/m) (Yurdakul 2018); 0 for one bin. */
export function psiNullBand(n: number, m: number, bins: number, alpha = ALPHA): number {
  return bins < 2 ? 0 : chiSquareUpperQuantile(alpha, bins - 1) * noise(n, m);
}

/**
 * Band of the base-2 Jensen–Shannon distance over `bins` bins: √(χ²(bins − 1) quantile × (1/n + 1/m) / (8 ln 2)), at most 1.
 *
 * The divergence is an eighth of the PSI, to second order in the difference of the shares.
 */
export function jensenShannonNullBand(n: number, m: number, bins: number, alpha = ALPHA): number {
  return Math.min(1, Math.sqrt(psiNullBand(n, m, bins, alpha) / (8 * Math.LN2)));
}

/** Band of plain Cramér's V of a 2 × k table: √(χ²(k − 1) quantile / (n + m)), at most 1; 0 for one category. */
export function cramersVNullBand(n: number, m: number, categories: number, alpha = ALPHA): number {
  return categories < 2 ? 0 : Math.min(1, Math.sqrt(chiSquareUpperQuantile(alpha, categories - 1) / (n + m)));
}

/** Band of Cramér's V at equal weight: ½ √(χ²(k − 1) quantile × (1/n + 1/m)), at most 1; 0 for one category. */
export function balancedCramersVNullBand(n: number, m: number, categories: number, alpha = ALPHA): number {
  return Math.min(1, 0.5 * Math.sqrt(psiNullBand(n, m, categories, alpha)));
}

/**
 * Band of L∞, the largest difference of a share, by simulating the normal limit of the multinomial.
 *
 * @param shares pooled share per category, sums to 1
 * @param draws  simulations; the band is their 1 − alpha quantile, with a standard error near 1 % of it at the default 4,000
 * @returns in [0, 1], the same for the same generator
 */
export function lInfinityNullBand(n: number, m: number, shares: Float64Array, random: Random, alpha = ALPHA, draws = 4000): number {
  const roots = shares.map((share) => Math.sqrt(share));
  const normals = new Float64Array(shares.length);
  const largest = Float64Array.from({ length: draws }, () => {
    let along = 0;
    for (let category = 0; category < shares.length; category++) {
      normals[category] = random.normal();
      along += roots[category] * normals[category];
    }
    let most = 0;
    for (let category = 0; category < shares.length; category++) {
      most = Math.max(most, roots[category] * Math.abs(normals[category] - roots[category] * along));
    }
    return most;
  }).sort();
  const upper = largest[Math.min(draws, Math.ceil((1 - alpha) * (draws + 1))) - 1];
  return Math.min(1, upper * Math.sqrt(noise(n, m)));
}

/**
 * Fewest current rows at which a band lies at or under a floor.
 *
 * @param band  band for m current rows, falling in m
 * @param floor effect that matters, > 0
 * @returns whole rows ≥ 1; null when even endless current rows would not do, because the reference itself is too small
 */
export function rowsForBand(band: (m: number) => number, floor: number): number | null {
  if (!(band(Infinity) < floor)) return null;
  let enough = 1;
  while (band(enough) > floor) enough *= 2;
  let tooFew = Math.floor(enough / 2);
  while (enough - tooFew > 1) {
    const middle = tooFew + Math.floor((enough - tooFew) / 2);
    if (band(middle) > floor) tooFew = middle;
    else enough = middle;
  }
  return enough;
}

function noise(n: number, m: number): number {
  if (!(n >= 1 && m >= 1)) throw new RangeError(`a band needs at least one row on each side, got ${n} and ${m}`);
  return 1 / n + 1 / m;
}

/** The x with `kolmogorovLimitSf(x)` = alpha, by bisection: 1.3581 for 5 %. */
function kolmogorovQuantile(alpha: number): number {
  if (!(alpha > 0 && alpha < 1)) throw new RangeError(`a level is in (0, 1), got ${alpha}`);
  let low = 0;
  let high = 30;
  while (high - low > 1e-14 * high) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (kolmogorovLimitSf(middle) > alpha) low = middle;
    else high = middle;
  }
  return high;
}
