import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { benjaminiHochberg } from '../../server/stats/benjamini-hochberg.ts';
import { chiSquareContingency, chiSquarePermutation, chiSquareStatistic, cramersV, gTest } from '../../server/stats/chi-square.ts';
import { balancedCramersV, divergences, hellinger, kullbackLeibler, lInfinity, totalVariation } from '../../server/stats/divergence.ts';
import { fisherExact } from '../../server/stats/fisher-exact.ts';
import { sharesOf } from '../../server/stats/histogram.ts';
import { jensenShannonDistance, jensenShannonDivergence } from '../../server/stats/jensen-shannon.ts';
import {
  balancedCramersVNullBand, cramersVNullBand, jensenShannonNullBand, ksNullBand, lInfinityNullBand, psiNullBand, rowsForBand,
} from '../../server/stats/null-band.ts';
import { flooredBins, populationStabilityIndex } from '../../server/stats/psi.ts';
import { createRandom } from '../../server/stats/random.ts';
import { goldens, relativeError } from './drift-goldens.ts';
import { expectClose, floats } from './metric-goldens.ts';

const counts = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 2, maxLength: 12 }).filter((row) => row.some((count) => count > 0));
const pair = counts.chain((reference) => fc.tuple(fc.constant(reference), fc.array(fc.integer({ min: 0, max: 50 }), { minLength: reference.length, maxLength: reference.length })))
  .filter(([, current]) => current.some((count) => count > 0));

describe('contingency tables', () => {
  test.each(goldens.tables)('χ², G and Cramér’s V of $table agree with SciPy', (golden) => {
    const table = golden.table.map(floats);
    const chi2 = chiSquareContingency(table);
    expectClose(chi2.statistic, golden.statistic);
    expect(relativeError(chi2.pValue!, golden.pValue)).toBeLessThan(1e-9);
    expect(chi2).toMatchObject({ degreesOfFreedom: golden.df, lowExpectedCells: golden.low, droppedRows: 0, droppedColumns: 0 });
    expectClose(gTest(table).statistic, golden.g, 1e-11);
    expect(relativeError(gTest(table).pValue!, golden.gP)).toBeLessThan(1e-9);
    expectClose(cramersV(table).plain, golden.cramersV);
    expectClose(cramersV(table).corrected, golden.corrected);
    expect(chiSquareStatistic(table)).toBe(chi2.statistic);
  });

  test('empty rows and columns are dropped and counted, and change nothing', () => {
    const full = chiSquareContingency([floats([5, 9, 12]), floats([8, 3, 20])]);
    const sparse = chiSquareContingency([floats([5, 0, 9, 12]), floats([0, 0, 0, 0]), floats([8, 0, 3, 20])]);
    expect(sparse).toMatchObject({ statistic: full.statistic, pValue: full.pValue, degreesOfFreedom: 2, droppedRows: 1, droppedColumns: 1 });
    expect(cramersV([floats([5, 0, 9, 12]), floats([8, 0, 3, 20])])).toEqual(cramersV([floats([5, 9, 12]), floats([8, 3, 20])]));
  });

  test('one category on both sides cannot differ: statistic 0, p 1', () => {
    expect(chiSquareContingency([floats([5]), floats([9])])).toMatchObject({ statistic: 0, pValue: 1, degreesOfFreedom: 0 });
    expect(chiSquareContingency([floats([5, 0]), floats([9, 0])])).toMatchObject({ statistic: 0, pValue: 1, droppedColumns: 1 });
    expect(cramersV([floats([5, 0]), floats([9, 0])])).toEqual({ plain: 0, corrected: 0 });
  });

  test('identical shares are no drift at any size', () => {
    expect(chiSquareContingency([floats([10, 30]), floats([100, 300])])).toMatchObject({ statistic: 0, pValue: 1 });
  });

  test('an empty side leaves nothing to compare', () => {
    expect(chiSquareContingency([floats([0, 0]), floats([3, 4])])).toMatchObject({ statistic: null, pValue: null, reason: 'only one side has rows' });
    expect(chiSquareContingency([floats([0, 0]), floats([0, 0])])).toMatchObject({ statistic: null, reason: 'the table has no counts' });
    expect(cramersV([floats([0, 0]), floats([3, 4])]).plain).toBeNull();
    expect(chiSquarePermutation(floats([0, 0]), floats([3, 4]), 9, createRandom(1))).toBeNull();
  });

  test('cells expected fewer than five times are flagged', () => {
    expect(chiSquareContingency([floats([3, 1]), floats([2, 8])])).toMatchObject({ lowExpectedCells: 3, lowExpectedShare: 0.75 });
  });

  test('counts that are not counts are refused', () => {
    expect(() => chiSquareContingency([floats([1, -1]), floats([1, 1])])).toThrow(RangeError);
    expect(() => chiSquareContingency([floats([1, NaN]), floats([1, 1])])).toThrow(RangeError);
    expect(() => chiSquareContingency([floats([1]), floats([1, 1])])).toThrow(RangeError);
    expect(() => chiSquareContingency([floats([1])])).toThrow(RangeError);
  });

  test('a hundred thousand categories are a test like any other', () => {
    const reference = Float64Array.from({ length: 100_000 }, (_, i) => 10 + (i % 7));
    const test = chiSquareContingency([reference, reference.map((count) => 2 * count)]);
    expect(test).toMatchObject({ degreesOfFreedom: 99_999, pValue: 1 });
  });

  test('the permutation p agrees with Fisher’s on a thin table and repeats with its seed', () => {
    const [reference, current] = [floats([8, 2]), floats([1, 5])];
    const run = (seed: number) => chiSquarePermutation(reference, current, 4000, createRandom(seed))!;
    expect(run(1)).toEqual(run(1));
    expect(Math.abs(run(1).pValue - fisherExact(8, 2, 1, 5))).toBeLessThan(0.01);
    expect(chiSquarePermutation(floats([50, 0]), floats([0, 50]), 99, createRandom(1))!.pValue).toBe(1 / 100);
  });
});

describe('Fisher’s exact test', () => {
  test.each(goldens.fisher)('of $table agrees with SciPy', ({ table: [[a, b], [c, d]], pValue }) => {
    expect(relativeError(fisherExact(a, b, c, d), pValue)).toBeLessThan(1e-9);
  });

  test('a zero margin leaves one possible table: p is 1', () => {
    expect(fisherExact(0, 0, 3, 4)).toBe(1);
    expect(fisherExact(0, 5, 0, 4)).toBe(1);
    expect(fisherExact(0, 0, 0, 0)).toBe(1);
    expect(() => fisherExact(1.5, 0, 0, 0)).toThrow(RangeError);
  });

  test('transposing the table or swapping its rows changes nothing', () => {
    const count = fc.integer({ min: 0, max: 40 });
    fc.assert(fc.property(count, count, count, count, (a, b, c, d) => {
      const p = fisherExact(a, b, c, d);
      expect(p > 0 && p <= 1).toBe(true);
      expect(relativeError(fisherExact(a, c, b, d), p)).toBeLessThan(1e-9);
      expect(relativeError(fisherExact(c, d, a, b), p)).toBeLessThan(1e-9);
    }));
  });
});

describe('divergences', () => {
  test.each(goldens.divergences)('of $reference and $current agree with SciPy and their definitions', (golden) => {
    const all = divergences(floats(golden.reference), floats(golden.current));
    expectClose(all.psi, golden.psi);
    expect(all.flooredBins).toBe(golden.floored);
    expectClose(all.jensenShannonDistance, golden.js);
    expectClose(all.jensenShannonDivergence, golden.js ** 2);
    expectClose(all.hellinger, golden.hellinger);
    expectClose(all.totalVariation, golden.tvd);
    expectClose(all.lInfinity, golden.linf);
    expectClose(all.balancedCramersV, golden.balancedV);
    if (golden.kl === 'inf') expect(all.kullbackLeibler.value).toBeNull();
    else expectClose(all.kullbackLeibler, golden.kl);
  });

  test('three dialects of one number: base and root are part of the name', () => {
    const [p, q] = [floats([0.2, 0.3, 0.5]), floats([0.25, 0.35, 0.4])];
    expectClose(jensenShannonDistance(p, q) ** 2, jensenShannonDivergence(p, q));
  });

  test('a side without rows has no divergence from anything', () => {
    const all = divergences(floats([0, 0]), floats([1, 2]));
    expect(all.jensenShannonDistance).toEqual({ value: null, reason: 'the reference has no rows' });
    expect(all.psi.value).toBeNull();
    expect(divergences(floats([1]), floats([0])).lInfinity).toEqual({ value: null, reason: 'the current data has no rows' });
    expect(() => jensenShannonDistance(floats([0, 0]), floats([0.5, 0.5]))).toThrow('shares sum to 0, not 1');
  });

  test('shares that are not a distribution are refused', () => {
    expect(() => populationStabilityIndex(floats([1]), floats([0.5, 0.5]))).toThrow(RangeError);
    expect(() => populationStabilityIndex(floats([]), floats([]))).toThrow(RangeError);
    expect(() => populationStabilityIndex(floats([1.5, -0.5]), floats([0.5, 0.5]))).toThrow(RangeError);
    expect(() => populationStabilityIndex(floats([1]), floats([1]), 0)).toThrow(RangeError);
  });

  test('the floor decides the PSI of an empty bin and is counted', () => {
    const [p, q] = [floats([0.5, 0.5, 0]), floats([0.4, 0.5, 0.1])];
    expect(flooredBins(p, q)).toBe(1);
    expectClose(populationStabilityIndex(p, q, 1e-4), -0.1 * Math.log(0.8) + (0.1 - 1e-4) * Math.log(1000));
    expect(populationStabilityIndex(p, q, 1e-2)).toBeLessThan(populationStabilityIndex(p, q, 1e-4));
  });

  test('rounding never makes a distance negative or NaN', () => {
    const p = floats([0.1, 0.2, 0.7]);
    const nearly = floats([0.1 + 1e-17, 0.2 - 1e-17, 0.7]);
    expect(jensenShannonDistance(p, nearly)).toBeGreaterThanOrEqual(0);
    expect(jensenShannonDistance(p, p)).toBe(0);
  });

  test('all are symmetric but Kullback–Leibler, 0 for equal shares, within range, and blind to the order of bins', () => {
    fc.assert(fc.property(pair, ([reference, current]) => {
      const p = sharesOf(floats(reference))!;
      const q = sharesOf(floats(current))!;
      for (const distance of [jensenShannonDistance, jensenShannonDivergence, hellinger, totalVariation, lInfinity, balancedCramersV]) {
        const value = distance(p, q);
        expect(value >= 0 && value <= 1).toBe(true);
        expect(distance(q, p)).toBeCloseTo(value, 12);
        expect(distance(p, p)).toBe(0);
        expect(distance(p.slice().reverse(), q.slice().reverse())).toBeCloseTo(value, 12);
      }
      expect(populationStabilityIndex(q, p)).toBeCloseTo(populationStabilityIndex(p, q), 10);
      expect(kullbackLeibler(p, p).value).toBe(0);
      expect(lInfinity(p, q)).toBeLessThanOrEqual(totalVariation(p, q) + 1e-12);
    }));
  });

  test('V at equal weight is plain V when both sides have the same number of rows', () => {
    const [reference, current] = [[10, 20, 30], [25, 5, 30]];
    expectClose(balancedCramersV(sharesOf(floats(reference))!, sharesOf(floats(current))!), cramersV([floats(reference), floats(current)]).plain!);
  });
});

describe('Benjamini–Hochberg', () => {
  test.each(goldens.benjaminiHochberg)('agrees with SciPy', ({ p, adjusted }) => {
    const ours = benjaminiHochberg(p);
    adjusted.forEach((expected, index) => expect(Math.abs(ours[index]! - expected)).toBeLessThanOrEqual(1e-15));
  });

  test('tests without a p-value are not counted as tests', () => {
    expect(benjaminiHochberg([0.01, null, 0.04, NaN])).toEqual([0.02, null, 0.04, null]);
    expect(benjaminiHochberg([])).toEqual([]);
    expect(benjaminiHochberg([null])).toEqual([null]);
    expect(() => benjaminiHochberg([1.2])).toThrow(RangeError);
  });

  test('ties get equal values, order is kept, and nothing gets smaller', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 20 }).map((x) => x / 20), { maxLength: 30 }), (p) => {
      const adjusted = benjaminiHochberg(p);
      p.forEach((a, i) => {
        expect(adjusted[i]! >= a && adjusted[i]! <= 1).toBe(true);
        p.forEach((b, j) => {
          if (a === b) expect(adjusted[i]).toBe(adjusted[j]);
          if (a < b) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!);
        });
      });
    }));
  });
});

describe('null bands', () => {
  test('the published points: ten bins of PSI at 100 and 1,000 rows', () => {
    expect(psiNullBand(100, 100, 10)).toBeCloseTo(0.338, 3);
    expect(psiNullBand(1000, 1000, 10)).toBeCloseTo(0.0338, 4);
    expect(ksNullBand(1000, 1000)).toBeCloseTo(0.0607, 4);
    expect(psiNullBand(100, 100, 1)).toBe(0);
    expect(cramersVNullBand(10, 10, 1)).toBe(0);
  });

  test('about five in a hundred samples without drift exceed each band', () => {
    const random = createRandom('bands');
    const shares = floats([0.3, 0.25, 0.2, 0.12, 0.08, 0.05]);
    const [n, m, repeats] = [1000, 500, 1500];
    const draw = (rows: number) => {
      const side = new Float64Array(shares.length);
      for (let row = 0; row < rows; row++) {
        let u = random.uniform();
        let category = 0;
        while (category < shares.length - 1 && (u -= shares[category]) >= 0) category++;
        side[category]++;
      }
      return side;
    };
    const bands = {
      psi: psiNullBand(n, m, 6), js: jensenShannonNullBand(n, m, 6), v: cramersVNullBand(n, m, 6),
      balanced: balancedCramersVNullBand(n, m, 6), linf: lInfinityNullBand(n, m, shares, createRandom('linf')),
    };
    const exceeded = { psi: 0, js: 0, v: 0, balanced: 0, linf: 0 };
    for (let repeat = 0; repeat < repeats; repeat++) {
      const [reference, current] = [draw(n), draw(m)];
      const found = divergences(reference, current);
      if (found.psi.value! > bands.psi) exceeded.psi++;
      if (found.jensenShannonDistance.value! > bands.js) exceeded.js++;
      if (found.balancedCramersV.value! > bands.balanced) exceeded.balanced++;
      if (found.lInfinity.value! > bands.linf) exceeded.linf++;
      if (cramersV([reference, current]).plain! > bands.v) exceeded.v++;
    }
    // Four standard errors of a 5 % rate around 75 of 1,500.
    for (const count of Object.values(exceeded)) expect(Math.abs(count - 75)).toBeLessThan(34);
  });

  test('the fewest rows that bring a band under the floor, and none when the reference is too small', () => {
    const needed = rowsForBand((m) => ksNullBand(5000, m), 0.1)!;
    expect(ksNullBand(5000, needed)).toBeLessThanOrEqual(0.1);
    expect(ksNullBand(5000, needed - 1)).toBeGreaterThan(0.1);
    expect(rowsForBand((m) => ksNullBand(100, m), 0.1)).toBeNull();
    expect(rowsForBand((m) => psiNullBand(1e6, m, 2), 10)).toBe(1);
  });

  test('the simulated band repeats with its seed, and sizes below one row are refused', () => {
    const band = (seed: number) => lInfinityNullBand(100, 50, floats([0.5, 0.5]), createRandom(seed));
    expect(band(1)).toBe(band(1));
    expect(Math.abs(band(1) / (1.96 * 0.5 * Math.sqrt(1 / 100 + 1 / 50)) - 1)).toBeLessThan(0.04);
    expect(() => ksNullBand(0, 5)).toThrow(RangeError);
    expect(ksNullBand(1, 1)).toBe(1);
  });
});
