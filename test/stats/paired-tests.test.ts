import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { finish } from '../../server/stats/bootstrap.ts';
import { holm } from '../../server/stats/holm.ts';
import { mcNemar } from '../../server/stats/mcnemar.ts';
import { pairedPermutation } from '../../server/stats/paired-permutation.ts';
import { expectClose, floats, goldens, ints } from './metric-goldens.ts';

describe('McNemar', () => {
  test.each(goldens.mcnemar)('$b against $c agrees with statsmodels, and mid-p with SciPy’s binomial', (golden) => {
    const { b, c } = golden;
    expectClose(mcNemar(b, c, 'exact').pValue, golden.exact, 1e-9);
    expectClose(mcNemar(b, c, 'mid-p').pValue, golden.mid_p, 1e-9);
    if (golden.chi_square !== undefined) expectClose(mcNemar(b, c, 'chi-square').pValue, golden.chi_square, 1e-9);
    if (golden.chi_square_corrected !== undefined) expectClose(mcNemar(b, c, 'chi-square-corrected').pValue, golden.chi_square_corrected, 1e-9);
  });

  test('left to itself it is exact below 25 changed rows and mid-p from there', () => {
    expect([mcNemar(12, 12).method, mcNemar(12, 13).method]).toEqual(['exact', 'mid-p']);
  });

  test('when no row changed nothing speaks against equality', () => {
    for (const method of ['exact', 'mid-p', 'chi-square', 'chi-square-corrected'] as const) expect(mcNemar(0, 0, method).pValue).toBe(1);
  });

  test('the corrected form finds no difference in equal counts', () => expect(mcNemar(7, 7, 'chi-square-corrected').pValue).toBe(1));

  test('p is symmetric in the models and mid-p lies between 0 and the exact p', () => {
    fc.assert(
      fc.property(fc.nat(80), fc.nat(80), (b, c) => {
        expect(mcNemar(b, c)).toEqual(mcNemar(c, b));
        const [midP, exact] = [mcNemar(b, c, 'mid-p').pValue, mcNemar(b, c, 'exact').pValue];
        expect(midP > 0 && midP <= exact && exact <= 1).toBe(true);
      }),
    );
  });
});

describe('Holm', () => {
  test.each(goldens.holm)('agrees with statsmodels', ({ p, adjusted }) => {
    expect(holm(p)).toEqual(adjusted.map((expected) => expect.closeTo(expected, 12)));
  });

  test('tests without a p-value are not counted as tests', () => {
    expect(holm([0.02, null, 0.03])).toEqual([0.04, null, 0.04]);
    expect(holm([])).toEqual([]);
  });
});

describe('paired permutation', () => {
  const { candidate, champion, expected } = goldens.permutation;
  const run = (ours: number[], theirs: number[], permutations: number, seed = 1, clusters?: Int32Array) =>
    finish(pairedPermutation(floats(ours), floats(theirs), { permutations, seed, clusters }));

  test('over all sign patterns it agrees with SciPy', () => {
    const result = run(candidate, champion, 2000);
    expectClose(result.difference, expected.difference);
    expectClose(result.pValue, expected.p);
    expect([result.exact, result.permutations]).toEqual([true, 1024]);
  });

  test('random patterns come near the exact p, repeat with the seed, and never give 0', () => {
    const first = run(candidate, champion, 1000, 5);
    expect(first).toEqual(run(candidate, champion, 1000, 5));
    expect(first.exact).toBe(false);
    // Four standard errors of 1,000 draws.
    expect(Math.abs(first.pValue! - expected.p)).toBeLessThan(4 * Math.sqrt((expected.p * (1 - expected.p)) / 1000));
    const apart = run(Array(40).fill(1), Array(40).fill(0), 500);
    expect(apart.pValue).toBe(1 / 501);
  });

  test('equal losses give p = 1', () => expect(run(Array(50).fill(0.3), Array(50).fill(0.3), 200).pValue).toBe(1));

  test('rows of a cluster change sign together', () => {
    const ours = [1, 1, 1, 0, 0, 0];
    const theirs = [0, 0, 0, 1, 0, 0];
    expect(run(ours, theirs, 100, 1, ints([0, 0, 0, 1, 1, 1]))).toEqual({ difference: 2 / 6, pValue: 1, exact: true, permutations: 4, seed: 1 });
  });

  test('no rows, no test', () => expect(run([], [], 100)).toMatchObject({ difference: null, pValue: null }));

  test('a loss that is not finite is refused', () => expect(() => run([NaN], [1], 100)).toThrow(RangeError));
});
