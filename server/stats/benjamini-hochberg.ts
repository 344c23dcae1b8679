/**
 * Benjamini–Hochberg adjusted p-values: rejecting those below α keeps the expected share of false discoveries at α.
 *
 * @param pValues in [0, 1]; null and NaN are tests that gave no p-value
 * @returns same length and order; null where there was none, and those are not counted among the tests. Equal p-values get
 * equal adjusted ones. min over j ≥ i of p₍ⱼ₎·m/j, capped at 1 (Benjamini & Hochberg 1995); scipy `false_discovery_control`.
 */
export function benjaminiHochberg(pValues: readonly (number | null)[]): (number | null)[] {
  const tested = pValues.flatMap((p, index) => (p === null || Number.isNaN(p) ? [] : [{ p, index }]));
  for (const { p } of tested) if (!(p >= 0 && p <= 1)) throw new RangeError(`a p-value is in [0, 1], got ${p}`);
  tested.sort((a, b) => a.p - b.p);
  const adjusted: (number | null)[] = pValues.map(() => null);
  let least = 1;
  for (let rank = tested.length; rank >= 1; rank--) {
    const { p, index } = tested[rank - 1];
    least = Math.min(least, p * (tested.length / rank));
    adjusted[index] = least;
  }
  return adjusted;
}
