import type { MetricComparison } from '../protocol/evaluation.ts';
import { countText, numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, ticks } from './scale.ts';

/** Champion (grey) and candidate (accent) per row, joined; worst loss on top. Rows must share one unit. */
export function dumbbellFigure(rows: MetricComparison[], nameOf: (row: MetricComparison) => string, finding: string): Markup | null {
  const drawn = rows.filter((row) => row.champion.value !== null && row.candidate.value !== null);
  if (drawn.length === 0) return null;
  const harm = (row: MetricComparison) => (row.difference.value ?? 0) * (row.direction === 'higher' ? 1 : -1);
  const sorted = [...drawn].sort((a, b) => harm(a) - harm(b)).slice(0, 24);
  const width = 640;
  const left = 180;
  const rowHeight = 20;
  const top = 16;
  const height = top + sorted.length * rowHeight + 18;
  const values = sorted.flatMap((row) => [row.champion.value ?? 0, row.candidate.value ?? 0]);
  const domain: [number, number] = [Math.min(...values), Math.max(...values)];
  const margin = (domain[1] - domain[0] || 0.1) * 0.06;
  const x = linearScale([domain[0] - margin, domain[1] + margin], [left, width - 120]);
  return figure(
    {
      width,
      height,
      finding,
      table: dataTable(['', 'champion', 'candidate', 'difference', 'rows'], sorted.map((row) => [nameOf(row), numberText(row.champion.value ?? 0), numberText(row.candidate.value ?? 0), numberText(row.difference.value ?? 0), countText(row.candidate.rows)])),
    },
    markup`<circle class="past-dot" cx="${left}" cy="6" r="4"/><text x="${left + 8}" y="10">champion</text><circle class="dot" cx="${left + 80}" cy="6" r="4"/><text x="${left + 88}" y="10">candidate</text>`,
    markup`${ticks(x.domain, 5).map((value) => markup`<line class="guide" x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${height - 16}"/><text class="middle" x="${x(value)}" y="${height - 3}">${numberText(value)}</text>`)}`,
    ...sorted.map((row, index) => {
      const y = top + index * rowHeight + rowHeight / 2;
      const name = nameOf(row);
      const [before, after] = [x(row.champion.value ?? 0), x(row.candidate.value ?? 0)];
      const change = row.difference.value ?? 0;
      return markup`<text class="label end" x="${left - 12}" y="${y + 4}">${name.length > 26 ? `${name.slice(0, 25)}…` : name}</text><line class="axis" stroke-width="3" x1="${before}" x2="${after}" y1="${y}" y2="${y}"/><circle class="past-dot" cx="${before}" cy="${y}" r="4"/><circle class="dot" cx="${after}" cy="${y}" r="4"/><text x="${width - 108}" y="${y + 4}" class="${harm(row) < 0 ? 'label' : ''}">${change > 0 ? '+' : ''}${numberText(change)}  n ${countText(row.candidate.rows)}</text>`;
    }),
  );
}
