/** A number as it travels: with its doubt, or with the reason why there is none. Never NaN, never Infinity. */
export interface Interval {
  low: number;
  high: number;
  /** Coverage, 0.95 unless said otherwise. */
  level: number;
  /** The last three cover the true value at every look at once. */
  method: 'wilson' | 'clopper-pearson' | 'delong' | 'bootstrap-percentile' | 'bootstrap-bca' | 'normal' | 'newcombe' | 'tango' | 'student-t' | 'order-statistic' | 'beta-mixture' | 'betting' | 'asymptotic-sequence';
}

export interface Measured {
  value: number | null;
  /** Why `value` is null: "one class only", "no predicted positives". Absent when there is a value. */
  reason?: string;
  interval?: Interval;
  /** Rows the value was computed on. */
  rows: number;
  /** Bootstrap resamples used and how many were degenerate (statistic undefined). */
  resamples?: { drawn: number; degenerate: number; seed: number };
}

/** How much a failure matters. Only `block` decides whether a model may be promoted. */
export type Severity = 'block' | 'warn' | 'info';

/** What is known. Too little data is `inconclusive`, a crashed or missing measurement is `error`; only `pass` promotes. */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error';

/** Names a dataset and the exact bytes it had. */
export interface DatasetRef {
  name: string;
  /** Paths relative to the workspace, in reading order. */
  files: string[];
  /** sha256 over the files' bytes in order, hex. */
  digest: string;
  rows: number;
}
