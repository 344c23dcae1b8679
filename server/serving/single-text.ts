/**
 * The shortest decimal that reads back as the same 32-bit float, such as 0.1 where String gives 0.10000000149011612.
 *
 * @param value representable in 32 bits; what is not finite is NaN, Infinity or -Infinity
 */
export function singleText(value: number): string {
  const size = Math.abs(value);
  if (!(size >= 1e-4 && size < 1e6)) return byPrecision(value);
  let places = 0;
  while (size * powers[places] < 1e5) places++;
  // 24 bits times these powers of ten fit a double, so the product is exact, and the quotient the nearest to its decimal.
  let digits = Math.round(size * powers[places]);
  while (Math.fround(digits / powers[places]) !== size) digits = Math.round(size * powers[++places]);
  while (places > 0 && digits % 10 === 0) {
    digits /= 10;
    places--;
  }
  const text = String(digits).padStart(places + 1, '0');
  const point = text.length - places;
  return `${value < 0 ? '-' : ''}${text.slice(0, point)}${places === 0 ? '' : `.${text.slice(point)}`}`;
}

const powers = Array.from({ length: 13 }, (_, places) => 10 ** places);
const leastNormal = 2 ** -126;

/** Six digits always survive 32 bits, nine always suffice; the smallest numbers have fewer bits. */
function byPrecision(value: number): string {
  for (let digits = Math.abs(value) < leastNormal ? 1 : 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return String(rounded);
  }
  return String(Number(value.toPrecision(9)));
}
