import type { SliceCondition, SliceRef } from '../../protocol/evaluation.ts';
import { type Partition, describeConditions, partition, valueText } from '../stats/partition.ts';
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
