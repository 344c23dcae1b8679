import { logGamma } from './special.ts';

/** Beta(a, b) law over the rates that a mixture bets on. */
export interface BetaPrior {
  a: number;
  b: number;
}

/** Bets on rates from 0 to about `limit`, half of it on average: what a test for a rate below `limit` should look for. */
export function priorBelow(limit: number): BetaPrior {
  return { a: 1, b: 2 / limit };
}

/**
 * Natural logarithm of the beta-mixture e-value against "the rate is `rate`".
 *
 * @param successes 0 … trials; fractional when a count is only projected
 * @param trials    ≥ 0
 * @param rate      in (0, 1), the null hypothesis
 * @param prior     fixed before the first trial
 * @returns 0 on no trials, above 0 where the data speaks against `rate`
 * [B(a + k, b + n − k) / B(a, b)] / [rateᵏ (1 − rate)ⁿ⁻ᵏ], the likelihood of a mixture over that of the null. Under the null
 * it is a martingale that starts at 1, so that the chance that it ever reaches 1/α is at most α, however often one looks
 * (Ville 1939; Robbins 1970). As a function of `rate` it falls to successes/trials and rises from there.
 */
export function betaMixtureLogE(successes: number, trials: number, rate: number, prior: BetaPrior): number {
  if (!(rate > 0 && rate < 1)) throw new RangeError(`a rate to test is between 0 and 1, got ${rate}`);
  return logMixture(successes, trials, prior) - successes * Math.log(rate) - (trials - successes) * Math.log1p(-rate);
}

/** ln B(a + k, b + n − k) / B(a, b): what the mixture gives to k successes of n trials in their order. */
export function logMixture(successes: number, trials: number, { a, b }: BetaPrior): number {
  if (!(successes >= 0 && successes <= trials && trials < Infinity)) throw new RangeError(`${successes} successes in ${trials} trials`);
  return logBeta(a + successes, b + trials - successes) - logBeta(a, b);
}

/**
 * Whether the rate is below `limit`, tested so that one may look after every trial.
 *
 * @param alpha chance of ever accepting when the true rate is `limit` or more, in (0, 1)
 * @returns true when successes/trials < limit and the e-value against `limit` is at least 1/α
 * With the default prior fewer successes never make acceptance harder, so that the guarantee at `limit` holds above it.
 * It needs about 1.4 times the trials of a Clopper–Pearson test whose sample size is fixed in advance.
 */
export function isRateBelow(successes: number, trials: number, limit: number, alpha: number, prior: BetaPrior = priorBelow(limit)): boolean {
  return successes < limit * trials && betaMixtureLogE(successes, trials, limit, prior) >= -Math.log(alpha);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}
