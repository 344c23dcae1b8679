import { type MetricValue, defined, ratio, undefinedBecause } from './metric-value.ts';
import type { RankedScores } from './ranked-scores.ts';
import { totalWeight } from './sample-weights.ts';

/**
 * Average precision: precision at each distinct score, weighted by the recall gained there. 0–1; a random order gives
 * the share of positives. A step sum, not the trapezoid, which is too kind.
 *
 * @param ranked  labels by descending score, see `rankScores`; equal scores form one step, so file order never matters
 * @param weights per row in file order, see `totalWeight`
 * @returns undefined when no row is positive, or when a score is NaN
 * Σ (Rᵢ − Rᵢ₋₁)·Pᵢ. Agrees with sklearn `average_precision_score`.
 */
export function averagePrecision(ranked: RankedScores, weights?: Float64Array): MetricValue {
  totalWeight(ranked.rows, weights);
  return averagePrecisionStatistic(ranked)(weights ?? new Float64Array(ranked.rows).fill(1));
}

/**
 * Average precision of the same ranking under one set of weights after another, as a bootstrap asks for it.
 *
 * @returns a function of weights, finite and ≥ 0, which it does not check. It sums up all rows without a branch and then
 *   visits the positives alone, since nothing is gained at a score that only negatives have.
 */
export function averagePrecisionStatistic({ order, labels, tieEnds, notANumber }: RankedScores): (weights: Float64Array) => MetricValue {
  if (notANumber > 0) return () => undefinedBecause(`${notANumber} scores are not a number`);
  const positives: number[] = [];
  // Of each run of equal scores that holds positives: where it ends, and how many positives come up to there.
  const ends: number[] = [];
  const positivesBy: number[] = [];
  let position = 0;
  for (const end of tieEnds) {
    const before = positives.length;
    for (; position < end; position++) if (labels[position] === 1) positives.push(order[position]);
    if (positives.length > before) {
      ends.push(end);
      positivesBy.push(positives.length);
    }
  }
  const selectedBy = new Float64Array(order.length + 1);
  return (weights) => {
    let selected = 0;
    for (let position = 0; position < order.length; position++) selectedBy[position + 1] = selected += weights[order[position]];
    let area = 0;
    let hits = 0;
    for (let run = 0, next = 0; run < ends.length; run++) {
      let gained = 0;
      for (; next < positivesBy[run]; next++) gained += weights[positives[next]];
      hits += gained;
      if (gained > 0) area += gained * (hits / selectedBy[ends[run]]);
    }
    return hits === 0 ? undefinedBecause('no actual positives') : defined(area / hits);
  };
}

/** One threshold: predicting positive at scores ≥ `threshold` gives these rates. */
export interface PrecisionRecallPoint {
  threshold: number;
  precision: number;
  recall: number;
}

/**
 * Precision and recall at every distinct score, highest threshold first.
 *
 * @returns empty when there are no positives. Agrees with sklearn `precision_recall_curve` read from the end, without
 *   its closing point (recall 0, precision 1), which no threshold reaches.
 */
export function precisionRecallCurve(ranked: RankedScores, weights?: Float64Array): PrecisionRecallPoint[] {
  const positives = positiveWeight(ranked, weights).value;
  if (positives === null) return [];
  const points: PrecisionRecallPoint[] = [];
  for (const { threshold, hits, selected } of steps(ranked, weights)) {
    if (selected > 0) points.push({ threshold, precision: hits / selected, recall: hits / positives });
  }
  return points;
}

/**
 * Highest precision of any threshold whose recall is at least `atLeast`, 0–1.
 *
 * @param atLeast recall to reach, 0–1, inclusive with a slack of 1e-12 for rounding
 * @returns undefined when there are no positives
 */
export function precisionAtRecall(ranked: RankedScores, atLeast: number, weights?: Float64Array): MetricValue {
  if (!(atLeast >= 0 && atLeast <= 1)) throw new RangeError(`recall ${atLeast} is not in 0–1`);
  const positives = positiveWeight(ranked, weights);
  if (positives.value === null) return positives;
  let best = 0;
  for (const { recall, precision } of precisionRecallCurve(ranked, weights)) {
    if (recall >= atLeast - 1e-12) best = Math.max(best, precision);
  }
  return defined(best);
}

/**
 * How many times more positives the top `share` of scores holds than a random pick of the same size; 1 when guessing.
 *
 * @param share part of the rows (of their weight) that is selected, 0 < share ≤ 1; a run of equal scores that the cut
 *   goes through counts in proportion
 * @returns 0 to 1 ÷ share, undefined when there are no positives
 */
export function lift(ranked: RankedScores, share: number, weights?: Float64Array): MetricValue {
  if (!(share > 0 && share <= 1)) throw new RangeError(`share ${share} is not above 0 and at most 1`);
  const positives = positiveWeight(ranked, weights);
  if (positives.value === null) return positives;
  const budget = share * totalWeight(ranked.rows, weights);
  let hits = 0;
  let spent = 0;
  for (const step of steps(ranked, weights)) {
    const size = step.selected - spent;
    const taken = Math.min(size, budget - spent);
    if (taken <= 0) break;
    hits += step.gained * (taken / size);
    spent = step.selected;
  }
  return ratio(hits / positives.value, share, 'no rows');
}

interface Step {
  threshold: number;
  /** Positives with exactly this score. */
  gained: number;
  /** Positives at or above this score. */
  hits: number;
  /** Rows at or above this score. */
  selected: number;
}

function steps(ranked: RankedScores, weights?: Float64Array): Step[] {
  let hits = 0;
  let selected = 0;
  let start = 0;
  return Array.from(ranked.tieEnds, (end, run) => {
    let gained = 0;
    for (let position = start; position < end; position++) {
      const weight = weights ? weights[ranked.order[position]] : 1;
      selected += weight;
      if (ranked.labels[position] === 1) gained += weight;
    }
    start = end;
    hits += gained;
    return { threshold: ranked.scores[run], gained, hits, selected };
  });
}

function positiveWeight(ranked: RankedScores, weights?: Float64Array): MetricValue {
  if (ranked.notANumber > 0) return undefinedBecause(`${ranked.notANumber} scores are not a number`);
  totalWeight(ranked.rows, weights);
  let positives = 0;
  for (let position = 0; position < ranked.order.length; position++) {
    if (ranked.labels[position] === 1) positives += weights ? weights[ranked.order[position]] : 1;
  }
  return positives === 0 ? undefinedBecause('no actual positives') : defined(positives);
}
