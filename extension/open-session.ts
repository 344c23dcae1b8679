import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import type { Command, FeedMessage, Snapshot } from '../protocol/feed.ts';
import { followSnapshot } from '../protocol/follow-snapshot.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import { routeOf, type Answer, type Answers, type Question } from '../protocol/view.ts';
import type { ConfigOutline } from '../protocol/workspace.ts';
import type { Connection } from './connection.ts';
import { Emitter } from './emitter.ts';
import * as l10n from './l10n.ts';
import type { Log } from './log.ts';
import { problemIn, problemOf } from './problem-of.ts';
import { savedReports } from './saved-reports.ts';
import { ProblemError, type Outcome, type Session, type SessionState } from './session.ts';
import type { ServerProcess } from './server-process.ts';

interface SessionOptions {
  folder: vscode.WorkspaceFolder;
  /** Path of the server's program. Null where this package has none: it is the one for every platform. */
  module: string | null;
  isTrusted(): boolean;
  log: Pick<Log, 'info' | 'warn' | 'debug' | 'keepSecret'>;
}

/** Nobody can follow more than this, and a run tells a hundred things in a second. */
const changeMs = 50;
const progressMs = 250;

/** Opens nothing yet: the server starts when somebody first asks for something only it knows. */
export function openSession({ folder, module, isTrusted, log }: SessionOptions): Session {
  const changed = new Emitter<void>();
  const told = new Emitter<FeedMessage>();
  const settled = new Emitter<void>();
  const saved = savedReports(join(folder.uri.fsPath, '.slipway'));
  let state: SessionState = { name: 'idle' };
  let snapshot: Snapshot | null = null;
  let outline: ConfigOutline | null = null;
  let process: ServerProcess | null = null;
  let connection: Connection | null = null;
  let problem: ProblemBody | null = null;
  let changing: { timer: NodeJS.Timeout; due: number } | null = null;
  let changedAt = 0;
  let heard = 0;
  let disposed = false;

  /** What waits a little longer does not hold up what comes after it. */
  function sayChanged(restMs = changeMs): void {
    const due = Math.max(Date.now(), changedAt + restMs);
    if (disposed || (changing !== null && changing.due <= due)) return;
    if (changing !== null) clearTimeout(changing.timer);
    const timer = setTimeout(() => {
      changing = null;
      changedAt = Date.now();
      changed.fire();
    }, due - Date.now());
    changing = { timer, due };
  }

  function enter(next: SessionState): void {
    if (disposed) return;
    log.info(`${folder.name}: ${next.name}${'reason' in next ? ` (${next.reason})` : ''}`);
    state = next;
    sayChanged();
    if (next.name === 'ready' || next.name === 'stopped') settled.fire();
  }

  function hear(message: FeedMessage): void {
    snapshot = message.kind === 'snapshot' ? message.snapshot : snapshot === null ? null : followSnapshot(snapshot, message);
    if (message.kind === 'snapshot' && state.name !== 'ready') enter({ name: 'ready' });
    if (message.kind === 'snapshot' || message.kind === 'was-set-up' || message.kind === 'config-changed' || message.kind === 'work-finished') void readOutline();
    if (message.kind !== 'progress' && message.kind !== 'live') heard++;
    // A run also checks data, which is told of only by what is saved.
    if (message.kind === 'run-finished' || message.kind === 'work-finished') readSnapshot().catch((error: unknown) => log.debug(`${folder.name}: no snapshot: ${problemIn(error).detail}`));
    told.fire(message);
    if (message.kind === 'progress') sayChanged(progressMs);
    else if (message.kind !== 'hello' && message.kind !== 'live') sayChanged();
  }

  async function readOutline(): Promise<void> {
    try {
      outline = await askServer({ ask: 'outline' });
      sayChanged();
    } catch (error) {
      // The file has an error, or none is there: the last one that was right stays.
      log.debug(`${folder.name}: no outline: ${problemIn(error).detail}`);
    }
  }

  /** What is told while it is read may be in it or not, so it then is read again. */
  async function readSnapshot(): Promise<void> {
    for (let tries = 0; tries < 5; tries++) {
      const before = heard;
      const read = await askServer({ ask: 'snapshot' });
      if (heard !== before) continue;
      snapshot = read;
      return sayChanged();
    }
  }

  async function launch(): Promise<void> {
    if (module === null) return enter({ name: 'stopped', reason: l10n.t('This package of Slipway has no server for {0}', `${globalThis.process.platform}-${globalThis.process.arch}`) });
    enter({ name: 'starting' });
    // Loaded when first needed: an editor that only shows a folder pays nothing for them.
    const [{ connect }, { startServerProcess }] = await Promise.all([import('./connection.ts'), import('./server-process.ts')]);
    if (disposed || process !== null) return;
    const lost = (reason: string): void => enter({ name: 'lost', reason });
    process = startServerProcess({
      module,
      workspace: folder.uri.fsPath,
      ready(address) {
        log.keepSecret(address.token);
        log.info(`${folder.name}: process ${address.pid} ${address.owner === 'this' ? 'serves' : 'is another Slipway that owns'} ${folder.uri.fsPath}`);
        connection?.close();
        connection = connect(address, {
          message: hear,
          lost: () => lost(l10n.t('The connection to the server closed')),
          refused(body) {
            problem = body;
            enter({ name: 'stopped', reason: body.detail });
          },
        });
      },
      lost(reason) {
        connection?.close();
        connection = null;
        lost(reason);
      },
      stopped(reason, body) {
        connection?.close();
        connection = null;
        problem = body;
        enter({ name: 'stopped', reason });
      },
      output: (line) => log.warn(`${folder.name}: ${line}`),
    });
  }

  function stop(): void {
    connection?.close();
    process?.stop();
    connection = null;
    process = null;
    problem = null;
  }

  function start(): Promise<void> {
    if (!isTrusted()) return Promise.reject(new ProblemError(problemOf('workspace-untrusted', l10n.t('{0} is not trusted, so nothing is started in it', folder.name))));
    if (state.name === 'idle') launch().catch((error: unknown) => enter({ name: 'stopped', reason: problemIn(error).detail }));
    return ready();
  }

  function ready(): Promise<void> {
    if (state.name === 'ready') return Promise.resolve();
    if (state.name === 'stopped') return Promise.reject(new ProblemError(problem ?? problemOf('server-unreachable', state.reason)));
    return new Promise((resolve, reject) => {
      const waiting = settled.event(() => {
        waiting.dispose();
        ready().then(resolve, reject);
      });
    });
  }

  async function send<T>(method: 'GET' | 'POST' | 'DELETE', route: string, body?: object, signal?: AbortSignal): Promise<T> {
    await start();
    if (connection === null) throw new ProblemError(problemOf('server-unreachable', l10n.t('The server of this workspace does not answer')));
    return connection.ask<T>(method, route, body, signal);
  }

  function askServer<Q extends Question>(question: Q, signal?: AbortSignal): Promise<Answer<Q>> {
    return send<Answer<Q>>('GET', routeOf(question), undefined, signal);
  }

  async function askSaved(question: Question): Promise<Answers[keyof Answers]> {
    switch (question.ask) {
      case 'snapshot':
        return saved.snapshot();
      case 'run':
        return saved.readRun(question.id);
      case 'batch':
        return saved.readBatch(question.id);
      case 'batches':
        return (await saved.snapshot()).batches;
      case 'runs':
        return (await saved.snapshot()).runs.filter(({ model }) => question.model === null || model === question.model).slice(0, question.limit);
      default:
        throw new ProblemError(problemOf('workspace-untrusted', l10n.t('This is worked out anew each time, and {0} is not trusted', folder.name)));
    }
  }

  async function readSaved(): Promise<void> {
    try {
      const read = await saved.snapshot();
      if (state.name !== 'idle') return;
      snapshot = read;
      sayChanged();
    } catch (error) {
      log.warn(`${folder.name}: saved reports cannot be read: ${problemIn(error).detail}`);
    }
  }

  void readSaved();

  return {
    folder,
    get state() {
      return state;
    },
    get snapshot() {
      return snapshot;
    },
    get outline() {
      return outline;
    },
    onDidChange: changed.event,
    onMessage: told.event,
    start,
    async restart() {
      stop();
      state = { name: 'idle' };
      await start();
    },
    async refresh() {
      if (state.name === 'idle') return readSaved();
      if (state.name !== 'ready') return;
      await readSnapshot();
      await readOutline();
    },
    async ask(question, token) {
      // A saved report does not change: nothing has to be started to read it.
      if (!isTrusted() || (state.name === 'idle' && (question.ask === 'run' || question.ask === 'batch'))) return (await askSaved(question)) as Answer<typeof question>;
      const { signal, dispose } = signalOf(token);
      try {
        return await askServer(question, signal);
      } finally {
        dispose();
      }
    },
    browserAddress: async (origin) => (await send<{ url: string }>('POST', '/v1/browser', { origin })).url,
    checkConfig: (text) => send<ProblemBody | null>('POST', '/v1/config', { text }),
    perform: (command, options = {}) => perform({ send, start, onMessage: told.event, onSettled: settled.event, state: () => state, snapshot: () => snapshot }, command, options),
    async cancel(work) {
      await send('DELETE', `/v1/work/${encodeURIComponent(work)}`);
    },
    dispose() {
      disposed = true;
      stop();
      if (changing !== null) clearTimeout(changing.timer);
      changed.dispose();
      told.dispose();
      settled.dispose();
    },
  };
}

interface Performing {
  send(method: 'POST' | 'DELETE', route: string, body?: object): Promise<unknown>;
  start(): Promise<void>;
  onMessage: vscode.Event<FeedMessage>;
  /** The server is there, perhaps a new one, or will not come. */
  onSettled: vscode.Event<void>;
  state(): SessionState;
  snapshot(): Snapshot | null;
}

/**
 * Asks for a piece of work and follows it to its end. A server that ends has told no outcome of it, so the next one is
 * asked for it again; what was saved is kept, and costs the second time nothing but a look.
 */
async function perform({ send, start, onMessage, onSettled, state, snapshot }: Performing, command: Command, { token, started }: { token?: vscode.CancellationToken; started?: (work: string) => void }): Promise<Outcome> {
  await start();
  const work = randomUUID();
  const outcome: Outcome = { state: 'done', runs: [], batches: [], problems: [] };
  const subscriptions: vscode.Disposable[] = [];
  try {
    return await new Promise<Outcome>((resolve, reject) => {
      const cancelled = (): void => resolve({ ...outcome, state: 'cancelled' });
      const submit = (): void => {
        outcome.problems = [];
        send('POST', '/v1/work', { work, command }).catch((error: unknown) => {
          // Whoever does not answer any more is followed by one that will be asked.
          if (problemIn(error).code !== 'server-unreachable' || state().name === 'stopped') reject(error);
        });
      };
      subscriptions.push(
        onMessage((message) => {
          if (!('work' in message) || message.work !== work) return;
          switch (message.kind) {
            case 'run-finished':
            case 'run-kept':
              if (!outcome.runs.includes(message.run.id)) outcome.runs.push(message.run.id);
              return;
            case 'batch-checked':
              if (!outcome.batches.includes(message.batch.id)) outcome.batches.push(message.batch.id);
              return;
            case 'problem':
              return void outcome.problems.push(message.problem);
            case 'work-finished':
              return resolve({ ...outcome, state: message.state });
            default:
              return;
          }
        }),
        onSettled(() => {
          const now = state();
          if (now.name === 'stopped') return reject(new ProblemError(problemOf('server-unreachable', now.reason)));
          if (snapshot()?.active.some((active) => active.work === work) === true) return;
          if (token?.isCancellationRequested === true) return cancelled();
          submit();
        }),
      );
      if (token !== undefined) {
        subscriptions.push(token.onCancellationRequested(() => void send('DELETE', `/v1/work/${work}`).catch(cancelled)));
        if (token.isCancellationRequested) return cancelled();
      }
      started?.(work);
      submit();
    });
  } finally {
    for (const subscription of subscriptions) subscription.dispose();
  }
}

function signalOf(token: vscode.CancellationToken | undefined): { signal?: AbortSignal; dispose(): void } {
  if (token === undefined) return { dispose: () => undefined };
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const subscription = token.onCancellationRequested(() => controller.abort());
  return { signal: controller.signal, dispose: () => subscription.dispose() };
}
