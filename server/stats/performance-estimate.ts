import { type BootstrapEstimate, type Statistic, percentileInterval, summarise } from './bootstrap.ts';
import { checkLevel } from './interval.ts';
import { notProbabilities, rowCount } from './probabilities.ts';
import { type Random, createRandom } from './random.ts';

/**
 * Rows without labels, each written once per class it may belong to, with the probability that it does.
 * Any metric that takes labels and weights, computed on these, is the metric to be expected.
 */
export interface PossibleOutcomes {
  classes: number;
  /** Row that each outcome belongs to: 0, 0, …, 1, 1, … */
  rows: Uint32Array;
  /** Class that the row would have: 0, 1, …, 0, 1, … */
  labels: Int32Array;
  /** Probability of that; adds up to 1 per row. */
  weights: Float64Array;
}

/**
 * Spells out the possible labels of unlabelled rows.
 *
 * @param probabilities calibrated: `binary` is the probability of class 1 per row, `row-major` is rows × classes, each row
 *   scaled to add up to 1 exactly
 * @throws RangeError when they are not probabilities
 */
export function possibleOutcomes(probabilities: Float64Array, classes: number, layout: 'binary' | 'row-major'): PossibleOutcomes {
  const fault = notProbabilities(probabilities, layout === 'binary' ? 1 : classes);
  if (fault) throw new RangeError(fault);
  if (layout === 'binary' && classes !== 2) throw new RangeError(`one probability per row cannot speak for ${classes} classes`);
  const rows = layout === 'binary' ? probabilities.length : rowCount(probabilities, classes);
  const weights = new Float64Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const values = layout === 'binary' ? [1 - probabilities[row], probabilities[row]] : probabilities.subarray(row * classes, (row + 1) * classes);
    let sum = 0;
    for (const value of values) sum += value;
    for (let index = 0; index < classes; index++) weights[row * classes + index] = values[index] / sum;
  }
  return {
    classes,
    rows: Uint32Array.from(weights.keys(), (index) => Math.floor(index / classes)),
    labels: Int32Array.from(weights.keys(), (index) => index % classes),
    weights,
  };
}

export interface PerformanceEstimatePlan {
  /** Simulated labelled samples, at least 2,000 for a gate. */
  replicates: number;
  seed: number;
  level: number;
  /** Called with the weights of each replicate before the statistics are, for what they share. */
  prepare?: (weights: Float64Array) => void;
}

/**
 * Confidence-based performance estimation: what a metric would be if there were labels, given calibrated probabilities.
 *
 * @param outcomes   from `possibleOutcomes`
 * @param statistics metrics over outcomes, for instance
 *   `(weights) => accuracy(confusionMatrix(outcomes.labels, predictedOfOutcome, classes, weights)).value ?? NaN`
 * @returns a generator as `bootstrap` is; `value` is the expected metric, `interval` covers the metric that would be
 *   measured on as many rows, with rows drawn and labels thrown anew in every replicate
 * Expected counts as in NannyML's CBPE (accuracy, precision, recall, F1 from expected confusion; the area under the ROC
 * curve from calibrated mass, here with ties at one half). It holds while the probabilities do: concept drift is invisible to it.
 */
export function* estimatePerformance(outcomes: PossibleOutcomes, statistics: Statistic[], plan: PerformanceEstimatePlan): Generator<number, BootstrapEstimate[]> {
  checkLevel(plan.level);
  const { classes, weights: probabilities } = outcomes;
  const rows = probabilities.length / classes;
  const random = createRandom(plan.seed).split('simulated labels');
  plan.prepare?.(probabilities);
  const observed = statistics.map((statistic) => statistic(probabilities));
  const values = statistics.map(() => new Float64Array(rows === 0 ? 0 : plan.replicates));
  const weights = new Float64Array(probabilities.length);
  const drawn = new Float64Array(rows);
  for (let replicate = 0; replicate < values[0]?.length; replicate++) {
    random.countDraws(drawn.fill(0), rows);
    throwLabels(probabilities, drawn, random, weights);
    plan.prepare?.(weights);
    statistics.forEach((statistic, index) => (values[index][replicate] = statistic(weights)));
    yield (replicate + 1) / plan.replicates;
  }
  return statistics.map((_, index) =>
    summarise(observed[index], values[index], rows, plan.seed, (replicates) => percentileInterval(replicates, plan.level)),
  );
}

/** Gives every drawing of a row one of its outcomes, by their probabilities, and counts how often each outcome came. */
function throwLabels(probabilities: Float64Array, drawn: Float64Array, random: Random, counts: Float64Array): void {
  const classes = probabilities.length / drawn.length;
  counts.fill(0);
  for (let row = 0; row < drawn.length; row++) {
    const last = (row + 1) * classes - 1;
    for (let left = drawn[row]; left > 0; left--) {
      let uniform = random.uint32() / 4294967296;
      let outcome = row * classes;
      while (outcome < last && uniform >= probabilities[outcome]) uniform -= probabilities[outcome++];
      counts[outcome]++;
    }
  }
}
