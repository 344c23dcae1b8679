import type { DatasetRef, Measured, Severity, Verdict } from './measured.ts';

/**
 * One expectation about a batch. `kind` says which; the other keys are its parameters.
 * Written under `checks` in slipway.yaml, or suggested from the reference.
 */
export type Check = CheckBase & CheckRule;

export interface CheckBase {
  severity: Severity;
  /** Line in slipway.yaml; absent for a suggested check. */
  line?: number;
  /** True when it was derived from the reference and not written by a person. */
  suggested?: boolean;
}

export type CheckRule =
  | { kind: 'row_count'; min?: number; max?: number }
  | { kind: 'columns'; required: string[]; ordered?: boolean; extra?: 'allow' | 'report' }
  | { kind: 'type'; column: string; type: string }
  /** Removed and added columns whose content matches: reported as a rename rather than a loss. */
  | { kind: 'renamed'; minSimilarity?: number }
  | { kind: 'nulls'; column: string; maxShare: number; /** What counts: default null and NaN. */ counts?: ('null' | 'nan' | 'empty' | 'infinite')[] }
  | { kind: 'not_finite'; column: string; maxShare: number }
  | { kind: 'empty_strings'; column: string; maxShare: number }
  | { kind: 'unique'; columns: string[] }
  | { kind: 'duplicate_rows'; maxShare: number }
  | { kind: 'range'; column: string; min?: number | string; max?: number | string; maxShare?: number }
  | { kind: 'allowed_values'; column: string; values: (string | number | boolean)[]; maxShare?: number }
  | { kind: 'pattern'; column: string; pattern: string; maxShare?: number }
  | { kind: 'length'; column: string; min?: number; max?: number; maxShare?: number }
  /** Text that must parse: a mixed or numeric-string column shows here. */
  | { kind: 'format'; column: string; format: 'integer' | 'number' | 'date' | 'timestamp' | 'uuid' | 'email' | 'json'; maxShare?: number }
  /** Newest value of a time column is at most this old, and none lies in the future. */
  | { kind: 'freshness'; column: string; maxAgeHours: number; allowFutureMinutes?: number }
  /** Time between the newest row and the oldest expected one: rows that came late. */
  | { kind: 'late_rows'; column: string; notBefore: string; maxShare?: number }
  | { kind: 'outliers'; column: string; method: 'robust_z' | 'iqr'; threshold?: number; maxRatio?: number; maxShare?: number }
  | { kind: 'sorted'; column: string; direction: 'increasing' | 'decreasing'; strict?: boolean }
  | { kind: 'constant'; column: string }
  /** A boolean SQL expression over the row's columns that must hold. */
  | { kind: 'expression'; name?: string; expression: string; maxShare?: number }
  /** Every non-null value of `column` is a value of `inColumn` in the named dataset. */
  | { kind: 'references'; column: string; dataset: string; inColumn: string; maxShare?: number }
  /** A feature that alone predicts the label almost perfectly. */
  | { kind: 'label_leakage'; target: string; maxScore?: number }
  | { kind: 'label_distribution'; target: string; maxDistance?: number }
  /** Rows (by key, else by all feature columns) that are also in the named dataset. */
  | { kind: 'overlap'; dataset: string; columns?: string[]; maxShare?: number };

export type CheckKind = CheckRule['kind'];

/** What was found when a check was applied. A finding is a value, whatever its verdict. */
export interface Finding {
  /** Stable within a workspace: kind and column, e.g. `nulls:humid`. */
  id: string;
  check: Check;
  column?: string;
  severity: Severity;
  verdict: Verdict;
  /** One line a colleague could repeat: "nulls rose from 0.4 % to 7.9 %, allowed 2 %". */
  message: string;
  /** What was measured and what was needed, as short text for a table. */
  measured: string;
  needed: string;
  /** The measured share or count with its interval, where there is one. */
  value?: Measured;
  /** Rows that break the rule, fetched on demand by `id`. Null when rows are not what fails. */
  failing: { rows: number; of: number } | null;
  /** What to write in slipway.yaml to accept this, or what to repair. */
  next?: string;
}

export interface DataQualityReport {
  dataset: DatasetRef;
  reference?: DatasetRef;
  findings: Finding[];
}
