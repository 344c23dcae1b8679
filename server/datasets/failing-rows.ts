import type { JsonValue } from '../engines/duckdb.ts';
import { Problem } from '../problem.ts';
import { assertUnchanged } from './inspect-file.ts';
import type { Dataset } from './open-dataset.ts';
import { locate, numberRows } from './read-rows.ts';

/** A boolean SQL condition over one row of a dataset, whose relation it calls `t`. Made by `row-condition.ts` only. */
export type RowCondition = string & { readonly row: true };

export interface FailingRows {
  /** Rows for which the condition is true, of all. */
  count: number;
  of: number;
  rows: FailingRow[];
}

export interface FailingRow {
  path: string;
  /** Position among the data rows of its file, from 1. */
  row: number;
  values: Record<string, JsonValue>;
}

/** How many rows meet a condition, and the first of them in file order. */
export async function findFailingRows(dataset: Dataset, condition: RowCondition, { first = 20, signal }: { first?: number; signal?: AbortSignal } = {}): Promise<FailingRows> {
  const count = await countRows(dataset, condition, { signal });
  if (count === 0) return { count, of: dataset.rows, rows: [] };
  const { number, relation } = numberRows(dataset);
  const found = await dataset.analysis.rows(`SELECT * FROM (${relation}) AS t WHERE ${condition} LIMIT ${Math.max(0, Math.floor(first))}`, [], { signal });
  await assertUnchanged(dataset.files);
  return {
    count,
    of: dataset.rows,
    rows: found.map((values) => {
      const { [number]: position, ...rest } = values;
      return { ...locate(dataset, Number(position)), values: rest };
    }),
  };
}

export async function countRows(dataset: Dataset, condition: RowCondition, { signal }: { signal?: AbortSignal } = {}): Promise<number> {
  try {
    const [row] = await dataset.analysis.rows(`SELECT count(*) AS n FROM ${dataset.relation} AS t WHERE ${condition}`, [], { signal });
    return Number(row.n);
  } catch (error) {
    signal?.throwIfAborted();
    const message = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Problem('sql-invalid', `${dataset.name}: ${message}`, { cause: error });
  }
}
