import type { GateRule } from '../../protocol/gates.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, pass } from './judgement.ts';

/**
 * How many checks of the named severities may fail on a dataset.
 *
 * Fails when more did; otherwise a check that could not be applied is `error`, and undecided checks are inconclusive if
 * they could still exceed the budget. A dataset to which no check was applied is inconclusive.
 */
export function judgeDataQuality(rule: Extract<GateRule, { kind: 'data_quality' }>, evidence: Evidence): Judgement {
  if (!(rule.maxFailing >= 0)) return error('the budget of this gate is not a number ≥ 0');
  const report = evidence.dataQuality[rule.on];
  if (isMissing(report)) return error(`${rule.on} was not checked: ${report.missing}`);
  if (report.findings.length === 0) return inconclusive(`no check was applied to ${rule.on}`);
  const findings = report.findings.filter(({ severity }) => rule.severities.includes(severity));
  const failing = findings.filter(({ verdict }) => verdict === 'fail');
  const passing = findings.filter(({ verdict }) => verdict === 'pass');
  const unknown = findings.filter(({ verdict }) => verdict === 'inconclusive');
  const broken = findings.filter((finding) => ![failing, passing, unknown].some((some) => some.includes(finding)));
  const ids = (some: typeof findings): string => some.map(({ id }) => id).join(', ');
  const measured = `${failing.length} of ${findings.length} checks fail${failing.length > 0 ? `: ${ids(failing)}` : ''}`;
  const judgement = ((): Judgement => {
    if (failing.length > rule.maxFailing) return fail(measured);
    if (broken.length > 0) return error(`${measured}; could not be applied: ${ids(broken)}`);
    if (failing.length + unknown.length > rule.maxFailing) return inconclusive(`${measured}; cannot be told: ${ids(unknown)}`);
    return pass(measured);
  })();
  return { ...judgement, candidate: { value: failing.length, rows: report.dataset.rows }, rows: report.dataset.rows };
}
