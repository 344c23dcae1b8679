import { jensenShannonDivergence } from '../stats/jensen-shannon.ts';
import { type AnswerShape, type Answers, type PairRecord, type PairRules, decisionOf, faultyPair } from './answers.ts';
import { isClose, relativeDifference } from './tolerance.ts';

type ClassAnswers = Extract<Answers, { kind: 'classifier' }>;

/**
 * Pairs of classifications.
 *
 * A new model agrees when it decides the same class; another build of the same one also needs every probability within
 * tolerance, where both give probabilities. Without classes the most probable decides, the first of equals.
 */
export function compareClasses(shape: Extract<AnswerShape, { kind: 'classifier' }>, { intent, tolerance }: PairRules, production: ClassAnswers, candidate: ClassAnswers): (row: number) => PairRecord {
  const width = shape.classes.length;
  return (row) => {
    const decisions = { production: decisionOf(shape, production, row), candidate: decisionOf(shape, candidate, row) };
    if (decisions.production < 0) return faultyPair('production-invalid');
    if (decisions.candidate < 0) return faultyPair('candidate-invalid');
    const same = decisions.production === decisions.candidate;
    const before = production.probabilities?.subarray(row * width, (row + 1) * width);
    const after = candidate.probabilities?.subarray(row * width, (row + 1) * width);
    if (before === undefined || after === undefined) return { ...faultyPair(same ? 'agree' : 'differ'), decisions };
    let absolute = 0;
    let relative: number | null = 0;
    let close = true;
    for (let index = 0; index < width; index++) {
      absolute = Math.max(absolute, Math.abs(after[index] - before[index]));
      const share = relativeDifference(before[index], after[index]);
      relative = relative === null || share === null ? null : Math.max(relative, share);
      close &&= tolerance === null || isClose(before[index], after[index], tolerance);
    }
    const divergence = divergenceOf(before, after);
    return {
      outcome: same && (close || intent === 'new-model') ? 'agree' : 'differ',
      numbers: { production: before[decisions.production], candidate: after[decisions.production] },
      absolute,
      relative,
      similarities: divergence === null ? [] : [1 - divergence],
      decisions,
    };
  };
}

/** Null where a side is no distribution: logits, or all zeros. Sums are brought to 1, as those of 32-bit numbers are off it. */
function divergenceOf(before: Float64Array, after: Float64Array): number | null {
  const sums = [before, after].map((side) => (side.every((share) => share >= 0) ? side.reduce((total, share) => total + share, 0) : NaN));
  if (!sums.every((total) => Math.abs(total - 1) < 0.01)) return null;
  return jensenShannonDivergence(before.map((share) => share / sums[0]), after.map((share) => share / sums[1]));
}
