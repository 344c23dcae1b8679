import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countDistinct } from '../../server/datasets/count-distinct.ts';
import { measureMoments, NumberSeries } from '../../server/datasets/number-series.ts';
import { describeCounts, describeDistribution } from '../../server/datasets/order-statistics.ts';

const probabilities = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];

describe('moments', () => {
  const cases: [what: string, values: number[], mean: number | null, variance: number | null, reason: RegExp | null][] = [
    ['a large offset does not cancel', [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16], 1e9 + 10, 30, null],
    ['a lost one is carried along', [1e16, 1, -1e16, 1], 0.5, 2e32 / 3, null],
    ['a constant has no spread', [0.1, 0.1, 0.1], 0.1, 0, null],
    ['one value', [4], 4, null, /one value/],
    ['no value', [], null, null, /no finite value/],
    ['a sum beyond doubles', [1.7e308, 1.7e308], null, null, /sum/],
    ['squares beyond doubles', [1e200, -1e200], 0, null, /squares/],
  ];
  test.each(cases)('%s', (_, values, mean, variance, reason) => {
    const measured = measureMoments(Float64Array.from(values));
    if (mean === null) expect(measured.mean).toBeNull();
    else expect(measured.mean).toBeCloseTo(mean, 12);
    if (variance === null) expect(measured.standardDeviation).toBeNull();
    else expect(Math.abs(measured.standardDeviation! ** 2 - variance)).toBeLessThanOrEqual(1e-12 * variance);
    if (reason === null) expect(measured.reason).toBeNull();
    else expect(measured.reason).toMatch(reason);
  });

  test('agree with numpy 2.4.6: mean, std(ddof=1)', () => {
    const measured = measureMoments(Float64Array.of(3.5, -1.25, 0, 8, 8, 2.75, -100.5, 42, 1e-3, 7));
    expect(measured.mean).toBeCloseTo(-3.0499, 13);
    expect(measured.standardDeviation).toBeCloseTo(36.46856500375815, 12);
  });
});

describe('quantiles without sorting', () => {
  test('agree with numpy 2.4.6: quantile(method="linear")', () => {
    const { quantiles } = describe_([3.5, -1.25, 0, 8, 8, 2.75, -100.5, 42, 1e-3, 7], probabilities.slice(1, -1));
    [-91.5675, -55.8375, -11.174999999999997, 0.00025, 3.125, 7.75, 11.399999999999988, 26.699999999999964, 38.940000000000005].forEach((expected, index) => expect(quantiles[index]).toBeCloseTo(expected, 12));
  });

  test('are those of the sorted values, whatever their shape', () => {
    const shapes: Record<string, (random: () => number, index: number) => number> = {
      uniform: (random) => random(),
      'few different': (random) => Math.floor(random() * 5),
      'heavy tails': (random) => Math.tan(Math.PI * (random() - 0.5)) ** 3,
      'one far away': (random, index) => (index === 0 ? 1e300 : random()),
      'one constant but for one': (_, index) => (index === 7 ? 1 : 0),
      'at the limits of doubles': (random) => (random() - 0.5) * Number.MAX_VALUE * 2,
      subnormal: (random) => random() * 1e-320,
      sorted: (_, index) => index,
    };
    for (const [shape, next] of Object.entries(shapes)) {
      const random = pseudorandom(11);
      const values = Float64Array.from({ length: 60_000 }, (_, index) => next(random, index));
      const sorted = values.slice().sort();
      const { quantiles, histogram } = describe_(values, probabilities);
      probabilities.forEach((p, index) => {
        const at = (sorted.length - 1) * p;
        expect(quantiles[index], `${shape} ${p}`).toBeGreaterThanOrEqual(sorted[Math.floor(at)]);
        expect(quantiles[index], `${shape} ${p}`).toBeLessThanOrEqual(sorted[Math.ceil(at)]);
      });
      expect(histogram.counts.reduce((sum, count) => sum + count, 0), shape).toBe(values.length);
      expect([histogram.edges[0], histogram.edges.at(-1), histogram.edges.length], shape).toEqual([sorted[0], sorted.at(-1), histogram.counts.length + 1]);
    }
  });

  test('are the same, with the histogram, from how often each value occurs', () => {
    const value = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-Number.MAX_VALUE, Number.MAX_VALUE, 5e-324)).map((number) => number + 0);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), (list) => {
        const sorted = Float64Array.from(list).sort();
        const occurrences = new Map<number, number>();
        for (const each of list) occurrences.set(each, (occurrences.get(each) ?? 0) + 1);
        expect(describeCounts(occurrences, sorted[0], sorted.at(-1)!, probabilities, 32)).toEqual(describe_(list, probabilities));
      }),
    );
  });

  test('leave the values as they are', () => {
    const values = Float64Array.from({ length: 50_000 }, (_, index) => (index * 7919) % 50_000);
    const before = values.slice();
    describe_(values, probabilities);
    expect(values).toEqual(before);
  });

  test('of any small set are between its order statistics, and exact on them', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 50 }), (list) => {
        const sorted = Float64Array.from(list).sort();
        const { quantiles } = describe_(list, [0, 0.5, 1]);
        expect([quantiles[0] + 0, quantiles[2] + 0]).toEqual([sorted[0] + 0, sorted.at(-1)! + 0]);
        expect(quantiles[1]).toBeGreaterThanOrEqual(sorted[Math.floor((sorted.length - 1) / 2)]);
        expect(quantiles[1]).toBeLessThanOrEqual(sorted[Math.ceil((sorted.length - 1) / 2)]);
      }),
    );
  });
});

describe('distinct values', () => {
  test('are counted exactly when there are few, zero and negative zero as one', () => {
    const found = countDistinct(Float64Array.of(0, -0, 1.5, 1.5, -1.5), false, -1.5, 1.5);
    expect(found).toEqual({ value: 3, exact: true, counts: new Map([[0, 2], [1.5, 2], [-1.5, 1]]) });
  });

  test('are counted exactly for integers that fill their range', () => {
    const values = Float64Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 200_000);
    expect(countDistinct(values, true, 0, 199_999)).toEqual({ value: 200_000, exact: true, counts: null });
  });

  test('are not taken for fewer when times lie within a millisecond', () => {
    const values = Float64Array.from({ length: 50_000 }, (_, index) => ((index * 7919) % 50_000) / 25);
    const { value, exact } = countDistinct(values, true, 0, 1999.96);
    expect(exact).toBe(false);
    expect(Math.abs(value / 50_000 - 1)).toBeLessThan(0.03);
  });

  test('are estimated within 3 % otherwise, in many ways of being many', () => {
    const size = 400_000;
    const random = pseudorandom(5);
    const kinds: Record<string, (index: number) => number> = {
      uniform: () => random(),
      'scaled integers': (index) => index * 1e7,
      halves: (index) => index / 2,
      'large odd': (index) => 2 ** 52 + index * 3,
      'tiny steps': (index) => 1 + index * 2 ** -50,
      'powers of the clock': (index) => 1.7e12 + index * 60_000,
    };
    for (const [kind, next] of Object.entries(kinds)) {
      const { value, exact } = countDistinct(Float64Array.from({ length: size }, (_, index) => next(index)), false, 0, 1);
      expect(exact).toBe(false);
      expect(Math.abs(value / size - 1), kind).toBeLessThan(0.03);
    }
  });
});

describe('a series', () => {
  const orders: [what: string, values: number[], monotone: string | null, strict: boolean][] = [
    ['rising', [1, 2, 3], 'increasing', true],
    ['never falling', [1, 1, 2], 'increasing', false],
    ['falling', [3, 2, -1], 'decreasing', true],
    ['constant', [2, 2], 'constant', false],
    ['neither', [1, 3, 2], 'none', false],
    ['rising to infinity', [1, 2, Infinity], 'increasing', true],
    ['rising with a NaN between', [1, NaN, 2], 'increasing', true],
    ['one value', [1], null, false],
  ];
  test.each(orders)('%s', (_, values, monotone, strict) => {
    const series = new NumberSeries(values.length);
    series.add({ kind: 'numbers', values: Float64Array.from(values) }, values.length);
    expect([series.monotone, series.strict && series.monotone !== null]).toEqual([monotone, strict]);
  });
});

function describe_(values: ArrayLike<number>, at: readonly number[]) {
  const array = Float64Array.from(values);
  const low = array.reduce((a, b) => Math.min(a, b), Infinity);
  const high = array.reduce((a, b) => Math.max(a, b), -Infinity);
  return describeDistribution(array, low, high, at, 32);
}

/** Mulberry32: small, seeded, good enough to scatter test values. */
function pseudorandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
