import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type * as vscode from 'vscode';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { openSession } from '../../extension/open-session.ts';
import type { Session } from '../../extension/session.ts';
import type { FeedMessage } from '../../protocol/feed.ts';
import { buildSlipway, type Slipway } from '../cli/slipway.ts';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';

vi.setConfig({ testTimeout: 90_000 });

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, keepSecret: () => undefined };

let slipway: Slipway;
/** The server as it is shipped. */
let module: string;
beforeAll(async () => {
  slipway = await buildSlipway();
  module = join(dirname(slipway.cli), 'server.js');
});
afterAll(() => slipway.remove());

let workspace: string;
let session: Session;
let trusted: boolean;
beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'slipway-session-')));
  await writeFiles(workspace, tinyWorkspace());
  trusted = true;
  const uri = { fsPath: workspace, toString: () => `file://${workspace}` } as vscode.Uri;
  session = openSession({ folder: { name: 'toy', index: 0, uri }, module, isTrusted: () => trusted, log: quiet });
});
afterEach(async () => {
  session.dispose();
  await rm(workspace, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

const next = (is: (message: FeedMessage) => boolean): Promise<FeedMessage> => new Promise((resolve) => {
  const listening = session.onMessage((message) => {
    if (!is(message)) return;
    listening.dispose();
    resolve(message);
  });
});

it('nothing is started before somebody asks, and asking starts it', async () => {
  expect(session.state).toEqual({ name: 'idle' });
  const outline = await session.ask({ ask: 'outline' });
  expect(session.state).toEqual({ name: 'ready' });
  expect(outline.models.map(({ name }) => name)).toEqual(['toy']);
});

it('work is followed to its end, and the snapshot with it', async () => {
  const works: string[] = [];
  const outcome = await session.perform({ kind: 'run' }, { started: (work) => works.push(work) });
  expect(outcome).toMatchObject({ state: 'done', problems: [] });
  expect(works).toHaveLength(1);
  expect(outcome.runs.length).toBeGreaterThan(0);
  expect(session.snapshot?.runs.map(({ id }) => id).sort()).toEqual([...outcome.runs].sort());
  expect(session.snapshot?.models.every(({ run }) => run !== null)).toBe(true);
});

it('a server that is killed in the middle of a run is followed by one that ends it', async () => {
  const running = session.perform({ kind: 'run' });
  await next(({ kind }) => kind === 'run-started');
  const { pid } = await serverFile();
  process.kill(pid, 'SIGKILL');
  const outcome = await running;
  expect(outcome.state).toBe('done');
  expect((await serverFile()).pid).not.toBe(pid);
  // Every version has its verdict, whichever of the two reached it.
  expect(session.snapshot?.models.filter(({ run }) => run === null)).toEqual([]);
});

it('cancelling the token cancels the work', async () => {
  let cancel = (): void => undefined;
  const token = { isCancellationRequested: false, onCancellationRequested: (listener: () => void) => ((cancel = listener), { dispose: () => undefined }) } as unknown as vscode.CancellationToken;
  const running = session.perform({ kind: 'run' }, { token });
  await next(({ kind }) => kind === 'run-started');
  cancel();
  expect((await running).state).toBe('cancelled');
  expect(session.snapshot?.active).toEqual([]);
});

it('in a folder that is not trusted nothing is started, and what was saved can be read', async () => {
  const { runs } = await session.perform({ kind: 'run' });
  session.dispose();
  trusted = false;
  const uri = { fsPath: workspace, toString: () => `file://${workspace}` } as vscode.Uri;
  session = openSession({ folder: { name: 'toy', index: 0, uri }, module, isTrusted: () => trusted, log: quiet });
  expect((await session.ask({ ask: 'run', id: runs[0] })).id).toBe(runs[0]);
  await expect(session.start()).rejects.toMatchObject({ body: { code: 'workspace-untrusted' } });
  await expect(session.perform({ kind: 'run' })).rejects.toMatchObject({ body: { code: 'workspace-untrusted' } });
  await expect(session.ask({ ask: 'readiness', model: 'toy' })).rejects.toMatchObject({ body: { code: 'workspace-untrusted' } });
  expect(session.state).toEqual({ name: 'idle' });
});

it('a saved report is read without starting anything', async () => {
  const { runs } = await session.perform({ kind: 'run' });
  session.dispose();
  const uri = { fsPath: workspace, toString: () => `file://${workspace}` } as vscode.Uri;
  session = openSession({ folder: { name: 'toy', index: 0, uri }, module: null, isTrusted: () => true, log: quiet });
  expect((await session.ask({ ask: 'run', id: runs[0] })).id).toBe(runs[0]);
  expect(session.state).toEqual({ name: 'idle' });
});

it('a package without a server says so', async () => {
  session.dispose();
  const uri = { fsPath: workspace, toString: () => `file://${workspace}` } as vscode.Uri;
  session = openSession({ folder: { name: 'toy', index: 0, uri }, module: null, isTrusted: () => true, log: quiet });
  await expect(session.start()).rejects.toMatchObject({ body: { code: 'server-unreachable' } });
  expect(session.state).toMatchObject({ name: 'stopped', reason: expect.stringContaining('has no server') as string });
});

async function serverFile(): Promise<{ pid: number }> {
  return JSON.parse(await readFile(join(workspace, '.slipway', 'server.json'), 'utf8')) as { pid: number };
}
