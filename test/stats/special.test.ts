import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kolmogorovLimitSf, kolmogorovSf } from '../../server/stats/kolmogorov-distribution.ts';
import * as special from '../../server/stats/special.ts';
import { goldens, relativeError } from './drift-goldens.ts';

const functions: Record<string, (...args: number[]) => number> = {
  logGamma: special.logGamma,
  erf: special.erf,
  erfc: special.erfc,
  normalCdf: special.normalCdf,
  normalSf: special.normalSf,
  normalLogSf: special.normalLogSf,
  normalQuantile: special.normalQuantile,
  gammaLower: (a, x) => special.regularisedGamma(a, x).lower,
  gammaUpper: (a, x) => special.regularisedGamma(a, x).upper,
  gammaLogUpper: (a, x) => special.logRegularisedGamma(a, x).logUpper,
  betaLower: (x, a, b) => special.regularisedBeta(x, a, b).lower,
  betaUpper: (x, a, b) => special.regularisedBeta(x, a, b).upper,
  betaQuantile: (p, a, b) => special.regularisedBetaQuantile(p, a, b).x,
  binomialPmf: special.binomialPmf,
  binomialCdf: special.binomialCdf,
  binomialSf: special.binomialSf,
  studentTSf: special.studentTSf,
  studentTQuantile: special.studentTQuantile,
  chiSquareSf: special.chiSquareSf,
  chiSquareUpperQuantile: special.chiSquareUpperQuantile,
  kolmogorovSf,
};

/** Relative. SciPy's own error is the looser bound where it, not mpmath, is the reference. */
const tolerances: Record<string, number> = { binomialCdf: 1e-11, binomialSf: 1e-11, betaQuantile: 1e-11, studentTQuantile: 1e-11, chiSquareSf: 1e-11, kolmogorovSf: 2e-7 };

describe('special functions agree with mpmath and SciPy', () => {
  test.each(Object.keys(functions))('%s, tails included', (name) => {
    const cases = goldens.special.filter(([golden]) => golden === name);
    const tolerance = tolerances[name] ?? 1e-12;
    const wrong = cases
      .map(([, args, expected]) => ({ args, expected, actual: functions[name](...args) }))
      .filter(({ actual, expected }) => !(relativeError(actual, expected) <= tolerance));
    expect(cases.length).toBeGreaterThan(4);
    expect(wrong).toEqual([]);
  });

  test('a tail too small for a double keeps its logarithm', () => {
    // Leading terms of the asymptotic series: ln sf(z) = −z²/2 − ln(z√(2π)) + ln(1 − 1/z² + 3/z⁴).
    const z = 1000;
    expect(special.normalSf(z)).toBe(0);
    expect(relativeError(special.normalLogSf(z), -z * z / 2 - Math.log(z * Math.sqrt(2 * Math.PI)) + Math.log1p(-1 / z ** 2 + 3 / z ** 4))).toBeLessThan(1e-14);
    // Chi-square with 2 degrees of freedom is exponential: ln sf(x) = −x/2.
    expect(special.chiSquareSf(5000, 2)).toBe(0);
    expect(relativeError(special.chiSquareLogSf(5000, 2), -2500)).toBeLessThan(1e-14);
    expect(special.studentTLogSf(1e150, 5)).toBeLessThan(-1700);
  });

  test.each([
    ['normalQuantile(0)', special.normalQuantile(0), -Infinity],
    ['normalQuantile(½)', special.normalQuantile(0.5), 0],
    ['normalQuantile(1)', special.normalQuantile(1), Infinity],
    ['erf(∞)', special.erf(Infinity), 1],
    ['erfc(−∞)', special.erfc(-Infinity), 2],
    ['Q(a, 0)', special.regularisedGamma(3, 0).upper, 1],
    ['Q(a, ∞)', special.regularisedGamma(3, Infinity).upper, 0],
    ['I₀', special.regularisedBeta(0, 2, 3).lower, 0],
    ['I₁', special.regularisedBeta(1, 2, 3).lower, 1],
    ['t sf at 0', special.studentTSf(0, 3), 0.5],
    ['t sf at ∞', special.studentTSf(Infinity, 3), 0],
    ['t quantile of 0', special.studentTQuantile(0, 3), -Infinity],
    ['binomial cdf below 0', special.binomialCdf(-1, 5, 0.5), 0],
    ['binomial cdf at n', special.binomialCdf(5, 5, 0.5), 1],
    ['binomial pmf between whole numbers', special.binomialPmf(1.5, 5, 0.5), 0],
    ['binomial pmf at p = 0', special.binomialPmf(0, 5, 0), 1],
    ['Kolmogorov sf at 0', kolmogorovSf(0, 10), 1],
    ['Kolmogorov sf at 1', kolmogorovSf(1, 10), 0],
    ['Kolmogorov limit at 0', kolmogorovLimitSf(0), 1],
  ])('%s has its exact value', (_, actual, expected) => {
    expect(actual).toBe(expected);
  });

  test('an argument outside the domain is refused, not answered with NaN', () => {
    expect(() => special.logGamma(0)).toThrow(RangeError);
    expect(() => special.normalQuantile(1.1)).toThrow(RangeError);
    expect(() => special.regularisedGamma(0, 1)).toThrow(RangeError);
    expect(() => special.regularisedGamma(1, NaN)).toThrow(RangeError);
    expect(() => special.regularisedBeta(-0.1, 1, 1)).toThrow(RangeError);
    expect(() => special.studentTSf(1, 0)).toThrow(RangeError);
    expect(() => special.binomialCdf(1, 2.5, 0.5)).toThrow(RangeError);
    expect(() => kolmogorovSf(0.1, 0)).toThrow(RangeError);
  });

  test('quantiles undo distribution functions', () => {
    const probability = fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true });
    const shape = fc.double({ min: 0.5, max: 500, noNaN: true });
    fc.assert(fc.property(probability, shape, shape, (p, a, b) => {
      const { x, complement } = special.regularisedBetaQuantile(p, a, b);
      expect(relativeError(special.regularisedBeta(x, a, b, complement).lower, p)).toBeLessThan(1e-10);
      expect(relativeError(special.normalCdf(special.normalQuantile(p)), p)).toBeLessThan(1e-13);
      expect(relativeError(special.chiSquareSf(special.chiSquareUpperQuantile(p, a), a), p)).toBeLessThan(1e-10);
      expect(relativeError(special.studentTCdf(special.studentTQuantile(p, a), a), p)).toBeLessThan(1e-10);
    }));
  });

  test('the limit law of Kolmogorov has its 5 % point at 1.3581', () => {
    expect(kolmogorovLimitSf(1.358098634)).toBeCloseTo(0.05, 8);
    expect(kolmogorovLimitSf(1 - 1e-12)).toBeCloseTo(kolmogorovLimitSf(1 + 1e-12), 11);
  });
});
