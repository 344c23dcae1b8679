import type { CheckRule } from '../../protocol/data-quality.ts';
import { quoteIdentifier, quoteLiteral } from '../engines/duckdb.ts';
import { checkExpression } from './check-expression.ts';
import { type DatasetColumn, familyOf } from './column-type.ts';
import { countRows, type RowCondition } from './failing-rows.ts';
import { type Dataset, pickColumns } from './open-dataset.ts';

/**
 * The rows that break a rule, as SQL; null where it is not single rows that break it (counts, columns, distributions) or
 * where what breaks it was computed elsewhere (outliers: ask for the range that was found).
 *
 * @param others datasets that a rule may name
 */
export async function conditionOf(rule: CheckRule, dataset: Dataset, others: ReadonlyMap<string, Dataset>): Promise<RowCondition | null> {
  switch (rule.kind) {
    case 'nulls':
      return missing(column(dataset, rule.column), rule.counts ?? ['null', 'nan']);
    case 'not_finite':
      return missing(column(dataset, rule.column), ['nan', 'infinite']);
    case 'empty_strings':
      return missing(column(dataset, rule.column), ['empty']);
    case 'unique':
      return duplicated(dataset, rule.columns);
    case 'duplicate_rows':
      return duplicated(dataset, dataset.columns.map(({ name }) => name));
    case 'range':
      return outside(column(dataset, rule.column), rule.min, rule.max);
    case 'allowed_values': {
      const at = column(dataset, rule.column);
      const values = rule.values.map((value) => literalFor(at, value)).join(', ');
      return rowCondition(values === '' ? `${reference(at)} IS NOT NULL` : `${reference(at)} NOT IN (${values})`);
    }
    case 'pattern':
      return rowCondition(`NOT regexp_matches(CAST(${reference(column(dataset, rule.column))} AS VARCHAR), ${quoteLiteral(rule.pattern)})`);
    case 'length':
      return outside({ expression: `length(CAST(${reference(column(dataset, rule.column))} AS VARCHAR))`, type: 'BIGINT' }, rule.min, rule.max);
    case 'format':
      return malformed(column(dataset, rule.column), rule.format);
    case 'late_rows':
      return outside(column(dataset, rule.column), rule.notBefore, undefined);
    case 'expression': {
      const holds = await checkExpression(dataset.analysis, rule.expression, dataset.columns);
      // As SQL's own CHECK: a condition that nulls leave unknown is not broken.
      return rowCondition(`NOT coalesce(${holds}, TRUE)`);
    }
    case 'references':
      return unmatched(dataset, rule.column, other(others, rule.dataset), rule.inColumn);
    case 'overlap':
      return overlapping(dataset, other(others, rule.dataset), rule.columns ?? sharedColumns(dataset, other(others, rule.dataset)));
    case 'row_count':
    case 'columns':
    case 'type':
    case 'renamed':
    case 'freshness':
    case 'outliers':
    case 'sorted':
    case 'constant':
    case 'label_leakage':
    case 'label_distribution':
      return null;
  }
}

/** Rows that share all the given values with another row. Nulls are alike, as in GROUP BY. */
export function duplicated(dataset: Dataset, columns: readonly string[]): RowCondition {
  const names = pickColumns(dataset, columns).map(({ name }) => quoteIdentifier(name));
  const groups = `SELECT ${names.join(', ')} FROM ${dataset.relation} GROUP BY ALL HAVING count(*) > 1`;
  return rowCondition(`EXISTS (SELECT 1 FROM (${groups}) AS o WHERE ${names.map((name) => `t.${name} IS NOT DISTINCT FROM o.${name}`).join(' AND ')})`);
}

/** Rows beyond the first of each group of equal ones: what would go if the dataset were made unique. */
export async function countDuplicates(dataset: Dataset, columns: readonly string[], { signal }: { signal?: AbortSignal } = {}): Promise<{ rows: number; groups: number; of: number }> {
  const names = pickColumns(dataset, columns).map(({ name }) => quoteIdentifier(name)).join(', ');
  // Rows are grouped by hash first: 8 bytes a row instead of the row. Only those whose hash is not alone are compared in full.
  const [row] = await dataset.analysis.rows(
    `WITH shared AS (SELECT hash(${names}) AS k FROM ${dataset.relation} GROUP BY k HAVING count(*) > 1),
          equal AS (SELECT count(*) AS n FROM (SELECT * FROM ${dataset.relation}) AS t SEMI JOIN shared ON hash(${names}) = shared.k GROUP BY ${names} HAVING n > 1)
     SELECT coalesce(sum(n - 1), 0) AS rows, count(*) AS groups FROM equal`,
    [],
    { signal },
  );
  return { rows: Number(row.rows), groups: Number(row.groups), of: dataset.rows };
}

/** Rows whose values in the given columns are also those of a row of the other dataset. Rows with nothing but nulls there are not. */
export function overlapping(dataset: Dataset, other: Dataset, columns: readonly string[]): RowCondition {
  const mine = pickColumns(dataset, columns);
  const theirs = pickColumns(other, columns);
  const equal = mine.map((each, index) => {
    const [left, right] = comparable(each, theirs[index]);
    return `${left} IS NOT DISTINCT FROM ${right}`;
  });
  const filled = mine.map(({ name }) => `t.${quoteIdentifier(name)} IS NOT NULL`).join(' OR ');
  return rowCondition(`(${filled}) AND EXISTS (SELECT 1 FROM ${other.relation} AS o WHERE ${equal.join(' AND ')})`);
}

export async function countOverlap(dataset: Dataset, other: Dataset, columns: readonly string[], options: { signal?: AbortSignal } = {}): Promise<{ rows: number; of: number }> {
  return { rows: await countRows(dataset, overlapping(dataset, other, columns), options), of: dataset.rows };
}

/** Rows with a value that the other dataset does not have. */
export function unmatched(dataset: Dataset, name: string, other: Dataset, inName: string): RowCondition {
  const mine = column(dataset, name);
  const [left, right] = comparable(mine, column(other, inName));
  return rowCondition(`t.${quoteIdentifier(name)} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ${other.relation} AS o WHERE ${right} = ${left})`);
}

function other(others: ReadonlyMap<string, Dataset>, name: string): Dataset {
  const found = others.get(name);
  if (!found) throw new Error(`dataset ${name} is not open`);
  return found;
}

function sharedColumns(dataset: Dataset, other: Dataset): string[] {
  const theirs = new Set(other.columns.map(({ name }) => name));
  return dataset.columns.map(({ name }) => name).filter((name) => theirs.has(name));
}

function column(dataset: Dataset, name: string): DatasetColumn {
  return pickColumns(dataset, [name])[0];
}

function rowCondition(sql: string): RowCondition {
  return sql as RowCondition;
}

function reference({ name }: DatasetColumn): string {
  return `t.${quoteIdentifier(name)}`;
}

/** A number and a text are compared as text: the same key is often one in one file and the other in the next. */
function comparable(mine: DatasetColumn, theirs: DatasetColumn): [string, string] {
  const [left, right] = [`t.${quoteIdentifier(mine.name)}`, `o.${quoteIdentifier(theirs.name)}`];
  return familyOf(mine.type) === familyOf(theirs.type) ? [left, right] : [`CAST(${left} AS VARCHAR)`, `CAST(${right} AS VARCHAR)`];
}

function missing(at: DatasetColumn, counts: readonly ('null' | 'nan' | 'empty' | 'infinite')[]): RowCondition {
  const value = reference(at);
  const floating = at.type === 'DOUBLE' || at.type === 'FLOAT';
  const parts = counts.flatMap((what) => {
    switch (what) {
      case 'null':
        return [`${value} IS NULL`];
      case 'nan':
        return floating ? [`isnan(${value})`] : [];
      case 'infinite':
        return floating || familyOf(at.type) === 'time' ? [`isinf(${value})`] : [];
      case 'empty':
        return familyOf(at.type) === 'text' ? [`CAST(${value} AS VARCHAR) = ''`] : [];
    }
  });
  return rowCondition(parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`);
}

/** NaN lies outside of every range, although DuckDB sorts it above infinity. */
function outside(at: DatasetColumn | { expression: string; type: string }, minimum: number | string | undefined, maximum: number | string | undefined): RowCondition {
  const value = 'expression' in at ? at.expression : reference(at);
  const parts: string[] = [];
  if (minimum !== undefined) parts.push(`${value} < ${literalFor(at, minimum)}`);
  if (maximum !== undefined) parts.push(`${value} > ${literalFor(at, maximum)}`);
  if (parts.length > 0 && (at.type === 'DOUBLE' || at.type === 'FLOAT')) parts.push(`isnan(${value})`);
  return rowCondition(parts.length === 0 ? 'FALSE' : `(${parts.join(' OR ')})`);
}

function literalFor({ type }: { type: string }, value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  if (typeof value === 'number' && Number.isFinite(value) && familyOf(type) === 'number') return String(value);
  const text = quoteLiteral(String(value));
  // A bound such as 0.5 for an integer column must not be rounded to the column's type.
  return familyOf(type) === 'number' ? `CAST(${text} AS DOUBLE)` : `CAST(${text} AS ${familyOf(type) === 'text' ? 'VARCHAR' : type})`;
}

const castOfFormat = { number: 'DOUBLE', date: 'DATE', timestamp: 'TIMESTAMP', uuid: 'UUID' } as const;

function malformed(at: DatasetColumn, format: Extract<CheckRule, { kind: 'format' }>['format']): RowCondition {
  const text = `CAST(${reference(at)} AS VARCHAR)`;
  switch (format) {
    case 'integer':
      return rowCondition(`NOT regexp_full_match(${text}, '\\s*[-+]?[0-9]+\\s*')`);
    case 'json':
      return rowCondition(`NOT json_valid(${text})`);
    case 'email':
      return rowCondition(`NOT regexp_full_match(${text}, '[^@\\s]+@[^@\\s]+\\.[^@\\s]+')`);
    case 'number':
    case 'date':
    case 'timestamp':
    case 'uuid':
      return rowCondition(`${text} IS NOT NULL AND TRY_CAST(${text} AS ${castOfFormat[format]}) IS NULL`);
  }
}
