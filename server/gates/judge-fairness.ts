import type { GroupFairness } from '../../protocol/evaluation.ts';
import type { GateRule } from '../../protocol/gates.ts';
import { judgeBound } from './bound.ts';
import type { Evidence } from './evidence.ts';
import { findEvaluation } from './find-report.ts';
import { type Judgement, error, inconclusive, worstVerdict } from './judgement.ts';
import { inUnit, metricText } from './measure-text.ts';
import { read } from './reading.ts';

type FairnessRule = Extract<GateRule, { kind: 'fairness' }>;

/**
 * A disparity between groups against the gate's bound.
 *
 * A group with rows but fewer than `minRows` makes the gate inconclusive unless the others fail it already: nobody can
 * tell how that group fares. A group without any rows (an empty intersection) is nobody, and only named.
 * A disparity that is undefined, as when no group has positives, is inconclusive with that reason, never 0.
 */
export function judgeFairness(rule: FairnessRule, evidence: Evidence): Judgement {
  const found = findEvaluation(evidence, rule.on);
  if (found.without) return found.without;
  const by = rule.by.join(' × ');
  const fairness = found.report.fairness.find((candidate) => candidate.by.join(' × ') === by);
  if (!fairness) return error(`no groups by ${by} were assessed`);
  const disparity = judgeDisparity(rule, fairness);
  const small = fairness.groups.filter(({ rows, tooSmall }) => !(rows >= rule.minRows) || tooSmall).filter(({ rows }) => rows !== 0);
  if (small.length === 0) return disparity;
  const smallest = small.reduce((least, group) => (group.rows < least.rows ? group : least));
  const names = small.map(({ group, rows }) => `${group} (${rows})`).join(', ');
  const needed = Math.max(rule.minRows, fairness.minRows);
  const unknown = inconclusive(`too few rows to tell for ${names}: ${needed} are needed in each`, needed - smallest.rows);
  return worstVerdict([disparity.verdict, 'inconclusive']) === 'inconclusive' ? { ...disparity, ...unknown, reason: `${unknown.reason}; ${disparity.reason}` } : disparity;
}

function judgeDisparity(rule: FairnessRule, { groups, disparities }: GroupFairness): Judgement {
  const measured = Object.hasOwn(disparities, rule.measure) ? disparities[rule.measure] : null;
  const name = metricText(rule.measure);
  const { reading, without } = read(measured, name, [0, 1]);
  if (without) return { ...without, candidate: measured };
  const judgement = judgeBound(reading, rule, rule.decide, rule.minRows, inUnit(name, 'share'));
  const between = measured?.lowestGroup && measured.highestGroup ? `, lowest for ${measured.lowestGroup}, highest for ${measured.highestGroup}` : '';
  const empty = groups.filter(({ rows }) => rows === 0).map(({ group }) => group);
  const nobody = empty.length > 0 ? `; without rows: ${empty.join(', ')}` : '';
  return { ...judgement, reason: `${judgement.reason}${between}${nobody}`, candidate: measured, rows: reading.rows };
}
