import { countText, numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, round, ticks } from './scale.ts';

export interface HistogramOptions {
  edges: number[];
  counts: number[];
  /** Named positions, such as p50 and p95. */
  marks?: { at: number; label: string }[];
  /** Where the tail is what matters and holds few: heights grow with the logarithm of the count. */
  logarithmic?: boolean;
  /** The first, or the last, bin also holds what lies beyond it. */
  beyond?: { below?: boolean; above?: boolean };
  unit?: string;
  finding: string;
}

const width = 320;
/** Room for the label of a mark at the right end. */
const right = 60;

/** Counts in bins with named positions marked on them; labels that would collide are stacked. */
export function histogramFigure({ edges, counts, marks = [], logarithmic = false, beyond = {}, unit = '', finding }: HistogramOptions): Markup | null {
  if (counts.length === 0 || edges.length !== counts.length + 1) return null;
  const domain: [number, number] = [edges[0], edges[edges.length - 1]];
  const x = linearScale(domain, [4, width - right]);
  const labels = stack(marks.filter(({ at }) => Number.isFinite(at)).map((mark) => ({ ...mark, x: x(mark.at) })));
  const top = 12 * (1 + Math.max(0, ...labels.map(({ level }) => level))) + 6;
  const bottom = top + 92;
  const height = bottom + 20;
  const tall = (count: number) => (logarithmic ? Math.log1p(count) : count);
  const y = linearScale([0, tall(Math.max(...counts, 1))], [bottom, top]);
  return figure(
    { width, height, finding, table: dataTable(['from', 'to', 'count'], counts.map((count, bin) => [
        bin === 0 && beyond.below === true ? 'any less' : numberText(edges[bin]),
        bin === counts.length - 1 && beyond.above === true ? 'any more' : numberText(edges[bin + 1]),
        countText(count),
      ])) },
    markup`<path class="now-area" d="M${x(edges[0])} ${bottom}${counts.map((count, bin) => `V${y(tall(count))}H${x(edges[bin + 1])}`).join('')}V${bottom}Z"/>`,
    markup`<line class="axis" x1="4" x2="${width - right}" y1="${bottom}" y2="${bottom}"/>`,
    domain[0] < 0 && domain[1] > 0 ? markup`<line class="guide" x1="${x(0)}" x2="${x(0)}" y1="${top}" y2="${bottom}"/>` : null,
    ticks(domain, 4).map(({ value, text }, index, all) => markup`<text class="middle" x="${x(value)}" y="${height - 6}">${text}${index === all.length - 1 ? unit : ''}</text>`),
    labels.map(({ x: at, label, level }) => markup`<line class="bound" x1="${at}" x2="${at}" y1="${12 * level + 3}" y2="${bottom}"/><text class="label" x="${round(at + 4)}" y="${12 * level + 11}">${label}</text>`),
  );
}

/**
 * From left to right, each label one line below every label it would touch. Its own line starts there too, so that it
 * crosses no text.
 */
function stack(marks: { x: number; label: string }[]): { x: number; label: string; level: number }[] {
  const placed: { x: number; label: string; level: number; to: number }[] = [];
  for (const { x, label } of [...marks].sort((a, b) => a.x - b.x)) {
    const level = Math.max(-1, ...placed.filter(({ to }) => to > x).map((each) => each.level)) + 1;
    placed.push({ x, label, level, to: x + label.length * 7 + 8 });
  }
  return placed;
}
