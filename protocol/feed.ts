import type { ModelSummary } from './registry.ts';
import type { ProblemBody } from './problem.ts';
import type { BatchSummary, RunSummary, StepName, StepOutcome } from './run.ts';

/** First field of every conversation; a client that does not know the version says so and stops. */
export const protocolVersion = 1;

/** Asked over HTTP; acknowledged with the run's id, outcome on the feed. */
export type Command =
  | { kind: 'run'; models?: string[]; versions?: string[]; force?: boolean }
  | { kind: 'check'; path: string; reference?: string }
  | { kind: 'cancel'; id: string };

export interface Acknowledgement {
  id: string;
}

export interface ModelVersionSummary {
  model: string;
  version: string;
  digest: string;
  path: string;
  bytes: number;
  seenAt: string;
  champion: boolean;
  summary: ModelSummary | null;
  run: RunSummary | null;
  /** Set when the file was refused or never became complete. */
  problem: { code: string; message: string } | null;
}

export interface Progress {
  id: string;
  step: StepName;
  subject: string;
  done: number;
  total: number | null;
  unit: 'rows' | 'bytes' | 'columns' | 'resamples' | 'runs';
}

/** Server → client. Only what is saved is told, except `progress`, which is never saved. */
export type FeedMessage =
  | { kind: 'hello'; protocol: typeof protocolVersion; slipway: string; workspace: string; sequence: number }
  | { kind: 'snapshot'; sequence: number; models: ModelVersionSummary[]; runs: RunSummary[]; batches: BatchSummary[]; active: { id: string; subject: string }[] }
  | { kind: 'run-started'; sequence: number; id: string; model: string; version: string }
  | { kind: 'step'; sequence: number; id: string; outcome: StepOutcome }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'run-finished'; sequence: number; run: RunSummary }
  | { kind: 'batch-checked'; sequence: number; batch: BatchSummary }
  | { kind: 'model-seen'; sequence: number; version: ModelVersionSummary }
  | { kind: 'run-cancelled'; sequence: number; id: string }
  | { kind: 'problem'; sequence: number; id: string | null; problem: ProblemBody }
  /** Everything asked so far is done. */
  | { kind: 'idle'; sequence: number };
