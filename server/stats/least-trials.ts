/** More than anyone will wait for. */
const TRIALS_MAX = 1e12;

/**
 * Fewest trials after which a test decides.
 *
 * @param decides must stay true once it is true as trials grow
 * @param from    trials there are already, ≥ 0, whole
 * @returns whole, ≥ from; null when 10¹² trials do not decide
 * Doubles, then bisects.
 */
export function leastTrials(decides: (trials: number) => boolean, from = 0): number | null {
  let undecided = from - 1;
  let decided = from;
  for (let step = 1; !decides(decided); step *= 2) {
    undecided = decided;
    decided = from + step;
    if (decided > TRIALS_MAX) return null;
  }
  while (decided - undecided > 1) {
    const middle = Math.floor((undecided + decided) / 2);
    if (decides(middle)) decided = middle;
    else undecided = middle;
  }
  return decided;
}
