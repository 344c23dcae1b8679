import type { RowTable } from '../protocol/workspace.ts';
import type { DatasetRow } from './datasets/read-rows.ts';

/** Rows as they leave the server: values that are no plain ones are written out. */
export function rowTable(rows: readonly DatasetRow[], total: number, nameOf: (path: string) => string): RowTable {
  const columns = Object.keys(rows[0]?.values ?? {});
  return { columns, rows: rows.map(({ row, path, values }) => ({ row, path: nameOf(path), values: columns.map((column) => plain(values[column])) })), total };
}

function plain(value: unknown): string | number | boolean | null {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value);
}
