/**
 * Fisher's exact test of the 2 × 2 table [[a, b], [c, d]], two-sided.
 *
 * @param a whole counts ≥ 0
 * @returns P of all tables with these margins that are no more likely than this one, in [0, 1]; 1 when a margin is 0.
 * Tables within a relative 1e-7 of this one's likelihood count as equally likely. Agrees with scipy `fisher_exact`.
 */
export function fisherExact(a: number, b: number, c: number, d: number): number {
  for (const count of [a, b, c, d]) if (!(Number.isInteger(count) && count >= 0)) throw new RangeError(`a count is whole and ≥ 0, got ${count}`);
  const row = a + b;
  const column = a + c;
  const total = row + c + d;
  const first = Math.max(0, row + column - total);
  const last = Math.min(row, column);
  const mode = Math.min(last, Math.max(first, Math.floor(((row + 1) * (column + 1)) / (total + 2))));
  // Likelihood of each corner value relative to the likeliest, by the ratio of neighbouring tables: nothing cancels.
  const logRelative = new Float64Array(last - first + 1);
  for (let x = mode; x < last; x++) {
    logRelative[x + 1 - first] = logRelative[x - first] + Math.log(((row - x) * (column - x)) / ((x + 1) * (total - row - column + x + 1)));
  }
  for (let x = mode; x > first; x--) {
    logRelative[x - 1 - first] = logRelative[x - first] + Math.log((x * (total - row - column + x)) / ((row - x + 1) * (column - x + 1)));
  }
  const limit = logRelative[a - first] + 1e-7;
  let all = 0;
  let extreme = 0;
  for (const log of logRelative) {
    const weight = Math.exp(log);
    all += weight;
    if (log <= limit) extreme += weight;
  }
  return Math.min(1, extreme / all);
}
