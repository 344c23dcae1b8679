import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { betaMixtureLogE, isRateBelow, priorBelow } from '../../server/stats/beta-mixture-test.ts';
import { bettingLogCapital, meanSequence, pairedDifferenceSequence, proportionSequence } from '../../server/stats/confidence-sequence.ts';
import { exceedanceTest } from '../../server/stats/exceedance-test.ts';
import { leastTrials } from '../../server/stats/least-trials.ts';
import { mcNemar } from '../../server/stats/mcnemar.ts';
import { moments } from '../../server/stats/moments.ts';
import { clopperPearsonInterval } from '../../server/stats/proportion-interval.ts';
import { sequentialMcNemar } from '../../server/stats/sequential-mcnemar.ts';
import { binomialCdf, binomialPmf } from '../../server/stats/special.ts';
import { expectedTrials, sprt } from '../../server/stats/sprt.ts';
import { tangoInterval } from '../../server/stats/tango-interval.ts';
import { expectClose, floats } from './metric-goldens.ts';

const goldens = JSON.parse(readFileSync(new URL('../goldens/sequential.json', import.meta.url), 'utf8')) as {
  mixture: { k: number; n: number; rate: number; a: number; b: number; log_e: number }[];
  proportion: { k: number; n: number; level: number; a: number; b: number; low: number; high: number }[];
  betting: { up: number; down: number; rows: number; level: number; log_capital_0: number; low: number; high: number }[];
  exceedance: { k: number; n: number; p: number; value: number }[];
  one_sided: { k: number; n: number; alpha: number; upper: number }[];
};

const outcomes = fc
  .tuple(fc.nat(60), fc.nat(60), fc.nat(2000))
  .map(([candidateOnly, championOnly, unchanged]) => ({ candidateOnly, championOnly, rows: candidateOnly + championOnly + unchanged }))
  .filter(({ rows }) => rows > 0);

describe('beta-mixture test', () => {
  test.each(goldens.mixture)('$k of $n against $rate agrees with the mixture integrated by mpmath', ({ k, n, rate, a, b, log_e }) => {
    expectClose(betaMixtureLogE(k, n, rate, { a, b }), log_e, 1e-11);
  });

  test.each([
    // limit, then pairs needed at 0, 1, 3 and 5 disagreements: fixed sample / at every look
    [0.05, [[59, 80], [93, 129], [153, 210], [208, 280]]],
    [0.02, [[149, 204], [236, 328], [386, 530], [523, 708]]],
    [0.01, [[299, 409], [473, 658], [773, 1063], [1049, 1420]]],
    [0.005, [[598, 821], [947, 1319], [1549, 2130], [2100, 2844]]],
    [0.001, [[2995, 4111], [4742, 6605], [7752, 10663], [10511, 14236]]],
  ])('accepts a rate below %s after about 1.4 times the trials of a fixed sample', (limit, needed) => {
    const found = [0, 1, 3, 5].map((successes) => [
      leastTrials((trials) => binomialCdf(successes, trials, limit) <= 0.05, successes),
      leastTrials((trials) => isRateBelow(successes, trials, limit, 0.05), successes),
    ]);
    expect(found).toEqual(needed);
  });

  test('fewer successes never make acceptance harder, and without trials nothing is accepted', () => {
    fc.assert(
      fc.property(fc.constantFrom(0.001, 0.01, 0.05, 0.5), fc.integer({ min: 1, max: 5000 }), fc.nat(100), (limit, trials, successes) => {
        fc.pre(successes < trials);
        if (isRateBelow(successes + 1, trials, limit, 0.05)) expect(isRateBelow(successes, trials, limit, 0.05)).toBe(true);
      }),
    );
    expect(isRateBelow(0, 0, 0.01, 0.05)).toBe(false);
  });

  test('the e-value stays 1 on average under the null, whatever the prior', () => {
    for (const [rate, trials, prior] of [[0.05, 40, priorBelow(0.05)], [0.5, 12, { a: 1, b: 1 }], [0.3, 25, { a: 2, b: 3 }]] as const) {
      let mean = 0;
      for (let k = 0; k <= trials; k++) mean += binomialPmf(k, trials, rate) * Math.exp(betaMixtureLogE(k, trials, rate, prior));
      expectClose(mean, 1, 1e-9);
    }
  });

  test('counts and rates that cannot be are refused', () => {
    expect(() => betaMixtureLogE(3, 2, 0.5, { a: 1, b: 1 })).toThrow(RangeError);
    expect(() => betaMixtureLogE(1, 2, 0, { a: 1, b: 1 })).toThrow(RangeError);
  });
});

describe('sequential McNemar', () => {
  test('p is symmetric, 1 when no row changed, and no smaller than McNemar’s own', () => {
    expect(sequentialMcNemar(0, 0)).toEqual({ logE: 0, pValue: 1 });
    fc.assert(
      fc.property(fc.nat(80), fc.nat(80), (b, c) => {
        const { pValue } = sequentialMcNemar(b, c);
        expectClose(pValue, sequentialMcNemar(c, b).pValue);
        expect(pValue).toBeGreaterThanOrEqual(mcNemar(b, c, 'mid-p').pValue);
        expect(pValue <= 1).toBe(true);
      }),
    );
  });

  test('eight wins in a row are significant, seven are not', () => {
    expect(sequentialMcNemar(8, 0).pValue).toBeLessThan(0.05);
    expect(sequentialMcNemar(7, 0).pValue).toBeGreaterThan(0.05);
  });
});

describe('confidence sequences', () => {
  test.each(goldens.proportion)('of a proportion, $k of $n at $level, agrees with mpmath’s roots', ({ k, n, level, a, b, low, high }) => {
    const interval = proportionSequence(k, n, level, { a, b });
    expectClose(interval.low, low, 1e-11);
    expectClose(interval.high, high, 1e-11);
  });

  test('of a proportion excludes a limit exactly where the test accepts it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(30), fc.constantFrom(0.01, 0.05), (trials, successes, limit) => {
        fc.pre(successes <= trials);
        const prior = priorBelow(limit);
        expect(proportionSequence(successes, trials, 0.95, prior).high < limit).toBe(isRateBelow(successes, trials, limit, 1 - 0.95, prior));
      }),
    );
  });

  test.each(goldens.betting)('of a paired difference, +$up −$down of $rows, agrees with capital multiplied row by row', ({ up, down, rows, level, log_capital_0, low, high }) => {
    const counts = { candidateOnly: up, championOnly: down, rows };
    const interval = pairedDifferenceSequence(counts, level);
    expectClose(bettingLogCapital(counts, 0), log_capital_0, 1e-11);
    expectClose(interval.low, low, 1e-10);
    expectClose(interval.high, high, 1e-10);
  });

  test('of a paired difference holds the difference, mirrors when the models are swapped, and is wider than for a single look', () => {
    fc.assert(
      fc.property(outcomes, (counts) => {
        const { low, high } = pairedDifferenceSequence(counts, 0.95);
        const mirrored = pairedDifferenceSequence({ candidateOnly: counts.championOnly, championOnly: counts.candidateOnly, rows: counts.rows }, 0.95);
        const difference = (counts.candidateOnly - counts.championOnly) / counts.rows;
        expect(low <= difference && difference <= high && low >= -1 && high <= 1).toBe(true);
        expectClose(mirrored.low, -high);
        const once = tangoInterval(counts, 0.9)!;
        if (counts.rows > 50) expect(high - low).toBeGreaterThan(once.high - once.low);
      }),
    );
  });

  test('capital falls as the mean it is bet against rises', () => {
    fc.assert(
      fc.property(outcomes, fc.double({ min: -0.99, max: 0.98, noNaN: true }), (counts, mean) => {
        expect(bettingLogCapital(counts, mean + 0.01)).toBeLessThanOrEqual(bettingLogCapital(counts, mean) + 1e-9);
      }),
    );
  });

  test('without rows anything is possible', () => {
    expect(proportionSequence(0, 0, 0.95)).toMatchObject({ low: 0, high: 1 });
    expect(pairedDifferenceSequence({ candidateOnly: 0, championOnly: 0, rows: 0 }, 0.95)).toMatchObject({ low: -1, high: 1 });
    expect(meanSequence(moments(floats([3])), 0.95)).toBeNull();
  });

  test('of a mean is centred on it and narrows as rows come in', () => {
    const of = (rows: number) => meanSequence({ ...moments(floats([])), count: rows, mean: 2, m2: rows - 1 }, 0.95)!;
    expectClose((of(1000).low + of(1000).high) / 2, 2);
    // √( 2(1 + s)/(1000 s) · ln(√(1 + s)/0.05) ) with s = −2 ln 0.05 + ln(1 − 2 ln 0.05)
    const s = -2 * Math.log(0.05) + Math.log(1 - 2 * Math.log(0.05));
    expectClose(of(1000).high - 2, Math.sqrt(((2 * (1 + s)) / (1000 * s)) * Math.log(Math.sqrt(1 + s) / 0.05)));
    expect(of(4000).high).toBeLessThan(of(1000).high);
  });
});

describe('SPRT', () => {
  const plan = { acceptable: 0.005, unacceptable: 0.02, alpha: 0.05, beta: 0.1 };

  test.each([
    [0.005, 0.02, 244, 185],
    [0.01, 0.05, 81, 58],
    [0.001, 0.01, 296, 169],
  ])('between %s and %s needs %i trials if good and %i if bad', (acceptable, unacceptable, good, bad) => {
    const expected = expectedTrials({ ...plan, acceptable, unacceptable });
    expect([Math.round(expected.acceptable), Math.round(expected.unacceptable)]).toEqual([good, bad]);
  });

  test('decides at Wald’s boundaries and goes on between them', () => {
    expect(sprt(0, 100, plan).decision).toBeNull();
    expect(sprt(0, 149, plan).decision).toBe('acceptable');
    expect(sprt(3, 50, plan).decision).toBe('unacceptable');
    expect(sprt(0, 0, plan)).toEqual({ logRatio: 0, decision: null });
    expect(() => sprt(0, 1, { ...plan, unacceptable: 0.005 })).toThrow(RangeError);
  });
});

describe('exceedances of a quantile', () => {
  test.each(goldens.exceedance)('$k of $n above a limit that $p should exceed agrees with SciPy’s binomial test', ({ k, n, p, value }) => {
    expectClose(exceedanceTest(k, n, p).pValue, value, 1e-10);
  });

  test('no more than expected speaks for nothing, and without trials there is no share', () => {
    expect(exceedanceTest(4, 100, 0.05)).toMatchObject({ share: 0.04, sequentialP: 1 });
    expect(exceedanceTest(0, 0, 0.05)).toEqual({ share: null, pValue: 1, sequentialP: 1 });
    expect(exceedanceTest(40, 200, 0.05).sequentialP).toBeLessThan(0.01);
  });
});

test.each(goldens.one_sided)('the upper end of a two-sided exact interval at 1 − 2α is the one-sided bound at α: $k of $n', ({ k, n, alpha, upper }) => {
  expectClose(clopperPearsonInterval(k, n, 1 - 2 * alpha)!.high, upper, 1e-10);
});

test('least trials are the first at which a test decides, counted from those there are', () => {
  expect(leastTrials((trials) => trials >= 1000)).toBe(1000);
  expect(leastTrials((trials) => trials >= 1000, 5000)).toBe(5000);
  expect(leastTrials(() => false, 7)).toBeNull();
});
