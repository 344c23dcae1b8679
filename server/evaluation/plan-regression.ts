import { findMetric } from '../stats/metric-registry.ts';
import { type MetricValue, defined, undefinedBecause } from '../stats/metric-value.ts';
import {
  type Predictions as Errors,
  explainedVariance,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanError,
  meanSquaredError,
  medianAbsoluteError,
  medianAbsoluteErrorStatistic,
  pinballLoss,
  r2,
  rootMeanSquaredLogError,
  symmetricMeanAbsolutePercentageError,
} from '../stats/regression-metrics.ts';
import { type PlannedMetric, meanOfRows } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';
import type { RegressionSubject } from './subject.ts';

/** Regression metrics on some rows; parameters as for `planBinary`. */
export function planRegression(subject: RegressionSubject, rows: Uint32Array, units: Uint32Array, names: readonly string[], weights: UnitWeights): PlannedMetric[] {
  const actual = Float64Array.from(rows, (row) => subject.labels[row]);
  const predicted = Float64Array.from(rows, (row) => subject.predictions.values[row]);
  const theirs = weights.of(units);
  return names.flatMap((name) => plannedMetric(name, actual, predicted, theirs) ?? []);
}

function plannedMetric(text: string, actual: Float64Array, predicted: Float64Array, weights: () => Float64Array): PlannedMetric | null {
  const rows = actual.length;
  const named = findMetric(text);
  const data = (): Errors => ({ actual, predicted, weights: weights() });
  const resampled = (measure: () => MetricValue): PlannedMetric => ({ name: text, measure, rows, basis: { kind: 'resampled' } });
  const mean = (metric: (data: Errors) => MetricValue): PlannedMetric =>
    meanOfRows(text, rows, (index) => metric({ actual: actual.subarray(index, index + 1), predicted: predicted.subarray(index, index + 1) }), weights, () => metric({ actual, predicted }));
  switch (named?.name) {
    case 'mae':
      return mean(meanAbsoluteError);
    case 'mse':
      return mean(meanSquaredError);
    case 'rmse': {
      const squared = mean(meanSquaredError);
      return resampled(() => squareRoot(squared.measure()));
    }
    case 'bias':
      return mean(meanError);
    case 'mape':
      return mean(meanAbsolutePercentageError);
    case 'smape':
      return mean(symmetricMeanAbsolutePercentageError);
    case 'pinball':
      return mean((some) => pinballLoss(some, named?.parameter ?? NaN));
    case 'median_ae': {
      if (medianAbsoluteError({ actual, predicted }).value === null) return resampled(() => medianAbsoluteError(data()));
      const statistic = medianAbsoluteErrorStatistic(actual, predicted);
      return resampled(() => defined(statistic(weights())));
    }
    case 'max_error':
      return { ...resampled(() => maxError(data())), basis: { kind: 'extreme' } };
    case 'rmsle':
      return resampled(() => rootMeanSquaredLogError(data()));
    case 'r2':
      return resampled(() => r2(data()));
    case 'explained_variance':
      return resampled(() => explainedVariance(data()));
    default:
      return null;
  }
}

function squareRoot({ value, reason }: MetricValue): MetricValue {
  return value === null ? undefinedBecause(reason) : defined(Math.sqrt(value));
}
