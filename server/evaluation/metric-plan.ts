import type { MetricValue } from '../stats/metric-value.ts';
import { weightedMean } from '../stats/sample-weights.ts';

/**
 * Metrics on a set of rows, ready to be computed again under other row weights: the data's own, or how often a resample
 * drew each row. What they share (a confusion matrix, a ranking) is made once, by `weigh`.
 */
export interface MetricPlan {
  /** Takes the weights that the metrics are computed under from now on, one per unit of the whole data. */
  weigh: (weights: Float64Array) => void;
  metrics: PlannedMetric[];
}

export interface PlannedMetric {
  name: string;
  /** Under the weights last given to `weigh`. */
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
  | { kind: 'resampled' }
  /** Decided by a single row, such as a maximum: no interval can be had. */
  | { kind: 'extreme' };

/** Weights of the rows of a set; 1 each until they are weighed. */
export interface SetWeights {
  /** Takes the weights of all units. They are copied only when asked for, which most sets never do. */
  weigh: (all: Float64Array) => void;
  current: () => Float64Array;
}

/** @param units position of each row of the set in the weights of all units */
export function weightsOf(units: Uint32Array): SetWeights {
  const weights = new Float64Array(units.length).fill(1);
  let latest: Float64Array | null = null;
  return {
    weigh: (all) => (latest = all),
    current: () => {
      if (latest) for (let index = 0; index < units.length; index++) weights[index] = latest[units[index]];
      latest = null;
      return weights;
    },
  };
}

/**
 * A metric that is the mean of one number per row.
 *
 * @param term  the metric on a single row, so that the definition stays in one place
 * @param whole the metric on all rows, asked only for the reason where it is undefined
 */
export function meanOfRows(name: string, count: number, term: (index: number) => MetricValue, weights: SetWeights, whole: () => MetricValue): PlannedMetric {
  const observed = whole();
  if (observed.value === null) return { name, rows: count, basis: { kind: 'resampled' }, measure: () => observed };
  const terms = Float64Array.from({ length: count }, (_, index) => term(index).value ?? NaN);
  return { name, rows: count, basis: { kind: 'resampled' }, measure: () => weightedMean(terms, weights.current()) };
}
