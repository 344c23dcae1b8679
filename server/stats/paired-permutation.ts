import { createRandom } from './random.ts';

export interface PairedPermutationPlan {
  /** Random sign patterns; all patterns are tried instead when there are no more than this. */
  permutations: number;
  seed: number;
  /** Cluster index per row: all rows of a cluster change sign together. */
  clusters?: Int32Array;
}

export interface PairedPermutationTest {
  /** Mean of candidate loss − champion loss: below 0 when the candidate is better. Null on no rows. */
  difference: number | null;
  /** Two-sided; null on no rows. Never 0. */
  pValue: number | null;
  /** Every sign pattern was tried, so the p-value is exact. */
  exact: boolean;
  permutations: number;
  seed: number;
}

/**
 * Tests whether two models have the same mean loss on the same rows, by swapping the two losses of a row at random.
 *
 * @param candidate loss per row, finite
 * @param champion  loss per row, finite, same rows
 * @returns a generator that yields the share of work done after every permutation; see `finish` in bootstrap.ts
 * p = (k + 1) ÷ (B + 1) with k of B random patterns at least as extreme (Phipson & Smyth 2010), or k ÷ 2ⁿ over all
 * patterns, where it agrees with scipy `permutation_test(permutation_type="samples")`. Ties are told with a slack of 1e-12.
 */
export function* pairedPermutation(candidate: Float64Array, champion: Float64Array, plan: PairedPermutationPlan): Generator<number, PairedPermutationTest> {
  if (candidate.length !== champion.length) throw new RangeError(`${candidate.length} and ${champion.length} losses are not pairs`);
  const sums = sumsByUnit(candidate, champion, plan.clusters);
  const patterns = 2 ** sums.length;
  const exact = patterns <= plan.permutations;
  const permutations = exact ? patterns : plan.permutations;
  if (candidate.length === 0) return { difference: null, pValue: null, exact, permutations: 0, seed: plan.seed };

  let observed = 0;
  let size = 0;
  for (const sum of sums) {
    observed += sum;
    size += Math.abs(sum);
  }
  const threshold = Math.abs(observed) - 1e-12 * size;
  const random = createRandom(plan.seed);
  let extreme = 0;
  for (let permutation = 0; permutation < permutations; permutation++) {
    let total = 0;
    let bits = permutation;
    for (let unit = 0; unit < sums.length; unit++) {
      if (!exact && unit % 32 === 0) bits = random.uint32();
      total += (bits >>> (unit % 32)) & 1 ? -sums[unit] : sums[unit];
    }
    if (Math.abs(total) >= threshold) extreme++;
    yield (permutation + 1) / permutations;
  }
  const pValue = exact ? extreme / permutations : (extreme + 1) / (permutations + 1);
  return { difference: observed / candidate.length, pValue, exact, permutations, seed: plan.seed };
}

function sumsByUnit(candidate: Float64Array, champion: Float64Array, clusters?: Int32Array): Float64Array {
  const sums = new Map<number, number>();
  for (let row = 0; row < candidate.length; row++) {
    const difference = candidate[row] - champion[row];
    if (!Number.isFinite(difference)) throw new RangeError(`losses at row ${row} are not finite`);
    const unit = clusters ? clusters[row] : row;
    sums.set(unit, (sums.get(unit) ?? 0) + difference);
  }
  return Float64Array.from(sums.values());
}
