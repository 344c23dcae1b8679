import { type DesignMatrix, sparseMatrix } from './design-matrix.ts';

export interface HashingOptions {
  /** Characters per n-gram; default 3. */
  length?: number;
  /** Columns, a power of two; default 4,096. Different n-grams can share one. */
  buckets?: number;
}

/**
 * Texts as hashed character n-grams, for a linear model.
 *
 * @param texts  distinct texts
 * @param rows   index into `texts` per row; −1 is a row without text, all zeros
 * @returns one row per entry of `rows`: 1 + ln(count) of each bucket hit, scaled to length 1
 * Text is NFC-normalised, lower-cased and framed by spaces, runs of white space count as one; an n-gram is `length`
 * consecutive code points, hashed by FNV-1a with a final mix (Weinberger et al. 2009, without signs).
 */
export function hashedNgrams(texts: readonly string[], rows: Int32Array, options: HashingOptions = {}): DesignMatrix {
  const { length = 3, buckets = 4096 } = options;
  if (!(Number.isInteger(length) && length >= 1)) throw new RangeError(`an n-gram has at least one character, got ${length}`);
  if (!(Number.isInteger(Math.log2(buckets)) && buckets >= 2)) throw new RangeError(`the number of buckets is a power of two ≥ 2, got ${buckets}`);
  const counts = new Int32Array(buckets);
  const encoded = texts.map((text) => encode(text, length, counts));
  let entries = 0;
  for (const row of rows) if (row >= 0) entries += encoded[row].indices.length;
  const offsets = new Int32Array(rows.length + 1);
  const indices = new Int32Array(entries);
  const values = new Float64Array(entries);
  for (let row = 0; row < rows.length; row++) {
    const start = offsets[row];
    offsets[row + 1] = start;
    if (rows[row] < 0) continue;
    const text = encoded[rows[row]];
    indices.set(text.indices, start);
    values.set(text.values, start);
    offsets[row + 1] += text.indices.length;
  }
  return sparseMatrix(offsets, indices, values, buckets);
}

/** @param counts all 0, as it is left again: one scratch array for all texts */
function encode(text: string, length: number, counts: Int32Array): { indices: Int32Array; values: Float64Array } {
  const codePoints = Array.from(` ${text.normalize('NFC').toLowerCase().trim().replace(/\s+/gu, ' ')} `, (character) => character.codePointAt(0)!);
  const hit: number[] = [];
  for (let start = 0; start + length <= codePoints.length; start++) {
    const bucket = hash(codePoints, start, length) & (counts.length - 1);
    if (counts[bucket]++ === 0) hit.push(bucket);
  }
  const indices = Int32Array.from(hit).sort();
  const values = Float64Array.from(indices, (bucket) => 1 + Math.log(counts[bucket]));
  for (const bucket of indices) counts[bucket] = 0;
  const norm = Math.hypot(...values);
  return { indices, values: norm > 0 ? values.map((value) => value / norm) : values };
}

function hash(codePoints: number[], start: number, length: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < start + length; i++) {
    h = Math.imul(h ^ (codePoints[i] & 0xff), 0x01000193);
    h = Math.imul(h ^ (codePoints[i] >>> 8), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}
