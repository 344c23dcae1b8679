import type { GateResult } from '../../protocol/gates.ts';
import { differenceText, valueText } from '../../protocol/number-text.ts';

type Unit = GateResult['unit'];

/** How a measurement is written in a sentence. */
export interface MeasureText {
  /** "recall", "latency p99 at batch 1". */
  name: string;
  value: (value: number) => string;
}

/** Writes a measurement by its value. */
export function inUnit(name: string, unit: Unit): MeasureText {
  return { name, value: (value) => valueText(value, unit) };
}

/** Writes a measurement that is a difference. */
export function asDifference(name: string, unit: Unit): MeasureText {
  return { name, value: (value) => differenceText(value, unit) };
}

/** An improvement in words, whatever the metric's direction: "4.1 pt worse", "0.9 pt better". */
export function improvementText(improvement: number, limit: number, unit: Unit): string {
  if (improvement === 0) return 'neither better nor worse';
  const text = apart(improvement, [limit], (value) => differenceText(value, unit));
  return `${text.replace(/^[+−]/, '')} ${improvement > 0 ? 'better' : 'worse'}`;
}

/** The smallest improvement that is allowed: "≥ −1.0 pt". */
export function leastText(least: number, unit: Unit): string {
  return least === 0 ? '≥ 0' : `≥ ${differenceText(least, unit)}`;
}

/** A value as it is usually written or, where that would make it look equal to a limit it differs from, with enough digits to see the difference. */
export function apart(value: number, limits: readonly number[], write: (value: number) => string): string {
  const others = limits.filter((limit) => Math.abs(limit - value) > 1e-12 * Math.max(1, Math.abs(limit)));
  if (others.every((limit) => write(limit) !== write(value))) return write(value);
  for (let digits = 4; digits < 17; digits++) {
    const text = value.toPrecision(digits);
    if (others.every((limit) => limit.toPrecision(digits) !== text)) return String(Number(text)).replace('-', '−');
  }
  return String(value);
}

/** A metric's name as people write it. */
export function metricText(metric: string): string {
  return written[metric] ?? metric.replaceAll('_', ' ');
}

const written: Record<string, string> = {
  roc_auc: 'AUC',
  f1: 'F1',
  mcc: 'MCC',
  mae: 'MAE',
  mse: 'MSE',
  rmse: 'RMSE',
  r2: 'R²',
  ece: 'calibration error (ECE)',
  calibration_rms_debiased: 'calibration error (RMS)',
  brier: 'Brier score',
  bleu: 'BLEU',
  chrf: 'chrF',
  mrr: 'MRR',
};
