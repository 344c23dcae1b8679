import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { andersonDarling } from '../../server/stats/anderson-darling.ts';
import { cramerVonMises } from '../../server/stats/cramer-von-mises.ts';
import { energyDistance } from '../../server/stats/energy-distance.ts';
import { kolmogorovSmirnov } from '../../server/stats/kolmogorov-smirnov.ts';
import { mannWhitney } from '../../server/stats/mann-whitney.ts';
import { moments } from '../../server/stats/moments.ts';
import { permutationP, permutationTest } from '../../server/stats/permutation.ts';
import { createRandom } from '../../server/stats/random.ts';
import { pooledTTest, welchTTest } from '../../server/stats/t-test.ts';
import { wasserstein, wassersteinDistance } from '../../server/stats/wasserstein.ts';
import { ascending, goldens, relativeError } from './drift-goldens.ts';
import { expectClose, floats } from './metric-goldens.ts';

const none = floats([]);
const sample = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), { minLength: 2, maxLength: 40 }).map(ascending);
const tied = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 40 }).map(ascending);
const either = fc.oneof(sample, tied);

describe.each(goldens.twoSamples)('$name, against SciPy', (golden) => {
  const reference = ascending(golden.reference);
  const current = ascending(golden.current);

  test('Kolmogorov–Smirnov', () => {
    const exact = kolmogorovSmirnov(reference, current, 'exact');
    const asymptotic = kolmogorovSmirnov(reference, current, 'asymptotic');
    expect(Math.abs(exact.statistic! - golden.ks.statistic)).toBeLessThanOrEqual(1e-15);
    expect(relativeError(exact.pValue!, golden.ks.exact, 1e-12)).toBeLessThan(1e-9);
    expect(relativeError(asymptotic.pValue!, golden.ks.asymptotic, 1e-12)).toBeLessThan(1e-7);
    if (golden.ks.statistic > 0) {
      expect({ sign: exact.sign, location: exact.location }).toEqual({ sign: golden.ks.sign, location: golden.ks.location });
    } else expect(exact).toMatchObject({ sign: 0, location: null, pValue: 1 });
  });

  test('Wasserstein and energy distance', () => {
    const { raw, byReferenceDeviation, byRange } = wasserstein(reference, current);
    const range = Math.max(...golden.reference, ...golden.current) - Math.min(...golden.reference, ...golden.current);
    expectClose(raw, golden.wasserstein);
    expectClose(byReferenceDeviation, golden.wasserstein / golden.referenceDeviation);
    expectClose(byRange, golden.wasserstein / range);
    expectClose(energyDistance(reference, current), golden.energy, 1e-9);
    const weights = [golden.reference, golden.current].map((values, side) => {
      const order = values.map((value, row) => ({ value, row })).sort((a, b) => a.value - b.value);
      return floats(order.map(({ row }) => golden.weights[side][row]));
    });
    expectClose(wassersteinDistance(reference, current, weights[0], weights[1]), golden.weightedWasserstein);
  });

  test('Cramér–von Mises, Anderson–Darling, Mann–Whitney and t', () => {
    const cvm = cramerVonMises(reference, current);
    expectClose(cvm.statistic, golden.cramerVonMises.statistic, 1e-9);
    // SciPy stops its series at terms of 1e-7.
    expect(Math.abs(cvm.pValue! - golden.cramerVonMises.pValue)).toBeLessThan(cvm.method === 'exact' ? 1e-12 : 1e-7);
    const anderson = andersonDarling([reference, current]);
    expectClose(anderson.statistic, golden.andersonDarling.statistic, 1e-9);
    expect(relativeError(anderson.pValue!, golden.andersonDarling.pValue)).toBeLessThan(1e-9);
    const u = mannWhitney(reference, current);
    expectClose(u.statistic, golden.mannWhitney.statistic);
    expect(relativeError(u.pValue!, golden.mannWhitney.pValue)).toBeLessThan(1e-9);
    const [r, c] = [moments(reference), moments(current)];
    // A mean near 1e9 is a double with seven decimals.
    const tolerance = golden.name === 'offset' ? 1e-7 : 1e-9;
    for (const [ours, theirs] of [[welchTTest(r, c), golden.welch], [pooledTTest(r, c), golden.pooled]] as const) {
      expectClose(ours.statistic, theirs.statistic, tolerance);
      expectClose(ours.degreesOfFreedom, theirs.df, tolerance);
      expect(relativeError(ours.pValue!, theirs.pValue)).toBeLessThan(1e-7);
    }
  });
});

describe('Kolmogorov–Smirnov', () => {
  test.each(goldens.largeKs)('past 10,000 rows the p-value is asymptotic and says so: $n against $m', ({ n, m, power, statistic, pValue }) => {
    const reference = Float64Array.from({ length: n }, (_, i) => i / n);
    const current = Float64Array.from({ length: m }, (_, i) => (i / m) ** power);
    const result = kolmogorovSmirnov(reference, current);
    expect(result.method).toBe('asymptotic');
    expect(Math.abs(result.statistic! - statistic)).toBeLessThanOrEqual(1e-15);
    expect(relativeError(result.pValue!, pValue, 1e-12)).toBeLessThan(2e-7);
  });

  test('up to 10,000 rows on the larger side it is exact', () => {
    const rows = (n: number) => Float64Array.from({ length: n }, (_, i) => i);
    expect(kolmogorovSmirnov(rows(10_000), rows(10)).method).toBe('exact');
    expect(kolmogorovSmirnov(rows(10_001), rows(10)).method).toBe('asymptotic');
  });

  test('distribution functions are compared after all equal values', () => {
    expect(kolmogorovSmirnov(floats([1, 1, 1, 2]), floats([1, 1, 1, 1, 1, 1, 2, 2]))).toMatchObject({ statistic: 0, pValue: 1 });
  });

  test('a constant column, a single row and infinities on one side', () => {
    const constant = new Float64Array(20).fill(3);
    expect(kolmogorovSmirnov(constant, constant.slice(0, 7))).toMatchObject({ statistic: 0, pValue: 1, location: null });
    expect(kolmogorovSmirnov(floats([1]), floats([2]))).toMatchObject({ statistic: 1, pValue: 1, sign: 1, location: 1 });
    expect(kolmogorovSmirnov(floats([0, 1, 2, 3]), floats([0, 1, Infinity, Infinity]))).toMatchObject({ statistic: 0.5, sign: 1, location: 3 });
    expect(kolmogorovSmirnov(floats([-Infinity, Infinity]), floats([-Infinity, Infinity])).statistic).toBe(0);
    expect(kolmogorovSmirnov(floats([-0]), floats([0])).statistic).toBe(0);
  });

  test('without values there is no statistic', () => {
    expect(kolmogorovSmirnov(none, floats([1]))).toMatchObject({ statistic: null, pValue: null, reason: 'the reference has no values' });
    expect(kolmogorovSmirnov(floats([1]), none)).toMatchObject({ statistic: null, pValue: null, reason: 'the current data has no values' });
  });

  test('the exact p of a small case is the share of orders that reach as far', () => {
    const reference = [1, 4, 6];
    const current = [2, 3, 7, 9];
    const observed = kolmogorovSmirnov(floats(reference), floats(current)).statistic!;
    let [orders, reached] = [0, 0];
    for (let mask = 0; mask < 128; mask++) {
      const [a, b]: [number[], number[]] = [[], []];
      for (let place = 0; place < 7; place++) (mask & (1 << place) ? a : b).push(place);
      if (a.length !== 3) continue;
      orders++;
      if (kolmogorovSmirnov(floats(a), floats(b)).statistic! >= observed - 1e-12) reached++;
    }
    expect(kolmogorovSmirnov(floats(reference), floats(current)).pValue).toBeCloseTo(reached / orders, 14);
  });

  test('it is symmetric, in range, and blind to a monotone change of scale', () => {
    fc.assert(fc.property(either, either, (reference, current) => {
      const forth = kolmogorovSmirnov(reference, current);
      const back = kolmogorovSmirnov(current, reference);
      const scaled = kolmogorovSmirnov(reference.map((x) => Math.cbrt(x)), current.map((x) => Math.cbrt(x)));
      expect(back.statistic).toBe(forth.statistic);
      expect(relativeError(back.pValue!, forth.pValue!)).toBeLessThan(1e-12);
      expect(forth.statistic! >= 0 && forth.statistic! <= 1 && forth.pValue! >= 0 && forth.pValue! <= 1).toBe(true);
      expect(scaled.statistic).toBeLessThanOrEqual(forth.statistic!);
      expect(kolmogorovSmirnov(reference, reference)).toMatchObject({ statistic: 0, pValue: 1 });
    }));
  });
});

describe('Wasserstein', () => {
  test('a constant reference has no spread to divide by, and equal constants no range', () => {
    const constant = new Float64Array(5).fill(2);
    const moved = wasserstein(constant, floats([3, 3]));
    expect(moved.raw.value).toBe(1);
    expect(moved.byReferenceDeviation).toEqual({ value: null, reason: 'the reference is constant' });
    expect(moved.byRange.value).toBe(1);
    expect(wasserstein(constant, constant)).toMatchObject({ raw: { value: 0 }, byRange: { value: null, reason: 'all values are equal' } });
  });

  test('infinite mass and empty sides make it undefined, and say which side', () => {
    expect(wasserstein(floats([1, 2]), floats([1, Infinity])).raw).toEqual({ value: null, reason: 'the current data has infinite values' });
    expect(wasserstein(floats([-Infinity, 2]), floats([1])).raw).toEqual({ value: null, reason: 'the reference has infinite values' });
    expect(wasserstein(none, floats([1])).byRange).toEqual({ value: null, reason: 'the reference has no values' });
    expect(energyDistance(floats([1]), none).value).toBeNull();
    expect(energyDistance(floats([1]), floats([Infinity])).value).toBeNull();
    expect(() => wassersteinDistance(floats([1]), floats([2]), floats([0]))).toThrow(RangeError);
    expect(() => wassersteinDistance(none, floats([2]))).toThrow(RangeError);
  });

  test('it is symmetric, moves with a shift, and whole weights repeat rows', () => {
    fc.assert(fc.property(sample, sample, fc.double({ min: -50, max: 50, noNaN: true }), (reference, current, shift) => {
      expectClose(wassersteinDistance(current, reference), wassersteinDistance(reference, current), 1e-10);
      expectClose(wassersteinDistance(reference, reference.map((x) => x + shift)), Math.abs(shift), 1e-9);
      const doubled = ascending([...current, ...current]);
      expectClose(wassersteinDistance(reference, doubled), wassersteinDistance(reference, current, undefined, new Float64Array(current.length).fill(2)), 1e-10);
    }));
  });
});

describe('other tests', () => {
  test('three samples: Anderson–Darling agrees with SciPy', () => {
    const result = andersonDarling(goldens.andersonThree.samples.map(ascending));
    expectClose(result.statistic, goldens.andersonThree.statistic, 1e-9);
    expectClose(result.pValue, goldens.andersonThree.pValue, 1e-9);
  });

  test('a p-value at the end of the Anderson–Darling table is marked as a bound', () => {
    const rows = Float64Array.from({ length: 50 }, (_, i) => i);
    expect(andersonDarling([rows, rows])).toMatchObject({ pValue: 0.25, bounded: 'ceiling' });
    expect(andersonDarling([rows, rows.map((x) => x + 100)])).toMatchObject({ pValue: 0.001, bounded: 'floor' });
  });

  test('what cannot be tested is undefined with a reason', () => {
    expect(andersonDarling([floats([1, 1]), floats([1, 1])])).toMatchObject({ statistic: null, reason: 'all values are equal' });
    expect(andersonDarling([floats([1, 2, 3, 4]), none])).toMatchObject({ statistic: null, reason: 'a sample has no values' });
    expect(andersonDarling([floats([1]), floats([2])])).toMatchObject({ statistic: null, reason: 'fewer than four values in all' });
    expect(cramerVonMises(floats([1]), floats([1, 2]))).toMatchObject({ statistic: null, pValue: null });
    expect(mannWhitney(none, floats([1]))).toMatchObject({ statistic: null, pValue: null, reason: 'a side has no values' });
    expect(welchTTest(moments(floats([1])), moments(floats([1, 2]))).pValue).toBeNull();
    expect(welchTTest(moments(floats([1, 1])), moments(floats([1, 1])))).toMatchObject({ statistic: null, reason: 'both sides are constant' });
    expect(pooledTTest(moments(floats([2, 2])), moments(floats([1, 1]))).pValue).toBeNull();
    expect(pooledTTest(moments(none), moments(floats([1, 1]))).pValue).toBeNull();
  });

  test('equal constants are no shift for Mann–Whitney, and both directions are found alike', () => {
    const constant = new Float64Array(12).fill(1);
    expect(mannWhitney(constant, constant)).toMatchObject({ pValue: 1, commonLanguageEffect: 0.5 });
    const rows = Float64Array.from({ length: 30 }, (_, i) => i);
    const up = mannWhitney(rows, rows.map((x) => x + 12));
    const down = mannWhitney(rows, rows.map((x) => x - 12));
    expect(up.pValue).toBeCloseTo(down.pValue!, 14);
    expect(up.pValue).toBeLessThan(0.01);
    expect(up.commonLanguageEffect! + down.commonLanguageEffect!).toBeCloseTo(1, 14);
  });

  test('every p-value is a probability and does not depend on which side comes first', () => {
    fc.assert(fc.property(either, either, (reference, current) => {
      const pairs = [[reference, current], [current, reference]] as const;
      const results = pairs.map(([a, b]) => [cramerVonMises(a, b).pValue, mannWhitney(a, b).pValue, welchTTest(moments(a), moments(b)).pValue]);
      results[0].forEach((p, index) => {
        const other = results[1][index];
        if (p === null) expect(other).toBeNull();
        else {
          expect(p >= 0 && p <= 1).toBe(true);
          expect(Math.abs(p - other!)).toBeLessThan(1e-9);
        }
      });
    }), { numRuns: 50 });
  });
});

describe('permutation', () => {
  test('p is (k + 1) / (B + 1): never 0, and 1 when every draw is as large', () => {
    expect(permutationP(floats([1, 2, 3]), 10)).toBe(1 / 4);
    expect(permutationP(floats([1, 2, 3]), 2)).toBe(3 / 4);
    expect(permutationP(floats([1, 2, 3]), 2 + 1e-13)).toBe(3 / 4);
    expect(permutationP(floats([1, 1, 1]), 0)).toBe(1);
    expect(permutationP(none, 5)).toBe(1);
  });

  test('the same seed gives the same draws, and a clear shift is found', () => {
    const reference = Float64Array.from({ length: 30 }, (_, i) => i);
    const shifted = reference.map((x) => x + 25);
    const meanDifference = (a: Float64Array, b: Float64Array) => Math.abs(a.reduce((x, y) => x + y) / a.length - b.reduce((x, y) => x + y) / b.length);
    const run = (seed: number) => permutationTest(reference, shifted, meanDifference, 199, createRandom(seed));
    expect(run(1)).toEqual(run(1));
    expect(run(1).draws).not.toEqual(run(2).draws);
    expect(run(1)).toMatchObject({ statistic: 25, pValue: 1 / 200 });
    expect(() => permutationTest(none, shifted, meanDifference, 9, createRandom(1))).toThrow(RangeError);
  });
});
