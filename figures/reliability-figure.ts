import type { CalibrationReport } from '../protocol/evaluation.ts';
import { countText, numberText } from '../protocol/number-text.ts';
import { axes } from './curve-figure.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale, round } from './scale.ts';

const size = 252;

/** Share of positives against the score that promised it, with intervals; the diagonal is perfect calibration. */
export function reliabilityFigure({ bins }: Pick<CalibrationReport, 'bins'>, finding: string): Markup | null {
  const filled = bins.flatMap(({ rows, meanScore, positiveShare }) => (rows > 0 && meanScore !== null && positiveShare.value !== null ? [{ rows, score: meanScore, share: positiveShare.value, interval: positiveShare.interval }] : []));
  if (filled.length === 0) return null;
  const x = linearScale([0, 1], [30, size - 6]);
  const y = linearScale([0, 1], [size - 34, 18]);
  const most = Math.max(...filled.map(({ rows }) => rows));
  return figure(
    {
      width: size,
      height: size,
      finding,
      table: dataTable(
        ['mean score', 'share positive', '95 % from', 'to', 'rows'],
        filled.map(({ score, share, interval, rows }) => [numberText(score), numberText(share), interval === undefined ? '' : numberText(interval.low), interval === undefined ? '' : numberText(interval.high), countText(rows)]),
      ),
    },
    axes(x, y, 'predicted score', 'observed share'),
    markup`<line class="guide" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    markup`<path class="now thin" d="${filled.map(({ score, share }, index) => `${index === 0 ? 'M' : 'L'}${x(score)} ${y(share)}`).join('')}"/>`,
    filled.map(({ score, share, interval, rows }) => markup`${interval === undefined ? null : markup`<line class="interval" x1="${x(score)}" x2="${x(score)}" y1="${y(interval.low)}" y2="${y(interval.high)}"/>`}<circle class="dot" cx="${x(score)}" cy="${y(share)}" r="${round(2 + 2.5 * Math.sqrt(rows / most))}"/>`),
  );
}
