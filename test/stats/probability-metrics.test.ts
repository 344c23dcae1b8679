import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryBrier, brier } from '../../server/stats/brier.ts';
import { binaryLogLoss, LOG_LOSS_EPSILON, logLoss } from '../../server/stats/log-loss.ts';
import { probabilityFaults } from '../../server/stats/probabilities.ts';
import { bytes, expectClose, floats, goldens, ints } from './metric-goldens.ts';

describe('log loss and Brier score', () => {
  test.each([
    ['weighted', goldens.binary],
    ['unweighted', goldens.binary_plain],
  ])('%s binary scores agree with scikit-learn', (_name, { labels, scores, weights, expected }) => {
    expectClose(binaryLogLoss(bytes(labels), floats(scores), floats(weights)), expected.log_loss);
    expectClose(binaryBrier(bytes(labels), floats(scores), floats(weights)), expected.brier);
  });

  test('multiclass scores agree with scikit-learn, on both scales', () => {
    const { classes, labels, probabilities, weights, expected } = goldens.multiclass;
    expectClose(logLoss(ints(labels), floats(probabilities), classes, floats(weights)), expected.log_loss);
    expectClose(brier(ints(labels), floats(probabilities), classes, 'full', floats(weights)), expected.brier_full);
    expectClose(brier(ints(labels), floats(probabilities), classes, 'half', floats(weights)), expected.brier_half);
  });

  test('a certain and wrong answer costs −ln ε of the type that answered', () => {
    expectClose(binaryLogLoss(bytes([1]), floats([0])), 36.04365338911715);
    expectClose(binaryLogLoss(bytes([0]), floats([1])), 36.04365338911715);
    expectClose(binaryLogLoss(bytes([1]), floats([0]), undefined, LOG_LOSS_EPSILON.float32), Math.log(2 ** 23));
    expectClose(binaryLogLoss(bytes([1, 0]), floats([1, 0])), 0);
  });

  test('logits, NaN and rows that do not add up are no probabilities, and are counted', () => {
    const rows = floats([0.2, 0.8, -3, 4, NaN, 1, 0.5, 0.4, 0.33331, 0.66663]);
    expect(probabilityFaults(rows, 2)).toEqual({ rows: 5, notFinite: 1, outsideUnitInterval: 1, sumNotOne: 1 });
    expect(logLoss(ints([0, 1, 0, 1, 0]), rows, 2)).toEqual({
      value: null,
      reason: 'scores are not probabilities: of 5 rows, 1 not finite, 1 outside 0–1, 1 not adding up to 1',
    });
    expect(binaryBrier(bytes([1]), floats([1.5])).value).toBeNull();
    expect(brier(ints([0]), floats([2, -1]), 2, 'full').value).toBeNull();
  });

  test('no rows, no score', () => {
    expect([binaryLogLoss(bytes([]), floats([])), binaryBrier(bytes([]), floats([])), logLoss(ints([]), floats([]), 3)].map((it) => it.reason)).toEqual(['no rows', 'no rows', 'no rows']);
  });

  test('a label outside the classes is refused', () => {
    expect(() => logLoss(ints([2]), floats([0.5, 0.5]), 2)).toThrow(RangeError);
    expect(() => binaryBrier(ints([-1]), floats([0.5]))).toThrow(RangeError);
  });

  test('with two classes the multiclass forms are the binary ones', () => {
    const rows = fc.array(fc.tuple(fc.nat(1), fc.double({ min: 0, max: 1, noNaN: true })), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(rows, (pairs) => {
        const labels = ints(pairs.map(([label]) => label));
        const scores = floats(pairs.map(([, score]) => score));
        const both = floats(pairs.flatMap(([, score]) => [1 - score, score]));
        expectClose(logLoss(labels, both, 2), binaryLogLoss(labels, scores).value!);
        expectClose(brier(labels, both, 2, 'half'), binaryBrier(labels, scores).value!);
      }),
    );
  });
});
