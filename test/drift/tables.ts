import type { DatasetRef } from '../../protocol/measured.ts';
import type { DriftInput } from '../../server/drift/detect-drift.ts';
import { createRandom } from '../../server/stats/random.ts';
import type { Column, ColumnKind, Table } from '../../server/stats/vector.ts';

/** A column from plain values: numbers make a numeric vector, text a categorical one, null is null. */
export function column(name: string, values: (number | string | null)[], kind?: ColumnKind): Column {
  if (values.some((value) => typeof value === 'string') || (kind !== undefined && kind !== 'numeric' && kind !== 'datetime')) {
    const dictionary: string[] = [];
    const codes = Int32Array.from(values, (value) => {
      if (value === null) return -1;
      const known = dictionary.indexOf(String(value));
      return known >= 0 ? known : dictionary.push(String(value)) - 1;
    });
    return { name, kind: kind ?? 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', codes, dictionary } };
  }
  const nulls = Uint8Array.from(values, (value) => (value === null ? 1 : 0));
  const vector = { kind: 'numeric', values: Float64Array.from(values, (value) => Number(value ?? 0)), ...(nulls.includes(1) && { nulls }) } as const;
  return { name, kind: kind ?? 'numeric', type: 'DOUBLE', vector };
}

export function repeat<Value>(...runs: [Value, number][]): Value[] {
  return runs.flatMap(([value, times]) => new Array<Value>(times).fill(value));
}

/** Normal values, the same for the same label. */
export function normals(label: string, rows: number, mean = 0, deviation = 1): number[] {
  const random = createRandom(label);
  return Array.from({ length: rows }, () => mean + deviation * random.normal());
}

export function input(reference: Column[], current: Column[]): DriftInput {
  return { reference: side('reference', reference), current: side('current', current) };
}

function side(name: string, columns: Column[]): { dataset: DatasetRef; table: Table } {
  const [first] = columns;
  const rows = first === undefined ? 0 : first.vector.kind === 'numeric' ? first.vector.values.length : first.vector.codes.length;
  return { dataset: { name, files: [`${name}.parquet`], digest: name, rows }, table: { rows, columns } };
}
