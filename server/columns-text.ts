import { pc } from './colours.ts';
import { countText, numberText, shareText } from '../protocol/number-text.ts';
import type { ColumnProfile, DatasetProfile } from '../protocol/datasets.ts';
import { table } from './terminal.ts';

/** What each column of a batch holds, for a person who has nothing yet to compare it with. */
export function columnsText({ columns }: DatasetProfile): string {
  return table(['column', 'type', 'missing', 'different', 'from', 'to', 'most frequent'], columns.map((column) => [
    column.name,
    column.type.toLowerCase(),
    missingText(column),
    column.distinct === null ? '' : `${column.distinct.exact ? '' : '~'}${countText(column.distinct.value)}`,
    endText(column.minimum),
    endText(column.maximum),
    pc.dim((column.topValues ?? []).filter(({ count }) => count > 1).slice(0, 3).map(({ value, count }) => `${cut(value)} (${countText(count)})`).join(', ')),
  ])).join('\n');
}

/** Nulls, NaN, infinities and empty text are different faults, but each is a value that is not there. */
function missingText({ rows, nulls, nans, infinities, emptyStrings }: ColumnProfile): string {
  const missing = nulls + nans + infinities.positive + infinities.negative + emptyStrings;
  return missing === 0 || rows === 0 ? '' : `${countText(missing)} (${shareText(missing / rows)})`;
}

function endText(end: number | string | null): string {
  return end === null ? '' : typeof end === 'number' ? numberText(end) : cut(end);
}

function cut(text: string): string {
  return text.length > 24 ? `${text.slice(0, 23)}…` : text;
}
