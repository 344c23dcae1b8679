import type { ColumnDrift } from '../protocol/drift.ts';
import { numberText } from '../protocol/number-text.ts';
import { cutAt } from './cut-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

/** How far a column moved, on one line: what chance alone can reach is shaded, the floor is a tick, the effect a mark. */
export function effectFigure({ column, effect, verdict }: Pick<ColumnDrift, 'column' | 'effect' | 'verdict'>, width = 160): Markup | null {
  if (effect.value === null) return null;
  const height = 18;
  const y = height / 2;
  const x = linearScale([0, Math.max(effect.value, effect.floor * 2, effect.band ?? 0, 1e-12)], [4, width - 6]);
  const moved = verdict === 'moved';
  return svg(
    { width, height, finding: `${cutAt(column, 60)}: ${effect.name} ${numberText(effect.value)}${effect.band === null ? '' : `, chance alone reaches ${numberText(effect.band)}`}, floor ${numberText(effect.floor)}` },
    effect.band === null ? null : markup`<rect class="band" x="4" y="3" width="${Math.max(1, Math.round((x(effect.band) - 4) * 10) / 10)}" height="${height - 6}"/>`,
    markup`<line class="axis" x1="4" x2="${width - 4}" y1="${y}" y2="${y}"/><line class="bound" x1="${x(effect.floor)}" x2="${x(effect.floor)}" y1="2" y2="${height - 2}"/>`,
    moved ? markup`<path class="mark moved" d="M${x(effect.value)} ${y - 5}l5 9h-10z"/>` : markup`<circle class="mark ${verdict}" cx="${x(effect.value)}" cy="${y}" r="3.5"/>`,
  );
}
