import { type Interval, checkLevel } from './interval.ts';
import { normalQuantile } from './special.ts';

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
