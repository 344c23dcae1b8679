import type { Interval, Measured } from '../../protocol/measured.ts';
import type { ShadowLabels } from '../../protocol/shadow.ts';
import { mcNemar } from '../stats/mcnemar.ts';
import { type Moments, mean } from '../stats/moments.ts';
import { sequentialMcNemar } from '../stats/sequential-mcnemar.ts';
import { type AnswerShape, classesOf } from './answers.ts';
import type { ShadowBounds } from './shadow-bounds.ts';
import type { LabelledCounts, ShadowEvidence } from './shadow-evidence.ts';

/** What labels say, and whether they settle it. */
export interface JudgedLabels {
  report: ShadowLabels;
  verdict: 'better' | 'worse' | 'equivalent' | null;
}

/**
 * Who is right, on the pairs whose label is known; they must be a random share of all, or all.
 *
 * Accuracy: the paired difference is inside ± margin (equivalent), above 0 (better) or below 0 (worse). Numbers: the same of
 * the mean absolute error, the margin being a share of production's, so that what is averaged is
 * |candidate's error| − (1 ± margin)·|production's error|.
 * @returns null when no label is known or answers have nothing to be right about
 */
export function judgeLabels({ labelled, plan }: ShadowEvidence, bounds: ShadowBounds): JudgedLabels | null {
  if (labelled.pairs === 0) return null;
  if (classesOf(plan.shape) !== null) return judgeAccuracy(labelled, bounds, plan.settings.labelMargin, plan.source.kind === 'live');
  return plan.shape.kind === 'regression' ? judgeErrors(labelled, bounds) : null;
}

/** The same counts and moments, had there been `pairs` labels. */
export function scaleLabels(labelled: LabelledCounts, pairs: number): LabelledCounts {
  const times = pairs / labelled.pairs;
  const right = { ...labelled.right };
  for (const who of Object.keys(right) as (keyof typeof right)[]) right[who] = Math.round(right[who] * times);
  const errors = { ...labelled.errors };
  for (const name of Object.keys(errors) as (keyof typeof errors)[]) errors[name] = scaleMoments(errors[name], pairs);
  return { pairs, disagreements: Math.round(labelled.disagreements * times), right, errors };
}

/** Whether a kind of answer can be right or wrong here at all. */
export function hasLabels({ kind }: AnswerShape): boolean {
  return kind === 'classifier' || kind === 'score' || kind === 'regression';
}

function scaleMoments(of: Moments, count: number): Moments {
  return of.count === 0 ? of : { ...of, count, m2: (of.m2 * count) / of.count };
}

function judgeAccuracy({ pairs, disagreements, right }: LabelledCounts, bounds: ShadowBounds, margin: number, live: boolean): JudgedLabels {
  const interval = bounds.paired({ candidateOnly: right.candidate, championOnly: right.production, rows: pairs });
  const share = (who: 'production' | 'candidate'): Measured => ({ value: (right.both + right[who]) / pairs, rows: pairs });
  const { pValue } = live ? sequentialMcNemar(right.candidate, right.production) : mcNemar(right.candidate, right.production);
  const verdict = interval.low > -margin && interval.high < margin ? 'equivalent' : interval.low > 0 ? 'better' : interval.high < 0 ? 'worse' : null;
  return {
    verdict,
    report: {
      pairs,
      disagreements,
      right,
      metric: 'accuracy',
      production: share('production'),
      candidate: share('candidate'),
      difference: { value: (right.candidate - right.production) / pairs, rows: pairs, interval },
      test: { name: live ? 'sequential-mcnemar' : 'mcnemar', pValue },
      nonInferior: interval.low > -margin,
    },
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
