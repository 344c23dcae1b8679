import type { Measured } from './measured.ts';
import type { GateResult } from './gates.ts';

export type Unit = GateResult['unit'];

/** Stands for a number that does not exist. Its reason is told beside it. */
export const noNumber = '—';

/** 29425 → "29,425". */
export function countText(count: number): string {
  if (!Number.isFinite(count)) return noNumber;
  if (Math.abs(count) >= 1e15) return numberText(count);
  // Zero has no sign, also where it is rounded.
  return minus((Math.round(count) + 0).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ','));
}

/**
 * A row as people count them: row 1 is the first row of data, in file order over all files of its dataset, the header not
 * counted. Records and the wire count from 0.
 */
export function rowText(row: number): string {
  return countText(row + 1);
}

/** A number with just enough digits to be told apart: 0.7312 → "0.731", 14.2, 1,204, 0.00023, 3.1e−9. */
export function numberText(value: number, digits = 3): string {
  return trimmed(columnText(value, digits));
}

/** As numberText, but zeros at the end are kept, so that the digits of a column line up: 0.39 → "0.390". */
export function columnText(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return noNumber;
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e15 || magnitude < 1e-4) return minus(value.toExponential(Math.max(0, digits - 2)));
  const text = value.toFixed(decimalsOf(magnitude, digits));
  return Math.abs(Number(text)) >= 1000 ? countText(value) : minus(text);
}

/** Numbers of one row with as many decimals as its largest needs: +0.0097 [0.0009, 0.018] → "0.010", "0.001", "0.018". */
export function alignedTexts(values: number[], digits = 3): string[] {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest >= 1e-4 && largest < 1e15)) return values.map((value) => columnText(value, digits));
  const decimals = decimalsOf(largest, digits);
  return values.map((value) => (largest >= 1000 ? countText(value) : minus(value.toFixed(decimals))));
}

function decimalsOf(magnitude: number, digits: number): number {
  if (magnitude >= 10) return Math.max(0, digits - 2);
  if (magnitude >= 1) return digits - 1;
  // At least two digits that count: 0.0123 → 0.012, 0.00023.
  return Math.max(digits, 1 - Math.floor(Math.log10(magnitude)));
}

/** 0.079 → "7.9 %". Small shares keep two significant digits. */
export function shareText(share: number): string {
  const percent = share * 100;
  if (!Number.isFinite(percent)) return noNumber;
  const magnitude = Math.abs(percent);
  if (magnitude === 0 || magnitude === 100) return `${percent.toFixed(0)} %`;
  return `${minus(magnitude >= 10 ? percent.toFixed(1) : magnitude >= 0.1 ? percent.toFixed(2).replace(/0$/, '') : percent.toPrecision(2))} %`;
}

/** A value in the unit of its gate: shares as plain 0.713, times with ms, sizes with MB. */
export function valueText(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return noNumber;
  switch (unit) {
    case 'share':
      return minus(value.toFixed(3));
    case 'metric':
    case 'money':
      return numberText(value);
    case 'count':
      return Number.isInteger(value) ? countText(value) : numberText(value);
    case 'ms':
      return `${numberText(value)} ms`;
    case 'rows/s':
      return `${countText(value)}/s`;
    case 'MB':
      return `${numberText(value)} MB`;
  }
}

/** A difference with its sign; shares in percentage points: −0.041 → "−4.1 pt". */
export function differenceText(value: number, unit: Unit): string {
  if (!Number.isFinite(value)) return noNumber;
  const sign = value < 0 ? '−' : value > 0 ? '+' : '±';
  return sign + (unit === 'share' ? `${pointsText(Math.abs(value))} pt` : valueText(Math.abs(value), unit));
}

/** One decimal, or the first digit that counts: 0.041 → "4.1", 0.0002 → "0.02". */
function pointsText(share: number): string {
  const points = share * 100;
  if (!Number.isFinite(points)) return noNumber;
  return minus(Math.abs(points) >= 0.1 || points === 0 ? points.toFixed(1) : points.toPrecision(1));
}

export function measuredText(measured: Measured | null, unit: Unit): string {
  if (measured === null) return noNumber;
  return measured.value === null ? 'not defined' : valueText(measured.value, unit);
}

/** "[−6.2, −2.0]" in the unit of the difference, points for shares; empty where there is no interval. */
export function intervalText(measured: Measured | null, unit: Unit, of: 'value' | 'difference'): string {
  const interval = measured?.interval;
  if (interval === undefined) return '';
  const text = (bound: number) => (of === 'difference' && unit === 'share' ? pointsText(bound) : valueText(bound, unit).replace(/ (ms|MB)$|\/s$/, ''));
  return `[${text(interval.low)}, ${text(interval.high)}]`;
}

/** 93 s → "1 min 33 s". */
export function durationText(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return noNumber;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${countText(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** 1500 → "1.5 KB", in powers of 1000. */
export function bytesText(bytes: number): string {
  if (!Number.isFinite(bytes)) return noNumber;
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  // 999.5 would be written as 1000.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? countText(value) : value.toFixed(1)} ${units[unit]}`;
}

/** p as people write it: "p < 1e-9", "p = 0.03". */
export function pText(p: number): string {
  if (!Number.isFinite(p)) return noNumber;
  if (p < 1e-9) return 'p < 1e-9';
  return `p = ${p < 0.001 ? p.toExponential(0) : p.toPrecision(2)}`;
}

/** A true minus sign, so that columns of digits line up and a hyphen is not read as a range. */
function minus(text: string): string {
  return text.replace(/^-/, '−').replace(/e-/, 'e−');
}

function trimmed(text: string): string {
  return text.includes('.') && !text.includes('e') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}
