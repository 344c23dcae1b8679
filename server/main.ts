import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActiveWork, Command, ModelVersionSummary, RefusedFile, Snapshot } from '../protocol/feed.ts';
import type { Config, ModelConfig } from '../protocol/config.ts';
import type { EvaluationRole } from '../protocol/gates.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import type { LiveWindow, ServingStatus } from '../protocol/serving.ts';
import type { ShadowRecord, ShadowSummary } from '../protocol/shadow.ts';
import type { KnownRows, Row } from './answer-rows.ts';
import type { ConfigOutline, ModelFileDifference, ModelFileReport, OperatorTimes, ReadinessReport, RowTable } from '../protocol/workspace.ts';
import { configFile, loadConfig, parseConfig } from './config.ts';
import { openAnalysis, type Analysis } from './engines/duckdb.ts';
import { writeDurably } from './engines/durable-file.ts';
import { openFeed, type Feed } from './feed.ts';
import { openJudgingPool } from './judging-pool.ts';
import { openLog, type Log } from './log.ts';
import { failingRowsOf } from './failing-rows.ts';
import type { House, On } from './house.ts';
import { openGatekeeper } from './keys.ts';
import { knownRows } from './known-rows.ts';
import { init } from './init.ts';
import { compareModels, measureOperators, reportModelFile } from './model-file.ts';
import { outlineOf } from './outline-of.ts';
import { checkFile, runModels } from './pipeline.ts';
import { acceptStatement, readinessOf } from './readiness-of.ts';
import { Problem, problemBody } from './problem.ts';
import { replayShadow } from './replay-shadow.ts';
import { rowsOfRun } from './run-rows.ts';
import { findModels } from './registry/find-models.ts';
import { openServing, type ServeOptions, type Serving } from './serve.ts';
import { openStore, type ModelRecord, type Store } from './store/open-store.ts';
import { version } from './version.ts';
import { isNoneOfOurs, watch } from './watch.ts';

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
  /** Of slipway.yaml as it is on disk now. */
  outline(): Promise<ConfigOutline>;
  /** All that is wrong with the text of a slipway.yaml that need not be saved; null when nothing is. */
  checkConfig(text: string): Promise<ProblemBody | null>;
  failingRows(batch: string, finding: string, limit: number): Promise<RowTable>;
  runRows(run: string, role: EvaluationRole, rows: readonly number[]): Promise<RowTable>;
  /** Paths are relative to the workspace. */
  modelFile(path: string): Promise<ModelFileReport>;
  modelFileDifference(path: string, against: string, signal: AbortSignal): Promise<ModelFileDifference>;
  /** Runs the model on made-up rows when nothing else runs, so that nothing else is measured with it. */
  operatorTimes(path: string, signal: AbortSignal): Promise<OperatorTimes>;
  readiness(model: string): Promise<ReadinessReport>;
  /** Opens the port that predictions are asked at; where it is open already, says where. */
  serve(options: ServeOptions): Promise<ServingStatus>;
  /** Null while nothing is served. */
  serving(): ServingStatus | null;
  live(): LiveWindow;
  /** Comparisons under way, and those that were saved; newest first. */
  shadows(model: string | null): Promise<ShadowSummary[]>;
  readShadow(id: string): Promise<ShadowRecord>;
  /** A row of a model's data, without its label; null where it has none. */
  exampleRow(model: string): Promise<Row | null>;
  /** False when nothing was served. */
  stopServing(): Promise<boolean>;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

interface Work {
  about: ActiveWork;
  cancel: AbortController;
  done: Promise<void>;
}

const workMax = 32;
/** Under which the feed tells of what is no work of anybody's. */
const servingWork = 'serving';
const refusedFile = 'refused.json';

export async function openSlipway({ workspace, now }: { workspace: string; now: () => Date }): Promise<Slipway> {
  const folder = join(workspace, '.slipway');
  const store = await openStore(folder, now);
  const log = await openLog(join(folder, 'logs'), now).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  log.info('opened', { slipway: version, node: process.versions.node, platform: `${process.platform} ${process.arch}`, pid: process.pid });
  for (const note of store.notes) log.info(note);
  await sweep(folder);
  const active = new Map<string, Work>();
  let refused = await readRefused(folder);
  const feed = openFeed({ slipway: version, workspace, snapshot });
  const house: Omit<House, 'config' | 'analysis'> = { workspace, folder, store, now, digests: new Map(), registrations: new Map(), judging: openJudgingPool() };
  let configText = await readConfigText(workspace);
  let analysis: { directories: string; instance: Analysis } | null = null;
  let turns: Promise<unknown> = Promise.resolve();
  let serving: Promise<Serving> | null = null;
  let served: Serving | null = null;

  /** One pass at a time; a work that watches takes a turn for each pass and lets others in between. */
  function takeTurn<T>(pass: () => Promise<T>): Promise<T> {
    const turn = turns.then(pass);
    turns = turn.catch(() => undefined);
    return turn;
  }

  /** Tells that slipway.yaml is another than when it was last looked at. Whoever hears it can ask for what is in it now. */
  async function noticeConfig(): Promise<void> {
    const text = await readConfigText(workspace);
    if (text === configText) return;
    configText = text;
    const problem = await loadConfig(workspace).then(() => null, problemBody);
    log.info('slipway.yaml has changed', { problem: problem?.code ?? null });
    feed.tell({ kind: 'config-changed', problem });
  }

  /** Where a client's paths may lead. A slipway.yaml that is missing or wrong allows no more than the workspace. */
  async function bounds(): Promise<{ workspace: string; allow: string[] }> {
    return { workspace, allow: await loadConfig(workspace).then(({ allow }) => allow, () => []) };
  }

  async function openHouse(config: Config): Promise<House> {
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

  async function perform(about: ActiveWork, signal: AbortSignal): Promise<void> {
    const { work, command } = about;
    const made: { runs: string[]; batches: string[] } = { runs: [], batches: [] };
    let failed = false;
    // A work that watches meets the same trouble in every pass; it is news when the pass before had not met it.
    let met = new Set<string>();
    let metBefore = met;
    const isNews = (trouble: object): boolean => {
      const text = JSON.stringify(trouble);
      met.add(text);
      return !metBefore.has(text);
    };
    const on: On = {
      signal,
      tell(message) {
        if ((message.kind === 'model-refused' || message.kind === 'run-kept') && !isNews(message)) return;
        if (message.kind === 'run-started') about.run = { id: message.run, model: message.model, version: message.version };
        if (message.kind === 'run-finished') made.runs.push(message.run.id);
        if (message.kind === 'run-started' || message.kind === 'run-finished' || message.kind === 'run-kept') about.progress = null;
        if (message.kind === 'run-finished' || message.kind === 'run-kept') about.run = null;
        if (message.kind === 'batch-checked') made.batches.push(message.batch.id);
        logTold(log, work, message);
        feed.tell({ ...message, work });
      },
      progress(progress) {
        about.progress = { ...progress, work };
        feed.progress(about.progress);
      },
      refused(files) {
        refused = [...files];
      },
      problem(error) {
        failed = true;
        log.error('work failed', error);
        const problem = problemBody(error);
        if (isNews(problem)) feed.tell({ kind: 'problem', work, problem });
      },
      tried: new Set(),
      log,
    };
    const pass = async (asked: Command): Promise<void> => {
      [metBefore, met] = [met, new Set()];
      failed = false;
      await noticeConfig();
      try {
        if (asked.kind === 'check') await checkFile(await openHouse(await loadConfigIfThere(workspace)), asked, on);
        else if (asked.kind === 'state') on.tell({ kind: 'stated', statement: await acceptStatement({ ...house, config: await loadConfig(workspace) }, asked) });
        else if (asked.kind === 'set-up') {
          const { path, notes } = await init({ workspace, write: true, signal, onProgress: (subject, done, total) => on.progress({ step: 'profile', subject, done, total, unit: 'files' }) });
          on.tell({ kind: 'was-set-up', path, notes });
          await noticeConfig();
        }
        else if (asked.kind === 'replay') await replayShadow(await openHouse(await loadConfig(workspace)), asked, on);
        else {
          await runModels(await openHouse(await loadConfig(workspace)), asked, on);
          await writeDurably(join(folder, refusedFile), JSON.stringify(refused));
        }
      } catch (error) {
        if (!signal.aborted) on.problem(error);
      }
    };
    log.info('work started', { work, command: JSON.stringify(command.kind === 'state' ? { kind: command.kind, model: command.model, criterion: command.criterion } : command) });
    feed.tell({ kind: 'work-started', work, command });
    if (command.kind === 'run' && command.watch === true) await watchAndRepeat((count) => takeTurn(() => pass({ ...command, force: command.force === true && count === 0 })), signal);
    else if (!signal.aborted) await (command.kind === 'state' ? pass(command) : takeTurn(() => pass(command)));
    const state = signal.aborted ? 'cancelled' : failed ? 'failed' : 'done';
    log.info('work finished', { work, state });
    feed.tell({ kind: 'work-finished', work, state, ...made });
  }

  /** A first pass once every change would be seen, then one for each change. */
  async function watchAndRepeat(pass: (count: number) => Promise<void>, signal: AbortSignal): Promise<void> {
    let wake: () => void = () => {};
    let changed = true;
    const watcher = await watch({
      paths: [workspace],
      ignored: isNoneOfOurs(workspace),
      changed: () => {
        changed = true;
        wake();
      },
      failed: (error) => log.error('watching failed', error),
    });
    const stop = () => wake();
    signal.addEventListener('abort', stop);
    try {
      for (let count = 0; !signal.aborted; count++) {
        if (!changed) await new Promise<void>((resolve) => (wake = resolve));
        changed = false;
        if (!signal.aborted) await pass(count);
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await watcher.close();
    }
  }

  async function snapshot(): Promise<Snapshot> {
    const runs = await store.runs();
    const latest = new Map(runs.toReversed().map((run) => [`${run.model}\n${run.digest}`, run]));
    const config = await loadConfig(workspace).catch((error: unknown) => problemBody(error));
    const records = new Map((await store.models()).map((record) => [`${record.model}\n${record.version}`, record]));
    const isThere = 'code' in config ? () => true : await versionsThere(workspace, config);
    return {
      problem: 'code' in config ? config : null,
      models: [...records.values()].filter(isThere).map((record): ModelVersionSummary => {
        const run = latest.get(`${record.model}\n${record.digest}`) ?? null;
        const champion = 'code' in config ? null : config.models.find(({ name }) => name === record.model)?.champion;
        return { ...record, champion: champion === record.version || champion === `sha256:${record.digest}`, run };
      }),
      refused: refused.filter(({ path }) => existsSync(join(workspace, path))),
      runs: runs.slice(0, 100),
      batches: await store.batches({ limit: 100 }),
      active: [...active.values()].map(({ about }) => ({ ...about })),
      serving: served?.status() ?? null,
    };
  }

  function rowsKnown(model: ModelConfig): Promise<KnownRows> {
    return takeTurn(async () => knownRows(await openHouse(await loadConfig(workspace)), model, new AbortController().signal));
  }

  async function stopServing(): Promise<boolean> {
    const closing = serving;
    serving = null;
    const opened = await closing?.catch(() => null);
    served = null;
    if (opened == null) return false;
    await opened.close();
    feed.tell({ kind: 'serving-changed', serving: null });
    return true;
  }

  return {
    workspace,
    store,
    feed,
    submit(work, command) {
      if (active.has(work)) throw new Problem('request-invalid', `Work ${work} is under way already`);
      if (active.size >= workMax) throw new Problem('request-invalid', `${workMax} pieces of work are waiting already`);
      const cancel = new AbortController();
      // Everything a pass waits for listens, and it may wait for a hundred files at once.
      setMaxListeners(0, cancel.signal);
      const about: ActiveWork = { work, command, run: null, progress: null };
      const done = perform(about, cancel.signal)
        .catch((error: unknown) => log.error('work failed', error))
        .finally(() => active.delete(work));
      active.set(work, { about, cancel, done });
    },
    cancel(work) {
      const found = active.get(work);
      found?.cancel.abort();
      return found !== undefined;
    },
    snapshot,
    outline: async () => outlineOf(await loadConfig(workspace)),
    async checkConfig(text) {
      const parsed = await parseConfig(text, { path: configFile, workspace });
      return 'problem' in parsed ? problemBody(parsed.problem) : null;
    },
    runRows: (run, role, rows) => takeTurn(async () => rowsOfRun(await openHouse(await loadConfigIfThere(workspace)), run, role, rows)),
    modelFile: async (path) => reportModelFile(path, await bounds(), await snapshot(), await loadConfig(workspace).then((config) => ({ config, store }), () => null)),
    modelFileDifference: async (path, against, signal) => compareModels(path, against, await bounds(), signal),
    operatorTimes: (path, signal) => takeTurn(async () => measureOperators(path, await loadConfig(workspace), { workspace, models: join(folder, 'models'), seen: (await snapshot()).models, signal })),
    failingRows: (batch, finding, limit) => takeTurn(async () => failingRowsOf(await openHouse(await loadConfigIfThere(workspace)), batch, finding, limit)),
    readiness: async (model) => readinessOf({ ...house, config: await loadConfig(workspace) }, await snapshot(), model),
    async serve(options) {
      serving ??= openGatekeeper(workspace).then((gatekeeper) => openServing(
        {
          ...house,
          loadConfig: () => loadConfig(workspace),
          log,
          gatekeeper,
          knownRows: rowsKnown,
          onChange: (status) => feed.tell({ kind: 'serving-changed', serving: status }),
          onSample: (sample) => feed.live(sample),
          onShadow: (shadow) => feed.tell({ kind: 'shadow-changed', work: servingWork, shadow }),
          onProblem(problem) {
            log.error('serving', problem);
            if (problem instanceof Error) feed.tell({ kind: 'problem', work: servingWork, problem: problemBody(problem) });
            else feed.tell({ kind: 'model-refused', work: servingWork, file: problem });
          },
        },
        options,
      )).then((opened) => (served = opened));
      const opening = serving;
      return opening.then(
        (opened) => opened.status(),
        (error: unknown) => {
          if (serving === opening) serving = null;
          throw error;
        },
      );
    },
    serving: () => served?.status() ?? null,
    live: () => ({ serving: served?.status() ?? null, samples: served?.samples() ?? [] }),
    async shadows(model) {
      const live = served?.shadows() ?? [];
      const saved = await store.shadows(model === null ? {} : { model });
      return [...live.filter((each) => model === null || each.model === model), ...saved.filter(({ id }) => !live.some((each) => each.id === id))];
    },
    readShadow: async (id) => served?.shadow(id) ?? store.readShadow(id),
    async exampleRow(model) {
      const found = (await loadConfig(workspace)).models.find(({ name }) => name === model);
      if (found === undefined) throw new Problem('model-missing', `slipway.yaml has no model ${model}`);
      return (await rowsKnown(found)).example;
    },
    stopServing,
    async idle() {
      while (active.size > 0) await Promise.all([...active.values()].map(({ done }) => done));
    },
    async close() {
      for (const { cancel } of active.values()) cancel.abort();
      await Promise.all([...active.values()].map(({ done }) => done));
      await stopServing();
      feed.close();
      await house.judging.close();
      await analysis?.instance.close();
      log.info('closed');
      await log.close();
      await store.close();
    },
  };
}

/** A batch can be looked at before there is a slipway.yaml: then there is nothing to hold it against. */
async function loadConfigIfThere(workspace: string): Promise<Config> {
  return loadConfig(workspace).catch(async (error: unknown) => {
    if (!(error instanceof Problem) || error.code !== 'config-missing') throw error;
    const parsed = await parseConfig('{}', { path: configFile });
    if ('problem' in parsed) throw parsed.problem;
    return parsed.config;
  });
}

/** Whether a version that was seen once is still what slipway.yaml speaks of. */
async function versionsThere(workspace: string, { models, allow }: Config): Promise<(record: ModelRecord) => boolean> {
  const there = new Set<string>();
  for (const { name, files, predictions } of models) {
    const found = await findModels(name, files, workspace, allow).catch(() => []);
    for (const { version } of [...found, ...predictions]) there.add(`${name}\n${version}`);
  }
  return ({ model, version }) => there.has(`${model}\n${version}`);
}

/** What a process that was killed left half-way. The owner of the store is the only one who writes here. */
async function sweep(folder: string): Promise<void> {
  const models = join(folder, 'models');
  const left = (await readdir(models).catch(() => [])).filter((name) => name.startsWith('incoming-'));
  for (const path of [...left.map((name) => join(models, name)), join(folder, 'tmp')]) await rm(path, { recursive: true, force: true });
}

/** Null where there is none, or none that can be read. */
function readConfigText(workspace: string): Promise<string | null> {
  return readFile(join(workspace, configFile), 'utf8').catch(() => null);
}

/** Kept for `slipway status`, which does not look at the files itself. */
async function readRefused(folder: string): Promise<RefusedFile[]> {
  try {
    return JSON.parse(await readFile(join(folder, refusedFile), 'utf8')) as RefusedFile[];
  } catch {
    return [];
  }
}

/** For a bug report: what was done and how it ended, without rows, and without the numbers of a progress bar. */
function logTold(log: Log, work: string, message: Parameters<On['tell']>[0]): void {
  switch (message.kind) {
    case 'run-started':
      return log.info('run started', { work, run: message.run, model: message.model, version: message.version });
    case 'run-finished':
    case 'run-kept':
      return log.info(message.kind === 'run-kept' ? 'run kept' : 'run finished', { work, run: message.run.id, model: message.run.model, version: message.run.version, verdict: message.run.decision.verdict });
    case 'step':
      return log.info('step', { work, run: message.run, step: message.outcome.step, subject: message.outcome.subject ?? null, state: message.outcome.state, milliseconds: message.outcome.milliseconds, problem: message.outcome.problem?.detail ?? message.outcome.reason ?? null });
    case 'model-seen':
      return log.info('model seen', { work, model: message.version.model, version: message.version.version, digest: message.version.digest, bytes: message.version.bytes });
    case 'model-refused':
      return log.info('model refused', { work, path: message.file.path, reason: message.file.message });
    case 'stated':
      return log.info('stated', { work, model: message.statement.model, criterion: message.statement.criterion });
    case 'batch-checked':
      return log.info('batch checked', { work, batch: message.batch.id, name: message.batch.name, rows: message.batch.rows, failing: message.batch.failing, moved: message.batch.moved });
    default:
      return;
  }
}
