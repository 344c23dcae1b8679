import type { EvaluationReport } from '../../protocol/evaluation.ts';
import { isMissingPrediction } from './predictions.ts';
import { type Subject, subjectRows } from './subject.ts';

/** Which rows are judged, and where the others went; adds up exactly. */
export interface RowAccount {
  /** Rows of the data that are judged, ascending. */
  kept: Uint32Array;
  rows: EvaluationReport['rows'];
}

/**
 * Sorts the rows into those that can be judged and those that cannot, each of these under its first reason: no label, a
 * label that is none of the classes or no number, no prediction.
 */
export function accountRows(subject: Subject): RowAccount {
  const read = subjectRows(subject);
  const kept: number[] = [];
  const reasons = new Map<string, number>();
  for (let row = 0; row < read; row++) {
    const reason = leftOutBecause(subject, row);
    if (reason === null) kept.push(row);
    else reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { kept: Uint32Array.from(kept), rows: { read, judged: kept.length, leftOut: [...reasons].map(([reason, rows]) => ({ reason, rows })) } };
}

function leftOutBecause(subject: Subject, row: number): string | null {
  return labelFault(subject, row) ?? (isMissingPrediction(subject.predictions, row) ? 'no prediction' : null);
}

function labelFault(subject: Subject, row: number): string | null {
  switch (subject.task) {
    case 'binary':
    case 'multiclass': {
      const code = subject.labels[row];
      if (code === -1) return 'no label';
      return code >= 0 && code < subject.classes.length ? null : 'label is none of the classes';
    }
    case 'regression':
    case 'ranking':
      if (subject.unlabelled?.[row] === 1) return 'no label';
      if (!Number.isFinite(subject.labels[row])) return 'label is not a finite number';
      return subject.task === 'ranking' && subject.labels[row] < 0 ? 'relevance is negative' : null;
    case 'generation':
      return subject.references[row]?.length ? null : 'no reference';
  }
}
