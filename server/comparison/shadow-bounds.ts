import type { Interval } from '../../protocol/measured.ts';
import { priorBelow } from '../stats/beta-mixture-test.ts';
import { meanSequence, pairedDifferenceSequence, proportionSequence } from '../stats/confidence-sequence.ts';
import { meanInterval } from '../stats/mean-interval.ts';
import type { Moments } from '../stats/moments.ts';
import { clopperPearsonInterval } from '../stats/proportion-interval.ts';
import { type PairedOutcomes, tangoInterval } from '../stats/tango-interval.ts';
import { NOISE_MAX } from './noise-floor.ts';
import type { ShadowPlan } from './shadow-evidence.ts';

/** Intervals whose ends decide. Live they hold at every look at once, in a replay once, at its end. */
export interface ShadowBounds {
  /** Of a share of disagreement. */
  disagreement: (differ: number, pairs: number) => Interval;
  /** Of production's disagreement with itself. */
  noise: (differ: number, pairs: number) => Interval;
  /** Of a difference between paired shares; `among` of them are looked at together. */
  paired: (outcomes: PairedOutcomes, among?: number) => Interval;
  mean: (of: Moments) => Interval | null;
}

/** Part of alpha that the noise floor may use up when it is subtracted, over the three ways to measure it. */
const NOISE_PART = 0.1;

/**
 * Splits alpha over everything that can promote a candidate wrongly, so that together they keep it.
 *
 * Another build is promoted by its disagreement less the noise: 90 % of alpha for the one, 10 % for the other where noise is
 * measured. A new model is promoted by its labels, whose two-sided interval uses half of alpha at the end that promotes, or
 * by disagreeing so rarely that labels cannot matter, with the other half. Where only disagreements are labelled, their share
 * enters by that same half.
 */
export function shadowBounds({ source, settings }: ShadowPlan, noiseMeasured: boolean): ShadowBounds {
  const { alpha, margin, intent } = settings;
  const ofDisagreement = intent === 'new-model' ? alpha / 2 : noiseMeasured ? (1 - NOISE_PART) * alpha : alpha;
  const ofNoise = (NOISE_PART * alpha) / 3;
  if (source.kind === 'live') {
    return {
      disagreement: (differ, pairs) => proportionSequence(differ, pairs, 1 - ofDisagreement, priorBelow(margin)),
      noise: (differ, pairs) => proportionSequence(differ, pairs, 1 - ofNoise, priorBelow(NOISE_MAX)),
      paired: (outcomes, among = 1) => pairedDifferenceSequence(outcomes, 1 - alpha / among),
      mean: (of) => meanSequence(of, 1 - alpha),
    };
  }
  return {
    disagreement: (differ, pairs) => oneSided(differ, pairs, ofDisagreement),
    noise: (differ, pairs) => oneSided(differ, pairs, ofNoise),
    paired: (outcomes, among = 1) => tangoInterval(outcomes, 1 - alpha / among) ?? { low: -1, high: 1, level: 1 - alpha / among, method: 'tango' },
    mean: (of) => meanInterval(of, 1 - alpha),
  };
}

/** Each end by itself holds with probability 1 − alpha. */
function oneSided(successes: number, trials: number, alpha: number): Interval {
  return clopperPearsonInterval(successes, trials, 1 - 2 * alpha) ?? { low: 0, high: 1, level: 1 - 2 * alpha, method: 'clopper-pearson' };
}
