import type { NoiseReport, NoiseRun, Tolerance } from '../../protocol/shadow.ts';
import type { Interval } from '../../protocol/measured.ts';
import { countText, numberText, shareText } from '../../protocol/number-text.ts';
import { clopperPearsonInterval } from '../stats/proportion-interval.ts';
import { type QuantileSketch, addToSketch, createSketch, mergeSketches, sketchQuantile } from '../stats/quantile-sketch.ts';
import type { AnswerShape, PairRules } from './answers.ts';
import { type AnsweredBatch, compareAnswers } from './compare-answers.ts';

/** Production asked the same again, and, where it is known, what the candidate answered. */
export interface RepeatBatch {
  how: NoiseRun;
  rows: number;
  production: AnsweredBatch;
  again: AnsweredBatch;
  candidate?: AnsweredBatch;
}

/** Production against itself, in counts that merge. */
export interface NoiseCounts {
  runs: Map<NoiseRun, { pairs: number; differ: number; absolute: QuantileSketch }>;
  /** Inputs on which only the candidate, or only production's second run, differs from its first. */
  paired: { candidateOnly: number; productionOnly: number; pairs: number };
}

/** Noise above this share means that production does not repeat itself. */
export const NOISE_MAX = 0.01;

/** Noise widens a tolerance this many times at most: beyond, it is no rounding, and the pair counts as different. */
export const WIDENING_MAX = 10;

/** Fewer repeated inputs than this say nothing about noise. */
export const REPEATS_MIN = 200;

export function createNoise(): NoiseCounts {
  return { runs: new Map(), paired: { candidateOnly: 0, productionOnly: 0, pairs: 0 } };
}

/** Counts a batch of repeats in. A second run that fails where the first did not differs; where the first failed nothing is counted. */
export function addRepeats(noise: NoiseCounts, shape: AnswerShape, rules: PairRules, batch: RepeatBatch): void {
  const repeat = compareAnswers(shape, rules, batch.production, batch.again, batch.rows);
  const shadow = batch.candidate && compareAnswers(shape, rules, batch.production, batch.candidate, batch.rows);
  const run = noise.runs.get(batch.how) ?? { pairs: 0, differ: 0, absolute: createSketch() };
  noise.runs.set(batch.how, run);
  for (let row = 0; row < batch.rows; row++) {
    const { outcome, absolute } = repeat(row);
    if (outcome === 'production-failed') continue;
    const differs = outcome !== 'agree';
    run.pairs++;
    if (differs) run.differ++;
    if (absolute !== null) addToSketch(run.absolute, absolute);
    if (!shadow) continue;
    const candidateDiffers = shadow(row).outcome !== 'agree';
    noise.paired.pairs++;
    if (candidateDiffers && !differs) noise.paired.candidateOnly++;
    if (differs && !candidateDiffers) noise.paired.productionOnly++;
  }
}

export function mergeNoise(a: NoiseCounts, b: NoiseCounts): NoiseCounts {
  const runs: NoiseCounts['runs'] = new Map(a.runs);
  for (const [how, { pairs, differ, absolute }] of b.runs) {
    const ours = a.runs.get(how);
    runs.set(how, ours ? { pairs: ours.pairs + pairs, differ: ours.differ + differ, absolute: mergeSketches(ours.absolute, absolute) } : { pairs, differ, absolute });
  }
  return {
    runs,
    paired: {
      candidateOnly: a.paired.candidateOnly + b.paired.candidateOnly,
      productionOnly: a.paired.productionOnly + b.paired.productionOnly,
      pairs: a.paired.pairs + b.paired.pairs,
    },
  };
}

/**
 * A tolerance that production itself keeps: its absolute part raised to the 99th percentile of what production's answers
 * move by when it is asked again, tenfold at most.
 *
 * @param noise of repeats under the tolerance asked for; settled before the first pair is judged, as a tolerance that moves
 *   with the data would let the data choose its judge
 * @returns `note` says what was raised and why; empty when nothing was
 */
export function settleTolerance(tolerance: Tolerance | null, noise: NoiseCounts): { tolerance: Tolerance | null; note: string } {
  const runs = [...noise.runs].filter(([, { pairs }]) => pairs >= REPEATS_MIN);
  const p99 = runs.reduce((most, [, { absolute }]) => Math.max(most, sketchQuantile(absolute, 0.99) ?? 0), 0);
  if (tolerance === null || p99 <= tolerance.absolute) return { tolerance, note: '' };
  const absolute = Math.min(p99, WIDENING_MAX * tolerance.absolute);
  const pairs = runs.reduce((total, [, run]) => total + run.pairs, 0);
  const capped = absolute < p99 ? `, which is ${numberText(p99)}; more than ${WIDENING_MAX} times the tolerance is no rounding` : '';
  return {
    tolerance: { ...tolerance, absolute },
    note: `absolute tolerance raised from ${numberText(tolerance.absolute)} to ${numberText(absolute)}: the 99th percentile of what production’s own answers move by in ${countText(pairs)} repeats${capped}`,
  };
}

/**
 * The noise floor as it is told and reckoned with.
 *
 * @param bound interval of a share, of all runs at once
 * @param pairedBound interval of the paired difference
 * @returns null without repeats. `nonDeterministic` when the largest share is above 1 % with 95 % confidence.
 */
export function noiseReport(noise: NoiseCounts, bound: (differ: number, pairs: number) => Interval, pairedBound: (paired: NoiseCounts['paired']) => Interval): NoiseReport | null {
  const runs = [...noise.runs].filter(([, { pairs }]) => pairs > 0);
  if (runs.length === 0) return null;
  const told = runs.map(([how, { pairs, differ, absolute }]) => ({
    how,
    pairs,
    differ,
    share: { value: differ / pairs, rows: pairs, interval: bound(differ, pairs) },
    p99Absolute: sketchQuantile(absolute, 0.99),
  }));
  const largest = told.reduce((most, run) => (run.share.value > most.share.value ? run : most));
  const { paired } = noise;
  const surely = (clopperPearsonInterval(largest.differ, largest.pairs, 0.9)?.low ?? 0) > NOISE_MAX;
  return {
    runs: told,
    share: largest.share,
    paired: {
      ...paired,
      difference: paired.pairs === 0 ? { value: null, reason: 'the candidate was not asked what was repeated', rows: 0 } : { value: (paired.candidateOnly - paired.productionOnly) / paired.pairs, rows: paired.pairs, interval: pairedBound(paired) },
    },
    nonDeterministic: largest.pairs >= REPEATS_MIN && surely,
  };
}

/** "production disagrees with itself on 0.2 %" */
export function noiseText(noise: NoiseReport | null): string {
  return noise === null ? 'production was not asked twice' : `production disagrees with itself on ${shareText(noise.share.value ?? 0)}`;
}
