import type { ValueReport } from '../../protocol/evaluation.ts';
import type { Measured } from '../../protocol/measured.ts';
import { weightedMean } from '../stats/sample-weights.ts';
import { type MetricPlan, type PlannedMetric, weightsOf } from './metric-plan.ts';

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
 * @returns a plan of the value per prediction, the baseline's, and the gain of one over the other, which is paired on
 *   rows: what both have in common drops out of its interval
 */
export function assessValue(labels: Uint8Array, decisions: Uint8Array, values: OutcomeValues): { plan: MetricPlan; report: (measured: Record<string, Measured>) => ValueReport } {
  const model = outcomeValues(labels, decisions, values);
  const baseline = outcomeValues(labels, new Uint8Array(labels.length).fill(values.baseline === 'positive' ? 1 : 0), values);
  const weights = weightsOf(Uint32Array.from(labels.keys()));
  const mean = (name: string, terms: Float64Array): PlannedMetric => ({ name, rows: labels.length, basis: { kind: 'resampled' }, measure: () => weightedMean(terms, weights.current()) });
  const gain = model.map((value, row) => value - baseline[row]);
  const count = (label: number, decision: number): number => labels.reduce((sum, actual, row) => sum + (actual === label && decisions[row] === decision ? 1 : 0), 0);
  return {
    plan: { weigh: weights.weigh, metrics: [mean('value_per_prediction', model), mean('baseline', baseline), mean('gain', gain)] },
    report: (measured) => ({
      currency: values.currency,
      perPrediction: measured.value_per_prediction,
      baseline: { name: values.baseline, perPrediction: measured.baseline },
      gain: measured.gain,
      counts: { tp: count(1, 1), fp: count(0, 1), fn: count(1, 0), tn: count(0, 0) },
    }),
  };
}

/** Value of each row's outcome. */
export function outcomeValues(labels: Uint8Array, decisions: Uint8Array, { truePositive, falsePositive, falseNegative, trueNegative }: OutcomeValues): Float64Array {
  const byOutcome = [trueNegative, falsePositive, falseNegative, truePositive];
  return Float64Array.from(labels, (label, row) => byOutcome[2 * label + decisions[row]]);
}
