import { numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

/** One number over batches or runs, oldest left; the limit as a line; gaps where there was no number. */
export function trendFigure({ points, limit, finding, width = 320 }: { points: { name: string; value: number | null }[]; limit?: number; finding: string; width?: number }): Markup | null {
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  if (known.length < 2) return null;
  const height = 84;
  const x = linearScale([0, points.length - 1], [8, width - 44]);
  const y = linearScale([Math.min(0, ...known), Math.max(...known, limit ?? 0) || 1], [height - 20, 8]);
  let pen = 'M';
  const path = points
    .map(({ value }, index) => {
      if (value === null) {
        pen = 'M';
        return '';
      }
      const command = `${pen}${x(index)} ${y(value)}`;
      pen = 'L';
      return command;
    })
    .join('');
  const last = points[points.length - 1];
  return figure(
    { width, height, finding, table: dataTable(['batch', 'value'], points.map(({ name, value }) => [name, value === null ? '—' : numberText(value)])) },
    limit === undefined ? markup`` : markup`<line class="guide" x1="0" x2="${width - 44}" y1="${y(limit)}" y2="${y(limit)}"/><text x="${width - 40}" y="${y(limit) + 4}">${numberText(limit)}</text>`,
    markup`<path class="now" d="${path}"/>`,
    markup`${points.map(({ value }, index) => (value === null ? null : markup`<circle class="dot" cx="${x(index)}" cy="${y(value)}" r="2.5"/>`))}`,
    markup`<text x="0" y="${height - 4}">${points[0].name}</text><text class="end" x="${width - 30}" y="${height - 4}">${last.name}</text>`,
  );
}
