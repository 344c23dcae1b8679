/**
 * Fewest insertions, deletions and replacements that turn one sequence into the other.
 *
 * @param a any length, of characters or words
 * @param b any length
 * @returns 0 … the longer length. O(a·b) time, O(min) memory (Levenshtein 1966; Wagner & Fischer 1974).
 */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const costs = Uint32Array.from({ length: short.length + 1 }, (_, column) => column);
  for (let row = 1; row <= long.length; row++) {
    let diagonal = costs[0];
    costs[0] = row;
    for (let column = 1; column <= short.length; column++) {
      const replaced = diagonal + (short[column - 1] === long[row - 1] ? 0 : 1);
      diagonal = costs[column];
      costs[column] = Math.min(replaced, costs[column] + 1, costs[column - 1] + 1);
    }
  }
  return costs[short.length];
}
