import type { GateRule } from '../../protocol/gates.ts';
import { differenceText, valueText } from '../../protocol/number-text.ts';
import { relativeImprovement } from '../stats/metric-registry.ts';
import { atLeast, judgeRows } from './bound.ts';
import { type ComparedMetric, comparedMetrics } from './compared-metric.ts';
import type { Evidence } from './evidence.ts';
import { type Judgement, error, fail, judgeTogether, pass } from './judgement.ts';
import { apart, improvementText, leastText, metricText } from './measure-text.ts';

type ChangeRule = Extract<GateRule, { kind: 'change' }>;

/**
 * The candidate's metric against the champion's, by the point difference on the same rows.
 *
 * The sign of an improvement comes from the metric registry. An improvement never fails a gate that allows a loss.
 * A relative change is the improvement over the champion's value; where that is 0 or negative, or the two values have
 * opposite signs, a ratio says nothing, so anything but "no loss where a loss is allowed" fails with that reason.
 */
export function judgeChange(rule: ChangeRule, evidence: Evidence): Judgement {
  if (!Number.isFinite(rule.min)) return error('this gate does not say which change it allows');
  const { parts, without } = comparedMetrics(rule, evidence);
  if (without) return without;
  const judged = parts.map(({ title, compared, without }) => ({ title, judgement: without ?? judgeOne(rule, compared) }));
  return rule.by === undefined ? judged[0].judgement : judgeTogether(judged);
}

function judgeOne(rule: ChangeRule, compared: ComparedMetric): Judgement {
  const { improvement, measured } = compared;
  const judgement = judgeRows(improvement.rows, rule.minRows) ?? (rule.relative ? judgeRelative(rule, compared) : judgeAbsolute(rule, compared));
  return { ...judgement, ...measured, rows: improvement.rows };
}

function judgeAbsolute(rule: ChangeRule, { facts, improvement }: ComparedMetric): Judgement {
  const reason = `${metricText(rule.metric)} is ${improvementText(improvement.value, rule.min, facts.unit)}, needs ${leastText(rule.min, facts.unit)}`;
  return atLeast(improvement.value, rule.min) ? pass(reason) : fail(reason);
}

function judgeRelative(rule: ChangeRule, { facts, champion, candidate, improvement }: ComparedMetric): Judgement {
  const name = metricText(rule.metric);
  const write = (value: number): string => `${differenceText(value * 100, 'metric')} %`;
  const { value: change, reason: noRatio } = relativeImprovement(facts.name, candidate.value, champion.value);
  if (change === null) {
    if (rule.min <= 0 && improvement.value >= 0) return pass(`${name} is no worse than the champion's`);
    const [theirs, ours] = [champion.value, candidate.value].map((value) => valueText(value, facts.unit));
    return fail(`a relative change from ${theirs} to ${ours} says nothing, as ${noRatio}: write the bound of this gate as an absolute change`);
  }
  const reason = `${name} improved by ${apart(change, [rule.min], write)}, needs ≥ ${write(rule.min)}`;
  return atLeast(change, rule.min) ? pass(reason) : fail(reason);
}
