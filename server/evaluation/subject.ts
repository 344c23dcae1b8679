import type { Predictions } from './predictions.ts';

/** What is evaluated: the truth and what a model made of it, one entry per row of the data. */
export type Subject = BinarySubject | MulticlassSubject | RegressionSubject | RankingSubject | GenerationSubject;

export interface BinarySubject {
  task: 'binary';
  /** Index into `classes` per row; −1 where there is no label, −2 where it is none of the classes. */
  labels: Int32Array;
  /** Names of the negative and of the positive class, in this order: which is positive is never guessed. */
  classes: readonly [negative: string, positive: string];
  predictions: Extract<Predictions, { kind: 'scores' | 'classes' }>;
  /** Scores at or above it decide positive. */
  threshold: number;
}

export interface MulticlassSubject {
  task: 'multiclass';
  /** As for the binary task. */
  labels: Int32Array;
  classes: readonly string[];
  predictions: Extract<Predictions, { kind: 'probabilities' | 'classes' }>;
}

export interface RegressionSubject {
  task: 'regression';
  labels: Float64Array;
  /** 1 where there is no label. */
  unlabelled?: Uint8Array;
  predictions: Extract<Predictions, { kind: 'values' }>;
}

export interface RankingSubject {
  task: 'ranking';
  /** Relevance per item, ≥ 0. */
  labels: Float64Array;
  unlabelled?: Uint8Array;
  /** Index of the query that each item belongs to. */
  queries: Int32Array;
  /** Whether a query without a relevant item is left out or counts as 0. */
  noRelevant: 'drop' | 'include';
  predictions: Extract<Predictions, { kind: 'values' }>;
}

export interface GenerationSubject {
  task: 'generation';
  /** One or more acceptable texts per row; null or none where there is no reference. */
  references: (readonly string[] | null)[];
  predictions: Extract<Predictions, { kind: 'texts' }>;
}

/** Rows of the data, labelled or not. */
export function subjectRows(subject: Subject): number {
  return subject.task === 'generation' ? subject.references.length : subject.labels.length;
}

/** Known classes; 1 where the task has none. */
export function classCount(subject: Subject): number {
  return subject.task === 'binary' || subject.task === 'multiclass' ? subject.classes.length : 1;
}

/** Predicted class of every row, see `decisionIn`. */
export function decisionsOf(subject: BinarySubject | MulticlassSubject): Int32Array {
  const decision = decisionIn(subject);
  return Int32Array.from({ length: subjectRows(subject) }, (_, row) => decision(row));
}

/** Predicted class of a row: the one named, the score against the threshold, or the most probable (the first of equals). */
export function decisionIn(subject: BinarySubject | MulticlassSubject): (row: number) => number {
  const { predictions } = subject;
  if (predictions.kind === 'classes') return (row) => predictions.codes[row];
  if (subject.task === 'binary' && predictions.kind === 'scores') return (row) => (predictions.scores[row] >= subject.threshold ? 1 : 0);
  if (predictions.kind !== 'probabilities') throw new TypeError(`a ${subject.task} task cannot be decided from ${predictions.kind}`);
  const { probabilities } = predictions;
  const classes = subject.classes.length;
  return (row) => {
    let best = 0;
    for (let index = 1; index < classes; index++) if (probabilities[row * classes + index] > probabilities[row * classes + best]) best = index;
    return best;
  };
}
