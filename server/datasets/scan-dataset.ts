import { type Chunk, SqlError } from '../engines/duckdb.ts';
import { Problem } from '../problem.ts';
import { assertUnchanged } from './inspect-file.ts';
import type { Dataset } from './open-dataset.ts';

/** Expressions over every row, or the first `limit`, in file order. Ends well only when as many rows came as the files declare, from files that stayed the same. */
export async function* scanDataset(
  dataset: Dataset,
  expressions: readonly string[],
  { signal, limit = dataset.rows }: { signal?: AbortSignal; limit?: number } = {},
): AsyncGenerator<Chunk, void, undefined> {
  const expected = Math.min(limit, dataset.rows);
  const tail = expected < dataset.rows ? ` LIMIT ${expected}` : '';
  let rows = 0;
  await assertUnchanged(dataset.files);
  try {
    for await (const chunk of dataset.analysis.stream(`SELECT ${expressions.join(', ')} FROM ${dataset.relation}${tail}`, [], { signal })) {
      rows += chunk.rows;
      if (rows > expected) break;
      yield chunk;
    }
  } catch (error) {
    await assertUnchanged(dataset.files);
    throw unreadableData(dataset, error);
  }
  await assertUnchanged(dataset.files);
  if (rows !== expected) throw new Problem('dataset-corrupt', `${dataset.name} yields ${rows > expected ? 'more' : `only ${rows}`} of the ${expected} rows it declares`);
}

/** What DuckDB says of a file that passed all checks and still cannot be decoded. Anything else stays what it is. */
export function unreadableData(dataset: Dataset, error: unknown): unknown {
  if (!(error instanceof SqlError)) return error;
  const path = dataset.files.length === 1 ? dataset.files[0].path : undefined;
  return new Problem('dataset-corrupt', `${dataset.name}: ${error.message.split('\n')[0]}`, { cause: error, where: { path } });
}
