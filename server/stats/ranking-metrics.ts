import { type MetricValue, ratio } from './metric-value.ts';

/** Ranked lists, one per query (user, search), each in order of descending score. */
export interface RankedLists {
  /** Position just past each list in the arrays below, ascending. */
  ends: Uint32Array;
  /** Relevance by position, ≥ 0; an item is relevant when it is above 0. */
  relevance: Float64Array;
  /** Score by position; equal scores within a list are ties. */
  scores: Float64Array;
}

/**
 * What happens to a query without any relevant item, for which no order is better than another:
 * `drop` leaves it out, `include` counts it as 0 (it lowers every model alike).
 */
export type NoRelevant = 'drop' | 'include';

export interface RankingOptions {
  /** Items looked at per list, ≥ 1; a longer cut than the list means the whole list. Infinity for no cut. */
  k: number;
  noRelevant: NoRelevant;
  /** Weight per query, such as how often a bootstrap drew it. */
  weights?: Float64Array;
}

/** Mean over queries, with how many took part and how many had nothing relevant. */
export type RankingValue = MetricValue & { queries: number; withoutRelevant: number };

/**
 * Groups rows by query and sorts each group by score.
 *
 * @param queries   query index per row, 0 … count − 1, in any order
 * @param scores    per row, finite, higher is shown first
 * @param relevance per row, finite and ≥ 0
 * @throws RangeError on a negative or NaN relevance, a NaN score, or lengths that differ
 */
export function rankLists(queries: Int32Array, scores: Float64Array, relevance: Float64Array): RankedLists {
  if (queries.length !== scores.length || scores.length !== relevance.length) throw new RangeError('queries, scores and relevance differ in length');
  for (let row = 0; row < scores.length; row++) {
    if (Number.isNaN(scores[row])) throw new RangeError(`score at row ${row} is not a number`);
    if (!(relevance[row] >= 0 && relevance[row] < Infinity)) throw new RangeError(`relevance ${relevance[row]} at row ${row} is not a finite number ≥ 0`);
  }
  const order = Uint32Array.from(queries.keys()).sort((a, b) => queries[a] - queries[b] || scores[b] - scores[a] || a - b);
  const ends: number[] = [];
  for (let position = 0; position < order.length; position++) {
    if (position + 1 === order.length || queries[order[position]] !== queries[order[position + 1]]) ends.push(position + 1);
  }
  return {
    ends: Uint32Array.from(ends),
    relevance: Float64Array.from(order, (row) => relevance[row]),
    scores: Float64Array.from(order, (row) => scores[row]),
  };
}

/**
 * Normalised discounted cumulative gain at k, 0–1.
 *
 * @param gain `linear` gain = relevance (Järvelin & Kekäläinen 2002, sklearn), `exponential` gain = 2^relevance − 1 (Burges et al. 2005)
 * @returns mean over queries; gain at rank r is divided by log₂(r + 1), and the sum by that of the best order
 * Tied items share the mean gain of their run (McSherry & Najork 2008). Agrees with sklearn `ndcg_score` (which includes
 * queries without a relevant item as 0).
 */
export function ndcg(lists: RankedLists, options: RankingOptions, gain: 'linear' | 'exponential' = 'linear'): RankingValue {
  const gainOf = (relevance: number): number => (gain === 'linear' ? relevance : 2 ** relevance - 1);
  return meanOverQueries(lists, options, (list) => {
    let actual = 0;
    let rank = 0;
    for (const run of list.runs) {
      let sum = 0;
      for (let position = run.start; position < run.end; position++) sum += gainOf(lists.relevance[position]);
      const share = sum / (run.end - run.start);
      for (let position = run.start; position < run.end && rank < options.k; position++) actual += share / Math.log2(++rank + 1);
    }
    let best = 0;
    const ideal = lists.relevance.slice(list.start, list.end).sort().reverse();
    for (let index = 0; index < Math.min(options.k, ideal.length); index++) best += gainOf(ideal[index]) / Math.log2(index + 2);
    return actual / best;
  });
}

/**
 * Mean average precision at k, 0–1: precision at the rank of each relevant item in the top k, summed and divided by
 * min(k, relevant items), averaged over queries. The expectation over all orders of tied items (McSherry & Najork 2008).
 */
export function meanAveragePrecision(lists: RankedLists, options: RankingOptions): RankingValue {
  return meanOverQueries(lists, options, (list) => {
    let sum = 0;
    let before = 0;
    for (const run of list.runs) {
      const size = run.end - run.start;
      for (let place = 0; place < size; place++) {
        const rank = run.start - list.start + place + 1;
        if (rank > options.k) break;
        const others = size > 1 ? (place * (run.relevant - 1)) / (size - 1) : 0;
        sum += ((run.relevant / size) * (before + others + 1)) / rank;
      }
      before += run.relevant;
    }
    return sum / Math.min(options.k, list.relevant);
  });
}

/**
 * Mean reciprocal rank within the top k, 0–1: 1 ÷ rank of the first relevant item, 0 when it is below k.
 * The expectation over all orders of tied items.
 */
export function meanReciprocalRank(lists: RankedLists, options: RankingOptions): RankingValue {
  return meanOverQueries(lists, options, (list) => {
    const run = list.runs.find(({ relevant }) => relevant > 0)!;
    let sum = 0;
    let chance = 1;
    for (let place = 0; place < run.end - run.start; place++) {
      const rank = run.start - list.start + place + 1;
      if (rank > options.k) break;
      const here = run.relevant / (run.end - run.start - place);
      sum += (chance * Math.min(here, 1)) / rank;
      chance *= Math.max(1 - here, 0);
    }
    return sum;
  });
}

/** Precision at k, 0–1: relevant items in the top k ÷ k, ties in expectation. A list shorter than k is still divided by k. */
export function precisionAtK(lists: RankedLists, options: RankingOptions): RankingValue {
  if (!Number.isFinite(options.k)) throw new RangeError('precision at k needs a finite k');
  return meanOverQueries(lists, options, (list) => relevantInTop(list, options.k) / options.k);
}

/** Recall at k, 0–1: relevant items in the top k ÷ relevant items of the query, ties in expectation. */
export function recallAtK(lists: RankedLists, options: RankingOptions): RankingValue {
  return meanOverQueries(lists, options, (list) => relevantInTop(list, options.k) / list.relevant);
}

/** Hit rate at k, 0–1: chance that the top k holds a relevant item, over all orders of tied items. */
export function hitRateAtK(lists: RankedLists, options: RankingOptions): RankingValue {
  return meanOverQueries(lists, options, (list) => {
    let miss = 1;
    for (const run of list.runs) {
      const size = run.end - run.start;
      const seen = Math.min(size, options.k - (run.start - list.start));
      for (let place = 0; place < seen; place++) miss *= Math.max(1 - run.relevant / (size - place), 0);
    }
    return 1 - miss;
  });
}

interface TiedRun {
  start: number;
  end: number;
  relevant: number;
}

interface List {
  start: number;
  end: number;
  relevant: number;
  runs: TiedRun[];
}

function meanOverQueries(lists: RankedLists, { k, noRelevant, weights }: RankingOptions, metric: (list: List) => number): RankingValue {
  if (!(k >= 1)) throw new RangeError(`k ${k} is less than 1`);
  let sum = 0;
  let total = 0;
  let queries = 0;
  let withoutRelevant = 0;
  let start = 0;
  lists.ends.forEach((end, query) => {
    const list = listOf(lists, start, end);
    const weight = weights ? weights[query] : 1;
    start = end;
    if (weight === 0) return;
    if (list.relevant === 0) withoutRelevant++;
    if (list.relevant === 0 && noRelevant === 'drop') return;
    queries++;
    total += weight;
    sum += list.relevant === 0 ? 0 : weight * metric(list);
  });
  return { ...ratio(sum, total, withoutRelevant > 0 ? 'no query has a relevant item' : 'no queries'), queries, withoutRelevant };
}

function listOf(lists: RankedLists, start: number, end: number): List {
  const runs: TiedRun[] = [];
  let relevant = 0;
  for (let position = start; position < end; position++) {
    if (position === start || lists.scores[position] !== lists.scores[position - 1]) runs.push({ start: position, end: position, relevant: 0 });
    const run = runs[runs.length - 1];
    run.end = position + 1;
    if (lists.relevance[position] > 0) {
      run.relevant++;
      relevant++;
    }
  }
  return { start, end, relevant, runs };
}

function relevantInTop(list: List, k: number): number {
  let count = 0;
  for (const run of list.runs) {
    const size = run.end - run.start;
    count += run.relevant * Math.max(Math.min((k - (run.start - list.start)) / size, 1), 0);
  }
  return count;
}
