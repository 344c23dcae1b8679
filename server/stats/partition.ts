import type { Column } from './vector.ts';

/** One column's part in a slice: a value (null for the rows without one), several values pooled, or a half-open range. */
export interface Condition {
  column: string;
  value?: string | null;
  values?: (string | null)[];
  /** Inclusive. */
  low?: number;
  /** Exclusive. */
  high?: number;
}

/** A numeric column with more values than this is sliced by its quartiles. */
const SLICED_VALUES_MAX = 24;

/** A column cut into conditions, each row in exactly one. */
export interface Partition {
  conditions: Condition[];
  /** Index of its condition per row. */
  partOf: Int32Array;
}

/** Cuts a column into its values, or into quartiles when it is numeric and has many; null and NaN stand apart. */
export function partition(column: Column, rows: number): Partition {
  const text = valueText(column);
  const places = new Map<string | null, number>();
  const partOf = Int32Array.from({ length: rows }, (_, row) => {
    const value = text(row);
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return place;
  });
  if (column.vector.kind === 'numeric' && column.kind !== 'boolean' && places.size > SLICED_VALUES_MAX) return quartiles(column.name, column.vector, rows);
  return { conditions: [...places.keys()].map((value) => ({ column: column.name, value })), partOf };
}

function quartiles(name: string, { values, nulls }: Extract<Column['vector'], { kind: 'numeric' }>, rows: number): Partition {
  const finite = values.filter((value, row) => nulls?.[row] !== 1 && Number.isFinite(value)).sort();
  // An edge is a value of the column, so that it reads as people write it.
  const edges = [0.25, 0.5, 0.75].map((share) => finite[Math.floor(share * finite.length)]).filter((edge, index, all) => index === 0 || edge > all[index - 1]);
  const conditions: Condition[] = [...edges, undefined].map((high, index) => ({ column: name, ...(index > 0 && { low: edges[index - 1] }), ...(high !== undefined && { high }) }));
  const [missing, notANumber] = [conditions.length, conditions.length + 1];
  conditions.push({ column: name, value: null }, { column: name, value: 'NaN' });
  const partOf = Int32Array.from({ length: rows }, (_, row) => {
    if (nulls?.[row] === 1) return missing;
    if (Number.isNaN(values[row])) return notANumber;
    const above = edges.findIndex((edge) => values[row] < edge);
    return above < 0 ? edges.length : above;
  });
  return { conditions, partOf };
}

/** A row's value as a slice names it; null where it has none. */
export function valueText({ vector, kind, type }: Column): (row: number) => string | null {
  if (vector.kind === 'categorical') return (row) => (vector.codes[row] < 0 ? null : vector.dictionary[vector.codes[row]]);
  return (row) => {
    if (vector.nulls?.[row] === 1) return null;
    if (vector.exact) return String(vector.exact[row]);
    if (kind === 'boolean') return String(vector.values[row] === 1);
    return type === 'FLOAT' ? shortest(vector.values[row]) : String(vector.values[row]);
  };
}

/** "carrier = AA", "temp ≥ 20 and < 30 and origin = JFK", "humid is missing". */
export function describeConditions(where: readonly Condition[]): string {
  return where.map(describeCondition).join(' and ') || 'all rows';
}

function describeCondition({ column, value, values, low, high }: Condition): string {
  if (values !== undefined) {
    const names = values.map((each) => each ?? 'missing');
    return `${column} = other (${names.length > 6 ? `${names.length} values` : names.join(', ')})`;
  }
  if (value === null) return `${column} is missing`;
  if (value !== undefined) return `${column} = ${value}`;
  const ends = [low === undefined ? '' : `≥ ${shortest(low)}`, high === undefined ? '' : `< ${shortest(high)}`].filter((end) => end !== '');
  return `${column} ${ends.join(' and ')}`;
}

/** The fewest digits that name the same number, also where it was stored in 32 bits: 69.9800033569336 → "69.98". */
function shortest(value: number): string {
  if (Math.fround(value) !== value) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
