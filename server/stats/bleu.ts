import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';
import { totalWeight } from './sample-weights.ts';

/** Longest n-gram that BLEU counts. */
const ORDER = 4;
const NUMBERS_PER_ROW = 2 + 2 * ORDER;

/**
 * What becomes of an n-gram order without a match (names as in sacrebleu; Chen & Cherry 2014): `none` makes the score 0,
 * `floor` counts `value` matches (0.1), `add-k` adds `value` (1) to matches and total of every order above 1, `exp`
 * halves the credit at each such order (the NIST way, and the default).
 */
export type BleuSmoothing = { kind: 'exp' } | { kind: 'none' } | { kind: 'floor'; value: number } | { kind: 'add-k'; value: number };

export interface BleuOptions {
  smoothing?: BleuSmoothing;
  lowercase?: boolean;
  /** Averages only over orders that the output is long enough for. Wanted for single sentences. */
  effectiveOrder?: boolean;
}

/**
 * Counts that BLEU adds up over the corpus, so that resampling rows never tokenises again.
 * Row-major, 10 numbers per row: output length, reference length, matches of order 1–4, n-grams of order 1–4.
 */
export type BleuCounts = Float64Array;

/**
 * Tokenises (13a) and counts n-grams.
 *
 * @param outputs    one text per row; an empty one counts no n-grams and a reference length
 * @param references one or more texts per row; matches are clipped by the largest count in any of them, and the length
 *   nearest to the output's is taken, the shorter of two equally near
 * @throws RangeError if a row has no reference
 */
export function bleuCounts(outputs: string[], references: string[][], lowercase = false): BleuCounts {
  if (outputs.length !== references.length) throw new RangeError(`${outputs.length} outputs for ${references.length} reference lists`);
  const counts = new Float64Array(outputs.length * NUMBERS_PER_ROW);
  outputs.forEach((output, row) => {
    if (references[row].length === 0) throw new RangeError(`row ${row} has no reference`);
    const tokens = tokenize13a(lowercase ? output.toLowerCase() : output);
    const allowed = new Map<string, number>();
    let length = Infinity;
    for (const reference of references[row]) {
      const words = tokenize13a(lowercase ? reference.toLowerCase() : reference);
      const nearer = Math.abs(words.length - tokens.length) - Math.abs(length - tokens.length);
      if (nearer < 0 || (nearer === 0 && words.length < length)) length = words.length;
      for (const [gram, count] of wordGrams(words)) allowed.set(gram, Math.max(count, allowed.get(gram) ?? 0));
    }
    const at = row * NUMBERS_PER_ROW;
    counts[at] = tokens.length;
    counts[at + 1] = length;
    for (const [gram, count] of wordGrams(tokens)) counts[at + 1 + orderOf(gram)] += Math.min(count, allowed.get(gram) ?? 0);
    for (let order = 1; order <= ORDER; order++) counts[at + 1 + ORDER + order] = Math.max(tokens.length - order + 1, 0);
  });
  return counts;
}

/**
 * Corpus BLEU, 0–100: geometric mean of clipped n-gram precisions (orders 1–4) times the brevity penalty.
 *
 * @param counts  from `bleuCounts`
 * @param weights per row: how often the row occurs in the corpus
 * @returns undefined on no rows; 0 when nothing matches at all, whatever the smoothing
 * Papineni et al. (2002). Agrees with sacrebleu `BLEU(tokenize="13a", smooth_method=…)`, whose signature it shares.
 */
export function bleu(counts: BleuCounts, options: Omit<BleuOptions, 'lowercase'> = {}, weights?: Float64Array): MetricValue {
  const rows = counts.length / NUMBERS_PER_ROW;
  if (totalWeight(rows, weights) === 0) return undefinedBecause('no rows');
  const sums = new Float64Array(NUMBERS_PER_ROW);
  for (let row = 0; row < rows; row++) {
    for (let index = 0; index < NUMBERS_PER_ROW; index++) sums[index] += (weights ? weights[row] : 1) * counts[row * NUMBERS_PER_ROW + index];
  }
  const [length, referenceLength] = sums;
  const matches = sums.subarray(2, 2 + ORDER);
  const totals = sums.subarray(2 + ORDER);
  if (matches.every((count) => count === 0)) return defined(0);

  const { orders, logs } = precisionLogs(matches, totals, options.smoothing ?? { kind: 'exp' });
  const divisor = options.effectiveOrder ? orders : ORDER;
  // Orders past the longest output have precision 0, which only `effectiveOrder` forgives.
  const meanLog = orders < divisor ? -Infinity : logs.slice(0, divisor).reduce((sum, log) => sum + log, 0) / divisor;
  const brevity = length < referenceLength ? Math.exp(1 - referenceLength / length) : 1;
  return defined(100 * brevity * Math.exp(meanLog));
}

/** Logarithm of the smoothed precision of each order that the outputs are long enough for. */
function precisionLogs(matches: Float64Array, totals: Float64Array, smoothing: BleuSmoothing): { orders: number; logs: number[] } {
  const logs: number[] = [];
  let halvings = 1;
  for (let order = 0; order < ORDER; order++) {
    const extra = smoothing.kind === 'add-k' && order > 0 ? smoothing.value : 0;
    const total = totals[order] + extra;
    if (total === 0) break;
    let hits = matches[order] + extra;
    if (hits === 0 && smoothing.kind === 'exp') hits = 1 / (halvings *= 2);
    if (hits === 0 && smoothing.kind === 'floor') hits = smoothing.value;
    logs.push(Math.log(hits / total));
  }
  return { orders: logs.length, logs };
}

/**
 * Splits text into words as the WMT scorer mteval-v13a does: punctuation and symbols stand alone, except a period or
 * comma between digits and a dash not after a digit.
 */
export function tokenize13a(text: string): string[] {
  const plain = text
    .trimEnd()
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return ` ${plain} `
    .replace(/[ -&(-+:-@/[-`{-~]/g, ' $& ')
    .replace(/([^0-9])([.,])/gu, '$1 $2 ')
    .replace(/([.,])([^0-9])/gu, ' $1 $2')
    .replace(/([0-9])-/g, '$1 - ')
    .split(/\s+/)
    .filter((token) => token !== '');
}

// No token holds white space, so a space can join the words of an n-gram.
function wordGrams(tokens: string[]): Map<string, number> {
  const grams = new Map<string, number>();
  for (let order = 1; order <= ORDER; order++) {
    for (let start = 0; start + order <= tokens.length; start++) {
      const gram = tokens.slice(start, start + order).join(' ');
      grams.set(gram, (grams.get(gram) ?? 0) + 1);
    }
  }
  return grams;
}

function orderOf(gram: string): number {
  let order = 1;
  for (const character of gram) if (character === ' ') order++;
  return order;
}
