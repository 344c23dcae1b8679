import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, ModelVersionSummary, RefusedFile, Snapshot } from '../protocol/feed.ts';
import { type Config } from '../protocol/config.ts';
import { loadConfig } from './config.ts';
import { openAnalysis, type Analysis } from './engines/duckdb.ts';
import { openFeed, type Feed } from './feed.ts';
import { openJudgingPool } from './judging-pool.ts';
import { openLog } from './log.ts';
import { failingRowsOf, type FailingRows } from './failing-rows.ts';
import type { House, On } from './house.ts';
import { checkFile, runModels } from './pipeline.ts';
import { Problem, problemBody } from './problem.ts';
import { openStore, type Store } from './store/open-store.ts';
import { version } from './version.ts';
import { watch } from './watch.ts';

export type { FailingRows };

/** An open workspace: one owner, one queue of work, one feed. */
export interface Slipway {
  readonly workspace: string;
  readonly store: Store;
  readonly feed: Feed;
  /** Takes the work on and returns; outcomes are told on the feed under the same id. */
  submit(work: string, command: Command): void;
  /** False when no such work is under way. */
  cancel(work: string): boolean;
  snapshot(): Promise<Snapshot>;
  failingRows(batch: string, finding: string, limit: number): Promise<FailingRows>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Work {
  command: Command;
  cancel: AbortController;
  done: Promise<void>;
}

const workMax = 32;

export async function openSlipway({ workspace, now }: { workspace: string; now: () => Date }): Promise<Slipway> {
  const folder = join(workspace, '.slipway');
  const store = await openStore(folder, now);
  const log = await openLog(join(folder, 'logs'), now);
  const active = new Map<string, Work>();
  let refused: RefusedFile[] = [];
  const feed = openFeed({ slipway: version, workspace, snapshot });
  const house: Omit<House, 'config' | 'analysis'> = { workspace, folder, store, now, digests: new Map(), judging: openJudgingPool() };
  let analysis: { directories: string; instance: Analysis } | null = null;
  let turns: Promise<unknown> = Promise.resolve();

  /** One pass at a time; a work that watches takes a turn for each pass and lets others in between. */
  function takeTurn<T>(pass: () => Promise<T>): Promise<T> {
    const turn = turns.then(pass);
    turns = turn.catch(() => undefined);
    return turn;
  }

  async function openHouse(): Promise<House> {
    const config = await loadConfig(workspace);
    return { ...house, config, analysis: await analysisFor(config) };
  }

  /** Opened once; again only when the folders that may be read have changed. */
  async function analysisFor(config: Config): Promise<Analysis> {
    const directories = [workspace, ...config.allow];
    const key = JSON.stringify(directories);
    if (analysis?.directories !== key) {
      await analysis?.instance.close();
      const tempDirectory = join(folder, 'tmp');
      await mkdir(tempDirectory, { recursive: true, mode: 0o700 });
      analysis = { directories: key, instance: await openAnalysis({ directories, tempDirectory }) };
    }
    return analysis.instance;
  }

  async function perform(work: string, command: Command, signal: AbortSignal): Promise<void> {
    const made: { runs: string[]; batches: string[] } = { runs: [], batches: [] };
    // A work that watches looks at every file again and again; what it refuses is news once.
    const refusals = new Set<string>();
    const on: On = {
      signal,
      tell(message) {
        if (message.kind === 'model-refused') {
          const refusal = `${message.file.path}\n${message.file.message}`;
          if (refusals.has(refusal)) return;
          refusals.add(refusal);
        }
        if (message.kind === 'run-finished') made.runs.push(message.run.id);
        if (message.kind === 'batch-checked') made.batches.push(message.batch.id);
        feed.tell({ ...message, work });
      },
      progress: (progress) => feed.progress({ ...progress, work }),
      refused(files) {
        refused = files;
      },
      log,
    };
    let failed = false;
    const pass = async (): Promise<void> => {
      try {
        const opened = await openHouse();
        if (command.kind === 'check') await checkFile(opened, command, on);
        else await runModels(opened, command, on);
        failed = false;
      } catch (error) {
        if (signal.aborted) return;
        failed = true;
        if (!(error instanceof Problem)) log.error('work failed', error);
        feed.tell({ kind: 'problem', work, problem: problemBody(error) });
      }
    };
    feed.tell({ kind: 'work-started', work, command });
    if (!signal.aborted) await takeTurn(pass);
    if (command.kind === 'run' && command.watch === true) await watchAndRepeat(() => takeTurn(pass), signal);
    feed.tell({ kind: 'work-finished', work, state: signal.aborted ? 'cancelled' : failed ? 'failed' : 'done', ...made });
  }

  async function watchAndRepeat(pass: () => Promise<void>, signal: AbortSignal): Promise<void> {
    let wake: () => void = () => {};
    let changed = false;
    const watcher = watch({
      paths: [workspace],
      ignored: (path) => /(^|[\\/])(\.slipway|\.git|node_modules|\.venv)([\\/]|$)/.test(path.slice(workspace.length)),
      changed: () => {
        changed = true;
        wake();
      },
      failed: (error) => log.error('watching failed', error),
    });
    const stop = () => wake();
    signal.addEventListener('abort', stop);
    try {
      while (!signal.aborted) {
        if (!changed) await new Promise<void>((resolve) => (wake = resolve));
        changed = false;
        if (!signal.aborted) await pass();
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await watcher.close();
    }
  }

  async function snapshot(): Promise<Snapshot> {
    const runs = await store.runs();
    const latest = new Map(runs.toReversed().map((run) => [`${run.model}\n${run.digest}`, run]));
    const config = await loadConfig(workspace).catch(() => null);
    const models = await store.models();
    const versions = new Map(models.map((record) => [`${record.model}\n${record.version}`, record]));
    return {
      models: [...versions.values()].map((record): ModelVersionSummary => {
        const run = latest.get(`${record.model}\n${record.digest}`) ?? null;
        const champion = config?.models.find(({ name }) => name === record.model)?.champion;
        return { ...record, champion: champion === record.version || champion === `sha256:${record.digest}`, run };
      }),
      refused,
      runs: runs.slice(0, 100),
      batches: await store.batches({ limit: 100 }),
      active: [...active].map(([work, { command }]) => ({ work, command })),
    };
  }

  return {
    workspace,
    store,
    feed,
    submit(work, command) {
      if (active.has(work)) throw new Problem('request-invalid', `Work ${work} is under way already`);
      if (active.size >= workMax) throw new Problem('request-invalid', `${workMax} pieces of work are waiting already`);
      const cancel = new AbortController();
      const done = perform(work, command, cancel.signal)
        .catch((error: unknown) => log.error('work failed', error))
        .finally(() => active.delete(work));
      active.set(work, { command, cancel, done });
    },
    cancel(work) {
      const found = active.get(work);
      found?.cancel.abort();
      return found !== undefined;
    },
    snapshot,
    failingRows: (batch, finding, limit) => takeTurn(async () => failingRowsOf(await openHouse(), batch, finding, limit)),
    async idle() {
      while (active.size > 0) await Promise.all([...active.values()].map(({ done }) => done));
    },
    async close() {
      for (const { cancel } of active.values()) cancel.abort();
      await Promise.all([...active.values()].map(({ done }) => done));
      feed.close();
      await house.judging.close();
      await analysis?.instance.close();
      await log.close();
      await store.close();
    },
  };
}
