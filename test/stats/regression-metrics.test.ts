import { describe, expect, test } from 'vitest';
import {
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
  rootMeanSquaredError,
  rootMeanSquaredLogError,
  symmetricMeanAbsolutePercentageError,
} from '../../server/stats/regression-metrics.ts';
import { expectClose, floats, goldens } from './metric-goldens.ts';

const golden = goldens.regression;
const of = (actual: number[], predicted: number[], weights?: number[]) => ({ actual: floats(actual), predicted: floats(predicted), weights: weights && floats(weights) });

describe('regression metrics', () => {
  test.each([
    ['plain', of(golden.actual, golden.predicted), golden.expected.plain],
    ['weighted', of(golden.actual, golden.predicted, golden.weights), golden.expected.weighted],
  ] as const)('%s values agree with scikit-learn', (_name, data, expected) => {
    expectClose(meanAbsoluteError(data), expected.mae);
    expectClose(meanSquaredError(data), expected.mse);
    expectClose(rootMeanSquaredError(data), expected.rmse);
    expectClose(medianAbsoluteError(data), expected.median_ae);
    expectClose(r2(data), expected.r2);
    expectClose(explainedVariance(data), expected.explained_variance);
    expectClose(meanAbsolutePercentageError(data), expected.mape);
    expectClose(rootMeanSquaredLogError(data), expected.rmsle);
    expectClose(pinballLoss(data, 0.9), expected['pinball_0.9']);
  });

  test('the largest error agrees with scikit-learn and ignores rows without weight', () => {
    expectClose(maxError(of(golden.actual, golden.predicted)), golden.expected.max_error);
    expect(maxError(of([0, 0], [9, 1], [0, 1]))).toEqual({ value: 1 });
  });

  test('bias is signed, and half the mean absolute error is the pinball loss at one half', () => {
    const data = of([1, 2, 3], [2, 4, 3]);
    expect(meanError(data)).toEqual({ value: 1 });
    expectClose(pinballLoss(data, 0.5), meanAbsoluteError(data).value! / 2);
  });

  test('smape of a row that is 0 and predicted 0 is 0, of one predicted otherwise 2', () => {
    expect(symmetricMeanAbsolutePercentageError(of([0, 0, 1], [0, 5, 3]))).toEqual({ value: 1 });
  });

  test.each([
    ['r2 of one row', r2(of([1], [1])), 'fewer than two rows'],
    ['r2 of a constant target', r2(of([2, 2], [2, 2])), 'the target is constant'],
    ['explained variance of a constant target', explainedVariance(of([2, 2], [1, 3])), 'the target is constant'],
    ['r2 when only equal values have weight', r2(of([1, 2, 2], [1, 2, 3], [0, 1, 1])), 'the target is constant'],
    ['mape with a zero', meanAbsolutePercentageError(of([0, 1], [1, 1])), '1 actual values are 0'],
    ['rmsle with −1', rootMeanSquaredLogError(of([-1, 1], [1, 1])), '1 rows hold a value of −1 or less'],
    ['mae of no rows', meanAbsoluteError(of([], [])), 'no rows'],
    ['median of no rows', medianAbsoluteError(of([], [])), 'no rows'],
    ['mae without weight', meanAbsoluteError(of([1], [1], [0])), 'no rows'],
    ['mae with a NaN prediction', meanAbsoluteError(of([1, 2], [NaN, 2])), '1 rows hold a value that is not finite'],
    ['mse with an infinite target', meanSquaredError(of([Infinity, 2], [1, 2])), '1 rows hold a value that is not finite'],
  ])('%s is undefined, with the reason', (_name, metric, reason) => expect(metric).toEqual({ value: null, reason }));

  test('variance far from zero does not cancel', () => {
    expectClose(r2(of([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], [1e9 + 10, 1e9 + 10, 1e9 + 10, 1e9 + 10])), 0);
  });

  test('the median statistic counts a weight of k as k rows', () => {
    const statistic = medianAbsoluteErrorStatistic(floats([0, 0, 0]), floats([1, 2, 10]));
    expect([statistic(floats([1, 1, 1])), statistic(floats([2, 0, 2])), statistic(floats([0, 0, 0]))]).toEqual([2, 5.5, NaN]);
  });
});
