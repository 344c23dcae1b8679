import { countText, shareText } from '../protocol/number-text.ts';
import type { AgreementPoint } from '../protocol/shadow.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, ticks } from './scale.ts';

const width = 480;
const height = 190;
const rowsMax = 25;

/** How often two models have agreed, over the pairs as they came, with the interval at each look and the share that counts as equivalent. */
export function agreementFigure(points: readonly AgreementPoint[], margin: number, finding: string): Markup | null {
  const last = points.at(-1);
  if (last === undefined) return null;
  const low = Math.min(1 - 1.5 * margin, ...points.slice(Math.floor(points.length / 10)).map((point) => point.low), last.agreement);
  const x = linearScale([0, last.pairs], [44, width - 62]);
  const y = linearScale([Math.max(0, low), 1], [height - 26, 10]);
  const line = (of: (point: AgreementPoint) => number): string => points.map((point) => `${x(point.pairs)} ${y(of(point))}`).join('L');
  const every = Math.ceil(points.length / rowsMax);
  return figure(
    {
      width,
      height,
      finding,
      table: dataTable(['pairs', 'agreement', 'low', 'high', 'of the pairs since the row before'], points.filter((_, index) => index % every === 0 || index === points.length - 1).map((point) => [countText(point.pairs), ...[point.agreement, point.low, point.high, point.recent].map(shareText)])),
    },
    ticks(y.domain, 3).map(({ value }) => markup`<line class="axis" x1="44" x2="${width - 62}" y1="${y(value)}" y2="${y(value)}"/><text class="end" x="40" y="${y(value) + 4}">${shareText(value)}</text>`),
    ticks(x.domain, 4).map(({ value, text }) => markup`<text class="middle" x="${x(value)}" y="${height - 8}">${text}</text>`),
    points.length < 2 ? null : markup`<path class="band" d="M${line((point) => point.high)}L${[...points].reverse().map((point) => `${x(point.pairs)} ${y(point.low)}`).join('L')}Z"/>`,
    markup`<line class="guide" x1="44" x2="${width - 62}" y1="${y(1 - margin)}" y2="${y(1 - margin)}"/><text x="${width - 58}" y="${y(1 - margin) + 4}">margin</text>`,
    points.length < 2 ? null : markup`<path class="now" d="M${line((point) => point.agreement)}"/>`,
    markup`<circle class="dot" cx="${x(last.pairs)}" cy="${y(last.agreement)}" r="3.5"/><text class="accent" x="${width - 58}" y="${labelY(y(last.agreement), y(1 - margin))}">${shareText(last.agreement)}</text>`,
  );
}

/** Two texts at one height would be written over each other. */
function labelY(own: number, other: number): number {
  return own + 4 + (Math.abs(own - other) >= 12 ? 0 : own <= other ? -(12 - (other - own)) : 12 - (own - other));
}
