import type { Curve } from '../protocol/evaluation.ts';
import { numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

export interface CurveOptions {
  candidate: { curve: Curve; label: string };
  champion?: { curve: Curve; label: string };
  x: string;
  y: string;
  /** Chance on an ROC curve. */
  diagonal: boolean;
  finding: string;
}

const size = 252;
const rowsMax = 25;

/** ROC or precision–recall: the candidate's curve over the champion's. */
export function curveFigure({ candidate, champion, x: xLabel, y: yLabel, diagonal, finding }: CurveOptions): Markup | null {
  const { points } = candidate.curve;
  if (points.length === 0) return null;
  const x = linearScale([0, 1], [30, size - 6]);
  const y = linearScale([0, 1], [size - 34, 18]);
  const every = Math.ceil(points.length / rowsMax);
  // Labels stand where the curve is not: below an ROC curve, below the end of a precision–recall curve.
  const [labelX, labelY] = diagonal ? [x(1) - 4, y(0.14)] : [x(0) + 8, y(0.14)];
  const side = diagonal ? 'end' : '';
  return figure(
    { width: size, height: size, finding, table: dataTable([xLabel, yLabel], points.filter((_, index) => index % every === 0 || index === points.length - 1).map(([a, b]) => [numberText(a), numberText(b)])) },
    axes(x, y, xLabel, yLabel),
    diagonal ? markup`<line class="guide" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>` : null,
    champion === undefined ? null : markup`<path class="past dashed" d="${path(champion.curve)}"/><text class="${side}" x="${labelX}" y="${labelY + 14}">┄ ${champion.label}</text>`,
    markup`<path class="now" d="${path(candidate.curve)}"/><text class="accent ${side}" x="${labelX}" y="${labelY}">━ ${candidate.label}</text>`,
  );

  function path(curve: Curve): string {
    return curve.points.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${x(a)} ${y(b)}`).join('');
  }
}

/** Both axes from 0 to 1, with their names. */
export function axes(x: (value: number) => number, y: (value: number) => number, xLabel: string, yLabel: string): Markup {
  return markup`<path class="axis" d="M${x(0)} ${y(1)}V${y(0)}H${x(1)}"/>${[0, 0.25, 0.5, 0.75, 1].map((value) => markup`<text class="middle" x="${x(value)}" y="${y(0) + 14}">${value}</text><text class="end" x="${x(0) - 4}" y="${y(value) + 4}">${value}</text>`)}<text class="label middle" x="${x(0.5)}" y="${y(0) + 30}">${xLabel}</text><text class="label" x="0" y="9">${yLabel}</text>`;
}
