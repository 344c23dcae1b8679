import type { ValueReport } from '../../protocol/evaluation.ts';
import type { Measured } from '../../protocol/measured.ts';
import { ratio } from '../stats/metric-value.ts';
import type { PlannedMetric } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';

/** What each outcome of a prediction is worth, as written in slipway.yaml; costs are negative. */
export interface OutcomeValues {
  currency: string;
  truePositive: number;
  falsePositive: number;
  falseNegative: number;
  trueNegative: number;
  /** What would be done without a model: predict nobody, or everybody. */
  baseline: 'negative' | 'positive';
}

/**
 * What predictions are worth, against doing without a model on the same rows.
 *
 * @param labels    0 or 1 per row
 * @param decisions 0 or 1 per row
 * @param weights of the rows, which are its units
 * @returns metrics of the value per prediction, the baseline's, and the gain of one over the other, which is paired on
 *   rows: what both have in common drops out of its interval
 * The mean over rows of what the row's outcome is worth, so all that counts is how many rows have each outcome.
 */
export function assessValue(labels: Uint8Array, decisions: Uint8Array, values: OutcomeValues, weights: UnitWeights): { metrics: PlannedMetric[]; report: (measured: Record<string, Measured>) => ValueReport } {
  const { trueNegative, falsePositive, falseNegative, truePositive, baseline } = values;
  const model = [trueNegative, falsePositive, falseNegative, truePositive];
  const without = baseline === 'positive' ? [falsePositive, falsePositive, truePositive, truePositive] : [trueNegative, trueNegative, falseNegative, falseNegative];
  const outcomes = labels.map((label, row) => 2 * label + decisions[row]);
  const sums = weights.sums(outcomes, Uint32Array.from(labels.keys()), 4);
  const [tn, fp, fn, tp] = sums;
  const mean = (name: string, worth: readonly number[]): PlannedMetric => ({
    name,
    rows: labels.length,
    basis: { kind: 'resampled' },
    measure: () => {
      const [all, total] = worth.reduce(([all, total], each, outcome) => [all + sums[outcome], total + sums[outcome] * each], [0, 0]);
      return ratio(total, all, 'no rows');
    },
  });
  return {
    metrics: [mean('value_per_prediction', model), mean('baseline', without), mean('gain', model.map((value, outcome) => value - without[outcome]))],
    report: (measured) => ({
      currency: values.currency,
      perPrediction: measured.value_per_prediction,
      baseline: { name: values.baseline, perPrediction: measured.baseline },
      gain: measured.gain,
      counts: { tp, fp, fn, tn },
    }),
  };
}
