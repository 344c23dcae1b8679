import { type MetricValue, ratio } from './metric-value.ts';

/**
 * Sum of the row weights, after checking that they are weights.
 *
 * @param rows    number of rows the weights are for
 * @param weights one per row, finite and ≥ 0, whole or fractional; absent means 1 each
 * @returns ≥ 0; 0 when there are no rows or every weight is 0, on which every metric is undefined
 * @throws RangeError if the lengths differ or a weight is negative, NaN or infinite
 */
export function totalWeight(rows: number, weights?: Float64Array): number {
  if (!weights) return rows;
  if (weights.length !== rows) throw new RangeError(`${weights.length} weights for ${rows} rows`);
  let total = 0;
  for (let row = 0; row < rows; row++) {
    checkWeight(weights[row], row);
    total += weights[row];
  }
  return total;
}

function checkWeight(weight: number, row: number): void {
  if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`weight ${weight} at row ${row} is not a finite number ≥ 0`);
}

/**
 * Number of equally weighted rows that would carry as much information.
 *
 * @returns (Σw)² ÷ Σw² (Kish 1965): the row count for equal weights, less otherwise; 0 when every weight is 0
 */
export function effectiveRows(weights: Float64Array): number {
  let sum = 0;
  let squares = 0;
  for (const weight of weights) {
    sum += weight;
    squares += weight * weight;
  }
  return squares === 0 ? 0 : (sum * sum) / squares;
}

/** Mean of one number per row, such as a per-row ROUGE score; undefined when no row has weight. */
export function weightedMean(values: Float64Array, weights?: Float64Array): MetricValue {
  if (weights && weights.length !== values.length) throw new RangeError(`${weights.length} weights for ${values.length} rows`);
  let total = 0;
  let sum = 0;
  for (let row = 0; row < values.length; row++) {
    const weight = weights ? weights[row] : 1;
    checkWeight(weight, row);
    total += weight;
    sum += weight * values[row];
  }
  return ratio(sum, total, 'no rows');
}
