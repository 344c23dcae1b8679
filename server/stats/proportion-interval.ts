import { type Interval, checkLevel } from './interval.ts';
import { normalQuantile, regularisedBetaQuantile } from './special.ts';

/**
 * Score interval of a proportion.
 *
 * @param successes 0 … trials; fractional with weights, when `trials` is the effective row count
 * @param trials    rows, > 0
 * @param level     coverage, such as 0.95
 * @returns within 0–1, never of zero width, also at 0 and at `trials` successes; null on no trials
 * Wilson (1927). Coverage is near `level` on average rather than at least `level`. Agrees with scipy
 * `binomtest(…).proportion_ci(method="wilson")`.
 */
export function wilsonInterval(successes: number, trials: number, level: number): Interval | null {
  checkCounts(successes, trials);
  checkLevel(level);
  if (trials === 0) return null;
  const z = normalQuantile((1 + level) / 2);
  const share = successes / trials;
  const scale = 1 + (z * z) / trials;
  const centre = (share + (z * z) / (2 * trials)) / scale;
  const half = (z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials))) / scale;
  return {
    low: successes === 0 ? 0 : Math.max(0, centre - half),
    high: successes === trials ? 1 : Math.min(1, centre + half),
    level,
    method: 'wilson',
  };
}

/**
 * Exact interval of a proportion: coverage is at least `level`, at the price of width.
 *
 * @param successes whole number, 0 … trials
 * @param trials    whole number; null on 0
 * Clopper & Pearson (1934), by beta quantiles. Agrees with scipy `binomtest(…).proportion_ci(method="exact")`.
 */
export function clopperPearsonInterval(successes: number, trials: number, level: number): Interval | null {
  checkCounts(successes, trials);
  checkLevel(level);
  if (!Number.isInteger(successes) || !Number.isInteger(trials)) throw new RangeError('an exact interval needs whole counts');
  if (trials === 0) return null;
  const tail = (1 - level) / 2;
  return {
    low: successes === 0 ? 0 : regularisedBetaQuantile(tail, successes, trials - successes + 1).x,
    high: successes === trials ? 1 : regularisedBetaQuantile(1 - tail, successes + 1, trials - successes).x,
    level,
    method: 'clopper-pearson',
  };
}

function checkCounts(successes: number, trials: number): void {
  if (!(successes >= 0 && successes <= trials && trials < Infinity)) throw new RangeError(`${successes} successes in ${trials} trials`);
}
