import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accuracy,
  averaged,
  balancedAccuracy,
  cohenKappa,
  f1,
  fBeta,
  falseNegativeRate,
  falsePositiveRate,
  matthewsCorrelation,
  precision,
  recall,
  selectionRate,
  specificity,
} from '../../server/stats/classification-metrics.ts';
import { confusionMatrix, decide, oneVersusRest } from '../../server/stats/confusion.ts';
import { bytes, expectAllClose, expectClose, floats, goldens, ints } from './metric-goldens.ts';

describe('binary classification', () => {
  test.each([
    ['weighted', goldens.binary],
    ['unweighted', goldens.binary_plain],
  ])('%s metrics agree with scikit-learn', (_name, { labels, scores, weights, expected }) => {
    const matrix = confusionMatrix(bytes(labels), decide(floats(scores), 0.5), 2, floats(weights));
    const counts = oneVersusRest(matrix, 1);
    expectAllClose(matrix.counts, expected.confusion.flat());
    expectClose(accuracy(matrix), expected.accuracy);
    expectClose(balancedAccuracy(matrix), expected.balanced_accuracy);
    expectClose(precision(counts), expected.precision);
    expectClose(recall(counts), expected.recall);
    expectClose(specificity(counts), expected.specificity);
    expectClose(f1(counts), expected.f1);
    expectClose(fBeta(counts, 2), expected.fbeta_2);
    expectClose(fBeta(counts, 0.5), expected['fbeta_0.5']);
    expectClose(matthewsCorrelation(matrix), expected.mcc);
    expectClose(cohenKappa(matrix), expected.cohen_kappa);
  });

  const all = (actual: number[], predicted: number[], classes = 2) => {
    const matrix = confusionMatrix(bytes(actual), bytes(predicted), classes);
    return { matrix, counts: oneVersusRest(matrix, 1) };
  };

  test('a metric that does not exist is null with the reason, never 0 or 1', () => {
    const nothingPredicted = all([0, 1], [0, 0]);
    const nothingActual = all([0, 0], [0, 1]);
    const onlyNegatives = all([0, 0], [0, 0]);
    const onlyPositives = all([1, 1], [1, 1]);
    const empty = all([], []);
    expect([
      precision(nothingPredicted.counts),
      recall(nothingActual.counts),
      falseNegativeRate(nothingActual.counts),
      specificity(onlyPositives.counts),
      falsePositiveRate(onlyPositives.counts),
      f1(onlyNegatives.counts),
      matthewsCorrelation(nothingPredicted.matrix),
      matthewsCorrelation(nothingActual.matrix),
      cohenKappa(onlyPositives.matrix),
      accuracy(empty.matrix),
      balancedAccuracy(empty.matrix),
      matthewsCorrelation(empty.matrix),
      cohenKappa(empty.matrix),
      selectionRate(empty.counts),
    ]).toEqual([
      { value: null, reason: 'no predicted positives' },
      { value: null, reason: 'no actual positives' },
      { value: null, reason: 'no actual positives' },
      { value: null, reason: 'no actual negatives' },
      { value: null, reason: 'no actual negatives' },
      { value: null, reason: 'no actual and no predicted positives' },
      { value: null, reason: 'one predicted class only' },
      { value: null, reason: 'one actual class only' },
      { value: null, reason: 'one class only, in labels and predictions alike' },
      { value: null, reason: 'no rows' },
      { value: null, reason: 'undefined for every class', leftOut: [0, 1] },
      { value: null, reason: 'no rows' },
      { value: null, reason: 'no rows' },
      { value: null, reason: 'no rows' },
    ]);
  });

  test('F1 with positives of which none is found is 0, which is a value', () => {
    expect(f1(all([1, 0], [0, 0]).counts)).toEqual({ value: 0 });
  });

  test('a score equal to the threshold decides positive, and NaN decides negative', () => {
    expect([...decide(floats([0.5, 0.5 - 1e-16, NaN, Infinity]), 0.5)]).toEqual([1, 0, 0, 1]);
  });
});

describe('multiclass classification', () => {
  const { labels, predicted, weights, known, expected } = goldens.multiclass;
  const matrix = confusionMatrix(ints(labels), ints(predicted), known, floats(weights));

  test('metrics agree with scikit-learn when a known class never occurs and another is never predicted', () => {
    expectAllClose(matrix.counts, expected.confusion.flat());
    expectClose(accuracy(matrix), expected.accuracy);
    expectClose(balancedAccuracy(matrix), expected.balanced_accuracy);
    expectClose(matthewsCorrelation(matrix), expected.mcc);
    for (const weighting of ['none', 'linear', 'quadratic'] as const) expectClose(cohenKappa(matrix, weighting), expected[`kappa_${weighting}`]);
    for (const average of ['micro', 'macro', 'weighted'] as const) {
      expectClose(averaged(matrix, precision, average), expected[`${average}_1`].precision);
      expectClose(averaged(matrix, recall, average), expected[`${average}_1`].recall);
      expectClose(averaged(matrix, f1, average), expected[`${average}_1`].f);
      expectClose(averaged(matrix, (counts) => fBeta(counts, 2), average), expected[`${average}_2`].f);
    }
  });

  test('an average names the classes it leaves out', () => {
    expect(averaged(matrix, precision, 'macro').leftOut).toEqual([3, 4]);
    expect(averaged(matrix, recall, 'weighted').leftOut).toEqual([4]);
  });
});

describe('inputs that are not labels or weights', () => {
  test.each([
    ['a label outside the classes', () => confusionMatrix(ints([0, 2]), ints([0, 1]), 2)],
    ['a missing label', () => confusionMatrix(ints([0, -1]), ints([0, 1]), 2)],
    ['lengths that differ', () => confusionMatrix(ints([0]), ints([0, 1]), 2)],
    ['a negative weight', () => confusionMatrix(ints([0, 1]), ints([0, 1]), 2, floats([1, -1]))],
    ['a weight that is not a number', () => confusionMatrix(ints([0, 1]), ints([0, 1]), 2, floats([1, NaN]))],
  ])('%s is refused', (_name, run) => expect(run).toThrow(RangeError));

  test('with all weights 0 there are no rows', () => {
    expect(accuracy(confusionMatrix(ints([0, 1]), ints([0, 1]), 2, floats([0, 0])))).toEqual({ value: null, reason: 'no rows' });
  });
});

describe('invariants', () => {
  const classes = 4;
  const rows = fc.array(fc.tuple(fc.nat(classes - 1), fc.nat(classes - 1)), { minLength: 1, maxLength: 60 });
  const matrixOf = (pairs: [number, number][], weights?: Float64Array) =>
    confusionMatrix(ints(pairs.map(([actual]) => actual)), ints(pairs.map(([, predicted]) => predicted)), classes, weights);

  test('renaming the classes changes no metric', () => {
    fc.assert(
      fc.property(rows, fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }), (pairs, names) => {
        const renamed = pairs.map(([actual, predicted]): [number, number] => [names[actual], names[predicted]]);
        for (const metric of [accuracy, balancedAccuracy, matthewsCorrelation, cohenKappa]) {
          const [before, after] = [metric(matrixOf(pairs)).value, metric(matrixOf(renamed)).value];
          if (before === null) expect(after).toBeNull();
          else expectClose(after, before);
        }
      }),
    );
  });

  test('a whole-number weight counts as that many rows', () => {
    fc.assert(
      fc.property(rows, fc.infiniteStream(fc.nat(3)), (pairs, stream) => {
        const weights = pairs.map(() => stream.next().value as number);
        const repeated = pairs.flatMap((pair, row) => Array<[number, number]>(weights[row]).fill(pair));
        expect(matrixOf(pairs, floats(weights))).toEqual(matrixOf(repeated));
      }),
    );
  });

  test('the micro average of precision and of recall is the accuracy', () => {
    fc.assert(
      fc.property(rows, (pairs) => {
        const matrix = matrixOf(pairs);
        expectClose(averaged(matrix, precision, 'micro'), accuracy(matrix).value!);
        expectClose(averaged(matrix, recall, 'micro'), accuracy(matrix).value!);
      }),
    );
  });
});
