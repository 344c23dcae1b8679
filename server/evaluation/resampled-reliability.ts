import { type BinStrategy, type Reliability, reliability } from '../stats/calibration.ts';
import type { RankedScores } from '../stats/ranked-scores.ts';

/** Bins that calibration errors are computed over; the number is part of their meaning. */
export const CALIBRATION_BINS = 10;

/**
 * Reliability bins of both strategies under other row weights. The edges stay those of the data: a bootstrap of the error
 * at given bins.
 *
 * @param ranked labels and scores in order of descending score
 * @returns a function from weights in that order to the bins, cheap enough to call per resample; only what the
 *   calibration errors read is refilled
 */
export function resampledReliability(ranked: RankedScores): (weights: Float64Array) => Record<BinStrategy, Reliability> {
  const { labels } = ranked;
  const scores = scoresInOrder(ranked);
  const binned = { width: binRuns(labels, scores, 'width'), mass: binRuns(labels, scores, 'mass') };
  // Scores descend, so a bin of either strategy is a run of rows. The rows are gone through once, cut where any run ends.
  const cuts = [...new Set([...binned.width.ends, ...binned.mass.ends])].sort((a, b) => a - b);
  const pieces = cuts.map(() => ({ weight: 0, squares: 0, promised: 0, positives: 0 }));
  return (weights) => {
    let row = 0;
    cuts.forEach((end, index) => {
      let [weight, squares, promised, positives] = [0, 0, 0, 0];
      for (; row < end; row++) {
        const each = weights[row];
        weight += each;
        squares += each * each;
        promised += each * scores[row];
        positives += each * labels[row];
      }
      pieces[index] = { weight, squares, promised, positives };
    });
    return { width: refill(binned.width, cuts, pieces), mass: refill(binned.mass, cuts, pieces) };
  };
}

interface BinRuns {
  observed: Reliability;
  /** Its bins, the highest first. */
  runs: Reliability['bins'];
  /** Where the rows of each end. */
  ends: number[];
}

function binRuns(labels: Uint8Array, scores: Float64Array, strategy: BinStrategy): BinRuns {
  const observed = reliability(labels, scores, { bins: CALIBRATION_BINS, strategy, level: 0.95 });
  const runs = observed.bins.toReversed();
  return { observed, runs, ends: runs.map(({ low }, index) => (index === runs.length - 1 ? scores.length : scores.findIndex((score) => score <= low))) };
}

function refill({ observed, runs, ends }: BinRuns, cuts: readonly number[], pieces: readonly { weight: number; squares: number; promised: number; positives: number }[]): Reliability {
  const bins: Reliability['bins'] = [];
  let piece = 0;
  runs.forEach((bin, index) => {
    let [weight, squares, promised, positives] = [0, 0, 0, 0];
    for (; cuts[piece] <= ends[index]; piece++) {
      weight += pieces[piece].weight;
      squares += pieces[piece].squares;
      promised += pieces[piece].promised;
      positives += pieces[piece].positives;
    }
    if (weight > 0) bins.push({ ...bin, weight, meanScore: promised / weight, positiveShare: positives / weight, effectiveRows: weight ** 2 / squares });
  });
  return { ...observed, bins };
}

function scoresInOrder({ labels, scores, tieEnds }: RankedScores): Float64Array {
  const inOrder = new Float64Array(labels.length);
  tieEnds.forEach((end, run) => inOrder.fill(scores[run], run === 0 ? 0 : tieEnds[run - 1], end));
  return inOrder;
}
