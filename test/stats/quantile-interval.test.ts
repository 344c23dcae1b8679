import { describe, expect, it } from 'vitest';
import { createRandom } from '../../server/stats/random.ts';
import { quantileInterval } from '../../server/stats/quantile-interval.ts';
import { goldens } from './metric-goldens.ts';

describe('quantileInterval', () => {
  it.each(goldens.quantile_ranks)('of $n values at $p lies between ranks $low and $high, as SciPy has the binomial', ({ n, p, low, high }) => {
    const sorted = Float64Array.from({ length: n }, (_, index) => index + 1);
    expect(quantileInterval(sorted, p)).toEqual({ low, high });
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
