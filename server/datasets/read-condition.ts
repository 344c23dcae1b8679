import type { NumericVector } from '../stats/vector.ts';
import { checkExpression } from './check-expression.ts';
import type { Dataset } from './open-dataset.ts';
import { scanDataset } from './scan-dataset.ts';

/**
 * A person's SQL condition on every row, in file order: 1 where it is true, 0 where it is false, null where it is neither.
 *
 * @throws Problem `sql-invalid` for anything that is not a condition over the columns of one row
 */
export async function readCondition(dataset: Dataset, expression: string, { signal }: { signal?: AbortSignal } = {}): Promise<NumericVector> {
  const condition = await checkExpression(dataset.analysis, expression, dataset.columns);
  const values = new Float64Array(dataset.rows);
  const nulls = new Uint8Array(dataset.rows);
  let row = 0;
  for await (const { rows, columns: [column] } of scanDataset(dataset, [condition], { signal })) {
    if (column.kind !== 'numbers') throw new Error('a condition gave no truth values');
    values.set(column.values.subarray(0, rows), row);
    if (column.nulls) nulls.set(column.nulls.subarray(0, rows), row);
    row += rows;
  }
  return { kind: 'numeric', values, nulls };
}
