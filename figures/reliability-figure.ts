import type { CalibrationReport } from '../protocol/evaluation.ts';
import { countText, numberText } from '../protocol/number-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

/** Share of positives against the score that promised it, with Wilson intervals; the diagonal is perfect calibration. */
export function reliabilityFigure({ bins }: CalibrationReport, finding: string): Markup | null {
  const filled = bins.filter((bin) => bin.rows > 0 && bin.meanScore !== null && bin.positiveShare.value !== null);
  if (filled.length === 0) return null;
  const size = 300;
  const x = linearScale([0, 1], [34, size - 6]);
  const y = linearScale([0, 1], [size - 26, 6]);
  const most = Math.max(...filled.map((bin) => bin.rows));
  return figure(
    {
      width: size,
      height: size,
      finding,
      table: dataTable(['mean score', 'share positive', 'low', 'high', 'rows'], filled.map((bin) => [numberText(bin.meanScore ?? 0), numberText(bin.positiveShare.value ?? 0), numberText(bin.positiveShare.interval?.low ?? 0), numberText(bin.positiveShare.interval?.high ?? 0), countText(bin.rows)])),
    },
    markup`<line class="guide" x1="${x(0)}" y1="${y(0)}" x2="${x(1)}" y2="${y(1)}"/>`,
    markup`${[0, 0.25, 0.5, 0.75, 1].map((value) => markup`<text class="middle" x="${x(value)}" y="${size - 10}">${value}</text><text class="end" x="28" y="${y(value) + 4}">${value}</text>`)}`,
    markup`<text class="middle" x="${x(0.5)}" y="${size}">predicted score</text>`,
    ...filled.map((bin) => {
      const cx = x(bin.meanScore ?? 0);
      const { value, interval } = bin.positiveShare;
      return markup`${interval === undefined ? null : markup`<line class="interval" x1="${cx}" x2="${cx}" y1="${y(interval.low)}" y2="${y(interval.high)}"/>`}<circle class="dot" cx="${cx}" cy="${y(value ?? 0)}" r="${Math.round(30 + 40 * Math.sqrt(bin.rows / most)) / 10}"/>`;
    }),
  );
}
