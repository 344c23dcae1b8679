/**
 * Adds up weights by group, again and again under new weights.
 *
 * @param groups group per row, 0 … count − 1
 * @param units  position of each row in the weights
 * @returns a function that fills `sums` with the weight of each group. Rows are laid out by group once, so that each sum
 *   stays in a register: several times faster than scattering, and the same numbers.
 */
export function groupedSums(groups: Uint8Array | Int32Array, units: Uint32Array, sums: Float64Array): (weights: Float64Array) => void {
  const ends = new Uint32Array(sums.length);
  for (const group of groups) ends[group]++;
  for (let group = 1; group < ends.length; group++) ends[group] += ends[group - 1];
  const next = Uint32Array.from(ends, (_, group) => (group === 0 ? 0 : ends[group - 1]));
  const laidOut = new Uint32Array(units.length);
  groups.forEach((group, row) => (laidOut[next[group]++] = units[row]));
  return (weights) => {
    let position = 0;
    for (let group = 0; group < ends.length; group++) {
      let sum = 0;
      for (; position < ends[group]; position++) sum += weights[laidOut[position]];
      sums[group] = sum;
    }
  };
}
