import type { Config, ModelConfig, PredictionColumns } from '../protocol/config.ts';
import type { Progress, RefusedFile } from '../protocol/feed.ts';
import type { DatasetRole, Gate } from '../protocol/gates.ts';
import type { RunReport } from '../protocol/run.ts';
import type { DigestCache } from './datasets/digest-dataset.ts';
import type { Analysis } from './engines/duckdb.ts';
import type { Told } from './feed.ts';
import type { JudgingPool } from './judging-pool.ts';
import type { Log } from './log.ts';
import type { RegisteredModel, RegistrationCache } from './registry/register-model.ts';
import type { ShadowOutcomes } from './shadow-outcomes.ts';
import type { Store } from './store/open-store.ts';
import type { Batch } from './workspace-data.ts';

/** What a pass of work is done with. */
export interface House {
  workspace: string;
  /** The workspace's `.slipway`. */
  folder: string;
  config: Config;
  store: Store;
  analysis: Analysis;
  digests: DigestCache;
  judging: JudgingPool;
  registrations: RegistrationCache;
  now: () => Date;
}

/** Where a pass of work is told, and how it is cancelled. */
export interface On {
  signal: AbortSignal;
  tell(message: WithoutWork<Told>): void;
  progress(progress: Omit<Progress, 'work'>): void;
  refused(files: RefusedFile[]): void;
  /** Tells what keeps a part of the work from being done; the rest of it goes on. */
  problem(error: unknown): void;
  /** Evidence keys that this work has judged: a work that watches tries an error once. */
  tried: Set<string>;
  log: Log;
}

type WithoutWork<T> = T extends { work: string } ? Omit<T, 'work'> : never;

/** One version of a model: a file, or columns of the data that hold its predictions. */
export type Version =
  | { kind: 'file'; name: string; digest: string; path: string; bytes: number; registered: RegisteredModel }
  | { kind: 'columns'; name: string; digest: string; path: string; bytes: number; columns: PredictionColumns };

/** Test data beside a model file, and the digest of its bytes. */
export interface Recorded {
  folder: string;
  files: string[];
  digest: string;
}

/** Everything a run rests on, settled before anything is measured. */
export interface RunSubject {
  config: ModelConfig;
  version: Version;
  champion: Version | null;
  role: RunReport['role'];
  policy: Gate[];
  policyDigest: string;
  batches: Partial<Record<DatasetRole, Batch>>;
  /** Earlier batches of `current`, oldest first. */
  earlier: Batch[];
  /** What lies beside the version's file for its export to be held against. */
  recorded: Recorded | null;
  /** Null where no gate asks for a comparison. */
  shadows: ShadowOutcomes | null;
  configText: string;
  /** Digest of all of it: the same key is the same verdict. */
  evidenceKey: string;
}
