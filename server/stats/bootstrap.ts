import { type Interval, checkLevel } from './interval.ts';
import { quantileSorted } from './quantile.ts';
import { createRandom, shuffle } from './random.ts';
import { normalCdf, normalQuantile } from './special.ts';

/**
 * A metric as a function of how much each row counts: in a resample, how often the row was drawn. NaN when undefined.
 * Anything that takes row weights is a statistic; a paired difference is `difference(candidate, champion)`.
 */
export type Statistic = (weights: Float64Array) => number;

/** Candidate minus champion on the same resampled rows. */
export function difference(candidate: Statistic, champion: Statistic): Statistic {
  return (weights) => candidate(weights) - champion(weights);
}

export interface BootstrapPlan {
  rows: number;
  /** Resamples; a gate wants at least 2,000. */
  replicates: number;
  /** Recorded with the result: the same seed gives the same interval, bit for bit. */
  seed: number;
  level: number;
  method: 'percentile' | 'bca';
  /** Weight of each row in the data itself; multiplied with how often the row was drawn. */
  rowWeights?: Float64Array;
  /**
   * Cluster index per row, ≥ 0: whole clusters (users, days) are drawn instead of rows.
   * Rows of a cluster are alike, and drawing them one by one would make intervals too narrow.
   */
  clusters?: Int32Array;
  /** Called with the weights of each resample before the statistics are, for what they share. */
  prepare?: (weights: Float64Array) => void;
}

export interface BootstrapEstimate {
  /** The statistic on the rows as they are; null when undefined. */
  value: number | null;
  /** Null, for `reason`, when the bootstrap cannot tell. */
  interval: Interval | null;
  reason?: string;
  /** Standard deviation of the replicates (n − 1); null with fewer than two. */
  standardError: number | null;
  resamples: { drawn: number; degenerate: number; seed: number };
  /** Rows, or clusters, that were drawn from. */
  units: number;
  /** The statistic on each resample on which it exists, in ascending order. */
  replicates: Float64Array;
}

/** Above this share of resamples on which the statistic does not exist, the rest no longer stand for the whole. */
export const DEGENERATE_SHARE_MAX = 0.05;

/** At most this many jackknife blocks: with 1,000, the error in BCa's acceleration is below 0.001 (0.65 ÷ blocks). */
export const JACKKNIFE_BLOCKS_MAX = 1000;

/**
 * Bootstrap intervals of several statistics on the same resamples.
 *
 * @param statistics each is called once per resample, on shared weights, which it must not keep or change
 * @returns a generator that yields the share of work done after every resample, so that the caller may breathe, report
 *   or stop; its return value has one estimate per statistic. `finish` runs it in one go.
 * Resamples hold as many units as the data, drawn with equal chance (Efron 1979). `percentile`: R-7 quantiles of the
 * replicates. `bca`: corrected for bias and acceleration (Efron 1987), the latter from a jackknife over rows or
 * clusters, in random blocks when there are more than `JACKKNIFE_BLOCKS_MAX`. Agrees with scipy `bootstrap` on the same resamples.
 * There is no interval when fewer than two units exist, when more than 5 % of resamples are degenerate, or when every
 * resample gives the same value: a bootstrap cannot see what the data never shows.
 */
export function* bootstrap(statistics: Statistic[], plan: BootstrapPlan): Generator<number, BootstrapEstimate[]> {
  checkLevel(plan.level);
  if (!(Number.isInteger(plan.replicates) && plan.replicates >= 2)) throw new RangeError(`${plan.replicates} resamples are not a whole number ≥ 2`);
  const units = unitsOf(plan);
  const random = createRandom(plan.seed);
  const computeOn = (counts: Float64Array, take: (value: number, index: number) => void): void => {
    const weights = rowWeights(plan, units, counts);
    plan.prepare?.(weights);
    statistics.forEach((statistic, index) => take(statistic(weights), index));
  };
  const observed = new Float64Array(statistics.length);
  computeOn(new Float64Array(units.count).fill(1), (value, index) => (observed[index] = value));
  const blocks = plan.method === 'bca' ? Math.min(units.count, JACKKNIFE_BLOCKS_MAX) : 0;
  const steps = units.count < 2 ? 0 : plan.replicates + blocks;

  const values = statistics.map(() => new Float64Array(units.count < 2 ? 0 : plan.replicates));
  const drawing = random.split('resamples');
  const counts = new Float64Array(units.count);
  for (let replicate = 0; replicate < values[0]?.length; replicate++) {
    drawing.countDraws(counts.fill(0), units.count);
    computeOn(counts, (value, index) => (values[index][replicate] = value));
    yield (replicate + 1) / steps;
  }

  const jackknife = statistics.map(() => new Float64Array(steps === 0 ? 0 : blocks));
  const shuffled = shuffle(Uint32Array.from(counts.keys()), random.split('jackknife'));
  for (let block = 0; block < jackknife[0]?.length; block++) {
    counts.fill(1);
    for (let index = block; index < units.count; index += blocks) counts[shuffled[index]] = 0;
    computeOn(counts, (value, index) => (jackknife[index][block] = value));
    yield (plan.replicates + block + 1) / steps;
  }

  return statistics.map((_, index) =>
    summarise(observed[index], values[index], units.count, plan.seed, (replicates) =>
      plan.method === 'bca' ? bcaInterval(replicates, observed[index], jackknife[index], plan.level) : percentileInterval(replicates, plan.level),
    ),
  );
}

/** Runs a generator to its end and gives what it returns. */
export function finish<Result>(steps: Generator<unknown, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Percentile interval: the R-7 quantiles of the replicates that leave (1 − level) / 2 on each side. */
export function percentileInterval(replicates: Float64Array, level: number): Interval {
  const sorted = replicates.slice().sort();
  const tail = (1 - level) / 2;
  return { low: quantileSorted(sorted, tail), high: quantileSorted(sorted, 1 - tail), level, method: 'bootstrap-percentile' };
}

/**
 * Bias-corrected and accelerated interval (Efron 1987).
 *
 * @param replicates the statistic on each resample
 * @param observed   the statistic on the data
 * @param jackknife  the statistic with each row (cluster, block) left out in turn
 * @returns null when all replicates lie on one side of the observed value, or the jackknife is undefined or constant
 */
export function bcaInterval(replicates: Float64Array, observed: number, jackknife: Float64Array, level: number): Interval | null {
  let below = 0;
  for (const value of replicates) below += value < observed ? 1 : value === observed ? 0.5 : 0;
  const bias = normalQuantile(below / replicates.length);
  const acceleration = accelerationOf(jackknife);
  const end = (z: number): number => normalCdf(bias + (bias + z) / (1 - acceleration * (bias + z)));
  const z = normalQuantile((1 + level) / 2);
  const [lower, upper] = [end(-z), end(z)];
  if (!Number.isFinite(bias) || !(lower < upper)) return null;
  const sorted = replicates.slice().sort();
  return { low: quantileSorted(sorted, lower), high: quantileSorted(sorted, upper), level, method: 'bootstrap-bca' };
}

/**
 * Two-sided p-value that the statistic is 0, by inverting the percentile interval: twice the smaller share of replicates
 * at or beyond 0, one resample added to both counts so that it is never 0.
 *
 * @param replicates of a difference
 * @returns 2 / (B + 1) … 1
 */
export function bootstrapPValue(replicates: Float64Array): number {
  let atMost = 0;
  let atLeast = 0;
  for (const value of replicates) {
    if (value <= 0) atMost++;
    if (value >= 0) atLeast++;
  }
  return Math.min(1, (2 * (Math.min(atMost, atLeast) + 1)) / (replicates.length + 1));
}

/**
 * Makes an estimate of replicates, unless they cannot carry one: see `bootstrap` for when.
 *
 * @param values     one per resample, NaN where the statistic does not exist
 * @param intervalOf makes the interval from the replicates that exist, or null
 */
export function summarise(observed: number, values: Float64Array, units: number, seed: number, intervalOf: (replicates: Float64Array) => Interval | null): BootstrapEstimate {
  const replicates = values.filter((value) => Number.isFinite(value)).sort();
  const degenerate = values.length - replicates.length;
  const result: BootstrapEstimate = {
    value: Number.isFinite(observed) ? observed : null,
    interval: null,
    standardError: replicates.length < 2 ? null : standardDeviation(replicates),
    resamples: { drawn: values.length, degenerate, seed },
    units,
    replicates,
  };
  if (result.value === null) return { ...result, reason: 'the metric is undefined on these rows' };
  if (units < 2) return { ...result, reason: 'fewer than two rows or clusters to draw from' };
  if (degenerate > DEGENERATE_SHARE_MAX * values.length) {
    return { ...result, reason: `the metric is undefined on ${degenerate} of ${values.length} resamples` };
  }
  if (replicates[0] === replicates[replicates.length - 1]) return { ...result, reason: 'every resample gives the same value' };
  const interval = intervalOf(replicates);
  return interval ? { ...result, interval } : { ...result, reason: 'the bias correction does not exist' };
}

/** Third moment of the jackknife influence over 1.5 powers of the second; NaN when it is undefined or constant. */
function accelerationOf(jackknife: Float64Array): number {
  let mean = 0;
  for (const value of jackknife) mean += value / jackknife.length;
  let squares = 0;
  let cubes = 0;
  for (const value of jackknife) {
    squares += (mean - value) ** 2;
    cubes += (mean - value) ** 3;
  }
  return cubes / (6 * squares ** 1.5);
}

function standardDeviation(values: Float64Array): number {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1));
}

interface Units {
  count: number;
  /** Unit of each row; absent when rows are the units. */
  ofRow?: Int32Array;
  /** Reused for every resample. */
  weights: Float64Array;
}

function unitsOf({ rows, clusters, rowWeights }: BootstrapPlan): Units {
  if (rowWeights && rowWeights.length !== rows) throw new RangeError(`${rowWeights.length} weights for ${rows} rows`);
  const weights = new Float64Array(rows);
  if (!clusters) return { count: rows, weights };
  if (clusters.length !== rows) throw new RangeError(`${clusters.length} clusters for ${rows} rows`);
  const units = new Map<number, number>();
  const ofRow = clusters.map((cluster) => {
    if (cluster < 0) throw new RangeError(`${cluster} is not a cluster`);
    const unit = units.get(cluster) ?? units.size;
    units.set(cluster, unit);
    return unit;
  });
  return { count: units.size, ofRow, weights };
}

function rowWeights(plan: BootstrapPlan, units: Units, counts: Float64Array): Float64Array {
  const { weights, ofRow } = units;
  if (!ofRow && !plan.rowWeights) return counts;
  for (let row = 0; row < weights.length; row++) weights[row] = counts[ofRow ? ofRow[row] : row] * (plan.rowWeights ? plan.rowWeights[row] : 1);
  return weights;
}
