import { describe, expect, it } from 'vitest';
import { detectConceptDrift } from '../../server/drift/detect-concept-drift.ts';
import { type ScoredRows, estimatePerformance } from '../../server/drift/estimate-performance.ts';
import { createRandom } from '../../server/stats/random.ts';

/** Calibrated scores with labels thrown by them; `flipped` of the labels mean the opposite. */
function scored(label: string, rows: number, { easy = 1, flipped = 0, labelled = true } = {}): ScoredRows {
  const random = createRandom(label);
  const scores = Float64Array.from({ length: rows }, () => 1 / (1 + Math.exp(-2 * easy * random.normal())));
  const labels = Int32Array.from(scores, (score) => {
    const truth = random.uniform() < score ? 1 : 0;
    return random.uniform() < flipped ? 1 - truth : truth;
  });
  return { scores, labels: labelled ? labels : null };
}

const options = { seed: 11, replicates: 200 };

describe('performance without labels', () => {
  it('is near the realised one when the labels mean what they did', async () => {
    const estimates = await estimatePerformance({ classes: 2, threshold: 0.5, reference: scored('r', 3000), current: scored('c', 2000, { easy: 0.5 }) }, options);
    expect(estimates.map(({ metric }) => metric)).toEqual(['accuracy', 'precision', 'recall', 'f1', 'roc_auc']);
    for (const { estimated, realised, reference } of estimates) {
      expect(realised!.value).toBeGreaterThan(estimated.interval!.low);
      expect(realised!.value).toBeLessThan(estimated.interval!.high);
      // The rows have become harder, which the estimate follows.
      expect(estimated.value).toBeLessThan(reference.value!);
    }
    expect(estimates.map((estimate) => detectConceptDrift(estimate).verdict)).not.toContain('moved');
  });

  it('does not see a change of what the labels mean, and the concept drift beside it does', async () => {
    const estimates = await estimatePerformance({ classes: 2, threshold: 0.5, reference: scored('r', 3000), current: scored('c', 3000, { flipped: 0.2 }) }, options);
    const accuracy = detectConceptDrift(estimates[0]);
    expect(accuracy).toMatchObject({ verdict: 'moved', metric: 'accuracy' });
    expect(accuracy.difference.value).toBeLessThan(-0.05);
    expect(accuracy.difference.interval!.high).toBeLessThan(0);
    expect(accuracy.message).toContain('the label no longer depends on the features as it did');
  });

  it('has no realised value without labels, and concept drift is then inconclusive', async () => {
    const [accuracy] = await estimatePerformance({ classes: 2, threshold: 0.5, reference: scored('r', 500), current: scored('c', 300, { labelled: false }) }, options);
    expect(accuracy.realised).toBeUndefined();
    expect(detectConceptDrift(accuracy)).toMatchObject({ verdict: 'inconclusive', message: expect.stringContaining('no labels') as string, difference: { value: null } });
  });

  it('is undefined with a reason where a metric is', async () => {
    const never = { scores: Float64Array.of(0.1, 0.2, 0.1), labels: null };
    const estimates = await estimatePerformance({ classes: 2, threshold: 0.9, reference: scored('r', 200), current: never }, options);
    const precision = estimates.find(({ metric }) => metric === 'precision')!;
    expect(precision.estimated.value).toBeNull();
    expect(precision.estimated.reason).toBeTruthy();
  });

  it('is told for three classes, too', async () => {
    const random = createRandom('three');
    const rows = (count: number): ScoredRows => {
      const scores = new Float64Array(3 * count);
      const labels = new Int32Array(count);
      for (let row = 0; row < count; row++) {
        const weights = [0, 1, 2].map(() => Math.exp(1.5 * random.normal()));
        const sum = weights.reduce((total, weight) => total + weight, 0);
        weights.forEach((weight, index) => (scores[3 * row + index] = weight / sum));
        const uniform = random.uniform() * sum;
        labels[row] = uniform < weights[0] ? 0 : uniform < weights[0] + weights[1] ? 1 : 2;
      }
      return { scores, labels };
    };
    const estimates = await estimatePerformance({ classes: 3, threshold: 0.5, reference: rows(1500), current: rows(1000) }, options);
    expect(estimates.map(({ metric }) => metric)).toEqual(['accuracy', 'recall_macro', 'f1_macro']);
    for (const { estimated, realised } of estimates) expect(Math.abs(estimated.value! - realised!.value!)).toBeLessThan(0.05);
  });

  it('needs a labelled reference and probabilities', async () => {
    const current = scored('c', 10);
    await expect(estimatePerformance({ classes: 2, threshold: 0.5, reference: { ...current, labels: null }, current }, options)).rejects.toThrow('no reference row has a label');
    await expect(estimatePerformance({ classes: 2, threshold: 0.5, reference: current, current: { scores: Float64Array.of(3, -2), labels: null } }, options)).rejects.toThrow(RangeError);
  });
});
