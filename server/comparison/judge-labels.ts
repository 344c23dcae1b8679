import type { Interval, Measured } from '../../protocol/measured.ts';
import type { ShadowLabels } from '../../protocol/shadow.ts';
import { mcNemar } from '../stats/mcnemar.ts';
import { type Moments, mean } from '../stats/moments.ts';
import { sequentialMcNemar } from '../stats/sequential-mcnemar.ts';
import { type AnswerShape, classesOf } from './answers.ts';
import type { ShadowBounds } from './shadow-bounds.ts';
import { type LabelledCounts, type ShadowEvidence, comparedPairs } from './shadow-evidence.ts';

/** What labels say, and whether they settle it. */
export interface JudgedLabels {
  report: ShadowLabels;
  verdict: 'better' | 'worse' | 'equivalent' | null;
}

/**
 * Who is right, on the pairs whose label is known: a random share of all, or of those that disagree. Of the latter the
 * difference is (share that disagrees) × (difference among those), as agreement makes none; both factors have an interval.
 *
 * Accuracy: the paired difference is inside ± margin (equivalent), above 0 (better) or below 0 (worse). Numbers: the same of
 * the mean absolute error, the margin being a share of production's, so that what is averaged is
 * |candidate's error| − (1 ± margin)·|production's error|.
 *
 * Where outcomes have a worth, the same of the mean worth of a decision: at a threshold that was chosen because errors cost
 * differently, accuracy is the wrong judge. The margin is a share of production's mean worth, whatever its sign. Above 0 is
 * better even inside the margin: money that is surely earned is told.
 * @returns null when no label is known or answers have nothing to be right about
 */
export function judgeLabels(evidence: ShadowEvidence, bounds: ShadowBounds): JudgedLabels | null {
  const { labelled, plan } = evidence;
  if (labelled.pairs === 0) return null;
  if (plan.settings.value !== null) return judgeWorth(evidence, bounds);
  if (classesOf(plan.shape) !== null) return judgeAccuracy(evidence, bounds);
  return plan.shape.kind === 'regression' ? judgeErrors(labelled, bounds) : null;
}

/** The same counts and moments, had there been `pairs` labels. */
export function scaleLabels(labelled: LabelledCounts, pairs: number): LabelledCounts {
  const times = pairs / labelled.pairs;
  const right = { ...labelled.right };
  for (const who of Object.keys(right) as (keyof typeof right)[]) right[who] = Math.floor(right[who] * times);
  const errors = { ...labelled.errors };
  for (const name of Object.keys(errors) as (keyof typeof errors)[]) errors[name] = scaleMoments(errors[name], pairs);
  const worth = { ...labelled.worth };
  for (const name of Object.keys(worth) as (keyof typeof worth)[]) worth[name] = scaleMoments(worth[name], pairs);
  return { pairs, disagreements: Math.floor(labelled.disagreements * times), right, errors, worth };
}

/** Whether a kind of answer can be right or wrong here at all. */
export function hasLabels({ kind }: AnswerShape): boolean {
  return kind === 'classifier' || kind === 'score' || kind === 'regression';
}

function scaleMoments(of: Moments, count: number): Moments {
  return of.count === 0 ? of : { ...of, count, m2: (of.m2 * count) / of.count };
}

function judgeAccuracy(evidence: ShadowEvidence, bounds: ShadowBounds): JudgedLabels {
  const { pairs, disagreements, right } = evidence.labelled;
  const { labelMargin: margin, labelled } = evidence.plan.settings;
  const live = evidence.plan.source.kind === 'live';
  const difference = labelled === 'random' ? differenceAmong(evidence.labelled, bounds) : differenceOverAll(evidence, bounds);
  const share = (who: 'production' | 'candidate'): Measured => (labelled === 'random' ? { value: (right.both + right[who]) / pairs, rows: pairs } : { value: null, reason: 'only disagreements are labelled', rows: pairs });
  const { pValue } = live ? sequentialMcNemar(right.candidate, right.production) : mcNemar(right.candidate, right.production);
  const { low, high } = difference.interval;
  return {
    verdict: low > -margin && high < margin ? 'equivalent' : low > 0 ? 'better' : high < 0 ? 'worse' : null,
    report: {
      pairs,
      disagreements,
      right,
      metric: 'accuracy',
      production: share('production'),
      candidate: share('candidate'),
      difference,
      test: { name: live ? 'sequential-mcnemar' : 'mcnemar', pValue },
      nonInferior: low > -margin,
    },
  };
}

type Difference = { value: number; rows: number; interval: Interval };

function differenceAmong({ pairs, right }: LabelledCounts, bounds: ShadowBounds): Difference {
  return { value: (right.candidate - right.production) / pairs, rows: pairs, interval: bounds.paired({ candidateOnly: right.candidate, championOnly: right.production, rows: pairs }) };
}

function differenceOverAll(evidence: ShadowEvidence, bounds: ShadowBounds): Difference {
  const { compared, differ } = comparedPairs(evidence);
  const among = differenceAmong(evidence.labelled, bounds);
  const disagreement = bounds.disagreement(differ, compared);
  return { value: (among.value * differ) / compared, rows: among.rows, interval: timesShare(among.interval, disagreement) };
}

function judgeWorth(evidence: ShadowEvidence, bounds: ShadowBounds): JudgedLabels {
  const { pairs, disagreements, right, worth } = evidence.labelled;
  const { labelMargin, labelled } = evidence.plan.settings;
  const among = bounds.mean(worth.difference);
  const { differ, compared } = comparedPairs(evidence);
  const isRandom = labelled === 'random';
  const difference: Measured =
    among === null
      ? { value: null, reason: 'fewer than two labels', rows: pairs }
      : isRandom
        ? { value: worth.difference.mean, rows: pairs, interval: among }
        : { value: (worth.difference.mean * differ) / compared, rows: pairs, interval: timesShare(among, bounds.disagreement(differ, compared)) };
  // Of disagreements alone production's mean worth is not known, and no loss is small beside it.
  const margin = isRandom ? labelMargin * Math.abs(worth.production.mean) : 0;
  const interval = difference.interval;
  const [low, high] = interval === undefined ? [-Infinity, Infinity] : [interval.low, interval.high];
  const mean = (of: Moments): Measured => (isRandom ? { value: of.mean, rows: pairs } : { value: null, reason: 'only disagreements are labelled', rows: pairs });
  return {
    verdict: low > 0 ? 'better' : low > -margin && high < margin ? 'equivalent' : high < 0 ? 'worse' : null,
    report: { pairs, disagreements, right, metric: 'value', production: mean(worth.production), candidate: mean(worth.candidate), difference, test: null, nonInferior: low > -margin },
  };
}

function timesShare({ low, high, ...rest }: Interval, share: Interval): Interval {
  return { ...rest, low: low * (low < 0 ? share.high : share.low), high: high * (high > 0 ? share.high : share.low) };
}

function judgeErrors({ pairs, disagreements, errors }: LabelledCounts, bounds: ShadowBounds): JudgedLabels {
  const [difference, upper, lower] = [errors.difference, errors.aboveUpper, errors.aboveLower].map(bounds.mean);
  const nonInferior = upper !== null && upper.high < 0;
  const verdict = nonInferior && lower !== null && lower.low > 0 ? 'equivalent' : nonInferior && difference !== null && difference.high < 0 ? 'better' : difference !== null && difference.low > 0 ? 'worse' : null;
  return {
    verdict,
    report: {
      pairs,
      disagreements,
      right: null,
      metric: 'mae',
      production: measuredMean(errors.production, null),
      candidate: measuredMean(errors.candidate, null),
      difference: measuredMean(errors.difference, difference),
      test: null,
      nonInferior,
    },
  };
}

function measuredMean(of: Moments, interval: Interval | null): Measured {
  const { value, reason } = mean(of);
  return value === null ? { value, reason, rows: of.count } : { value, rows: of.count, ...(interval && { interval }) };
}
