import { randomBytes, createHash } from 'node:crypto';
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { WebSocket } from 'ws';
import { protocolVersion, type Command, type FeedMessage, type Snapshot } from '../protocol/feed.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import type { BatchReport, RunReport, RunSummary } from '../protocol/run.ts';
import { routeOf } from '../protocol/view.ts';
import type { LiveWindow, ServingStatus } from '../protocol/serving.ts';
import type { ShadowRecord, ShadowSummary } from '../protocol/shadow.ts';
import type { ReadinessReport, RowTable } from '../protocol/workspace.ts';
import type { Row } from './answer-rows.ts';
import { writeDurably } from './engines/durable-file.ts';
import { openControlPlane, type ControlPlane } from './http.ts';
import { openSlipway, type Slipway } from './main.ts';
import { Problem, problemBody } from './problem.ts';
import type { ServeOptions } from './serve.ts';

/** What the command line needs, the same whether a server runs already or this process is the server. */
export interface Connection {
  /** True when another process owns the workspace. */
  readonly remote: boolean;
  readonly ownerPid: number;
  /** Where the owner listens, and what it wants to be told. */
  readonly address: { socket: string; token: string };
  /** What opening the workspace found and mended. */
  readonly notes: readonly string[];
  submit(work: string, command: Command): Promise<void>;
  cancel(work: string): Promise<void>;
  subscribe(listener: (message: FeedMessage) => void): () => void;
  snapshot(): Promise<Snapshot>;
  runs(filter: { model?: string; limit?: number }): Promise<RunSummary[]>;
  readRun(id: string): Promise<RunReport>;
  readBatch(id: string): Promise<BatchReport>;
  failingRows(batch: string, finding: string, limit: number): Promise<RowTable>;
  readiness(model: string): Promise<ReadinessReport>;
  shadows(model: string | null): Promise<ShadowSummary[]>;
  readShadow(id: string): Promise<ShadowRecord>;
  live(): Promise<LiveWindow>;
  serve(options: ServeOptions): Promise<ServingStatus>;
  stopServing(): Promise<void>;
  /** A row of a model's data, without its label; null where it has none. */
  exampleRow(model: string): Promise<Row | null>;
  /** The work of other terminals goes with this process when it is the server: they take it up themselves. */
  close(): Promise<void>;
}

interface ServerFile {
  pid: number;
  socket: string;
  token: string;
  startedAt: string;
}

interface ConnectOptions {
  now?: () => Date;
  /** How long an owner may neither answer nor let go. */
  waitMs?: number;
  signal?: AbortSignal;
}

/**
 * Talks to the server of the workspace if there is one; else becomes it, for as long as this connection is open.
 * DuckDB has one owner, so of two command lines at once the second is always a client of the first.
 */
export async function connect(workspace: string, { now = () => new Date(), waitMs = 10_000, signal }: ConnectOptions = {}): Promise<Connection> {
  for (const deadline = Date.now() + waitMs; ; ) {
    if (signal?.aborted === true) throw new Problem('run-cancelled', 'Cancelled');
    const server = await readServerFile(workspace);
    const client = server === null ? null : await openClient(server);
    if (client !== null) return client;
    try {
      return await becomeServer(workspace, now);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'store-locked') throw error;
      // The owner is between taking the lock and telling its address, or on its way out.
      if (Date.now() > deadline) throw new Problem('store-locked', `Another Slipway process${server === null ? '' : ` (${server.pid})`} owns this workspace and does not answer`, { cause: error, where: { path: workspace } });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Opens the workspace in this process and serves it to others. */
async function becomeServer(workspace: string, now: () => Date): Promise<Connection> {
  const slipway = await openSlipway({ workspace, now });
  let plane: Awaited<ReturnType<typeof serve>>;
  try {
    plane = await serve(slipway, now);
  } catch (error) {
    await slipway.close();
    throw error;
  }
  return {
    remote: false,
    ownerPid: process.pid,
    address: { socket: plane.socket, token: plane.token },
    notes: slipway.store.notes,
    submit: async (work, command) => slipway.submit(work, command),
    cancel: async (work) => void slipway.cancel(work),
    subscribe: (listener) => slipway.feed.subscribe(listener),
    snapshot: () => slipway.snapshot(),
    runs: (filter) => slipway.store.runs(filter),
    readRun: (id) => slipway.store.readRun(id),
    readBatch: (id) => slipway.store.readBatch(id),
    failingRows: (batch, finding, limit) => slipway.failingRows(batch, finding, limit),
    readiness: (model) => slipway.readiness(model),
    shadows: (model) => slipway.shadows(model),
    readShadow: (id) => slipway.readShadow(id),
    live: async () => slipway.live(),
    serve: (options) => slipway.serve(options),
    stopServing: async () => void (await slipway.stopServing()),
    exampleRow: (model) => slipway.exampleRow(model),
    async close() {
      await plane.close();
      await slipway.close();
    },
  };
}

/** The control plane of an open workspace; its address and token go to a file only the user can read. */
export async function serve(slipway: Slipway, now: () => Date): Promise<ControlPlane & { token: string }> {
  const token = randomBytes(32).toString('base64url');
  await sweepSockets(slipway.workspace);
  const plane = await openControlPlane({ slipway, socket: socketPath(slipway.workspace), token });
  const path = serverFile(slipway.workspace);
  await writeDurably(path, JSON.stringify({ pid: process.pid, socket: plane.socket, token, startedAt: now().toISOString() } satisfies ServerFile), 0o600);
  return {
    socket: plane.socket,
    token,
    async close() {
      await rm(path, { force: true });
      await plane.close();
    },
  };
}

/** Null when nobody answers there any more. */
async function openClient(server: ServerFile): Promise<Connection | null> {
  const ask = <T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown) => askServer<T>(server, method, path, body);
  const listeners = new Set<(message: FeedMessage) => void>();
  const feed = new WebSocket(`ws+unix://${server.socket}:/v1/feed`, { headers: { host: 'localhost', authorization: `Bearer ${server.token}` }, perMessageDeflate: false, maxPayload: 256 << 20, handshakeTimeout: 5_000 });
  let state: 'open' | 'lost' | 'closed' = 'open';
  const lost: FeedMessage = { kind: 'problem', sequence: -1, work: '*', problem: problemBody(new Problem('server-unreachable', 'The Slipway process that owned this workspace ended')) };
  feed.on('error', () => feed.terminate());
  const hello = await new Promise<Extract<FeedMessage, { kind: 'hello' }> | null>((resolve) => {
    feed.once('close', () => resolve(null));
    feed.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as FeedMessage;
      if (message.kind === 'hello') resolve(message);
      for (const listener of listeners) listener(message);
    });
  });
  if (hello === null) return null;
  if (hello.protocol !== protocolVersion) {
    feed.terminate();
    throw new Problem('store-newer', `Slipway ${hello.slipway} owns this workspace and speaks protocol ${hello.protocol}; this one speaks ${protocolVersion}`);
  }
  feed.on('close', () => {
    if (state === 'closed') return;
    state = 'lost';
    for (const listener of listeners) listener(lost);
  });
  return {
    remote: true,
    ownerPid: server.pid,
    address: { socket: server.socket, token: server.token },
    notes: [],
    submit: async (work, command) => void (await ask('POST', '/v1/work', { work, command })),
    cancel: async (work) => void (await ask('DELETE', `/v1/work/${encodeURIComponent(work)}`)),
    subscribe(listener) {
      listeners.add(listener);
      if (state === 'lost') queueMicrotask(() => listener(lost));
      return () => listeners.delete(listener);
    },
    snapshot: () => ask('GET', '/v1/snapshot'),
    runs: ({ model, limit }) => ask('GET', `/v1/runs?limit=${limit ?? 100}${model === undefined ? '' : `&model=${encodeURIComponent(model)}`}`),
    readRun: (id) => ask('GET', `/v1/runs/${encodeURIComponent(id)}`),
    readBatch: (id) => ask('GET', `/v1/batches/${encodeURIComponent(id)}`),
    failingRows: (batch, finding, limit) => ask('GET', `/v1/batches/${encodeURIComponent(batch)}/findings/${encodeURIComponent(finding)}/rows?limit=${limit}`),
    readiness: (model) => ask('GET', routeOf({ ask: 'readiness', model })),
    shadows: (model) => ask('GET', routeOf({ ask: 'shadows', model })),
    readShadow: (id) => ask('GET', routeOf({ ask: 'shadow', id })),
    live: () => ask('GET', routeOf({ ask: 'live' })),
    serve: (options) => ask('POST', '/v1/serving', options),
    stopServing: async () => void (await ask('DELETE', '/v1/serving')),
    exampleRow: (model) => ask('GET', `/v1/models/${encodeURIComponent(model)}/example`),
    async close() {
      state = 'closed';
      feed.terminate();
    },
  };
}

function askServer<T>(server: ServerFile, method: string, path: string, body: unknown): Promise<T> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise<T>((resolve, reject) => {
    const outgoing = request(
      {
        socketPath: server.socket,
        method,
        path,
        headers: { host: 'localhost', authorization: `Bearer ${server.token}`, ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) },
      },
      (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          let answer: unknown;
          try {
            answer = JSON.parse(Buffer.concat(parts).toString('utf8'));
          } catch (error) {
            reject(new Problem('server-unreachable', 'The server answered something that is not JSON', { cause: error }));
            return;
          }
          if ((response.statusCode ?? 500) < 300) resolve(answer as T);
          else {
            const problem = answer as ProblemBody;
            reject(new Problem(problem.code, problem.detail, { where: problem.where, issues: problem.issues }));
          }
        });
      },
    );
    outgoing.on('error', (error) => reject(new Problem('server-unreachable', 'The server of this workspace does not answer', { cause: error })));
    outgoing.end(text);
  });
}

/** Null when there is none, or one that is not ours: the file may have come with the workspace, and it says where to connect. */
async function readServerFile(workspace: string): Promise<ServerFile | null> {
  const path = serverFile(workspace);
  try {
    const { uid, mode } = await lstat(path);
    if (process.platform !== 'win32' && (uid !== process.getuid?.() || (mode & 0o077) !== 0)) return null;
    const server = JSON.parse(await readFile(path, 'utf8')) as ServerFile;
    return isOurs(server.socket, workspace) ? server : null;
  } catch {
    // Not there, not readable or not JSON: nobody can be asked. Whether the workspace has an owner is for its database to say.
    return null;
  }
}

const serverFile = (workspace: string): string => join(workspace, '.slipway', 'server.json');

/** Short and private: socket paths end at about 100 characters, and the folder is the user's alone. */
function socketPrefix(workspace: string): string {
  const name = `${createHash('sha256').update(workspace).digest('hex').slice(0, 12)}-`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\slipway-${name}`;
  return join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `slipway-${process.getuid?.() ?? 0}`, name);
}

function isOurs(socket: string, workspace: string): boolean {
  const prefix = socketPrefix(workspace);
  return socket.startsWith(prefix) && /^[0-9a-f]{8}(\.sock)?$/.test(socket.slice(prefix.length));
}

function socketPath(workspace: string): string {
  const name = `${socketPrefix(workspace)}${randomBytes(4).toString('hex')}`;
  return process.platform === 'win32' ? name : `${name}.sock`;
}

/** Sockets of owners that were killed: whoever has the store is the only owner there is. */
async function sweepSockets(workspace: string): Promise<void> {
  if (process.platform === 'win32') return;
  const prefix = socketPrefix(workspace);
  const left = (await readdir(dirname(prefix)).catch(() => [])).filter((name) => name.startsWith(basename(prefix)));
  for (const name of left) await rm(join(dirname(prefix), name), { force: true });
}
