import { countText } from '../../protocol/number-text.ts';
import { type Judgement, error, fail, inconclusive, pass } from './judgement.ts';
import { type MeasureText, apart } from './measure-text.ts';
import type { Reading } from './reading.ts';

/** A bound on a measurement; both ends belong to it. */
export interface Bound {
  min?: number;
  max?: number;
}

/**
 * Whether `value` is at or above `bound`, at full precision. Values within 1e-12 (of the bound's size, if that is
 * above 1) count as equal: 0.8 − 0.7 is at 0.1.
 */
export function atLeast(value: number, bound: number): boolean {
  return value >= bound - 1e-12 * Math.max(1, Math.abs(bound));
}

/** Whether `value` is at or below `bound`, with the slack of `atLeast`. */
export function atMost(value: number, bound: number): boolean {
  return atLeast(-value, -bound);
}

/**
 * Judges a measurement against a bound.
 *
 * @param decide  `point`: the value alone. `interval`: pass when the whole interval is inside, fail when the whole of
 *   it is outside, else inconclusive; a measurement without interval is then `error`.
 * @param minRows fewer rows than this are inconclusive, whatever the value
 * @returns `error` too when the bound has no end, or its ends exclude every value
 */
export function judgeBound(reading: Reading, bound: Bound, decide: 'point' | 'interval', minRows: number, text: MeasureText): Judgement {
  const { min = -Infinity, max = Infinity } = bound;
  if (!(min <= max) || (bound.min === undefined && bound.max === undefined)) return error('the bound of this gate is empty or contradicts itself');
  const tooFew = judgeRows(reading.rows, minRows);
  if (tooFew) return tooFew;
  const inside = (value: number): boolean => atLeast(value, min) && atMost(value, max);
  if (decide === 'point') {
    return inside(reading.value) ? pass(sentence(reading, bound, text)) : fail(sentence(reading, bound, text));
  }
  const { interval, noInterval } = reading;
  if (!interval) return noInterval ?? error(`${text.name} has no interval`);
  if (inside(interval.low) && inside(interval.high)) return pass(sentence(reading, bound, text));
  if (!atLeast(interval.high, min) || !atMost(interval.low, max)) return fail(sentence(reading, bound, text));
  const nearest = Math.abs(reading.value - min) < Math.abs(reading.value - max) ? min : max;
  const needed = rowsToNarrow(reading.rows, Math.max(interval.high - reading.value, reading.value - interval.low), Math.abs(reading.value - nearest));
  return inconclusive(`${sentence(reading, bound, text)}; the interval reaches both sides`, needed);
}

/** The verdict on too few rows, or null when they are enough. */
export function judgeRows(rows: number, minRows: number): Judgement | null {
  if (!(minRows >= 0)) return error('this gate does not say how many rows it needs');
  if (rows >= minRows) return null;
  return inconclusive(`${countText(rows)} rows are too few to tell, ${countText(minRows)} are needed`, Math.ceil(minRows - rows));
}

/**
 * Further rows after which an interval reaches `room` instead of `reach` from its value, as it narrows with the square
 * root of the rows.
 *
 * @returns undefined when the value lies on the bound, where no number of rows would do
 */
export function rowsToNarrow(rows: number, reach: number, room: number): number | undefined {
  const further = Math.ceil(rows * ((reach / room) ** 2 - 1));
  return Number.isFinite(further) ? Math.max(further, 1) : undefined;
}

function sentence(reading: Reading, bound: Bound, text: MeasureText): string {
  const { value, interval } = reading;
  const limits = [bound.min, bound.max].filter((limit) => limit !== undefined);
  const shown = apart(value, limits, text.value);
  const doubt = interval ? ` (${Math.round(interval.level * 100)} % ${text.value(interval.low)} to ${text.value(interval.high)})` : '';
  return `${text.name} is ${shown}${doubt}, needs ${boundText(bound, text.value)}`;
}

/** "≥ 0.70", "0.10 to 0.20". */
export function boundText(bound: Bound, value: (number: number) => string): string {
  if (bound.min !== undefined && bound.max !== undefined) return `${value(bound.min)} to ${value(bound.max)}`;
  return bound.min === undefined ? `≤ ${value(bound.max ?? Infinity)}` : `≥ ${value(bound.min)}`;
}
