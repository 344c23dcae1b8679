import type { Decision, GateResult } from '../../protocol/gates.ts';
import type { Interval, Measured } from '../../protocol/measured.ts';
import { countText, differenceText } from '../../protocol/number-text.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { metricText } from './measure-text.ts';
import { metricFacts } from './metric-facts.ts';

/**
 * The decision as a sentence a colleague could repeat.
 *
 * "v3 is blocked: better on average (+4.3 pt AUC), worse for carrier AA (−20.0 pt recall) and 8 of 25 curated cases are wrong."
 * "v4 is blocked: 18,785 of 24,814 predictions are not finite numbers; input humid is gone."
 * "v2 may not replace v1 yet: recall for carrier AA could be 4.1 pt worse (limit 3.0 pt), about 4,200 more rows would tell."
 * "v2 may replace v1: better on average (+1.8 pt recall, 95 % +1.1 pt to +2.5 pt), no carrier worse than allowed."
 *
 * A model is called better or worse only where the whole interval of the difference is.
 */
export function decisionSentence(decision: Omit<Decision, 'sentence'>, gates: readonly GateResult[], evidence: Evidence): string {
  const blockers = gates.filter(({ gate }) => gate.severity === 'block');
  const stopping = blockers.filter(({ verdict }) => verdict === decision.verdict);
  switch (decision.verdict) {
    case 'fail':
      return `${subject(evidence)} ${evidence.role === 'champion' ? 'no longer passes' : 'is blocked'}: ${failures(stopping, blockers, evidence)}.`;
    case 'error':
      return `${subject(evidence)} cannot be judged: ${listed(stopping.map(reasonOf), 'could not be judged')}.`;
    case 'inconclusive':
      return `${subject(evidence)} ${notYet(evidence)} yet: ${stopping.length > 0 ? listed(stopping.map(doubt), 'cannot tell') : withoutGates(decision, evidence)}.`;
    case 'pass':
      return `${subject(evidence)} ${permission(evidence)}: ${grounds(blockers)}${warnings(decision)}.`;
  }
}

function subject({ role, candidate }: Evidence): string {
  return role === 'champion' ? `${candidate.version}, the champion,` : candidate.version;
}

function notYet({ role, champion }: Evidence): string {
  if (role === 'champion') return 'cannot be confirmed';
  return champion ? `may not replace ${champion.version}` : 'may not be promoted';
}

function permission({ role, champion }: Evidence): string {
  if (role === 'champion') return 'still passes';
  return champion ? `may replace ${champion.version}` : 'may be promoted';
}

/** What speaks for the model, then for whom it is worse, then what is wrong with it. */
function failures(failing: readonly GateResult[], blockers: readonly GateResult[], evidence: Evidence): string {
  const gain = gainOf(blockers);
  const better = gain ? [`better on average (${changeText(gain)})`] : [];
  const losses = failing.flatMap((result) => lossesOf(result).map((loss) => ({ result, loss })));
  const worse = losses.slice(0, 2).map(({ loss }) => `worse ${loss.slice === undefined ? 'on average' : `for ${loss.slice}`} (${changeText(loss)})`);
  if (losses.length > 2) worse.push(`and for ${losses.length - 2} more`);
  const rest = failing.filter((result) => !losses.some((loss) => loss.result === result));
  const compared = [...better, ...worse].join(', ');
  if (rest.length === 0) return compared;
  return `${compared}${compared === '' ? '' : worse.length > 0 ? ' and ' : ', but '}${listed(rest.map((result) => fault(result, evidence)), 'fail')}`;
}

/** The first two clauses that differ, in the order of the policy; gates that say something else are only counted. */
function listed(clauses: readonly string[], others: string): string {
  const shown = [...new Set(clauses)].slice(0, 2);
  const more = clauses.filter((clause) => !shown.includes(clause)).length;
  return [...shown, ...(more > 0 ? [`${more} more ${more === 1 ? 'gate' : 'gates'} ${others}`] : [])].join('; ');
}

function fault(result: GateResult, { cases }: Evidence): string {
  if (result.gate.kind !== 'cases' || isMissing(cases)) return reasonOf(result);
  const wrong = cases.filter(({ verdict }) => verdict === 'fail').length;
  return `${countText(wrong)} of ${countText(cases.length)} curated ${cases.length === 1 ? 'case is' : 'cases are'} wrong`;
}

/** What the gate itself says, of the worst of its parts; after a semicolon it only adds detail. */
function reasonOf({ gate, reason, parts: [worst] }: GateResult): string {
  const [clause] = (worst?.reason ?? reason).split(';');
  if (worst === undefined || (gate.kind === 'outputs' && worst.title === 'holdout')) return clause;
  if (gate.kind === 'outputs') return `${clause} on ${worst.title}`;
  return gate.kind === 'parity' ? `${worst.title}: ${clause}` : `for ${sliceText(worst.title)} ${clause}`;
}

function doubt(result: GateResult): string {
  const { gate, title, rows, rowsNeeded } = result;
  if ('minRows' in gate && rows !== null && rows < gate.minRows) return `${title}: ${reasonOf(result)}`;
  const more = rowsNeeded === undefined ? '' : `, about ${countText(Number(rowsNeeded.toPrecision(2)))} more ${rowsNeeded === 1 ? 'row' : 'rows'} would tell`;
  const [change] = changesOf(result);
  if (change?.interval === undefined || gate.kind !== 'non_inferior') return `${title}: ${reasonOf(result)}${more}`;
  const name = `${metricText(gate.metric)}${change.slice === undefined ? '' : ` for ${change.slice}`}`;
  if (gate.superior) return `${name} is not shown to improve (${changeText(change, change.interval)})${more}`;
  const lowest = Math.min(...ends(change).map((end) => change.sign * end));
  return `${name} could be ${unsigned(lowest, change)} worse${gate.margin > 0 ? ` (limit ${unsigned(gate.margin, change)})` : ''}${more}`;
}

function withoutGates({ notApplicable }: Pick<Decision, 'notApplicable'>, { role }: Evidence): string {
  return role === 'champion' && notApplicable.length > 0 ? 'every gate on its quality compares with the champion, which it is' : 'no gate says anything about its quality';
}

function grounds(blockers: readonly GateResult[]): string {
  const gain = gainOf(blockers);
  const overall = blockers.flatMap((result) => (isComparison(result.gate) && !isOfSlices(result.gate) ? changesOf(result) : []))[0];
  const passing = blockers.length === 1 ? 'the one blocking gate passes' : `all ${blockers.length} blocking gates pass`;
  const allowed = overall ? `no worse than allowed on average (${changeText(overall, overall.interval)})` : passing;
  const onAverage = gain ? `better on average (${changeText(gain, gain.interval)})` : allowed;
  const bySlice = blockers.flatMap(({ gate }) => (isComparison(gate) && gate.by !== undefined ? [`no ${gate.by} worse than allowed`] : []));
  return [onAverage, ...new Set(bySlice)].join(', ');
}

function warnings({ warnings: { length } }: Pick<Decision, 'warnings'>): string {
  return length === 0 ? '' : `; ${length} ${length === 1 ? 'warning' : 'warnings'}`;
}

/** A measured difference between candidate and champion. */
interface Change {
  metric: string;
  value: number;
  interval: Interval | undefined;
  /** 1 where a higher metric is better, else −1. */
  sign: 1 | -1;
  /** Undefined over all rows. */
  slice: string | undefined;
}

/** Over all rows, the first passing gate's improvement whose interval is wholly one. */
function gainOf(blockers: readonly GateResult[]): Change | undefined {
  const passing = blockers.filter(({ gate, verdict }) => verdict === 'pass' && isComparison(gate) && !isOfSlices(gate));
  return passing.flatMap(changesOf).find((change) => ends(change).every((end) => change.sign * end > 0));
}

/** The differences a failing gate rests on whose interval is wholly a loss. */
function lossesOf(result: GateResult): Change[] {
  return changesOf(result).filter((change) => ends(change).every((end) => change.sign * end < 0));
}

/** What a comparison gate compared, of the parts with its own verdict where it has parts. */
function changesOf({ gate, verdict, difference, parts }: GateResult): Change[] {
  if (!isComparison(gate)) return [];
  const { direction } = metricFacts(gate.metric) ?? { direction: null };
  if (direction === null) return [];
  const sign = direction === 'higher' ? 1 : -1;
  const deciding: { difference: Measured | null; title?: string }[] = parts.length > 0 ? parts.filter((part) => part.verdict === verdict) : [{ difference, title: gate.slice }];
  return deciding.flatMap(({ difference, title }) =>
    typeof difference?.value === 'number' ? [{ metric: gate.metric, value: difference.value, interval: difference.interval, sign, slice: title === undefined ? undefined : sliceText(title) }] : [],
  );
}

/** Where there is no interval nothing is shown: its ends are on either side of every value. */
function ends({ interval }: Change): [number, number] {
  return interval === undefined ? [-Infinity, Infinity] : [interval.low, interval.high];
}

type Comparison = Extract<GateResult['gate'], { kind: 'change' | 'non_inferior' }>;

function isComparison(gate: GateResult['gate']): gate is Comparison {
  return gate.kind === 'change' || gate.kind === 'non_inferior';
}

function isOfSlices({ by, slice }: Comparison): boolean {
  return by !== undefined || slice !== undefined;
}

/** "−4.1 pt recall", and with an interval "+1.8 pt recall, 95 % +1.1 pt to +2.5 pt". */
function changeText({ metric, value }: Change, interval?: Interval): string {
  const { unit = 'metric' } = metricFacts(metric) ?? {};
  const doubt = interval ? `, ${Math.round(interval.level * 100)} % ${differenceText(interval.low, unit)} to ${differenceText(interval.high, unit)}` : '';
  return `${differenceText(value, unit)} ${metricText(metric)}${doubt}`;
}

function unsigned(value: number, { metric }: Change): string {
  return differenceText(Math.abs(value), metricFacts(metric)?.unit ?? 'metric').replace(/^[+±]/, '');
}

/** "carrier = AA" as people say it: "carrier AA". */
function sliceText(name: string): string {
  return name.replaceAll(/(^| and )([^=]+?) = /g, '$1$2 ');
}
