import type { DatasetRef, Interval, Measured } from './measured.ts';

/**
 * `moved`: corrected p below alpha **and** effect at or above its floor.
 * `inconclusive`: at these sizes chance alone can reach the floor.
 */
export type DriftVerdict = 'moved' | 'still' | 'inconclusive' | 'error';

/** A statistic with its definition beside it, since "JS 0.1" means three different things. */
export interface Statistic {
  name: 'ks' | 'wasserstein' | 'wasserstein_normed' | 'psi' | 'js_distance' | 'chi_square' | 'cramers_v' | 'cramers_v_balanced' | 'linf' | 'tvd' | 'auc' | 'energy' | 'cramer_von_mises' | 'mann_whitney' | 'null_share_difference' | 'pca_reconstruction';
  value: number | null;
  reason?: string;
  pValue?: number | null;
  /** Formula, base, bins, floor, and the library it agrees with. */
  definition: string;
}

/** Two distributions on the same bins: enough to draw, never the rows. */
export type Distributions =
  | { kind: 'numeric'; edges: number[]; reference: number[]; current: number[]; unit?: 'ms-since-1970' }
  | { kind: 'categorical'; categories: string[]; reference: number[]; current: number[]; /** Counts of all categories not listed. */ other: { reference: number; current: number; distinct: number } };

export interface ColumnDrift {
  column: string;
  role: 'feature' | 'label' | 'prediction';
  kind: 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'identifier' | 'nested';
  verdict: DriftVerdict;
  /** "median 39 → 53 °F", "too few rows to tell: 180 more would do". */
  message: string;
  rows: { reference: number; current: number };
  /** The statistic that decides, its floor, and the 95 % point of the same statistic when nothing drifts at these sizes. */
  effect: Statistic & { floor: number; band: number | null; bandMethod: string };
  /** The test that decides, before and after Benjamini–Hochberg over the columns of this report. */
  test: Statistic & { adjustedP: number | null };
  /** Everything else that was computed. */
  others: Statistic[];
  /** Current rows that would bring the band under the floor; absent when they do already. */
  rowsNeeded?: number;
  nulls: { reference: Measured; current: Measured; difference: number; adjustedP: number | null; moved: boolean };
  newCategories: { value: string; count: number }[];
  newCategoriesTotal: { categories: number; rows: number };
  vanishedCategories: string[];
  quantiles?: { probabilities: number[]; reference: number[]; current: number[] };
  distributions: Distributions | null;
}

/** Can a classifier tell the two apart when it sees all columns together? */
export interface MultivariateDrift {
  verdict: DriftVerdict;
  message: string;
  auc: Measured;
  floor: number;
  /** Columns that carried the difference, strongest first. */
  columns: { column: string; weight: number }[];
  /** Said aloud when rows were subsampled for the classifier. */
  sample: { reference: number; of: number; current: number; ofCurrent: number; seed: number };
}

/** Estimated performance without labels (confidence-based), beside the realised one where labels exist. */
export interface PerformanceEstimate {
  metric: string;
  estimated: Measured;
  reference: Measured;
  realised?: Measured;
  definition: string;
}

/** P(label | features) changed: realised quality differs from what the inputs alone explain. */
export interface ConceptDrift {
  verdict: DriftVerdict;
  message: string;
  metric: string;
  expected: Measured;
  realised: Measured;
  difference: { value: number | null; interval?: Interval; reason?: string };
}

export interface DriftReport {
  reference: DatasetRef;
  current: DatasetRef;
  alpha: number;
  columns: ColumnDrift[];
  moved: number;
  inconclusive: number;
  errors: number;
  multivariate: MultivariateDrift | null;
  /** What was not compared and why: identifiers, nested columns, columns on one side only. */
  skipped: { column: string; reason: string }[];
}
