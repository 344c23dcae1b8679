import type { ColumnDrift, Statistic } from '../../protocol/drift.ts';
import type { MetricValue } from '../stats/metric-value.ts';

/** Two samples of one column compared, before multiplicity is corrected and anything is decided. */
export interface Comparison extends Pick<ColumnDrift, 'newCategories' | 'newCategoriesTotal' | 'vanishedCategories' | 'quantiles' | 'distributions'> {
  effect: Statistic & { band: number | null; bandMethod: string };
  /** The effect's value for two equal populations: 0 for a distance, 0.5 for an AUC. */
  still: number;
  /** The band for another number of current rows with a value. */
  bandAt: (currentRows: number) => number;
  test: Statistic;
  others: Statistic[];
  /** What changed, in the words of the column: "median 39 → 53". */
  change: string;
}

/** A metric value under its name and definition. */
export function statistic(name: Statistic['name'], { value, reason }: MetricValue, definition: string): Statistic {
  return value === null ? { name, value, reason, definition } : { name, value, definition };
}
