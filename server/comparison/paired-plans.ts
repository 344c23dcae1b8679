import type { SliceRef } from '../../protocol/evaluation.ts';
import type { MetricValue } from '../stats/metric-value.ts';

/** Two models on the same rows, set by set; what the evaluation room prepares and this room compares. */
export interface PairedPlans {
  /** Rows of the data that are judged for both, ascending. */
  rows: Uint32Array;
  /** What resamples are drawn from: rows, or queries. */
  units: number;
  /** Takes the weights that all metrics are computed under from now on, one per unit. */
  weigh: (weights: Float64Array) => void;
  /** Per unit. */
  weights?: Float64Array;
  clusters?: Int32Array;
  /** All rows first, then the declared slices; `rows` are positions in the judged rows. */
  sets: readonly ComparedSet[];
  decisions: PairedDecisions | null;
}

export interface ComparedSet {
  slice: SliceRef;
  rows: Uint32Array;
  candidate: readonly ComparedMetric[];
  champion: readonly ComparedMetric[];
}

export interface ComparedMetric {
  name: string;
  /** Under the weights last given to `weigh`. */
  measure: () => MetricValue;
  rows: number;
  basis:
    /** 1 a hit, 0 a miss, 2 not counted. */
    | { kind: 'proportion'; outcomes: Uint8Array }
    | { kind: 'roc_auc'; labels: Uint8Array; scores: Float64Array }
    /** The mean of one number per row. */
    | { kind: 'mean'; terms: Float64Array; weights: () => Float64Array }
    | { kind: 'share' | 'resampled' | 'extreme' };
}

export interface PairedDecisions {
  classes: readonly string[];
  /** Index into `classes` per judged row. */
  actual: Int32Array;
  candidate: DecidedRows;
  champion: DecidedRows;
}

export interface DecidedRows {
  decided: Int32Array;
  scores: Float64Array | null;
  /** Probability the model gives to its own decision. */
  confidence: Float64Array | null;
}
