import type { GateResult } from '../../protocol/gates.ts';

/** How a measurement is written in a sentence. */
export interface MeasureText {
  /** "recall", "latency p99 at batch 1". */
  name: string;
  value: (value: number, digits?: number) => string;
}

/** A value in its unit: "0.731", "112 ms", "1.2 MB". `digits` are added after the point to tell near values apart. */
export function valueText(value: number, unit: GateResult['unit'], digits = 0): string {
  switch (unit) {
    case 'share':
      return plain(value, 3 + digits);
    case 'ms':
      return `${significant(value, 3 + digits)} ms`;
    case 'rows/s':
      return `${significant(value, 4 + digits)} rows/s`;
    case 'MB':
      return `${significant(value, 3 + digits)} MB`;
    case 'money':
      return plain(value, 3 + digits);
    case 'count':
      return Math.round(value) === value ? value.toLocaleString('en-US') : plain(value, 2 + digits);
    case 'metric':
      return significant(value, 4 + digits);
  }
}

/** A difference in its unit, always signed; shares in percentage points: "−4.1 pt". */
export function differenceText(difference: number, unit: GateResult['unit'], digits = 0): string {
  const size = Math.abs(difference);
  const text = unit === 'share' ? `${plain(size * 100, 1 + digits)} pt` : valueText(size, unit, digits);
  return `${difference < 0 ? '−' : '+'}${text}`;
}

/** An improvement in words, whatever the metric's direction: "4.1 pt worse", "0.9 pt better". */
export function improvementText(improvement: number, limits: readonly number[], unit: GateResult['unit']): string {
  const text = apart(improvement, limits, (value, digits) => differenceText(value, unit, digits)).slice(1);
  if (improvement === 0) return 'neither better nor worse';
  return `${text} ${improvement > 0 ? 'better' : 'worse'}`;
}

/** Written with as many digits as it takes to look different from each limit it differs from, up to nine more. */
export function apart(value: number, limits: readonly number[], write: (value: number, digits?: number) => string): string {
  const others = limits.filter((limit) => Math.abs(limit - value) > 1e-12 * Math.max(1, Math.abs(limit)));
  for (let digits = 0; digits < 9; digits++) {
    const text = write(value, digits);
    if (others.every((limit) => write(limit, digits) !== text)) return text;
  }
  return write(value, 9);
}

/** A metric's name as people write it. */
export function metricText(metric: string): string {
  return written[metric] ?? metric.replaceAll('_', ' ');
}

const written: Record<string, string> = { roc_auc: 'AUC', f1: 'F1', mcc: 'MCC', mae: 'MAE', mse: 'MSE', rmse: 'RMSE', r2: 'R²', ece: 'calibration error (ECE)', brier: 'Brier score', tpr: 'TPR', fpr: 'FPR' };

function plain(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 || value > 0 ? text : `−${text}`;
}

function significant(value: number, digits: number): string {
  const size = Math.abs(value);
  const text = size >= 1000 ? size.toLocaleString('en-US', { maximumFractionDigits: Math.max(0, digits - 4) }) : String(Number(size.toPrecision(digits)));
  return value < 0 && text !== '0' ? `−${text}` : text;
}
