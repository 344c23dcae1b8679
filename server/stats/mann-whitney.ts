import { eachTieGroup } from './tie-groups.ts';
import { normalSf } from './special.ts';

export interface MannWhitney {
  /** U of the reference: pairs in which it is the larger one, ties counting ½; null when a side is empty. */
  statistic: number | null;
  reason?: string;
  /** U / nm: chance that a reference value is larger than a current one, ties counting ½. 0.5 means no shift. */
  commonLanguageEffect: number | null;
  /** Two-sided, in [0, 1]. */
  pValue: number | null;
  method: 'exact' | 'asymptotic';
}

/** As in scipy's `method='auto'`. */
const EXACT_ROWS_MAX = 8;

/**
 * Mann–Whitney U test, two-sided.
 *
 * @param reference ascending, no NaN; ±∞ are ordinary end values
 * @param current   ascending, no NaN
 * Exact without ties when one side has at most 8 values, else normal with tie and continuity correction. When all values
 * are equal p is 1. Agrees with scipy `mannwhitneyu(alternative='two-sided')`.
 */
export function mannWhitney(reference: Float64Array, current: Float64Array): MannWhitney {
  const n = reference.length;
  const m = current.length;
  if (n === 0 || m === 0) {
    return { statistic: null, reason: 'a side has no values', commonLanguageEffect: null, pValue: null, method: 'asymptotic' };
  }
  let rankSum = 0;
  let tieSum = 0;
  eachTieGroup(reference, current, (group) => {
    const size = group.reference + group.current;
    rankSum += group.rank * group.reference;
    tieSum += size * size * size - size;
  });
  const statistic = rankSum - (n * (n + 1)) / 2;
  const larger = Math.max(statistic, n * m - statistic);
  const method = tieSum === 0 && Math.min(n, m) <= EXACT_ROWS_MAX ? 'exact' : 'asymptotic';
  const oneSided = method === 'exact' ? exactUpperTail(larger, n, m) : normalUpperTail(larger, n, m, tieSum);
  return { statistic, commonLanguageEffect: statistic / (n * m), pValue: Math.min(1, 2 * oneSided), method };
}

function normalUpperTail(u: number, n: number, m: number, tieSum: number): number {
  const all = n + m;
  const deviation = Math.sqrt(((n * m) / 12) * (all + 1 - tieSum / (all * (all - 1))));
  return deviation > 0 ? normalSf((u - (n * m) / 2 - 0.5) / deviation) : 1;
}

/** P(U ≥ u) over all orders, by the distribution of U along lattice paths (Mann & Whitney 1947). */
function exactUpperTail(u: number, n: number, m: number): number {
  const rows = Math.min(n, m);
  const columns = Math.max(n, m);
  // distributions[i][x]: probability of U = x among i values of the smaller side and j of the larger, for the current j.
  const distributions = Array.from({ length: rows + 1 }, () => new Float64Array(rows * columns + 1));
  for (const distribution of distributions) distribution[0] = 1;
  for (let j = 1; j <= columns; j++) {
    for (let i = 1; i <= rows; i++) {
      const current = distributions[i];
      const fewer = distributions[i - 1];
      // The last value in order is one of the smaller side (above all j of the other) or one of the larger side.
      for (let x = i * j; x >= 0; x--) current[x] = (i * (x >= j ? fewer[x - j] : 0) + j * current[x]) / (i + j);
    }
  }
  let tail = 0;
  for (let x = rows * columns; x >= u; x--) tail += distributions[rows][x];
  return tail;
}
