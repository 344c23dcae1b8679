import { type Statistic } from './bootstrap.ts';
import { falsePositiveRate, recall, selectionRate } from './classification-metrics.ts';
import { type BinaryCounts, type ClassIndices, checkClasses, sumCounts } from './confusion.ts';
import { type MetricValue, defined, ratio, undefinedBecause } from './metric-value.ts';
import { totalWeight } from './sample-weights.ts';

/**
 * Counts right and wrong decisions in each group.
 *
 * @param labels    0 or 1 per row
 * @param decisions 0 or 1 per row
 * @param groups    group index per row, 0 … groupCount − 1; rows without a group are a group too (see `crossGroups`)
 * @returns one entry per group, all 0 for an empty group
 */
export function countsByGroup(labels: ClassIndices, decisions: ClassIndices, groups: Int32Array, groupCount: number, weights?: Float64Array): BinaryCounts[] {
  if (labels.length !== decisions.length || labels.length !== groups.length) throw new RangeError('labels, decisions and groups differ in length');
  checkClasses(labels, 2);
  checkClasses(decisions, 2);
  checkClasses(groups, groupCount);
  totalWeight(labels.length, weights);
  const cells = new Float64Array(4 * groupCount);
  for (let row = 0; row < labels.length; row++) cells[4 * groups[row] + 2 * labels[row] + decisions[row]] += weights ? weights[row] : 1;
  return Array.from({ length: groupCount }, (_, group) => ({
    trueNegatives: cells[4 * group],
    falsePositives: cells[4 * group + 1],
    falseNegatives: cells[4 * group + 2],
    truePositives: cells[4 * group + 3],
  }));
}

/** Groups made of the values of several columns at once. */
export interface CrossedGroups {
  /** Group index per row. */
  groups: Int32Array;
  /** For each group, the code in each column; −1 for a missing value, which is a value like any other here. */
  members: number[][];
  /** Combinations of values that occur in some row of their own columns but not together. */
  emptyCombinations: number;
}

/**
 * Crosses columns into groups, one per combination that occurs, ordered by their codes.
 *
 * @param columns codes per row for each column, −1 where the row has no value; at least one column, all of one length
 */
export function crossGroups(columns: Int32Array[]): CrossedGroups {
  if (columns.length === 0 || columns.some((codes) => codes.length !== columns[0].length)) throw new RangeError('columns of one length are needed');
  const seen = new Map<string, number[]>();
  const keys = Array.from(columns[0], (_, row) => {
    const member = columns.map((codes) => codes[row]);
    const key = member.join();
    if (!seen.has(key)) seen.set(key, member);
    return key;
  });
  const ordered = [...seen].sort(([, a], [, b]) => a.map((code, index) => code - b[index]).find((gap) => gap !== 0) ?? 0);
  const indexOf = new Map(ordered.map(([key], index) => [key, index]));
  const combinations = columns.reduce((product, codes) => product * new Set(codes).size, 1);
  return {
    groups: Int32Array.from(keys, (key) => indexOf.get(key)!),
    members: ordered.map(([, member]) => member),
    emptyCombinations: combinations - ordered.length,
  };
}

export type DisparityKind = 'difference' | 'ratio';

/** `between_groups` compares the highest group with the lowest, `to_overall` each group with all rows together; names as in fairlearn. */
export type DisparityMethod = 'between_groups' | 'to_overall';

export interface Disparity {
  value: MetricValue;
  /** Groups with the lowest and highest value of the metric; null when no group has one. */
  lowest: number | null;
  highest: number | null;
  /** Groups that took no part, because they are too small or because the metric is undefined for them. */
  leftOut: { group: number; reason: string }[];
}

/**
 * How far apart groups are in one metric.
 *
 * @param values  the metric per group
 * @param overall the metric on all rows, which only `to_overall` reads
 * @param rows    rows per group, and how many a group needs to take part; absent lets every group take part
 * @returns difference: ≥ 0, 0 when equal; ratio: 0–1, 1 when equal. Undefined with fewer than two groups (`to_overall`:
 *   one), on 0 ÷ 0, and for ratios of negative values.
 * Difference: max − min, or max |group − overall|. Ratio: min ÷ max, or min of r and 1 ÷ r for r = group ÷ overall.
 * Agrees with fairlearn `MetricFrame.difference` and `.ratio` where every group has the metric.
 */
export function disparity(
  values: MetricValue[],
  kind: DisparityKind,
  method: DisparityMethod,
  overall: MetricValue,
  rows?: { ofGroup: ArrayLike<number>; min: number },
): Disparity {
  const leftOut: Disparity['leftOut'] = [];
  let lowest: number | null = null;
  let highest: number | null = null;
  const taking: number[] = [];
  values.forEach((metric, group) => {
    const tooFew = rows && rows.ofGroup[group] < rows.min ? `${rows.ofGroup[group]} rows, ${rows.min} needed` : null;
    if (tooFew !== null || metric.value === null) {
      leftOut.push({ group, reason: tooFew ?? metric.reason! });
      return;
    }
    taking.push(metric.value);
    if (lowest === null || metric.value < values[lowest].value!) lowest = group;
    if (highest === null || metric.value > values[highest].value!) highest = group;
  });
  return { value: spread(taking, kind, method, overall), lowest, highest, leftOut };
}

function spread(values: number[], kind: DisparityKind, method: DisparityMethod, overall: MetricValue): MetricValue {
  const low = Math.min(...values);
  const high = Math.max(...values);
  if (method === 'between_groups') {
    if (values.length < 2) return undefinedBecause('fewer than two groups have this metric');
    if (kind === 'difference') return defined(high - low);
    return low < 0 ? undefinedBecause('a ratio of negative values means nothing') : ratio(low, high, 'the metric is 0 in every group');
  }
  if (values.length < 1) return undefinedBecause('no group has this metric');
  if (overall.value === null) return undefinedBecause(`overall: ${overall.reason}`);
  const all = overall.value;
  if (kind === 'difference') return defined(Math.max(...values.map((value) => Math.abs(value - all))));
  if (low < 0 || all < 0) return undefinedBecause('a ratio of negative values means nothing');
  if (all === 0 && low === 0) return undefinedBecause('the metric is 0 in a group and overall');
  return defined(Math.min(...values.map((value) => Math.min(value, all) / Math.max(value, all))));
}

/** The measures of group fairness that need labels and decisions only. */
export type FairnessMeasure =
  | 'demographic_parity_difference'
  | 'demographic_parity_ratio'
  | 'equal_opportunity_difference'
  | 'equal_opportunity_ratio'
  | 'equalized_odds_difference'
  | 'equalized_odds_ratio';

export interface FairnessOptions {
  method: DisparityMethod;
  /** How equalised odds joins the two rates: the worse one, or their mean. */
  odds: 'worst_case' | 'mean';
  /** Rows a group needs to take part; smaller ones are reported as left out. */
  minRows: number;
}

/**
 * Demographic parity compares selection rates, equal opportunity true positive rates, equalised odds true and false
 * positive rates.
 *
 * @param counts      from `countsByGroup`, or weighted
 * @param rowsOfGroup rows of each group in the data, which decide who takes part
 * @returns as `disparity`; for equalised odds the groups named are those of the rate that decides
 * Agrees with fairlearn's functions of these names, with one departure: a group without positives has no true positive
 * rate (fairlearn says 0, which makes the difference as large as the other group's rate), and one without negatives no
 * false positive rate. Such groups are left out and listed.
 */
export function fairness(counts: BinaryCounts[], measure: FairnessMeasure, options: FairnessOptions, rowsOfGroup: ArrayLike<number>): Disparity {
  const kind: DisparityKind = measure.endsWith('ratio') ? 'ratio' : 'difference';
  const overall = sumCounts(counts);
  const of = (rate: (counts: BinaryCounts) => MetricValue): Disparity =>
    disparity(counts.map(rate), kind, options.method, rate(overall), { ofGroup: rowsOfGroup, min: options.minRows });
  switch (measure) {
    case 'demographic_parity_difference':
    case 'demographic_parity_ratio':
      return of(selectionRate);
    case 'equal_opportunity_difference':
    case 'equal_opportunity_ratio':
      return of(recall);
    case 'equalized_odds_difference':
    case 'equalized_odds_ratio':
      return equalizedOdds(of(recall), of(falsePositiveRate), kind, options.odds);
  }
}

/**
 * A fairness measure as a statistic for `bootstrap`. Which groups take part is decided once, on the data; a resample in
 * which one of them loses the metric is degenerate rather than quietly about fewer groups.
 *
 * A difference of rates cannot be negative, so its replicates lie above the truth when groups are equal: read the lower
 * end of the interval with that in mind, and prefer `bca`, which corrects for it in part.
 */
export function fairnessStatistic(
  labels: ClassIndices,
  decisions: ClassIndices,
  groups: Int32Array,
  groupCount: number,
  measure: FairnessMeasure,
  options: FairnessOptions,
): Statistic {
  const rowsOfGroup = new Float64Array(groupCount);
  for (const group of groups) rowsOfGroup[group]++;
  const leftOut = fairness(countsByGroup(labels, decisions, groups, groupCount), measure, options, rowsOfGroup).leftOut.length;
  return (weights) => {
    const result = fairness(countsByGroup(labels, decisions, groups, groupCount, weights), measure, options, rowsOfGroup);
    return result.leftOut.length === leftOut ? (result.value.value ?? NaN) : NaN;
  };
}

function equalizedOdds(truePositive: Disparity, falsePositive: Disparity, kind: DisparityKind, odds: 'worst_case' | 'mean'): Disparity {
  const leftOut = [...truePositive.leftOut, ...falsePositive.leftOut];
  const [first, second] = [truePositive.value, falsePositive.value];
  if (first.value === null) return { ...truePositive, leftOut, value: undefinedBecause(`true positive rate: ${first.reason}`) };
  if (second.value === null) return { ...falsePositive, leftOut, value: undefinedBecause(`false positive rate: ${second.reason}`) };
  const firstIsWorse = kind === 'difference' ? first.value >= second.value : first.value <= second.value;
  const worse = firstIsWorse ? truePositive : falsePositive;
  return { ...worse, leftOut, value: odds === 'mean' ? defined((first.value + second.value) / 2) : worse.value };
}
