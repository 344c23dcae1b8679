import type { ShadowSide } from '../../protocol/shadow.ts';
import type { AnswerShape, Answers } from '../../server/comparison/answers.ts';
import { type PairBatch, type ShadowEvidence, addPairs, createEvidence } from '../../server/comparison/shadow-evidence.ts';
import { type ShadowOptions, planShadow } from '../../server/comparison/shadow-plan.ts';
import type { NoiseCounts } from '../../server/comparison/noise-floor.ts';

export const side = (version: string, precision: ShadowSide['precision'] = 'float32'): ShadowSide => ({ name: 'late', version, digest: version, provider: 'cpu', precision });

export const lateOrNot: AnswerShape = { kind: 'score', threshold: 0.5, classes: ['on time', 'late'] };

export function evidenceOf(shape: AnswerShape, options: ShadowOptions, kind: 'live' | 'replay' = 'live', noise?: NoiseCounts): ShadowEvidence {
  return createEvidence(planShadow({ production: side('v1'), candidate: side('v2'), source: { kind }, shape }, options, noise));
}

export const scores = (values: ArrayLike<number>): Answers => ({ kind: 'score', scores: Float64Array.from(values) });

/** A batch of pairs at a minute of one day, numbered from `first`. */
export function pairs(production: Answers | null, candidate: Answers | null, rows: number, more: Partial<PairBatch> & { minute?: number; first?: number } = {}): PairBatch {
  const { minute = 0, first = 0, ...rest } = more;
  return {
    at: Date.UTC(2026, 0, 1, 0, minute),
    inputs: Array.from({ length: rows }, (_, row) => ({ id: `r${first + row}`, row: 0 })),
    production: { answers: production },
    candidate: { answers: candidate },
    ...rest,
  };
}

/** As many pairs of equal scores, then pairs whose decision changes. */
export function addScores(evidence: ShadowEvidence, agree: number, differ: number, more: Parameters<typeof pairs>[3] = {}): void {
  const production = Array.from({ length: agree + differ }, (_, row) => (row % 2 === 0 ? 0.2 : 0.8));
  const candidate = production.map((score, row) => (row < agree ? score : 1 - score));
  addPairs(evidence, pairs(scores(production), scores(candidate), agree + differ, more));
}
