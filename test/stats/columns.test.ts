import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averageRanks, pearsonCorrelation, spearmanCorrelation } from '../../server/stats/correlation.ts';
import { countBetweenCuts, countBetweenEdges, equalWidthEdges, quantileCuts, sharesOf } from '../../server/stats/histogram.ts';
import { kurtosis, mean, mergeMoments, moments, skewness, standardDeviation, variance } from '../../server/stats/moments.ts';
import { quantileSorted, weightedQuantileSorted } from '../../server/stats/quantile.ts';
import { createRandom } from '../../server/stats/random.ts';
import { sortValues } from '../../server/stats/sort.ts';
import { sum } from '../../server/stats/sum.ts';
import { ascending, goldens } from './drift-goldens.ts';
import { expectAllClose, expectClose, floats } from './metric-goldens.ts';

const finiteValues = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1, maxLength: 60 });

describe('sorting', () => {
  test('NaN and nulls are counted apart and left out; −0 comes before 0 and infinities end the array', () => {
    const values = floats([3, NaN, -0, 0, -Infinity, 7, Infinity, -2, NaN, 99]);
    const nulls = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
    const result = sortValues(values, nulls);
    expect(result).toEqual({ sorted: floats([-Infinity, -2, -0, 0, 3, 7, Infinity]), nan: 2, nulls: 1 });
    expect(values[0]).toBe(3);
  });

  test('a null is a null whatever value its slot holds', () => {
    expect(sortValues(floats([NaN, 1]), Uint8Array.of(1, 0))).toEqual({ sorted: floats([1]), nan: 0, nulls: 1 });
  });

  test.each([['no rows', []], ['only NaN', [NaN, NaN]], ['one row', [4]]])('%s', (_, values) => {
    const { sorted, nan } = sortValues(floats(values));
    expect(sorted.length + nan).toBe(values.length);
  });

  const recipes: [string, (random: ReturnType<typeof createRandom>, row: number) => number][] = [
    ['normal values', (random) => random.normal()],
    ['few distinct values', (random) => random.below(5) - 2],
    ['timestamps, alike in their upper bits', (random) => 1.7e12 + random.below(1e6)],
    ['neighbouring doubles', (random) => 1 + random.below(100) * Number.EPSILON],
    ['a constant', () => -3.5],
    ['ascending rows', (_, row) => row],
    ['descending rows', (_, row) => -row],
    ['every magnitude and sign', (random) => (random.below(2) ? 1 : -1) * 10 ** (random.uniform() * 600 - 300)],
    ['infinities and both zeros', (random) => [-Infinity, Infinity, 0, -0, 1, -1][random.below(6)]],
  ];
  test.each(recipes)('a large column of %s comes out as the engine sorts it', (_, draw) => {
    const random = createRandom('sort');
    const values = Float64Array.from({ length: 40_000 }, (_value, row) => draw(random, row));
    const expected = values.slice().sort();
    const { sorted } = sortValues(values);
    expect(Buffer.compare(Buffer.from(sorted.buffer, sorted.byteOffset, sorted.byteLength), Buffer.from(expected.buffer))).toBe(0);
  });
});

describe('one column', () => {
  test.each(goldens.oneSample)('quantiles and moments of $name agree with NumPy and SciPy', (golden) => {
    const values = floats(golden.values);
    const sorted = ascending(golden.values);
    const m = moments(values);
    expectAllClose(golden.probabilities.map((p) => quantileSorted(sorted, p)), golden.quantiles);
    expectClose(mean(m), golden.mean);
    expectClose(variance(m, 0), golden.variance0);
    expectClose(variance(m, 1), golden.variance1);
    expectClose(skewness(m), golden.skewness);
    expectClose(kurtosis(m), golden.kurtosis);
    const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
    const weights = floats(order.map((row) => golden.weights[row]));
    expect(golden.probabilities.slice(1).map((p) => weightedQuantileSorted(sorted, weights, p))).toEqual(golden.weightedQuantiles);
  });

  test('a large offset does not cancel the variance away', () => {
    const m = moments(floats([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]));
    expect([variance(m, 1).value, variance(m, 0).value, mean(m).value]).toEqual([30, 22.5, 1e9 + 10]);
  });

  test('a sum keeps what rounding loses', () => {
    expect(sum(floats([1e16, 1, -1e16, 1]))).toBe(2);
    expect(sum(floats([]))).toBe(0);
    expect(sum(floats([1, Infinity]))).toBe(Infinity);
    expect(sum(floats([Infinity, -Infinity]))).toBeNaN();
  });

  test('moments say what does not exist instead of 0', () => {
    const none = moments(floats([NaN, Infinity, -Infinity]));
    expect(none).toMatchObject({ count: 0, infinite: 2 });
    for (const value of [mean(none), variance(none, 0), skewness(none), kurtosis(none)]) expect(value).toEqual({ value: null, reason: 'no finite values' });
    const one = moments(floats([5]));
    expect(mean(one).value).toBe(5);
    expect(variance(one, 0).value).toBe(0);
    expect(standardDeviation(one, 1)).toEqual({ value: null, reason: 'one value has no sample variance' });
    const constant = moments(new Float64Array(1000).fill(0.1));
    expect(standardDeviation(constant, 0).value).toBeLessThan(1e-17);
    expect(skewness(constant).value).toBeNull();
    expect(kurtosis(constant).value).toBeNull();
  });

  test('moments skip nulls and NaN, count infinities, and survive sums beyond the largest double', () => {
    expect(moments(floats([1, 99, NaN, 3, Infinity, -Infinity]), Uint8Array.of(0, 1, 0, 0, 0, 1))).toMatchObject({ count: 2, infinite: 1, mean: 2, m2: 2 });
    expect(mean(moments(floats([1.5e308, 1.5e308]))).value).toBe(1.5e308);
    expect(variance(moments(floats([1.5e308, -1.5e308])), 0).value).toBeNull();
  });

  test('moments of chunks merge to the moments of the whole', () => {
    fc.assert(fc.property(finiteValues, fc.nat(), (values, cut) => {
      const at = cut % (values.length + 1);
      const whole = moments(floats(values));
      const merged = mergeMoments(moments(floats(values.slice(0, at))), moments(floats(values.slice(at))));
      const scale = 1 + Math.max(...values.map(Math.abs));
      expect(merged.count).toBe(whole.count);
      (['mean', 'm2', 'm3', 'm4'] as const).forEach((name, power) => {
        expect(Math.abs(merged[name] - whole[name])).toBeLessThanOrEqual(1e-11 * values.length * scale ** (power + 1));
      });
    }));
  });

  test('quantiles rise with the probability and stay within the values', () => {
    fc.assert(fc.property(finiteValues, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (values, p, q) => {
      const sorted = ascending(values);
      const low = quantileSorted(sorted, Math.min(p, q));
      const high = quantileSorted(sorted, Math.max(p, q));
      expect(low).toBeLessThanOrEqual(high);
      expect(low).toBeGreaterThanOrEqual(sorted[0]);
      expect(high).toBeLessThanOrEqual(sorted[sorted.length - 1]);
    }));
  });

  test('quantiles at the edges: one value, infinities, whole weights, nothing', () => {
    expect(quantileSorted(floats([4]), 0.3)).toBe(4);
    expect(quantileSorted(floats([-Infinity, 0, Infinity]), 0.5)).toBe(0);
    expect(quantileSorted(floats([0, Infinity]), 0.5)).toBe(Infinity);
    expect(quantileSorted(floats([-Infinity, 0]), 0.5)).toBe(-Infinity);
    expect(quantileSorted(floats([-Infinity, Infinity]), 0.25)).toBe(-Infinity);
    expect(quantileSorted(floats([-1.7e308, 1.7e308]), 0.5)).toBe(0);
    expect(() => quantileSorted(floats([]), 0.5)).toThrow('no quantile of no values');
    expect(() => quantileSorted(floats([1]), 1.01)).toThrow(RangeError);
    expect(weightedQuantileSorted(floats([1, 2, 3]), floats([0, 1, 0]), 0)).toBe(2);
    expect(weightedQuantileSorted(floats([1, 2, 3]), floats([0, 1, 0]), 1)).toBe(2);
    expect(() => weightedQuantileSorted(floats([1, 2]), floats([0, 0]), 0.5)).toThrow('without weight');
    expect(() => weightedQuantileSorted(floats([1, 2]), floats([1, -1]), 0.5)).toThrow(RangeError);
  });
});

describe('histograms', () => {
  test('quantile bins of distinct values hold equal counts', () => {
    const sorted = Float64Array.from({ length: 1000 }, (_, i) => i);
    const cuts = quantileCuts(sorted, 10);
    expect(cuts.length).toBe(9);
    expect([...countBetweenCuts(sorted, cuts)]).toEqual(new Array(10).fill(100));
  });

  test('values outside the reference go to the end bins', () => {
    const cuts = quantileCuts(floats([0, 1, 2, 3, 4, 5, 6, 7]), 4);
    expect([...countBetweenCuts(floats([-Infinity, -50, 3, 80, Infinity]), cuts)]).toEqual([2, 1, 0, 2]);
  });

  test.each([
    ['at the low end', [0, 0, 0, 0, 0, 0, 0, 0, 0, 5]],
    ['at the high end', [1, 5, 5, 5, 5, 5, 5, 5, 5, 5]],
    ['in the middle', [0, 3, 3, 3, 3, 3, 3, 3, 3, 9]],
  ])('tied edges collapse, and a value that fills whole bins gets its own: %s', (_, values) => {
    const frequent = values[5];
    const sorted = ascending(values);
    const cuts = quantileCuts(sorted, 10);
    expect([...cuts]).toEqual([...new Set(cuts)]);
    const [own] = [...countBetweenCuts(floats([frequent]), cuts).keys()].filter((bin) => countBetweenCuts(floats([frequent]), cuts)[bin] === 1);
    expect(countBetweenCuts(sorted, cuts)[own]).toBe(values.filter((value) => value === frequent).length);
  });

  test('a constant reference has bins below, at and above its value', () => {
    const cuts = quantileCuts(new Float64Array(50).fill(7), 10);
    expect([...countBetweenCuts(floats([6, 7, 7, 8]), cuts)]).toEqual([1, 2, 1]);
    const zero = quantileCuts(new Float64Array(50).fill(-0), 10);
    expect([...countBetweenCuts(floats([-1, -0, 0, 1]), zero)]).toEqual([1, 2, 1]);
    const negative = quantileCuts(new Float64Array(50).fill(-7), 10);
    expect([...countBetweenCuts(floats([-8, -7, -6]), negative)]).toEqual([1, 1, 1]);
  });

  test('every value is counted once, whatever the cuts', () => {
    fc.assert(fc.property(finiteValues, finiteValues, fc.integer({ min: 2, max: 20 }), (reference, current, bins) => {
      const cuts = quantileCuts(ascending(reference), bins);
      expect(countBetweenCuts(ascending(current), cuts).reduce((a, b) => a + b)).toBe(current.length);
      for (let k = 1; k < cuts.length; k++) expect(cuts[k]).toBeGreaterThan(cuts[k - 1]);
    }));
  });

  test('equal-width bins close the last one and put outsiders at the ends', () => {
    const edges = equalWidthEdges(0, 10, 5);
    expect([...edges]).toEqual([0, 2, 4, 6, 8, 10]);
    expect([...countBetweenEdges(floats([-3, 0, 2, 9, 10, 11]), edges)]).toEqual([2, 1, 0, 0, 3]);
    expect([...equalWidthEdges(4, 4, 2)]).toEqual([3.5, 4, 4.5]);
    expect(equalWidthEdges(-1.7e308, 1.7e308, 2)[1]).toBe(0);
    expect([...countBetweenEdges(floats([]), edges)]).toEqual([0, 0, 0, 0, 0]);
    expect(() => equalWidthEdges(0, Infinity, 3)).toThrow(RangeError);
    expect(() => quantileCuts(floats([1]), 1)).toThrow(RangeError);
  });

  test('no rows have no shares', () => {
    expect(sharesOf(floats([0, 0]))).toBeNull();
    expect(sharesOf(floats([1, 3]))).toEqual(floats([0.25, 0.75]));
  });
});

describe('correlation', () => {
  test.each(goldens.correlation)('agrees with SciPy', ({ x, y, ...expected }) => {
    expectClose(pearsonCorrelation(floats(x), floats(y)), expected.pearson);
    expectClose(spearmanCorrelation(floats(x), floats(y)), expected.spearman);
  });

  test('with a constant, or with fewer than two rows, there is none', () => {
    expect(pearsonCorrelation(floats([1, 1, 1]), floats([1, 2, 3]))).toEqual({ value: null, reason: 'one side is constant' });
    expect(spearmanCorrelation(floats([1, 2, 3]), floats([0.1, 0.1, 0.1]))).toEqual({ value: null, reason: 'one side is constant' });
    expect(pearsonCorrelation(floats([1]), floats([2]))).toEqual({ value: null, reason: 'fewer than two rows' });
    expect(pearsonCorrelation(floats([1, Infinity]), floats([2, 3])).value).toBeNull();
    expect(spearmanCorrelation(floats([1, Infinity, -Infinity]), floats([2, 3, 1])).value).toBe(1);
  });

  test('equal values share the mean of their ranks', () => {
    expect([...averageRanks(floats([10, 20, 10, 5]))]).toEqual([2.5, 4, 2.5, 1]);
  });
});
