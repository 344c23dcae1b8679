import { describe, expect, test } from 'vitest';
import { averagePrecision } from '../../server/stats/average-precision.ts';
import { type BootstrapPlan, bcaInterval, bootstrap, bootstrapPValue, difference, finish, percentileInterval } from '../../server/stats/bootstrap.ts';
import { createRandom } from '../../server/stats/random.ts';
import { rankScores } from '../../server/stats/ranked-scores.ts';
import { rocAuc } from '../../server/stats/roc-auc.ts';
import { weightedMean } from '../../server/stats/sample-weights.ts';
import { bytes, expectClose, floats, goldens, ints } from './metric-goldens.ts';

const plan = (rows: number, more: Partial<BootstrapPlan> = {}): BootstrapPlan => ({ rows, replicates: 400, seed: 11, level: 0.95, method: 'percentile', ...more });
const meanOf = (values: Float64Array) => (weights: Float64Array) => weightedMean(values, weights).value ?? NaN;

describe('interval from replicates', () => {
  const { cases } = goldens.bootstrap;

  test.each(cases)('$method of the $statistic agrees with SciPy on the same resamples', ({ statistic, data, method, level, observed, distribution, low, high }) => {
    const jackknife = data.map((_, left) => summary(statistic, data.filter((_value, row) => row !== left)));
    const interval = method === 'BCa' ? bcaInterval(floats(distribution), observed, floats(jackknife), level)! : percentileInterval(floats(distribution), level);
    expectClose(interval.low, low);
    expectClose(interval.high, high);
  });

  test('BCa does not exist when all replicates lie on one side, or the jackknife is constant', () => {
    expect(bcaInterval(floats([2, 3, 4]), 1, floats([1, 2, 3]), 0.9)).toBeNull();
    expect(bcaInterval(floats([0, 1, 2]), 1, floats([1, 1, 1]), 0.9)).toBeNull();
  });

  test('the p-value of a difference is two-sided and never 0', () => {
    expect(bootstrapPValue(floats([1, 2, 3]))).toBe(0.5);
    expect(bootstrapPValue(floats([-1, 1, -2, 2]))).toBe(1);
    expect(bootstrapPValue(new Float64Array(1999).fill(1))).toBe(2 / 2000);
  });
});

describe('bootstrap', () => {
  const values = floats(goldens.bootstrap.data);

  test('the same seed gives the same interval bit for bit, another seed another', () => {
    const run = (seed: number) => finish(bootstrap([meanOf(values)], plan(values.length, { seed })))[0];
    expect(run(1)).toEqual(run(1));
    expect(run(1).interval).not.toEqual(run(2).interval);
    expect(run(1).resamples).toEqual({ drawn: 400, degenerate: 0, seed: 1 });
  });

  test('every resample holds as many rows as the data, and all statistics see the same one', () => {
    const totals: number[] = [];
    const total = (weights: Float64Array): number => {
      totals.push(weights.reduce((sum, weight) => sum + weight, 0));
      return weights[0];
    };
    const [first, second] = finish(bootstrap([total, (weights) => weights[0]], plan(30)));
    expect(new Set(totals)).toEqual(new Set([30]));
    expect(first.replicates).toEqual(second.replicates);
  });

  test('the standard error of a mean is near the textbook one', () => {
    const [result] = finish(bootstrap([meanOf(values)], plan(values.length, { replicates: 4000 })));
    const textbook = summary('std', [...values]) / Math.sqrt(values.length);
    // The error of a standard deviation from 4,000 replicates is about 1.1 %; four of them.
    expect(Math.abs(result.standardError! / textbook - 1)).toBeLessThan(0.045);
  });

  test('a paired difference resamples both models together: a model against itself never differs', () => {
    const [result] = finish(bootstrap([difference(meanOf(values), meanOf(values))], plan(values.length)));
    expect([result.value, result.interval, result.reason]).toEqual([0, null, 'every resample gives the same value']);
  });

  test('pairing narrows the interval of a difference between two models that agree on most rows', () => {
    const other = values.map((value, row) => (row % 10 === 0 ? value + 0.5 : value));
    const [ours, theirs, both] = finish(bootstrap([meanOf(other), meanOf(values), difference(meanOf(other), meanOf(values))], plan(values.length)));
    expect(both.standardError!).toBeLessThan(ours.standardError! / 5);
    expect(both.value).toBeCloseTo(ours.value! - theirs.value!, 12);
  });

  test('clusters are drawn whole, which widens the interval when rows of a cluster are alike', () => {
    const clusters = ints(Array.from({ length: 200 }, (_, row) => (row % 20) * 7));
    const alike = Float64Array.from(clusters, (cluster) => Math.sin(cluster));
    const [whole] = finish(bootstrap([meanOf(alike)], plan(200, { clusters })));
    const [single] = finish(bootstrap([meanOf(alike)], plan(200)));
    expect(whole.units).toBe(20);
    expect(whole.standardError! / single.standardError!).toBeGreaterThan(2);
    const unequal: number[] = [];
    finish(bootstrap([(weights) => unequal.push(weights[0] - weights[20])], plan(200, { clusters })));
    expect(unequal.slice(1, 401).every((gap) => gap === 0)).toBe(true);
  });

  test('row weights of the data multiply with how often a row was drawn', () => {
    const [weighted] = finish(bootstrap([meanOf(values)], plan(values.length, { rowWeights: values.map((_, row) => (row === 3 ? 1 : 0)) })));
    expect(weighted.value).toBe(values[3]);
    expect(weighted.resamples.degenerate).toBeGreaterThan(0);
  });

  test('degenerate resamples are counted, and too many leave no interval', () => {
    const labels = bytes(Array.from({ length: 40 }, (_, row) => (row === 0 ? 1 : 0)));
    const ranked = rankScores(labels, Float64Array.from(labels.keys()));
    const [result] = finish(bootstrap([(weights) => rocAuc(ranked, weights).value ?? NaN], plan(40)));
    // Chance that 40 draws miss one row: (1 − 1/40)^40 = 36 %.
    expect(result.resamples.degenerate).toBeGreaterThan(100);
    expect(result.interval).toBeNull();
    expect(result.reason).toBe(`the metric is undefined on ${result.resamples.degenerate} of 400 resamples`);
  });

  test('one row, no rows, or a metric undefined on the data leave no interval, with the reason', () => {
    const reasonOf = (rows: number, value: number) => finish(bootstrap([() => value], plan(rows)))[0].reason;
    expect([reasonOf(1, 5), reasonOf(0, NaN), reasonOf(10, NaN)]).toEqual([
      'fewer than two rows or clusters to draw from',
      'the metric is undefined on these rows',
      'the metric is undefined on these rows',
    ]);
  });

  test('the caller can stop between resamples, and is told how far it is', () => {
    let calls = 0;
    const steps = bootstrap([() => ++calls], plan(10, { replicates: 100 }));
    expect([steps.next().value, steps.next().value]).toEqual([0.01, 0.02]);
    steps.return([]);
    expect([calls, steps.next().done]).toEqual([3, true]);
  });

  test('BCa over more rows than jackknife blocks repeats and stays near the percentile interval of a mean', () => {
    const random = createRandom('rows');
    const many = Float64Array.from({ length: 2500 }, () => random.normal());
    const run = (method: 'bca' | 'percentile') => finish(bootstrap([meanOf(many)], plan(2500, { method, replicates: 2000 })))[0].interval!;
    expect(run('bca')).toEqual(run('bca'));
    expect(Math.abs(run('bca').low - run('percentile').low)).toBeLessThan(0.005);
    expect(Math.abs(run('bca').high - run('percentile').high)).toBeLessThan(0.005);
  });

  test('weights as resamples give what resampled rows give', () => {
    const { labels, scores } = goldens.binary;
    const random = createRandom(4);
    const rows = labels.map(() => random.below(labels.length));
    const counts = new Float64Array(labels.length);
    for (const row of rows) counts[row]++;
    const ranked = rankScores(bytes(labels), floats(scores));
    const again = rankScores(bytes(rows.map((row) => labels[row])), floats(rows.map((row) => scores[row])));
    expectClose(rocAuc(ranked, counts), rocAuc(again).value!);
    expectClose(averagePrecision(ranked, counts), averagePrecision(again).value!);
  });
});

function summary(statistic: 'mean' | 'std', values: number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (statistic === 'mean') return mean;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}
