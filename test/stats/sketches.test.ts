import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { editDistance } from '../../server/stats/edit-distance.ts';
import { kolmogorovSmirnov } from '../../server/stats/kolmogorov-smirnov.ts';
import { type QuantileSketch, SKETCH_ACCURACY, addToSketch, countAbove, createSketch, mergeSketches, sketchCounts, sketchDistance, sketchQuantile } from '../../server/stats/quantile-sketch.ts';
import { createRandom } from '../../server/stats/random.ts';
import { overlapAtK, rankBiasedOverlap } from '../../server/stats/rank-overlap.ts';
import { expectClose, floats } from './metric-goldens.ts';

const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 300 });

function sketchOf(of: readonly number[]): QuantileSketch {
  const sketch = createSketch();
  for (const value of of) addToSketch(sketch, value);
  return sketch;
}

describe('quantile sketch', () => {
  test('every quantile is within 1 % of the value of its rank', () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (all, probability) => {
        const expected = Float64Array.from(all).sort()[Math.floor((all.length - 1) * probability)];
        const found = sketchQuantile(sketchOf(all), probability)!;
        expect(Math.abs(found - expected)).toBeLessThanOrEqual(SKETCH_ACCURACY * Math.abs(expected) * (1 + 1e-9) + 1e-12);
      }),
    );
  });

  test('sketches of parts merge into the sketch of the whole', () => {
    fc.assert(
      fc.property(values, values, (first, second) => {
        expect(mergeSketches(sketchOf(first), sketchOf(second))).toEqual(sketchOf([...first, ...second]));
      }),
    );
  });

  test('counts between cuts add up, and those above a limit err by its own bin at most', () => {
    const random = createRandom(3);
    const all = Array.from({ length: 5000 }, () => Math.exp(random.normal()));
    const sketch = sketchOf(all);
    expect(sketchCounts(sketch, [0.5, 1, 2]).reduce((total, count) => total + count)).toBe(5000);
    const above = countAbove(sketch, 2);
    expect(above).toBeLessThanOrEqual(all.filter((value) => value > 2).length);
    expect(above).toBeGreaterThanOrEqual(all.filter((value) => value > 2 * 1.021).length);
    expect(countAbove(sketchOf([-3, 0, 4]), 0)).toBe(1);
  });

  test('the distance of two distributions is that of Kolmogorov and Smirnov, up to the width of a bin', () => {
    const random = createRandom(4);
    const [a, b] = [0, 0.3].map((shift) => Array.from({ length: 2000 }, () => random.normal() + shift));
    const exact = kolmogorovSmirnov(floats(a).sort(), floats(b).sort()).statistic!;
    expect(Math.abs(sketchDistance(sketchOf(a), sketchOf(b))! - exact)).toBeLessThan(0.01);
    expect(sketchDistance(sketchOf(a), sketchOf(a))).toBe(0);
    expect(sketchDistance(sketchOf([]), sketchOf(a))).toBeNull();
  });

  test('of nothing there is no quantile, and what is no finite number is refused', () => {
    expect(sketchQuantile(createSketch(), 0.5)).toBeNull();
    expect(() => addToSketch(createSketch(), NaN)).toThrow(RangeError);
  });
});

describe('overlap of rankings', () => {
  test.each([
    [['a', 'b', 'c'], ['a', 'b', 'c'], 3, 1],
    [['a', 'b', 'c'], ['c', 'a', 'x'], 2, 0.5],
    [['a'], ['b', 'a'], 5, 0.5],
    [[], [], 3, 1],
    [[], ['a'], 3, 0],
  ])('of the first k: %j and %j at %i is %d', (a, b, k, expected) => expect(overlapAtK(a, b, k)).toBe(expected));

  test('rank-biased overlap follows its definition, place by place', () => {
    // Agreement at depths 1, 2, 3 is 0, 1, 1: (1)·p³ + (1 − p)/p·(0 + p² + p³), p = 0.9.
    expectClose(rankBiasedOverlap(['a', 'b', 'c'], ['b', 'a', 'c']), 0.9 ** 3 + (0.1 / 0.9) * (0.9 ** 2 + 0.9 ** 3));
    expectClose(rankBiasedOverlap(['a', 'b', 'c'], ['a', 'b', 'c']), 1);
    expect(rankBiasedOverlap(['a', 'b'], ['c', 'd'])).toBe(0);
    expect([rankBiasedOverlap([], []), rankBiasedOverlap(['a'], [])]).toEqual([1, 0]);
  });

  test('a change at the top counts more than one below', () => {
    const [ranking, top, bottom] = [[...'abcdef'], [...'bacdef'], [...'abcdfe']];
    expect(rankBiasedOverlap(ranking, top)).toBeLessThan(rankBiasedOverlap(ranking, bottom));
  });
});

describe('edit distance', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('%j to %j takes %i steps', (a, b, steps) => expect(editDistance([...a], [...b])).toBe(steps));

  test('it is a metric', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
        expect(editDistance(a, b) === 0).toBe(a.join('') === b.join(''));
      }),
    );
  });
});
