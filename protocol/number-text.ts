import type { Measured } from './measured.ts';
import type { GateResult } from './gates.ts';

export type Unit = GateResult['unit'];

/** 29425 → "29,425". */
export function countText(count: number): string {
  return Math.round(count).toString().replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** A number with just enough digits to be told apart: 0.7312, 14.2, 1,204, 3.1e-9. */
export function numberText(value: number, digits = 3): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e15 || magnitude < 1e-4) return minus(value.toExponential(Math.max(0, digits - 2)));
  if (magnitude >= 1000) return minus((value < 0 ? '-' : '') + countText(magnitude));
  const decimals = magnitude >= 100 ? Math.max(0, digits - 2) : magnitude >= 10 ? digits - 2 : magnitude >= 1 ? digits - 1 : digits;
  return minus(trimmed(value.toFixed(decimals)));
}

/** 0.079 → "7.9 %". Small shares keep two significant digits. */
export function shareText(share: number): string {
  const percent = share * 100;
  const magnitude = Math.abs(percent);
  if (magnitude === 0 || magnitude === 100) return `${percent.toFixed(0)} %`;
  return minus(`${magnitude >= 10 ? percent.toFixed(1) : magnitude >= 0.1 ? percent.toFixed(2).replace(/0$/, '') : percent.toPrecision(2)} %`);
}

/** A value in the unit of its gate: shares as plain 0.713, times with ms, sizes with MB. */
export function valueText(value: number, unit: Unit): string {
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
  if (unit === 'share') {
    const points = value * 100;
    return `${sign(points)}${Math.abs(points) >= 0.1 || points === 0 ? Math.abs(points).toFixed(1) : Math.abs(points).toPrecision(1)} pt`;
  }
  return `${sign(value)}${valueText(Math.abs(value), unit)}`;
}

export function measuredText(measured: Measured | null, unit: Unit): string {
  if (measured === null) return '—';
  return measured.value === null ? 'undefined' : valueText(measured.value, unit);
}

/** "[−6.2, −2.0]" in the unit of the difference, points for shares. */
export function intervalText(measured: Measured | null, unit: Unit, of: 'value' | 'difference'): string {
  const interval = measured?.interval;
  if (interval === undefined) return '';
  const text = (bound: number) => {
    if (of === 'difference' && unit === 'share') return minus((bound * 100).toFixed(1));
    return of === 'difference' ? minus(numberText(bound)) : valueText(bound, unit).replace(/ (ms|MB)$/, '');
  };
  return `[${text(interval.low)}, ${text(interval.high)}]`;
}

/** 93 s → "1 min 33 s". */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function bytesText(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** p as people write it: "p < 1e-9", "p = 0.03". */
export function pText(p: number): string {
  if (p < 1e-9) return 'p < 1e-9';
  return `p = ${p < 0.001 ? p.toExponential(0) : p.toPrecision(2)}`;
}

function sign(value: number): string {
  return value < 0 ? '−' : value > 0 ? '+' : '±';
}

/** A true minus sign, so that columns of digits line up and a hyphen is not read as a range. */
function minus(text: string): string {
  return text.replace(/^-/, '−').replace(/e-/, 'e−');
}

function trimmed(text: string): string {
  return text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
}
