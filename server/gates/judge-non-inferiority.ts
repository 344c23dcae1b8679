import type { GateRule } from '../../protocol/gates.ts';
import { differenceText } from '../../protocol/number-text.ts';
import { atLeast, atMost, judgeRows, rowsToNarrow } from './bound.ts';
import { type ComparedMetric, comparedMetrics } from './compared-metric.ts';
import type { Evidence } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, judgeTogether, pass } from './judgement.ts';
import { improvementText, metricText } from './measure-text.ts';

type NonInferiorRule = Extract<GateRule, { kind: 'non_inferior' }>;

/**
 * Whether the candidate is at most `margin` worse than the champion, by the interval of the paired difference.
 *
 * With the improvement d and its interval [low, high], positive meaning better:
 *   pass          low ≥ −margin (and, for `superior`, low > 0);
 *   fail          d < −margin and high < 0: worse than allowed, and significantly worse. This covers high < −margin,
 *                 where the whole interval is beyond the margin. For `superior` also high ≤ 0;
 *   inconclusive  otherwise.
 * The interval must be at least as wide as a two-sided 1 − 2·alpha one, or the verdict is `error`: a narrower one
 * would pass too easily. A wider one is used as it is, which is stricter.
 *
 * By a column, every slice must pass. Passing all of them needs no correction (an intersection–union test keeps its
 * level, Berger 1982), but failing any of them does: a slice fails only if its two-sided p-value, after Holm's
 * correction over the slices, is at most 2·alpha, else one slice in forty would fail by chance alone.
 */
export function judgeNonInferiority(rule: NonInferiorRule, evidence: Evidence): Judgement {
  if (!(rule.margin >= 0 && rule.margin < Infinity)) return error('the margin of this gate is not a number ≥ 0');
  if (!(rule.alpha > 0 && rule.alpha <= 0.5)) return error('the alpha of this gate is not in (0, 0.5]');
  const { parts, without } = comparedMetrics(rule, evidence);
  if (without) return without;
  const judged = parts.map(({ title, compared, without }) => ({ title, judgement: without ?? judgeOne(rule, compared) }));
  return rule.by === undefined ? judged[0].judgement : judgeTogether(judged);
}

function judgeOne(rule: NonInferiorRule, compared: ComparedMetric): Judgement {
  const { improvement, measured, adjustedP } = compared;
  const significant = rule.by === undefined || (adjustedP !== null && atMost(adjustedP, 2 * rule.alpha));
  const judgement = judgeRows(improvement.rows, rule.minRows) ?? judgeInterval(rule, compared, significant);
  return { ...judgement, ...measured, rows: improvement.rows };
}

function judgeInterval(rule: NonInferiorRule, { facts, improvement: { value, interval, noInterval, rows } }: ComparedMetric, significant: boolean): Judgement {
  const { margin, alpha, superior } = rule;
  const name = metricText(rule.metric);
  if (!interval) return noInterval ?? error(`the difference in ${name} has no interval`);
  const { low, high, level } = interval;
  if (!atLeast(level, 1 - 2 * alpha)) return error(`the interval of ${name} is at ${level}, this gate needs ${1 - 2 * alpha}`);
  const write = (number: number): string => differenceText(number, facts.unit);
  const needs = superior ? 'must be above 0' : margin === 0 ? 'must not go below 0' : `must stay ≥ ${write(-margin)}`;
  const measured = `${name} is ${improvementText(value, -margin, facts.unit)} (${Math.round(level * 100)} % ${write(low)} to ${write(high)})`;
  if (atLeast(low, -margin) && (!superior || low > 0)) return pass(`${measured}, ${needs}`);
  if (!atLeast(value, -margin) && high < 0 && significant) return fail(`${measured}, ${needs}: significantly worse, and by more than is allowed`);
  if (superior && high <= 0 && significant) return fail(`${measured}, ${needs}: it is not better`);
  const bound = superior ? 0 : -margin;
  const needed = value > bound ? rowsToNarrow(rows, value - low, value - bound) : rowsToNarrow(rows, high - value, -value);
  return inconclusive(`${measured}, ${needs}: the interval reaches both sides`, needed);
}
