import { fork, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connect, type Connection } from '../../server/connection.ts';
import type { ProblemBody } from '../../protocol/problem.ts';
import { buildSlipway, connectTo, descendantsOf, isAlive, makeWorkspace, survivors, type Slipway } from './slipway.ts';
import { tinyWorkspace } from './tiny-workspace.ts';

type Message = { kind: 'ready'; socket: string; token: string; pid: number; owner: 'this' | 'other' } | { kind: 'failed'; problem: ProblemBody };

/** The server as an editor forks it. */
interface Forked {
  readonly process: ChildProcess;
  readonly pid: number;
  /** The next thing it says. */
  next(): Promise<Message>;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

let slipway: Slipway;
let program: string;
let workspace: string;
const started: ChildProcess[] = [];
const connections: Connection[] = [];

beforeAll(async () => {
  slipway = await buildSlipway();
  program = join(dirname(slipway.cli), 'server.js');
});
afterAll(() => slipway.remove());
beforeEach(async () => void (workspace = await makeWorkspace(tinyWorkspace({ rows: 300 }))));
afterEach(async () => {
  for (const connection of connections.splice(0)) await connection.close();
  for (const each of started.splice(0)) each.kill('SIGKILL');
  await rm(workspace, { recursive: true });
});

function forkServer(folder = workspace): Forked {
  const child = fork(program, [folder], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] });
  started.push(child);
  const said: Message[] = [];
  const waiting: ((message: Message) => void)[] = [];
  child.on('message', (message: Message) => {
    const first = waiting.shift();
    if (first === undefined) said.push(message);
    else first(message);
  });
  return {
    process: child,
    pid: child.pid ?? 0,
    next: () => {
      const [first] = said.splice(0, 1);
      return first === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(first);
    },
    ended: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
  };
}

async function client(): Promise<Connection> {
  const connection = await connectTo(workspace);
  connections.push(connection);
  return connection;
}

/** Resolves with the model hosts of a run that is under way. */
async function hostsOf(server: number): Promise<number[]> {
  for (;;) {
    const hosts = descendantsOf(server);
    if (hosts.length > 0) return hosts;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('the server of an editor', () => {
  it('P29: says where it listens, in a folder that has no slipway.yaml yet too', async () => {
    await rm(join(workspace, 'slipway.yaml'));
    const server = forkServer();
    const ready = await server.next();
    expect(ready).toMatchObject({ kind: 'ready', pid: server.pid, owner: 'this', token: expect.stringMatching(/^[\w-]{43}$/) });
    const asked = await client();
    expect([asked.ownerPid, asked.address]).toEqual([server.pid, { socket: (ready as { socket: string }).socket, token: (ready as { token: string }).token }]);
    expect((await asked.snapshot()).problem).toMatchObject({ code: 'config-missing' });
  });

  it('P29: says why it cannot start, and ends', async () => {
    const nowhere = forkServer(join(workspace, 'nowhere'));
    expect(await nowhere.next()).toMatchObject({ kind: 'failed', problem: { code: 'file-missing' } });
    expect(await nowhere.ended).toEqual({ code: 1, signal: null });
    await mkdir(join(workspace, '.slipway'));
    await writeFile(join(workspace, '.slipway/journal.jsonl'), '{"sequence":1}\n{"sequence":2}\n');
    const damaged = forkServer();
    expect(await damaged.next()).toMatchObject({ kind: 'failed', problem: { code: 'journal-corrupt', hint: expect.stringContaining('copy') } });
    expect((await damaged.ended).code).toBe(1);
  });

  it('P2, P30: ends in order when asked to, and leaves neither socket nor token behind', async () => {
    const server = forkServer();
    const ready = (await server.next()) as { socket: string; token: string };
    expect(await readFile(join(workspace, '.slipway/server.json'), 'utf8')).toContain(ready.token);
    server.process.kill('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect([existsSync(ready.socket), existsSync(join(workspace, '.slipway/server.json'))]).toEqual([false, false]);
  });

  it('P30: ends with its hosts when the editor lets go of it in the middle of a run', async () => {
    const server = forkServer();
    await server.next();
    await (await client()).submit('work-of-test', { kind: 'run' });
    const hosts = await hostsOf(server.pid);
    server.process.disconnect();
    expect(await survivors([server.pid, ...hosts])).toEqual([]);
  });

  it('P30: ends with its hosts when the editor is killed in the middle of a run', async () => {
    const editor = spawn(process.execPath, ['-e', `require('node:child_process').fork(${JSON.stringify(program)}, [${JSON.stringify(workspace)}]); setInterval(() => {}, 1000)`], { stdio: 'ignore' });
    started.push(editor);
    const asked = await client();
    const server = asked.ownerPid;
    expect(descendantsOf(editor.pid ?? 0)).toContain(server);
    await asked.submit('work-of-test', { kind: 'run' });
    const hosts = await hostsOf(server);
    editor.kill('SIGKILL');
    expect(await survivors([server, ...hosts])).toEqual([]);
    // Nothing is half-done: the next owner opens what it left.
    const next = await connect(workspace);
    connections.push(next);
    expect([next.remote, (await next.snapshot()).active]).toEqual([false, []]);
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('P5, P29: names the terminal that owns the workspace, and takes over when that ends by %s', async (signal) => {
    const terminal = slipway.start(workspace, ['run', '--watch']);
    await connectTo(workspace).then((connection) => connection.close());
    const server = forkServer();
    const first = await server.next();
    expect(first).toMatchObject({ kind: 'ready', owner: 'other', pid: terminal.pid });
    terminal.kill(signal);
    const second = await server.next();
    expect(second).toMatchObject({ kind: 'ready', owner: 'this', pid: server.pid });
    expect((second as { token: string }).token).not.toBe((first as { token: string }).token);
    expect((await client()).ownerPid).toBe(server.pid);
    await terminal.ended;
  });

  it('P5, P29: of two windows one owns the workspace, and the other takes over from it', async () => {
    const one = forkServer();
    expect(await one.next()).toMatchObject({ owner: 'this' });
    const two = forkServer();
    expect(await two.next()).toMatchObject({ owner: 'other', pid: one.pid });
    one.process.disconnect();
    expect(await two.next()).toMatchObject({ owner: 'this', pid: two.pid });
    expect(isAlive(two.pid)).toBe(true);
  });

  it('is not for terminals', async () => {
    const { code, stderr } = await new Promise<{ code: number | null; stderr: string }>((resolve) => {
      const child = spawn(process.execPath, [program, workspace], { stdio: ['ignore', 'ignore', 'pipe'] });
      started.push(child);
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      child.once('close', (code) => resolve({ code, stderr }));
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining('in a terminal, use `slipway`')]);
  });
});
