import type { Decision, GateResult } from '../../protocol/gates.ts';
import { differenceText } from '../../protocol/number-text.ts';
import type { Evidence } from './evidence.ts';
import { metricText } from './measure-text.ts';
import { metricFacts } from './metric-facts.ts';

/**
 * The decision as a sentence a colleague could repeat.
 *
 * "v3 is blocked: better on average (+0.9 pt AUC), worse for carrier = AA (−4.1 pt recall)."
 * "v2 may replace v1: +1.8 pt recall (95 % +1.1 to +2.5), worse for no carrier."
 */
export function decisionSentence(decision: Omit<Decision, 'sentence'>, gates: readonly GateResult[], evidence: Evidence): string {
  const { version } = evidence.candidate;
  const blockers = gates.filter(({ gate }) => gate.severity === 'block');
  const named = evidence.role === 'champion' ? `${version}, the champion,` : version;
  switch (decision.verdict) {
    case 'fail': {
      const failing = blockers.filter(({ verdict }) => verdict === 'fail');
      const gain = failing.every(({ gate }) => isComparison(gate)) || failing.some(({ gate }) => 'by' in gate) ? gainOf(blockers) : null;
      const start = evidence.role === 'champion' ? `${named} no longer passes` : `${version} is blocked`;
      return `${start}: ${[...(gain ? [`better on average (${gain})`] : []), ...listed(failing, 'fail')].join(', ')}.`;
    }
    case 'error':
      return `${named} cannot be judged: ${listed(blockers.filter(({ verdict }) => verdict === 'error'), 'lack evidence').join(', ')}.`;
    case 'inconclusive': {
      const unknown = blockers.filter(({ verdict }) => verdict === 'inconclusive');
      const why = unknown.length > 0 ? listed(unknown, 'cannot tell').join(', ') : 'no gate says anything about its quality';
      if (evidence.role === 'champion') return `${named} cannot be confirmed yet: ${why}.`;
      return `${version} may not ${evidence.champion ? `replace ${evidence.champion.version}` : 'be promoted'} yet: ${why}.`;
    }
    case 'pass': {
      if (evidence.role === 'champion') return `${named} still passes: ${countText(blockers.length)}${warnings(decision)}.`;
      const gain = gainOf(blockers);
      const noneWorse = blockers.filter(isBySlice).map(({ gate }) => `worse for no ${gate.by}`);
      const grounds = [...(gain ? [gain] : [countText(blockers.length)]), ...new Set(noneWorse)];
      return `${version} may ${evidence.champion ? `replace ${evidence.champion.version}` : 'be promoted'}: ${grounds.join(', ')}${warnings(decision)}.`;
    }
  }
}

/** Reasons in the order of the policy; past the second they are only counted. */
function listed(results: readonly GateResult[], others: string): string[] {
  const more = results.length - 2;
  return [...results.slice(0, 2).map(trouble), ...(more > 0 ? [`and ${more} more ${more === 1 ? 'gate' : 'gates'} ${others}`] : [])];
}

function trouble(result: GateResult): string {
  const { gate, parts, verdict, reason } = result;
  if (verdict === 'fail' && isComparison(gate)) {
    const { title: group, difference } = parts[0] ?? { title: gate.slice, difference: result.difference };
    if (typeof difference?.value === 'number') return `worse${group === undefined ? '' : ` for ${group}`} (${changeText(gate.metric, difference.value)})`;
  }
  return reason.split(';')[0];
}

/** The first improvement over all rows that a passing gate rests on, with its interval. */
function gainOf(results: readonly GateResult[]): string | null {
  for (const { gate, verdict, difference } of results) {
    if (verdict !== 'pass' || !isComparison(gate) || gate.by !== undefined || gate.slice !== undefined || typeof difference?.value !== 'number') continue;
    const { direction = null, unit = 'metric' } = metricFacts(gate.metric) ?? {};
    const sign = direction === 'lower' ? -1 : 1;
    if (sign * difference.value <= 0) continue;
    const { interval } = difference;
    const ends = interval && [interval.low, interval.high].map((end) => differenceText(end, unit));
    return `${differenceText(difference.value, unit)} ${metricText(gate.metric)}${interval && ends ? ` (${Math.round(interval.level * 100)} % ${ends.join(' to ')})` : ''}`;
  }
  return null;
}

function changeText(metric: string, difference: number): string {
  return `${differenceText(difference, metricFacts(metric)?.unit ?? 'metric')} ${metricText(metric)}`;
}

type Comparison = Extract<GateResult['gate'], { kind: 'change' | 'non_inferior' }>;

function isComparison(gate: GateResult['gate']): gate is Comparison {
  return gate.kind === 'change' || gate.kind === 'non_inferior';
}

function isBySlice(result: GateResult): result is GateResult & { gate: Comparison & { by: string } } {
  return isComparison(result.gate) && result.gate.by !== undefined;
}

function countText(gates: number): string {
  return gates === 1 ? 'the one blocking gate passes' : `all ${gates} blocking gates pass`;
}

function warnings({ warnings: { length } }: Pick<Decision, 'warnings'>): string {
  return length === 0 ? '' : `; ${length} ${length === 1 ? 'warning' : 'warnings'}`;
}
