import type { EvaluationReport } from '../../protocol/evaluation.ts';
import type { GateRule } from '../../protocol/gates.ts';
import type { Measured } from '../../protocol/measured.ts';
import { judgeBound } from './bound.ts';
import type { Evidence } from './evidence.ts';
import { findEvaluation } from './find-report.ts';
import { type Judgement, error, judgeTogether } from './judgement.ts';
import { inUnit, metricText } from './measure-text.ts';
import { metricFacts } from './metric-facts.ts';
import { read } from './reading.ts';
import { slicesBy } from './slices-by.ts';

/**
 * The candidate's own value of a metric against the gate's bound, on all rows, on one slice, or on every slice by a column.
 *
 * @returns `error` for a metric or slice that was not evaluated; see `judgeBound` for the rest
 */
export function judgeMetric(rule: Extract<GateRule, { kind: 'metric' }>, evidence: Evidence): Judgement {
  const found = findEvaluation(evidence, rule.on);
  if (found.without) return found.without;
  const { report } = found;
  if (rule.slice !== undefined && rule.by !== undefined) return error('a gate is either on one slice or by a column, not both');
  if (rule.by !== undefined) {
    const slices = slicesBy(report.slices, rule.by);
    if (slices.length === 0) return error(`nothing was evaluated by ${rule.by}`);
    return judgeTogether(slices.map(({ slice, metrics }) => ({ title: slice.name, judgement: judgeValue(rule, metrics) })));
  }
  if (rule.slice === undefined) return judgeValue(rule, report.metrics);
  const slice = report.slices.find((result) => result.slice.name === rule.slice);
  return slice ? judgeValue(rule, slice.metrics) : error(`slice ${rule.slice} was not evaluated`);
}

function judgeValue(rule: Extract<GateRule, { kind: 'metric' }>, metrics: EvaluationReport['metrics']): Judgement {
  const facts = metricFacts(rule.metric);
  if (!facts) return error(`${rule.metric} is not a metric Slipway knows`);
  const measured: Measured | null = Object.hasOwn(metrics, rule.metric) ? metrics[rule.metric] : null;
  const name = metricText(rule.metric);
  const { reading, without } = read(measured, name, facts.range);
  if (without) return { ...without, candidate: measured };
  return { ...judgeBound(reading, rule, rule.decide, rule.minRows, inUnit(name, facts.unit)), candidate: measured, rows: reading.rows };
}
