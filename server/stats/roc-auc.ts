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
  totalWeight(ranked.order.length, weights);
  let above = 0;
  let negatives = 0;
  let wins = 0;
  let start = 0;
  for (const end of ranked.tieEnds) {
    let tiedPositives = 0;
    let tiedNegatives = 0;
    for (let position = start; position < end; position++) {
      const weight = weights ? weights[ranked.order[position]] : 1;
      if (ranked.labels[position] === 1) tiedPositives += weight;
      else tiedNegatives += weight;
    }
    wins += tiedNegatives * (above + tiedPositives / 2);
    above += tiedPositives;
    negatives += tiedNegatives;
    start = end;
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

/**
 * Area under the curve for more than two classes, 0–1.
 *
 * @param labels   class index per row
 * @param scores   row-major, rows × classes, higher means more likely
 * @param scheme   `ovr`: each class against all others (changes with class balance); `ovo`: mean over pairs of classes
 *   of the two areas on the rows of those two (Hand & Till 2001)
 * @param average  `macro` weighs classes (pairs) alike, `weighted` by their rows
 * @param weights  per row, see `totalWeight`
 * @returns undefined when any class has no rows (the reason names its index) or a score is NaN
 * Agrees with sklearn `roc_auc_score(multi_class=…, average=…)`.
 */
export function multiclassRocAuc(
  labels: ClassIndices,
  scores: Float64Array,
  classes: number,
  scheme: 'ovr' | 'ovo',
  average: 'macro' | 'weighted',
  weights?: Float64Array,
): MetricValue {
  if (labels.length !== rowCount(scores, classes)) throw new RangeError(`${labels.length} labels for ${scores.length / classes} rows of scores`);
  checkClasses(labels, classes);
  totalWeight(labels.length, weights);
  const rowsOf = new Float64Array(classes);
  labels.forEach((label, row) => (rowsOf[label] += weights ? weights[row] : 1));
  const missing = rowsOf.indexOf(0);
  if (missing >= 0) return undefinedBecause(`no rows of class ${missing}`);

  const areas: { area: MetricValue; weight: number }[] = [];
  for (let first = 0; first < classes; first++) {
    if (scheme === 'ovr') areas.push({ area: areaOf(labels, scores, classes, first, null, weights), weight: rowsOf[first] });
    for (let second = 0; second < first && scheme === 'ovo'; second++) {
      const weight = rowsOf[first] + rowsOf[second];
      areas.push({ area: areaOf(labels, scores, classes, first, second, weights), weight });
      areas.push({ area: areaOf(labels, scores, classes, second, first, weights), weight });
    }
  }
  let sum = 0;
  let total = 0;
  for (const { area, weight } of areas) {
    if (area.value === null) return area;
    sum += area.value * (average === 'weighted' ? weight : 1);
    total += average === 'weighted' ? weight : 1;
  }
  return ratio(sum, total, 'no classes');
}

/** Area of one class against another, or against all others when `negative` is null. */
function areaOf(labels: ClassIndices, scores: Float64Array, classes: number, positive: number, negative: number | null, weights?: Float64Array): MetricValue {
  const rows: number[] = [];
  for (let row = 0; row < labels.length; row++) {
    if (negative === null || labels[row] === positive || labels[row] === negative) rows.push(row);
  }
  const ranked = rankScores(
    Uint8Array.from(rows, (row) => (labels[row] === positive ? 1 : 0)),
    Float64Array.from(rows, (row) => scores[row * classes + positive]),
  );
  return rocAuc(ranked, weights && Float64Array.from(rows, (row) => weights[row]));
}
