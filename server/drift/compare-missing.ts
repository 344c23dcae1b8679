import type { ColumnDrift } from '../../protocol/drift.ts';
import type { Measured } from '../../protocol/measured.ts';
import { fisherExact } from '../stats/fisher-exact.ts';
import { chiSquareContingency } from '../stats/chi-square.ts';
import { normalQuantile } from '../stats/special.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';

/** Missing rows of a column on both sides, before multiplicity is corrected. */
export interface MissingComparison extends Pick<ColumnDrift['nulls'], 'reference' | 'current' | 'difference'> {
  /** Null when no row is missing on either side: there is nothing to test, and the test is not counted. */
  pValue: number | null;
  /** 95 % point of the absolute difference of the shares when nothing has moved: 1.96 √(p(1 − p)(1/n + 1/m)) at the pooled share. */
  band: number | null;
}

/**
 * Compares the share of missing rows (null, or NaN in a numeric column).
 *
 * χ² of the 2 × 2 table without Yates; Fisher's exact test where an expected count is below 5.
 */
export function compareMissing(reference: { missing: number; rows: number }, current: { missing: number; rows: number }): MissingComparison {
  const before = measuredShare(reference.missing, reference.rows);
  const after = measuredShare(current.missing, current.rows);
  const difference = (after.value ?? 0) - (before.value ?? 0);
  const missing = reference.missing + current.missing;
  if (missing === 0 || reference.rows === 0 || current.rows === 0) return { reference: before, current: after, difference, pValue: null, band: null };
  const rows = reference.rows + current.rows;
  const expectedMin = (Math.min(missing, rows - missing) * Math.min(reference.rows, current.rows)) / rows;
  const [a, b] = [reference.missing, reference.rows - reference.missing];
  const [c, d] = [current.missing, current.rows - current.missing];
  const pValue = expectedMin < 5 ? fisherExact(a, b, c, d) : chiSquareContingency([Float64Array.of(a, b), Float64Array.of(c, d)]).pValue;
  const pooled = missing / rows;
  const band = normalQuantile(0.975) * Math.sqrt(pooled * (1 - pooled) * (1 / reference.rows + 1 / current.rows));
  return { reference: before, current: after, difference, pValue, band };
}

function measuredShare(count: number, rows: number): Measured {
  if (rows === 0) return { value: null, reason: 'no rows', rows };
  return { value: count / rows, interval: wilsonInterval(count, rows, 0.95) ?? undefined, rows };
}
