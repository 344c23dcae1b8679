import type { Check, CheckRule } from '../../protocol/data-quality.ts';
import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import type { Severity } from '../../protocol/measured.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import type { Column, Table } from '../stats/vector.ts';
import { outlierFences } from './outlier-fences.ts';

export interface SuggestOptions {
  /** Label column. */
  target?: string;
  /** Column that says when a row happened. */
  time?: string;
  /** Columns that together name a row. */
  key?: readonly string[];
  /** Datasets that must not share rows with the batch, known by the key: the reference, seen from a holdout. */
  overlapWith?: readonly string[];
  /** Rows of the reference: lets uniform patterns be seen in columns with many values. */
  table?: Table;
  /** Rows of the reference that repeat an earlier one, if they were counted. */
  repeatedRows?: number;
  /** Milliseconds since 1970 UTC; without it no freshness is suggested. */
  now?: number;
}

/** Below this many reference rows "none at all" proves little, and suggested limits leave room for it. */
const rowsToTrustNone = 1000;
const valuesMax = 20;
const freshnessDaysMax = 30;
/** Far out: at Tukey's customary 3 a warm month is full of outliers to a winter's reference. */
const outlierRule = { method: 'iqr', threshold: 5 } as const;

/**
 * The checks a reference asks for: what held for all of it is expected of every batch, with room for chance.
 *
 * Limits on shares are the upper end u of the reference's 99.9 % Wilson interval, u(1 − u)/4 more (a quarter of a small
 * share), and one point; "none" stays none where the reference has enough rows to say so. Ranges reach beyond the reference's extremes, since a batch has
 * extremes of its own. So a batch drawn from the same distribution passes.
 *
 * Severity: `block` for what breaks the reading of the data (columns, types, keys, infinities, an empty batch), `warn` for
 * what may be a fault or a season, `info` for habits of the source.
 */
export function suggestChecks(reference: DatasetProfile, options: SuggestOptions = {}): Check[] {
  if (reference.rows === 0) return [];
  const columns = reference.columns.filter(({ name }) => name !== options.target);
  const key = options.key ?? [];
  return [
    suggest('warn', { kind: 'row_count', ...rowBand(reference) }),
    suggest('block', { kind: 'columns', required: columns.map(({ name }) => name), ordered: true, extra: 'report' }),
    suggest('block', { kind: 'renamed' }),
    ...columns.map(({ name, type }) => suggest('block', { kind: 'type', column: name, type })),
    ...reference.columns.flatMap((column) => suggestForColumn(column, options)),
    ...suggestKeys(reference, key, options),
    ...suggestTime(reference, options),
    ...suggestLabel(reference, options.target),
    ...(key.length > 0 ? (options.overlapWith ?? []).map((dataset) => suggest('warn', { kind: 'overlap', dataset, columns: [...key] })) : []),
  ];
}

function suggest(severity: Severity, rule: CheckRule): Check {
  return { ...rule, severity, suggested: true };
}

/** Files of a reference are batches, and say how large batches are; a single file says only when one is next to nothing. */
function rowBand({ files, rows }: DatasetProfile): { min: number; max?: number } {
  const sizes = files.map((file) => file.rows).filter((size) => size > 0);
  if (sizes.length < 2) return { min: Math.max(1, Math.floor(rows / 20)) };
  return { min: Math.max(1, Math.floor(Math.min(...sizes) / 2)), max: Math.max(...sizes) * 2 };
}

function suggestForColumn(column: ColumnProfile, options: SuggestOptions): Check[] {
  if (column.kind === 'nested') return suggestPresence(column);
  const isTarget = column.name === options.target;
  return [
    ...suggestPresence(column),
    ...(isTarget ? suggestAllowedValues(column) : [...suggestAllowedValues(column), ...suggestRange(column, options), ...suggestVariation(column)]),
    ...suggestText(column, options.table?.columns.find(({ name }) => name === column.name)),
  ];
}

function suggestPresence(column: ColumnProfile): Check[] {
  const { name, rows, nulls, nans, emptyStrings, infinities } = column;
  const isFloat = /^(FLOAT|DOUBLE)$/.test(column.type);
  const checks: Check[] = nulls + nans < rows ? [suggest('warn', { kind: 'nulls', column: name, maxShare: shareLimit(nulls + nans, rows) })] : [];
  if (isFloat) checks.push(suggest('block', { kind: 'not_finite', column: name, maxShare: shareLimit(nans + infinities.positive + infinities.negative, rows) }));
  if (column.length !== null) checks.push(suggest('warn', { kind: 'empty_strings', column: name, maxShare: shareLimit(emptyStrings, rows) }));
  return checks;
}

/** What share a batch may show when `count` of the reference's rows do; rounded up to a tenth of a percent. */
function shareLimit(count: number, rows: number): number {
  if (count === 0 && rows >= rowsToTrustNone) return 0;
  const upper = wilsonInterval(count, rows, 0.999)!.high;
  return Math.min(1, Math.ceil((upper + (upper * (1 - upper)) / 4 + 0.01) * 1000) / 1000);
}

/** Suggested when all values are known and each was seen often enough that an unseen one would be news. */
function suggestAllowedValues({ name, kind, type, rows, nulls, distinct, topValues }: ColumnProfile): Check[] {
  if (kind !== 'categorical' && kind !== 'boolean') return [];
  const values = rows - nulls;
  if (!topValues || !distinct || distinct.value > valuesMax || topValues.length < distinct.value || values < 20 * distinct.value) return [];
  // The share of unseen values is about that of values seen once (Good 1953).
  const once = topValues.filter(({ count }) => count === 1).length;
  const isNumber = /INT|DOUBLE|FLOAT|DECIMAL/.test(type);
  const allowed = topValues.map(({ value }) => (kind === 'boolean' ? value === 'true' : isNumber ? Number(value) : value));
  return [suggest('warn', { kind: 'allowed_values', column: name, values: allowed, maxShare: once === 0 ? shareLimit(0, values) : shareLimit(once, values) })];
}

/**
 * Suggested for numbers: the extremes, widened by how wide the middle 98 % is, or by a tenth of it for whole numbers with
 * few values, whose extremes are borders rather than luck. Zero stays the border of what is never negative.
 */
function suggestRange(column: ColumnProfile, { time }: SuggestOptions): Check[] {
  const { name, kind, type, minimum, maximum, quantiles, rows, nulls } = column;
  const checks: Check[] = [];
  if (kind !== 'numeric' || name === time || typeof minimum !== 'number' || typeof maximum !== 'number' || !quantiles || rows - nulls < 100) return checks;
  const spread = quantiles[quantiles.length - 1] - quantiles[0];
  if (!(spread > 0)) return checks;
  const bordered = /INT/.test(type) && (column.distinct?.value ?? Infinity) <= 50;
  const room = spread * (bordered ? 0.1 : 1);
  const low = minimum >= 0 && minimum - room < 0 ? 0 : minimum - room;
  checks.push(suggest('warn', { kind: 'range', column: name, min: rounded(low, Math.floor), max: rounded(maximum + room, Math.ceil), maxShare: 0.001 }));
  if (!bordered && outlierFences(outlierRule, column).low !== null) checks.push(suggest('warn', { kind: 'outliers', column: name, ...outlierRule, maxRatio: 2 }));
  return checks;
}

/** To three significant digits, outwards. */
function rounded(value: number, direction: (value: number) => number): number {
  if (value === 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(Math.abs(value))) - 2);
  // The quotient is rounded first, so that 0.4 does not become 0.399 for being 399.99999999999994 steps.
  return Number((direction(Number((value / step).toPrecision(9))) * step).toPrecision(3));
}

/** A column that varies is expected to; one that rises or falls with time, or hardly ever varies, may well stand still. */
function suggestVariation({ name, distinct, topValues, rows, nulls, monotone }: ColumnProfile): Check[] {
  if (!distinct || distinct.value < 2 || rows - nulls < 100 || monotone === 'increasing' || monotone === 'decreasing') return [];
  if (topValues && topValues[0]?.count > 0.95 * (rows - nulls)) return [];
  return [suggest('warn', { kind: 'constant', column: name })];
}

function suggestText({ name, length, looksLike, rows, nulls, emptyStrings, distinct }: ColumnProfile, column: Column | undefined): Check[] {
  const values = rows - nulls - emptyStrings;
  if (!length || values < 100) return [];
  const checks: Check[] = [];
  if (looksLike?.number === values) checks.push(suggest('warn', { kind: 'format', column: name, format: 'number' }));
  else if (looksLike?.datetime === values) checks.push(suggest('warn', { kind: 'format', column: name, format: 'timestamp' }));
  if (emptyStrings > 0) return checks;
  const pattern = distinct && distinct.value > valuesMax ? uniformPattern(column) : null;
  if (pattern !== null) checks.push(suggest('warn', { kind: 'pattern', column: name, pattern, maxShare: shareLimit(0, values) }));
  else if (length.minimum === length.maximum) checks.push(suggest('warn', { kind: 'length', column: name, min: length.minimum, max: length.maximum, maxShare: shareLimit(0, values) }));
  return checks;
}

/** The one pattern all values have when capital letters, small letters and digits are each taken for one kind; null when they differ. */
function uniformPattern(column: Column | undefined): string | null {
  if (column?.vector.kind !== 'categorical' || column.vector.dictionary.length === 0) return null;
  const [first, ...rest] = column.vector.dictionary;
  const shape = shapeOf(first);
  if (first.length > 64 || !/[Aa0]/.test(shape) || rest.some((value) => shapeOf(value) !== shape)) return null;
  const classes: Record<string, string> = { A: '[A-Z]', a: '[a-z]', '0': '[0-9]' };
  return shape.replace(/A+|a+|0+|[^Aa0]/gu, (run) => {
    const written = classes[run[0]];
    if (written === undefined) return run.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return run.length === 1 ? written : `${written}{${run.length}}`;
  });
}

function shapeOf(value: string): string {
  return value.replace(/[A-Z]/g, 'A').replace(/[a-z]/g, 'a').replace(/[0-9]/g, '0');
}

function suggestKeys(reference: DatasetProfile, key: readonly string[], { repeatedRows }: SuggestOptions): Check[] {
  const isUnique = ({ rows, nulls, distinct }: ColumnProfile): boolean => nulls === 0 && rows >= 2 && distinct?.exact === true && distinct.value === rows;
  const unique = reference.columns.filter((column) => column.kind === 'identifier' && isUnique(column) && !(key.length === 1 && key[0] === column.name));
  const checks = unique.map(({ name }) => suggest('warn', { kind: 'unique', columns: [name] }));
  if (key.length > 0) checks.unshift(suggest('block', { kind: 'unique', columns: [...key] }));
  const repeated = repeatedRows ?? (reference.columns.some(isUnique) ? 0 : null);
  // Repeats grow with the size of a batch, so a reference with some allows for twice as many.
  if (repeated !== null) checks.push(suggest('warn', { kind: 'duplicate_rows', maxShare: repeated === 0 ? 0 : Math.min(1, 2 * shareLimit(repeated, reference.rows)) }));
  return checks;
}

function suggestTime(reference: DatasetProfile, { time, now }: SuggestOptions): Check[] {
  const ordered = reference.columns
    .filter(({ kind, monotone, distinct, rows }) => (kind === 'datetime' || kind === 'identifier') && (monotone === 'increasing' || monotone === 'decreasing') && rows >= 100 && (distinct?.value ?? 0) > 1)
    .map(({ name, monotone }) => suggest('info', { kind: 'sorted', column: name, direction: monotone === 'decreasing' ? 'decreasing' : 'increasing' }));
  const column = reference.columns.find(({ name }) => name === time);
  if (now === undefined || column?.kind !== 'datetime' || typeof column.maximum !== 'string') return ordered;
  const ageHours = (now - Date.parse(column.maximum)) / 3_600_000;
  // A reference of long ago says nothing about how fresh a batch should be.
  if (!(ageHours >= 0 && ageHours <= freshnessDaysMax * 24)) return ordered;
  return [...ordered, suggest('warn', { kind: 'freshness', column: column.name, maxAgeHours: Math.max(24, Math.ceil(2 * ageHours)), allowFutureMinutes: 5 })];
}

function suggestLabel(reference: DatasetProfile, target: string | undefined): Check[] {
  if (target === undefined || !reference.columns.some(({ name }) => name === target)) return [];
  return [suggest('warn', { kind: 'label_leakage', target }), suggest('warn', { kind: 'label_distribution', target })];
}
