import { type ClassIndices, checkClasses } from './confusion.ts';
import { type MetricValue, defined, ratio, undefinedBecause } from './metric-value.ts';
import { rowCount } from './probabilities.ts';
import { type RankedScores, rankScores } from './ranked-scores.ts';
import { totalWeight } from './sample-weights.ts';

/**
 * Area under the receiver operating characteristic: the chance that a random positive scores above a random negative,
 * ties counting one half. 0–1, 0.5 when guessing.
 *
 * @param ranked  labels by descending score, see `rankScores`
 * @param weights per row in file order, see `totalWeight`
 * @returns undefined when one class has no weight, or when a score is NaN
 * Mann–Whitney U ÷ (positives × negatives) (Hanley & McNeil 1982). Agrees with sklearn `roc_auc_score`.
 */
export function rocAuc(ranked: RankedScores, weights?: Float64Array): MetricValue {
  if (ranked.notANumber > 0) return undefinedBecause(`${ranked.notANumber} scores are not a number`);
  totalWeight(ranked.rows, weights);
  return uncheckedRocAuc(ranked, weights ?? new Float64Array(ranked.rows).fill(1));
}

/** `rocAuc` under weights that are known to be finite and ≥ 0, as those of a resample are. No score is NaN. */
export function uncheckedRocAuc({ order, labels, tieEnds }: RankedScores, weights: Float64Array): MetricValue {
  let above = 0;
  let negatives = 0;
  let wins = 0;
  let position = 0;
  for (let run = 0; run < tieEnds.length; run++) {
    const end = tieEnds[run];
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (; position < end; position++) {
      const weight = weights[order[position]];
      // No branch on the label, which no processor can predict.
      const positive = weight * labels[position];
      tiedPositives += positive;
      tiedNegatives += weight - positive;
    }
    wins += tiedNegatives * (above + tiedPositives / 2);
    above += tiedPositives;
    negatives += tiedNegatives;
  }
  if (above === 0) return undefinedBecause('no actual positives');
  if (negatives === 0) return undefinedBecause('no actual negatives');
  return defined(wins / (above * negatives));
}

/** One threshold: predicting positive at scores ≥ `threshold` gives these rates. */
export interface RocPoint {
  threshold: number;
  falsePositiveRate: number;
  truePositiveRate: number;
}

/**
 * The receiver operating characteristic, from (0, 0) at threshold +Infinity to (1, 1), one point per distinct score.
 *
 * @returns empty when the area is undefined. Agrees with sklearn `roc_curve(drop_intermediate=False)`.
 */
export function rocCurve(ranked: RankedScores, weights?: Float64Array): RocPoint[] {
  if (rocAuc(ranked, weights).value === null) return [];
  const points: RocPoint[] = [{ threshold: Infinity, falsePositiveRate: 0, truePositiveRate: 0 }];
  let positives = 0;
  let negatives = 0;
  let start = 0;
  ranked.tieEnds.forEach((end, run) => {
    for (let position = start; position < end; position++) {
      const weight = weights ? weights[ranked.order[position]] : 1;
      if (ranked.labels[position] === 1) positives += weight;
      else negatives += weight;
    }
    points.push({ threshold: ranked.scores[run], falsePositiveRate: negatives, truePositiveRate: positives });
    start = end;
  });
  for (const point of points) {
    point.falsePositiveRate /= negatives;
    point.truePositiveRate /= positives;
  }
  return points;
}

/** Which areas make up the one for several classes: each class against the rest, or each against each other. */
export type MulticlassScheme = 'ovr' | 'ovo';

/** Rows in order of the score of one class after another: sorted once, read by every resample. */
export interface RankedClasses {
  labels: ClassIndices;
  classes: number;
  /** For `ovr` one ranking per class; for `ovo` two per pair, each on the rows of its two classes. */
  rankings: { positive: number; negative: number | null; ranked: RankedScores }[];
}

/**
 * Sorts rows by the score of each class.
 *
 * @param labels class index per row
 * @param scores row-major, rows × classes, higher means more likely
 */
export function rankClasses(labels: ClassIndices, scores: Float64Array, classes: number, scheme: MulticlassScheme): RankedClasses {
  if (labels.length !== rowCount(scores, classes)) throw new RangeError(`${labels.length} labels for ${scores.length / classes} rows of scores`);
  checkClasses(labels, classes);
  const all = Uint32Array.from(labels.keys());
  const rankings: RankedClasses['rankings'] = [];
  for (let positive = 0; positive < classes; positive++) {
    const isPositive = Uint8Array.from(labels, (label) => (label === positive ? 1 : 0));
    const column = Float64Array.from(all, (row) => scores[row * classes + positive]);
    if (scheme === 'ovr') rankings.push({ positive, negative: null, ranked: rankScores(isPositive, column) });
    for (let negative = 0; negative < classes && scheme === 'ovo'; negative++) {
      if (negative === positive) continue;
      const among = all.filter((row) => labels[row] === positive || labels[row] === negative);
      rankings.push({ positive, negative, ranked: rankScores(isPositive, column, among) });
    }
  }
  return { labels, classes, rankings };
}

/**
 * Area under the curve for more than two classes, 0–1: of each class against the rest (`ovr`, changes with class
 * balance), or of each pair of classes in both directions (`ovo`, Hand & Till 2001).
 *
 * @param ranked  from `rankClasses`
 * @param average `macro` weighs classes (pairs) alike, `weighted` by their rows
 * @param weights per row, see `totalWeight`
 * @returns undefined when any class has no rows (the reason names its index) or a score is NaN
 * Agrees with sklearn `roc_auc_score(multi_class=…, average=…)`.
 */
export function multiclassRocAuc({ labels, classes, rankings }: RankedClasses, average: 'macro' | 'weighted', weights?: Float64Array): MetricValue {
  const rowsOf = new Float64Array(classes);
  for (let row = 0; row < labels.length; row++) rowsOf[labels[row]] += weights ? weights[row] : 1;
  const missing = rowsOf.indexOf(0);
  if (missing >= 0) return undefinedBecause(`no rows of class ${missing}`);
  let sum = 0;
  let total = 0;
  for (const { positive, negative, ranked } of rankings) {
    const area = rocAuc(ranked, weights);
    if (area.value === null) return area;
    const share = average === 'macro' ? 1 : rowsOf[positive] + (negative === null ? 0 : rowsOf[negative]);
    sum += area.value * share;
    total += share;
  }
  return ratio(sum, total, 'no classes');
}
