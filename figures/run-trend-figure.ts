import type { Verdict } from '../protocol/measured.ts';
import { numberText } from '../protocol/number-text.ts';
import { cutAt, cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, ticks } from './scale.ts';
import { verdictShape } from './verdict-mark.ts';

export interface RunTrendOptions {
  /** Oldest first; null where the run has no such number. */
  points: { name: string; value: number | null; verdict: Verdict; champion: boolean }[];
  metric: string;
  finding: string;
  width?: number;
}

const height = 148;
const bottom = height - 22;
/** Marks closer than this would be read as one. */
const apartMin = 9;

/**
 * One metric over the runs of a model, oldest left, each with the mark of its verdict; the champion has a ring. Where
 * they are many, those that pass are small.
 */
export function runTrendFigure({ points, metric, finding, width = 520 }: RunTrendOptions): Markup | null {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length < 2) return null;
  const [left, right] = [44, width - 54];
  const x = linearScale([0, points.length - 1], [left + 8, right - 8]);
  const y = linearScale(domainOf(known, 0.15), [bottom - 4, 12]);
  const crowded = (right - left) / points.length < apartMin;
  const newest = points.findLast(({ value }) => value !== null);
  return figure(
    { width, height, finding, table: dataTable(['run', metric, 'verdict'], points.map(({ name, value, verdict }) => [cutText(name, 40), value === null ? '—' : numberText(value), verdict])) },
    ticks(y.domain, 3).map(({ value, text }) => markup`<line class="axis" x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/><text class="end" x="${left - 6}" y="${y(value) + 4}">${text}</text>`),
    markup`<path class="past" d="${path(points, x, y)}"/>`,
    points.map(({ name, value, verdict, champion }, index) =>
      value === null ? null : markup`<g>${champion ? markup`<circle class="champion" cx="${x(index)}" cy="${y(value)}" r="7.5"/>` : null}${crowded && verdict === 'pass' && !champion ? markup`<circle class="mark pass" cx="${x(index)}" cy="${y(value)}" r="2"/>` : verdictShape(verdict, x(index), y(value))}<title>${cutAt(name, 80)}: ${numberText(value)}, ${verdict}</title></g>`,
    ),
    newest === undefined || newest.value === null ? null : markup`<text class="label digits" x="${right + 4}" y="${y(newest.value) + 4}">${numberText(newest.value)}</text>`,
    fittedLabel({ x: left, y: height - 6, text: points[0].name, width: (right - left) / 2 - 8, className: '' }),
    fittedLabel({ x: right, y: height - 6, text: points[points.length - 1].name, width: (right - left) / 2 - 8, className: 'end' }),
  );
}

function path(points: RunTrendOptions['points'], x: (value: number) => number, y: (value: number) => number): string {
  let open = false;
  return points
    .map(({ value }, index) => {
      if (value === null) {
        open = false;
        return '';
      }
      const step = `${open ? 'L' : 'M'}${x(index)} ${y(value)}`;
      open = true;
      return step;
    })
    .join('');
}
