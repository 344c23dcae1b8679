import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deLong, deLongDifference } from '../../server/stats/delong.ts';
import { clopperPearsonInterval, wilsonInterval } from '../../server/stats/proportion-interval.ts';
import { normalSf } from '../../server/stats/special.ts';
import { type PairedOutcomes, pairedScore, tangoInterval } from '../../server/stats/tango-interval.ts';
import { bytes, expectClose, floats, goldens } from './metric-goldens.ts';

const outcomes = ({ b, c, n }: { b: number; c: number; n: number }): PairedOutcomes => ({ candidateOnly: b, championOnly: c, rows: n });

describe('interval of a proportion', () => {
  test.each(goldens.proportions)('$k of $n at $level agrees with SciPy', ({ k, n, level, wilson, exact }) => {
    const score = wilsonInterval(k, n, level)!;
    const binomial = clopperPearsonInterval(k, n, level)!;
    expectClose(score.low, wilson[0], 1e-12);
    expectClose(score.high, wilson[1], 1e-12);
    expectClose(binomial.low, exact[0], 1e-9);
    expectClose(binomial.high, exact[1], 1e-9);
  });

  test('no trials, no interval', () => expect([wilsonInterval(0, 0, 0.95), clopperPearsonInterval(0, 0, 0.95)]).toEqual([null, null]));

  test('counts that cannot be are refused', () => {
    expect(() => wilsonInterval(2, 1, 0.95)).toThrow(RangeError);
    expect(() => wilsonInterval(1, 2, 1)).toThrow(RangeError);
    expect(() => clopperPearsonInterval(0.5, 2, 0.95)).toThrow(RangeError);
  });

  test('intervals hold the estimate, are inside 0–1, never empty, and the exact one covers at least its level', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        const k = Math.round(share * n);
        for (const { low, high } of [wilsonInterval(k, n, 0.95)!, clopperPearsonInterval(k, n, 0.95)!]) {
          expect(low >= 0 && low <= k / n && k / n <= high && high <= 1 && low < high).toBe(true);
        }
      }),
    );
  });
});

describe('DeLong', () => {
  const { labels, candidate, champion, expected } = goldens.delong;

  test('areas, errors and the paired test agree with the definition over all pairs', () => {
    [candidate, champion].forEach((scores, index) => {
      const { value, standardError, interval } = deLong(bytes(labels), floats(scores), 0.95);
      expectClose(value, expected.auc[index]);
      expectClose(standardError, expected.se[index]);
      expectClose(interval!.low, expected.auc[index] - 1.959963984540054 * expected.se[index]);
    });
    const difference = deLongDifference(bytes(labels), floats(candidate), floats(champion), 0.95);
    expectClose(difference.value, expected.auc[0] - expected.auc[1]);
    expectClose(difference.standardError, expected.difference_se);
    expectClose(difference.z, expected.z, 1e-9);
    expectClose(difference.pValue, expected.p, 1e-9);
  });

  test('perfect separation and models that order alike give a value and no interval', () => {
    const perfect = deLong(bytes([0, 0, 1, 1]), floats([1, 2, 3, 4]), 0.95);
    expect([perfect.value, perfect.interval]).toEqual([{ value: 1 }, null]);
    const same = deLongDifference(bytes(labels), floats(candidate), floats(candidate.map((score) => 2 * score)), 0.95);
    expect([same.value, same.interval, same.pValue]).toEqual([{ value: 0 }, null, null]);
  });

  test('one class only, one row of a class, or NaN: undefined with the reason', () => {
    expect(deLong(bytes([1, 1]), floats([1, 2]), 0.95).value).toEqual({ value: null, reason: 'no actual negatives' });
    expect(deLong(bytes([0, 0]), floats([1, 2]), 0.95).value).toEqual({ value: null, reason: 'no actual positives' });
    expect(deLongDifference(bytes([0, 1]), floats([1, 2]), floats([1, NaN]), 0.95).value).toEqual({ value: null, reason: '1 scores are not a number' });
    const single = deLong(bytes([0, 0, 1]), floats([1, 3, 2]), 0.95);
    expect([single.value, single.interval]).toEqual([{ value: 0.5 }, null]);
  });
});

describe('difference of paired proportions', () => {
  test.each(goldens.tango)('$b and $c of $n at $level agree with the score test solved numerically', (golden) => {
    const { low, high } = tangoInterval(outcomes(golden), golden.level)!;
    expectClose(low, golden.low, 1e-9);
    expectClose(high, golden.high, 1e-9);
    expectClose(normalSf(pairedScore(outcomes(golden), -0.05)), golden['p_margin_0.05'], 1e-9);
  });

  test('swapping the models mirrors the interval, which is never empty', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.nat(300), (b, c, same) => {
        fc.pre(b + c + same > 0);
        const n = b + c + same;
        const there = tangoInterval(outcomes({ b, c, n }), 0.9)!;
        const back = tangoInterval(outcomes({ b: c, c: b, n }), 0.9)!;
        expectClose(there.low, -back.high, 1e-9);
        expectClose(there.high, -back.low, 1e-9);
        expect(there.low < there.high && there.low <= (b - c) / n && (b - c) / n <= there.high).toBe(true);
      }),
    );
  });

  test('at the observed difference the score is 0; with nothing but wins the interval ends at 1', () => {
    expect(pairedScore(outcomes({ b: 5, c: 2, n: 50 }), 3 / 50)).toBe(0);
    expect(tangoInterval(outcomes({ b: 4, c: 0, n: 4 }), 0.95)!.high).toBe(1);
    expect(tangoInterval(outcomes({ b: 0, c: 0, n: 0 }), 0.95)).toBeNull();
  });
});
