import type { Curve } from '../protocol/evaluation.ts';
import { numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

/** ROC or precision–recall: the candidate's curve over the champion's. */
export function curveFigure({ candidate, champion, x: xLabel, y: yLabel, diagonal, finding }: { candidate: Curve; champion?: Curve; x: string; y: string; diagonal: boolean; finding: string }): Markup | null {
  if (candidate.points.length === 0) return null;
  const size = 300;
  const x = linearScale([0, 1], [34, size - 6]);
  const y = linearScale([0, 1], [size - 26, 14]);
  const path = ({ points }: Curve) => points.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${x(a)} ${y(b)}`).join('');
  return figure(
    { width: size, height: size + 4, finding, table: dataTable([xLabel, yLabel], candidate.points.filter((_, index, all) => index % Math.ceil(all.length / 25) === 0).map(([a, b]) => [numberText(a), numberText(b)])) },
    diagonal ? markup`<line class="guide" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>` : markup``,
    champion === undefined ? markup`` : markup`<path class="past" d="${path(champion)}"/>`,
    markup`<path class="now" d="${path(candidate)}"/>`,
    markup`${[0, 0.5, 1].map((value) => markup`<text class="middle" x="${x(value)}" y="${size - 10}">${value}</text><text class="end" x="28" y="${y(value) + 4}">${value}</text>`)}`,
    markup`<text class="middle" x="${x(0.5)}" y="${size + 2}">${xLabel}</text><text x="34" y="9">${yLabel}</text>`,
  );
}
