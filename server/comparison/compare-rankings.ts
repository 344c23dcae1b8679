import { overlapAtK, rankBiasedOverlap } from '../stats/rank-overlap.ts';
import { type AnswerShape, type Answers, type PairRecord, type PairRules, faultyPair } from './answers.ts';

type Rankings = Extract<Answers, { kind: 'ranking' }>;

/**
 * Pairs of rankings, of which the first k places count.
 *
 * Another build of the same model agrees when those are the same items in the same order, a new model when the first item
 * is. An item that stands twice in a ranking is no ranking.
 */
export function compareRankings({ k }: Extract<AnswerShape, { kind: 'ranking' }>, { intent }: PairRules, production: Rankings, candidate: Rankings): (row: number) => PairRecord {
  return (row) => {
    const before = production.lists[row]?.slice(0, k) ?? null;
    const after = candidate.lists[row]?.slice(0, k) ?? null;
    if (before === null) return faultyPair('production-failed');
    if (after === null) return faultyPair('candidate-failed');
    if (repeats(before)) return faultyPair('production-invalid');
    if (repeats(after)) return faultyPair('candidate-invalid');
    const same = intent === 'new-model' ? before.at(0) === after.at(0) : before.length === after.length && before.every((item, place) => item === after[place]);
    return { ...faultyPair(same ? 'agree' : 'differ'), similarities: [overlapAtK(before, after, k), rankBiasedOverlap(before, after)] };
  };
}

function repeats(items: readonly string[]): boolean {
  return new Set(items).size < items.length;
}
