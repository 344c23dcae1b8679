import type { ConceptDrift, PerformanceEstimate } from '../../protocol/drift.ts';
import { numberText } from '../../protocol/number-text.ts';
import { judgeEffect } from './judge-effect.ts';

export interface ConceptDriftOptions {
  /** Least difference that matters, in the unit of the metric. Default 0.02. */
  floor?: number;
}

/**
 * Has P(label | features) changed: is the model as right as its own calibrated confidence on these rows says?
 *
 * The expected metric already accounts for how the inputs have moved, so what is left between it and the realised one is a
 * change of meaning (or a calibration that was poor to begin with). Its interval covers the metric measured on as many rows,
 * so the difference is beyond chance when the realised metric lies outside; the interval of the difference is realised − interval.
 *
 * @param estimate of one metric, with the realised value
 * @returns `moved` when the difference is beyond chance and reaches the floor; `inconclusive` when there is no realised
 *   value, no interval, or the interval is wider than the floor and the difference not larger by that much
 */
export function detectConceptDrift(estimate: PerformanceEstimate, { floor = 0.02 }: ConceptDriftOptions = {}): ConceptDrift {
  const { metric, estimated: expected } = estimate;
  const realised = estimate.realised ?? { value: null, reason: 'no labels', rows: 0 };
  const common = { metric, expected, realised };
  const { interval } = expected;
  if (realised.value === null || expected.value === null || !interval) {
    const reason = realised.value === null ? (realised.reason ?? 'no realised value') : (expected.reason ?? 'the expected value has no interval');
    return { ...common, verdict: 'inconclusive', message: `${metric} cannot be compared with its expected value: ${reason}`, difference: { value: null, reason } };
  }
  const difference = realised.value - expected.value;
  const outside = realised.value < interval.low || realised.value > interval.high;
  const band = Math.max(interval.high - expected.value, expected.value - interval.low);
  const verdict = judgeEffect({ value: Math.abs(difference), floor, band, still: 0, adjustedP: outside ? 0 : 1 }, 1 - interval.level);
  const values = `${metric} ${numberText(realised.value)}, expected ${numberText(expected.value)} (${numberText(interval.low)} … ${numberText(interval.high)})`;
  const judged = { moved: 'the label no longer depends on the features as it did', still: 'as the inputs explain', inconclusive: 'too few labelled rows to tell', error: '' }[verdict];
  return {
    ...common,
    verdict,
    message: `${values}: ${judged}`,
    difference: { value: difference, interval: { ...interval, low: realised.value - interval.high, high: realised.value - interval.low } },
  };
}
