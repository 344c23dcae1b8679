import type { Measured, Verdict } from '../protocol/measured.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, ticks, type Scale } from './scale.ts';
import { verdictShape } from './verdict-mark.ts';

export interface IntervalRow {
  measured: Measured | null;
  bound: { min?: number; max?: number } | null;
}

type Judgement = IntervalRow & {
  /** Null where the value is told and not judged. */
  verdict: Verdict | null;
};

const rowWidth = 200;
const rowHeight = 22;

/**
 * One axis for rows that are measured in one unit. It holds zero, every value and every bound; an interval that reaches
 * far beyond them is cut there and drawn with an arrow, so that one wide interval does not flatten all others.
 */
export function intervalAxis(rows: IntervalRow[], width = rowWidth): Scale {
  const decisive = [0, ...rows.flatMap(({ measured, bound }) => [measured?.value, bound?.min, bound?.max])].filter(isNumber);
  const [low, high] = domainOf(decisive, 1.5);
  const within = rows.flatMap(({ measured }) => (measured === null || measured.interval === undefined ? [] : [Math.max(low, measured.interval.low), Math.min(high, measured.interval.high)]));
  const [from, to] = domainOf([...decisive, ...within], 0.06);
  // What cannot be negative starts at zero.
  return linearScale([Math.min(...decisive, ...within) >= 0 ? 0 : from, to], [7, width - 7]);
}

/** A line for one row of a table: the allowed side shaded, the bound as a tick, the interval as a bar with the value on it. */
export function intervalFigure({ measured, bound, verdict, finding }: Judgement & { finding: string }, x: Scale): Markup | null {
  if (measured === null || measured.value === null) return null;
  const width = x.range[1] + 7;
  return svg({ width, height: rowHeight, finding }, zeroLine(x, 0, rowHeight), intervalMarks({ measured, bound, verdict }, x, 2, rowHeight - 2));
}

/** The allowed side, the bound, the interval and the value between two heights. */
export function intervalMarks({ measured, bound, verdict }: Judgement, x: Scale, top: number, bottom: number): Markup {
  const y = (top + bottom) / 2;
  const [left, right] = [x.range[0] - 5, x.range[1] + 5];
  const limits = [bound?.min, bound?.max].filter(isNumber);
  const allowed = limits.length === 0 ? null : { from: bound?.min === undefined ? left : x(bound.min), to: bound?.max === undefined ? right : x(bound.max) };
  const interval = measured?.interval;
  return markup`${allowed === null ? null : markup`<rect class="allowed" x="${allowed.from}" y="${top}" width="${Math.max(0, Math.round((allowed.to - allowed.from) * 10) / 10)}" height="${bottom - top}"/>`}<line class="axis" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>${limits.map(
    (limit) => markup`<line class="bound" x1="${x(limit)}" x2="${x(limit)}" y1="${top}" y2="${bottom}"/>`,
  )}${
    interval === undefined
      ? null
      : markup`<line class="interval ${verdict ?? ''}" x1="${x(interval.low)}" x2="${x(interval.high)}" y1="${y}" y2="${y}"/>${interval.low < x.domain[0] ? markup`<path class="beyond ${verdict ?? ''}" d="M${left} ${y}l5-4v8z"/>` : null}${interval.high > x.domain[1] ? markup`<path class="beyond ${verdict ?? ''}" d="M${right} ${y}l-5-4v8z"/>` : null}`
  }${measured === null || measured.value === null ? null : verdict === null ? markup`<circle class="dot" cx="${x(measured.value)}" cy="${y}" r="4"/>` : verdictShape(verdict, x(measured.value), y)}`;
}

export function zeroLine(x: Scale, top: number, bottom: number): Markup | null {
  return x.domain[0] < 0 && x.domain[1] > 0 ? markup`<line class="guide" x1="${x(0)}" x2="${x(0)}" y1="${top}" y2="${bottom}"/>` : null;
}

/** The axis of a column of rows, to stand in the head of their table. `per` is the size of one unit: 0.01 for points. */
export function rulerFigure(x: Scale, { per = 1, finding }: { per?: number; finding: string }): Markup {
  const marks = ticks([x.domain[0] / per, x.domain[1] / per], 4);
  return svg(
    { width: x.range[1] + 7, height: 18, finding },
    markup`<line class="axis" x1="${x.range[0]}" x2="${x.range[1]}" y1="17" y2="17"/>`,
    marks.map(({ value, text }) => markup`<line class="axis" x1="${x(value * per)}" x2="${x(value * per)}" y1="13" y2="17"/><text class="middle" x="${x(value * per)}" y="10">${text}</text>`),
  );
}

const isNumber = (value: number | null | undefined): value is number => value !== null && value !== undefined;
