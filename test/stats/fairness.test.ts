import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bootstrap, finish } from '../../server/stats/bootstrap.ts';
import { falseNegativeRate, falsePositiveRate, recall, selectionRate, specificity } from '../../server/stats/classification-metrics.ts';
import { countsByGroup, crossGroups, disparity, fairness, fairnessStatistic, type FairnessMeasure, type FairnessOptions } from '../../server/stats/fairness.ts';
import { defined, undefinedBecause } from '../../server/stats/metric-value.ts';
import { bytes, expectClose, floats, goldens, ints } from './metric-goldens.ts';

const { labels, decisions, groups, weights, expected, rates } = goldens.fairness;
const rowsOf = (codes: number[], count: number) => Array.from({ length: count }, (_, group) => codes.filter((code) => code === group).length);
const options: FairnessOptions = { method: 'between_groups', odds: 'worst_case', minRows: 1 };

describe('group fairness', () => {
  test.each(Object.entries(expected))('%s agrees with fairlearn', (name, value) => {
    const [measure, method, weighted, odds] = name.split('/');
    const counts = countsByGroup(bytes(labels), bytes(decisions), ints(groups), 4, weighted === 'True' ? floats(weights) : undefined);
    const chosen = { method, odds: odds ?? 'worst_case', minRows: 1 } as FairnessOptions;
    expectClose(fairness(counts, measure as FairnessMeasure, chosen, rowsOf(groups, 4)).value, value);
  });

  test('rates per group agree with fairlearn', () => {
    countsByGroup(bytes(labels), bytes(decisions), ints(groups), 4).forEach((counts, group) => {
      expectClose(selectionRate(counts), rates[group].selection_rate);
      expectClose(recall(counts), rates[group].tpr);
      expectClose(falsePositiveRate(counts), rates[group].fpr);
      expectClose(specificity(counts), rates[group].tnr);
      expectClose(falseNegativeRate(counts), rates[group].fnr);
    });
  });

  test('a group without positives has no true positive rate and takes no part, where fairlearn counts it as 0', () => {
    const counts = countsByGroup(bytes([1, 1, 0, 1, 0, 0]), bytes([1, 0, 0, 1, 1, 0]), ints([0, 0, 0, 1, 2, 2]), 3);
    expect(fairness(counts, 'equal_opportunity_difference', options, [3, 1, 2])).toEqual({
      value: { value: 0.5 },
      lowest: 0,
      highest: 1,
      leftOut: [{ group: 2, reason: 'no actual positives' }],
    });
    const odds = fairness(counts, 'equalized_odds_difference', options, [3, 1, 2]);
    expect(odds.leftOut).toEqual([
      { group: 2, reason: 'no actual positives' },
      { group: 1, reason: 'no actual negatives' },
    ]);
  });

  test('groups below the minimum size are left out and said so', () => {
    const counts = countsByGroup(bytes(labels), bytes(decisions), ints(groups), 4);
    const small = fairness(counts, 'demographic_parity_difference', { ...options, minRows: 30 }, [100, 29, 100, 71]);
    expect(small.leftOut).toEqual([{ group: 1, reason: '29 rows, 30 needed' }]);
    const none = fairness(counts, 'demographic_parity_difference', { ...options, minRows: 1000 }, [100, 29, 100, 71]);
    expect([none.value, none.lowest, none.highest]).toEqual([{ value: null, reason: 'fewer than two groups have this metric' }, null, null]);
  });

  test.each([
    ['0 ÷ 0 between groups', [0, 0], 0, 'between_groups', 'the metric is 0 in every group'],
    ['0 ÷ 0 to overall', [0, 0], 0, 'to_overall', 'the metric is 0 in a group and overall'],
    ['a ratio of negative values', [-1, 2], 1, 'between_groups', 'a ratio of negative values means nothing'],
  ] as const)('%s is undefined', (_name, values, overall, method, reason) => {
    expect(disparity(values.map(defined), 'ratio', method, defined(overall)).value).toEqual({ value: null, reason });
  });

  test('x ÷ 0 to overall is the worst ratio, 0', () => {
    expect(disparity([defined(0.5), defined(0.2)], 'ratio', 'to_overall', defined(0)).value).toEqual({ value: 0 });
  });

  test('a metric undefined overall leaves no distance to overall', () => {
    expect(disparity([defined(1)], 'difference', 'to_overall', undefinedBecause('no rows')).value).toEqual({ value: null, reason: 'overall: no rows' });
  });

  test('any metric per group can be compared, such as an error', () => {
    const result = disparity([defined(2), defined(5), undefinedBecause('no rows'), defined(3)], 'difference', 'between_groups', defined(3));
    expect(result).toEqual({ value: { value: 3 }, lowest: 0, highest: 1, leftOut: [{ group: 2, reason: 'no rows' }] });
  });
});

describe('crossed groups', () => {
  test('a missing value is a group of its own, and combinations that never occur are counted', () => {
    expect(crossGroups([ints([0, 1, 1, -1]), ints([0, 0, 0, 1])])).toEqual({
      groups: ints([1, 2, 2, 0]),
      members: [
        [-1, 1],
        [0, 0],
        [1, 0],
      ],
      emptyCombinations: 3,
    });
  });

  test('no rows, no groups', () => expect(crossGroups([ints([])])).toEqual({ groups: ints([]), members: [], emptyCombinations: 0 }));
});

describe('uncertainty of a disparity', () => {
  const statistic = fairnessStatistic(bytes(labels), bytes(decisions), ints(groups), 4, 'demographic_parity_difference', options);

  test('the bootstrap interval holds the value and repeats with the seed', () => {
    const plan = { rows: labels.length, replicates: 500, seed: 3, level: 0.95, method: 'percentile' } as const;
    const [first] = finish(bootstrap([statistic], plan));
    const [second] = finish(bootstrap([statistic], plan));
    expect(first).toEqual(second);
    expect(first.interval!.low < first.value! && first.value! < first.interval!.high).toBe(true);
  });

  test('a resample in which a group loses its rate is degenerate, not about fewer groups', () => {
    const three = fairnessStatistic(bytes([1, 1, 1, 1]), bytes([1, 0, 1, 0]), ints([0, 0, 1, 2]), 3, 'equal_opportunity_difference', options);
    expect(three(floats([1, 1, 1, 1]))).toBe(1);
    expect(three(floats([1, 1, 2, 0]))).toBeNaN();
  });
});

test('naming groups in another order changes no disparity', () => {
  const rows = fc.array(fc.tuple(fc.nat(1), fc.nat(1), fc.nat(2)), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(rows, fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (triples, names) => {
      const value = (codes: number[], measure: FairnessMeasure) => {
        const counts = countsByGroup(bytes(triples.map(([label]) => label)), bytes(triples.map(([, decision]) => decision)), ints(codes), 3);
        return fairness(counts, measure, options, rowsOf(codes, 3)).value;
      };
      for (const measure of ['demographic_parity_ratio', 'equalized_odds_difference'] as const) {
        expect(value(triples.map(([, , group]) => names[group]), measure)).toEqual(value(triples.map(([, , group]) => group), measure));
      }
    }),
  );
});
