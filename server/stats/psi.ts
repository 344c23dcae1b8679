/** Reference and current shares below this count as this much, as in Evidently and Giskard; Deepchecks uses 1e-2. */
export const PSI_FLOOR = 1e-4;

/**
 * Population stability index between two histograms on the same bins.
 *
 * @param reference share of rows per bin, length B, sums to 1
 * @param current   share of rows per bin, length B, sums to 1
 * @param floor     shares below it count as it, without re-normalising; > 0
 * @returns nats, 0 when equal, no upper bound but finite thanks to the floor
 * @throws RangeError if lengths differ, there is no bin, or a side does not sum to 1
 * Sum over bins of (c − r)·ln(c / r), the symmetrised Kullback–Leibler divergence (Jeffreys 1946).
 * The customary 0.1 and 0.25 cut-offs are credit-scoring practice, not theory (Siddiqi 2006).
 */
export function populationStabilityIndex(reference: Float64Array, current: Float64Array, floor = PSI_FLOOR): number {
  requireShares(reference, current);
  if (!(floor > 0)) throw new RangeError(`the floor of a share is > 0, got ${floor}`);
  let total = 0;
  for (let bin = 0; bin < reference.length; bin++) {
    const r = Math.max(reference[bin], floor);
    const c = Math.max(current[bin], floor);
    total += (c - r) * Math.log(c / r);
  }
  return total;
}

/** Bins in which at least one side lies below the floor, so that `populationStabilityIndex` does not use its true share. */
export function flooredBins(reference: Float64Array, current: Float64Array, floor = PSI_FLOOR): number {
  requireShares(reference, current);
  let bins = 0;
  for (let bin = 0; bin < reference.length; bin++) if (reference[bin] < floor || current[bin] < floor) bins++;
  return bins;
}

/**
 * Checks that two arrays are distributions over the same bins.
 *
 * @throws RangeError if lengths differ, there is no bin, a share is negative or NaN, or a side is off 1 by more than 1e-9:
 * a side without rows has no shares, and every divergence from it is undefined
 */
export function requireShares(reference: Float64Array, current: Float64Array): void {
  if (reference.length !== current.length) throw new RangeError(`${reference.length} reference bins against ${current.length} current bins`);
  if (reference.length === 0) throw new RangeError('a distribution needs at least one bin');
  for (const shares of [reference, current]) {
    let total = 0;
    for (let bin = 0; bin < shares.length; bin++) {
      if (!(shares[bin] >= 0)) throw new RangeError(`share ${shares[bin]} in bin ${bin} is not ≥ 0`);
      total += shares[bin];
    }
    if (!(Math.abs(total - 1) <= 1e-9)) throw new RangeError(`shares sum to ${total}, not 1`);
  }
}
