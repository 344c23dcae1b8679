import type { ModelSummary } from './registry.ts';
import type { ProblemBody, ProblemCode } from './problem.ts';
import type { LiveSample, ServingStatus } from './serving.ts';
import type { ShadowIntent, ShadowSummary } from './shadow.ts';
import type { BatchSummary, RunSummary, StepName, StepOutcome } from './run.ts';
import type { Statement } from './workspace.ts';

/** First field of every conversation; a client that does not know the version says so and stops. */
export const protocolVersion = 1;

/** Asked over HTTP under an id the asker chooses, so that no outcome on the feed can be missed. */
export type Command =
  | { kind: 'run'; models?: string[]; versions?: string[]; /** Judge again even where nothing it rests on has changed. */ force?: boolean; /** Go on until cancelled, as models and data change. */ watch?: boolean }
  | { kind: 'check'; /** Absolute. */ path: string; /** Name of a dataset, or absolute path of a file. */ reference?: string }
  /** Writes a first slipway.yaml from the models and data that are there. An existing one is never touched. */
  | { kind: 'set-up' }
  /** Replays what was recorded through two versions and compares their answers. */
  | ({ kind: 'replay' } & ReplayRequest)
  /** Somebody states that a readiness criterion is met. Done at once, whatever else waits. */
  | ({ kind: 'state' } & Omit<Statement, 'at'>);

export interface ReplayRequest {
  model: string;
  candidate: string;
  /** Null: the champion. */
  production: string | null;
  /** A dataset by name, an absolute path of Parquet, CSV or JSON lines, or what was served; times are ISO 8601. */
  source: { of: 'dataset'; name: string } | { of: 'file'; path: string } | { of: 'log'; from: string | null; to: string | null };
  intent: ShadowIntent;
  /** Times the recorded pace; null for as fast as it goes. */
  pace: number | null;
}

export interface Request {
  /** Letters, digits and hyphens, 8 to 64 of them. */
  work: string;
  command: Command;
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
  /** Latest verdict for these bytes. */
  run: RunSummary | null;
}

/** A model file that is not a version: refused by admission, or not complete. */
export interface RefusedFile {
  path: string;
  code: ProblemCode;
  message: string;
}

export interface Progress {
  work: string;
  step: StepName;
  subject: string;
  done: number;
  total: number | null;
  unit: 'rows' | 'bytes' | 'columns' | 'resamples' | 'runs' | 'files';
}

/** A piece of work that waits or is under way. */
export interface ActiveWork {
  work: string;
  command: Command;
  /** The run it is making. */
  run: { id: string; model: string; version: string } | null;
  /** The latest of it, for those who came late. */
  progress: Progress | null;
}

export interface Snapshot {
  /** What is wrong with slipway.yaml, if anything. */
  problem: ProblemBody | null;
  /** Versions that are there; those whose file is gone are in `runs` alone. */
  models: ModelVersionSummary[];
  refused: RefusedFile[];
  runs: RunSummary[];
  batches: BatchSummary[];
  active: ActiveWork[];
  /** Null while nothing is served. */
  serving: ServingStatus | null;
}

/**
 * Server → client. `sequence` grows by one for each message but `progress` and `live`; a gap means: ask for a new snapshot.
 * Results are told after they are saved; `progress` is never saved and may be dropped for a newer one.
 */
export type FeedMessage =
  | { kind: 'hello'; protocol: typeof protocolVersion; slipway: string; workspace: string; sequence: number }
  | { kind: 'snapshot'; sequence: number; snapshot: Snapshot }
  | { kind: 'work-started'; sequence: number; work: string; command: Command }
  | { kind: 'model-seen'; sequence: number; work: string; version: ModelVersionSummary }
  | { kind: 'model-refused'; sequence: number; work: string; file: RefusedFile }
  | { kind: 'run-started'; sequence: number; work: string; run: string; model: string; version: string }
  | { kind: 'step'; sequence: number; work: string; run: string; outcome: StepOutcome }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'run-finished'; sequence: number; work: string; run: RunSummary }
  /** The evidence of this saved run is the evidence there is, so its verdict stands. */
  | { kind: 'run-kept'; sequence: number; work: string; run: RunSummary }
  /** slipway.yaml was written; `notes` are guesses to confirm, and files that were left out with the reason. */
  | { kind: 'was-set-up'; sequence: number; work: string; path: string; notes: string[] }
  /** slipway.yaml is not what it was: `problem` is what is wrong with it now. Its outline can be asked for anew. */
  | { kind: 'config-changed'; sequence: number; problem: ProblemBody | null }
  /** Versions were loaded, or have gone; or the port was opened or closed. */
  | { kind: 'serving-changed'; sequence: number; serving: ServingStatus | null }
  /** At most one a second for each comparison; `work` is `serving` where requests are mirrored. */
  | { kind: 'shadow-changed'; sequence: number; work: string; shadow: ShadowSummary }
  /** Never saved; may be dropped, and has no number. */
  | { kind: 'live'; sample: LiveSample }
  | { kind: 'stated'; sequence: number; work: string; statement: Statement }
  | { kind: 'batch-checked'; sequence: number; work: string; batch: BatchSummary }
  | { kind: 'problem'; sequence: number; work: string; problem: ProblemBody }
  | { kind: 'work-finished'; sequence: number; work: string; state: 'done' | 'cancelled' | 'failed'; runs: string[]; batches: string[] };
