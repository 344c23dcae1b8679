import { describe, expect, test } from 'vitest';
import { hitRateAtK, meanAveragePrecision, meanReciprocalRank, ndcg, precisionAtK, rankLists, recallAtK } from '../../server/stats/ranking-metrics.ts';
import { expectClose, floats, goldens, ints } from './metric-goldens.ts';

const golden = goldens.ranking;
const queryOfRow = golden.relevance.map((_, row) => Math.floor(row / golden.items));
const lists = rankLists(ints(queryOfRow), floats(golden.scores), floats(golden.relevance));

describe('ranking metrics', () => {
  test.each(Object.entries(golden.expected))('NDCG at %s agrees with scikit-learn, ties averaged, k beyond the list included', (k, expected) => {
    const options = { k: Number(k), noRelevant: 'include' } as const;
    expectClose(ndcg(lists, options), expected.linear);
    expectClose(ndcg(lists, options, 'exponential'), expected.exponential);
  });

  test('with ties, every metric is its mean over all orders that the scores allow', () => {
    const { relevance, scores, k, expected } = golden.tied;
    const queries = relevance.flatMap((list, query) => list.map(() => query));
    const tied = rankLists(ints(queries), floats(scores.flat()), floats(relevance.flat()));
    const options = { k, noRelevant: 'drop' } as const;
    expectClose(meanAveragePrecision(tied, options), expected.map);
    expectClose(meanReciprocalRank(tied, options), expected.mrr);
    expectClose(hitRateAtK(tied, options), expected.hit);
    expectClose(precisionAtK(tied, options), expected.precision);
    expectClose(recallAtK(tied, options), expected.recall);
  });

  test('a query with nothing relevant is dropped or counted as 0, as stated, and is counted either way', () => {
    const two = rankLists(ints([7, 7, 3, 3]), floats([2, 1, 2, 1]), floats([1, 0, 0, 0]));
    expect(ndcg(two, { k: 1, noRelevant: 'drop' })).toEqual({ value: 1, queries: 1, withoutRelevant: 1 });
    expect(ndcg(two, { k: 1, noRelevant: 'include' })).toEqual({ value: 0.5, queries: 2, withoutRelevant: 1 });
  });

  test('when no query has anything relevant there is no value', () => {
    const none = rankLists(ints([0, 0]), floats([2, 1]), floats([0, 0]));
    const { value, reason } = meanReciprocalRank(none, { k: 2, noRelevant: 'drop' });
    expect([value, reason]).toEqual([null, 'no query has a relevant item']);
    expect(recallAtK(rankLists(ints([]), floats([]), floats([])), { k: 2, noRelevant: 'include' })).toEqual({ value: null, reason: 'no queries', queries: 0, withoutRelevant: 0 });
  });

  test('a list shorter than k is still divided by k in precision, and whole in recall', () => {
    const short = rankLists(ints([0, 0]), floats([2, 1]), floats([1, 1]));
    expect(precisionAtK(short, { k: 4, noRelevant: 'drop' }).value).toBe(0.5);
    expect(recallAtK(short, { k: 4, noRelevant: 'drop' }).value).toBe(1);
    expect(meanAveragePrecision(short, { k: 4, noRelevant: 'drop' }).value).toBe(1);
  });

  test('weights per query act as repeats', () => {
    const two = rankLists(ints([0, 0, 1, 1]), floats([2, 1, 2, 1]), floats([1, 0, 0, 1]));
    expect(meanReciprocalRank(two, { k: 2, noRelevant: 'drop', weights: floats([3, 1]) }).value).toBe((3 * 1 + 0.5) / 4);
  });

  test('negative relevance, NaN scores and a cut below 1 are refused', () => {
    expect(() => rankLists(ints([0]), floats([1]), floats([-1]))).toThrow(RangeError);
    expect(() => rankLists(ints([0]), floats([NaN]), floats([1]))).toThrow(RangeError);
    expect(() => ndcg(lists, { k: 0, noRelevant: 'drop' })).toThrow(RangeError);
  });
});
