import { type ClassIndices, checkClasses } from './confusion.ts';
import type { Interval } from './interval.ts';
import { type MetricValue, defined, ratio, undefinedBecause } from './metric-value.ts';
import { notProbabilities } from './probabilities.ts';
import { wilsonInterval } from './proportion-interval.ts';
import { quantileSorted } from './quantile.ts';
import { effectiveRows, totalWeight } from './sample-weights.ts';

/** `width`: bins of equal width on 0–1. `mass`: bins of equal row count, edges at the R-7 quantiles of the scores. */
export type BinStrategy = 'width' | 'mass';

export interface ReliabilityBin {
  low: number;
  high: number;
  rows: number;
  /** Sum of weights; equals `rows` without weights. */
  weight: number;
  meanScore: number;
  positiveShare: number;
  /** Wilson, on the effective row count when there are weights. */
  interval: Interval;
  /** Sum of w·(score − bin mean score)², and of w·(score − bin mean score)·(label − bin positive share). */
  scoreSpread: number;
  coSpread: number;
  effectiveRows: number;
}

export interface Reliability {
  strategy: BinStrategy;
  /** Bins asked for; equal edges are merged, so `mass` may have fewer. */
  binCount: number;
  /** Bins with rows, ascending. */
  bins: ReliabilityBin[];
  /** Bins without rows, which no metric counts. */
  emptyBins: number;
  /** Why there are no bins: no rows, or scores that are not probabilities. */
  fault?: string;
}

/**
 * Sorts rows into bins of probability and compares what was promised with what happened.
 *
 * @param labels  0 or 1 per row
 * @param scores  probability of class 1 per row
 * @param options bins asked for, strategy, coverage of the per-bin interval
 * @param weights per row; they count inside bins, not in placing the edges
 * A bin takes its upper edge and not its lower one, except the first, which takes both: 0 is in the first bin, 1 in the last.
 * Agrees with sklearn `calibration_curve(strategy="uniform" | "quantile")`.
 */
export function reliability(labels: ClassIndices, scores: Float64Array, options: { bins: number; strategy: BinStrategy; level: number }, weights?: Float64Array): Reliability {
  if (labels.length !== scores.length) throw new RangeError(`${labels.length} labels for ${scores.length} scores`);
  if (!(Number.isInteger(options.bins) && options.bins >= 1)) throw new RangeError(`${options.bins} bins are not a whole number ≥ 1`);
  checkClasses(labels, 2);
  const nothing = { strategy: options.strategy, binCount: options.bins, bins: [], emptyBins: options.bins };
  if (totalWeight(labels.length, weights) === 0) return { ...nothing, fault: 'no rows' };
  const fault = notProbabilities(scores, 1);
  if (fault) return { ...nothing, fault };

  const edges = edgesOf(scores, options.bins, options.strategy);
  const members: number[][] = Array.from({ length: Math.max(edges.length - 1, 1) }, () => []);
  for (let row = 0; row < scores.length; row++) {
    if (!weights || weights[row] > 0) members[binOf(edges, scores[row])].push(row);
  }
  const bins = members.flatMap((rows, index) =>
    rows.length === 0 ? [] : [binFrom(rows, labels, scores, weights, edges[index], edges[index + 1] ?? edges[index], options.level)],
  );
  return { strategy: options.strategy, binCount: options.bins, bins, emptyBins: members.length - bins.length };
}

/**
 * Expected calibration error, 0–1: mean distance between promised and observed share, bins weighted by their rows.
 *
 * @returns undefined when there are no bins. Grows with the bin count by noise alone: see `debiasedCalibrationError`.
 * Naeini et al. (2015).
 */
export function expectedCalibrationError(reliability: Reliability): MetricValue {
  return meanOverBins(reliability, (bin) => Math.abs(bin.positiveShare - bin.meanScore));
}

/** Largest distance between promised and observed share in any bin, 0–1. A bin of few rows can decide it: read it with the intervals. */
export function maxCalibrationError(reliability: Reliability): MetricValue {
  if (reliability.fault) return undefinedBecause(reliability.fault);
  return defined(Math.max(...reliability.bins.map((bin) => Math.abs(bin.positiveShare - bin.meanScore))));
}

/**
 * Root of the mean squared calibration error, without the part that sampling noise adds: near 0 when calibrated, whatever
 * the bin count. 0–1, cut off at 0; on the same bins never less than the expected calibration error but for that part.
 *
 * @returns undefined when there are no bins, or none of more than one row; a bin of one row cannot tell noise from error
 *   and is left out
 * √ Σ (rows ÷ all)·(gap² − share·(1 − share) ÷ (rows − 1)), each term unbiased (Bröcker 2012; Kumar, Liang & Ma 2019).
 */
export function debiasedCalibrationError(reliability: Reliability): MetricValue {
  const measurable = reliability.bins.filter((bin) => bin.effectiveRows > 1);
  const square = meanOverBins(
    { ...reliability, bins: measurable },
    ({ positiveShare, meanScore, effectiveRows }) => (positiveShare - meanScore) ** 2 - (positiveShare * (1 - positiveShare)) / (effectiveRows - 1),
  );
  return square.value === null ? square : defined(Math.sqrt(Math.max(0, square.value)));
}

/**
 * Sum of scores over number of positives: 1 when calibrated on the whole, above 1 when it promises too much.
 *
 * @returns ≥ 0, undefined without positives or when the scores are not probabilities. Agrees with TFMA `Calibration`.
 */
export function calibrationRatio(labels: ClassIndices, scores: Float64Array, weights?: Float64Array): MetricValue {
  if (labels.length !== scores.length) throw new RangeError(`${labels.length} labels for ${scores.length} scores`);
  totalWeight(labels.length, weights);
  const fault = notProbabilities(scores, 1);
  if (fault) return undefinedBecause(fault);
  let promised = 0;
  let happened = 0;
  for (let row = 0; row < labels.length; row++) {
    promised += (weights ? weights[row] : 1) * scores[row];
    happened += (weights ? weights[row] : 1) * labels[row];
  }
  return ratio(promised, happened, 'no actual positives');
}

/** Parts that add up to the Brier score: reliability − resolution + uncertainty + withinBinSpread − withinBinSkill. */
export interface BrierDecomposition {
  /** Squared distance between promised and observed share: smaller is better. */
  reliability: number;
  /** Squared distance of the bins' observed shares from the overall share: larger is better. */
  resolution: number;
  /** Variance of the labels, which no model can change. */
  uncertainty: number;
  /** Variance of the scores inside bins. */
  withinBinSpread: number;
  /** Twice the covariance of scores and labels inside bins. */
  withinBinSkill: number;
}

/**
 * Splits the binary Brier score over bins.
 *
 * @returns null when there are no bins
 * Murphy (1973), with the two within-bin terms of Stephenson, Coelho & Jolliffe (2008), without which the parts add up
 * only if every bin holds a single score.
 */
export function brierDecomposition(reliability: Reliability): BrierDecomposition | null {
  if (reliability.fault) return null;
  let total = 0;
  let positives = 0;
  for (const bin of reliability.bins) {
    total += bin.weight;
    positives += bin.weight * bin.positiveShare;
  }
  const share = positives / total;
  const parts: BrierDecomposition = { reliability: 0, resolution: 0, uncertainty: share * (1 - share), withinBinSpread: 0, withinBinSkill: 0 };
  for (const bin of reliability.bins) {
    parts.reliability += (bin.weight / total) * (bin.meanScore - bin.positiveShare) ** 2;
    parts.resolution += (bin.weight / total) * (bin.positiveShare - share) ** 2;
    parts.withinBinSpread += bin.scoreSpread / total;
    parts.withinBinSkill += (2 * bin.coSpread) / total;
  }
  return parts;
}

function meanOverBins(reliability: Reliability, term: (bin: ReliabilityBin) => number): MetricValue {
  if (reliability.fault) return undefinedBecause(reliability.fault);
  let sum = 0;
  let total = 0;
  for (const bin of reliability.bins) {
    sum += bin.weight * term(bin);
    total += bin.weight;
  }
  return ratio(sum, total, 'no bin has more than one row');
}

function edgesOf(scores: Float64Array, bins: number, strategy: BinStrategy): number[] {
  const step = 1 / bins;
  const shares = Array.from({ length: bins + 1 }, (_, index) => (index === bins ? 1 : index * step));
  if (strategy === 'width') return shares;
  const sorted = scores.slice().sort();
  return shares.map((share) => quantileSorted(sorted, share)).filter((edge, index, all) => index === 0 || edge > all[index - 1]);
}

/** Index of the bin whose inner edges are below the score on the left and at or above it on the right. */
function binOf(edges: number[], score: number): number {
  let low = 0;
  let high = Math.max(edges.length - 2, 0);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (score > edges[middle + 1]) low = middle + 1;
    else high = middle;
  }
  return low;
}

function binFrom(rows: number[], labels: ClassIndices, scores: Float64Array, weights: Float64Array | undefined, low: number, high: number, level: number): ReliabilityBin {
  let weight = 0;
  let scoreSum = 0;
  let positives = 0;
  for (const row of rows) {
    const share = weights ? weights[row] : 1;
    weight += share;
    scoreSum += share * scores[row];
    positives += share * labels[row];
  }
  const meanScore = scoreSum / weight;
  const positiveShare = positives / weight;
  let scoreSpread = 0;
  let coSpread = 0;
  for (const row of rows) {
    const share = weights ? weights[row] : 1;
    scoreSpread += share * (scores[row] - meanScore) ** 2;
    coSpread += share * (scores[row] - meanScore) * (labels[row] - positiveShare);
  }
  const count = weights ? effectiveRows(Float64Array.from(rows, (row) => weights[row])) : rows.length;
  const interval = wilsonInterval(Math.min(positiveShare * count, count), count, level)!;
  return { low, high, rows: rows.length, weight, meanScore, positiveShare, interval, scoreSpread, coSpread, effectiveRows: count };
}
