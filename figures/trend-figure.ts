import { numberText } from '../protocol/number-text.ts';
import { cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

export interface TrendOptions {
  /** Oldest first; null where there was no number. */
  points: { name: string; value: number | null }[];
  limit?: { value: number; label: string };
  finding: string;
  width?: number;
}

/** One number over batches or runs, oldest left; the limit as a line; gaps where there was no number. */
export function trendFigure({ points, limit, finding, width = 320 }: TrendOptions): Markup | null {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length < 2) return null;
  const height = 96;
  const right = width - 62;
  const bottom = height - 22;
  const x = linearScale([0, points.length - 1], [6, right - 4]);
  const y = linearScale([Math.min(0, ...known), Math.max(...known, limit?.value ?? 0) || 1], [bottom, 10]);
  const last = points[points.length - 1];
  const lastY = last.value === null ? null : y(last.value);
  const limitY = limit === undefined ? null : y(limit.value);
  // Two numbers at one height would be written over each other.
  const apart = lastY === null || limitY === null || Math.abs(lastY - limitY) >= 12 ? 0 : lastY <= limitY ? 12 - (limitY - lastY) : -12 + (lastY - limitY);
  return figure(
    { width, height, finding, table: dataTable(['batch', 'value'], points.map(({ name, value }) => [cutText(name, 40), value === null ? '—' : numberText(value)])) },
    markup`<line class="axis" x1="0" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    limit === undefined || limitY === null ? null : markup`<line class="guide" x1="0" x2="${right}" y1="${limitY}" y2="${limitY}"/><text x="${right + 4}" y="${limitY + 4 + apart}">${limit.label}</text>`,
    markup`<path class="now" d="${path(points, x, y)}"/>`,
    points.map(({ value, name }, index) => (value === null ? null : markup`<circle class="${index === points.length - 1 ? 'dot' : 'dot small'}" cx="${x(index)}" cy="${y(value)}" r="${index === points.length - 1 ? 3.5 : 2}"><title>${name.slice(0, 80)}: ${numberText(value)}</title></circle>`)),
    last.value === null || lastY === null ? null : markup`<text class="accent" x="${right + 4}" y="${lastY + 4}">${numberText(last.value)}</text>`,
    fittedLabel({ x: 0, y: height - 6, text: points[0].name, width: width / 2 - 8, className: '' }),
    fittedLabel({ x: right, y: height - 6, text: last.name, width: width / 2 - 40, className: 'end' }),
  );
}

function path(points: TrendOptions['points'], x: (value: number) => number, y: (value: number) => number): string {
  return points.map(({ value }, index) => (value === null ? '' : `${index === 0 || points[index - 1].value === null ? 'M' : 'L'}${x(index)} ${y(value)}`)).join('');
}
