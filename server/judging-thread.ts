import { parentPort } from 'node:worker_threads';
import type { DriftReport, PerformanceEstimate } from '../protocol/drift.ts';
import type { ComparisonReport, EvaluationReport } from '../protocol/evaluation.ts';
import type { ProblemCode } from '../protocol/problem.ts';
import { compare, type CompareInput } from './comparison/compare.ts';
import { detectDrift, type ColumnRoles, type DriftInput, type DriftOptions } from './drift/detect-drift.ts';
import { estimatePerformance, type PerformanceInput, type PerformanceOptions } from './drift/estimate-performance.ts';
import { evaluate, type EvaluateInput } from './evaluation/evaluate.ts';
import { pairSubjects, type PairOptions } from './evaluation/pair-subjects.ts';
import type { Subject } from './evaluation/subject.ts';
import { Problem } from './problem.ts';

/** Long computations as data: what a judging room is asked, without the callbacks, which do not cross threads. */
export type Job =
  | { kind: 'evaluate'; input: Omit<EvaluateInput, 'tick'> }
  | { kind: 'compare'; input: Omit<CompareInput, 'tick' | 'pairs'>; subjects: { candidate: Subject; champion: Subject }; options: PairOptions }
  | { kind: 'detect drift'; input: DriftInput; roles: ColumnRoles; options: DriftOptions }
  | { kind: 'estimate performance'; input: PerformanceInput; options: PerformanceOptions };

export type Outcome<J extends Job> = J extends { kind: 'evaluate' } ? EvaluationReport : J extends { kind: 'compare' } ? ComparisonReport : J extends { kind: 'detect drift' } ? DriftReport : PerformanceEstimate[];

export type Answer =
  | { kind: 'progress'; id: number; share: number }
  | { kind: 'done'; id: number; result: unknown }
  | { kind: 'failed'; id: number; message: string; stack?: string; code?: ProblemCode };

/** Enough for a smooth bar; more would only cost. */
const progressEveryMs = 100;

async function perform(job: Job, report: (share: number) => void): Promise<unknown> {
  let told = 0;
  let steps = 0;
  const tick = (share?: number): void => {
    const now = performance.now();
    if (now - told < progressEveryMs) return;
    told = now;
    // A drift report does not know its total: the number of steps says at least that it moves.
    report(share ?? ++steps);
  };
  switch (job.kind) {
    case 'evaluate':
      return evaluate({ ...job.input, tick });
    case 'compare':
      return compare({ ...job.input, pairs: pairSubjects(job.subjects.candidate, job.subjects.champion, job.options), tick });
    case 'detect drift':
      return detectDrift(job.input, job.roles, job.options, () => tick());
    case 'estimate performance':
      return estimatePerformance(job.input, job.options, () => tick());
  }
}

parentPort?.on('message', ({ id, job }: { id: number; job: Job }) => {
  const answer = (message: Answer) => parentPort?.postMessage(message);
  perform(job, (share) => answer({ kind: 'progress', id, share })).then(
    (result) => answer({ kind: 'done', id, result }),
    (error: unknown) => answer({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack : undefined, code: error instanceof Problem ? error.code : undefined }),
  );
});
