import type { GateRule } from '../../protocol/gates.ts';
import { atLeast } from './bound.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, pass } from './judgement.ts';

/** Cases named in the reason; all of them are in the run's report. */
const named = 5;

/**
 * The share of curated cases that came out right.
 *
 * A case counts as right only if it passed and has a prediction. Fails when not enough could still be right even if
 * every undecided case were; otherwise a case that could not be judged is `error`, and one that cannot be told, or no
 * cases at all, `inconclusive`.
 */
export function judgeCases(rule: Extract<GateRule, { kind: 'cases' }>, evidence: Evidence): Judgement {
  if (!(rule.minShare >= 0 && rule.minShare <= 1)) return error('the share of this gate is not in 0–1');
  const { cases } = evidence;
  if (isMissing(cases)) return error(`the curated cases were not judged: ${cases.missing}`);
  if (cases.length === 0) return inconclusive('there are no curated cases');
  const right = cases.filter(({ verdict, predicted }) => verdict === 'pass' && typeof predicted === 'string');
  const wrong = cases.filter(({ verdict }) => verdict === 'fail');
  const unknown = cases.filter(({ verdict }) => verdict === 'inconclusive');
  const broken = cases.length - right.length - wrong.length - unknown.length;
  const share = right.length / cases.length;
  const list = wrong.slice(0, named).map(({ name, expected, predicted }) => `${name} (${predicted ?? 'nothing'}, not ${expected})`);
  const more = wrong.length > named ? ` and ${wrong.length - named} more` : '';
  const measured = `${right.length} of ${cases.length} cases are right${list.length > 0 ? `; wrong: ${list.join(', ')}${more}` : ''}`;
  const judgement = ((): Judgement => {
    if (!atLeast((cases.length - wrong.length) / cases.length, rule.minShare)) return fail(measured);
    if (broken > 0) return error(`${measured}; ${broken} could not be judged`);
    if (!atLeast(share, rule.minShare)) return inconclusive(`${measured}; ${unknown.length} cannot be told`);
    return pass(measured);
  })();
  return { ...judgement, candidate: { value: share, rows: cases.length }, rows: cases.length };
}
