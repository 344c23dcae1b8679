import { cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, round } from './scale.ts';

export interface Bar {
  label: string;
  value: number;
  /** The value as it is read: "4.2 MB", "12 (18 %)". */
  text: string;
}

export interface BarsOptions {
  /** In the order they are drawn. */
  bars: Bar[];
  finding: string;
  /** Heads of the table: what the labels are, what the values are. */
  head: [string, string];
  width?: number;
}

const rowHeight = 22;

/** One horizontal bar for each thing, its name before it and its value behind it. */
export function barsFigure({ bars, finding, head, width = 480 }: BarsOptions): Markup | null {
  if (bars.length === 0) return null;
  const left = Math.floor(width * 0.4);
  const room = 8 + 7 * Math.max(...bars.map(({ text }) => text.length));
  const x = linearScale([0, Math.max(...bars.map(({ value }) => value)) || 1], [left, Math.max(left + 16, width - room)]);
  return figure(
    { width, height: bars.length * rowHeight + 2, finding, table: dataTable(head, bars.map(({ label, text }) => [cutText(label, 80), text])) },
    bars.map(({ label, value, text }, row) => {
      const y = row * rowHeight + 4;
      const end = x(value);
      return markup`${fittedLabel({ x: left - 8, y: y + 11, text: label, width: left - 12, className: 'label end' })}<rect class="now-area" x="${left}" y="${y}" width="${round(Math.max(1, end - left))}" height="14"/><line class="now" x1="${end}" x2="${end}" y1="${y}" y2="${y + 14}"/><text x="${round(end + 6)}" y="${y + 11}">${text}</text>`;
    }),
  );
}
