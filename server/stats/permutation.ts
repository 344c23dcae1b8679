import { type Random, shuffle } from './random.ts';

/**
 * Permutation p-value (k + 1) / (B + 1), where k of B draws are at least as large as what was observed.
 *
 * @param draws    statistic of each permutation
 * @param observed statistic of the data; larger means more different
 * @returns in [1 / (B + 1), 1]: never 0, since the data are one of the permutations (Phipson & Smyth 2010). A draw within
 * a relative 1e-12 of the observed value counts as equal to it.
 */
export function permutationP(draws: Float64Array, observed: number): number {
  const limit = observed - 1e-12 * Math.abs(observed);
  let atLeast = 0;
  for (const draw of draws) if (draw >= limit) atLeast++;
  return (atLeast + 1) / (draws.length + 1);
}

/**
 * Two-sample permutation test of any statistic.
 *
 * @param reference    values, at least one
 * @param current      values, at least one
 * @param statistic    larger means more different; called B + 1 times with two arrays it may reorder but not keep
 * @param permutations B ≥ 1; the standard error of p is about √(p(1 − p) / B)
 */
export function permutationTest(
  reference: Float64Array, current: Float64Array, statistic: (reference: Float64Array, current: Float64Array) => number,
  permutations: number, random: Random,
): { statistic: number; pValue: number; draws: Float64Array } {
  if (reference.length === 0 || current.length === 0) throw new RangeError('a permutation test needs values on both sides');
  const pooled = new Float64Array(reference.length + current.length);
  pooled.set(reference);
  pooled.set(current, reference.length);
  const observed = statistic(reference.slice(), current.slice());
  const draws = Float64Array.from({ length: permutations }, () => {
    shuffle(pooled, random);
    return statistic(pooled.slice(0, reference.length), pooled.slice(reference.length));
  });
  return { statistic: observed, pValue: permutationP(draws, observed), draws };
}
