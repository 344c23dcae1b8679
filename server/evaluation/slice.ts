import type { SliceCondition, SliceRef } from '../../protocol/evaluation.ts';
import type { Column, Table } from '../stats/vector.ts';

/** A slice as it is declared. */
export type SliceDeclaration =
  /** One slice per value of a column, or per combination of values that occurs. */
  | { by: readonly string[] }
  | { name?: string; where: readonly SliceCondition[] };

/** A slice and its rows, ascending. */
export interface Slice {
  slice: SliceRef;
  rows: Uint32Array;
}

/** A numeric column with more values than this is sliced by its quartiles. */
export const SLICED_VALUES_MAX = 24;
/** Values of a column with fewer rows than this are pooled into one slice that names them, so that no row is in none. */
export const SLICE_ROWS_MIN = 100;

/**
 * Finds the rows of declared slices.
 *
 * By a single column: one slice per value, those of fewer than `SLICE_ROWS_MIN` rows pooled when there are at least two
 * of them; null and NaN are values of their own; a numeric column with many values is cut at its quartiles.
 * By several columns: one slice per combination that occurs, none pooled.
 *
 * @returns in the order of declaration, values by descending row count. A slice of columns that the table does not have
 *   is left out; a gate on it then finds nothing, which is an error.
 */
export function resolveSlices(table: Table, declarations: readonly SliceDeclaration[]): Slice[] {
  return declarations.flatMap((declaration): Slice[] => {
    if ('where' in declaration) {
      const rows = rowsWhere(table, declaration.where);
      return rows ? [{ slice: { name: declaration.name ?? describeConditions(declaration.where), where: [...declaration.where], source: 'declared' }, rows }] : [];
    }
    const columns = declaration.by.map((name) => table.columns.find((column) => column.name === name));
    const known = columns.filter((column) => column !== undefined);
    if (known.length < columns.length || known.length === 0) return [];
    const parts = known.map((column) => partition(column, table.rows));
    return known.length === 1 ? pooled(parts[0], table.rows) : crossed(parts, table.rows);
  });
}

/** Rows that meet every condition, or null when a column is not there. */
export function rowsWhere(table: Table, where: readonly SliceCondition[]): Uint32Array | null {
  const tests = where.map((condition) => {
    const column = table.columns.find(({ name }) => name === condition.column);
    return column && conditionTest(column, condition);
  });
  if (!tests.every((test) => test !== undefined)) return null;
  return Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => tests.every((test) => test(row)));
}

/** "carrier = AA", "temp ≥ 20 and < 30 and origin = JFK", "humid is missing". */
export function describeConditions(where: readonly SliceCondition[]): string {
  return where.map(describeCondition).join(' and ') || 'all rows';
}

function describeCondition({ column, value, values, low, high }: SliceCondition): string {
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

function conditionTest(column: Column, { value, values, low, high }: SliceCondition): (row: number) => boolean {
  if (value === undefined && values === undefined) {
    const { vector } = column;
    if (vector.kind !== 'numeric') return () => false;
    return (row) => vector.nulls?.[row] !== 1 && vector.values[row] >= (low ?? -Infinity) && vector.values[row] < (high ?? Infinity);
  }
  const wanted = new Set(values ?? [value ?? null]);
  const text = valueText(column);
  return (row) => wanted.has(text(row));
}

/** A row's value as a slice names it; null where it has none. */
function valueText({ vector, kind, type }: Column): (row: number) => string | null {
  if (vector.kind === 'categorical') return (row) => (vector.codes[row] < 0 ? null : vector.dictionary[vector.codes[row]]);
  return (row) => {
    if (vector.nulls?.[row] === 1) return null;
    if (vector.exact) return String(vector.exact[row]);
    if (kind === 'boolean') return String(vector.values[row] === 1);
    return type === 'FLOAT' ? shortest(vector.values[row]) : String(vector.values[row]);
  };
}

/** A column as groups: a code per row and what each code stands for; −1 where the row has no value. */
export function columnCodes(column: Column, rows: number): { codes: Int32Array; names: string[] } {
  const text = valueText(column);
  const places = new Map<string, number>();
  const codes = Int32Array.from({ length: rows }, (_, row) => {
    const value = text(row);
    if (value === null) return -1;
    const place = places.get(value) ?? places.size;
    places.set(value, place);
    return place;
  });
  return { codes, names: [...places.keys()] };
}

/** A column cut into conditions, each row in exactly one. */
export interface Partition {
  conditions: SliceCondition[];
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
  const conditions: SliceCondition[] = [...edges, undefined].map((high, index) => ({ column: name, ...(index > 0 && { low: edges[index - 1] }), ...(high !== undefined && { high }) }));
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

function pooled({ conditions, partOf }: Partition, rows: number): Slice[] {
  const slices = conditions
    .map((condition, part) => ({ where: [condition], rows: rowsOf(rows, (row) => partOf[row] === part) }))
    .filter((slice) => slice.rows.length > 0)
    .sort((a, b) => b.rows.length - a.rows.length);
  const small = slices.filter(({ rows, where: [{ value }] }) => rows.length < SLICE_ROWS_MIN && value !== undefined);
  if (small.length < 2) return slices.map(declaredSlice);
  const others = new Set(small);
  const values = small.map(({ where: [{ value }] }) => value ?? null).sort((a, b) => ((a ?? '') < (b ?? '') ? -1 : 1));
  const pool = { where: [{ column: small[0].where[0].column, values }], rows: small.reduce((all, { rows }) => Uint32Array.of(...all, ...rows), new Uint32Array()).sort() };
  return [...slices.filter((slice) => !others.has(slice)), pool].map(declaredSlice);
}

function crossed(parts: readonly Partition[], rows: number): Slice[] {
  const members = new Map<string, number[]>();
  for (let row = 0; row < rows; row++) {
    const key = parts.map(({ partOf }) => partOf[row]).join();
    const member = members.get(key);
    if (member) member.push(row);
    else members.set(key, [row]);
  }
  return [...members]
    .map(([key, rows]) => ({ where: key.split(',').map((part, index) => parts[index].conditions[Number(part)]), rows: Uint32Array.from(rows) }))
    .sort((a, b) => b.rows.length - a.rows.length)
    .map(declaredSlice);
}

function declaredSlice({ where, rows }: { where: SliceCondition[]; rows: Uint32Array }): Slice {
  return { slice: { name: describeConditions(where), where, source: 'declared' }, rows };
}

function rowsOf(rows: number, test: (row: number) => boolean): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, row) => row).filter(test);
}
