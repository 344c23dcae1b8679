/**
 * The shortest decimal that reads back as the same 32-bit float, such as 0.1 where String gives 0.10000000149011612.
 *
 * @param value finite, and representable in 32 bits
 */
export function singleText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= 2 ** 24) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
