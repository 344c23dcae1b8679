import type { ServedVersionStatus, VersionState } from '../../protocol/serving.ts';
import type { Provider } from '../../protocol/runtime.ts';
import { startHost, type HostedModel, type ModelHost } from '../engines/onnx.ts';
import { Problem } from '../problem.ts';
import { openBatcher, type Answered, type Batcher, type BatchRun, type BatchSettings, type Submitted } from './batcher.ts';
import type { Signature } from './infer-request.ts';
import type { Statistics } from './statistics.ts';

/** A model version as it was registered: a private copy of exactly the bytes that were hashed. */
export interface VersionToServe {
  model: string;
  version: string;
  digest: string;
  /** As people know it, for messages. */
  path: string;
  file: string;
  sha256: string;
  externalSha256: ReadonlyMap<string, string>;
}

export interface ServingSettings {
  batch: BatchSettings;
  /** Processes for each version. */
  hosts: number;
  /** Whether answers are kept for those who ask the same again. */
  cached: boolean;
  providers: readonly Provider[];
  threads: number | null;
  deadlineMs: number;
  memoryBytesMax: number;
}

/** One version, from the start of its processes to their end. */
export interface ServedVersion {
  readonly about: VersionToServe;
  readonly state: VersionState;
  /** Resolves when it is ready or will not be. */
  readonly settled: Promise<void>;
  /** Throws `not-ready` until it is. */
  model(): HostedModel;
  signature(): Signature;
  settings(): { batch: BatchSettings; maxBatchRows: number; hosts: number; cached: boolean };
  /** How many of its rows a request holds. */
  rowsOf(inputs: Submitted['inputs']): number;
  infer(request: Omit<Submitted, 'rows'>): Promise<Answered>;
  readonly statistics: Statistics;
  readonly queued: Batcher['queued'];
  /** Of its processes, where they are known. */
  pids(): number[];
  /** Resident memory of each of its processes at their last answer. */
  rssBytes(): number[];
  status(alias: number): ServedVersionStatus;
  /** Answers what it has taken, then ends its processes. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

/** Who is told what happens. */
export interface ServedWatch {
  /** Of all versions that bear this name, one after another. */
  statistics: Statistics;
  onBatch?: (batch: BatchRun, about: VersionToServe, model: HostedModel) => void;
}

/** Starts its processes and returns at once; the batch probe of each is its warm-up, so that no request meets a cold one. */
export function serveVersion(about: VersionToServe, settings: ServingSettings, clock: { nowUs(): number; after(us: number, act: () => void): () => void }, { statistics, onBatch }: ServedWatch): ServedVersion {
  const stop = new AbortController();
  let state: VersionState = 'loading';
  let failure: unknown = null;
  let running: { hosts: ModelHost[]; batcher: Batcher; maxRows: number; batchReason: string | null } | null = null;

  const settled = start().then(
    (started) => {
      running = started;
      state = 'ready';
    },
    (error: unknown) => {
      failure = error;
      state = 'unavailable';
    },
  );

  async function start(): Promise<NonNullable<typeof running>> {
    const starting = Array.from({ length: settings.hosts }, () =>
      startHost({
        file: about.file,
        sha256: about.sha256,
        externalSha256: about.externalSha256,
        providers: settings.providers,
        ...(settings.threads !== null && { threads: settings.threads }),
        deadlineMs: settings.deadlineMs,
        memoryBytesMax: settings.memoryBytesMax,
        signal: stop.signal,
        // What is closed is not started anew.
        onRestart: (ending) => statistics.hostRestarted(ending === null || ending === 'closed' ? 'crash' : ending),
      }),
    );
    const outcomes = await Promise.allSettled(starting);
    const hosts = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    const failed = outcomes.find((each) => each.status === 'rejected');
    if (failed !== undefined) {
      await Promise.all(hosts.map((host) => host.close()));
      throw failed.reason;
    }
    const { batch } = hosts[0].model;
    const together = batch.batchable && batch.axis === 0;
    const maxRows = together ? settings.batch.maxBatchRows : 1;
    const batcher = openBatcher(hosts, { ...settings.batch, maxBatchRows: maxRows }, clock);
    batcher.onBatch((closed) => {
      statistics.batch(closed);
      onBatch?.(closed, about, hosts[0].model);
    });
    return { hosts, batcher, maxRows, batchReason: together ? null : (batch.reason ?? 'Rows lie on another axis than the first') };
  }

  function ready(): NonNullable<typeof running> {
    if (running !== null) return running;
    throw new Problem('not-ready', state === 'loading' ? `${about.model} ${about.version} is being loaded` : `${about.model} ${about.version} cannot be served: ${reasonOf(failure, about)}`, { cause: failure });
  }

  return {
    about,
    get state() {
      return state;
    },
    settled,
    model: () => ready().hosts[0].model,
    signature() {
      const { inputs, outputs } = ready().hosts[0].model;
      return { inputs, outputs };
    },
    settings: () => ({ batch: settings.batch, maxBatchRows: ready().maxRows, hosts: settings.hosts, cached: settings.cached }),
    rowsOf(inputs) {
      if (ready().batchReason !== null) return 1;
      for (const { shape } of inputs.values()) return shape[0] ?? 1;
      return 1;
    },
    async infer(request) {
      return ready().batcher.submit({ ...request, rows: this.rowsOf(request.inputs) });
    },
    statistics,
    get queued() {
      return running?.batcher.queued ?? { requests: 0, rows: 0 };
    },
    pids: () => (running?.hosts ?? []).flatMap((host) => host.pid ?? []),
    rssBytes: () => (running?.hosts ?? []).map((host) => host.memory().rssBytes),
    status(alias) {
      const model = running?.hosts[0].model ?? null;
      return {
        version: about.version,
        alias,
        digest: about.digest,
        state,
        reason: state === 'ready' ? '' : state === 'loading' ? 'being loaded' : reasonOf(failure, about),
        provider: model?.provider ?? null,
        refused: model?.refused ?? [],
        maxBatchRows: running?.maxRows ?? 1,
        batchReason: running?.batchReason ?? null,
      };
    },
    async drain() {
      await settled;
      await running?.batcher.drain();
      await this.close();
    },
    async close() {
      stop.abort();
      await settled;
      await running?.batcher.close();
      await Promise.all((running?.hosts ?? []).map((host) => host.close()));
      if (state === 'ready') {
        state = 'unavailable';
        failure = new Problem('not-ready', 'it was unloaded');
        running = null;
      }
    },
  };
}

/** Messages name the file that people know, not the private copy of it. */
function reasonOf(failure: unknown, { file, path }: VersionToServe): string {
  return (failure instanceof Error ? failure.message : String(failure)).replaceAll(file, path);
}
