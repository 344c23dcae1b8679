import type { ColumnDrift } from '../protocol/drift.ts';
import { numberText } from '../protocol/number-text.ts';
import { cutAt } from './cut-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { statisticNames } from './drift-words.ts';
import { linearScale } from './scale.ts';

/**
 * How far a column moved, on one line: what chance alone can reach is shaded, the floor is a tick, the effect a mark.
 * Statistics have floors of their own, so an effect e stands at e / (e + floor) of the width: the floor is in the middle
 * of every line, whatever the statistic, and what is twice as far beyond it stands further right.
 */
export function effectFigure({ column, effect, verdict }: Pick<ColumnDrift, 'column' | 'effect' | 'verdict'>, width = 160): Markup | null {
  if (effect.value === null) return null;
  const height = 18;
  const y = height / 2;
  const within = linearScale([0, 1], [4, width - 6]);
  const x = (value: number): number => within(value === 0 ? 0 : value / (value + effect.floor));
  const moved = verdict === 'moved';
  return svg(
    { width, height, finding: `${cutAt(column, 60)}: ${effect.name} ${numberText(effect.value)}${effect.band === null ? '' : `, chance alone reaches ${numberText(effect.band)}`}, floor ${numberText(effect.floor)}` },
    effect.band === null ? null : markup`<rect class="band" x="4" y="3" width="${Math.max(1, Math.round((x(effect.band) - 4) * 10) / 10)}" height="${height - 6}"/>`,
    markup`<line class="axis" x1="4" x2="${width - 4}" y1="${y}" y2="${y}"/><line class="bound" x1="${x(effect.floor)}" x2="${x(effect.floor)}" y1="2" y2="${height - 2}"/>`,
    moved ? markup`<path class="mark moved" d="M${x(effect.value)} ${y - 5}l5 9h-10z"/>` : markup`<circle class="mark ${verdict}" cx="${x(effect.value)}" cy="${y}" r="3.5"/>`,
  );
}

/** The same, with room to name its parts: what chance alone can reach, the floor, and how far the column is. */
export function effectScaleFigure({ column, effect, verdict }: Pick<ColumnDrift, 'column' | 'effect' | 'verdict'>, width = 320): Markup | null {
  if (effect.value === null) return null;
  const y = 26;
  const x = linearScale([0, Math.max(effect.value, effect.floor * 2, effect.band ?? 0, 1e-12)], [6, width - 6]);
  const [at, floor] = [x(effect.value), x(effect.floor)];
  const anchor = (position: number) => (position > width * 0.75 ? 'end' : position < width * 0.25 ? '' : 'middle');
  const name = `${statisticNames[effect.name]} ${numberText(effect.value)}`;
  return svg(
    { width, height: effect.band === null ? 52 : 66, finding: `${cutAt(column, 60)}: ${name}, floor ${numberText(effect.floor)}${effect.band === null ? '' : `, chance alone reaches ${numberText(effect.band)}`}` },
    effect.band === null ? null : markup`<rect class="band" x="6" y="${y - 6}" width="${Math.max(2, Math.round((x(effect.band) - 6) * 10) / 10)}" height="12"/>`,
    markup`<line class="axis" x1="6" x2="${width - 6}" y1="${y}" y2="${y}"/><line class="bound" x1="${floor}" x2="${floor}" y1="${y - 8}" y2="${y + 8}"/>`,
    verdict === 'moved' ? markup`<path class="mark moved" d="M${at} ${y - 5}l5 9h-10z"/>` : markup`<circle class="mark ${verdict}" cx="${at}" cy="${y}" r="4"/>`,
    markup`<text class="label digits ${anchor(at)}" x="${at}" y="12">${name}</text><text class="${anchor(floor)}" x="${floor}" y="48">floor ${numberText(effect.floor)}</text>`,
    effect.band === null ? null : markup`<text x="6" y="62">chance alone ≤ ${numberText(effect.band)}</text>`,
  );
}
