import type { MultivariateDrift } from '../../protocol/drift.ts';
import { countText, numberText } from '../../protocol/number-text.ts';
import { standardisedMatrix } from '../stats/design-matrix.ts';
import { classifyDomain } from '../stats/domain-classifier.ts';
import { createRandom, sampleWithoutReplacement } from '../stats/random.ts';
import { sortValues } from '../stats/sort.ts';
import type { Column, NumericVector } from '../stats/vector.ts';
import type { ColumnPair } from './column-pair.ts';
import { categoryCounts } from './column-values.ts';
import { judgeEffect } from './judge-effect.ts';

export interface MultivariateOptions {
  /** Least AUC that matters. Default 0.6. */
  floor?: number;
  /** Rows per side that the classifier sees. Default 2,000, where chance alone reaches 0.52. */
  rowsMax?: number;
}

/** With more numeric columns than this their products are left out: the fit would take minutes. */
const productColumnsMax = 12;
const categoriesMax = 20;
/** Three folds and a firm penalty: the area moves by less than 0.01, and the fit takes a third of the time. */
const folds = 3;
const l2PerRow = 0.03;
const namedColumns = 5;

/**
 * Can a classifier tell the two sides apart when it sees all features together?
 *
 * Logistic regression on each number's rank (over both sides), its square and, with at most 12 numeric columns, the product
 * of each pair, so that a changed dependence is seen although no column has moved; on the 20 most frequent reference
 * categories of each categorical column; and on what is missing. Text takes part by its length. Infinities rank at the ends.
 *
 * @param pairs columns on both sides, at least two
 * @param seed  of the sample and the folds
 * @returns weights are shares of the classifier's, summed per column; of products, half to each
 */
export async function detectMultivariateDrift(
  pairs: readonly ColumnPair[],
  alpha: number,
  seed: number,
  { floor = 0.6, rowsMax = 2000 }: MultivariateOptions,
  tick: () => void | Promise<void>,
): Promise<MultivariateDrift> {
  const random = createRandom(seed).split('multivariate');
  const [before, after] = (['reference', 'current'] as const).map((side) => {
    const of = rowsOf(pairs[0][side]);
    return { of, rows: of <= rowsMax ? Int32Array.from({ length: of }, (_, row) => row) : sampleWithoutReplacement(of, rowsMax, random.split(side)) };
  });
  const sample = { reference: before.rows.length, of: before.of, current: after.rows.length, ofCurrent: after.of, seed };
  const features: Feature[] = [];
  for (const pair of pairs) {
    await tick();
    features.push(...featuresOf(pair, before.rows, after.rows));
  }
  features.push(...products(features));

  const rows = before.rows.length + after.rows.length;
  const fromCurrent = Uint8Array.from({ length: rows }, (_, row) => (row < before.rows.length ? 0 : 1));
  const { auc, interval, pValue, nullBand, importance } = classifyDomain(standardisedMatrix(features.map(({ values }) => values), rows), fromCurrent, { folds, l2PerRow, random: random.split('folds') });
  const verdict = judgeEffect({ value: auc.value, floor, band: nullBand, still: 0.5, adjustedP: pValue }, alpha);
  const columns = columnWeights(features, importance);
  return {
    verdict,
    message: messageOf(verdict, auc.value, auc.reason, nullBand, columns),
    auc: { value: auc.value, rows, ...(auc.value === null && { reason: auc.reason }), ...(interval && { interval: { low: interval.low, high: interval.high, level: interval.level, method: 'delong' } }) },
    floor,
    columns,
    sample,
  };
}

interface Feature {
  /** Columns it is made of. */
  columns: string[];
  /** Reference rows, then current rows; finite. */
  values: Float64Array;
  /** Rank of a numeric column: what products are made of. */
  rank: boolean;
}

function rowsOf({ vector }: Column): number {
  return vector.kind === 'numeric' ? vector.values.length : vector.codes.length;
}

function featuresOf({ name, kind, reference, current }: ColumnPair, before: Int32Array, after: Int32Array): Feature[] {
  const feature = (values: Float64Array, rank = false): Feature => ({ columns: [name], values, rank });
  if (kind === 'text' || kind === 'numeric' || kind === 'datetime') {
    const sides = [
      { column: reference, rows: before },
      { column: current, rows: after },
    ].map(({ column, rows }) => numbersOf(column, rows));
    // A column that became another type is an error of its own, and a perfect telltale here.
    if (sides[0] === null || sides[1] === null) return [];
    const { ranks, missing } = ranked(Float64Array.of(...sides[0], ...sides[1]));
    return [feature(ranks, true), feature(ranks.map((rank) => rank * rank)), ...(missing.includes(1) ? [feature(missing)] : [])];
  }
  const frequent = [...categoryCounts({ kind, vector: reference.vector })].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, categoriesMax);
  const values = [...categoriesOf(reference, kind, before), ...categoriesOf(current, kind, after)];
  const indicator = (holds: (category: string | null) => boolean): Feature => feature(Float64Array.from(values, (category) => (holds(category) ? 1 : 0)));
  return [...frequent.map(([category]) => indicator((value) => value === category)), indicator((value) => value === null)];
}

/** Values of the given rows, NaN where missing; lengths of text; null when the column holds something else. */
function numbersOf({ kind, vector }: Column, rows: Int32Array): Float64Array | null {
  if (vector.kind === 'numeric') return Float64Array.from(rows, (row) => valueAt(vector, row));
  if (kind !== 'text') return null;
  const lengths = vector.dictionary.map((text) => text.length);
  return Float64Array.from(rows, (row) => (vector.codes[row] < 0 ? NaN : lengths[vector.codes[row]]));
}

function valueAt({ values, nulls }: NumericVector, row: number): number {
  return nulls?.[row] === 1 ? NaN : values[row];
}

/** Mean rank of each value over both sides, −1 … 1, 0 where missing. */
function ranked(values: Float64Array): { ranks: Float64Array; missing: Float64Array } {
  const { sorted } = sortValues(values);
  const missing = values.map((value) => (Number.isNaN(value) ? 1 : 0));
  const ranks = values.map((value) => (Number.isNaN(value) ? 0 : (countBelow(sorted, value, false) + countBelow(sorted, value, true)) / sorted.length - 1));
  return { ranks, missing };
}

/** How many of the ascending values are below the limit, or at it too when `orEqual`. */
function countBelow(sorted: Float64Array, limit: number, orEqual: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] < limit || (orEqual && sorted[middle] === limit)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function categoriesOf({ vector }: Column, kind: ColumnPair['kind'], rows: Int32Array): (string | null)[] {
  if (vector.kind === 'categorical') return Array.from(rows, (row) => (vector.codes[row] < 0 ? null : vector.dictionary[vector.codes[row]]));
  return Array.from(rows, (row) => {
    const value = valueAt(vector, row);
    if (Number.isNaN(value)) return null;
    return kind === 'boolean' ? String(value !== 0) : vector.exact ? String(vector.exact[row]) : String(value === 0 ? 0 : value);
  });
}

function products(features: readonly Feature[]): Feature[] {
  const ranks = features.filter(({ rank }) => rank);
  if (ranks.length > productColumnsMax) return [];
  return ranks.flatMap((first, index) =>
    ranks.slice(0, index).map((second) => ({ columns: [first.columns[0], second.columns[0]], values: first.values.map((value, row) => value * second.values[row]), rank: false })),
  );
}

function columnWeights(features: readonly Feature[], importance: Float64Array): { column: string; weight: number }[] {
  const weights = new Map<string, number>();
  features.forEach(({ columns }, index) => {
    for (const column of columns) weights.set(column, (weights.get(column) ?? 0) + importance[index] / columns.length);
  });
  return [...weights].map(([column, weight]) => ({ column, weight })).sort((a, b) => b.weight - a.weight || (a.column < b.column ? -1 : 1));
}

function messageOf(verdict: MultivariateDrift['verdict'], auc: number | null, reason: string | undefined, band: number | null, columns: { column: string; weight: number }[]): string {
  if (auc === null || band === null) return reason ?? 'the classifier could not be judged';
  const size = `AUC ${numberText(auc)} (chance ≤ ${numberText(band)})`;
  switch (verdict) {
    case 'moved': {
      const strongest = columns.slice(0, namedColumns).filter(({ weight }) => weight >= 0.05);
      return `a classifier tells the two apart, ${size}${strongest.length > 0 ? `, mostly by ${strongest.map(({ column }) => column).join(', ')}` : ''}`;
    }
    case 'still':
      return `a classifier hardly tells the two apart, ${size}`;
    case 'inconclusive':
      return `too few rows for a classifier to tell: chance alone reaches ${numberText(band)}`;
    case 'error':
      return `the classifier failed on ${countText(columns.length)} columns`;
  }
}
