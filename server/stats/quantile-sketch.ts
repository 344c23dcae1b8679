/** Relative error of every quantile. */
export const SKETCH_ACCURACY = 0.01;

/** Numbers of a smaller size count as 0. With the largest double this bounds a side to some 37,000 bins; in practice it has hundreds. */
const SMALLEST = 1e-12;

const LOG_GAMMA = Math.log((1 + SKETCH_ACCURACY) / (1 - SKETCH_ACCURACY));

/** Values of a stream by size, in bounded memory: any number of sketches merge into that of all their values. */
export interface QuantileSketch {
  count: number;
  /** ±Infinity when there is no value. */
  min: number;
  max: number;
  zeros: number;
  /** Values per bin: bin i holds γⁱ⁻¹ < |x| ≤ γⁱ, γ = (1 + a)/(1 − a) for accuracy a. */
  positive: Map<number, number>;
  negative: Map<number, number>;
}

/**
 * An empty sketch.
 *
 * DDSketch (Masson, Rim & Lee 2019) without collapsing, for both signs.
 */
export function createSketch(): QuantileSketch {
  return { count: 0, min: Infinity, max: -Infinity, zeros: 0, positive: new Map(), negative: new Map() };
}

/** Adds a finite value. @throws RangeError on NaN or ±∞: the caller counts those apart */
export function addToSketch(sketch: QuantileSketch, value: number): void {
  if (!Number.isFinite(value)) throw new RangeError(`${value} has no place in a sketch`);
  sketch.count++;
  sketch.min = Math.min(sketch.min, value);
  sketch.max = Math.max(sketch.max, value);
  const size = Math.abs(value);
  if (size <= SMALLEST) {
    sketch.zeros++;
    return;
  }
  const bins = value > 0 ? sketch.positive : sketch.negative;
  const bin = binOf(size);
  bins.set(bin, (bins.get(bin) ?? 0) + 1);
}

/** The sketch of the values of both. */
export function mergeSketches(a: QuantileSketch, b: QuantileSketch): QuantileSketch {
  return {
    count: a.count + b.count,
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    zeros: a.zeros + b.zeros,
    positive: mergeBins(a.positive, b.positive),
    negative: mergeBins(a.negative, b.negative),
  };
}

/**
 * Quantile within `SKETCH_ACCURACY` of the value of rank ⌊(n − 1)·probability⌋.
 *
 * @returns null when there is no value
 */
export function sketchQuantile(sketch: QuantileSketch, probability: number): number | null {
  if (!(probability >= 0 && probability <= 1)) throw new RangeError(`a probability is in [0, 1], got ${probability}`);
  if (sketch.count === 0) return null;
  if (probability === 1) return sketch.max;
  const rank = Math.floor((sketch.count - 1) * probability);
  if (rank === 0) return sketch.min;
  let seen = 0;
  for (const [value, values] of ascending(sketch)) {
    seen += values;
    if (seen > rank) return Math.min(sketch.max, Math.max(sketch.min, value));
  }
  return sketch.max;
}

/**
 * Values above a limit.
 *
 * @param limit ≥ 0; its bin counts as not above, so that the count may be too low by the values within 2 % of the limit
 */
export function countAbove(sketch: QuantileSketch, limit: number): number {
  const last = limit <= SMALLEST ? -Infinity : binOf(limit);
  let values = 0;
  for (const [bin, count] of sketch.positive) if (bin > last) values += count;
  return values;
}

/**
 * Values per interval between cuts.
 *
 * @param cuts ascending, length B − 1
 * @returns B counts that add up to `count`; each bin of the sketch goes where its middle lies
 */
export function sketchCounts(sketch: QuantileSketch, cuts: readonly number[]): Float64Array {
  const counts = new Float64Array(cuts.length + 1);
  let place = 0;
  for (const [value, values] of ascending(sketch)) {
    while (place < cuts.length && value >= cuts[place]) place++;
    counts[place] += values;
  }
  return counts;
}

/** Largest distance between the distribution functions of two sketches at the ends of bins, in [0, 1]; null when a side is empty. */
export function sketchDistance(a: QuantileSketch, b: QuantileSketch): number | null {
  if (a.count === 0 || b.count === 0) return null;
  const steps = [...ascending(a).map(([value, values]) => [value, values / a.count]), ...ascending(b).map(([value, values]) => [value, -values / b.count])];
  steps.sort(([one], [other]) => one - other);
  let distance = 0;
  let largest = 0;
  for (let i = 0; i < steps.length; i++) {
    distance += steps[i][1];
    if (i + 1 === steps.length || steps[i + 1][0] > steps[i][0]) largest = Math.max(largest, Math.abs(distance));
  }
  return Math.min(1, largest);
}

/** Middle of each bin that holds values, and how many. */
function ascending({ positive, negative, zeros }: QuantileSketch): [value: number, values: number][] {
  const below = [...negative].sort(([a], [b]) => b - a).map(([bin, values]): [number, number] => [-middleOf(bin), values]);
  const above = [...positive].sort(([a], [b]) => a - b).map(([bin, values]): [number, number] => [middleOf(bin), values]);
  return [...below, ...(zeros > 0 ? [[0, zeros] as [number, number]] : []), ...above];
}

function binOf(size: number): number {
  return Math.ceil(Math.log(size) / LOG_GAMMA);
}

/** The value whose relative distance from both ends of the bin is the same. */
function middleOf(bin: number): number {
  return Math.exp(bin * LOG_GAMMA) * (1 - SKETCH_ACCURACY);
}

function mergeBins(a: Map<number, number>, b: Map<number, number>): Map<number, number> {
  const merged = new Map(a);
  for (const [bin, values] of b) merged.set(bin, (merged.get(bin) ?? 0) + values);
  return merged;
}
