import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binaryBrier } from '../../server/stats/brier.ts';
import { brierDecomposition, calibrationRatio, debiasedCalibrationError, expectedCalibrationError, maxCalibrationError, reliability } from '../../server/stats/calibration.ts';
import { calibrate, calibrateClasses, chooseCalibrator } from '../../server/stats/calibrator.ts';
import { applyIsotonic, fitIsotonic } from '../../server/stats/isotonic.ts';
import { createRandom } from '../../server/stats/random.ts';
import { bytes, expectAllClose, expectClose, floats, goldens } from './metric-goldens.ts';

const { labels, scores, weights, expected } = goldens.calibration;
const bin = (ofLabels: number[], ofScores: number[], bins = 10, strategy: 'width' | 'mass' = 'width', ofWeights?: number[]) =>
  reliability(bytes(ofLabels), floats(ofScores), { bins, strategy, level: 0.95 }, ofWeights && floats(ofWeights));

describe('reliability', () => {
  test.each([5, 10, 20])('%i bins of equal width and of equal mass agree with scikit-learn', (bins) => {
    for (const [strategy, theirs] of [['width', 'uniform'], ['mass', 'quantile']] as const) {
      const result = bin(labels, scores, bins, strategy);
      expectAllClose(result.bins.map((it) => it.positiveShare), expected[`${theirs}_${bins}`].share);
      expectAllClose(result.bins.map((it) => it.meanScore), expected[`${theirs}_${bins}`].mean);
      expect(result.bins.reduce((sum, it) => sum + it.rows, 0)).toBe(labels.length);
    }
  });

  test('0 is in the first bin and 1 in the last, an inner edge in the bin below it, and empty bins are counted', () => {
    const result = bin([0, 1, 1], [0, 0.5, 1], 4);
    expect(result.bins.map(({ low, high, rows }) => [low, high, rows])).toEqual([
      [0, 0.25, 1],
      [0.25, 0.5, 1],
      [0.75, 1, 1],
    ]);
    expect(result.emptyBins).toBe(1);
  });

  test('equal scores fall into one bin of equal mass', () => {
    const result = bin([0, 1, 1, 0], [0.3, 0.3, 0.3, 0.3], 10, 'mass');
    expect(result.bins).toHaveLength(1);
    expectClose(expectedCalibrationError(result), 0.2);
  });

  test('each bin carries a Wilson interval around its share', () => {
    for (const { interval, positiveShare } of bin(labels, scores).bins) expect(interval.low <= positiveShare && positiveShare <= interval.high).toBe(true);
  });

  test('errors by hand: 0.1 promised 0, 0.9 promised 1', () => {
    const result = bin([0, 0, 1, 1], [0.1, 0.1, 0.9, 0.7]);
    expectClose(expectedCalibrationError(result), (0.1 * 2 + 0.1 + 0.3) / 4);
    expectClose(maxCalibrationError(result), 0.3);
  });

  test('scores that are not probabilities, or no rows, leave every error undefined', () => {
    for (const result of [bin([0, 1], [2, -1]), bin([], []), bin([0], [0.5], 10, 'width', [0])]) {
      expect([expectedCalibrationError(result).value, maxCalibrationError(result).value, debiasedCalibrationError(result).value, brierDecomposition(result)]).toEqual([null, null, null, null]);
    }
    expect(expectedCalibrationError(bin([0, 1], [2, -1])).reason).toBe('scores are not probabilities: of 2 rows, 2 outside 0–1');
  });

  test('on calibrated scores the plain error is mostly noise, and the debiased one takes most of it away', () => {
    const random = createRandom('calibrated');
    let plain = 0;
    let debiased = 0;
    for (let repeat = 0; repeat < 40; repeat++) {
      const drawn = Array.from({ length: 300 }, () => random.uniform());
      const result = bin(drawn.map((score) => (random.uniform() < score ? 1 : 0)), drawn, 15, 'mass');
      plain += Math.sqrt(result.bins.reduce((sum, { rows, meanScore, positiveShare }) => sum + (rows / 300) * (meanScore - positiveShare) ** 2, 0)) / 40;
      debiased += debiasedCalibrationError(result).value! / 40;
    }
    expect(plain).toBeGreaterThan(0.05);
    expect(debiased).toBeLessThan(plain / 3);
  });

  test('a bin of one row cannot be debiased', () => {
    expect(debiasedCalibrationError(bin([0, 1], [0.1, 0.9])).value).toBeNull();
    expectClose(debiasedCalibrationError(bin([0, 1, 1, 1], [0.05, 0.9, 0.9, 0.9])), 0.1);
  });

  test('the debiased error keeps a real miscalibration', () => {
    const far = bin(Array(500).fill(0), Array(500).fill(0.4));
    expect([expectedCalibrationError(far).value, debiasedCalibrationError(far).value].map((value) => value!.toFixed(12))).toEqual(['0.400000000000', '0.400000000000']);
  });

  test('the ratio compares promised with happened', () => {
    expectClose(calibrationRatio(bytes([1, 0, 1]), floats([0.9, 0.3, 0.6])), 0.9);
    expectClose(calibrationRatio(bytes([1, 0]), floats([0.5, 0.5]), floats([1, 3])), 2);
    expect(calibrationRatio(bytes([0, 0]), floats([0.1, 0.2]))).toEqual({ value: null, reason: 'no actual positives' });
  });

  test('the parts of the Brier score add up to it, on any bins and weights', () => {
    const rows = fc.array(fc.tuple(fc.nat(1), fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 4 })), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 12 }), fc.constantFrom('width' as const, 'mass' as const), (triples, bins, strategy) => {
        fc.pre(triples.some(([, , weight]) => weight > 0));
        const [ofLabels, ofScores, ofWeights] = [0, 1, 2].map((column) => triples.map((triple) => triple[column]));
        const parts = brierDecomposition(bin(ofLabels, ofScores, bins, strategy, ofWeights))!;
        const sum = parts.reliability - parts.resolution + parts.uncertainty + parts.withinBinSpread - parts.withinBinSkill;
        expectClose(binaryBrier(bytes(ofLabels), floats(ofScores), floats(ofWeights)), sum, 1e-12);
      }),
    );
  });
});

describe('isotonic regression', () => {
  test('agrees with scikit-learn inside, between and beyond the data, with and without weights', () => {
    const { grid, plain, weighted } = expected.isotonic;
    expectAllClose(applyIsotonic(fitIsotonic(floats(scores), floats(labels)), floats(grid)), plain, 1e-9);
    expectAllClose(applyIsotonic(fitIsotonic(floats(scores), floats(labels), floats(weights)), floats(grid)), weighted, 1e-9);
  });

  test('never decreases, stays within the targets and keeps their mean', () => {
    const points = fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -9, max: 9 })), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(points, (pairs) => {
        const x = floats(pairs.map(([at]) => at));
        const y = floats(pairs.map(([, value]) => value));
        const fit = fitIsotonic(x, y);
        expect(fit.y.every((value, index) => index === 0 || (value >= fit.y[index - 1] && fit.x[index] > fit.x[index - 1]))).toBe(true);
        expectClose(applyIsotonic(fit, x).reduce((sum, value) => sum + value, 0), y.reduce((sum, value) => sum + value, 0), 1e-9);
      }),
    );
  });

  test('no rows with weight, or a value that is not finite, is refused; NaN in is NaN out', () => {
    expect(() => fitIsotonic(floats([]), floats([]))).toThrow(RangeError);
    expect(() => fitIsotonic(floats([1]), floats([NaN]))).toThrow(RangeError);
    expect(applyIsotonic(fitIsotonic(floats([1]), floats([2])), floats([NaN, 0]))).toEqual(floats([NaN, 2]));
  });
});

describe('choice of a calibrator', () => {
  const random = createRandom('calibrator');
  const truth = Float64Array.from({ length: 4000 }, () => random.uniform());
  const drawn = Uint8Array.from(truth, (share) => (random.uniform() < share ? 1 : 0));

  test('calibrated scores are left alone', () => expect(chooseCalibrator(drawn, truth, 1).kind).toBe('identity'));

  test('scores far from probabilities are bent until they are', () => {
    const bent = truth.map((share) => share ** 4);
    const calibrator = chooseCalibrator(drawn, bent, 1);
    expect(calibrator.kind).toBe('isotonic');
    const after = reliability(drawn, calibrate(calibrator, bent), { bins: 10, strategy: 'width', level: 0.95 });
    expect(expectedCalibrationError(after).value!).toBeLessThan(0.02);
  });

  test('too few rows of a class leave nothing to decide on', () => expect(chooseCalibrator(bytes([0, 1, 1]), floats([0.1, 0.2, 0.3]), 1)).toEqual({ kind: 'identity' }));

  test('classes are scaled to add up to 1, evenly where nothing is left', () => {
    const zero = { kind: 'isotonic', fit: { x: floats([0]), y: floats([0]) } } as const;
    expect(calibrateClasses([zero, zero], floats([0.3, 0.7]))).toEqual(floats([0.5, 0.5]));
    expect(calibrateClasses([{ kind: 'identity' }, zero], floats([0.3, 0.7]))).toEqual(floats([1, 0]));
  });
});
