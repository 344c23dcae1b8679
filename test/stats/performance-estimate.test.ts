import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { averagePrecision } from '../../server/stats/average-precision.ts';
import { finish } from '../../server/stats/bootstrap.ts';
import { accuracy, averaged, f1, precision, recall, specificity } from '../../server/stats/classification-metrics.ts';
import { confusionMatrix, decide, oneVersusRest } from '../../server/stats/confusion.ts';
import { estimatePerformance, possibleOutcomes } from '../../server/stats/performance-estimate.ts';
import { createRandom } from '../../server/stats/random.ts';
import { rankScores } from '../../server/stats/ranked-scores.ts';
import { rocAuc } from '../../server/stats/roc-auc.ts';
import { bytes, expectClose, floats, goldens } from './metric-goldens.ts';

/** What test/goldens/label_free.py wrote. */
const nannyMl = JSON.parse(readFileSync(new URL('../goldens/label_free.json', import.meta.url), 'utf8')) as {
  scores: number[];
  probabilities: number[];
  predicted: number[];
  expected: Record<string, number>;
};

const plan = { replicates: 500, seed: 2, level: 0.95 };

function binaryStatistics(probabilities: Float64Array) {
  const outcomes = possibleOutcomes(probabilities, 2, 'binary');
  const predicted = Uint8Array.from(outcomes.rows, (row) => decide(probabilities, 0.5)[row]);
  const ranked = rankScores(outcomes.labels, Float64Array.from(outcomes.rows, (row) => probabilities[row]));
  const counts = (weights: Float64Array) => oneVersusRest(confusionMatrix(outcomes.labels, predicted, 2, weights), 1);
  return {
    outcomes,
    statistics: [
      (weights: Float64Array) => accuracy(confusionMatrix(outcomes.labels, predicted, 2, weights)).value ?? NaN,
      (weights: Float64Array) => precision(counts(weights)).value ?? NaN,
      (weights: Float64Array) => recall(counts(weights)).value ?? NaN,
      (weights: Float64Array) => f1(counts(weights)).value ?? NaN,
      (weights: Float64Array) => rocAuc(ranked, weights).value ?? NaN,
    ],
  };
}

describe('performance without labels', () => {
  test('binary estimates agree with NannyML', () => {
    const outcomes = possibleOutcomes(floats(nannyMl.probabilities), 2, 'binary');
    const predicted = bytes(Array.from(outcomes.rows, (row) => nannyMl.predicted[row]));
    const matrix = confusionMatrix(outcomes.labels, predicted, 2, outcomes.weights);
    const counts = oneVersusRest(matrix, 1);
    const ranked = rankScores(outcomes.labels, floats(Array.from(outcomes.rows, (row) => nannyMl.scores[row])));
    expectClose(accuracy(matrix), nannyMl.expected.accuracy);
    expectClose(precision(counts), nannyMl.expected.precision);
    expectClose(recall(counts), nannyMl.expected.recall);
    expectClose(specificity(counts), nannyMl.expected.specificity);
    expectClose(f1(counts), nannyMl.expected.f1);
    // NannyML rounds the cumulated mass to five decimals.
    expectClose(rocAuc(ranked, outcomes.weights), nannyMl.expected.roc_auc, 1e-6);
    expectClose(averagePrecision(ranked, outcomes.weights), nannyMl.expected.average_precision, 1e-6);
  });

  test('binary estimates are the expected counts, ties at one half', () => {
    const { probabilities, expected } = goldens.label_free;
    const { outcomes, statistics } = binaryStatistics(floats(probabilities));
    const estimates = finish(estimatePerformance(outcomes, statistics, plan));
    ['accuracy', 'precision', 'recall', 'f1', 'roc_auc'].forEach((name, index) => {
      expectClose(estimates[index].value, expected[name]);
      const { low, high } = estimates[index].interval!;
      expect(low < expected[name] && expected[name] < high).toBe(true);
    });
  });

  test('the interval holds the accuracy that labels then show, about as often as it says', () => {
    const random = createRandom('coverage');
    let held = 0;
    for (let repeat = 0; repeat < 200; repeat++) {
      const probabilities = Float64Array.from({ length: 120 }, () => random.uniform());
      const { outcomes, statistics } = binaryStatistics(probabilities);
      const [{ interval }] = finish(estimatePerformance(outcomes, [statistics[0]], { replicates: 200, seed: repeat, level: 0.9 }));
      const right = probabilities.filter((share) => (random.uniform() < share) === share >= 0.5).length / 120;
      if (interval!.low <= right && right <= interval!.high) held++;
    }
    expect(held).toBeGreaterThan(170);
  });

  test('several classes: expected accuracy is the mean probability of the predicted class', () => {
    const { probabilities, classes, predicted } = goldens.multiclass;
    const outcomes = possibleOutcomes(floats(probabilities), classes, 'row-major');
    const predictedOfOutcome = Int32Array.from(outcomes.rows, (row) => predicted[row]);
    const matrixOf = (weights: Float64Array) => confusionMatrix(outcomes.labels, predictedOfOutcome, classes, weights);
    const [right, weighted] = finish(
      estimatePerformance(outcomes, [(weights) => accuracy(matrixOf(weights)).value ?? NaN, (weights) => averaged(matrixOf(weights), f1, 'weighted').value ?? NaN], plan),
    );
    const mean = predicted.reduce((sum, index, row) => sum + probabilities[row * classes + index], 0) / predicted.length;
    expectClose(right.value, mean);
    expect(weighted.interval!.low < weighted.value! && weighted.value! < weighted.interval!.high).toBe(true);
  });

  test('it repeats with the seed, and certain probabilities without doubt give no interval', () => {
    const { outcomes, statistics } = binaryStatistics(floats(goldens.label_free.probabilities));
    expect(finish(estimatePerformance(outcomes, statistics, plan))).toEqual(finish(estimatePerformance(outcomes, statistics, plan)));
    const certain = binaryStatistics(floats([0, 1, 1, 0]));
    const [right] = finish(estimatePerformance(certain.outcomes, [certain.statistics[0]], plan));
    expect([right.value, right.interval, right.reason]).toEqual([1, null, 'every resample gives the same value']);
  });

  test('scores that are not probabilities are refused', () => {
    expect(() => possibleOutcomes(floats([1.2]), 2, 'binary')).toThrow('scores are not probabilities');
    expect(() => possibleOutcomes(floats([0.2]), 3, 'binary')).toThrow(RangeError);
  });
});
