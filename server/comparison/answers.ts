import type { ShadowIntent, Tolerance } from '../../protocol/shadow.ts';

/** What is answered, agreed on before the first pair. */
export type AnswerShape =
  | { kind: 'classifier'; classes: readonly string[] }
  /** A score that decides at a threshold; `classes` names what is below it and what is not. */
  | { kind: 'score'; threshold: number; classes: readonly [below: string, atOrAbove: string] }
  | { kind: 'regression' }
  /** Of each ranking the first k places count. */
  | { kind: 'ranking'; k: number }
  /** Vectors agree when their cosine is at least `cosineMin`. */
  | { kind: 'embedding'; width: number; cosineMin: number }
  | { kind: 'text' };

/** Answers of one model to a batch of inputs, in their order. */
export type Answers =
  /** Index of the class, any other number for none; probabilities row-major. One of the two may be missing. */
  | { kind: 'classifier'; codes?: Int32Array; probabilities?: Float64Array }
  | { kind: 'score'; scores: Float64Array }
  | { kind: 'regression'; values: Float64Array }
  /** Items of each answer, best first; null where there is none. */
  | { kind: 'ranking'; lists: readonly (readonly string[] | null)[] }
  /** Row-major. */
  | { kind: 'embedding'; values: Float64Array }
  | { kind: 'text'; texts: readonly (string | null)[] };

/** What counts as agreement. */
export interface PairRules {
  intent: ShadowIntent;
  /** Null where only decisions count. */
  tolerance: Tolerance | null;
}

/** Two answers to one input. Only `agree` is agreement. */
export interface PairRecord {
  outcome: 'agree' | 'differ' | 'production-failed' | 'candidate-failed' | 'production-invalid' | 'candidate-invalid';
  /** The one number that stands for each answer: score, value, probability of production's class. Null where there is none. */
  numbers: { production: number; candidate: number } | null;
  /** Largest |difference| over the answer's numbers, and the same ÷ production's size; null where there are none. */
  absolute: number | null;
  relative: number | null;
  /** In the order of `similarityNames`. */
  similarities: readonly number[];
  /** Index of the class decided, −1 for none; null where answers decide nothing. */
  decisions: { production: number; candidate: number } | null;
}

/** An answer that is missing or no answer at all: never agreement, and nothing is measured on it. */
export function faultyPair(outcome: PairRecord['outcome']): PairRecord {
  return { outcome, numbers: null, absolute: null, relative: null, similarities: [], decisions: null };
}

/** How alike two answers of a kind are measured to be. */
export function similarityNames(kind: AnswerShape['kind']): readonly string[] {
  switch (kind) {
    case 'classifier':
      return ['1 − Jensen–Shannon divergence'];
    case 'ranking':
      return ['overlap of the first k', 'rank-biased overlap'];
    case 'embedding':
      return ['cosine'];
    case 'text':
      return ['words in common', 'length ratio'];
    case 'score':
    case 'regression':
      return [];
  }
}

/** Names of the classes that answers decide between; null where they decide nothing. */
export function classesOf(shape: AnswerShape): readonly string[] | null {
  return shape.kind === 'classifier' || shape.kind === 'score' ? shape.classes : null;
}

/** Index of the class that an answer decides; −1 where it is no known class or holds a number that is not finite. */
export function decisionOf(shape: AnswerShape, answers: Answers, row: number): number {
  if (shape.kind === 'score' && answers.kind === 'score') return Number.isFinite(answers.scores[row]) ? Number(answers.scores[row] >= shape.threshold) : -1;
  if (shape.kind !== 'classifier' || answers.kind !== 'classifier') return -1;
  const width = shape.classes.length;
  const own = answers.probabilities?.subarray(row * width, (row + 1) * width);
  if (own && !own.every(Number.isFinite)) return -1;
  const code = answers.codes ? answers.codes[row] : mostProbable(own ?? new Float64Array());
  return code >= 0 && code < width ? code : -1;
}

function mostProbable(probabilities: Float64Array): number {
  let best = -1;
  for (let index = 0; index < probabilities.length; index++) if (best < 0 || probabilities[index] > probabilities[best]) best = index;
  return best;
}
