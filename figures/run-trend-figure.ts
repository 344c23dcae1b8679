import type { Verdict } from '../protocol/measured.ts';
import { numberText } from '../protocol/number-text.ts';
import { cutAt, cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, ticks } from './scale.ts';
import { verdictShape } from './verdict-mark.ts';

export interface RunTrendOptions {
  /** Oldest first; null where the run has no such number, or none with an interval. */
  points: { name: string; value: number | null; interval: readonly [low: number, high: number] | null; verdict: Verdict; champion: boolean }[];
  metric: string;
  finding: string;
  width?: number;
}

const height = 148;
const bottom = height - 22;
/** Marks closer than this would be read as one. */
const apartMin = 9;

/**
 * One metric over the runs of a model, oldest left, each with its interval and the mark of its verdict; the champion has a
 * ring. Where they are many, those that pass are small and the intervals a band.
 */
export function runTrendFigure({ points, metric, finding, width = 520 }: RunTrendOptions): Markup | null {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length < 2) return null;
  const [left, right] = [44, width - 54];
  const x = linearScale([0, points.length - 1], [left + 8, right - 8]);
  const ends = points.flatMap(({ value, interval }) => (value === null || interval === null ? [] : interval));
  const y = linearScale(domainOf([...known, ...ends], ends.length === 0 ? 0.15 : 0.05), [bottom - 4, 12]);
  const crowded = (right - left) / points.length < apartMin;
  const newest = points.findLast(({ value }) => value !== null);
  return figure(
    { width, height, finding, table: dataTable(['run', metric, 'interval', 'verdict'], points.map((point) => [cutText(point.name, 40), point.value === null ? '—' : numberText(point.value), intervalOf(point) ?? '—', point.verdict])) },
    ticks(y.domain, 3).map(({ value, text }) => markup`<line class="axis" x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}"/><text class="end" x="${left - 6}" y="${y(value) + 4}">${text}</text>`),
    crowded ? bands(points, x, y).map((band) => markup`<path class="band" d="${band}"/>`) : points.map(({ value, interval }, index) => (value === null || interval === null ? null : markup`<path class="whisker" d="${whisker(x(index), y(interval[0]), y(interval[1]))}"/>`)),
    markup`<path class="past" d="${path(points, x, y)}"/>`,
    points.map(({ name, value, interval, verdict, champion }, index) =>
      value === null ? null : markup`<g>${champion ? markup`<circle class="champion" cx="${x(index)}" cy="${y(value)}" r="7.5"/>` : null}${crowded && verdict === 'pass' && !champion ? markup`<circle class="mark pass" cx="${x(index)}" cy="${y(value)}" r="2"/>` : verdictShape(verdict, x(index), y(value))}<title>${cutAt(name, 80)}: ${numberText(value)}${interval === null ? '' : ` ${intervalOf({ value, interval })}`}, ${verdict}</title></g>`,
    ),
    newest === undefined || newest.value === null ? null : markup`<text class="label digits" x="${right + 4}" y="${y(newest.value) + 4}">${numberText(newest.value)}</text>`,
    fittedLabel({ x: left, y: height - 6, text: points[0].name, width: (right - left) / 2 - 8, className: '' }),
    fittedLabel({ x: right, y: height - 6, text: points[points.length - 1].name, width: (right - left) / 2 - 8, className: 'end' }),
  );
}

function intervalOf({ value, interval }: Pick<RunTrendOptions['points'][number], 'value' | 'interval'>): string | null {
  return value === null || interval === null ? null : `[${numberText(interval[0])}, ${numberText(interval[1])}]`;
}

function whisker(x: number, low: number, high: number): string {
  return `M${x} ${low}V${high}M${x - 3} ${low}h6M${x - 3} ${high}h6`;
}

/** One closed shape for each stretch of neighbouring intervals. */
function bands(points: RunTrendOptions['points'], x: (value: number) => number, y: (value: number) => number): string[] {
  const stretches: { at: number; low: number; high: number }[][] = [[]];
  for (const [index, { value, interval }] of points.entries()) {
    if (value === null || interval === null) stretches.push([]);
    else stretches[stretches.length - 1].push({ at: x(index), low: y(interval[0]), high: y(interval[1]) });
  }
  return stretches.flatMap((stretch) => (stretch.length < 2 ? [] : [`M${[...stretch.map(({ at, high }) => `${at} ${high}`), ...stretch.toReversed().map(({ at, low }) => `${at} ${low}`)].join('L')}Z`]));
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
