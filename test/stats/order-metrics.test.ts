import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { averagePrecision, lift, precisionAtRecall, precisionRecallCurve } from '../../server/stats/average-precision.ts';
import { rankScores } from '../../server/stats/ranked-scores.ts';
import { multiclassRocAuc, rankClasses, rocAuc, rocCurve } from '../../server/stats/roc-auc.ts';
import { bytes, expectAllClose, expectClose, floats, goldens, ints } from './metric-goldens.ts';

describe('metrics of the order of scores', () => {
  test.each([
    ['weighted', goldens.binary],
    ['unweighted', goldens.binary_plain],
  ])('%s areas and curves agree with scikit-learn, ties and weights of 0 included', (_name, { labels, scores, weights, expected }) => {
    const ranked = rankScores(bytes(labels), floats(scores));
    expectClose(rocAuc(ranked, floats(weights)), expected.roc_auc);
    expectClose(averagePrecision(ranked, floats(weights)), expected.average_precision);

    const roc = rocCurve(ranked, floats(weights));
    expect(roc[0]).toEqual({ threshold: Infinity, falsePositiveRate: 0, truePositiveRate: 0 });
    // Thresholds that only rows without weight have are points of no length; sklearn leaves them out.
    const kept = (threshold: number): boolean => expected.roc_curve.thresholds.includes(threshold);
    const points = roc.slice(1).filter((point) => kept(point.threshold));
    expectAllClose(points.map((point) => point.threshold), expected.roc_curve.thresholds);
    expectAllClose(points.map((point) => point.falsePositiveRate), expected.roc_curve.fpr.slice(1));
    expectAllClose(points.map((point) => point.truePositiveRate), expected.roc_curve.tpr.slice(1));

    const curve = precisionRecallCurve(ranked, floats(weights))
      .filter((point) => expected.pr_curve.thresholds.includes(point.threshold))
      .reverse();
    expectAllClose(curve.map((point) => point.threshold), expected.pr_curve.thresholds);
    expectAllClose(curve.map((point) => point.precision), expected.pr_curve.precision);
    expectAllClose(curve.map((point) => point.recall), expected.pr_curve.recall);
  });

  test('precision at a recall is the best of the curve, the recall itself included', () => {
    const ranked = rankScores(bytes([1, 0, 1, 1, 0]), floats([5, 4, 3, 2, 1]));
    expect([0, 1 / 3, 0.34, 1].map((recall) => precisionAtRecall(ranked, recall).value)).toEqual([1, 1, 3 / 4, 3 / 4]);
  });

  test('lift counts a run of ties in proportion', () => {
    const ranked = rankScores(bytes([1, 0, 1, 0]), floats([2, 1, 1, 1]));
    expect(lift(ranked, 0.25)).toEqual({ value: 2 });
    expectClose(lift(ranked, 0.5), (1 + 1 / 3) / 2 / 0.5);
    expect(lift(ranked, 1)).toEqual({ value: 1 });
  });

  test('with one class, or a score that is not a number, there is no area', () => {
    const onlyPositives = rankScores(bytes([1, 1]), floats([1, 2]));
    const onlyNegatives = rankScores(bytes([0, 0]), floats([1, 2]));
    const broken = rankScores(bytes([0, 1]), floats([NaN, 2]));
    const empty = rankScores(bytes([]), floats([]));
    const weightless = rankScores(bytes([0, 1]), floats([1, 2]));
    expect([rocAuc(onlyPositives), rocAuc(onlyNegatives), rocAuc(broken), rocAuc(empty), rocAuc(weightless, floats([1, 0]))]).toEqual([
      { value: null, reason: 'no actual negatives' },
      { value: null, reason: 'no actual positives' },
      { value: null, reason: '1 scores are not a number' },
      { value: null, reason: 'no actual positives' },
      { value: null, reason: 'no actual positives' },
    ]);
    expect([averagePrecision(onlyNegatives), averagePrecision(broken), precisionAtRecall(onlyNegatives, 0.5), lift(onlyNegatives, 0.5)].map((it) => it.value)).toEqual([null, null, null, null]);
    expect([rocCurve(onlyPositives), precisionRecallCurve(onlyNegatives)]).toEqual([[], []]);
  });

  test('infinite scores have a place, and −0 ties with 0', () => {
    expect(rocAuc(rankScores(bytes([1, 1, 0, 0]), floats([Infinity, 0, -0, -Infinity])))).toEqual({ value: 0.875 });
  });
});

describe('area under the curve for several classes', () => {
  const { classes, labels, probabilities, weights, expected } = goldens.multiclass;

  test.each(['ovr', 'ovo'] as const)('%s agrees with scikit-learn', (scheme) => {
    for (const average of ['macro', 'weighted'] as const) {
      expectClose(multiclassRocAuc(rankClasses(ints(labels), floats(probabilities), classes, scheme), average), expected[`auc_${scheme}_${average}`]);
    }
  });

  test('row weights agree with scikit-learn', () => {
    expectClose(multiclassRocAuc(rankClasses(ints(labels), floats(probabilities), classes, 'ovr'), 'macro', floats(weights)), expected.auc_ovr_macro_sample_weight);
  });

  test('pairs of classes take row weights as repeats', () => {
    const whole = labels.map((_, row) => row % 3);
    const repeated = labels.flatMap((_, row) => Array<number>(whole[row]).fill(row));
    const again = rankClasses(ints(repeated.map((row) => labels[row])), floats(repeated.flatMap((row) => probabilities.slice(row * classes, (row + 1) * classes))), classes, 'ovo');
    const weighted = multiclassRocAuc(rankClasses(ints(labels), floats(probabilities), classes, 'ovo'), 'weighted', floats(whole));
    expectClose(weighted, multiclassRocAuc(again, 'weighted').value!);
  });

  test('a class without rows leaves no area, and is named', () => {
    const scores = floats([0.5, 0.3, 0.2, 0.1, 0.8, 0.1]);
    expect(multiclassRocAuc(rankClasses(ints([0, 1]), scores, 3, 'ovr'), 'macro')).toEqual({ value: null, reason: 'no rows of class 2' });
  });
});

describe('invariants', () => {
  const rows = fc
    .array(fc.tuple(fc.nat(1), fc.integer({ min: -8, max: 8 })), { minLength: 2, maxLength: 50 })
    .filter((pairs) => new Set(pairs.map(([label]) => label)).size === 2);
  const area = (pairs: [number, number][], weights?: Float64Array) => rocAuc(rankScores(bytes(pairs.map(([label]) => label)), floats(pairs.map(([, score]) => score))), weights).value!;
  const precisionArea = (pairs: [number, number][], weights?: Float64Array) =>
    averagePrecision(rankScores(bytes(pairs.map(([label]) => label)), floats(pairs.map(([, score]) => score))), weights).value!;

  test('the area is the share of pairs in the right order, ties one half', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const positives = pairs.filter(([label]) => label === 1);
        const negatives = pairs.filter(([label]) => label === 0);
        let wins = 0;
        for (const [, high] of positives) for (const [, low] of negatives) wins += high > low ? 1 : high === low ? 0.5 : 0;
        expectClose(area(pairs), wins / (positives.length * negatives.length));
      }),
    );
  });

  test('an increasing change of scores changes nothing, a reversal mirrors the area', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const stretched = pairs.map(([label, score]): [number, number] => [label, Math.exp(score / 4)]);
        const reversed = pairs.map(([label, score]): [number, number] => [label, -score]);
        expect([area(stretched), precisionArea(stretched)]).toEqual([area(pairs), precisionArea(pairs)]);
        expectClose(area(reversed), 1 - area(pairs));
      }),
    );
  });

  test('file order never matters', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const backwards = [...pairs].reverse();
        expect([area(backwards), precisionArea(backwards)]).toEqual([area(pairs), precisionArea(pairs)]);
      }),
    );
  });

  test('a whole-number weight counts as that many rows', () => {
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat(3)), (pairs, stream) => {
        const weights = pairs.map(() => stream.next().value as number);
        const repeated = pairs.flatMap((pair, row) => Array<[number, number]>(weights[row]).fill(pair));
        fc.pre(new Set(repeated.map(([label]) => label)).size === 2);
        expectClose(area(pairs, floats(weights)), area(repeated));
        expectClose(precisionArea(pairs, floats(weights)), precisionArea(repeated));
      }),
    );
  });
});
