import { describe, expect, it } from 'vitest';
import type { DatasetRef } from '../../protocol/measured.ts';
import { compare } from '../../server/comparison/compare.ts';
import { holm } from '../../server/stats/holm.ts';
import { type PairOptions, pairSubjects } from '../../server/evaluation/pair-subjects.ts';
import type { Subject } from '../../server/evaluation/subject.ts';
import { createRandom } from '../../server/stats/random.ts';
import { mcNemar } from '../../server/stats/mcnemar.ts';
import { deLongDifference } from '../../server/stats/delong.ts';
import { binary, categorical, flights } from '../evaluation/flights.ts';

const rows: DatasetRef = { name: 'holdout', files: ['holdout.parquet'], digest: 'rows', rows: 6 };

function comparePair(candidate: Subject, champion: Subject, options: PairOptions = {}, more: Partial<Parameters<typeof compare>[0]> = {}): ReturnType<typeof compare> {
  return compare({
    candidate: { version: 'v2', digest: 'candidate', dataset: rows },
    champion: { version: 'v1', digest: 'champion', dataset: rows },
    pairs: pairSubjects(candidate, champion, options),
    resamples: 200,
    seed: 7,
    ...more,
  });
}

describe('compare', () => {
  const labels = [1, 1, 1, 0, 0, 0];
  const candidate = binary(labels, [0.9, 0.8, 0.4, 0.1, 0.2, 0.7]);
  const champion = binary(labels, [0.9, 0.3, 0.6, 0.1, 0.2, 0.3]);

  it.each([
    ['other data', { champion: { version: 'v1', digest: 'champion', dataset: { ...rows, digest: 'older' } } }, 'the champion was evaluated on other data: older, not rows'],
    ['another number of rows', { champion: { version: 'v1', digest: 'champion', dataset: { ...rows, rows: 5 } } }, 'the champion was evaluated on 5 rows, the candidate on 6'],
    ['the same file on both sides', { champion: { version: 'v1', digest: 'candidate', dataset: rows } }, 'both models are the same file, candidate'],
  ])('refuses %s, and says both sides', async (_title, more, refused) => {
    expect(await comparePair(candidate, champion, {}, more)).toMatchObject({ refused, rows: 0, metrics: [], slices: [], flips: null });
  });

  it.each([
    ['other rows', binary([1, 0], [0.5, 0.5]), 'the champion saw 2 rows, the candidate 6'],
    ['a NaN champion', binary(labels, [0.9, NaN, 0.6, 0.1, 0.2, 0.3]), 'the champion: 1 of 6 predictions are not finite numbers'],
    ['nothing in common', binary([-1, -1, -1, -1, -1, -1], [0, 0, 0, 0, 0, 0]), 'no row can be judged for both models'],
  ])('refuses %s', async (_title, other, refused) => {
    expect((await comparePair(candidate, other)).refused).toBe(refused);
  });

  it('sets the two beside each other with paired tests, the difference being candidate less champion', async () => {
    const report = await comparePair(candidate, champion);
    const find = (name: string) => report.metrics.find(({ metric }) => metric === name)!;
    expect(find('accuracy')).toMatchObject({ champion: { value: 5 / 6 }, candidate: { value: 4 / 6 }, difference: { value: 4 / 6 - 5 / 6, rows: 6, interval: { method: 'tango' } }, test: 'mcnemar', pValue: mcNemar(1, 2).pValue, direction: 'higher' });
    expect(find('recall').difference).toMatchObject({ value: 0, rows: 3 });
    expect(find('log_loss')).toMatchObject({ direction: 'lower', test: 'paired-bootstrap', difference: { resamples: { seed: 7 } } });
    expect(find('roc_auc').difference.value).toBeCloseTo(8 / 9 - 8.5 / 9, 12);
    expect(report.metrics.map(({ metric }) => metric)).not.toContain('calibration_ratio');
  });

  it("holds AUC by DeLong's paired interval", async () => {
    const [a, b] = [flights(800, 3, { usual: 0.3, ofMq: 0.3 }), flights(800, 3, { usual: 1, ofMq: 1 })];
    const { metrics } = await comparePair(a.subject, b.subject);
    const scores = (subject: Subject): Float64Array => (subject.predictions as { scores: Float64Array }).scores;
    const expected = deLongDifference(Uint8Array.from(a.subject.labels), scores(a.subject), scores(b.subject), 0.95);
    expect(metrics.find(({ metric }) => metric === 'roc_auc')).toMatchObject({ test: 'delong', pValue: expected.pValue, difference: { interval: expected.interval } });
  });

  it('pairing sees a small difference that two separate intervals would hide', async () => {
    const random = createRandom(9);
    const truth = Array.from({ length: 2000 }, () => (random.uniform() < 0.3 ? 1 : 0));
    const worse = truth.map((label, row) => (row % 10 === 0 ? 1 - label : label));
    const better = worse.map((score, row) => (row % 50 === 0 ? truth[row] : score));
    const [accuracy] = (await comparePair(binary(truth, better), binary(truth, worse))).metrics.filter(({ metric }) => metric === 'accuracy');
    expect(accuracy.candidate.interval!.low).toBeLessThan(accuracy.champion.interval!.high);
    expect(accuracy.difference.interval!.low).toBeGreaterThan(0);
  });

  it('models that answer alike differ by 0, within what rows not seen could change', async () => {
    const { metrics, flips } = await comparePair(flights(500, 3).subject, flights(500, 3).subject);
    const f1 = metrics.find(({ metric }) => metric === 'f1')!;
    expect(f1).toMatchObject({ difference: { value: 0, interval: { method: 'tango' } }, pValue: 1 });
    expect(f1.difference.interval!.low).toBeGreaterThan(-0.01);
    expect(metrics.find(({ metric }) => metric === 'log_loss')!.difference.interval).toBeUndefined();
    expect(flips).toMatchObject({ harmful: 0, helpful: 0, mcnemar: { pValue: 1 }, examples: [], concentrations: [] });
  });

  it('a metric that is undefined for one side has no difference, and says whose', async () => {
    const never = binary(labels, [0.1, 0.1, 0.1, 0.1, 0.1, 0.1]);
    const { metrics } = await comparePair(never, champion);
    expect(metrics.find(({ metric }) => metric === 'precision')!.difference).toMatchObject({ value: null, reason: 'candidate: no predicted positives' });
  });

  it('corrects slices by Holm over the slices of their column', async () => {
    const good = flights(2000, 5, { usual: 0.3, ofMq: 0.3 });
    const badForMq = flights(2000, 5, { usual: 0.3, ofMq: 4 });
    const { slices } = await comparePair(badForMq.subject, good.subject, { table: good.table, slices: [{ by: ['carrier'] }] });
    const accuracy = slices.filter(({ metric }) => metric === 'accuracy');
    expect(accuracy.map(({ slice }) => slice.name).sort()).toEqual(['carrier = AA', 'carrier = DL', 'carrier = MQ', 'carrier = UA']);
    expect(accuracy.map(({ adjustedP }) => adjustedP)).toEqual(holm(accuracy.map(({ pValue }) => pValue)));
    const mq = accuracy.find(({ slice }) => slice.name === 'carrier = MQ')!;
    expect(mq.difference.interval!.high).toBeLessThan(0);
    expect(mq.adjustedP).toBeLessThan(1e-6);
  });

  it('the ledger counts every flip, shows the surest, and says where they gather', async () => {
    const good = flights(2000, 5, { usual: 0.3, ofMq: 0.3 });
    const badForMq = flights(2000, 5, { usual: 0.3, ofMq: 4 });
    const keys = Array.from({ length: 2000 }, (_, row) => `flight ${row}`);
    const { flips } = await comparePair(badForMq.subject, good.subject, { table: good.table, slices: [{ by: ['carrier'] }] }, { keys });
    const decide = (subject: Subject, row: number): number => ((subject.predictions as { scores: Float64Array }).scores[row] >= 0.5 ? 1 : 0);
    const harmful = keys.filter((_, row) => decide(good.subject, row) === good.subject.labels[row] && decide(badForMq.subject, row) !== good.subject.labels[row]).length;
    expect(flips).toMatchObject({ harmful, harmfulRate: { value: harmful / 2000, interval: { method: 'wilson' } } });
    expect(flips!.concentrations[0]).toMatchObject({ slice: { name: 'carrier = MQ' }, harmful });
    expect(flips!.concentrations[0].lift).toBeCloseTo(2000 / flips!.concentrations[0].rows, 12);
    const [first] = flips!.examples;
    expect(first).toMatchObject({ key: `flight ${first.row}` });
    expect([first.label === first.champion, first.label === first.candidate]).toEqual([true, false]);
    const sureness = flips!.examples.slice(0, 100).map(({ candidateScore }) => Math.abs(candidateScore! - 0.5));
    expect(sureness).toEqual(sureness.slice().sort((a, b) => b - a));
  });

  it('only rows that can be judged for both take part, and are named by their place in the data', async () => {
    const theirs = { ...champion, predictions: { kind: 'scores' as const, scores: Float64Array.of(0, 0.3, 0.6, 0.1, 0.2, 0.3), missing: Uint8Array.of(1, 0, 0, 0, 0, 0) } };
    const report = await comparePair(candidate, theirs);
    expect(report.rows).toBe(5);
    expect(report.flips!.examples.map(({ row }) => row).sort()).toEqual([1, 2, 5]);
  });

  it('the value of outcomes is compared where it is declared', async () => {
    const values = { currency: 'USD', truePositive: 10, falsePositive: -2, falseNegative: -8, trueNegative: 0, baseline: 'negative' as const };
    const { metrics } = await comparePair(candidate, champion, { value: values });
    expect(metrics.find(({ metric }) => metric === 'value_per_prediction')).toMatchObject({ candidate: { value: 10 / 6 }, champion: { value: 12 / 6 }, difference: { value: expect.closeTo(-2 / 6, 12) }, direction: 'higher' });
  });

  it('regression: the paired bootstrap holds the difference of errors', async () => {
    const random = createRandom(11);
    const actual = Float64Array.from({ length: 300 }, () => 20 * random.normal());
    const withNoise = (spread: number): Subject => ({ task: 'regression', labels: actual, predictions: { kind: 'values', values: actual.map((value) => value + spread * random.normal()) } });
    const { metrics, flips } = await comparePair(withNoise(4), withNoise(8), { metrics: ['max_error'] });
    const mae = metrics.find(({ metric }) => metric === 'mae')!;
    expect(mae).toMatchObject({ test: 'paired-bootstrap', direction: 'lower' });
    expect(mae.difference.interval!.high).toBeLessThan(0);
    expect(metrics.find(({ metric }) => metric === 'max_error')!.difference.interval).toBeUndefined();
    expect(flips).toBeNull();
  });
});

describe('slices by column', () => {
  it('of both models hold the same rows', () => {
    const subject = binary([1, 0, 1, 0], [0.9, 0.1, 0.2, 0.6]);
    const table = { rows: 4, columns: [categorical('origin', ['JFK', 'EWR', null, 'JFK'])] };
    const pairs = pairSubjects(subject, subject, { table, slices: [{ by: ['origin'] }] });
    if ('refused' in pairs) throw new Error(pairs.refused);
    expect(pairs.sets.map(({ slice, rows }) => [slice.name, [...rows]])).toEqual([['all rows', [0, 1, 2, 3]], ['origin = other (missing, EWR, JFK)', [0, 1, 2, 3]]]);
  });
});
