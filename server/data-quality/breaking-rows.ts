import type { Check, CheckRule } from '../../protocol/data-quality.ts';
import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import type { Measurement } from '../../protocol/measurements.ts';
import { outlierFences } from './outlier-fences.ts';
import { type StoredTypeFamily, typeFamily } from './type-family.ts';

/** What the rows that break a check are compared with and looked up in. */
export interface BreakingRowsContext {
  profile: DatasetProfile;
  reference?: DatasetProfile;
  /** Milliseconds since 1970 UTC. */
  now: number;
}

/**
 * The question whose answer is the rows that break a check.
 *
 * @param id of the check, which becomes the id of the measurement
 * @returns null when rows are not what fails (the schema, a distribution), or when the rows cannot be told: outlier fences
 *   without a spread, a type whose values all read as another
 */
export function breakingRows(id: string, check: Check, { profile, reference, now }: BreakingRowsContext): Measurement | null {
  switch (check.kind) {
    case 'row_count':
    case 'columns':
    case 'renamed':
    case 'constant':
    case 'label_leakage':
    case 'label_distribution':
      return null;
    case 'type': {
      const format = unreadableAs(check.type, profile.columns.find(({ name }) => name === check.column)?.type);
      return format === null ? null : { id, kind: 'rows_breaking', rule: { kind: 'format', column: check.column, format } };
    }
    case 'freshness': {
      const latest = new Date(now + (check.allowFutureMinutes ?? 0) * 60_000).toISOString();
      return { id, kind: 'rows_breaking', rule: { kind: 'range', column: check.column, max: latest } };
    }
    case 'outliers': {
      const fences = outlierFences(check, (reference ?? profile).columns.find(({ name }) => name === check.column));
      return fences.low === null ? null : { id, kind: 'rows_beyond', column: check.column, low: fences.low, high: fences.high };
    }
    case 'sorted':
      return { id, kind: 'rows_out_of_order', column: check.column, direction: check.direction, strict: check.strict ?? false };
    case 'nulls':
    case 'not_finite':
    case 'empty_strings':
    case 'unique':
    case 'duplicate_rows':
    case 'range':
    case 'allowed_values':
    case 'pattern':
    case 'length':
    case 'format':
    case 'late_rows':
    case 'expression':
    case 'references':
    case 'overlap':
      return { id, kind: 'rows_breaking', rule: check };
  }
}

/**
 * Why a rule about numbers cannot be applied to a column, whose type is then the finding.
 *
 * @returns null when it can
 */
export function reasonNotNumeric(check: Check, column: ColumnProfile | undefined): string | null {
  const aboutNumbers = check.kind === 'outliers' || check.kind === 'not_finite' || (check.kind === 'range' && (typeof check.min === 'number' || typeof check.max === 'number'));
  if (!aboutNumbers || !column) return null;
  return ['integer', 'float', 'decimal', 'timestamp', 'date', 'time'].includes(typeFamily(column.type)) ? null : `${column.name} is ${column.type}, not a number`;
}

/** Text that arrived where another type was expected: what its values should at least read as. */
function unreadableAs(expected: string, found: string | undefined): Extract<CheckRule, { kind: 'format' }>['format'] | null {
  if (found === undefined || typeFamily(found) !== 'text') return null;
  switch (typeFamily(expected)) {
    case 'integer':
      return 'integer';
    case 'float':
    case 'decimal':
      return 'number';
    case 'date':
      return 'date';
    case 'timestamp':
      return 'timestamp';
    case 'boolean':
    case 'time':
    case 'text':
    case 'other':
      return null;
  }
}

/**
 * How many rows break a check, where the profile already says so.
 *
 * @param columns those the check needs, in its order; empty when they are not there
 * @returns null when the rows have to be asked
 */
export function breakingRowsInProfile(check: Check, columns: readonly ColumnProfile[]): number | null {
  const [column] = columns;
  if (!column) return null;
  if (check.kind === 'unique' && check.columns.length > 1) return columns.some(isKey) ? 0 : null;
  switch (check.kind) {
    case 'unique':
      return column.distinct?.exact ? column.rows - column.nulls - column.distinct.value : null;
    case 'nulls':
      return (check.counts ?? ['null', 'nan']).reduce((rows, counted) => rows + missingOf(column, counted), 0);
    case 'not_finite':
      return column.nans + column.infinities.positive + column.infinities.negative;
    case 'empty_strings':
      return column.emptyStrings;
    case 'length':
      if (!column.length) return null;
      return column.length.minimum >= (check.min ?? 0) && column.length.maximum <= (check.max ?? Infinity) ? 0 : null;
    case 'range':
      return numbersWithin(column, check.min, check.max) ? 0 : null;
    case 'allowed_values':
      return rowsNotAmong(column, check.values);
    case 'sorted':
      return !check.strict && (column.monotone === check.direction || column.monotone === 'constant') ? 0 : null;
    default:
      return null;
  }
}

/** Rows that differ in one column differ in every set of columns that has it. */
function isKey({ rows, nulls, distinct }: ColumnProfile): boolean {
  return nulls === 0 && distinct !== null && distinct.exact && distinct.value === rows;
}

/** Null unless the profile lists every value as the rule writes it: not rounded, and not cut, as long text is. */
function rowsNotAmong({ type, distinct, topValues }: ColumnProfile, allowed: readonly (string | number | boolean)[]): number | null {
  if (!distinct?.exact || topValues?.length !== distinct.value) return null;
  if (allowed.some((value) => typeof value !== writtenAs[typeFamily(type)]) || topValues.some(({ value }) => value.endsWith('…'))) return null;
  const texts = new Set(allowed.map(String));
  return topValues.reduce((rows, { value, count }) => (texts.has(value) ? rows : rows + count), 0);
}

/** What a rule gives for a type whose values are written one way only. */
const writtenAs: Partial<Record<StoredTypeFamily, string>> = { integer: 'number', text: 'string', boolean: 'boolean' };

function missingOf(column: ColumnProfile, counted: 'null' | 'nan' | 'empty' | 'infinite'): number {
  switch (counted) {
    case 'null':
      return column.nulls;
    case 'nan':
      return column.nans;
    case 'empty':
      return column.emptyStrings;
    case 'infinite':
      return column.infinities.positive + column.infinities.negative;
  }
}

function numbersWithin(column: ColumnProfile, min: number | string | undefined, max: number | string | undefined): boolean {
  const { minimum, maximum, infinities, nans } = column;
  if (typeof minimum !== 'number' || typeof maximum !== 'number' || infinities.positive + infinities.negative + nans > 0) return false;
  const above = min === undefined || (typeof min === 'number' && minimum >= min);
  return above && (max === undefined || (typeof max === 'number' && maximum <= max));
}
