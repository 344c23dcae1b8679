import { describe, expect, test } from 'vitest';
import { createRandom, sampleWithoutReplacement, shuffle } from '../../server/stats/random.ts';
import { chiSquareSf } from '../../server/stats/special.ts';

/** P of counts at least this uneven, if all cells are equally likely. */
function evenness(counts: number[]): number {
  const expected = counts.reduce((a, b) => a + b) / counts.length;
  return chiSquareSf(counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0), counts.length - 1);
}

describe('random numbers', () => {
  test('a seed gives the same numbers for ever', () => {
    const random = createRandom('slipway');
    expect([random.uint32(), random.uint32(), random.uint32(), random.uint32()]).toEqual([2578701813, 3190918054, 1976527456, 3102268536]);
    expect(createRandom(1).uniform()).toBe(createRandom('1').uniform());
    expect(createRandom(1).uniform()).not.toBe(createRandom(2).uniform());
  });

  test('a split depends on the seed and the label, not on what was drawn', () => {
    const fresh = createRandom(7);
    const used = createRandom(7);
    for (let i = 0; i < 100; i++) used.uint32();
    expect(used.split('bootstrap').uint32()).toBe(fresh.split('bootstrap').uint32());
    expect(fresh.split('a').uint32()).not.toBe(fresh.split('b').uint32());
    expect(fresh.split('a').seed).toBe('7/a');
  });

  test.each([2, 3, 7, 10, 1000])('below(%i) is even and never reaches its bound', (n) => {
    const random = createRandom(n);
    const counts = new Array<number>(n).fill(0);
    for (let i = 0; i < 200 * n; i++) counts[random.below(n)]++;
    expect(evenness(counts)).toBeGreaterThan(1e-4);
  });

  test('below takes every whole bound up to 2³² and no other', () => {
    const random = createRandom(0);
    expect(random.below(1)).toBe(0);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    // 3·2³⁰ would lean to the first third by a factor of 2 if reduced without rejection.
    let low = 0;
    for (let i = 0; i < 9000; i++) if (random.below(3 * 2 ** 30) < 2 ** 30) low++;
    expect(Math.abs(low - 3000)).toBeLessThan(250);
    for (const bad of [0, -1, 1.5, 2 ** 33, NaN]) expect(() => random.below(bad)).toThrow(RangeError);
  });

  test('uniform and normal have their moments', () => {
    const random = createRandom('moments');
    const n = 100_000;
    let [sum, normalSum, normalSquares, normalFourths] = [0, 0, 0, 0];
    for (let i = 0; i < n; i++) {
      const u = random.uniform();
      expect(u >= 0 && u < 1).toBe(true);
      sum += u;
      const z = random.normal();
      normalSum += z;
      normalSquares += z * z;
      normalFourths += z ** 4;
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(0.004);
    expect(Math.abs(normalSum / n)).toBeLessThan(0.013);
    expect(Math.abs(normalSquares / n - 1)).toBeLessThan(0.018);
    expect(Math.abs(normalFourths / n - 3)).toBeLessThan(0.13);
  });

  test('a shuffle keeps the elements and makes every order equally likely', () => {
    const random = createRandom('orders');
    const counts = new Map<string, number>();
    for (let i = 0; i < 12_000; i++) {
      const order = shuffle(Int32Array.of(0, 1, 2, 3), random).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(evenness([...counts.values()])).toBeGreaterThan(1e-4);
    expect(shuffle(new Float64Array(0), random)).toEqual(new Float64Array(0));
  });

  test.each([1, 50, 6000, 2097152, 2097153])('draws out of %i are counted as they would be drawn one by one', (n) => {
    const [counting, drawing] = [createRandom(3), createRandom(3)];
    const counts = new Float64Array(n);
    counting.countDraws(counts, 5000);
    const expected = new Float64Array(n);
    for (let draw = 0; draw < 5000; draw++) expected[drawing.below(n)]++;
    expect(counts.every((count, index) => count === expected[index])).toBe(true);
    expect(counting.uint32()).toBe(drawing.uint32());
  });

  test('a sample without replacement is ascending, distinct and evenly spread', () => {
    const random = createRandom(4);
    const counts = new Array<number>(20).fill(0);
    for (let i = 0; i < 2000; i++) {
      const rows = sampleWithoutReplacement(20, 5, random);
      expect(new Set(rows).size).toBe(5);
      expect([...rows]).toEqual([...rows].sort((a, b) => a - b));
      for (const row of rows) counts[row]++;
    }
    expect(evenness(counts)).toBeGreaterThan(1e-4);
    expect([...sampleWithoutReplacement(3, 3, random)]).toEqual([0, 1, 2]);
    expect(() => sampleWithoutReplacement(3, 4, random)).toThrow(RangeError);
  });
});
