import { type JsonValue, quoteIdentifier } from '../engines/duckdb.ts';
import { assertUnchanged } from './inspect-file.ts';
import type { Dataset } from './open-dataset.ts';

export interface DatasetRow {
  /** 0-based, in file order over all files of the dataset. */
  row: number;
  path: string;
  values: Record<string, JsonValue>;
}

/** Rows by their numbers, in file order. A number past the end of the data has none. */
export async function readRows(dataset: Dataset, rows: readonly number[], { signal }: { signal?: AbortSignal } = {}): Promise<DatasetRow[]> {
  if (rows.length === 0) return [];
  const { number, relation } = numberRows(dataset);
  const wanted = rows.map((row) => row + 1).join(', ');
  const found = await dataset.analysis.rows(`SELECT * FROM (${relation}) AS t WHERE ${quoteIdentifier(number)} IN (${wanted}) ORDER BY ${quoteIdentifier(number)}`, [], { signal });
  await assertUnchanged(dataset.files);
  return found.map((each) => {
    const { [number]: position, ...values } = each;
    return { row: Number(position) - 1, path: locate(dataset, Number(position)).path, values };
  });
}

/** A dataset with the position of each row, from 1, as a column under a name that is free. */
export function numberRows(dataset: Dataset): { number: string; relation: string } {
  const taken = new Set(dataset.columns.map(({ name }) => name.toLowerCase()));
  let number = 'row';
  while (taken.has(number)) number += '_';
  return { number, relation: `SELECT row_number() OVER () AS ${quoteIdentifier(number)}, * FROM ${dataset.relation}` };
}

/** The file a position lies in, and the position there; both from 1. */
export function locate(dataset: Dataset, position: number): { path: string; row: number } {
  let before = 0;
  for (const { path, rows } of dataset.files) {
    if (position <= before + rows) return { path, row: position - before };
    before += rows;
  }
  throw new Error(`row ${position} of ${before}`);
}
