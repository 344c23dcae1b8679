import { quantileSorted } from './quantile.ts';

/**
 * Cuts between the quantile bins of a reference, for comparing another sample with it.
 *
 * @param sorted ascending, no NaN, at least one value
 * @param bins   bins wanted, ≥ 2
 * @returns ascending cuts without repeats. Bin k holds cuts[k − 1] ≤ x < cuts[k]; the first reaches down to −∞ and the last
 * up to ∞, so every value has a bin. Never more than `bins` − 1 cuts plus one per value that fills whole bins.
 * A value so frequent that several quantiles fall on it gets a bin of its own, so that a change in its share is seen: a
 * constant reference has the three bins below, equal and above.
 */
export function quantileCuts(sorted: Float64Array, bins: number): Float64Array {
  if (!(Number.isInteger(bins) && bins >= 2)) throw new RangeError(`a histogram needs at least 2 bins, got ${bins}`);
  const quantiles = Array.from({ length: bins + 1 }, (_, k) => quantileSorted(sorted, k / bins));
  const cuts: number[] = [];
  const add = (cut: number) => {
    if (cuts.length === 0 || cut > cuts[cuts.length - 1]) cuts.push(cut);
  };
  for (let k = 1; k < bins; k++) {
    const cut = quantiles[k];
    const frequent = quantiles[k - 1] === cut || quantiles[k + 1] === cut;
    if (frequent || cut > sorted[0]) add(cut);
    if (frequent && cut < Infinity) add(nextAbove(cut));
  }
  return Float64Array.from(cuts);
}

/**
 * Edges of bins of equal width, for drawing.
 *
 * @param low   finite
 * @param high  finite, > low; equal values are widened to low ± ½ as numpy does
 * @returns bins + 1 ascending edges, first and last exactly low and high
 */
export function equalWidthEdges(low: number, high: number, bins: number): Float64Array {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) throw new RangeError(`edges need finite low ≤ high, got ${low}, ${high}`);
  const [first, last] = low === high ? [low - 0.5, high + 0.5] : [low, high];
  const width = last / bins - first / bins;
  return Float64Array.from({ length: bins + 1 }, (_, k) => (k === bins ? last : first + k * width));
}

/**
 * Rows per bin between cuts.
 *
 * @param sorted ascending, no NaN; may be empty
 * @param cuts   ascending, length B − 1
 * @returns B counts that add up to sorted.length; bin k holds cuts[k − 1] ≤ x < cuts[k]. O(B log n).
 */
export function countBetweenCuts(sorted: Float64Array, cuts: Float64Array): Float64Array {
  const counts = new Float64Array(cuts.length + 1);
  let before = 0;
  for (let k = 0; k < cuts.length; k++) {
    const below = countBelow(sorted, cuts[k]);
    counts[k] = below - before;
    before = below;
  }
  counts[cuts.length] = sorted.length - before;
  return counts;
}

/**
 * Rows per bin between edges, last bin closed, values outside in the end bins.
 *
 * @param edges ascending, length B + 1 ≥ 2
 * @returns B counts that add up to sorted.length
 */
export function countBetweenEdges(sorted: Float64Array, edges: Float64Array): Float64Array {
  return countBetweenCuts(sorted, edges.subarray(1, edges.length - 1));
}

/** How many of the ascending values are < limit. */
export function countBelow(sorted: Float64Array, limit: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Counts as shares of their total, or null when there is nothing to share. */
export function sharesOf(counts: Float64Array): Float64Array | null {
  let total = 0;
  for (const count of counts) total += count;
  return total > 0 ? counts.map((count) => count / total) : null;
}

/** The least double greater than a finite value. */
function nextAbove(value: number): number {
  const bits = new BigInt64Array(Float64Array.of(value + 0).buffer);
  bits[0] = value === 0 ? 1n : bits[0] + (value > 0 ? 1n : -1n);
  return new Float64Array(bits.buffer)[0];
}
