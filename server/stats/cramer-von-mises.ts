import { eachTieGroup } from './tie-groups.ts';
import { logGamma } from './special.ts';

export interface CramerVonMises {
  /** T ≥ 0 (Anderson 1962); null when a side has fewer than two values. */
  statistic: number | null;
  reason?: string;
  /** In [0, 1]. Asymptotic values are 1 − cdf, so they are known to about 1e-14, not relative to their size. */
  pValue: number | null;
  method: 'exact' | 'asymptotic';
}

/** As in scipy's `method='auto'`. */
const EXACT_ROWS_MAX = 20;

/**
 * Two-sample Cramér–von Mises test.
 *
 * @param reference ascending, no NaN; ±∞ are ordinary end values
 * @param current   ascending, no NaN
 * Mean ranks for ties. Exact p by counting orders (Xiao, Gordon & Yakovlev 2006) up to 20 rows a side, else the limit law
 * of T standardised (Csörgő & Faraway 1996, equation 1.3). Agrees with scipy `cramervonmises_2samp`.
 */
export function cramerVonMises(reference: Float64Array, current: Float64Array): CramerVonMises {
  const n = reference.length;
  const m = current.length;
  const method = Math.max(n, m) <= EXACT_ROWS_MAX ? 'exact' : 'asymptotic';
  if (n < 2 || m < 2) return { statistic: null, reason: 'a side has fewer than two values', pValue: null, method };
  const u = rankStatistic(reference, current);
  const k = n * m;
  const all = n + m;
  const statistic = u / (k * all) - (4 * k - 1) / (6 * all);
  return { statistic, pValue: method === 'exact' ? exactP(u, n, m) : asymptoticP(statistic, n, m), method };
}

/** n·Σ(rᵢ − i)² + m·Σ(sⱼ − j)² over the mean ranks r of the reference and s of the current values. */
function rankStatistic(reference: Float64Array, current: Float64Array): number {
  let fromReference = 0;
  let fromCurrent = 0;
  let i = 0;
  let j = 0;
  eachTieGroup(reference, current, (group) => {
    for (let copy = 0; copy < group.reference; copy++) fromReference += (group.rank - ++i) ** 2;
    for (let copy = 0; copy < group.current; copy++) fromCurrent += (group.rank - ++j) ** 2;
  });
  return reference.length * fromReference + current.length * fromCurrent;
}

/** Share of all orders of n and m values whose statistic is at least as large, by its distribution along lattice paths. */
function exactP(u: number, n: number, m: number): number {
  const k = n * m;
  // On this scale every step adds a whole number: (i·m − j·n)² over the squared greatest common divisor.
  const divisor = greatestCommonDivisor(n, m);
  const threshold = Math.floor(((n + m) * (6 * u - k * (4 * k - 1))) / (6 * divisor * divisor) + 1e-9);
  let row: Map<number, number>[] = [];
  for (let i = 0; i <= n; i++) {
    const next: Map<number, number>[] = [];
    for (let j = 0; j <= m; j++) {
      const step = ((i * m - j * n) / divisor) ** 2;
      const cell = new Map<number, number>();
      if (i + j === 0) cell.set(0, 1);
      if (i > 0) addShifted(cell, row[j], step, i / (i + j));
      if (j > 0) addShifted(cell, next[j - 1], step, j / (i + j));
      next.push(cell);
    }
    row = next;
  }
  let p = 0;
  for (const [value, probability] of row[m]) if (value >= threshold) p += probability;
  return Math.min(1, p);
}

function addShifted(cell: Map<number, number>, from: Map<number, number>, step: number, weight: number): void {
  for (const [value, probability] of from) cell.set(value + step, (cell.get(value + step) ?? 0) + probability * weight);
}

function asymptoticP(statistic: number, n: number, m: number): number {
  const k = n * m;
  const all = n + m;
  const expected = (1 + 1 / all) / 6;
  const variance = ((all + 1) * (4 * k * all - 3 * (n * n + m * m) - 2 * k)) / (45 * all * all * 4 * k);
  const standardised = 1 / 6 + (statistic - expected) / Math.sqrt(45 * variance);
  if (standardised < 0.003) return 1;
  return Math.min(1, Math.max(0, 1 - limitCdf(standardised)));
}

/** Limit law of the statistic, a series in the Bessel function K of order ¼. */
function limitCdf(x: number): number {
  let total = 0;
  for (let k = 0; k < 1000; k++) {
    const y = 4 * k + 1;
    const q = (y * y) / (16 * x);
    const term = Math.exp(logGamma(k + 0.5) - logGamma(k + 1) - q) * Math.sqrt(y) * besselKQuarter(q);
    total += term;
    if (term < 1e-17 * total) break;
  }
  return total / (Math.PI ** 1.5 * Math.sqrt(x));
}

/** K of order ¼ at z > 0: ∫₀^∞ e^(−z·cosh t)·cosh(t/4) dt, by the trapezoidal rule, which converges geometrically here. */
function besselKQuarter(z: number): number {
  const step = 1 / 32;
  let total = Math.exp(-z) / 2;
  for (let k = 1; k < 2000; k++) {
    const t = k * step;
    const term = Math.exp(-z * Math.cosh(t)) * Math.cosh(t / 4);
    total += term;
    if (term < 1e-18 * total) break;
  }
  return total * step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
