/**
 * Sum with a running compensation of what rounding lost (Neumaier 1974).
 *
 * @param values any length; NaN or infinities give what IEEE addition gives
 * @returns 0 for no values; 1e16 + 1 − 1e16 + 1 is 2, where plain and Kahan summation give 1
 */
export function sum(values: Float64Array): number {
  let total = 0;
  let lost = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return Number.isFinite(total) ? total + lost : total;
}
