import { describe, expect, test } from 'vitest';
import type { BatchRun, CloseReason } from '../../server/serving/batcher.ts';
import { openStatistics } from '../../server/serving/statistics.ts';
import { mergeSketches, sketchQuantile } from '../../server/stats/quantile-sketch.ts';

const served = { rows: 2, queueUs: 10, inputUs: 20, inferUs: 300.5, outputUs: 40 };

function ran(rows: number, closedBy: CloseReason = 'idle-runner', outcome: BatchRun['outcome'] = 'answered'): BatchRun {
  return { rows, requests: 1, priority: 'interactive', closedBy, queueUs: 0, inputUs: 1, computeUs: 100, outputUs: 2, outcome, unbatched: null, traces: [] };
}

describe('counters in Triton\'s words', () => {
  test('a version that was never asked has zeros', () => {
    const zero = { count: 0, ns: 0 };
    expect(openStatistics(() => 5).triton()).toEqual({
      last_inference: 0,
      inference_count: 0,
      execution_count: 0,
      inference_stats: { success: zero, fail: zero, queue: zero, compute_input: zero, compute_infer: zero, compute_output: zero, cache_hit: zero, cache_miss: zero },
      batch_stats: [],
    });
  });

  test('rows over executions are the mean batch; answers from the cache are successes that computed nothing', () => {
    let now = 1_700_000_000_123.7;
    const statistics = openStatistics(() => now);
    statistics.batch(ran(4));
    statistics.success(served);
    statistics.success(served);
    statistics.cacheMiss(7);
    statistics.batch(ran(2000, 'alone'));
    statistics.batch(ran(1, 'retry-alone', 'failed'));
    now += 1;
    statistics.cacheHit({ rows: 3, us: 50, lookupUs: 5 });
    statistics.failure('BACKEND', 90);
    expect(statistics.triton()).toEqual({
      last_inference: 1_700_000_000_124,
      inference_count: 4,
      execution_count: 2,
      inference_stats: {
        success: { count: 3, ns: 2 * 370_500 + 50_000 },
        fail: { count: 1, ns: 90_000 },
        queue: { count: 3, ns: 20_000 },
        compute_input: { count: 2, ns: 40_000 },
        compute_infer: { count: 2, ns: 601_000 },
        compute_output: { count: 2, ns: 80_000 },
        cache_hit: { count: 1, ns: 5_000 },
        cache_miss: { count: 1, ns: 7_000 },
      },
      batch_stats: [
        { batch_size: 4, compute_input: { count: 1, ns: 1000 }, compute_infer: { count: 1, ns: 100_000 }, compute_output: { count: 1, ns: 2000 } },
        { batch_size: 2048, compute_input: { count: 1, ns: 1000 }, compute_infer: { count: 1, ns: 100_000 }, compute_output: { count: 1, ns: 2000 } },
      ],
    });
    expect(statistics.failures()).toEqual({ REJECTED: 0, CANCELED: 0, BACKEND: 1, OTHER: 0 });
    expect(statistics.closedBy()).toEqual({ 'idle-runner': 1, alone: 1, 'retry-alone': 1 });
  });

  test('what was given out does not change any more', () => {
    const statistics = openStatistics(() => 0);
    const [counters, latencies] = [statistics.triton(), statistics.latencyMs()];
    statistics.success(served);
    expect([counters.inference_stats.success.count, latencies.count]).toEqual([0, 0]);
  });
});

describe('latencies', () => {
  test('quantiles are within 2 % over six orders of magnitude, also of two versions together', () => {
    const [one, other] = [openStatistics(() => 0), openStatistics(() => 0)];
    const values = Array.from({ length: 4000 }, (_, index) => 10 ** ((index / 4000) * 6));
    values.forEach((us, index) => (index % 3 === 0 ? one : other).success({ rows: 1, queueUs: us, inputUs: 0, inferUs: 0, outputUs: 0 }));
    const both = mergeSketches(one.latencyMs(), other.latencyMs());
    expect(both.count).toBe(4000);
    for (const probability of [0.01, 0.5, 0.95, 0.99]) {
      const exact = values[Math.floor(3999 * probability)] / 1000;
      expect(Math.abs((sketchQuantile(both, probability) ?? NaN) / exact - 1)).toBeLessThan(0.02);
    }
  });
});

describe('the live series', () => {
  test('has an entry for each second in which something happened, once it is over', () => {
    let now = 10_400;
    const statistics = openStatistics(() => now);
    for (let i = 1; i <= 100; i++) statistics.success({ ...served, rows: 1, queueUs: i * 1000, inputUs: 0, inferUs: 0, outputUs: 0 });
    statistics.failure('OTHER', 1);
    statistics.batch(ran(5, 'max-rows'));
    statistics.batch(ran(8, 'delay'));
    expect(statistics.series()).toEqual([]);
    now = 13_999;
    statistics.failure('REJECTED', 1);
    const [first, ...later] = statistics.series();
    expect(first).toEqual({ atMs: 10_000, requests: 100, rows: 100, errors: 1, p50Ms: expect.closeTo(50, 0) as number, p95Ms: expect.closeTo(95, -0.3) as number, p99Ms: expect.closeTo(99, -0.3) as number, batches: 2, batchSizes: { 8: 2 }, closedBy: { 'max-rows': 1, delay: 1 } });
    expect(later).toEqual([]);
    now = 14_000;
    expect(statistics.series()[1]).toEqual({ atMs: 13_000, requests: 0, rows: 0, errors: 1, p50Ms: null, p95Ms: null, p99Ms: null, batches: 0, batchSizes: {}, closedBy: {} });
  });

  test('keeps 15 minutes and no more, and nothing of a version that fell silent', () => {
    let now = 0;
    const statistics = openStatistics(() => now);
    for (let second = 0; second < 2000; second++) {
      now = second * 1000;
      statistics.success(served);
    }
    now += 1000;
    const series = statistics.series();
    expect([series.length, series[0].atMs, series.at(-1)?.atMs]).toEqual([900, 1_100_000, 1_999_000]);
    now += 900_000;
    expect(statistics.series().length).toBeLessThanOrEqual(1);
  });

  test('a clock that is set back loses nothing', () => {
    let now = 5000;
    const statistics = openStatistics(() => now);
    statistics.success(served);
    now = 1000;
    statistics.success(served);
    now = 6000;
    expect(statistics.series()).toMatchObject([{ atMs: 5000, requests: 2 }]);
  });
});
