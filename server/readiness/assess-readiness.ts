import { builtInCriteria, type WrittenCriterion } from '../../protocol/config.ts';
import { countText } from '../../protocol/number-text.ts';
import type { ReadinessCriterion, ReadinessReport } from '../../protocol/workspace.ts';
import { builtIn } from './built-in-criteria.ts';
import { chooseVersion } from './choose-version.ts';
import { judgeByGates } from './judge-by-gates.ts';
import { judgeStatement } from './judge-statement.ts';
import type { ReadinessSubject, Standing } from './subject.ts';

/**
 * Whether a model may go into production: every criterion with its evidence, its statement, or what would produce one.
 *
 * @param subject of one model; its `run` must be of the version that {@link chooseVersion} gives
 * @returns `ready` only when every criterion that counts is met, and only `pass` is met. A built-in criterion that
 *   slipway.yaml turns off is listed with its reason and does not count; the verdict of the gates cannot be turned off, so
 *   a model that was not judged is never ready.
 */
export function assessReadiness(subject: ReadinessSubject): ReadinessReport {
  const { model, versions } = subject;
  const version = chooseVersion(versions);
  const criteria = byGroup([...builtInOf(subject), ...model.readiness.criteria.map((criterion) => writtenOf(criterion, subject))]);
  const counting = criteria.filter(({ state }) => state !== 'off');
  const met = counting.filter(({ state }) => state === 'pass').length;
  const ready = met === counting.length;
  return {
    model: model.name,
    version: version?.version ?? null,
    digest: version?.digest ?? null,
    ready,
    sentence: sentenceOf(`${model.name}${version === null ? '' : ` ${version.version}`}`, counting),
    counts: { met, of: counting.length },
    criteria,
  };
}

function builtInOf(subject: ReadinessSubject): ReadinessCriterion[] {
  return builtInCriteria.flatMap((criterion): ReadinessCriterion[] => {
    const { group, judge } = builtIn[criterion];
    const off = subject.model.readiness.off.find((each) => each.criterion === criterion);
    if (off !== undefined) return [{ criterion, group, kind: 'built-in', line: off.line, state: 'off', text: `turned off: ${off.reason}`, evidence: { kind: 'config', line: off.line }, next: null }];
    const standing = judge(subject);
    return standing === null ? [] : [{ criterion, group, kind: 'built-in', ...standing, text: withoutHead(standing.text, criterion) }];
  });
}

function writtenOf(written: WrittenCriterion, subject: ReadinessSubject): ReadinessCriterion {
  const { criterion, group, kind, line } = written;
  return { criterion, group, kind, line, ...standingOf(written, subject) };
}

function standingOf(written: WrittenCriterion, subject: ReadinessSubject): Standing {
  const { model, statements, nowMs } = subject;
  if (written.kind === 'statement') return judgeStatement(written, model.name, statements, nowMs);
  return judgeByGates(subject, ({ id }) => id === written.gate, { text: `there is no gate ${written.gate}`, next: `write a gate of that name under \`gates\`, or name another one in line ${written.line}` });
}

/** A gate may be called what the criterion is called; once is enough. */
function withoutHead(text: string, criterion: string): string {
  return text.startsWith(`${criterion}: `) ? text.slice(criterion.length + 2) : text;
}

/** Groups in the order in which they first come up, each in one piece. */
function byGroup(criteria: readonly ReadinessCriterion[]): ReadinessCriterion[] {
  const groups = new Set(criteria.map(({ group }) => group));
  return [...groups].flatMap((name) => criteria.filter(({ group }) => group === name));
}

function sentenceOf(subject: string, counting: readonly ReadinessCriterion[]): string {
  const count = (...states: ReadinessCriterion['state'][]): number => counting.filter(({ state }) => states.includes(state)).length;
  const troubles = [
    { count: count('fail'), one: 'fails', many: 'fail' },
    { count: count('error'), one: 'could not be judged', many: 'could not be judged' },
    { count: count('missing', 'inconclusive'), one: 'lacks evidence', many: 'lack evidence' },
  ].filter((trouble) => trouble.count > 0);
  if (troubles.length === 0) return `${subject} is ready for production: all ${countText(counting.length)} criteria are met.`;
  const said = troubles.map(({ count: number, one, many }, index) => `${countText(number)}${index === 0 ? ` of ${countText(counting.length)} criteria` : ''} ${number === 1 ? one : many}`);
  return `${subject} is not ready for production: ${said.join(', ')}.`;
}
