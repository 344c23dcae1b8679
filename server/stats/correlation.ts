import { type MetricValue, defined, undefinedBecause } from './metric-value.ts';

/**
 * Pearson's linear correlation.
 *
 * @param x finite values, one per row
 * @param y finite values of the same rows
 * @returns in [−1, 1]; undefined for fewer than two rows, a constant side or infinite values
 * Two passes over differences from the mean (scipy `pearsonr`).
 */
export function pearsonCorrelation(x: Float64Array, y: Float64Array): MetricValue {
  if (x.length !== y.length) throw new RangeError(`${x.length} values against ${y.length}`);
  const n = x.length;
  if (n < 2) return undefinedBecause('fewer than two rows');
  const meanX = meanOf(x);
  const meanY = meanOf(y);
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let row = 0; row < n; row++) {
    const dx = x[row] - meanX;
    const dy = y[row] - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (!Number.isFinite(xx + yy)) return undefinedBecause('values are infinite or too large to square');
  if (isConstant(x) || isConstant(y)) return undefinedBecause('one side is constant');
  return defined(Math.min(1, Math.max(-1, (xy / xx) * Math.sqrt(xx / yy))));
}

/**
 * Spearman's rank correlation: Pearson's of the average ranks (scipy `spearmanr`).
 *
 * @returns in [−1, 1]; undefined for fewer than two rows or a constant side. ±∞ rank as the end values they are.
 */
export function spearmanCorrelation(x: Float64Array, y: Float64Array): MetricValue {
  return pearsonCorrelation(averageRanks(x), averageRanks(y));
}

/**
 * Ranks from 1, ties sharing the mean of theirs.
 *
 * @param values no NaN
 */
export function averageRanks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0));
  const ranks = new Float64Array(values.length);
  let start = 0;
  while (start < order.length) {
    let end = start + 1;
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let i = start; i < end; i++) ranks[order[i]] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function meanOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  const start = sum / values.length;
  let rest = 0;
  for (const value of values) rest += value - start;
  return start + rest / values.length;
}

function isConstant(values: Float64Array): boolean {
  for (const value of values) if (value !== values[0]) return false;
  return true;
}
