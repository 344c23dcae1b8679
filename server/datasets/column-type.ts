import type { ColumnKind } from '../../protocol/datasets.ts';
import { quoteIdentifier } from '../engines/duckdb.ts';

export interface DatasetColumn {
  name: string;
  /** As DuckDB names it: BIGINT, DECIMAL(10,2), TIMESTAMP WITH TIME ZONE, STRUCT(a INTEGER). */
  type: string;
}

/** What values of a type are to the rest of the program. */
export type TypeFamily = 'number' | 'boolean' | 'time' | 'text' | 'nested';

const integers = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const instants = /^(DATE|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/;

export function familyOf(type: string): TypeFamily {
  if (/(\[\d*\]|^(STRUCT|MAP|UNION)\(.*\)|^JSON|^VARIANT)$/s.test(type)) return 'nested';
  if (integers.test(type) || /^(FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|TIME|TIME_NS|TIME WITH TIME ZONE|INTERVAL)$/.test(type)) return 'number';
  if (type === 'BOOLEAN') return 'boolean';
  if (instants.test(type)) return 'time';
  return 'text';
}

/** Whether a double may round a value of this type: its minimum, maximum and number of different values then come from SQL. */
export function isWide(type: string): boolean {
  const decimal = /^DECIMAL\((\d+),\d+\)$/.exec(type);
  return /^U?(BIGINT|HUGEINT)$/.test(type) || (decimal !== null && Number(decimal[1]) > 15);
}

export function isInteger(type: string): boolean {
  return integers.test(type);
}

/** The kind that a type alone suggests; the profile looks at the values, too. */
export function kindOfType(type: string): ColumnKind {
  if (type === 'UUID') return 'identifier';
  switch (familyOf(type)) {
    case 'number':
      return 'numeric';
    case 'boolean':
      return 'boolean';
    case 'time':
      return 'datetime';
    case 'text':
      return 'categorical';
    case 'nested':
      return 'nested';
  }
}

/** SQL that turns a column into one of the types that can be streamed. Times of day and intervals become milliseconds, nested values JSON text. */
export function streamed({ name, type }: DatasetColumn): string {
  const column = quoteIdentifier(name);
  if (/^U?HUGEINT$|^DECIMAL/.test(type)) return `CAST(${column} AS DOUBLE)`;
  if (/^(TIME|TIME_NS)$/.test(type)) return `epoch_us(CAST(${column} AS TIME)) / 1000.0`;
  if (type === 'TIME WITH TIME ZONE') return `epoch_us(CAST(${column} AS TIME)) / 1000.0`;
  if (type === 'INTERVAL') return `epoch(${column}) * 1000.0`;
  if (familyOf(type) === 'nested') return `CAST(to_json(${column}) AS VARCHAR)`;
  if (familyOf(type) === 'text' && type !== 'VARCHAR') return `CAST(${column} AS VARCHAR)`;
  return column;
}
