import type { CalibrationReport } from '../../protocol/evaluation.ts';
import type { Measured } from '../../protocol/measured.ts';
import { type BinStrategy, brierDecomposition, reliability } from '../stats/calibration.ts';
import { CALIBRATION_BINS } from './resampled-reliability.ts';

/**
 * What was promised beside what happened, by bins of the score.
 *
 * @param labels   0 or 1 per row
 * @param scores   probability of 1 per row
 * @param measured the calibration metrics of the same rows, with their intervals
 * @returns bins that have rows, ascending, each with a Wilson interval of its share of positives, and the parts of the
 *   Brier score. Null when the scores are not probabilities or there are no rows.
 */
export function assessCalibration(labels: Uint8Array, scores: Float64Array, strategy: BinStrategy, measured: Record<string, Measured>, weights?: Float64Array): CalibrationReport | null {
  const observed = reliability(labels, scores, { bins: CALIBRATION_BINS, strategy, level: 0.95 }, weights);
  const parts = brierDecomposition(observed);
  if (observed.fault !== undefined || parts === null) return null;
  const part = (value: number): Measured => ({ value, rows: labels.length });
  return {
    strategy,
    bins: observed.bins.map(({ low, high, rows, meanScore, positiveShare, interval }) => ({ low, high, rows, meanScore, positiveShare: { value: positiveShare, interval, rows } })),
    metrics: {
      ...Object.fromEntries(Object.entries(measured).filter(([name]) => calibrationMetrics.has(name))),
      brier_reliability: part(parts.reliability),
      brier_resolution: part(parts.resolution),
      brier_uncertainty: part(parts.uncertainty),
    },
  };
}

const calibrationMetrics = new Set(['ece', 'ece_mass', 'calibration_rms_debiased', 'max_calibration_error', 'calibration_ratio', 'brier']);
