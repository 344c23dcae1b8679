import { type MetricValue, defined, ratio, undefinedBecause } from './metric-value.ts';
import { totalWeight } from './sample-weights.ts';

/**
 * Actual and predicted values of the target, one per row, finite; weights as in `totalWeight`.
 * Every metric below is undefined on no rows, or when a value is not finite. Error means predicted − actual.
 */
export interface Predictions {
  actual: Float64Array;
  predicted: Float64Array;
  weights?: Float64Array;
}

/** Mean absolute error, in target units, ≥ 0. Agrees with sklearn `mean_absolute_error`. */
export function meanAbsoluteError(data: Predictions): MetricValue {
  return meanOf(data, (error) => Math.abs(error));
}

/** Mean squared error, in squared target units, ≥ 0. Agrees with sklearn `mean_squared_error`. */
export function meanSquaredError(data: Predictions): MetricValue {
  return meanOf(data, (error) => error * error);
}

/** Root of the mean squared error, in target units, ≥ 0. Agrees with sklearn `root_mean_squared_error`. */
export function rootMeanSquaredError(data: Predictions): MetricValue {
  const { value, reason } = meanSquaredError(data);
  return value === null ? undefinedBecause(reason) : defined(Math.sqrt(value));
}

/** Mean of predicted − actual, in target units: above 0 when predictions are too high on average. */
export function meanError(data: Predictions): MetricValue {
  return meanOf(data, (error) => error);
}

/** Largest absolute error among rows with weight, in target units. Agrees with sklearn `max_error`. */
export function maxError(data: Predictions): MetricValue {
  const fault = faultOf(data);
  if (fault) return undefinedBecause(fault);
  let largest = 0;
  for (let row = 0; row < data.actual.length; row++) {
    if (!data.weights || data.weights[row] > 0) largest = Math.max(largest, Math.abs(data.predicted[row] - data.actual[row]));
  }
  return defined(largest);
}

/**
 * Median absolute error, in target units. With weights: the value with half of the weight on each side, the mean of the
 * two when they meet exactly there (averaged inverse of the distribution function), so whole-number weights act as repeats.
 * Agrees with sklearn `median_absolute_error`.
 */
export function medianAbsoluteError(data: Predictions): MetricValue {
  const fault = faultOf(data);
  if (fault) return undefinedBecause(fault);
  return defined(medianOf(absoluteErrors(data), data.weights));
}

/**
 * A function from row weights to the median absolute error (NaN when undefined) that sorts the errors once, for resampling.
 */
export function medianAbsoluteErrorStatistic(actual: Float64Array, predicted: Float64Array): (weights: Float64Array) => number {
  const errors = absoluteErrors({ actual, predicted });
  const order = ascending(errors);
  return (weights) => medianInOrder(errors, order, weights);
}

/**
 * Coefficient of determination: share of the target's variance that the predictions account for, at most 1, 0 for always
 * predicting the mean, negative for worse than that.
 *
 * @returns undefined with fewer than two rows or a constant target, where sklearn `r2_score` says 0 or 1 (it agrees elsewhere)
 * 1 − Σ w·error² ÷ Σ w·(actual − mean)²
 */
export function r2(data: Predictions): MetricValue {
  const spread = targetSpread(data);
  if (spread.value === null) return spread;
  return oneMinus(sumOf(data, (error) => error * error), spread.value);
}

/**
 * Explained variance: as `r2`, but a constant error costs nothing. At most 1.
 *
 * @returns undefined as for `r2`. Agrees with sklearn `explained_variance_score`.
 */
export function explainedVariance(data: Predictions): MetricValue {
  const spread = targetSpread(data);
  if (spread.value === null) return spread;
  const bias = meanError(data).value ?? NaN;
  return oneMinus(sumOf(data, (error) => (error - bias) ** 2), spread.value);
}

/**
 * Mean absolute error relative to the actual value, ≥ 0, as a share (0.1 is 10 %).
 *
 * @returns undefined when any actual value is 0, where sklearn `mean_absolute_percentage_error` divides by 2e-16 instead
 */
export function meanAbsolutePercentageError(data: Predictions): MetricValue {
  const zeros = countOf(data, (actual) => actual === 0);
  if (zeros > 0) return undefinedBecause(`${zeros} actual values are 0`);
  return meanOf(data, (error, actual) => Math.abs(error / actual));
}

/** Symmetric form, 0–2: mean of 2·|error| ÷ (|actual| + |predicted|); a row where both are 0 is right and counts 0. */
export function symmetricMeanAbsolutePercentageError(data: Predictions): MetricValue {
  return meanOf(data, (error, actual) => (error === 0 ? 0 : (2 * Math.abs(error)) / (Math.abs(actual) + Math.abs(actual + error))));
}

/**
 * Root of the mean squared difference of ln(1 + value), ≥ 0.
 *
 * @returns undefined when a value is −1 or less. Agrees with sklearn `root_mean_squared_log_error`.
 */
export function rootMeanSquaredLogError(data: Predictions): MetricValue {
  const low = countOf(data, (actual, predicted) => actual <= -1 || predicted <= -1);
  if (low > 0) return undefinedBecause(`${low} rows hold a value of −1 or less`);
  const { value, reason } = meanOf(data, (_error, actual, predicted) => (Math.log1p(predicted) - Math.log1p(actual)) ** 2);
  return value === null ? undefinedBecause(reason) : defined(Math.sqrt(value));
}

/**
 * Pinball loss of quantile predictions, in target units, ≥ 0.
 *
 * @param quantile which quantile was predicted, 0–1; 0.5 gives half the mean absolute error
 * Mean of max(α·(actual − predicted), (α − 1)·(actual − predicted)) (Koenker & Bassett 1978). Agrees with sklearn `mean_pinball_loss`.
 */
export function pinballLoss(data: Predictions, quantile: number): MetricValue {
  if (!(quantile >= 0 && quantile <= 1)) throw new RangeError(`quantile ${quantile} is not in 0–1`);
  return meanOf(data, (error) => (error < 0 ? -quantile * error : (1 - quantile) * error));
}

type RowTerm = (error: number, actual: number, predicted: number) => number;

function meanOf(data: Predictions, term: RowTerm): MetricValue {
  const fault = faultOf(data);
  if (fault) return undefinedBecause(fault);
  return ratio(sumOf(data, term), totalWeight(data.actual.length, data.weights), 'no rows');
}

function sumOf({ actual, predicted, weights }: Predictions, term: RowTerm): number {
  let sum = 0;
  for (let row = 0; row < actual.length; row++) {
    sum += (weights ? weights[row] : 1) * term(predicted[row] - actual[row], actual[row], predicted[row]);
  }
  return sum;
}

function countOf({ actual, predicted, weights }: Predictions, found: (actual: number, predicted: number) => boolean): number {
  let count = 0;
  for (let row = 0; row < actual.length; row++) if ((!weights || weights[row] > 0) && found(actual[row], predicted[row])) count++;
  return count;
}

function faultOf(data: Predictions): string | null {
  const { actual, predicted, weights } = data;
  if (actual.length !== predicted.length) throw new RangeError(`${actual.length} actual values for ${predicted.length} predictions`);
  if (totalWeight(actual.length, weights) === 0) return 'no rows';
  let notFinite = 0;
  for (let row = 0; row < actual.length; row++) if (!Number.isFinite(predicted[row] - actual[row])) notFinite++;
  return notFinite > 0 ? `${notFinite} rows hold a value that is not finite` : null;
}

/** Sum of squared distances of the target from its mean. */
function targetSpread(data: Predictions): MetricValue {
  const fault = faultOf(data);
  if (fault) return undefinedBecause(fault);
  const { actual, weights } = data;
  let low = Infinity;
  let high = -Infinity;
  let used = 0;
  for (let row = 0; row < actual.length; row++) {
    if (weights && weights[row] === 0) continue;
    used += weights ? weights[row] : 1;
    low = Math.min(low, actual[row]);
    high = Math.max(high, actual[row]);
  }
  if (actual.length < 2) return undefinedBecause('fewer than two rows');
  if (low === high) return undefinedBecause('the target is constant');
  const mean = sumOf(data, (_error, value) => value) / used;
  return defined(sumOf(data, (_error, value) => (value - mean) ** 2));
}

function oneMinus(numerator: number, denominator: number): MetricValue {
  return defined(1 - numerator / denominator);
}

function absoluteErrors({ actual, predicted }: Predictions): Float64Array {
  return actual.map((value, row) => Math.abs(predicted[row] - value));
}

function medianOf(values: Float64Array, weights?: Float64Array): number {
  return medianInOrder(values, ascending(values), weights);
}

function ascending(values: Float64Array): Uint32Array {
  return Uint32Array.from(values.keys()).sort((a, b) => values[a] - values[b]);
}

function medianInOrder(values: Float64Array, order: Uint32Array, weights?: Float64Array): number {
  let half = 0;
  for (let row = 0; row < values.length; row++) half += (weights ? weights[row] : 1) / 2;
  // Fractional weights rarely add up to exactly half; this much of a miss is rounding.
  const slack = half * values.length * Number.EPSILON;
  let below = 0;
  let lower = NaN;
  for (const row of order) {
    const weight = weights ? weights[row] : 1;
    if (weight === 0) continue;
    if (!Number.isNaN(lower)) return (lower + values[row]) / 2;
    below += weight;
    if (below > half + slack) return values[row];
    if (below >= half - slack) lower = values[row];
  }
  return lower;
}
