import { type Moments, variance } from './moments.ts';
import { studentTSf } from './special.ts';

export interface TTest {
  /** Positive when the reference mean is larger; null where undefined. */
  statistic: number | null;
  reason?: string;
  degreesOfFreedom: number | null;
  /** Two-sided, in [0, 1]. */
  pValue: number | null;
}

/**
 * Welch's t test: equal means, variances may differ (Welch 1947, Satterthwaite's degrees of freedom).
 *
 * @param reference moments of the finite values
 * @param current   moments of the finite values
 * Undefined with fewer than two values on a side or when both sides are constant. Agrees with scipy `ttest_ind(equal_var=False)`.
 */
export function welchTTest(reference: Moments, current: Moments): TTest {
  const r = variance(reference, 1);
  const c = variance(current, 1);
  if (r.value === null || c.value === null) return undefinedTest('a side has fewer than two finite values');
  const fromReference = r.value / reference.count;
  const fromCurrent = c.value / current.count;
  const square = fromReference + fromCurrent;
  if (square === 0) return undefinedTest('both sides are constant');
  const degreesOfFreedom = square ** 2 / (fromReference ** 2 / (reference.count - 1) + fromCurrent ** 2 / (current.count - 1));
  return finish((reference.mean - current.mean) / Math.sqrt(square), degreesOfFreedom);
}

/** Student's t test with pooled variance: equal means, given equal variances. Undefined as Welch's. Agrees with scipy `ttest_ind`. */
export function pooledTTest(reference: Moments, current: Moments): TTest {
  if (reference.count < 2 || current.count < 2) return undefinedTest('a side has fewer than two finite values');
  const degreesOfFreedom = reference.count + current.count - 2;
  const square = ((reference.m2 + current.m2) / degreesOfFreedom) * (1 / reference.count + 1 / current.count);
  if (square === 0) return undefinedTest('both sides are constant');
  return finish((reference.mean - current.mean) / Math.sqrt(square), degreesOfFreedom);
}

function finish(statistic: number, degreesOfFreedom: number): TTest {
  if (!Number.isFinite(statistic) || !Number.isFinite(degreesOfFreedom)) return undefinedTest('values too large to square');
  return { statistic, degreesOfFreedom, pValue: Math.min(1, 2 * studentTSf(Math.abs(statistic), degreesOfFreedom)) };
}

function undefinedTest(reason: string): TTest {
  return { statistic: null, reason, degreesOfFreedom: null, pValue: null };
}
