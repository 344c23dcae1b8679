import { binomialCdf, binomialPmf, chiSquareSf } from './special.ts';

/** `auto` is exact below 25 rows that changed and mid-p from there, which keeps the level and has more power (Fagerland et al. 2013). */
export type McNemarMethod = 'exact' | 'mid-p' | 'chi-square' | 'chi-square-corrected';

export interface McNemarTest {
  method: McNemarMethod;
  /** Chi-square on 1 degree of freedom, or the smaller of the two counts for the binomial methods. */
  statistic: number;
  /** Two-sided, 0–1. */
  pValue: number;
}

/**
 * Tests whether two classifiers are right equally often on the same rows, from the rows on which only one of them is.
 *
 * @param candidateOnly rows that only the candidate gets right, whole
 * @param championOnly  rows that only the champion gets right, whole
 * @returns p = 1 when no row changed: nothing speaks against equality
 * McNemar (1947). Agrees with statsmodels `mcnemar` (`exact`, `correction`); mid-p is the exact p less P(X = min).
 */
export function mcNemar(candidateOnly: number, championOnly: number, method: McNemarMethod | 'auto' = 'auto'): McNemarTest {
  for (const count of [candidateOnly, championOnly]) {
    if (!(Number.isInteger(count) && count >= 0)) throw new RangeError(`${count} is not a count of rows`);
  }
  const changed = candidateOnly + championOnly;
  const smaller = Math.min(candidateOnly, championOnly);
  const chosen = method === 'auto' ? (changed < 25 ? 'exact' : 'mid-p') : method;
  if (changed === 0) return { method: chosen, statistic: 0, pValue: 1 };
  switch (chosen) {
    case 'exact':
      return { method: chosen, statistic: smaller, pValue: Math.min(1, 2 * binomialCdf(smaller, changed, 0.5)) };
    case 'mid-p':
      return { method: chosen, statistic: smaller, pValue: Math.min(1, 2 * binomialCdf(smaller, changed, 0.5) - binomialPmf(smaller, changed, 0.5)) };
    case 'chi-square':
    case 'chi-square-corrected': {
      // With equal counts the correction would turn no difference into a difference of one row.
      const gap = Math.max(Math.abs(candidateOnly - championOnly) - (chosen === 'chi-square' ? 0 : 1), 0);
      const statistic = gap ** 2 / changed;
      return { method: chosen, statistic, pValue: chiSquareSf(statistic, 1) };
    }
  }
}
