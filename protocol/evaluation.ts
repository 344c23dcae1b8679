import type { DatasetRef, Interval, Measured, Verdict } from './measured.ts';

export type Task = 'binary' | 'multiclass' | 'regression' | 'ranking' | 'generation';

export interface SliceRef {
  /** "carrier = AA", "temp < 20 and origin = JFK". */
  name: string;
  /** Column values that define it; empty for the whole dataset. */
  where: SliceCondition[];
  source: 'all' | 'declared' | 'found';
}

/** One column's part in a slice: a value (null for the rows without one), several values pooled, or a half-open range. */
export interface SliceCondition {
  column: string;
  value?: string | null;
  values?: (string | null)[];
  /** Inclusive. */
  low?: number;
  /** Exclusive. */
  high?: number;
}

export interface SliceResult {
  slice: SliceRef;
  rows: number;
  share: number;
  /** By metric name. */
  metrics: Record<string, Measured>;
}

export interface WeakSlice extends SliceResult {
  metric: string;
  /** Slice value minus the rest's, signed so that negative is worse. */
  gap: Measured;
  adjustedP: number | null;
}

export interface GroupFairness {
  /** Column, or columns for intersections. */
  by: string[];
  groups: { group: string; rows: number; positives: number; selected: number; tooSmall: boolean; rates: Record<'selection_rate' | 'tpr' | 'fpr' | 'tnr' | 'fnr', Measured> }[];
  /** By name: demographic_parity_difference, equalized_odds_ratio … */
  disparities: Record<string, Measured & { lowestGroup?: string; highestGroup?: string }>;
  minRows: number;
}

export interface ReliabilityBin {
  low: number;
  high: number;
  rows: number;
  meanScore: number | null;
  positiveShare: Measured;
}

export interface CalibrationReport {
  strategy: 'width' | 'mass';
  bins: ReliabilityBin[];
  metrics: Record<string, Measured>;
}

export interface ConfusionMatrix {
  labels: string[];
  /** counts[actual][predicted] */
  counts: number[][];
}

export interface Curve {
  /** At most 200 points, endpoints kept. */
  points: [number, number][];
}

/** How a model does on labelled data. */
export interface EvaluationReport {
  dataset: DatasetRef;
  model: { name: string; version: string; digest: string | null };
  task: Task;
  /** Why no metric was computed: faulty predictions, nothing to judge. Then `metrics` is empty and no row is judged. */
  refused?: string;
  /** Rows read, rows judged, and why the others were left out; adds up exactly. */
  rows: { read: number; judged: number; leftOut: { reason: string; rows: number }[] };
  threshold?: number;
  positive?: string;
  metrics: Record<string, Measured>;
  confusion?: ConfusionMatrix;
  roc?: Curve;
  precisionRecall?: Curve;
  calibration?: CalibrationReport;
  residuals?: { edges: number[]; counts: number[] };
  slices: SliceResult[];
  weakSlices: WeakSlice[];
  fairness: GroupFairness[];
  value?: ValueReport;
  seed: number;
}

/** What predictions are worth, by the value of each outcome written in slipway.yaml. */
export interface ValueReport {
  currency: string;
  perPrediction: Measured;
  /** The baseline's value per prediction on the same rows: `negative` predicts nobody, `positive` everybody. */
  baseline: { name: string; perPrediction: Measured };
  /** Model minus baseline, paired on rows. */
  gain: Measured;
  counts: { tp: number; fp: number; fn: number; tn: number };
}

/** Predictions on one dataset as faults, before any metric. */
export interface PredictionFaults {
  rows: number;
  /** No prediction at all: an empty cell in a prediction column. */
  missing: number;
  notFinite: number;
  outsideUnitInterval: number;
  sumNotOne: number;
  /** The first few, 0-based, in file order; people see them counted from 1. */
  firstRows: number[];
  message?: string;
}

export interface Flip {
  /** 0-based, in file order over all files of the dataset; people see it counted from 1. */
  row: number;
  key?: string;
  label: string;
  champion: string;
  candidate: string;
  championScore: number | null;
  candidateScore: number | null;
}

export interface FlipConcentration {
  slice: SliceRef;
  rows: number;
  harmful: number;
  helpful: number;
  /** Harmful flips in this slice ÷ expected if they were spread evenly. */
  lift: number;
  adjustedP: number | null;
}

/** Candidate and champion on the same rows. Difference is candidate − champion; `better` accounts for direction. */
export interface MetricComparison {
  metric: string;
  slice: SliceRef;
  champion: Measured;
  candidate: Measured;
  difference: Measured;
  /** Two-sided, of no difference. */
  pValue: number | null;
  /** After Holm over the slices of the same columns; absent for the whole dataset. */
  adjustedP?: number | null;
  test: 'mcnemar' | 'delong' | 'paired-bootstrap' | 'paired-permutation' | null;
  direction: 'higher' | 'lower';
}

export interface ComparisonReport {
  dataset: DatasetRef;
  champion: { version: string; digest: string };
  candidate: { version: string; digest: string };
  /** Why no comparison was made; then everything below is empty. */
  refused?: string;
  rows: number;
  metrics: MetricComparison[];
  slices: MetricComparison[];
  flips: { harmful: number; helpful: number; harmfulRate: Measured; mcnemar: { statistic: number | null; pValue: number | null; method: string } | null; examples: Flip[]; concentrations: FlipConcentration[] } | null;
  interval?: Interval['method'];
  seed: number;
}

/** Curated rows that must come out right. */
export interface CaseResult {
  /** 0-based, in file order over all files of the dataset; people see it counted from 1. */
  row: number;
  name: string;
  expected: string;
  predicted: string | null;
  score: number | null;
  verdict: Verdict;
}
