import type { PerformanceEstimate } from '../protocol/drift.ts';
import type { Measured } from '../protocol/measured.ts';
import { measuredText } from '../protocol/number-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, type Scale } from './scale.ts';

const width = 240;
const height = 26;

/** Estimated (ring) above realised (disc), each with its interval; the holdout's value as a dotted line. */
export function estimateFigure({ metric, estimated, reference, realised }: PerformanceEstimate): Markup | null {
  const measured = [estimated, reference, realised].filter((each) => each !== undefined);
  const values = measured.flatMap(({ value, interval }) => (value === null ? [] : [value, ...(interval === undefined ? [] : [interval.low, interval.high])]));
  if (estimated.value === null) return null;
  const x = linearScale(domainOf(values, 0.1), [4, width - 4]);
  return svg(
    { width, height, finding: `${metric}: holdout ${measuredText(reference, 'share')}, estimated ${measuredText(estimated, 'share')}${realised === undefined ? '' : `, realised ${measuredText(realised, 'share')}`}` },
    reference.value === null ? null : markup`<line class="guide" x1="${x(reference.value)}" x2="${x(reference.value)}" y1="0" y2="${height}"/>`,
    markup`<line class="axis" x1="0" x2="${width}" y1="7" y2="7"/><line class="axis" x1="0" x2="${width}" y1="19" y2="19"/>`,
    mark(estimated, x, 7, 'ring'),
    realised === undefined ? null : mark(realised, x, 19, 'dot'),
  );
}

function mark({ value, interval }: Measured, x: Scale, y: number, shape: string): Markup | null {
  if (value === null) return null;
  return markup`${interval === undefined ? null : markup`<line class="interval" x1="${x(interval.low)}" x2="${x(interval.high)}" y1="${y}" y2="${y}"/>`}<circle class="${shape}" cx="${x(value)}" cy="${y}" r="3.5"/>`;
}
