import type { MetricComparison } from '../protocol/evaluation.ts';
import { numberText } from '../protocol/number-text.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { domainOf, linearScale, type Scale } from './scale.ts';

const width = 200;
const height = 22;

/** One axis for the champion's and the candidate's values in all rows. */
export function dumbbellAxis(rows: Pick<MetricComparison, 'champion' | 'candidate'>[]): Scale {
  const values = rows.flatMap(({ champion, candidate }) => [champion.value, candidate.value]).filter((value) => value !== null);
  return linearScale(domainOf(values, 0.06), [7, width - 7]);
}

/** Champion (grey square) and candidate (accent disc), joined. Null where one of them is not defined. */
export function dumbbellFigure({ champion, candidate, metric, slice }: Pick<MetricComparison, 'champion' | 'candidate' | 'metric' | 'slice'>, x: Scale): Markup | null {
  if (champion.value === null || candidate.value === null) return null;
  const y = height / 2;
  const [before, after] = [x(champion.value), x(candidate.value)];
  return svg(
    { width, height, finding: `${metric} in ${slice.name}: champion ${numberText(champion.value)}, candidate ${numberText(candidate.value)}` },
    markup`<line class="axis" x1="2" x2="${width - 2}" y1="${y}" y2="${y}"/><line class="between" x1="${before}" x2="${after}" y1="${y}" y2="${y}"/><rect class="past-dot" x="${before - 3.5}" y="${y - 3.5}" width="7" height="7"/><circle class="dot" cx="${after}" cy="${y}" r="4"/>`,
  );
}
