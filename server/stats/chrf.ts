import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';
import { totalWeight } from './sample-weights.ts';

export interface ChrfOptions {
  /** Longest character n-gram, 6. */
  characterOrder?: number;
  /** Longest word n-gram: 0 for chrF, 2 for chrF++. */
  wordOrder?: number;
  /** How many times as much recall matters as precision, 2. */
  beta?: number;
  lowercase?: boolean;
}

/** Counts that chrF adds up over the corpus: per row and order, n-grams in the output, in the reference, in both. */
export interface ChrfCounts {
  orders: number;
  beta: number;
  /** Row-major, 3 × orders per row. */
  counts: Float64Array;
}

/**
 * Counts character (and word) n-grams; white space is no character.
 *
 * @param outputs    one text per row
 * @param references one or more texts per row; the one with the best score for that row counts, the first of equals
 * @throws RangeError if a row has no reference
 */
export function chrfCounts(outputs: string[], references: string[][], options: ChrfOptions = {}): ChrfCounts {
  if (outputs.length !== references.length) throw new RangeError(`${outputs.length} outputs for ${references.length} reference lists`);
  const { characterOrder = 6, wordOrder = 0, beta = 2, lowercase = false } = options;
  const orders = characterOrder + wordOrder;
  const counts = new Float64Array(outputs.length * 3 * orders);
  outputs.forEach((output, row) => {
    if (references[row].length === 0) throw new RangeError(`row ${row} has no reference`);
    const ours = allGrams(lowercase ? output.toLowerCase() : output, characterOrder, wordOrder);
    let best = -1;
    for (const reference of references[row]) {
      const theirs = allGrams(lowercase ? reference.toLowerCase() : reference, characterOrder, wordOrder);
      const row3 = overlap(ours, theirs);
      const score = score100(row3, orders, beta);
      if (score > best) {
        best = score;
        counts.set(row3, row * 3 * orders);
      }
    }
  });
  return { orders, beta, counts };
}

/**
 * Corpus chrF, 0–100: F-score of character n-grams averaged over orders.
 *
 * @param counts  from `chrfCounts`
 * @param weights per row: how often the row occurs in the corpus
 * @returns undefined on no rows; orders that output or reference is too short for are left out of the average
 * Popović (2015, 2017). Agrees with sacrebleu `CHRF` without epsilon smoothing.
 */
export function chrf({ counts, orders, beta }: ChrfCounts, weights?: Float64Array): MetricValue {
  const width = 3 * orders;
  const rows = counts.length / width;
  if (totalWeight(rows, weights) === 0) return undefinedBecause('no rows');
  const sums = new Float64Array(width);
  for (let row = 0; row < rows; row++) {
    for (let index = 0; index < width; index++) sums[index] += (weights ? weights[row] : 1) * counts[row * width + index];
  }
  return defined(score100(sums, orders, beta));
}

function score100(counts: Float64Array, orders: number, beta: number): number {
  let precision = 0;
  let recall = 0;
  let used = 0;
  for (let order = 0; order < orders; order++) {
    const [ours, theirs, both] = counts.subarray(3 * order, 3 * order + 3);
    if (ours === 0 || theirs === 0) continue;
    precision += both / ours;
    recall += both / theirs;
    used++;
  }
  if (precision + recall === 0) return 0;
  precision /= used;
  recall /= used;
  return (100 * (1 + beta * beta) * precision * recall) / (beta * beta * precision + recall);
}

// As sacrebleu, an order that the reference is too short for counts nothing of the output either.
function overlap(ours: Map<string, number>[], theirs: Map<string, number>[]): Float64Array {
  const counts = new Float64Array(3 * ours.length);
  ours.forEach((grams, order) => {
    for (const [gram, count] of grams) {
      if (theirs[order].size > 0) counts[3 * order] += count;
      counts[3 * order + 2] += Math.min(count, theirs[order].get(gram) ?? 0);
    }
    for (const count of theirs[order].values()) counts[3 * order + 1] += count;
  });
  return counts;
}

function allGrams(text: string, characterOrder: number, wordOrder: number): Map<string, number>[] {
  const characters = Array.from(text.replace(/\s+/g, ''));
  const words = wordOrder > 0 ? splitPunctuation(text) : [];
  return [
    ...Array.from({ length: characterOrder }, (_, index) => grams(characters, index + 1, '')),
    ...Array.from({ length: wordOrder }, (_, index) => grams(words, index + 1, ' ')),
  ];
}

function grams(parts: string[], order: number, joint: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= parts.length; start++) {
    const gram = parts.slice(start, start + order).join(joint);
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** Words, with one punctuation mark at the end, else one at the start, standing alone, as chrF++ has it. */
function splitPunctuation(text: string): string[] {
  const mark = /[!-/:-@[-`{-~]/;
  return text
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => {
      const characters = Array.from(word);
      if (characters.length === 1) return [word];
      if (mark.test(characters[characters.length - 1])) return [characters.slice(0, -1).join(''), characters[characters.length - 1]];
      if (mark.test(characters[0])) return [characters[0], characters.slice(1).join('')];
      return [word];
    });
}
