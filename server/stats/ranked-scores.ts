import { type ClassIndices, checkClasses } from './confusion.ts';

/** Binary labels in order of descending score: sorted once, read by every metric that only needs the order. */
export interface RankedScores {
  /** Rows of the data, ranked or not: the length of any weights. */
  rows: number;
  /** Row at each position, highest score first, rows of equal score in file order. */
  order: Uint32Array;
  /** Label (0 or 1) at each position. */
  labels: Uint8Array;
  /** Position just past each run of equal scores, ascending; the last one is the number of ranked rows. */
  tieEnds: Uint32Array;
  /** Score of each run. */
  scores: Float64Array;
  /** Rows whose score is NaN: they have no place, so every metric of the order is undefined when there is one. */
  notANumber: number;
}

/**
 * Sorts rows by score.
 *
 * @param labels 0 or 1 per row
 * @param scores any real score per row, higher means more likely 1; ±Infinity is allowed, −0 equals 0
 * @param among  rows to rank, ascending; all when absent
 * @throws RangeError if the lengths differ or a label is neither 0 nor 1
 */
export function rankScores(labels: ClassIndices, scores: Float64Array, among = Uint32Array.from(scores.keys())): RankedScores {
  if (labels.length !== scores.length) throw new RangeError(`${labels.length} labels for ${scores.length} scores`);
  checkClasses(labels, 2);
  const rows = scores.length;
  let notANumber = 0;
  for (const row of among) if (Number.isNaN(scores[row])) notANumber++;
  if (notANumber > 0) return { rows, order: new Uint32Array(), labels: new Uint8Array(), tieEnds: new Uint32Array(), scores: new Float64Array(), notANumber };

  const order = among.slice().sort((a, b) => scores[b] - scores[a] || a - b);
  const tieEnds: number[] = [];
  for (let position = 0; position < order.length; position++) {
    if (position + 1 === order.length || scores[order[position]] !== scores[order[position + 1]]) tieEnds.push(position + 1);
  }
  return {
    rows,
    order,
    labels: Uint8Array.from(order, (row) => labels[row]),
    tieEnds: Uint32Array.from(tieEnds),
    scores: Float64Array.from(tieEnds, (end) => scores[order[end - 1]]),
    notANumber,
  };
}
