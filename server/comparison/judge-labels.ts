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
 * @returns null when no label is known or answers have nothing to be right about
 */
export function judgeLabels(evidence: ShadowEvidence, bounds: ShadowBounds): JudgedLabels | null {
  const { labelled, plan } = evidence;
  if (labelled.pairs === 0) return null;
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
  return { pairs, disagreements: Math.floor(labelled.disagreements * times), right, errors };
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
  const { low, high } = among.interval;
  return {
    value: (among.value * differ) / compared,
    rows: among.rows,
    interval: { ...among.interval, low: low * (low < 0 ? disagreement.high : disagreement.low), high: high * (high > 0 ? disagreement.high : disagreement.low) },
  };
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
