import type { GateRule } from '../../protocol/gates.ts';
import type { ParityReport, Provider } from '../../protocol/runtime.ts';
import { atMost } from './bound.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, fail, inconclusive, judgeTogether, pass } from './judgement.ts';

type ParityRule = Extract<GateRule, { kind: 'parity' }>;

const providers = { cuda: true, tensorrt: true, webgpu: true, dml: true, coreml: true, cpu: true } satisfies Record<Provider, true>;

/**
 * The same rows through two builds or providers must agree: every element within tolerance and at most
 * `maxDecisionsChanged` rows decided otherwise.
 *
 * With `sibling` the pairs that involve it are judged, else the pairs of two providers. A provider that is asked for by
 * name and not there, a machine with a single provider, or a version without that sibling is inconclusive: agreement was
 * not shown.
 */
export function judgeParity(rule: ParityRule, evidence: Evidence): Judgement {
  const { runtime } = evidence;
  if (isMissing(runtime)) return error(`parity was not measured: ${runtime.missing}`);
  const concerns = ({ between }: ParityReport): boolean =>
    rule.sibling === undefined ? between.every((side) => Object.hasOwn(providers, side)) : between.includes(rule.sibling);
  const concerned = runtime.parity.filter(concerns);
  // Two gates may hold the same pair to different tolerances; each has a report of its own.
  const own = concerned.filter(({ tolerance }) => tolerance.relative === rule.relative && tolerance.absolute === rule.absolute);
  const pairs = own.length > 0 ? own : concerned;
  if (rule.providers === 'available') {
    const present = pairs.filter(({ verdict }) => verdict !== 'unavailable');
    if (present.length > 0) return judgeTogether(present.map(judgePart(rule)));
    if (rule.sibling === undefined) return inconclusive('there is no second provider on this machine to compare with');
    return pairs.length > 0 ? judgeTogether(pairs.map(judgePart(rule))) : error(`${rule.sibling} was not compared`);
  }
  const absent = rule.providers.filter((provider) => !pairs.some(({ between }) => between.includes(provider)));
  if (absent.length > 0) return error(`not compared: ${absent.join(', ')}`);
  const wanted = pairs.filter(({ between }) => between.some((side) => rule.providers.includes(side)));
  return judgeTogether(wanted.map(judgePart(rule)));
}

function judgePart(rule: ParityRule): (report: ParityReport) => { title: string; judgement: Judgement } {
  return (report) => ({ title: report.between.join(' and '), judgement: { ...judgePair(rule, report), rows: report.rows } });
}

/** One pair against a tolerance; a report made with a looser one shows nothing. */
export function judgePair(rule: Pick<ParityRule, 'relative' | 'absolute' | 'maxDecisionsChanged'>, report: ParityReport): Judgement {
  const { verdict, reason, outputs, decisionsChanged, tolerance, rows } = report;
  if (verdict === 'unavailable') return inconclusive(reason);
  if (verdict === 'error') return error(reason);
  const known = Number.isFinite(tolerance.relative) && Number.isFinite(tolerance.absolute);
  if (!(known && tolerance.relative <= rule.relative && tolerance.absolute <= rule.absolute)) return error('parity was measured with a looser tolerance than this gate has');
  if (rows === 0) return inconclusive('no rows were compared');
  if (outputs.length === 0) return error('no output was compared');
  const numbers = outputs.flatMap(({ overTolerance, elements, notFinite }) => [overTolerance, elements, ...notFinite]);
  if (!(rows > 0) || !numbers.every((number) => Number.isFinite(number) && number >= 0)) return error('the parity report holds something that is not a count');
  const over = outputs.reduce((sum, { overTolerance }) => sum + overTolerance, 0);
  const changed = decisionsChanged === null ? 0 : decisionsChanged.rows;
  if (!Number.isFinite(changed)) return error('the decisions changed were not counted');
  const agrees = verdict === 'agree' || (over === 0 && changed > 0);
  if (agrees && over === 0 && atMost(changed, rule.maxDecisionsChanged)) return pass(reason);
  return fail(reason);
}
