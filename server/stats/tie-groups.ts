/** One run of equal values in two merged samples. */
export interface TieGroup {
  value: number;
  /** How many of it are in the reference and in the current data; not both 0. */
  reference: number;
  current: number;
  /** Mean rank of the run in the merged order, from 1. */
  rank: number;
}

/**
 * Merges two ascending samples into runs of equal values.
 *
 * @param reference ascending, no NaN
 * @param current   ascending, no NaN
 * @param visit     called once per distinct value, ascending; the group is reused between calls
 */
export function eachTieGroup(reference: Float64Array, current: Float64Array, visit: (group: TieGroup) => void): void {
  const group: TieGroup = { value: 0, reference: 0, current: 0, rank: 0 };
  let i = 0;
  let j = 0;
  while (i < reference.length || j < current.length) {
    const value = j === current.length || (i < reference.length && reference[i] <= current[j]) ? reference[i] : current[j];
    const before = i + j;
    const firstI = i;
    const firstJ = j;
    while (i < reference.length && reference[i] === value) i++;
    while (j < current.length && current[j] === value) j++;
    group.value = value;
    group.reference = i - firstI;
    group.current = j - firstJ;
    group.rank = (before + 1 + i + j) / 2;
    visit(group);
  }
}
