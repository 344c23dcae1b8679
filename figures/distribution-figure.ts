import type { ColumnDrift, Distributions } from '../protocol/drift.ts';
import { numberText, shareText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, ticks } from './scale.ts';

const width = 320;
const height = 130;
const bottom = height - 18;

/** Reference (grey, filled) and current (accent, outlined) on the same bins, each as shares of its own rows. */
export function distributionFigure(column: ColumnDrift): Markup | null {
  if (column.distributions === null) return null;
  return column.distributions.kind === 'numeric' ? numeric(column, column.distributions) : categorical(column, column.distributions);
}

function numeric(column: ColumnDrift, { edges, reference, current, unit }: Extract<Distributions, { kind: 'numeric' }>): Markup {
  const densities = (counts: number[]) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    return counts.map((count, bin) => count / total / Math.max(edges[bin + 1] - edges[bin], Number.MIN_VALUE));
  };
  const before = densities(reference);
  const after = densities(current);
  // A bin that holds one value only would dwarf the rest; bins of equal share keep their heights comparable.
  const equalWidth = edges.length > 2 && Math.abs(edges[1] - edges[0] - (edges[2] - edges[1])) < 1e-9 * Math.abs(edges[edges.length - 1] - edges[0]);
  const heights = equalWidth ? [before, after] : [shares(reference), shares(current)];
  const x = equalWidth ? linearScale([edges[0], edges[edges.length - 1]], [0, width]) : linearScale([0, edges.length - 1], [0, width]);
  const at = (bin: number) => (equalWidth ? x(edges[bin]) : x(bin));
  const y = linearScale([0, Math.max(...heights[0], ...heights[1]) || 1], [bottom, 14]);
  const outline = (values: number[]) => `M0 ${bottom}${values.map((value, bin) => `V${y(value)}H${at(bin + 1)}`).join('')}V${bottom}`;
  const text = (value: number) => (unit === 'ms-since-1970' ? new Date(value).toISOString().slice(0, 10) : numberText(value));
  const labels = equalWidth ? ticks([edges[0], edges[edges.length - 1]], 4).map((value) => [x(value), text(value)] as const) : [0, Math.floor((edges.length - 1) / 2), edges.length - 1].map((bin) => [at(bin), text(edges[bin])] as const);
  return figure(
    { width, height, finding: `${column.column}: ${column.message}`, table: dataTable(['from', 'to', 'reference', 'current'], reference.map((count, bin) => [text(edges[bin]), text(edges[bin + 1]), count, current[bin]])) },
    markup`<path class="past-area" d="${outline(heights[0])}Z"/><path class="past" d="${outline(heights[0])}"/><path class="now" d="${outline(heights[1])}"/>`,
    markup`<line class="axis" x1="0" x2="${width}" y1="${bottom}" y2="${bottom}"/>`,
    markup`${labels.map(([position, label], index) => markup`<text x="${position}" y="${height - 4}" class="${index === 0 ? '' : index === labels.length - 1 && position > width - 30 ? 'end' : 'middle'}">${label}</text>`)}`,
  );
}

function categorical(column: ColumnDrift, { categories, reference, current, other }: Extract<Distributions, { kind: 'categorical' }>): Markup {
  const names = [...categories, ...(other.distinct > 0 ? [`${other.distinct} others`] : [])];
  const before = shares([...reference, ...(other.distinct > 0 ? [other.reference] : [])]);
  const after = shares([...current, ...(other.distinct > 0 ? [other.current] : [])]);
  const shown = names.map((_, index) => index).slice(0, 12);
  const rowHeight = 18;
  const tall = shown.length * rowHeight + 6;
  const left = 90;
  const x = linearScale([0, Math.max(...before, ...after, 0.001)], [left, width - 46]);
  return figure(
    { width, height: tall, finding: `${column.column}: ${column.message}`, table: dataTable(['category', 'reference', 'current'], names.map((name, index) => [name, shareText(before[index]), shareText(after[index])])) },
    ...shown.map((index, row) => {
      const y = row * rowHeight + 3;
      const label = names[index].length > 13 ? `${names[index].slice(0, 12)}…` : names[index] || '""';
      return markup`<text class="label end" x="${left - 6}" y="${y + 11}">${label}</text><rect class="past-area" x="${left}" y="${y}" width="${Math.max(0.5, x(before[index]) - left)}" height="14"/><line class="now" x1="${left}" x2="${x(after[index])}" y1="${y + 7}" y2="${y + 7}"/><circle class="dot" cx="${x(after[index])}" cy="${y + 7}" r="3.5"/><text x="${Math.max(x(after[index]), x(before[index])) + 7}" y="${y + 11}">${shareText(after[index])}</text>`;
    }),
  );
}

function shares(counts: number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0) || 1;
  return counts.map((count) => count / total);
}
