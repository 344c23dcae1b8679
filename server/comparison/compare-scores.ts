import { type AnswerShape, type Answers, type PairRecord, type PairRules, decisionOf, faultyPair } from './answers.ts';
import { isClose, relativeDifference } from './tolerance.ts';

type Scores = Extract<Answers, { kind: 'score' }>;

/**
 * Pairs of scores that decide at a threshold: at or above it is the second class.
 *
 * A new model agrees when it decides the same; another build of the same one also needs its score within tolerance.
 */
export function compareScores(shape: Extract<AnswerShape, { kind: 'score' }>, { intent, tolerance }: PairRules, production: Scores, candidate: Scores): (row: number) => PairRecord {
  return (row) => {
    const [before, after] = [production.scores[row], candidate.scores[row]];
    const decisions = { production: decisionOf(shape, production, row), candidate: decisionOf(shape, candidate, row) };
    if (decisions.production < 0) return faultyPair('production-invalid');
    if (decisions.candidate < 0) return faultyPair('candidate-invalid');
    const close = intent === 'new-model' || tolerance === null || isClose(before, after, tolerance);
    return {
      outcome: close && decisions.production === decisions.candidate ? 'agree' : 'differ',
      numbers: { production: before, candidate: after },
      absolute: Math.abs(after - before),
      relative: relativeDifference(before, after),
      similarities: [],
      decisions,
    };
  };
}
