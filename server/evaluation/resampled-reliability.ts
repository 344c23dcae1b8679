import { type BinStrategy, type Reliability, reliability } from '../stats/calibration.ts';
import type { RankedScores } from '../stats/ranked-scores.ts';

/** Bins that calibration errors are computed over; the number is part of their meaning. */
export const CALIBRATION_BINS = 10;

/**
 * Reliability bins under other row weights. The edges stay those of the data: a bootstrap of the error at given bins.
 *
 * @param ranked labels and scores in order of descending score
 * @returns a function from weights in that order to the bins, cheap enough to call per resample; only what the
 *   calibration errors read is refilled
 */
export function resampledReliability(ranked: RankedScores, strategy: BinStrategy): (weights: Float64Array) => Reliability {
  const { labels } = ranked;
  const scores = scoresInOrder(ranked);
  const observed = reliability(labels, scores, { bins: CALIBRATION_BINS, strategy, level: 0.95 });
  if (observed.fault !== undefined) return () => observed;
  // Scores descend, so each bin is one run of rows, the highest bin first.
  const runs = observed.bins.toReversed();
  const ends = runs.map(({ low }, index) => (index === runs.length - 1 ? scores.length : scores.findIndex((score) => score <= low)));
  return (weights) => {
    const bins: Reliability['bins'] = [];
    let start = 0;
    for (let index = 0; index < runs.length; index++) {
      const end = ends[index];
      let [weight, squares, promised, positives] = [0, 0, 0, 0];
      for (let row = start; row < end; row++) {
        const each = weights[row];
        weight += each;
        squares += each * each;
        promised += each * scores[row];
        positives += each * labels[row];
      }
      if (weight > 0) bins.push({ ...runs[index], weight, meanScore: promised / weight, positiveShare: positives / weight, effectiveRows: weight ** 2 / squares });
      start = end;
    }
    return { ...observed, bins };
  };
}

function scoresInOrder({ labels, scores, tieEnds }: RankedScores): Float64Array {
  const inOrder = new Float64Array(labels.length);
  tieEnds.forEach((end, run) => inOrder.fill(scores[run], run === 0 ? 0 : tieEnds[run - 1], end));
  return inOrder;
}
