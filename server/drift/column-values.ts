import { sortValues } from '../stats/sort.ts';
import type { CategoricalVector, Column, NumericVector, Vector } from '../stats/vector.ts';

/** A numeric column without its missing rows. */
export interface NumericValues {
  /** Ascending; −∞ and +∞ are kept at the ends. */
  sorted: Float64Array;
  /** The part of `sorted` that is finite: a view, not a copy. */
  finite: Float64Array;
}

/**
 * Sorts a numeric column once; every statistic of the column is read off the result.
 *
 * @param vector nulls and NaN are missing and left out; ±∞ are values
 */
export function numericValues(vector: NumericVector): NumericValues {
  const { sorted } = sortValues(vector.values, vector.nulls);
  let first = 0;
  while (first < sorted.length && sorted[first] === -Infinity) first++;
  let last = sorted.length;
  while (last > first && sorted[last - 1] === Infinity) last--;
  return { sorted, finite: sorted.subarray(first, last) };
}

/**
 * Rows by category. "" is a category of its own; null, and NaN where the source is numeric, are left out.
 *
 * @param column a boolean held as numbers is read as "false" and "true", any other number by its shortest decimal form
 */
export function categoryCounts(column: Pick<Column, 'kind' | 'vector'>): Map<string, number> {
  return column.vector.kind === 'categorical' ? countCodes(column.vector) : countNumbers(column.vector, column.kind === 'boolean');
}

/** Number of rows that hold a value: neither null nor NaN. */
export function rowsWithValue(vector: Vector): number {
  let count = 0;
  if (vector.kind === 'categorical') {
    for (const code of vector.codes) if (code >= 0) count++;
    return count;
  }
  for (let row = 0; row < vector.values.length; row++) if (holdsValue(vector, row)) count++;
  return count;
}

function holdsValue({ values, nulls }: NumericVector, row: number): boolean {
  return values[row] === values[row] && !(nulls !== undefined && nulls[row] === 1);
}

function countCodes({ codes, dictionary }: CategoricalVector): Map<string, number> {
  const byCode = new Float64Array(dictionary.length);
  for (const code of codes) if (code >= 0) byCode[code]++;
  const counts = new Map<string, number>();
  for (let code = 0; code < byCode.length; code++) if (byCode[code] > 0) counts.set(dictionary[code], byCode[code]);
  return counts;
}

function countNumbers(vector: NumericVector, boolean: boolean): Map<string, number> {
  const counts = new Map<string, number>();
  for (let row = 0; row < vector.values.length; row++) {
    if (!holdsValue(vector, row)) continue;
    const value = vector.values[row];
    const category = boolean ? String(value !== 0) : vector.exact ? String(vector.exact[row]) : String(value === 0 ? 0 : value);
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  return counts;
}
