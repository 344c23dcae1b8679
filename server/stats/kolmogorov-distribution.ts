import { binomialLogPmf } from './special.ts';

/**
 * P(D ≥ d) for the one-sample, two-sided Kolmogorov statistic of n values.
 *
 * @param d distance; ≤ 0 gives 1, ≥ 1 gives 0
 * @param n whole, ≥ 1
 * @returns in [0, 1], agreeing with scipy `kstwo.sf` to 1e-7 or better
 * Twice the one-sided tail where both barriers are hardly ever reached by the same sample (its error is below 5e-8),
 * Durbin's matrix in the form of Marsaglia, Tsang & Wang (2003) where that is small, the expansion of Pelz & Good (1976)
 * elsewhere: the division proposed by Simard & L'Ecuyer (2011).
 */
export function kolmogorovSf(d: number, n: number): number {
  if (!(Number.isInteger(n) && n >= 1)) throw new RangeError(`the Kolmogorov law needs a whole n ≥ 1, got ${n}`);
  if (n * d <= 0.5) return 1;
  if (d >= 1) return 0;
  if (n * d * d >= (n <= 140 ? 4 : 2.2) || n * d >= n - 1) return Math.min(1, 2 * oneSidedSf(d, n));
  const cdf = n <= 140 || (n <= 1000 && n * d ** 1.5 <= 1.4) ? durbinCdf(d, n) : pelzGoodCdf(d, n);
  return Math.min(1, Math.max(0, 1 - cdf));
}

/** Limit law Q(x) = 2 Σ (−1)^(k−1) e^(−2k²x²), of √n·D as n grows. */
export function kolmogorovLimitSf(x: number): number {
  if (x <= 0) return 1;
  if (x < 1) {
    let sum = 0;
    for (let k = 1; k < 20; k++) sum += Math.exp(-(((2 * k - 1) * Math.PI) ** 2) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}

/**
 * P(D⁺ ≥ d) = Σ (d / q)·Binomial(j; n, q), q = d + j/n (Birnbaum & Tingey 1951).
 *
 * The terms are a smooth bell in j, so for large n every stride-th one, times the stride, gives the same sum.
 */
function oneSidedSf(d: number, n: number): number {
  const stride = Math.max(1, Math.floor(n / 20_000));
  const last = Math.floor(n * (1 - d));
  let sum = 0;
  for (let j = 0; j <= last; j += stride) {
    const q = d + j / n;
    if (q < 1) sum += (d / q) * Math.exp(binomialLogPmf(j, n, q));
    else if (j === n) sum += d / q;
  }
  return sum * stride;
}

/** The middle entry of n!/nⁿ · Hⁿ. */
function durbinCdf(d: number, n: number): number {
  const k = Math.floor(n * d) + 1;
  const h = k - n * d;
  const size = 2 * k - 1;
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < Math.min(size, row + 2); column++) matrix[row * size + column] = 1;
  }
  for (let i = 0; i < size; i++) {
    matrix[i * size] -= h ** (i + 1);
    matrix[(size - 1) * size + i] -= h ** (size - i);
  }
  matrix[(size - 1) * size] += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < Math.min(size, row + 2); column++) {
      for (let divisor = 2; divisor <= row - column + 1; divisor++) matrix[row * size + column] /= divisor;
    }
  }
  return middleOfPower(matrix, size, n, k - 1);
}

/** Entry (middle, middle) of the n-th power, the factor n!/nⁿ spread over the steps so that nothing overflows. */
function middleOfPower(matrix: Float64Array, size: number, n: number, middle: number): number {
  let vector = new Float64Array(size);
  vector[middle] = 1;
  for (let power = 0; power < n; power++) {
    const next = new Float64Array(size);
    for (let row = 0; row < size; row++) {
      let sum = 0;
      for (let column = 0; column < size; column++) sum += matrix[row * size + column] * vector[column];
      next[row] = (sum * (power + 1)) / n;
    }
    vector = next;
  }
  return vector[middle];
}

/** K₀ + K₁/√n + K₂/n + K₃/n^1.5, Simard & L'Ecuyer (2011), equations 10–14. */
function pelzGoodCdf(d: number, n: number): number {
  const z = d * Math.sqrt(n);
  const [z2, z4, z6, z8] = [z ** 2, z ** 4, z ** 6, z ** 8];
  let [k0, k1, k2half, k2whole, k3half, k3whole] = [0, 0, 0, 0, 0, 0];
  for (let k = 0; k < 20; k++) {
    const half = (Math.PI * (k + 0.5)) ** 2;
    const halfWeight = 2 * Math.exp(-half / (2 * z2));
    k0 += halfWeight / 2;
    k1 += halfWeight * (half - z2);
    k2half += halfWeight * (6 * z6 + 2 * z4 + (2 * z4 - 5 * z2) * half + (1 - 2 * z2) * half ** 2);
    k3half += halfWeight * (-30 * z6 - 90 * z8 + (135 * z4 - 96 * z6) * half + (212 * z4 - 60 * z2) * half ** 2 + (5 - 30 * z2) * half ** 3);
    const whole = (Math.PI * k) ** 2;
    const wholeWeight = 2 * Math.exp(-whole / (2 * z2));
    k2whole += wholeWeight * whole;
    k3whole += wholeWeight * (3 * whole * z2 - whole ** 2);
  }
  const root = Math.sqrt(Math.PI / 2);
  return (Math.sqrt(2 * Math.PI) / z) * k0
    + (root * k1) / (6 * z4) / Math.sqrt(n)
    + ((root * k2half) / (72 * z ** 7) - (root * k2whole) / (36 * z ** 3)) / n
    + ((root * k3half) / (6480 * z ** 10) + (root * k3whole) / (216 * z6)) / n ** 1.5;
}
