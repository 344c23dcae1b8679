import { type BetaPrior, logMixture } from './beta-mixture-test.ts';
import { type Interval, checkLevel } from './interval.ts';
import { type Moments, variance } from './moments.ts';
import type { PairedOutcomes } from './tango-interval.ts';

/**
 * Interval of a proportion that covers it at every look at once with probability `level`.
 *
 * @param successes whole or projected, 0 … trials
 * @param trials    0 gives 0–1
 * @param prior     the same at every look; `priorBelow(limit)` makes it narrow for rates near and below `limit`
 * @returns within 0–1; its upper end is below a limit exactly where `isRateBelow` accepts that limit under this prior
 * The rates whose beta-mixture e-value stays under 1/(1 − level) (Robbins 1970; Howard et al. 2021, §4).
 */
export function proportionSequence(successes: number, trials: number, level: number, prior: BetaPrior = { a: 1, b: 1 }): Interval {
  checkLevel(level);
  const least = logMixture(successes, trials, prior) + Math.log(1 - level);
  const share = trials === 0 ? 0.5 : successes / trials;
  const excluded = (rate: number): boolean => successes * Math.log(rate) + (trials - successes) * Math.log1p(-rate) <= least;
  return {
    low: trials === 0 || successes === 0 ? 0 : lastExcluded(excluded, 0, share),
    high: trials === 0 || successes === trials ? 1 : lastExcluded(excluded, 1, share),
    level,
    method: 'beta-mixture',
  };
}

/** Shares of the largest bet that is allowed; each is √½ of the one before. */
const BETS = Float64Array.from({ length: 20 }, (_, index) => 0.99 * 2 ** (-index / 2));

/**
 * Interval of the difference of two paired proportions, candidate − champion, that covers it at every look at once.
 *
 * @returns within −1 to 1; the whole range on no rows. The chance that the true difference is ever below `low` is at most
 *   (1 − level)/2, and the same above `high`.
 * Betting (Waudby-Smith & Ramdas 2024, §4): on each row the difference is 1, 0 or −1, and against "its mean is m" a bettor
 * who stakes λ on it turns 1 into Π (1 + λ(dᵢ − m)). Capital is spread evenly over the bets `BETS`, half of it on a larger
 * and half on a smaller mean; m is excluded once either half has reached 2/(1 − level) times its stake. Bets are fixed in
 * advance, so that only counts matter, not the order of rows, and counts can be merged.
 */
export function pairedDifferenceSequence(outcomes: PairedOutcomes, level: number): Interval {
  checkLevel(level);
  const { candidateOnly, championOnly, rows } = outcomes;
  if (!(candidateOnly >= 0 && championOnly >= 0 && candidateOnly + championOnly <= rows && rows < Infinity)) {
    throw new RangeError(`${candidateOnly} + ${championOnly} changed of ${rows} rows`);
  }
  const reach = Math.log(2 / (1 - level));
  const mirrored = { candidateOnly: championOnly, championOnly: candidateOnly, rows };
  const share = rows === 0 ? 0 : (candidateOnly - championOnly) / rows;
  return {
    low: share === -1 ? -1 : lastExcluded((mean) => mean === -1 || bettingLogCapital(outcomes, mean) >= reach, -1, share),
    high: share === 1 ? 1 : -lastExcluded((mean) => mean === -1 || bettingLogCapital(mirrored, mean) >= reach, -1, -share),
    level,
    method: 'betting',
  };
}

/**
 * Natural logarithm of the capital of bets that the mean of paired outcomes is larger than `mean`, from 1.
 *
 * @param mean in (−1, 1)
 * @returns falls as `mean` rises
 */
export function bettingLogCapital({ candidateOnly, championOnly, rows }: PairedOutcomes, mean: number): number {
  const unchanged = rows - candidateOnly - championOnly;
  const logs = BETS.map((share) => {
    const bet = share / (1 + mean);
    return candidateOnly * Math.log1p(bet * (1 - mean)) + unchanged * Math.log1p(-bet * mean) + championOnly * Math.log1p(-share);
  });
  const largest = logs.reduce((most, log) => Math.max(most, log), -Infinity);
  return largest + Math.log(logs.reduce((total, log) => total + Math.exp(log - largest), 0) / logs.length);
}

/** Rows at which `meanSequence` is narrowest. */
const ROWS_EXPECTED = 1000;

/**
 * Interval of a mean without known bounds that covers it at every look at once, in the long run.
 *
 * @param of moments of the values, at least two
 * @returns null for fewer than two values. Coverage is only asymptotic, as that of a t interval is: it counts on
 *   a variance that exists and on enough rows before the first look (some 100).
 * mean ± σ̂ √( 2(nρ² + 1)/(n²ρ²) · ln(√(nρ² + 1)/α) ), ρ chosen for 1,000 rows (Waudby-Smith, Arbour, Sinha, Kennedy &
 * Ramdas 2024, theorem 2.2 and equation 22).
 */
export function meanSequence(of: Moments, level: number): Interval | null {
  checkLevel(level);
  const { value } = variance(of, 1);
  if (value === null) return null;
  const alpha = 1 - level;
  const spread = (-2 * Math.log(alpha) + Math.log(-2 * Math.log(alpha) + 1)) / ROWS_EXPECTED;
  const n = of.count;
  const half = Math.sqrt(value * ((2 * (n * spread + 1)) / (n * n * spread)) * Math.log(Math.sqrt(n * spread + 1) / alpha));
  return { low: of.mean - half, high: of.mean + half, level, method: 'asymptotic-sequence' };
}

/** Bisects between an end that is taken for excluded and a value that is not, down to neighbouring numbers. */
function lastExcluded(isExcluded: (value: number) => boolean, end: number, inside: number): number {
  let excluded = end;
  let kept = inside;
  for (;;) {
    const middle = (excluded + kept) / 2;
    if (middle === excluded || middle === kept) return excluded;
    if (isExcluded(middle)) excluded = middle;
    else kept = middle;
  }
}
