import type { MetricComparison } from '../protocol/evaluation.ts';
import type { Measured } from '../protocol/measured.ts';
import { intervalText, numberText } from '../protocol/number-text.ts';
import { cutAt } from './cut-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, type Scale } from './scale.ts';

const width = 240;
const height = 26;

type Pair = Pick<MetricComparison, 'champion' | 'candidate'>;

/** One axis for both values of all rows, with their intervals. */
export function pairAxis(rows: Pair[]): Scale {
  const values = rows.flatMap(({ champion, candidate }) => [champion, candidate]).flatMap(({ value, interval }) => (value === null ? [] : [value, ...(interval === undefined ? [] : [interval.low, interval.high])]));
  return linearScale(domainOf(values, 0.06), [7, width - 7]);
}

/**
 * Two values that were not measured on the same rows, each on a line of its own with its interval: the first (grey square)
 * above the second (accent disc). Null where one of them is not defined.
 */
export function pairFigure({ champion, candidate, metric, slice }: Pair & Pick<MetricComparison, 'metric' | 'slice'>, names: { champion: string; candidate: string }, x: Scale): Markup | null {
  if (champion.value === null || candidate.value === null) return null;
  const said = (name: string, measured: Measured) => `${name} ${numberText(measured.value ?? 0)} ${intervalText(measured, 'metric', 'value')}`.trim();
  return svg(
    { width, height, finding: `${cutAt(metric, 40)}, ${cutAt(slice.name, 60)}: ${said(cutAt(names.champion, 40), champion)}, ${said(cutAt(names.candidate, 40), candidate)}` },
    markup`<line class="axis" x1="2" x2="${width - 2}" y1="7" y2="7"/><line class="axis" x1="2" x2="${width - 2}" y1="19" y2="19"/>`,
    reach(champion, x, 7, 'past'),
    markup`<rect class="past-dot" x="${x(champion.value) - 3.5}" y="3.5" width="7" height="7"/>`,
    reach(candidate, x, 19, 'interval'),
    markup`<circle class="dot" cx="${x(candidate.value)}" cy="19" r="4"/>`,
  );
}

function reach({ interval }: Measured, x: Scale, y: number, className: string): Markup | null {
  return interval === undefined ? null : markup`<line class="${className}" x1="${x(interval.low)}" x2="${x(interval.high)}" y1="${y}" y2="${y}"/>`;
}
