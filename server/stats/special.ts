/**
 * Special functions and the distributions built on them.
 *
 * Agreement with mpmath is checked to a relative 1e-12 over the ranges in test/goldens/drift.json, tails included.
 * Every tail is computed directly, never as 1 minus the other one, and has a `log…` form for values below 1e-308.
 * Arguments outside the domain throw RangeError: they are bugs of the caller, not findings.
 */

const LOG_SQRT_2PI = 0.918938533204672741780329736405617639861;
const LOG_2 = Math.LN2;
const SQRT_PI = 1.772453850905516027298167483341145182798;
const SQRT_2PI = 2.506628274631000502415765284811045253007;
const EULER_GAMMA = 0.577215664901532860606512090082402431042;
const EPSILON = Number.EPSILON;
/** Lentz's replacement for a zero denominator. */
const TINY = 1e-300;
/** Series and fractions here need O(√a) terms; reaching this means an argument no data set produces. */
const TERMS_MAX = 10_000_000;

/**
 * Natural logarithm of the gamma function.
 *
 * @param x > 0
 * @returns ln Γ(x), relative error below 1e-14, also next to its zeros at 1 and 2
 * Taylor series at 2 for x in [½, 2½] (Abramowitz & Stegun 6.1.33), recurrence below and above it, Stirling's series from 10.
 */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new RangeError(`logGamma needs x > 0, got ${x}`);
  if (x >= 10) return (x - 0.5) * Math.log(x) - x + LOG_SQRT_2PI + stirlingError(x);
  if (x < 0.5) return logGammaNearTwo(x) - Math.log(x) - Math.log1p(x);
  if (x < 1.5) return logGammaNearTwo(x - 1) - Math.log1p(x - 1);
  let product = 1;
  let reduced = x;
  while (reduced > 2.5) {
    reduced -= 1;
    product *= reduced;
  }
  return logGammaNearTwo(reduced - 2) + Math.log(product);
}

/** ln of the number of ways to choose k of n, for 0 ≤ k ≤ n. */
export function logBinomialCoefficient(n: number, k: number): number {
  if (k === 0 || k === n) return 0;
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/**
 * Error function 2/√π ∫₀ˣ e^(−t²) dt.
 *
 * @returns in [−1, 1], odd, exact at 0 and ±∞
 */
export function erf(x: number): number {
  if (x < 0) return -erf(-x);
  return x < 1.5 ? erfSeries(x) : 1 - erfc(x);
}

/**
 * Complementary error function 1 − erf(x), computed directly where it is small.
 *
 * @returns in [0, 2]; 0 above about 26.5, where `normalLogSf` still works
 */
export function erfc(x: number): number {
  if (x < 1.5) return 1 - erf(x);
  return Math.exp(-x * x) * erfcScaled(x);
}

/** Standard normal P(Z ≤ z). */
export function normalCdf(z: number): number {
  return 0.5 * erfc(-z / Math.SQRT2);
}

/** Standard normal P(Z > z); 0 above about 38, where `normalLogSf` still works. */
export function normalSf(z: number): number {
  return 0.5 * erfc(z / Math.SQRT2);
}

/** ln P(Z > z), finite for every finite z. */
export function normalLogSf(z: number): number {
  const x = z / Math.SQRT2;
  if (x < 1.5) return z < -1 ? Math.log1p(-normalCdf(z)) : Math.log(normalSf(z));
  return -0.5 * z * z + Math.log(0.5 * erfcScaled(x));
}

/**
 * Standard normal quantile: the z with P(Z ≤ z) = p.
 *
 * @param p in [0, 1]; 0 and 1 give ∓Infinity
 * Newton's method, on erf in the middle and on the logarithm of the tail outside, so that both keep their relative accuracy.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability is in [0, 1], got ${p}`);
  if (p === 0) return -Infinity;
  if (p === 1) return Infinity;
  if (p > 0.5) return p > 0.75 ? -tailQuantile(1 - p) : middleQuantile(p - 0.5);
  return p < 0.25 ? tailQuantile(p) : middleQuantile(p - 0.5);
}

/** Both regularised incomplete gamma functions: `lower` = P(a, x), `upper` = Q(a, x), each accurate where it is small. */
export function regularisedGamma(a: number, x: number): { lower: number; upper: number } {
  const { logLower, logUpper } = logRegularisedGamma(a, x);
  return { lower: Math.exp(logLower), upper: Math.exp(logUpper) };
}

/**
 * Logarithms of the regularised incomplete gamma functions.
 *
 * @param a shape > 0
 * @param x ≥ 0
 * @returns ln P(a, x) and ln Q(a, x), each ≤ 0, −Infinity where the function is 0
 * Power series for x < a + 1, continued fraction above, Temme's small-a form for Q when a < 1 (Numerical Recipes §6.2; DLMF §8).
 * The common factor xᵃe⁻ˣ/Γ(a) uses Loader's saddle-point form (Loader 2000), which does not cancel for large a.
 */
export function logRegularisedGamma(a: number, x: number): { logLower: number; logUpper: number } {
  if (!(a > 0 && a < Infinity)) throw new RangeError(`incomplete gamma needs a finite a > 0, got ${a}`);
  if (!(x >= 0)) throw new RangeError(`incomplete gamma needs x ≥ 0, got ${x}`);
  if (x === 0) return { logLower: -Infinity, logUpper: 0 };
  if (x === Infinity) return { logLower: 0, logUpper: -Infinity };
  const logFactor = logGammaFactor(a, x);
  if (x < 1 && a < 1) {
    const upper = smallGammaUpper(a, x);
    return { logLower: logFactor - Math.log(a) + Math.log(gammaSeries(a, x)), logUpper: Math.log(upper) };
  }
  if (x < a + 1) {
    const logLower = logFactor - Math.log(a) + Math.log(gammaSeries(a, x));
    return { logLower, logUpper: logComplement(logLower) };
  }
  const logUpper = logFactor + Math.log(gammaFraction(a, x));
  return { logLower: logComplement(logUpper), logUpper };
}

/** Both regularised incomplete beta functions: `lower` = I_x(a, b), `upper` = 1 − I_x(a, b), each accurate where it is small. */
export function regularisedBeta(x: number, a: number, b: number, complement = 1 - x): { lower: number; upper: number } {
  const { logLower, logUpper } = logRegularisedBeta(x, a, b, complement);
  return { lower: Math.exp(logLower), upper: Math.exp(logUpper) };
}

/**
 * Logarithms of the regularised incomplete beta function and of its complement.
 *
 * @param x          in [0, 1]
 * @param a          > 0
 * @param b          > 0
 * @param complement 1 − x, given separately when the caller knows it better than the subtraction does
 * Lentz's evaluation of the continued fraction DLMF 8.17.22, on whichever side converges fast, with Loader's factor.
 */
export function logRegularisedBeta(x: number, a: number, b: number, complement = 1 - x): { logLower: number; logUpper: number } {
  if (!(a > 0 && b > 0 && a < Infinity && b < Infinity)) throw new RangeError(`incomplete beta needs finite a, b > 0, got ${a}, ${b}`);
  if (!(x >= 0 && complement >= 0)) throw new RangeError(`incomplete beta needs x in [0, 1], got ${x}`);
  if (x === 0) return { logLower: -Infinity, logUpper: 0 };
  if (complement === 0) return { logLower: 0, logUpper: -Infinity };
  const logFactor = logBetaFactor(x, complement, a, b);
  if (x <= (a + 1) / (a + b + 2)) {
    const logLower = logFactor - Math.log(a) + Math.log(betaFraction(x, a, b));
    return { logLower, logUpper: logComplement(logLower) };
  }
  const logUpper = logFactor - Math.log(b) + Math.log(betaFraction(complement, b, a));
  return { logLower: logComplement(logUpper), logUpper };
}

/**
 * Inverse of the regularised incomplete beta function: the x with I_x(a, b) = p.
 *
 * @param p in [0, 1]
 * @returns x and 1 − x, both to full relative accuracy
 * Safeguarded Newton steps on the logarithm of the smaller tail as a function of logit x, in which it is concave.
 */
export function regularisedBetaQuantile(p: number, a: number, b: number): { x: number; complement: number } {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability is in [0, 1], got ${p}`);
  if (p === 0) return { x: 0, complement: 1 };
  if (p === 1) return { x: 1, complement: 0 };
  const onLower = p <= 0.5;
  const logTarget = onLower ? Math.log(p) : Math.log1p(-p);
  const excess = (logit: number) => {
    const { x, complement } = logistic(logit);
    const { logLower, logUpper } = logRegularisedBeta(x, a, b, complement);
    const logTail = onLower ? logLower : logUpper;
    const logSlope = logBetaFactor(x, complement, a, b);
    return { value: logTail - logTarget, slope: (onLower ? 1 : -1) * Math.exp(logSlope - logTail) };
  };
  return logistic(rootByNewton(excess, Math.log(a / b), onLower));
}

/**
 * Inverse of Q(a, x): the x above which a gamma variable of shape a lies with probability `upper`.
 *
 * @param upper in [0, 1]
 * @returns x ≥ 0, Infinity for 0
 */
export function regularisedGammaUpperQuantile(upper: number, a: number): number {
  if (!(upper >= 0 && upper <= 1)) throw new RangeError(`a probability is in [0, 1], got ${upper}`);
  if (upper === 0) return Infinity;
  if (upper === 1) return 0;
  const onLower = upper > 0.5;
  const logTarget = onLower ? Math.log1p(-upper) : Math.log(upper);
  const excess = (logX: number) => {
    const x = Math.exp(logX);
    const { logLower, logUpper } = logRegularisedGamma(a, x);
    const logTail = onLower ? logLower : logUpper;
    return { value: logTail - logTarget, slope: (onLower ? 1 : -1) * Math.exp(logGammaFactor(a, x) - logTail) };
  };
  return Math.exp(rootByNewton(excess, Math.log(a), onLower));
}

/** P(X > x) for chi-square with `df` > 0 degrees of freedom. */
export function chiSquareSf(x: number, df: number): number {
  return Math.exp(chiSquareLogSf(x, df));
}

/** ln P(X > x) for chi-square with `df` > 0 degrees of freedom; finite where `chiSquareSf` underflows. */
export function chiSquareLogSf(x: number, df: number): number {
  return logRegularisedGamma(df / 2, x / 2).logUpper;
}

/** The x with P(X > x) = `upper` for chi-square with `df` > 0 degrees of freedom. */
export function chiSquareUpperQuantile(upper: number, df: number): number {
  return 2 * regularisedGammaUpperQuantile(upper, df / 2);
}

/** P(T ≤ t) for Student's t with `df` > 0 degrees of freedom, whole or not. */
export function studentTCdf(t: number, df: number): number {
  return studentTSf(-t, df);
}

/** P(T > t) for Student's t with `df` > 0 degrees of freedom, whole or not. */
export function studentTSf(t: number, df: number): number {
  return Math.exp(studentTLogSf(t, df));
}

/** ln P(T > t) for Student's t with `df` > 0 degrees of freedom; finite where `studentTSf` underflows, up to |t| = 1e154. */
export function studentTLogSf(t: number, df: number): number {
  if (!(df > 0)) throw new RangeError(`Student's t needs df > 0, got ${df}`);
  if (Number.isNaN(t)) throw new RangeError('Student\'s t of NaN');
  if (t === 0) return -LOG_2;
  const square = t * t;
  if (square === Infinity) return t > 0 ? -Infinity : 0;
  const logTail = logRegularisedBeta(df / (df + square), df / 2, 0.5, square / (df + square)).logLower - LOG_2;
  return t > 0 ? logTail : logComplement(logTail);
}

/** The t with P(T ≤ t) = p for Student's t with `df` > 0 degrees of freedom; ∓Infinity at 0 and 1. */
export function studentTQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability is in [0, 1], got ${p}`);
  if (p === 0.5) return 0;
  const tail = 2 * Math.min(p, 1 - p);
  const middle = 2 * Math.abs(p - 0.5);
  const beta = tail < 0.5
    ? regularisedBetaQuantile(tail, df / 2, 0.5)
    : swap(regularisedBetaQuantile(middle, 0.5, df / 2));
  const t = Math.sqrt((df * beta.complement) / beta.x);
  return p < 0.5 ? -t : t;
}

/** P(X = k) of k successes in n trials of probability p. */
export function binomialPmf(k: number, n: number, p: number): number {
  return Math.exp(binomialLogPmf(k, n, p));
}

/**
 * ln P(X = k) of k successes in n trials.
 *
 * @param k whole
 * @param n whole, ≥ 0
 * @param p in [0, 1]
 * @returns ≤ 0; −Infinity when k is impossible
 * Saddle-point form (Loader 2000): no cancellation for large n.
 */
export function binomialLogPmf(k: number, n: number, p: number): number {
  requireBinomial(n, p);
  if (k < 0 || k > n || !Number.isInteger(k)) return -Infinity;
  if (p === 0) return k === 0 ? 0 : -Infinity;
  if (p === 1) return k === n ? 0 : -Infinity;
  if (k === 0) return n * Math.log1p(-p);
  if (k === n) return n * Math.log(p);
  const logRoot = 0.5 * (Math.log(n) - Math.log(k) - Math.log(n - k)) - LOG_SQRT_2PI;
  return stirlingError(n) - stirlingError(k) - stirlingError(n - k) - deviance(k, n * p) - deviance(n - k, n * (1 - p)) + logRoot;
}

/** P(X ≤ k) of n trials of probability p. */
export function binomialCdf(k: number, n: number, p: number): number {
  requireBinomial(n, p);
  const whole = Math.floor(k);
  if (whole < 0) return 0;
  if (whole >= n) return 1;
  return regularisedBeta(p, whole + 1, n - whole).upper;
}

/** P(X > k) of n trials of probability p. */
export function binomialSf(k: number, n: number, p: number): number {
  requireBinomial(n, p);
  const whole = Math.floor(k);
  if (whole < 0) return 1;
  if (whole >= n) return 0;
  return regularisedBeta(p, whole + 1, n - whole).lower;
}

function requireBinomial(n: number, p: number): void {
  if (!(Number.isInteger(n) && n >= 0)) throw new RangeError(`a number of trials is whole and ≥ 0, got ${n}`);
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a probability is in [0, 1], got ${p}`);
}

/** ζ(k) − 1 for k = 2, 3, …; the series below needs no more than these. */
const ZETA_MINUS_ONE = zetaMinusOne(40);

/** ln Γ(2 + z) for |z| ≤ ½. */
function logGammaNearTwo(z: number): number {
  let sum = 0;
  for (let k = ZETA_MINUS_ONE.length + 1; k >= 2; k--) sum = ((k % 2 === 0 ? 1 : -1) * ZETA_MINUS_ONE[k - 2]) / k + z * sum;
  return z * (1 - EULER_GAMMA + z * sum);
}

/** Direct sum to N plus Euler–Maclaurin for the rest, smallest terms first. */
function zetaMinusOne(count: number): number[] {
  const N = 20;
  return Array.from({ length: count }, (_, index) => {
    const k = index + 2;
    const power = N ** -k;
    let sum = (power * N) / (k - 1) + power / 2 + (k * power) / (12 * N) - (k * (k + 1) * (k + 2) * power) / (720 * N ** 3)
      + (k * (k + 1) * (k + 2) * (k + 3) * (k + 4) * power) / (30240 * N ** 5);
    for (let n = N - 1; n >= 2; n--) sum += n ** -k;
    return sum;
  });
}

/** ln Γ(x) minus the leading terms of Stirling's formula, (x − ½)ln x − x + ln √2π. */
function stirlingError(x: number): number {
  if (x < 10) return logGamma(x) - ((x - 0.5) * Math.log(x) - x + LOG_SQRT_2PI);
  const inverse = 1 / x;
  const square = inverse * inverse;
  const tail = square * (1 / 1188 - square * (691 / 360360 - square * (1 / 156 - square * (3617 / 122400))));
  return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - tail))));
}

/** x·ln(x / mean) + mean − x ≥ 0, by a series when x is near the mean and the terms would cancel (Loader 2000). */
function deviance(x: number, mean: number): number {
  const difference = x - mean;
  if (Math.abs(difference) >= 0.1 * (x + mean)) return x * Math.log(x / mean) - difference;
  const v = difference / (x + mean);
  let sum = difference * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}

/** ln of xᵃe⁻ˣ / Γ(a). */
function logGammaFactor(a: number, x: number): number {
  return 0.5 * Math.log(a) - LOG_SQRT_2PI - stirlingError(a) - deviance(a, x);
}

/** Σ xᵏ / ((a+1)…(a+k)), k from 0. */
function gammaSeries(a: number, x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < TERMS_MAX; k++) {
    term *= x / (a + k);
    sum += term;
    if (term < sum * EPSILON * 0.1) return sum;
  }
  throw new Error(`incomplete gamma series did not converge at a = ${a}, x = ${x}`);
}

/** Continued fraction of Γ(a, x) / (xᵃe⁻ˣ), even part (DLMF 8.9.2). */
function gammaFraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let fraction = d;
  for (let k = 1; k < TERMS_MAX; k++) {
    const numerator = -k * (k - a);
    b += 2;
    d = 1 / nonZero(numerator * d + b);
    c = nonZero(b + numerator / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < EPSILON) return fraction;
  }
  throw new Error(`incomplete gamma fraction did not converge at a = ${a}, x = ${x}`);
}

/** Q(a, x) for a, x < 1, where 1 − P(a, x) would cancel: 1 − xᵃ/Γ(1+a)·(1 + a·Σ (−x)ᵏ/(k!(a+k))), k from 1. */
function smallGammaUpper(a: number, x: number): number {
  const logPower = a * Math.log(x) - logGamma(1 + a);
  let sum = 0;
  let term = 1;
  for (let k = 1; k < 100 && Math.abs(term) > EPSILON * 1e-3; k++) {
    term *= -x / k;
    sum += term / (a + k);
  }
  return -Math.expm1(logPower) - Math.exp(logPower) * a * sum;
}

/** ln of xᵃ(1−x)ᵇ / B(a, b). */
function logBetaFactor(x: number, complement: number, a: number, b: number): number {
  const n = a + b;
  const corrections = stirlingError(n) - stirlingError(a) - stirlingError(b);
  return corrections - deviance(a, n * x) - deviance(b, n * complement) + 0.5 * (Math.log(a) + Math.log(b) - Math.log(n)) - LOG_SQRT_2PI;
}

/** Continued fraction DLMF 8.17.22; converges fast for x ≤ (a + 1) / (a + b + 2). */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < TERMS_MAX; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonZero(1 + even * d);
    c = nonZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonZero(1 + odd * d);
    c = nonZero(1 + odd / c);
    const factor = d * c;
    fraction *= factor;
    if (Math.abs(factor - 1) < EPSILON) return fraction;
  }
  throw new Error(`incomplete beta fraction did not converge at x = ${x}, a = ${a}, b = ${b}`);
}

/** Power series of erf, all terms positive (DLMF 7.6.2). */
function erfSeries(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let k = 1; term > sum * EPSILON * 0.1; k++) {
    term *= (2 * square) / (2 * k + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * Math.exp(-square) * sum;
}

/** e^(x²)·erfc(x) for x ≥ 1.5 by the continued fraction DLMF 7.9.1; 100 levels are enough from there on. */
function erfcScaled(x: number): number {
  let fraction = x;
  for (let k = 100; k >= 1; k--) fraction = x + k / (2 * fraction);
  return 1 / (SQRT_PI * fraction);
}

/** Normal quantile of p < ¼: Newton's method on ln P(Z > z), which is concave, so it cannot overshoot twice. */
function tailQuantile(p: number): number {
  const logTarget = Math.log(p);
  let z = Math.sqrt(-2 * logTarget);
  for (let iteration = 0; iteration < 100; iteration++) {
    const logTail = normalLogSf(z);
    const hazard = Math.exp(-0.5 * z * z - LOG_SQRT_2PI - logTail);
    const step = (logTail - logTarget) / hazard;
    z += step;
    if (Math.abs(step) < 1e-10 * z) break;
  }
  return -z;
}

/** Normal quantile of ½ + offset for |offset| ≤ ¼. */
function middleQuantile(offset: number): number {
  let z = offset * SQRT_2PI;
  for (let iteration = 0; iteration < 100; iteration++) {
    const step = (offset - 0.5 * erf(z / Math.SQRT2)) * SQRT_2PI * Math.exp(0.5 * z * z);
    z += step;
    if (Math.abs(step) <= 1e-10 * Math.abs(z)) break;
  }
  return z;
}

/** Root of a monotone function by Newton steps kept inside the interval known to hold it, with bisection when one leaves it. */
function rootByNewton(evaluate: (u: number) => { value: number; slope: number }, start: number, increasing: boolean): number {
  let low = -Infinity;
  let high = Infinity;
  let u = start;
  for (let iteration = 0; iteration < 500; iteration++) {
    const { value, slope } = evaluate(u);
    if (value === 0) return u;
    if (value > 0 === increasing) high = u;
    else low = u;
    const reach = 10 + Math.abs(u);
    let next = u - value / slope;
    if (Math.abs(next - u) <= 1e-13 * Math.max(1, Math.abs(u))) return next;
    if (!(Math.abs(next - u) <= reach)) next = value > 0 === increasing ? u - reach : u + reach;
    if (!(next > low && next < high)) next = (low + high) / 2;
    u = next;
  }
  return u;
}

function logistic(logit: number): { x: number; complement: number } {
  return { x: 1 / (1 + Math.exp(-logit)), complement: 1 / (1 + Math.exp(logit)) };
}

function swap(beta: { x: number; complement: number }): { x: number; complement: number } {
  return { x: beta.complement, complement: beta.x };
}

/** ln(1 − eʸ) for y ≤ 0 without cancellation at either end. */
function logComplement(y: number): number {
  if (y >= 0) return -Infinity;
  return y > -LOG_2 ? Math.log(-Math.expm1(y)) : Math.log1p(-Math.exp(y));
}

function nonZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
