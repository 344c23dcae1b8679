import type { Measured } from '../protocol/measured.ts';
import { alignedTexts, columnText } from '../protocol/number-text.ts';
import { cutAt } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';

/** For a column of numbers; the reason for one that does not exist can be read by pointing at it. */
export function measuredCell(measured: Measured): Markup {
  if (measured.value !== null) return markup`${columnText(measured.value)}`;
  return markup`<span class="quiet" title="${cutAt(measured.reason ?? '', 300)}">not defined</span>`;
}

/** A difference with its sign and its interval below it, all with the same decimals. */
export function differenceCell(measured: Measured): Markup {
  if (measured.value === null) return measuredCell(measured);
  const { interval } = measured;
  const [value, low, high] = alignedTexts([measured.value, ...(interval === undefined ? [] : [interval.low, interval.high])]);
  return markup`${measured.value > 0 ? '+' : ''}${value}${interval === undefined ? null : markup`<div class="quiet">[${low}, ${high}]</div>`}`;
}
