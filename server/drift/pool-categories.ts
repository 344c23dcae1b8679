/** Counts of both sides on the same categories, after rare ones were put together. */
export interface PooledCategories {
  /** Names of the buckets; the pooled one, when it exists, is last. */
  buckets: string[];
  reference: Float64Array;
  current: Float64Array;
  /** Reference categories that were pooled. */
  pooled: number;
}

export const pooledBucket = '(rare or new)';
/**
 * Where the cut goes through a long tail, the categories above it are those that had luck in the reference. At 5 rows that
 * alone makes χ² reject in 68 % of batches that have not moved (2,000 against 5,000 rows, 200 Zipf categories); at 30 in 5 %.
 */
const referenceRowsMin = 30;


/**
 * Puts categories too rare for a chi-square into one bucket, decided on the reference alone, so that the batch under
 * question cannot choose how it is looked at.
 *
 * A category keeps its own bucket when the reference has 30 rows of it and its share there predicts at least `expectedMin`
 * rows on the smaller side. The rest, and categories the reference does not have, are one bucket: a bucket of the unseen alone would be empty in the
 * reference by its own definition, and so look like drift wherever there is a long tail.
 *
 * @param reference rows by category, nulls left out
 * @param current   rows by category, nulls left out
 * @returns buckets in order of reference frequency, ties by name; every row of either side is in exactly one bucket
 */
export function poolCategories(reference: ReadonlyMap<string, number>, current: ReadonlyMap<string, number>, expectedMin = 5): PooledCategories {
  const n = total(reference);
  const m = total(current);
  const own = [...reference.keys()]
    .filter((category) => reference.get(category)! >= referenceRowsMin && (reference.get(category)! / n) * Math.min(n, m) >= expectedMin)
    .sort((a, b) => reference.get(b)! - reference.get(a)! || (a < b ? -1 : 1));
  const referenceCounts = own.map((category) => reference.get(category)!);
  const currentCounts = own.map((category) => current.get(category) ?? 0);
  const restReference = referenceCounts.reduce((rest, count) => rest - count, n);
  const restCurrent = currentCounts.reduce((rest, count) => rest - count, m);
  const pool = restReference + restCurrent > 0;
  return {
    buckets: pool ? [...own, pooledBucket] : own,
    reference: Float64Array.from(pool ? [...referenceCounts, restReference] : referenceCounts),
    current: Float64Array.from(pool ? [...currentCounts, restCurrent] : currentCounts),
    pooled: reference.size - own.length,
  };
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}
