import type { CheckRule } from '../../protocol/data-quality.ts';
import { type ColumnProfile, quantileProbabilities } from '../../protocol/datasets.ts';

type OutlierRule = Pick<Extract<CheckRule, { kind: 'outliers' }>, 'method' | 'threshold'>;

export type OutlierFences = { low: number; high: number } | { low: null; high: null; reason: string };

/** Interquartile range of a normal distribution in standard deviations. */
const normalIqr = 1.3489795003921634;

/**
 * The values beyond which a number is an outlier.
 *
 * `robust_z`: |x − median| ÷ (IQR ÷ 1.349) > threshold, default 3.5 (Iglewicz & Hoaglin 1993, with the interquartile range as
 * the robust spread, which a profile has). `iqr`: beyond the quartiles by more than threshold × IQR, default 1.5 (Tukey 1977).
 *
 * @param column whose quartiles set the fences: the reference's, so that outliers in a batch cannot widen their own fences
 * @returns no fences when the column is not numeric, has no values, or its quartiles are equal
 */
export function outlierFences({ method, threshold }: OutlierRule, column: ColumnProfile | undefined): OutlierFences {
  if (!column) return { low: null, high: null, reason: 'the column is not there' };
  if (!column.quantiles) return { low: null, high: null, reason: column.undefinedReason ?? 'the column has no quantiles' };
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((probability) => column.quantiles![quantileProbabilities.findIndex((known) => known === probability)]);
  const spread = upper - lower;
  if (!(spread > 0)) return { low: null, high: null, reason: 'half of the values are the same, so there is no spread to measure by' };
  if (method === 'iqr') return { low: lower - (threshold ?? 1.5) * spread, high: upper + (threshold ?? 1.5) * spread };
  const reach = ((threshold ?? 3.5) * spread) / normalIqr;
  return { low: median - reach, high: median + reach };
}
