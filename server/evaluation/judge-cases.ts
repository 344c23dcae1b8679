import type { CaseResult } from '../../protocol/evaluation.ts';
import { type Subject, decisionsOf } from './subject.ts';

/** What makes a curated case right beyond the label itself. */
export interface CaseRules {
  /** Name of each row, from the column that names cases; "case 1" and so on without. */
  names?: readonly (string | null)[];
  /** Regression: how far from the expected value still counts as right, in target units. */
  tolerance?: number | null;
}

/**
 * Judges curated rows one by one.
 *
 * @returns in row order. `pass` if the predicted class is the expected one, the value within `tolerance`, or the text one
 *   of the references; `error` if there is no sound prediction to judge or nothing to judge it by. Ranking has no
 *   answer for a single row, so its cases are `error`.
 */
export function judgeCases(subject: Subject, rules: CaseRules = {}): CaseResult[] {
  return answers(subject, rules.tolerance ?? null).map(({ expected, predicted, score, right }, row) => ({
    row,
    name: rules.names?.[row] ?? `case ${row + 1}`,
    expected: expected ?? 'nothing: the case has no label',
    predicted,
    score,
    verdict: expected === null || predicted === null || right === null ? 'error' : right ? 'pass' : 'fail',
  }));
}

interface Answer {
  expected: string | null;
  predicted: string | null;
  score: number | null;
  /** Null when it cannot be told. */
  right: boolean | null;
}

function answers(subject: Subject, tolerance: number | null): Answer[] {
  switch (subject.task) {
    case 'binary':
    case 'multiclass': {
      const { predictions, classes } = subject;
      const decisions = decisionsOf(subject);
      return Array.from(subject.labels, (label, row) => {
        const score = scoreOf(predictions, row, decisions[row], classes.length);
        const sound = decisions[row] >= 0 && decisions[row] < classes.length && (predictions.kind === 'classes' || (score !== null && predictions.missing?.[row] !== 1));
        return { expected: classes[label] ?? null, predicted: sound ? classes[decisions[row]] : null, score, right: label === decisions[row] };
      });
    }
    case 'regression':
      return Array.from(subject.labels, (label, row) => {
        const value = subject.predictions.values[row];
        const labelled = subject.unlabelled?.[row] !== 1 && Number.isFinite(label);
        const predicted = Number.isFinite(value) && subject.predictions.missing?.[row] !== 1;
        return {
          expected: labelled ? String(label) : null,
          predicted: predicted ? String(value) : null,
          score: predicted ? value : null,
          right: tolerance === null ? null : Math.abs(value - label) <= tolerance + 1e-12,
        };
      });
    case 'generation':
      return subject.references.map((references, row) => {
        const text = subject.predictions.texts[row];
        return { expected: references?.[0] ?? null, predicted: text, score: null, right: text !== null && (references?.includes(text) ?? false) };
      });
    case 'ranking':
      return Array.from(subject.labels, (label) => ({ expected: String(label), predicted: null, score: null, right: null }));
  }
}

/** The score behind a decision, null when there is none or it is no probability. */
function scoreOf(predictions: Extract<Subject, { task: 'binary' | 'multiclass' }>['predictions'], row: number, decision: number, classes: number): number | null {
  if (predictions.kind === 'classes') return null;
  const score = predictions.kind === 'scores' ? predictions.scores[row] : predictions.probabilities[row * classes + decision];
  return score >= 0 && score <= 1 ? score : null;
}
