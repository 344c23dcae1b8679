import type { MetricValue } from '../stats/metric-value.ts';
import { weightedMean } from '../stats/sample-weights.ts';

/** A metric on a set of rows, ready to be computed again under other weights. */
export interface PlannedMetric {
  name: string;
  /** Under the weights last given to the `UnitWeights` it was planned on. */
  measure: () => MetricValue;
  /** Rows the metric is computed on: positives for recall, predicted positives for precision. */
  rows: number;
  basis: MetricBasis;
}

/** What is known about a metric beyond its value, which decides how its interval is made. */
export type MetricBasis =
  /** A share of rows that are counted whatever is predicted: 1 a hit, 0 a miss, 2 not counted. */
  | { kind: 'proportion'; outcomes: Uint8Array }
  /** A share of rows of which the model itself decides how many count. */
  | { kind: 'share'; successes: number; trials: number }
  | { kind: 'roc_auc'; labels: Uint8Array; scores: Float64Array }
  /** The mean of one number per row under their weights, so that a difference is the mean of the rows' differences. */
  | { kind: 'mean'; terms: Float64Array; weights: () => Float64Array }
  | { kind: 'resampled' }
  /** Decided by a single row, such as a maximum: no interval can be had. */
  | { kind: 'extreme' };

/**
 * A metric that is the mean of one number per row.
 *
 * @param weights of the rows, see `UnitWeights.of`
 * @param term  the metric on a single row, so that the definition stays in one place
 * @param whole the metric on all rows, asked only for the reason where it is undefined
 */
export function meanOfRows(name: string, count: number, term: (index: number) => MetricValue, weights: () => Float64Array, whole: () => MetricValue): PlannedMetric {
  const observed = whole();
  if (observed.value === null) return { name, rows: count, basis: { kind: 'resampled' }, measure: () => observed };
  const terms = Float64Array.from({ length: count }, (_, index) => term(index).value ?? NaN);
  return { name, rows: count, basis: { kind: 'mean', terms, weights }, measure: () => weightedMean(terms, weights()) };
}
