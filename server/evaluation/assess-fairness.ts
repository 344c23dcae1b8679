import type { GroupFairness } from '../../protocol/evaluation.ts';
import type { Measured } from '../../protocol/measured.ts';
import { falseNegativeRate, falsePositiveRate, recall, selectionRate, specificity } from '../stats/classification-metrics.ts';
import type { BinaryCounts } from '../stats/confusion.ts';
import { type FairnessMeasure, type FairnessOptions, countsByGroup, crossGroups, fairness } from '../stats/fairness.ts';
import { type MetricValue, undefinedBecause } from '../stats/metric-value.ts';
import { wilsonInterval } from '../stats/proportion-interval.ts';
import { effectiveRows } from '../stats/sample-weights.ts';
import type { PlannedMetric } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';

/** Rows of binary decisions with the groups they belong to. */
export interface GroupedDecisions {
  /** Columns the groups are made of. */
  by: readonly string[];
  /** 0 or 1 per row. */
  labels: Uint8Array;
  decisions: Uint8Array;
  /** Code per row for each column, −1 where there is no value, which makes a group of its own. */
  codes: Int32Array[];
  /** What the codes of each column stand for. */
  names: string[][];
  weights?: Float64Array;
}

export const fairnessMeasures = [
  'demographic_parity_difference',
  'demographic_parity_ratio',
  'equal_opportunity_difference',
  'equal_opportunity_ratio',
  'equalized_odds_difference',
  'equalized_odds_ratio',
] as const satisfies readonly FairnessMeasure[];

/** Groups of fewer rows take no part in a disparity, since their rates are mostly noise; they are reported as too small. */
export const GROUP_ROWS_MIN = 30;

/**
 * How alike groups are treated: rates per group with Wilson intervals, and disparities between groups.
 *
 * @param unitWeights that the disparities are computed under; its units are the rows
 * @returns the disparities, to be measured with everything else, and a function that puts their measured
 *   values beside the groups. Combinations of values that no row has are listed as groups of 0 rows. A rate that a group
 *   cannot have (no positives, no negatives) is undefined, never 0, and the group takes no part in disparities of it.
 */
export function assessFairness(data: GroupedDecisions, unitWeights: UnitWeights, minRows = GROUP_ROWS_MIN): { metrics: PlannedMetric[]; report: (disparities: Record<string, Measured>) => GroupFairness } {
  const { labels, decisions, codes, names, by } = data;
  const { groups, members } = crossGroups(codes);
  const rowsOf = new Float64Array(members.length);
  for (const group of groups) rowsOf[group]++;
  const options: FairnessOptions = { method: 'between_groups', odds: 'worst_case', minRows };
  const cells = groups.map((group, row) => 4 * group + 2 * labels[row] + decisions[row]);
  const sums = unitWeights.sums(cells, Uint32Array.from(labels.keys()), 4 * members.length);
  const counts = unitWeights.derive(() => countsOf(sums));
  const observed = countsByGroup(labels, decisions, groups, members.length, data.weights);
  const leftOut = new Map(fairnessMeasures.map((measure) => [measure, fairness(observed, measure, options, rowsOf).leftOut.length]));

  const metrics = fairnessMeasures.map((name): PlannedMetric => ({
    name,
    rows: labels.length,
    basis: { kind: 'resampled' },
    measure: () => {
      const { value, leftOut: now } = fairness(counts(), name, options, rowsOf);
      // A resample in which a group loses the rate says nothing about the groups as they are.
      return now.length === leftOut.get(name) ? value : undefinedBecause('a group takes no part in this resample');
    },
  }));

  const groupName = (member: readonly number[]): string => member.map((code, column) => (code < 0 ? `${by[column]} missing` : names[column][code])).join(' × ');
  const report = (measured: Record<string, Measured>): GroupFairness => {
    const present = members.map((member, group) => groupReport(groupName(member), observed[group], rowsOf[group], minRows, groupWeights(data.weights, groups, group)));
    const absent = emptyCombinations(members, codes).map((member) => groupReport(groupName(member), nobody, 0, minRows));
    const disparities = fairnessMeasures.map((name) => {
      const { lowest, highest } = fairness(observed, name, options, rowsOf);
      return [name, { ...measured[name], ...(lowest !== null && highest !== null && { lowestGroup: groupName(members[lowest]), highestGroup: groupName(members[highest]) }) }];
    });
    return { by: [...by], groups: [...present, ...absent], disparities: Object.fromEntries(disparities), minRows };
  };
  return { metrics, report };
}

const nobody: BinaryCounts = { truePositives: 0, falsePositives: 0, falseNegatives: 0, trueNegatives: 0 };

/** Sums by group, label and decision as counts by group. */
function countsOf(sums: Float64Array): BinaryCounts[] {
  return Array.from({ length: sums.length / 4 }, (_, group) => ({
    trueNegatives: sums[4 * group],
    falsePositives: sums[4 * group + 1],
    falseNegatives: sums[4 * group + 2],
    truePositives: sums[4 * group + 3],
  }));
}

function groupWeights(weights: Float64Array | undefined, groups: Int32Array, group: number): Float64Array | undefined {
  return weights?.filter((_, row) => groups[row] === group);
}

function groupReport(group: string, counts: BinaryCounts, rows: number, minRows: number, weights?: Float64Array): GroupFairness['groups'][number] {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = counts;
  const positives = truePositives + falseNegatives;
  const negatives = falsePositives + trueNegatives;
  // With weights an interval stands on as many rows as carry the same information.
  const scale = weights ? effectiveRows(weights) / (positives + negatives) : 1;
  const rate = (value: MetricValue, trials: number): Measured => {
    if (value.value === null) return { value: null, reason: value.reason, rows: trials };
    const interval = wilsonInterval(value.value * trials * scale, trials * scale, 0.95);
    return { value: value.value, rows: trials, ...(interval && { interval }) };
  };
  return {
    group,
    rows,
    positives,
    selected: truePositives + falsePositives,
    tooSmall: rows < minRows,
    rates: {
      selection_rate: rate(selectionRate(counts), positives + negatives),
      tpr: rate(recall(counts), positives),
      fpr: rate(falsePositiveRate(counts), negatives),
      tnr: rate(specificity(counts), negatives),
      fnr: rate(falseNegativeRate(counts), positives),
    },
  };
}

/** Combinations of values, each of which occurs in its own column, that no row has. */
function emptyCombinations(members: readonly number[][], codes: readonly Int32Array[]): number[][] {
  const seen = new Set(members.map((member) => member.join()));
  const values = codes.map((column) => [...new Set(column)].sort((a, b) => a - b));
  const all = values.reduce<number[][]>((combinations, column) => combinations.flatMap((start) => column.map((code) => [...start, code])), [[]]);
  return all.filter((member) => !seen.has(member.join()));
}
