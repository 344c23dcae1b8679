import type { Measured, Verdict } from '../protocol/measured.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

/** One value with its interval against the side that is allowed, on an axis shared by all rows of a table. */
export interface IntervalRow {
  measured: Measured | null;
  verdict: Verdict;
  bound: { min?: number; max?: number } | null;
  finding: string;
}

/**
 * A line for one table row: the allowed side shaded, the bound as a tick, the interval as a bar with the value on it.
 * Every gate has its own unit, so each row has its own axis, drawn from the bound outwards.
 */
export function intervalFigure({ measured, verdict, bound, finding }: IntervalRow, width = 180): Markup | null {
  if (measured?.value == null || bound === null) return null;
  const height = 22;
  const middle = height / 2;
  const limits = [bound.min, bound.max].filter((limit) => limit !== undefined);
  const shown = [measured.value, measured.interval?.low, measured.interval?.high, ...limits].filter((value) => value !== undefined);
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const margin = (high - low || Math.abs(high) || 1) * 0.12;
  const x = linearScale([low - margin, high + margin], [2, width - 2]);
  const from = bound.min === undefined ? 0 : x(bound.min);
  const to = bound.max === undefined ? width : x(bound.max);
  const { interval } = measured;
  return markup`<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${finding}"><rect class="allowed" x="${from}" y="2" width="${Math.max(0, to - from)}" height="${height - 4}"/><line class="axis" x1="0" x2="${width}" y1="${middle}" y2="${middle}"/>${limits.map(
    (limit) => markup`<line class="bound" x1="${x(limit)}" x2="${x(limit)}" y1="2" y2="${height - 2}"/>`,
  )}${
    interval === undefined ? null : markup`<line class="interval ${verdict}" stroke-width="2.5" x1="${x(interval.low)}" x2="${x(interval.high)}" y1="${middle}" y2="${middle}"/>`
  }${marker(verdict, x(measured.value), middle)}</svg>`;
}

/** A shape for each verdict, so that colour is never the only difference. */
function marker(verdict: Verdict, x: number, y: number): Markup {
  switch (verdict) {
    case 'pass':
      return markup`<circle class="pass" cx="${x}" cy="${y}" r="4"/>`;
    case 'fail':
    case 'error':
      return markup`<path class="fail" stroke-width="2.5" fill="none" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8"/>`;
    case 'inconclusive':
      return markup`<rect class="inconclusive" x="${x - 3.5}" y="${y - 3.5}" width="7" height="7" transform="rotate(45 ${x} ${y})"/>`;
  }
}
