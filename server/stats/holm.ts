/**
 * Holm's adjusted p-values: rejecting those at or below α keeps the chance of any false rejection at α, whatever the
 * dependence between tests.
 *
 * @param pValues in [0, 1]; null is a test that gave none
 * @returns same length and order; null where there was none, which is not counted among the tests
 * max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎) (Holm 1979). Agrees with statsmodels `multipletests(method="holm")`.
 */
export function holm(pValues: readonly (number | null)[]): (number | null)[] {
  const tested = pValues.flatMap((p, index) => (p === null ? [] : [{ p, index }])).sort((a, b) => a.p - b.p);
  const adjusted = pValues.map((): number | null => null);
  let largest = 0;
  tested.forEach(({ p, index }, rank) => {
    largest = Math.max(largest, Math.min(1, (tested.length - rank) * p));
    adjusted[index] = largest;
  });
  return adjusted;
}
