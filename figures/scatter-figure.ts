import { numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, ticks } from './scale.ts';

export interface ScatterOptions {
  points: readonly { production: number; candidate: number }[];
  finding: string;
}

const size = 252;
const rowsMax = 25;

/** One dot for each pair: production's number to the right, the candidate's upwards; on the diagonal they are the same. */
export function scatterFigure({ points, finding }: ScatterOptions): Markup | null {
  if (points.length === 0) return null;
  const domain = domainOf(points.flatMap(({ production, candidate }) => [production, candidate]), 0.02);
  const x = linearScale(domain, [44, size - 6]);
  const y = linearScale(domain, [size - 34, 14]);
  const every = Math.ceil(points.length / rowsMax);
  return figure(
    { width: size, height: size, finding, table: dataTable(['production', 'candidate'], points.filter((_, index) => index % every === 0).map(({ production, candidate }) => [numberText(production, 5), numberText(candidate, 5)])) },
    markup`<path class="axis" d="M${x(domain[0])} ${y(domain[1])}V${y(domain[0])}H${x(domain[1])}"/>`,
    ticks(domain, 4).map(({ value, text }) => markup`<text class="middle" x="${x(value)}" y="${size - 20}">${text}</text><text class="end" x="40" y="${y(value) + 4}">${text}</text>`),
    markup`<text class="label middle" x="${(x(domain[0]) + x(domain[1])) / 2}" y="${size - 4}">production</text><text class="label" x="0" y="8">candidate</text>`,
    markup`<line class="guide" x1="${x(domain[0])}" y1="${y(domain[0])}" x2="${x(domain[1])}" y2="${y(domain[1])}"/>`,
    // One element, however many dots.
    markup`<path class="beyond" d="${points.map(({ production, candidate }) => `M${x(production)} ${y(candidate)}h1.6v1.6h-1.6z`).join('')}"/>`,
  );
}
