import { createRandom } from '../stats/random.ts';
import { rankScores } from '../stats/ranked-scores.ts';
import { rocAuc } from '../stats/roc-auc.ts';
import type { Column, Table } from '../stats/vector.ts';

export interface LeakageScore {
  column: string;
  /** 0 when the column says nothing about the label, 1 when it gives it away. */
  score: number;
}

export type LeakageMeasure = 'gini' | 'lambda' | 'r_squared';

const bucketsMax = 256;
const classesMax = 50;

/**
 * How well each column alone predicts the label.
 *
 * A column is cut into at most 256 buckets (quantile bins, or its categories; missing is a bucket). Each half of the rows,
 * drawn with a fixed seed, is predicted from the bucket means of the other, so a column of unique values scores nothing.
 *
 * `gini` for two classes: 2·AUC − 1 of the predicted rates. `lambda` for up to 50: share of the errors of always guessing the
 * most frequent class that the column avoids (Goodman & Kruskal 1954). `r_squared` for numbers. All are 0–1, cut off at 0.
 *
 * @param table  with the label; rows without a label are left out
 * @returns strongest first; null with a reason when the label does not vary
 */
export function scoreLeakage(table: Table, target: string): { measure: LeakageMeasure; scores: LeakageScore[] } | { measure: null; reason: string } {
  const label = table.columns.find(({ name }) => name === target);
  if (!label) return { measure: null, reason: `${target} is not among the columns that were read` };
  const values = labelValues(label);
  const rows = Uint32Array.from({ length: table.rows }, (_, row) => row).filter((row) => values[row] === values[row]);
  const classes = new Set(Array.from(rows, (row) => values[row])).size;
  if (classes < 2) return { measure: null, reason: `${target} has ${classes === 0 ? 'no values' : 'one value only'}` };
  const measure = classes === 2 ? 'gini' : label.kind !== 'numeric' && classes <= classesMax ? 'lambda' : 'r_squared';
  const random = createRandom('halves');
  const halves = Uint8Array.from(rows, () => random.below(2));
  const low = rows.reduce((least, row) => Math.min(least, values[row]), Infinity);
  const scores = table.columns
    .filter(({ name }) => name !== target)
    .map((column) => ({ column: column.name, score: Math.max(0, scoreColumn(bucketsOf(column), values, rows, halves, measure, low)) }));
  return { measure, scores: scores.sort((a, b) => b.score - a.score || (a.column < b.column ? -1 : 1)) };
}

/** The label as numbers: class codes or values; NaN where there is none. */
function labelValues({ vector }: Column): Float64Array {
  if (vector.kind === 'categorical') return Float64Array.from(vector.codes, (code) => (code < 0 ? NaN : code));
  return vector.values.map((value, row) => (vector.nulls?.[row] === 1 ? NaN : value));
}

/** Bucket per row; the last bucket is that of missing values. */
interface Buckets {
  bucket: Int32Array;
  count: number;
}

function bucketsOf({ vector }: Column): Buckets {
  if (vector.kind === 'categorical') {
    const count = vector.dictionary.length + 1;
    return { bucket: vector.codes.map((code) => (code < 0 ? count - 1 : code)), count };
  }
  const { values, nulls } = vector;
  const sorted = values.filter((value, row) => value === value && nulls?.[row] !== 1).sort();
  const edges: number[] = [];
  for (let bin = 1; bin < bucketsMax - 1 && sorted.length > 0; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / (bucketsMax - 1))];
    if (edges.length === 0 || edge > edges[edges.length - 1]) edges.push(edge);
  }
  const missing = edges.length + 1;
  return { bucket: Int32Array.from(values, (value, row) => (value !== value || nulls?.[row] === 1 ? missing : countUpTo(edges, value))), count: missing + 1 };
}

function countUpTo(edges: number[], value: number): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (edges[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function scoreColumn({ bucket, count }: Buckets, values: Float64Array, rows: Uint32Array, halves: Uint8Array, measure: LeakageMeasure, low: number): number {
  if (measure === 'lambda') return lambda(bucket, count, values, rows, halves);
  const predicted = crossFittedMeans(bucket, count, values, rows, halves);
  if (measure === 'gini') {
    const labels = Uint8Array.from(rows, (row) => (values[row] === low ? 0 : 1));
    return 2 * (rocAuc(rankScores(labels, predicted)).value ?? 0.5) - 1;
  }
  const mean = rows.reduce((sum, row) => sum + values[row], 0) / rows.length;
  let errors = 0;
  let total = 0;
  rows.forEach((row, index) => {
    errors += (values[row] - predicted[index]) ** 2;
    total += (values[row] - mean) ** 2;
  });
  return 1 - errors / total;
}

function crossFittedMeans(bucket: Int32Array, count: number, values: Float64Array, rows: Uint32Array, halves: Uint8Array): Float64Array {
  const sums = [new Float64Array(count), new Float64Array(count)];
  const counts = [new Float64Array(count), new Float64Array(count)];
  rows.forEach((row, index) => {
    sums[halves[index]][bucket[row]] += values[row];
    counts[halves[index]][bucket[row]]++;
  });
  const means = sums.map((sum, half) => sum.reduce((total, part) => total + part, 0) / Math.max(1, counts[half].reduce((total, part) => total + part, 0)));
  return Float64Array.from(rows, (row, index) => {
    const other = 1 - halves[index];
    return counts[other][bucket[row]] > 0 ? sums[other][bucket[row]] / counts[other][bucket[row]] : means[other];
  });
}

function lambda(bucket: Int32Array, count: number, values: Float64Array, rows: Uint32Array, halves: Uint8Array): number {
  const tallies = [0, 1].map(() => Array.from({ length: count + 1 }, () => new Map<number, number>()));
  rows.forEach((row, index) => {
    for (const at of [bucket[row], count]) {
      const tally = tallies[halves[index]][at];
      tally.set(values[row], (tally.get(values[row]) ?? 0) + 1);
    }
  });
  const modes = tallies.map((half) => half.map(mostFrequent));
  let errors = 0;
  let baseErrors = 0;
  rows.forEach((row, index) => {
    const other = modes[1 - halves[index]];
    if ((other[bucket[row]] ?? other[count]) !== values[row]) errors++;
    if (other[count] !== values[row]) baseErrors++;
  });
  return baseErrors === 0 ? 0 : 1 - errors / baseErrors;
}

function mostFrequent(tally: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [value, count] of tally) if (best === undefined || count > tally.get(best)!) best = value;
  return best;
}
