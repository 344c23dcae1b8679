import type { Distributions, Statistic } from '../../protocol/drift.ts';
import { countText, shareText } from '../../protocol/number-text.ts';
import { chiSquareContingency, chiSquarePermutation, cramersV } from '../stats/chi-square.ts';
import { divergences } from '../stats/divergence.ts';
import { fisherExact } from '../stats/fisher-exact.ts';
import { balancedCramersVNullBand } from '../stats/null-band.ts';
import { PSI_FLOOR } from '../stats/psi.ts';
import { quantileSorted } from '../stats/quantile.ts';
import { createRandom } from '../stats/random.ts';
import { type Comparison, statistic } from './comparison.ts';
import { type PooledCategories, poolCategories } from './pool-categories.ts';

const permutations = 1999;
/** Above this share of expected counts below 5 the χ² law is not trusted (Cochran 1954). */
const lowExpectedShareMax = 0.2;
const listed = 20;

const definitions = {
  balanced: "Cramér's V of the two distributions at equal weight = √(½ Σ (p − q)² ÷ (p + q)), 0–1: plain V at n = m, and unlike plain V not diluted when one side is larger",
  plain: "Cramér's V = √(χ² ÷ (n + m)) of the 2 × k table, no bias correction; agrees with scipy contingency.association",
  chiSquare: 'χ² test of homogeneity on the 2 × k contingency table, no Yates correction; agrees with scipy chi2_contingency(correction=False)',
  fisher: "Fisher's exact test of the 2 × 2 table, two-sided, since too many expected counts are below 5; agrees with scipy fisher_exact",
  linf: 'L∞ = max |p − q| over categories',
  tvd: 'Total variation distance = ½ Σ |p − q|, 0–1',
  psi: `Σ (c − r)·ln(c / r) over categories, shares floored at ${PSI_FLOOR}`,
  js: 'Jensen–Shannon distance (square root), base 2, 0–1, over categories; agrees with scipy jensenshannon(base=2)',
} as const;

/**
 * Compares two samples of categories: χ² by contingency tests, Cramér's V at equal weight says how much.
 *
 * @param reference ≥ 1 row with a value
 * @param current   ≥ 1 row with a value
 * @param seed      of the permutations that stand in for χ² when more than a fifth of the expected counts are below 5
 * Categories too rare for a χ² are pooled with those the reference lacks, see `poolCategories`. All statistics are on those
 * buckets; new categories are listed one by one.
 */
export function compareCategorical(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>, seed: number): Comparison {
  const pooled = poolCategories(reference, current);
  const n = sum(pooled.reference);
  const m = sum(pooled.current);
  const pooling = pooled.pooled > 0 ? `; ${countText(pooled.pooled)} rare ones pooled` : '';
  const { test, bandAt, bandMethod } = testHomogeneity(pooled, n, seed);
  const distances = divergences(pooled.reference, pooled.current);
  const plain = cramersV([pooled.reference, pooled.current]);
  const fresh = newCategories(reference, current);
  return {
    effect: { ...statistic('cramers_v_balanced', distances.balancedCramersV, definitions.balanced + pooling), band: bandAt(m), bandMethod },
    still: 0,
    bandAt,
    test,
    others: [
      { name: 'cramers_v', value: plain.plain, reason: plain.reason, definition: definitions.plain + pooling },
      statistic('linf', distances.lInfinity, definitions.linf + pooling),
      statistic('tvd', distances.totalVariation, definitions.tvd + pooling),
      statistic('psi', distances.psi, definitions.psi + pooling),
      statistic('js_distance', distances.jensenShannonDistance, definitions.js + pooling),
    ],
    change: describeChange(pooled, n, m, fresh),
    newCategories: fresh.slice(0, listed),
    newCategoriesTotal: { categories: fresh.length, rows: fresh.reduce((rows, { count }) => rows + count, 0) },
    vanishedCategories: vanishedCategories(reference, current, n, m).slice(0, listed),
    distributions: categoricalDistributions(reference, current),
  };
}

interface Homogeneity {
  test: Statistic;
  bandAt: (currentRows: number) => number;
  bandMethod: string;
}

function testHomogeneity({ reference, current, buckets }: PooledCategories, n: number, seed: number): Homogeneity {
  const { statistic: value, pValue, lowExpectedShare } = chiSquareContingency([reference, current]);
  const chiSquareBand = {
    bandAt: (rows: number) => balancedCramersVNullBand(n, rows, buckets.length),
    bandMethod: `½ √(95 % point of χ²(${buckets.length - 1}) · (1/n + 1/m))`,
  };
  if (buckets.length < 2 || lowExpectedShare <= lowExpectedShareMax) {
    return { ...chiSquareBand, test: { name: 'chi_square', value, pValue, definition: definitions.chiSquare } };
  }
  if (buckets.length === 2) {
    const exact = fisherExact(reference[0], reference[1], current[0], current[1]);
    return { ...chiSquareBand, test: { name: 'chi_square', value, pValue: exact, definition: definitions.fisher } };
  }
  const permuted = chiSquarePermutation(reference, current, permutations, createRandom(seed).split('categories'));
  if (permuted === null) throw new RangeError('a side has no rows');
  const upper = quantileSorted(permuted.draws.sort(), 0.95);
  const how = `${permutations} permutations of the sides (seed ${seed})`;
  return {
    test: { name: 'chi_square', value, pValue: permuted.pValue, definition: `χ² of the contingency table against ${how}, p = (k + 1) ÷ (B + 1), since too many expected counts are below 5` },
    bandAt: (rows) => Math.min(1, 0.5 * Math.sqrt(upper * (1 / n + 1 / rows))),
    bandMethod: `½ √(95 % point of χ² in ${how} · (1/n + 1/m))`,
  };
}

function newCategories(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): { value: string; count: number }[] {
  return byCount(current).filter(({ value }) => !reference.has(value));
}

/** Categories that are gone although the reference promised at least five rows: fewer could be missing by chance. */
function vanishedCategories(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>, n: number, m: number): string[] {
  return byCount(reference)
    .filter(({ value, count }) => !current.has(value) && (count / n) * m >= 5)
    .map(({ value }) => value);
}

function byCount(counts: ReadonlyMap<string, number>): { value: string; count: number }[] {
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
}

function describeChange({ buckets, reference, current }: PooledCategories, n: number, m: number, fresh: { value: string; count: number }[]): string {
  const parts: string[] = [];
  const difference = (bucket: number): number => Math.abs(reference[bucket] / n - current[bucket] / m);
  const most = buckets.reduce((best, _, bucket) => (difference(bucket) > difference(best) ? bucket : best), 0);
  if (difference(most) > 0) parts.push(`"${buckets[most]}" ${shareText(reference[most] / n)} → ${shareText(current[most] / m)}`);
  if (fresh.length > 0) {
    const rows = fresh.reduce((total, { count }) => total + count, 0);
    const more = fresh.length > 1 ? ` and ${fresh.length - 1} more` : '';
    parts.push(`new: "${fresh[0].value}"${more} (${rows === 1 ? '1 row' : `${countText(rows)} rows`})`);
  }
  return parts.join('; ') || 'same shares';
}

/** The categories most frequent on either side; the rest is one count. */
function categoricalDistributions(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>): Distributions {
  const n = sum(reference.values());
  const m = sum(current.values());
  const share = (category: string): number => Math.max((reference.get(category) ?? 0) / n, (current.get(category) ?? 0) / m);
  const all = [...new Set([...reference.keys(), ...current.keys()])].map((category) => ({ category, share: share(category) }));
  all.sort((a, b) => b.share - a.share || (a.category < b.category ? -1 : 1));
  const categories = all.slice(0, listed).map(({ category }) => category);
  const referenceCounts = categories.map((category) => reference.get(category) ?? 0);
  const currentCounts = categories.map((category) => current.get(category) ?? 0);
  return {
    kind: 'categorical',
    categories,
    reference: referenceCounts,
    current: currentCounts,
    other: { reference: n - sum(referenceCounts), current: m - sum(currentCounts), distinct: all.length - categories.length },
  };
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
