import type { ConfusionMatrix } from '../protocol/evaluation.ts';
import { countText, shareText } from '../protocol/number-text.ts';
import { cutAt, cutText, fittedLabel } from './cut-text.ts';
import { dataTable, figure } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { linearScale } from './scale.ts';

/** What stands in the rows, and what in the columns. */
export interface ConfusionNames {
  down: string;
  across: string;
}

const labelsMax = 12;
const confusedMax = 12;

/**
 * Actual labels down, predicted labels across, or one model's against another's; the shade is the share of its row. Matrices too large to read
 * are a list of what is confused most.
 */
export function confusionFigure({ labels, counts }: ConfusionMatrix, finding: string, names: ConfusionNames = { down: 'actual', across: 'predicted' }): Markup | null {
  if (labels.length === 0) return null;
  if (labels.length > labelsMax) return mostConfused(labels, counts, names);
  const cell = labels.length <= 3 ? { width: 88, height: 44 } : { width: Math.max(36, Math.floor(300 / labels.length)), height: 24 };
  const left = 62;
  const top = 34;
  const totals = counts.map((row) => row.reduce((sum, count) => sum + count, 0));
  return figure(
    {
      width: left + cell.width * labels.length + 2,
      height: top + cell.height * labels.length + 2,
      finding,
      table: dataTable([`${names.down} \\ ${names.across}`, ...labels.map((label) => cutAt(label, 40))], counts.map((row, actual) => [cutText(labels[actual], 40), ...row.map((count) => countText(count))])),
    },
    markup`<text class="label" x="0" y="10">${names.down} ↓</text><text class="label" x="${Math.max(left, names.down.length * 7 + 20)}" y="10">${names.across} →</text>`,
    labels.map((label, index) => markup`${fittedLabel({ x: left + cell.width * (index + 0.5), y: top - 6, text: label, width: cell.width, className: 'middle' })}${fittedLabel({ x: left - 6, y: top + cell.height * (index + 0.5) + 4, text: label, width: left - 8, className: 'end' })}`),
    counts.map((row, actual) =>
      row.map((count, predicted) => {
        const share = totals[actual] > 0 ? count / totals[actual] : 0;
        const [x, y] = [left + predicted * cell.width, top + actual * cell.height];
        return markup`<rect class="cell ${actual === predicted ? 'right' : 'wrong'} shade-${Math.ceil(shade(share))}" x="${x}" y="${y}" width="${cell.width - 2}" height="${cell.height - 2}"/>${count === 0 ? null : markup`<text class="label middle" x="${x + cell.width / 2 - 1}" y="${y + cell.height / 2 + (labels.length <= 3 ? -1 : 3)}">${countText(count)}</text>`}${labels.length <= 3 && totals[actual] > 0 ? markup`<text class="middle" x="${x + cell.width / 2 - 1}" y="${y + cell.height / 2 + 13}">${shareText(share)}</text>` : null}`;
      }),
    ),
  );
}

const shade = linearScale([0, 1], [0, 5]);

function mostConfused(labels: string[], counts: number[][], names: ConfusionNames): Markup {
  const pairs = counts.flatMap((row, actual) => row.flatMap((count, predicted) => (actual === predicted || count === 0 ? [] : [{ actual, predicted, count }]))).sort((a, b) => b.count - a.count);
  return markup`<p class="quiet">${countText(labels.length)} labels; what is confused most:</p>${dataTable([names.down, names.across, 'rows'], pairs.slice(0, confusedMax).map(({ actual, predicted, count }) => [cutText(labels[actual], 40), cutText(labels[predicted], 40), countText(count)]))}`;
}
