import type { GateRule } from '../../protocol/gates.ts';
import { judgeBound } from './bound.ts';
import type { Evidence } from './evidence.ts';
import { findComparison, findEvaluation } from './find-report.ts';
import { type Judgement, error } from './judgement.ts';
import { asDifference } from './measure-text.ts';
import { read } from './reading.ts';

type ValueRule = Extract<GateRule, { kind: 'value' }>;

/** Name of the comparison that `compare` makes when outcomes have values. */
const VALUE_METRIC = 'value_per_prediction';
/** Rows below which money per prediction says little, whatever it is. */
const minRows = 30;

/** What a prediction gains over the baseline, or over the champion, against the gate's bound. */
export function judgeValue(rule: ValueRule, evidence: Evidence): Judgement {
  return rule.against === 'baseline' ? againstBaseline(rule, evidence) : againstChampion(rule, evidence);
}

function againstBaseline(rule: ValueRule, evidence: Evidence): Judgement {
  const found = findEvaluation(evidence, rule.on);
  if (found.without) return found.without;
  const { value } = found.report;
  if (!value) return error('the value of outcomes was not assessed');
  const { reading, without } = read(value.gain, 'the gain per prediction');
  const measured = { candidate: value.perPrediction, champion: value.baseline.perPrediction, difference: value.gain };
  if (without) return { ...without, ...measured };
  const text = asDifference(`the gain per prediction over predicting ${value.baseline.name}`, 'money');
  return { ...judgeBound(reading, { min: rule.min }, rule.decide, minRows, text), ...measured, rows: reading.rows };
}

function againstChampion(rule: ValueRule, evidence: Evidence): Judgement {
  const found = findComparison(evidence, rule.on);
  if (found.without) return found.without;
  const comparison = found.report.metrics.find(({ metric }) => metric === VALUE_METRIC);
  if (!comparison) return error('the value of outcomes was not compared');
  const { champion, candidate, difference } = comparison;
  const measured = { champion, candidate, difference };
  const { reading, without } = read(difference, 'the gain per prediction');
  if (without) return { ...without, ...measured };
  const text = asDifference('the gain per prediction over the champion', 'money');
  return { ...judgeBound(reading, { min: rule.min }, rule.decide, minRows, text), ...measured, rows: reading.rows };
}
