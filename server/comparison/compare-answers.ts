import { type AnswerShape, type Answers, type PairRecord, type PairRules, classesOf, decisionOf, faultyPair } from './answers.ts';
import { compareClasses } from './compare-classes.ts';
import { compareEmbeddings } from './compare-embeddings.ts';
import { compareRankings } from './compare-rankings.ts';
import { compareScores } from './compare-scores.ts';
import { compareTexts } from './compare-texts.ts';
import { compareValues } from './compare-values.ts';

/** One model's answers to a batch, and where it gave none. */
export interface AnsweredBatch {
  /** Null when the whole run failed. */
  answers: Answers | null;
  /** 1 where the run failed or left the row out. */
  failed?: Uint8Array;
  /** Per row, of the request it came with. */
  latencyMs?: Float64Array;
}

/**
 * Compares two batches of answers, pair by pair.
 *
 * @param production what counts as right where intent is `same-build`
 * @param candidate  as many rows, in the same order
 * @param rows       how many inputs were answered
 * @returns the record of a row. A missing answer, NaN, ±∞ or an unknown class is never agreement, also when both sides
 *   give it; it is the candidate's fault only where production's answer is sound.
 * @throws RangeError when answers are not of the shape; ask `shapeFault` first
 */
export function compareAnswers(shape: AnswerShape, rules: PairRules, production: AnsweredBatch, candidate: AnsweredBatch, rows: number): (row: number) => PairRecord {
  for (const { answers } of [production, candidate]) {
    const fault = shapeFault(shape, answers, rows);
    if (fault !== null) throw new RangeError(fault);
  }
  const compare = comparer(shape, rules, production.answers, candidate.answers);
  return (row) => {
    if (production.answers === null || production.failed?.[row] === 1) return faultyPair('production-failed');
    const record = candidate.answers === null || candidate.failed?.[row] === 1 ? faultyPair('candidate-failed') : withoutOverflow(compare(row));
    // Production's decision stands also where the candidate has none: a label may say that it was right.
    if (classesOf(shape) === null || record.decisions !== null) return record;
    return { ...record, decisions: { production: decisionOf(shape, production.answers, row), candidate: -1 } };
  };
}

/** A difference beyond the largest number has no size that could be told. */
function withoutOverflow(record: PairRecord): PairRecord {
  const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null);
  return { ...record, absolute: finite(record.absolute), relative: finite(record.relative) };
}

/** Why answers cannot be compared under a shape, in words; null when they can. A failed run (null) fits any shape. */
export function shapeFault(shape: AnswerShape, answers: Answers | null, rows: number): string | null {
  if (answers === null) return null;
  if (answers.kind !== shape.kind) return `answers are of kind ${answers.kind}, not ${shape.kind}`;
  if (answers.kind === 'classifier' && answers.codes === undefined && answers.probabilities === undefined) return 'a classifier answers with classes or probabilities, and here are neither';
  for (const [what, found, expected] of sizes(shape, answers, rows)) if (found !== expected) return `${found} ${what} for ${rows} rows, not ${expected}`;
  return null;
}

function sizes(shape: AnswerShape, answers: Answers, rows: number): [what: string, found: number, expected: number][] {
  switch (answers.kind) {
    case 'classifier':
      return [
        ...(answers.codes ? [['classes', answers.codes.length, rows] as [string, number, number]] : []),
        ...(answers.probabilities && shape.kind === 'classifier' ? [['probabilities', answers.probabilities.length, rows * shape.classes.length] as [string, number, number]] : []),
      ];
    case 'score':
      return [['scores', answers.scores.length, rows]];
    case 'regression':
      return [['values', answers.values.length, rows]];
    case 'ranking':
      return [['rankings', answers.lists.length, rows]];
    case 'embedding':
      return [['numbers', answers.values.length, shape.kind === 'embedding' ? rows * shape.width : rows]];
    case 'text':
      return [['texts', answers.texts.length, rows]];
  }
}

function comparer(shape: AnswerShape, rules: PairRules, production: Answers | null, candidate: Answers | null): (row: number) => PairRecord {
  if (shape.kind === 'classifier' && production?.kind === 'classifier' && candidate?.kind === 'classifier') return compareClasses(shape, rules, production, candidate);
  if (shape.kind === 'score' && production?.kind === 'score' && candidate?.kind === 'score') return compareScores(shape, rules, production, candidate);
  if (shape.kind === 'regression' && production?.kind === 'regression' && candidate?.kind === 'regression') return compareValues(rules, production, candidate);
  if (shape.kind === 'ranking' && production?.kind === 'ranking' && candidate?.kind === 'ranking') return compareRankings(shape, rules, production, candidate);
  if (shape.kind === 'embedding' && production?.kind === 'embedding' && candidate?.kind === 'embedding') return compareEmbeddings(shape, production, candidate);
  if (shape.kind === 'text' && production?.kind === 'text' && candidate?.kind === 'text') return compareTexts(rules, production, candidate);
  // A failed run has no answer to compare: its rows never come here.
  return () => faultyPair('production-failed');
}
