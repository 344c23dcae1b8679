import { betaMixtureLogE } from './beta-mixture-test.ts';
import { binomialSf } from './special.ts';

export interface ExceedanceTest {
  /** Share of trials above the limit; null on none. */
  share: number | null;
  /** One-sided, of "the limit is exceeded no more often than expected", for one look. */
  pValue: number;
  /** The same for looking as often as one likes: min(1, 1/e), and 1 while the share is not above the expected one. */
  sequentialP: number;
}

/**
 * Whether values exceed a limit more often than a quantile allows: how two latencies are compared at their tail.
 *
 * @param exceedances whole, values above the limit
 * @param trials      whole, all values
 * @param expected    share above the limit that is expected, such as 0.05 at the other side's 95th percentile, in (0, 1)
 * Exact binomial tail P(X ≥ exceedances); sequentially the beta-mixture e-value, mixed around `expected`. The limit counts as
 * known: leave it room (10 %, say) for its own sampling error.
 */
export function exceedanceTest(exceedances: number, trials: number, expected: number): ExceedanceTest {
  const share = trials === 0 ? null : exceedances / trials;
  const above = share !== null && share > expected;
  const logE = betaMixtureLogE(exceedances, trials, expected, { a: 1, b: 1 / expected - 1 });
  return { share, pValue: binomialSf(exceedances - 1, trials, expected), sequentialP: above ? Math.min(1, Math.exp(-logE)) : 1 };
}
