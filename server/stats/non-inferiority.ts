import { type Interval, checkLevel } from './interval.ts';
import { normalQuantile, normalSf } from './special.ts';

/** What an interval of the improvement (candidate − champion, signed so that more is better) says about a margin. */
export interface NonInferiority {
  /** The whole interval is above 0: better. */
  superior: boolean;
  /** The whole interval is above −margin: at most `margin` worse. */
  nonInferior: boolean;
  /** The whole interval is below −margin: worse by more than the margin. */
  inferior: boolean;
  conclusion: 'superior' | 'non-inferior' | 'inferior' | 'inconclusive';
  margin: number;
  alpha: number;
}

/**
 * Reads a confidence interval as two one-sided tests at level α.
 *
 * @param improvement interval with coverage 1 − 2α, signed so that positive means the candidate is better
 * @param margin      largest loss that does not matter, ≥ 0, in the metric's unit; 0 asks that it be no worse at all
 * @param alpha       chance of passing a model that is worse by exactly the margin, such as 0.05
 * @returns superiority and non-inferiority apart: a candidate can be both, or neither
 * @throws RangeError if the interval's coverage is not 1 − 2α: a 95 % interval tests at 2.5 %
 */
export function nonInferiority(improvement: Interval, margin: number, alpha: number): NonInferiority {
  if (!(margin >= 0 && margin < Infinity)) throw new RangeError(`margin ${margin} is not a finite number ≥ 0`);
  if (!(alpha > 0 && alpha < 0.5)) throw new RangeError(`alpha ${alpha} is not between 0 and 0.5`);
  if (Math.abs(improvement.level - (1 - 2 * alpha)) > 1e-9) throw new RangeError(`an interval of ${improvement.level} does not test at ${alpha}`);
  const superior = improvement.low > 0;
  const nonInferior = improvement.low > -margin;
  const inferior = improvement.high < -margin;
  const conclusion = superior ? 'superior' : nonInferior ? 'non-inferior' : inferior ? 'inferior' : 'inconclusive';
  return { superior, nonInferior, inferior, conclusion, margin, alpha };
}

/** Two classifiers on the same rows, in counts. */
export interface PairedOutcomes {
  /** Rows that only the candidate gets right. */
  candidateOnly: number;
  /** Rows that only the champion gets right. */
  championOnly: number;
  /** All rows, also those on which both are right or both wrong. */
  rows: number;
}

/**
 * Score interval of the difference of two paired proportions, candidate − champion, −1 to 1.
 *
 * @returns null on no rows; never of zero width, also when no row changed
 * Tango (1998): the differences that the score test of `pairedScore` does not reject. Keeps its coverage where few rows
 * change, which is where the Wald interval fails.
 */
export function tangoInterval(outcomes: PairedOutcomes, level: number): Interval | null {
  checkOutcomes(outcomes);
  checkLevel(level);
  if (outcomes.rows === 0) return null;
  const z = normalQuantile((1 + level) / 2);
  const difference = (outcomes.candidateOnly - outcomes.championOnly) / outcomes.rows;
  return {
    low: difference === -1 ? -1 : lastRejected(outcomes, -1, difference, z),
    high: difference === 1 ? 1 : lastRejected(outcomes, 1, difference, z),
    level,
    method: 'tango',
  };
}

/**
 * One-sided p-value against "the candidate is worse by the margin or more".
 *
 * @returns chance of at least this good a result if the true difference were exactly −margin
 */
export function pairedNonInferiorityPValue(outcomes: PairedOutcomes, margin: number): number {
  checkOutcomes(outcomes);
  return normalSf(pairedScore(outcomes, -margin));
}

/**
 * Score statistic for "the true difference is `difference`", about standard normal when it is: positive when the data
 * shows more. The share of rows lost enters at its most likely value under that difference (Tango 1998, equation 13).
 */
export function pairedScore({ candidateOnly, championOnly, rows }: PairedOutcomes, difference: number): number {
  const excess = candidateOnly - championOnly - rows * difference;
  if (excess === 0) return 0;
  const half = ((2 * rows - candidateOnly + championOnly) * difference - candidateOnly - championOnly) / (4 * rows);
  const lost = Math.sqrt(Math.max(half * half + (championOnly * difference * (1 - difference)) / (2 * rows), 0)) - half;
  const variance = rows * (2 * lost + difference * (1 - difference));
  return excess / Math.sqrt(Math.max(variance, 0));
}

/**
 * About how many rows in all would put the lower end of the interval above −margin, if the estimate stays as it is.
 *
 * @returns null when the estimate itself is at or below −margin: more rows would not help
 * Widths shrink with the square root of the row count.
 */
export function rowsForNonInferiority(estimate: number, improvement: Interval, margin: number, rows: number): number | null {
  if (!(estimate > -margin)) return null;
  return Math.ceil(rows * ((estimate - improvement.low) / (estimate + margin)) ** 2);
}

/** Bisects between a difference that is rejected and one that is not, down to neighbouring numbers. */
function lastRejected(outcomes: PairedOutcomes, rejected: number, accepted: number, z: number): number {
  if (!(Math.abs(pairedScore(outcomes, rejected)) > z)) return rejected;
  for (;;) {
    const middle = (rejected + accepted) / 2;
    if (middle === rejected || middle === accepted) return rejected;
    if (Math.abs(pairedScore(outcomes, middle)) > z) rejected = middle;
    else accepted = middle;
  }
}

function checkOutcomes({ candidateOnly, championOnly, rows }: PairedOutcomes): void {
  if (!(candidateOnly >= 0 && championOnly >= 0 && candidateOnly + championOnly <= rows && rows < Infinity)) {
    throw new RangeError(`${candidateOnly} + ${championOnly} changed of ${rows} rows`);
  }
}
