import type { ClassIndices } from './confusion.ts';
import { type Interval, checkLevel } from './interval.ts';
import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';
import { rankScores } from './ranked-scores.ts';
import { normalQuantile, normalSf } from './special.ts';

/** An area under the ROC curve, or a difference of two, with its sampling error. */
export interface DeLongEstimate {
  value: MetricValue;
  /** Null with fewer than two rows of a class. */
  standardError: number | null;
  /** Null with fewer than two rows of a class, or when the estimated variance is 0 (perfect separation), where the method is blind. */
  interval: Interval | null;
}

/** A difference of two areas with the test that it is 0. */
export interface DeLongDifference extends DeLongEstimate {
  /** Null when there is no interval; so is `pValue`, which is two-sided. */
  z: number | null;
  pValue: number | null;
}

/**
 * Area under the ROC curve with DeLong's variance.
 *
 * @param labels 0 or 1 per row
 * @param scores per row, higher means more likely 1; ties count one half
 * @param level  coverage of the normal interval, which is cut off at 0 and 1
 * DeLong, DeLong & Clarke-Pearson (1988), by one sort as in Sun & Xu (2014): O(n log n).
 */
export function deLong(labels: ClassIndices, scores: Float64Array, level: number): DeLongEstimate {
  checkLevel(level);
  const { fault, ofPositives, ofNegatives } = placements(labels, scores);
  return fault ? { value: undefinedBecause(fault), standardError: null, interval: null } : estimate(ofPositives, ofNegatives, level, 0);
}

/**
 * Area of the candidate minus area of the champion on the same rows, −1 to 1, with the variance of the paired difference.
 *
 * @param labels 0 or 1 per row, shared by both
 * @returns no interval and no test when the variance is 0, as for two models that order the rows alike
 * DeLong, DeLong & Clarke-Pearson (1988); the covariance of the two areas is what pairing saves.
 */
export function deLongDifference(labels: ClassIndices, candidate: Float64Array, champion: Float64Array, level: number): DeLongDifference {
  checkLevel(level);
  const ours = placements(labels, candidate);
  const theirs = placements(labels, champion);
  const fault = ours.fault ?? theirs.fault;
  if (fault) return { value: undefinedBecause(fault), standardError: null, interval: null, z: null, pValue: null };
  const difference = estimate(
    ours.ofPositives.map((placement, index) => placement - theirs.ofPositives[index]),
    ours.ofNegatives.map((placement, index) => placement - theirs.ofNegatives[index]),
    level,
    -1,
  );
  if (difference.interval === null || difference.value.value === null) return { ...difference, z: null, pValue: null };
  const z = difference.value.value / difference.standardError!;
  return { ...difference, z, pValue: Math.min(1, 2 * normalSf(Math.abs(z))) };
}

interface Placements {
  fault?: string;
  /** For each positive, in file order, the share of negatives it scores above, ties one half. Their mean is the area. */
  ofPositives: Float64Array;
  /** For each negative, in file order, the share of positives that score above it, ties one half. */
  ofNegatives: Float64Array;
}

function placements(labels: ClassIndices, scores: Float64Array): Placements {
  const ranked = rankScores(labels, scores);
  const positives = ranked.labels.reduce((sum, label) => sum + label, 0);
  const negatives = ranked.labels.length - positives;
  const none = { ofPositives: new Float64Array(), ofNegatives: new Float64Array() };
  if (ranked.notANumber > 0) return { fault: `${ranked.notANumber} scores are not a number`, ...none };
  if (positives === 0) return { fault: 'no actual positives', ...none };
  if (negatives === 0) return { fault: 'no actual negatives', ...none };

  const byRow = new Float64Array(labels.length);
  let positivesAbove = 0;
  let negativesAbove = 0;
  let start = 0;
  for (const end of ranked.tieEnds) {
    let tiedPositives = 0;
    for (let position = start; position < end; position++) tiedPositives += ranked.labels[position];
    const tiedNegatives = end - start - tiedPositives;
    const ofPositive = (negatives - negativesAbove - tiedNegatives / 2) / negatives;
    const ofNegative = (positivesAbove + tiedPositives / 2) / positives;
    for (let position = start; position < end; position++) byRow[ranked.order[position]] = ranked.labels[position] === 1 ? ofPositive : ofNegative;
    positivesAbove += tiedPositives;
    negativesAbove += tiedNegatives;
    start = end;
  }
  return { ofPositives: byRow.filter((_, row) => labels[row] === 1), ofNegatives: byRow.filter((_, row) => labels[row] === 0) };
}

function estimate(ofPositives: Float64Array, ofNegatives: Float64Array, level: number, lowest: number): DeLongEstimate {
  const area = mean(ofPositives);
  if (ofPositives.length < 2 || ofNegatives.length < 2) return { value: defined(area), standardError: null, interval: null };
  const standardError = Math.sqrt(variance(ofPositives) / ofPositives.length + variance(ofNegatives) / ofNegatives.length);
  if (standardError === 0) return { value: defined(area), standardError, interval: null };
  const half = normalQuantile((1 + level) / 2) * standardError;
  return {
    value: defined(area),
    standardError,
    interval: { low: Math.max(lowest, area - half), high: Math.min(1, area + half), level, method: 'delong' },
  };
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function variance(values: Float64Array): number {
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return sum / (values.length - 1);
}
