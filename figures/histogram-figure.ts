import { countText, numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, ticks } from './scale.ts';

/** Counts in bins with a few named positions, such as p50 and p95, marked on them. */
export function histogramFigure({ edges, counts, marks = [], unit = '', finding }: { edges: number[]; counts: number[]; marks?: { at: number; label: string }[]; unit?: string; finding: string }): Markup | null {
  if (counts.length === 0) return null;
  const width = 420;
  const height = 140;
  const bottom = height - 18;
  const domain: [number, number] = [edges[0], edges[edges.length - 1]];
  const x = linearScale(domain, [4, width - 4]);
  const y = linearScale([0, Math.max(...counts, 1)], [bottom, 26]);
  return figure(
    { width, height, finding, table: dataTable(['from', 'to', 'count'], counts.map((count, bin) => [numberText(edges[bin]), numberText(edges[bin + 1]), countText(count)])) },
    markup`<path class="now-area" d="M${x(edges[0])} ${bottom}${counts.map((count, bin) => `V${y(count)}H${x(edges[bin + 1])}`).join('')}V${bottom}Z"/>`,
    markup`<line class="axis" x1="4" x2="${width - 4}" y1="${bottom}" y2="${bottom}"/>`,
    markup`${ticks(domain, 5).map((value) => markup`<text class="middle" x="${x(value)}" y="${height - 4}">${numberText(value)}${unit}</text>`)}`,
    markup`${marks.map(({ at, label }, index) => markup`<line class="bound" x1="${x(at)}" x2="${x(at)}" y1="${12 + (index % 2) * 12}" y2="${bottom}"/><text class="label" x="${x(at) + 4}" y="${20 + (index % 2) * 12}">${label}</text>`)}`,
  );
}
