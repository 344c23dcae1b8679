import { findMetric } from '../stats/metric-registry.ts';
import type { MetricValue } from '../stats/metric-value.ts';
import { type RankedLists, type RankingOptions, hitRateAtK, meanAveragePrecision, meanReciprocalRank, ndcg, precisionAtK, rankLists, recallAtK } from '../stats/ranking-metrics.ts';
import { weightedMean } from '../stats/sample-weights.ts';
import type { PlannedMetric } from './planned-metric.ts';
import type { UnitWeights } from '../stats/unit-weights.ts';
import type { RankingSubject } from './subject.ts';

/**
 * Ranking metrics on some rows. What is resampled is queries, since the items of one list belong together: give all
 * rows of a query the same unit.
 *
 * Parameters as for `planBinary`. `rows` of a metric counts the queries that took part.
 */
export function planRanking(subject: RankingSubject, rows: Uint32Array, units: Uint32Array, names: readonly string[], weights: UnitWeights): PlannedMetric[] {
  const unitOf = new Map<number, number>();
  rows.forEach((row, index) => unitOf.set(subject.queries[row], units[index]));
  const ofQueries = weights.of(Uint32Array.from([...unitOf].sort(([a], [b]) => a - b), ([, unit]) => unit));
  const lists = rankLists(
    Int32Array.from(rows, (row) => subject.queries[row]),
    Float64Array.from(rows, (row) => subject.predictions.values[row]),
    Float64Array.from(rows, (row) => subject.labels[row]),
  );
  return names.flatMap((name) => plannedMetric(name, lists, ofQueries, subject.noRelevant) ?? []);
}

/** Each query's own value is computed once; a resample only averages them anew. */
function plannedMetric(text: string, lists: RankedLists, weights: () => Float64Array, noRelevant: RankingOptions['noRelevant']): PlannedMetric | null {
  const metric = rankingMetric(text);
  if (!metric) return null;
  const whole = metric(lists, noRelevant);
  const values = Array.from(lists.ends, (end, index) => metric(single(lists, index === 0 ? 0 : lists.ends[index - 1], end), noRelevant).value);
  const taking = Uint32Array.from(values.keys()).filter((index) => values[index] !== null);
  const terms = Float64Array.from(taking, (index) => values[index] ?? NaN);
  const theirWeights = new Float64Array(taking.length);
  const measure = (): MetricValue => {
    const all = weights();
    for (let index = 0; index < taking.length; index++) theirWeights[index] = all[taking[index]];
    return weightedMean(terms, theirWeights);
  };
  return { name: text, measure: whole.value === null ? () => whole : measure, rows: taking.length, basis: { kind: 'resampled' } };
}

function single({ relevance, scores }: RankedLists, start: number, end: number): RankedLists {
  return { ends: Uint32Array.of(end - start), relevance: relevance.subarray(start, end), scores: scores.subarray(start, end) };
}

function rankingMetric(text: string): ((lists: RankedLists, noRelevant: RankingOptions['noRelevant']) => MetricValue) | null {
  const named = findMetric(text);
  const k = named?.parameter ?? Infinity;
  switch (named?.name) {
    case 'ndcg_at':
      return (lists, noRelevant) => ndcg(lists, { k, noRelevant });
    case 'ndcg_exponential_at':
      return (lists, noRelevant) => ndcg(lists, { k, noRelevant }, 'exponential');
    case 'map_at':
      return (lists, noRelevant) => meanAveragePrecision(lists, { k, noRelevant });
    case 'mrr':
      return (lists, noRelevant) => meanReciprocalRank(lists, { k, noRelevant });
    case 'precision_at':
      return (lists, noRelevant) => precisionAtK(lists, { k, noRelevant });
    case 'recall_at':
      return (lists, noRelevant) => recallAtK(lists, { k, noRelevant });
    case 'hit_rate_at':
      return (lists, noRelevant) => hitRateAtK(lists, { k, noRelevant });
    default:
      return null;
  }
}
