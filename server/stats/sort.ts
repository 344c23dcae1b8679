/** A column's values in ascending order, and what was left out. */
export interface SortedValues {
  /** Ascending by value: −∞ first, −0 before +0, ∞ last; no NaN. */
  sorted: Float64Array;
  /** Values that are NaN, left out of `sorted`. */
  nan: number;
  /** Rows that are null, left out of `sorted`. */
  nulls: number;
}

/** Below this many values the engine's own sort is faster (measured on Node 20: 0.75 ms against 0.94 at 10,000). */
const RADIX_ROWS_MIN = 16_384;
const DIGIT_BITS = 11;
const BUCKETS = 1 << DIGIT_BITS;
const DIGIT = BUCKETS - 1;
/** Longest run of values alike in their upper 32 bits that insertion handles better than a call to sort. */
const INSERTION_MAX = 24;

/**
 * Sorted copy of a numeric column without its NaN and nulls.
 *
 * @param values one per row, any doubles; not changed
 * @param nulls  1 where the row is null; those values are not looked at
 * @returns sorted.length + nan + nulls = values.length
 * Large columns go through a radix sort on the upper half of the doubles' bits (sign, exponent, 20 bits of mantissa);
 * the few values that are alike in it are then ordered among themselves. Same result as `TypedArray.prototype.sort`.
 */
export function sortValues(values: Float64Array, nulls?: Uint8Array): SortedValues {
  const kept = new Float64Array(values.length);
  let length = 0;
  let nan = 0;
  for (let row = 0; row < values.length; row++) {
    if (nulls !== undefined && nulls[row] === 1) continue;
    const value = values[row];
    if (value === value) kept[length++] = value;
    else nan++;
  }
  const present = length === values.length ? kept : kept.slice(0, length);
  const sorted = length < RADIX_ROWS_MIN ? present.sort() : radixSort(present);
  return { sorted, nan, nulls: values.length - length - nan };
}

/** Least significant digit first over the upper words read as unsigned: non-negatives ascending, then negatives by magnitude. */
function radixSort(values: Float64Array): Float64Array {
  const n = values.length;
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * n);
  const low = new Uint32Array(BUCKETS);
  const middle = new Uint32Array(BUCKETS);
  const high = new Uint32Array(BUCKETS);
  for (let i = 1; i < 2 * n; i += 2) {
    const upper = words[i];
    low[upper & DIGIT]++;
    middle[(upper >>> DIGIT_BITS) & DIGIT]++;
    high[upper >>> (2 * DIGIT_BITS)]++;
  }
  let from: Float64Array = values;
  let to: Float64Array = new Float64Array(n);
  [low, middle, high].forEach((counts, digit) => {
    if (!distribute(from, to, counts, digit * DIGIT_BITS)) return;
    [from, to] = [to, from];
  });
  const ordered = negativesFirst(from, to);
  orderRuns(ordered);
  return ordered;
}

/** One stable pass; false and nothing moved when all values share the digit. */
function distribute(from: Float64Array, to: Float64Array, counts: Uint32Array, shift: number): boolean {
  const n = from.length;
  const words = new Uint32Array(from.buffer, from.byteOffset, 2 * n);
  if (counts[(words[1] >>> shift) & DIGIT] === n) return false;
  let start = 0;
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const count = counts[bucket];
    counts[bucket] = start;
    start += count;
  }
  for (let i = 0; i < n; i++) to[counts[(words[2 * i + 1] >>> shift) & DIGIT]++] = from[i];
  return true;
}

function negativesFirst(values: Float64Array, spare: Float64Array): Float64Array {
  const n = values.length;
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * n);
  let nonNegative = n;
  while (nonNegative > 0 && words[2 * nonNegative - 1] >>> 31 === 1) nonNegative--;
  if (nonNegative === n) return values;
  for (let i = n - 1, to = 0; i >= nonNegative; i--) spare[to++] = values[i];
  spare.set(values.subarray(0, nonNegative), n - nonNegative);
  return spare;
}

/** Orders the values that agree in their upper word, which the radix passes left in order of appearance. */
function orderRuns(values: Float64Array): void {
  const n = values.length;
  const words = new Uint32Array(values.buffer, values.byteOffset, 2 * n);
  let start = 0;
  for (let i = 1; i <= n; i++) {
    if (i < n && words[2 * i + 1] === words[2 * start + 1]) continue;
    if (i - start > INSERTION_MAX) {
      if (!isAscending(values, start, i)) values.subarray(start, i).sort();
    } else if (i - start > 1) insertionSort(values, start, i);
    start = i;
  }
}

function isAscending(values: Float64Array, start: number, end: number): boolean {
  for (let i = start + 1; i < end; i++) if (values[i - 1] > values[i]) return false;
  return true;
}

function insertionSort(values: Float64Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const value = values[i];
    let hole = i;
    while (hole > start && values[hole - 1] > value) {
      values[hole] = values[hole - 1];
      hole--;
    }
    values[hole] = value;
  }
}
