import type { MetricComparison } from '../protocol/evaluation.ts';
import type { Verdict } from '../protocol/measured.ts';
import { numberText } from '../protocol/number-text.ts';
import { cutAt } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';

/** Better, worse, or not told apart: the interval of the difference decides, the p-value where there is none. */
export function toneOf({ difference, direction, pValue }: MetricComparison): Verdict {
  if (difference.value === null) return 'inconclusive';
  const { interval } = difference;
  const told = interval === undefined ? pValue !== null && pValue < 0.05 && difference.value !== 0 : interval.low > 0 || interval.high < 0;
  return told ? (difference.value > 0 === (direction === 'higher') ? 'pass' : 'fail') : 'inconclusive';
}

export const toneRank: Record<Verdict, number> = { fail: 0, error: 1, inconclusive: 2, pass: 3 };
const toneWords: Record<Verdict, string> = { pass: '▲ better', fail: '▼ worse', inconclusive: '≈ as before', error: '! error' };

export function toneMark(tone: Verdict): Markup {
  return markup`<span class="verdict ${tone}">${toneWords[tone]}</span>`;
}

export function findingOf(row: MetricComparison): string {
  return `${cutAt(row.metric, 40)}, ${cutAt(row.slice.name, 60)}: ${toneWords[toneOf(row)].slice(2)}${row.difference.value === null ? '' : ` by ${numberText(Math.abs(row.difference.value))}`}`;
}

/** How much better the candidate is, in the metric's own unit; negative is worse. */
export function gainOf({ difference, direction }: MetricComparison): number {
  return (difference.value ?? 0) * (direction === 'higher' ? 1 : -1);
}

/** From 0 to 1, or −1 to 1: such numbers can share an axis. One in minutes, money or nats would flatten them. */
export function isUnitless({ metric, champion, candidate }: MetricComparison): boolean {
  return metric !== 'log_loss' && Math.abs(champion.value ?? 0) <= 1 && Math.abs(candidate.value ?? 0) <= 1;
}

/** Whether anything says if the difference is more than chance: two values that were measured apart have only themselves. */
export function isTold({ difference, pValue }: MetricComparison): boolean {
  return difference.interval !== undefined || pValue !== null;
}
