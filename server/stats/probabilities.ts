/** Rows whose scores are not probabilities, by fault; a row counts once, under its first fault. */
export interface ProbabilityFaults {
  rows: number;
  notFinite: number;
  outsideUnitInterval: number;
  sumNotOne: number;
}

/** How far the probabilities of a row may be from adding up to 1: room for float32 and for four printed decimals. */
export const SUM_TOLERANCE = 1e-3;

/**
 * Checks that scores are probabilities before a metric that needs them is computed.
 *
 * @param probabilities row-major, rows × classes; with `classes` = 1 the probability of the positive class alone
 * @param classes       columns per row; sums are checked when there are at least 2
 * @returns counts of faulty rows, all 0 when the scores are probabilities. Logits show as `outsideUnitInterval`.
 */
export function probabilityFaults(probabilities: Float64Array, classes: number, tolerance = SUM_TOLERANCE): ProbabilityFaults {
  const rows = rowCount(probabilities, classes);
  const faults: ProbabilityFaults = { rows, notFinite: 0, outsideUnitInterval: 0, sumNotOne: 0 };
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    let inside = true;
    for (let index = row * classes; index < (row + 1) * classes; index++) {
      sum += probabilities[index];
      inside &&= probabilities[index] >= 0 && probabilities[index] <= 1;
    }
    if (!Number.isFinite(sum)) faults.notFinite++;
    else if (!inside) faults.outsideUnitInterval++;
    else if (classes > 1 && Math.abs(sum - 1) > tolerance) faults.sumNotOne++;
  }
  return faults;
}

/** One sentence about the faults, or null when there are none; the reason a probability metric is undefined. */
export function notProbabilities(probabilities: Float64Array, classes: number): string | null {
  const { rows, notFinite, outsideUnitInterval, sumNotOne } = probabilityFaults(probabilities, classes);
  const faults = [
    notFinite && `${notFinite} not finite`,
    outsideUnitInterval && `${outsideUnitInterval} outside 0–1`,
    sumNotOne && `${sumNotOne} not adding up to 1`,
  ].filter(Boolean);
  return faults.length === 0 ? null : `scores are not probabilities: of ${rows} rows, ${faults.join(', ')}`;
}

/** Number of rows in a row-major array. @throws RangeError if the length is no multiple of `classes` */
export function rowCount(probabilities: Float64Array, classes: number): number {
  if (!(Number.isInteger(classes) && classes >= 1) || probabilities.length % classes !== 0) {
    throw new RangeError(`${probabilities.length} probabilities do not fill rows of ${classes} classes`);
  }
  return probabilities.length / classes;
}
