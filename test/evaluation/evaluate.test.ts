import { describe, expect, it } from 'vitest';
import { evaluate } from '../../server/evaluation/evaluate.ts';
import type { Subject } from '../../server/evaluation/subject.ts';
import { binary, categorical, dataset, flights, model, numeric } from './flights.ts';

function evaluateSubject(subject: Subject, more: Partial<Parameters<typeof evaluate>[0]> = {}): ReturnType<typeof evaluate> {
  const rows = subject.task === 'generation' ? subject.references.length : subject.labels.length;
  return evaluate({ dataset: dataset(rows), model, subject, seed: 7, resamples: 200, ...more });
}

describe('evaluate', () => {
  it('accounts for every row, each left out under its first reason', async () => {
    const subject = binary([1, 0, -1, -2, 1, 0], [0.9, 0.2, 0.5, 0.5, 0, 0.7]);
    subject.predictions = { kind: 'scores', scores: Float64Array.of(0.9, 0.2, 0.5, 0.5, 0, 0.7), missing: Uint8Array.of(0, 0, 1, 0, 1, 0) };
    const { rows, confusion } = await evaluateSubject(subject);
    expect(rows).toEqual({
      read: 6,
      judged: 3,
      leftOut: [
        { reason: 'no label', rows: 1 },
        { reason: 'label is none of the classes', rows: 1 },
        { reason: 'no prediction', rows: 1 },
      ],
    });
    expect(confusion).toEqual({ labels: ['on time', 'late'], counts: [[1, 1], [0, 1]] });
  });

  it.each([
    ['NaN', [0.9, NaN, 0.2, 0.7], '1 of 4 predictions are not finite numbers'],
    ['infinity', [0.9, Infinity, 0.2, 0.7], '1 of 4 predictions are not finite numbers'],
    ['logits', [2.2, -1.4, -0.3, 0.8], '3 of 4 predictions are outside 0–1: logits rather than probabilities?'],
  ])('refuses the whole rather than drop %s in silence, and still accounts for every row', async (_title, scores, message) => {
    const { refused, metrics, rows } = await evaluateSubject(binary([1, 0, -1, 1], scores));
    expect({ refused, metrics, rows }).toEqual({
      refused: message,
      metrics: {},
      rows: { read: 4, judged: 0, leftOut: [{ reason: 'no label', rows: 1 }, { reason: 'not judged, as no row was', rows: 3 }] },
    });
  });

  it('refuses when no row can be judged, or rows and predictions do not pair', async () => {
    expect((await evaluateSubject(binary([-1, -1], [0.1, 0.2]))).refused).toBe('no row has both a label and a prediction');
    expect((await evaluateSubject(binary([1, 0], [0.1]))).refused).toBe('1 predictions for 2 rows');
  });

  it('a single class leaves AUC undefined with its reason, and accuracy defined', async () => {
    const { metrics } = await evaluateSubject(binary([0, 0, 0], [0.1, 0.2, 0.9]));
    expect(metrics.roc_auc).toEqual({ value: null, reason: 'no actual positives', rows: 3 });
    expect(metrics.recall).toEqual({ value: null, reason: 'no actual positives', rows: 0 });
    expect(metrics.accuracy).toMatchObject({ value: 2 / 3, rows: 3, interval: { method: 'wilson' } });
    expect(metrics.mcc).toMatchObject({ value: null, reason: 'one actual class only' });
  });

  it('counts the rows a metric is computed on: positives for recall, predicted positives for precision', async () => {
    const { metrics } = await evaluateSubject(binary([1, 1, 1, 0, 0], [0.9, 0.8, 0.1, 0.7, 0.2]));
    expect([metrics.recall, metrics.precision, metrics.specificity].map(({ value, rows }) => [value, rows])).toEqual([[2 / 3, 3], [2 / 3, 3], [1 / 2, 2]]);
  });

  it('decides positive at the threshold itself', async () => {
    expect((await evaluateSubject(binary([1, 0], [0.3, 0.2999], 0.3))).metrics.accuracy.value).toBe(1);
  });

  it('every binary metric comes with an interval that holds its value, and the seed that made it', async () => {
    const { subject } = flights(1500, 3);
    const { metrics } = await evaluateSubject(subject, { metrics: ['calibration_ratio', 'fbeta_2', 'precision_at_recall_0.8', 'lift_at_0.1', 'false_positive_rate'] });
    const methods = Object.fromEntries(Object.entries(metrics).map(([name, { interval, resamples }]) => [name, [interval?.method, resamples?.seed]]));
    const wilson = ['wilson', undefined];
    const resampled = ['bootstrap-percentile', 7];
    expect(methods).toEqual({
      roc_auc: ['delong', undefined],
      ...Object.fromEntries(['accuracy', 'precision', 'recall', 'specificity', 'false_positive_rate'].map((name) => [name, wilson])),
      ...Object.fromEntries(
        ['average_precision', 'balanced_accuracy', 'f1', 'mcc', 'cohen_kappa', 'log_loss', 'brier', 'ece', 'ece_mass', 'calibration_rms_debiased', 'calibration_ratio', 'fbeta_2', 'precision_at_recall_0.8', 'lift_at_0.1'].map((name) => [name, resampled]),
      ),
      max_calibration_error: [undefined, undefined],
    });
    for (const name of ['roc_auc', 'accuracy', 'f1', 'mcc', 'log_loss']) {
      const { value, interval } = metrics[name];
      expect(interval!.low).toBeLessThan(value!);
      expect(interval!.high).toBeGreaterThan(value!);
    }
  });

  it('repeats bit for bit from the same seed and differs from another', async () => {
    const { subject, table } = flights(400, 5);
    const more = { table, slices: [{ by: ['carrier'] }], groups: [['carrier']] };
    const [first, second, other] = await Promise.all([evaluateSubject(subject, more), evaluateSubject(subject, more), evaluateSubject(subject, { ...more, seed: 8 })]);
    expect(second).toEqual(first);
    expect(other.metrics.f1.interval).not.toEqual(first.metrics.f1.interval);
    expect(other.metrics.f1.value).toBe(first.metrics.f1.value);
  });

  it('the value of a slice is that of the metric on its rows alone', async () => {
    const { subject, table } = flights(800, 9);
    const report = await evaluateSubject(subject, { table, slices: [{ by: ['carrier'] }], metrics: ['ece'] });
    const aa = report.slices.find(({ slice }) => slice.name === 'carrier = AA')!;
    const codes = (table.columns[0].vector as { codes: Int32Array; dictionary: string[] });
    const rows = Array.from(codes.codes.keys()).filter((row) => codes.dictionary[codes.codes[row]] === 'AA');
    const alone = await evaluateSubject(binary(rows.map((row) => subject.labels[row]), rows.map((row) => (subject.predictions as { scores: Float64Array }).scores[row])));
    expect(aa.rows).toBe(rows.length);
    for (const [name, { value }] of Object.entries(aa.metrics)) expect(value).toBeCloseTo(alone.metrics[name].value!, 12);
    expect(report.slices.reduce((sum, { rows }) => sum + rows, 0)).toBe(800);
  });

  it('whole-number weights count as repeats, and their intervals are resampled', async () => {
    const labels = [1, 0, 1, 0, 1, 0];
    const scores = [0.9, 0.1, 0.4, 0.6, 0.7, 0.2];
    const weights = [1, 2, 3, 1, 2, 1];
    const repeat = <T>(values: T[]): T[] => values.flatMap((value, row) => Array<T>(weights[row]).fill(value));
    const weighted = await evaluateSubject(binary(labels, scores), { weights: Float64Array.from(weights) });
    const repeated = await evaluateSubject(binary(repeat(labels), repeat(scores)));
    for (const [name, { value }] of Object.entries(weighted.metrics)) {
      // Bins of equal row count are placed by rows, not by weight.
      if (['ece_mass', 'calibration_rms_debiased'].includes(name)) continue;
      expect([name, value]).toEqual([name, repeated.metrics[name].value === null ? null : expect.closeTo(repeated.metrics[name].value!, 12)]);
    }
    expect(weighted.metrics.accuracy.resamples).toMatchObject({ drawn: 200 });
  });

  it('rows of one cluster are drawn together, which widens the interval of alike rows', async () => {
    const { subject } = flights(200, 11);
    const repeat = (values: ArrayLike<number>): number[] => Array.from(values).flatMap((value) => Array<number>(5).fill(value));
    const copied = binary(repeat(subject.labels), repeat((subject.predictions as { scores: Float64Array }).scores));
    const clusters = Int32Array.from({ length: 1000 }, (_, row) => Math.floor(row / 5));
    const width = async (more: object): Promise<number> => {
      const { interval } = (await evaluateSubject(copied, more)).metrics.accuracy;
      return interval!.high - interval!.low;
    };
    expect((await width({ clusters })) / (await width({}))).toBeGreaterThan(1.7);
  });

  it('a model that names classes has no scores: AUC is undefined, accuracy is not', async () => {
    const subject: Subject = { task: 'binary', labels: Int32Array.of(1, 0, 1), classes: ['no', 'yes'], predictions: { kind: 'classes', codes: Int32Array.of(1, 0, 0) }, threshold: 0.5 };
    const { metrics, roc, calibration } = await evaluateSubject(subject);
    expect(metrics.roc_auc).toEqual({ value: null, reason: 'the model gives classes and no scores', rows: 3 });
    expect(metrics.accuracy.value).toBe(2 / 3);
    expect([roc, calibration]).toEqual([undefined, undefined]);
    const unknown: Subject = { ...subject, predictions: { kind: 'classes', codes: Int32Array.of(1, -2, 0) } };
    expect((await evaluateSubject(unknown)).refused).toBe('1 of 3 predictions name none of the 2 classes');
  });

  it('curves keep their ends and at most 200 points', async () => {
    const { roc, precisionRecall } = await evaluateSubject(flights(2000, 13).subject);
    expect([roc!.points.length, roc!.points[0], roc!.points.at(-1)]).toEqual([200, [0, 0], [1, 1]]);
    expect(precisionRecall!.points.at(-1)![0]).toBe(1);
  });

  it('awaits the tick and stops when it throws', async () => {
    let shares: number[] = [];
    await evaluateSubject(flights(20_000, 15).subject, { tick: (share) => void shares.push(share) });
    expect(shares.length).toBeGreaterThan(3);
    expect(shares).toEqual(shares.slice().sort((a, b) => a - b));
    shares = [];
    const stop = (): void => {
      throw new Error('cancelled');
    };
    await expect(evaluateSubject(flights(20_000, 15).subject, { tick: stop })).rejects.toThrow('cancelled');
  });
});

describe('other tasks', () => {
  it('multiclass: averages, AUC and confusion by class name', async () => {
    const probabilities = [0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6, 0.3, 0.4, 0.3];
    const subject: Subject = { task: 'multiclass', labels: Int32Array.of(0, 1, 2, 0), classes: ['a', 'b', 'c'], predictions: { kind: 'probabilities', probabilities: Float64Array.from(probabilities) } };
    const { metrics, confusion } = await evaluateSubject(subject);
    expect(confusion).toEqual({ labels: ['a', 'b', 'c'], counts: [[1, 1, 0], [0, 1, 0], [0, 0, 1]] });
    // Recalls of 1/2, 1 and 1.
    expect([metrics.accuracy.value, metrics.recall_macro.value]).toEqual([0.75, expect.closeTo(5 / 6, 12)]);
    expect(metrics.log_loss.value).toBeCloseTo(-(Math.log(0.7) + Math.log(0.8) + Math.log(0.6) + Math.log(0.3)) / 4, 12);
    expect(metrics.roc_auc_ovr_macro.value).toBeCloseTo(1, 12);
  });

  it('multiclass: probabilities that do not add up to 1 are refused', async () => {
    const subject: Subject = { task: 'multiclass', labels: Int32Array.of(0, 1), classes: ['a', 'b', 'c'], predictions: { kind: 'probabilities', probabilities: Float64Array.of(0.5, 0.5, 0.5, 0.2, 0.3, 0.5) } };
    expect((await evaluateSubject(subject)).refused).toBe('1 of 2 predictions do not add up to 1');
  });

  it('regression: errors, residual histogram, and undefined where the target makes it so', async () => {
    const actual = Float64Array.of(10, 0, -5, 20, NaN);
    const subject: Subject = { task: 'regression', labels: actual, predictions: { kind: 'values', values: Float64Array.of(12, 1, -5, 16, 3) } };
    const { metrics, residuals, rows } = await evaluateSubject(subject);
    expect(rows.leftOut).toEqual([{ reason: 'label is not a finite number', rows: 1 }]);
    expect([metrics.mae.value, metrics.rmse.value, metrics.max_error.value, metrics.bias.value]).toEqual([1.75, expect.closeTo(Math.sqrt(21 / 4), 12), 4, -0.25]);
    expect(metrics.max_error.interval).toBeUndefined();
    expect(metrics.mape).toMatchObject({ value: null, reason: '1 actual values are 0' });
    expect(residuals!.counts.reduce((sum, count) => sum + count, 0)).toBe(4);
    const constant: Subject = { ...subject, labels: Float64Array.of(3, 3, 3, 3, 3) };
    expect((await evaluateSubject(constant)).metrics.r2).toMatchObject({ value: null });
  });

  it('ranking: resamples queries, and leaves out or counts those without a relevant item as asked', async () => {
    const subject: Subject = {
      task: 'ranking',
      labels: Float64Array.of(1, 0, 0, 1, 0, 0),
      queries: Int32Array.of(7, 7, 3, 3, 9, 9),
      noRelevant: 'drop',
      predictions: { kind: 'values', values: Float64Array.of(0.9, 0.1, 0.8, 0.3, 0.5, 0.4) },
    };
    const { metrics } = await evaluateSubject(subject);
    expect(metrics.mrr).toMatchObject({ value: 0.75, rows: 2, resamples: { drawn: 200 } });
    expect((await evaluateSubject({ ...subject, noRelevant: 'include' })).metrics.mrr).toMatchObject({ value: 0.5, rows: 3 });
  });

  it('generation: texts are compared as they are, missing references left out', async () => {
    const subject: Subject = {
      task: 'generation',
      references: [['the cat sat on the mat'], ['good morning'], null, []],
      predictions: { kind: 'texts', texts: ['the cat sat on the mat', 'good evening', 'x', 'y'] },
    };
    const { metrics, rows } = await evaluateSubject(subject);
    expect(rows).toMatchObject({ judged: 2, leftOut: [{ reason: 'no reference', rows: 2 }] });
    expect([metrics.exact_match.value, metrics.rouge1.value]).toEqual([0.5, 0.75]);
  });
});

describe('value', () => {
  it('is money per prediction, gained over doing without a model on the same rows', async () => {
    const subject = binary([1, 1, 0, 0, 0, 1], [0.9, 0.2, 0.8, 0.1, 0.2, 0.7]);
    const { value } = await evaluateSubject(subject, { value: { currency: 'USD', truePositive: 10, falsePositive: -2, falseNegative: -8, trueNegative: 0, baseline: 'negative' } });
    expect(value).toMatchObject({
      currency: 'USD',
      counts: { tp: 2, fp: 1, fn: 1, tn: 2 },
      perPrediction: { value: 10 / 6 },
      baseline: { name: 'negative', perPrediction: { value: -24 / 6 } },
      gain: { value: expect.closeTo(34 / 6, 12), interval: { method: 'bootstrap-percentile' } },
    });
  });
});

describe('fairness', () => {
  it('shows rates it cannot have as undefined, small groups as too small, empty intersections with no rows', async () => {
    const rows = 120;
    const sex = Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 'f' : 'm'));
    const age = Array.from({ length: rows }, (_, row) => (row < 4 ? null : row % 2 === 0 || row < 60 ? 'old' : 'young'));
    const labels = Array.from({ length: rows }, (_, row) => (sex[row] === 'f' ? 0 : row % 3 === 0 ? 1 : 0));
    const scores = Array.from({ length: rows }, (_, row) => ((row * 7) % 10) / 10);
    const { fairness } = await evaluateSubject(binary(labels, scores), { table: { rows, columns: [categorical('sex', sex), categorical('age', age)] }, groups: [['sex', 'age']] });
    const [{ groups, disparities, by }] = fairness;
    expect(by).toEqual(['sex', 'age']);
    expect(groups.map(({ group, rows, tooSmall }) => [group, rows, tooSmall])).toEqual([
      ['f × age missing', 2, true],
      ['f × old', 58, false],
      ['m × age missing', 2, true],
      ['m × old', 28, true],
      ['m × young', 30, false],
      ['f × young', 0, true],
    ]);
    expect(groups[1].rates.tpr).toEqual({ value: null, reason: 'no actual positives', rows: 0 });
    expect(disparities.equal_opportunity_difference).toMatchObject({ value: null, reason: 'fewer than two groups have this metric' });
    expect(disparities.demographic_parity_difference).toMatchObject({ value: expect.any(Number), interval: { method: 'bootstrap-percentile' }, resamples: { seed: 7 } });
  });

  it('a group that is not in the columns is not assessed', async () => {
    expect((await evaluateSubject(binary([1, 0], [0.6, 0.2]), { groups: [['sex']] })).fairness).toEqual([]);
  });
});

describe('weak slices', () => {
  it('finds the carrier for which the model is noisy, and nothing where there is nothing', async () => {
    const noisy = flights(4000, 21, { usual: 0.2, ofMq: 3 });
    const found = await evaluateSubject(noisy.subject, { table: noisy.table, searched: ['carrier', 'hour'] });
    expect(found.weakSlices[0]).toMatchObject({ slice: { name: 'carrier = MQ', source: 'found' }, metric: 'accuracy' });
    expect(found.weakSlices[0].gap.interval!.high).toBeLessThan(0);
    expect(found.weakSlices.every(({ adjustedP }) => adjustedP! <= 0.05)).toBe(true);
    const even = flights(4000, 23);
    expect((await evaluateSubject(even.subject, { table: even.table, searched: ['carrier', 'hour'] })).weakSlices).toEqual([]);
  });

  it('names a pair of conditions when only both together are bad', async () => {
    const rows = 4000;
    const origin = Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 'JFK' : 'EWR'));
    const night = Array.from({ length: rows }, (_, row) => (row % 4 < 2 ? 0 : 1));
    const labels = Array.from({ length: rows }, (_, row) => (row % 3 === 0 ? 1 : 0));
    const scores = labels.map((label, row) => (origin[row] === 'JFK' && night[row] === 1 && row % 5 < 2 ? 1 - label : label));
    const { weakSlices } = await evaluateSubject(binary(labels, scores), { table: { rows, columns: [categorical('origin', origin), numeric('night', night)] }, searched: ['origin', 'night'] });
    expect(weakSlices.map(({ slice }) => slice.name)).toEqual(['origin = JFK and night = 1']);
  });
});
