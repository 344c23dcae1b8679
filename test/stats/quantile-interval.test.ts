import { describe, expect, it } from 'vitest';
import { createRandom } from '../../server/stats/random.ts';
import { quantileInterval } from '../../server/stats/quantile-interval.ts';

describe('quantileInterval', () => {
  // Ranks from scipy.stats.binom.ppf([0.025, 0.975], n, p): 100, 0.5 → 40, 60; 1000, 0.99 → 983, 996.
  it.each([
    [100, 0.5, 40, 61],
    [1000, 0.99, 983, 997],
  ])('of %i values at %f lies between ranks %i and %i', (n, probability, low, high) => {
    const sorted = Float64Array.from({ length: n }, (_, index) => index + 1);
    expect(quantileInterval(sorted, probability)).toEqual({ low, high });
  });

  it('is not there when the values are too few for a bound', () => {
    expect(quantileInterval(Float64Array.from({ length: 100 }, (_, index) => index), 0.99)).toBeNull();
    expect(quantileInterval(new Float64Array(0), 0.5)).toBeNull();
  });

  it('covers the true quantile at least as often as it says', () => {
    const random = createRandom(5);
    let covered = 0;
    for (let repeat = 0; repeat < 1000; repeat++) {
      const interval = quantileInterval(Float64Array.from({ length: 400 }, () => random.uniform()).sort(), 0.95);
      if (interval !== null && interval.low <= 0.95 && 0.95 <= interval.high) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(935);
  });
});
