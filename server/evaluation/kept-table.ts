import type { Column, Table, Vector } from '../stats/vector.ts';

/** The judged rows of a table, in order; a table without columns when there is none. */
export function keptTable(table: Table | undefined, kept: Uint32Array): Table {
  const columns = (table?.columns ?? []).map((column): Column => ({ ...column, vector: keptVector(column.vector, kept) }));
  return { rows: kept.length, columns };
}

function keptVector(vector: Vector, kept: Uint32Array): Vector {
  if (vector.kind === 'categorical') return { ...vector, codes: Int32Array.from(kept, (row) => vector.codes[row]) };
  const { values, nulls, exact } = vector;
  return {
    kind: 'numeric',
    values: Float64Array.from(kept, (row) => values[row]),
    ...(nulls && { nulls: Uint8Array.from(kept, (row) => nulls[row]) }),
    ...(exact && { exact: exact instanceof BigInt64Array ? BigInt64Array.from(kept, (row) => exact[row]) : BigUint64Array.from(kept, (row) => exact[row]) }),
  };
}
