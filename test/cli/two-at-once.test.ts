import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../server/connection.ts';
import { connect } from '../../server/connection.ts';
import { openStore } from '../../server/store/open-store.ts';
import type { Snapshot } from '../../protocol/feed.ts';
import type { RunSummary } from '../../protocol/run.ts';
import { buildSlipway, connectTo, makeWorkspace, type Slipway } from './slipway.ts';
import { tinyWorkspace } from './tiny-workspace.ts';

let slipway: Slipway;
let workspace: string;
let observer: Connection | null;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeEach(async () => {
  workspace = await makeWorkspace(tinyWorkspace({ rows: 300 }));
  observer = null;
});
afterEach(async () => {
  await observer?.close();
  await rm(workspace, { recursive: true });
});

/** Resolves once that many pieces of work are under way. */
async function underWay(count: number): Promise<Connection> {
  const connection = (observer ??= await connectTo(workspace));
  const enough = new Promise<void>((resolve, reject) => {
    const unsubscribe = connection.subscribe((message) => {
      if (message.kind !== 'work-started') return;
      // One asked late may be on its way when the owner is ended; by then nobody waits for it.
      connection.snapshot().then(({ active }) => {
        if (active.length < count) return;
        unsubscribe();
        resolve();
      }, reject);
    });
  });
  // Where there is enough already, nobody hears of it.
  enough.catch(() => undefined);
  if ((await connection.snapshot()).active.length < count) await enough;
  return connection;
}

/** What the store holds, with its chain checked; it must have been closed, or be open to repair. */
async function saved(): Promise<RunSummary[]> {
  const store = await openStore(join(workspace, '.slipway'), () => new Date());
  const runs = await store.runs();
  for (const { id } of runs) expect((await store.readRun(id)).id).toBe(id);
  await store.close();
  return runs;
}

const versions = (runs: RunSummary[]): string[] => runs.map(({ version }) => version).sort();

describe('two command lines at once', () => {
  it('judge every version once, and both tell how it went', async () => {
    const [a, b] = await Promise.all([slipway.run(workspace, ['run']), slipway.run(workspace, ['run'])]);
    expect([a.code, b.code]).toEqual([1, 1]);
    for (const { stdout } of [a, b]) expect(stdout).toMatch(/v3 is blocked/);
    expect(versions(await saved())).toEqual(['v1', 'v2', 'v3']);
  });

  it('P16, P17, P20: answer each other: check, status, runs and show while a run is under way', async () => {
    const run = slipway.start(workspace, ['run']);
    const connection = await underWay(1);
    const first = new Promise<string>((resolve) => connection.subscribe((message) => message.kind === 'run-finished' && resolve(message.run.id)));
    const id = await first;
    const [status, runs, show, check] = await Promise.all([['status', '--json'], ['runs', '--json'], ['show', id], ['check', 'data/current/2026-02.csv']].map((args) => slipway.run(workspace, args)));
    expect([status.code, runs.code, show.code, check.code]).toEqual([0, 0, 0, 0]);
    expect((JSON.parse(status.stdout) as Snapshot).models.length).toBe(3);
    expect((JSON.parse(runs.stdout) as RunSummary[]).length).toBeGreaterThanOrEqual(1);
    expect(show.stdout).toMatch(/judged again from the record: the same verdicts/);
    expect(check.stdout).toMatch(/1 of 4 columns has moved/);
    expect((await run.ended).code).toBe(1);
    expect(versions(await saved())).toEqual(['v1', 'v2', 'v3']);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('P5, P23: the second takes the work up when the first ends by %s', async (signal) => {
    const owner = slipway.start(workspace, ['run']);
    await underWay(1);
    const client = slipway.start(workspace, ['run']);
    await underWay(2);
    owner.kill(signal);
    expect((await owner.ended)[signal === 'SIGKILL' ? 'signal' : 'code']).toBe(signal === 'SIGKILL' ? 'SIGKILL' : 130);
    const { code, stdout, stderr } = await client.ended;
    expect(stderr).toContain('has ended; going on without it');
    expect(stdout).toMatch(/v3 is blocked/);
    expect(code).toBe(1);
    expect(versions(await saved())).toEqual(['v1', 'v2', 'v3']);
  });

  it('the first goes on when the second is cancelled', async () => {
    const owner = slipway.start(workspace, ['run']);
    await underWay(1);
    const client = slipway.start(workspace, ['check', 'data/holdout.csv']);
    await underWay(2);
    client.kill('SIGINT');
    expect((await client.ended).code).toBe(130);
    expect((await owner.ended).code).toBe(1);
    expect(versions(await saved())).toEqual(['v1', 'v2', 'v3']);
  });

  it('four of them, one killed, lose and double nothing', async () => {
    const all = [1, 2, 3, 4].map(() => slipway.start(workspace, ['run']));
    const connection = await underWay(4);
    await new Promise<void>((resolve) => connection.subscribe((message) => message.kind === 'run-finished' && resolve()));
    const owner = all.find(({ pid }) => connection.ownerPid === pid);
    owner?.kill('SIGKILL');
    const rest = await Promise.all(all.filter((each) => each !== owner).map(({ ended }) => ended));
    expect(rest.map(({ code }) => code)).toEqual([1, 1, 1]);
    expect(versions(await saved())).toEqual(['v1', 'v2', 'v3']);
  });
});

describe('a workspace whose owner does not answer', () => {
  it('P23: a client is told that its owner has ended, whether it listens or asks', async () => {
    const owner = await connect(workspace);
    const client = await connect(workspace);
    expect([owner.remote, client.remote, client.ownerPid]).toEqual([false, true, process.pid]);
    const told = new Promise<unknown>((resolve) => client.subscribe((message) => message.kind === 'problem' && resolve(message.problem.code)));
    await owner.close();
    expect(await told).toBe('server-unreachable');
    await expect(client.snapshot()).rejects.toMatchObject({ code: 'server-unreachable' });
    const late = new Promise<unknown>((resolve) => client.subscribe((message) => message.kind === 'problem' && resolve(message.problem.code)));
    expect(await late).toBe('server-unreachable');
    await client.close();
  });

  it('is not opened a second time; the message says why', async () => {
    const store = await openStore(join(workspace, '.slipway'), () => new Date());
    await expect(connect(workspace, { waitMs: 100 })).rejects.toMatchObject({ code: 'store-locked', message: expect.stringContaining('owns this workspace') });
    await store.close();
  });

  it.each([
    ['is no JSON', 'half a fi'],
    ['names another socket', JSON.stringify({ pid: 1, socket: '/run/other.sock', token: 't', startedAt: '2026-01-01T00:00:00Z' })],
    ['names a path that leads elsewhere', JSON.stringify({ pid: 1, socket: '/tmp/slipway-0/../other.sock', token: 't', startedAt: '2026-01-01T00:00:00Z' })],
    ['is empty JSON', 'null'],
  ])('P3: is opened when its server file %s: it may have come with the workspace', async (_, text) => {
    await (await openStore(join(workspace, '.slipway'), () => new Date())).close();
    await writeFile(join(workspace, '.slipway/server.json'), text, { mode: 0o600 });
    const connection = await connect(workspace);
    expect(connection.remote).toBe(false);
    await connection.close();
  });
});
