/** Weight of depth in `rankBiasedOverlap`: the first ten places carry 86 % of it (Webber et al. 2010). */
export const PERSISTENCE = 0.9;

/**
 * Share of the first k items that two rankings have in common.
 *
 * @param a items, best first, no repeats
 * @param b the same for the other ranking
 * @param k ≥ 1; where a ranking is shorter, the longer of the two lengths counts instead
 * @returns in [0, 1]; 1 for two empty rankings
 */
export function overlapAtK<Item>(a: readonly Item[], b: readonly Item[], k: number): number {
  const depth = Math.min(k, Math.max(a.length, b.length));
  if (depth === 0) return 1;
  const first = new Set(a.slice(0, depth));
  return b.slice(0, depth).filter((item) => first.has(item)).length / depth;
}

/**
 * Rank-biased overlap: how alike two rankings are, the top counting most.
 *
 * @param a           items, best first, no repeats
 * @param b           the same for the other ranking
 * @param persistence in (0, 1): chance that a reader looks one place further
 * @returns in [0, 1], 1 when equal; 1 for two empty rankings
 * Extrapolated beyond the shorter ranking as if agreement stayed what it was there: (X_k/k)·pᵏ + (1 − p)/p · Σ (X_d/d)·p^d,
 * on the first k places of both, k the length of the shorter (Webber, Moffat & Zobel 2010, equation 23).
 */
export function rankBiasedOverlap<Item>(a: readonly Item[], b: readonly Item[], persistence = PERSISTENCE): number {
  if (!(persistence > 0 && persistence < 1)) throw new RangeError(`a persistence is between 0 and 1, got ${persistence}`);
  const depth = Math.min(a.length, b.length);
  if (depth === 0) return a.length === b.length ? 1 : 0;
  const [inA, inB] = [new Set<Item>(), new Set<Item>()];
  let common = 0;
  let total = 0;
  for (let place = 0; place < depth; place++) {
    inA.add(a[place]);
    inB.add(b[place]);
    common += a[place] === b[place] ? 1 : Number(inB.has(a[place])) + Number(inA.has(b[place]));
    total += (common / (place + 1)) * persistence ** (place + 1);
  }
  return Math.min(1, (common / depth) * persistence ** depth + ((1 - persistence) / persistence) * total);
}
