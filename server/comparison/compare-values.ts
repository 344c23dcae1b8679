import { type Answers, type PairRecord, type PairRules, faultyPair } from './answers.ts';
import { FULL_PRECISION, isClose, relativeDifference } from './tolerance.ts';

type Values = Extract<Answers, { kind: 'regression' }>;

/** Pairs of predicted numbers, which agree within tolerance whatever the intent: a number decides nothing by itself. */
export function compareValues({ tolerance }: PairRules, production: Values, candidate: Values): (row: number) => PairRecord {
  return (row) => {
    const [before, after] = [production.values[row], candidate.values[row]];
    if (!Number.isFinite(before)) return faultyPair('production-invalid');
    if (!Number.isFinite(after)) return faultyPair('candidate-invalid');
    return {
      outcome: isClose(before, after, tolerance ?? FULL_PRECISION) ? 'agree' : 'differ',
      numbers: { production: before, candidate: after },
      absolute: Math.abs(after - before),
      relative: relativeDifference(before, after),
      similarities: [],
      decisions: null,
    };
  };
}
