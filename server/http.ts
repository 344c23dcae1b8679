import { chmod, lstat, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { basename, dirname } from 'node:path';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Command, ReplayRequest, Request as WorkRequest } from '../protocol/feed.ts';
import { admit, socketDoor } from './admit.ts';
import { openBrowser, type Browser } from './browser.ts';
import type { Slipway } from './main.ts';
import { Problem, problemBody, statusOf } from './problem.ts';

export interface ControlPlane {
  /** Unix socket path or Windows named pipe. */
  socket: string;
  close(): Promise<void>;
}

const bodyBytesMax = 1 << 20;
const depthMax = 64;

/** Express and ws on a Unix socket or named pipe, never on a TCP port. */
export async function openControlPlane({ slipway, socket, token }: { slipway: Slipway; socket: string; token: string }): Promise<ControlPlane> {
  const pages = openPages({ title: `Slipway · ${basename(slipway.workspace)}`, upstream: () => ({ socket, token }) });
  const door = socketDoor(token);
  const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: 5_000 }, controlApp({ slipway, token, pages }));
  server.maxConnections = 64;
  slipway.feed.attach(server, (request) => {
    const refusal = admit(request, door);
    return refusal === null ? null : { status: statusOf(refusal.code), detail: refusal.code };
  });
  await listen(server, socket);
  return {
    socket,
    async close() {
      await pages.close();
      slipway.feed.detach();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      if (process.platform !== 'win32') await rm(socket, { force: true });
    },
  };
}

/** The routes. Every request passes `admit` before any of them, so that a new route cannot forget it. */
export function controlApp({ slipway, token, pages }: { slipway: Slipway; token: string; pages: Pages }): Express {
  const door = socketDoor(token);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use((request, response, next) => {
    response.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin', 'Content-Security-Policy': "default-src 'none'" });
    const refusal = admit(request, door);
    if (refusal === null) next();
    else next(new Problem(refusal.code, refusal.detail));
  });
  app.use(express.text({ type: 'application/json', limit: bodyBytesMax }));

  app.get('/v1/snapshot', async (_request, response) => void response.json(await slipway.snapshot()));
  app.get('/v1/outline', async (_request, response) => void response.json(await slipway.outline()));
  app.get('/v1/runs', async (request, response) => {
    const limit = Number(request.query.limit ?? 100);
    if (!Number.isInteger(limit) || limit < 1 || limit > 10_000) throw new Problem('request-invalid', 'limit must be a whole number from 1 to 10,000');
    const model = typeof request.query.model === 'string' ? request.query.model : undefined;
    response.json(await slipway.store.runs({ model, limit }));
  });
  app.get('/v1/runs/:id/rows', async (request, response) => {
    const { role, rows } = request.query;
    if (role !== 'holdout' && role !== 'current') throw new Problem('request-invalid', 'role must be holdout or current');
    response.json(await slipway.runRows(request.params.id, role, parseRows(rows)));
  });
  app.get('/v1/runs/:id', async (request, response) => void response.json(await slipway.store.readRun(request.params.id)));
  app.get('/v1/batches', async (_request, response) => void response.json(await slipway.store.batches()));
  app.get('/v1/batches/:id', async (request, response) => void response.json(await slipway.store.readBatch(request.params.id)));
  app.get('/v1/batches/:id/findings/:finding/rows', async (request, response) => {
    const limit = Number(request.query.limit ?? 20);
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) throw new Problem('request-invalid', 'limit must be a whole number from 1 to 1,000');
    response.json(await slipway.failingRows(request.params.id, request.params.finding, limit));
  });
  app.get('/v1/shadows', async (request, response) => {
    const { model } = request.query;
    if (model !== undefined && !isText(model)) throw new Problem('request-invalid', 'model must be one name');
    response.json(await slipway.shadows(model ?? null));
  });
  app.get('/v1/shadows/:id', async (request, response) => void response.json(await slipway.readShadow(request.params.id)));
  app.get('/v1/readiness/:model', async (request, response) => void response.json(await slipway.readiness(request.params.model)));
  app.get('/v1/model-file', async (request, response) => void response.json(await slipway.modelFile(parsePath(request.query.path, 'path'))));
  app.get('/v1/model-file/difference', async (request, response) => {
    const { path, against } = request.query;
    const gone = new AbortController();
    // Two files of gigabytes are not read for somebody who has left.
    response.once('close', () => gone.abort());
    response.json(await slipway.modelFileDifference(parsePath(path, 'path'), parsePath(against, 'against'), gone.signal));
  });
  app.get('/v1/model-file/operator-times', async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    response.json(await slipway.operatorTimes(parsePath(request.query.path, 'path'), gone.signal));
  });
  app.post('/v1/config', async (request, response) => {
    const { text } = parseBody(request.body);
    if (!isText(text)) throw new Problem('request-invalid', 'text must be the text of a slipway.yaml');
    response.json(await slipway.checkConfig(text));
  });
  app.post('/v1/work', (request, response) => {
    const { work, command } = parseRequest(request.body);
    slipway.submit(work, command);
    response.status(202).json({ work });
  });
  app.delete('/v1/work/:work', (request, response) => {
    if (!slipway.cancel(request.params.work)) throw new Problem('not-found', `No work ${request.params.work} is under way`);
    response.status(202).json({ work: request.params.work });
  });
  app.get('/v1/models/:model/example', async (request, response) => void response.json(await slipway.exampleRow(request.params.model)));
  app.get('/v1/serving', (_request, response) => void response.json(slipway.serving()));
  app.get('/v1/serving/live', (_request, response) => void response.json(slipway.live()));
  app.post('/v1/serving', async (request, response) => void response.status(201).json(await slipway.serve(parseServe(parseBody(request.body)))));
  app.delete('/v1/serving', async (_request, response) => {
    if (!(await slipway.stopServing())) throw new Problem('not-found', 'Nothing is served');
    response.status(202).json({});
  });
  app.post('/v1/browser', async (request, response) => {
    response.status(201).json({ url: await pages.open(parseOrigin(parseBody(request.body).origin)) });
  });
  app.delete('/v1/browser', async (_request, response) => {
    if (!(await pages.close())) throw new Problem('not-found', 'No pages are open in a browser');
    response.status(202).json({});
  });

  app.use((request, _response, next) => next(new Problem('not-found', `${request.method} ${request.path} is not a route`)));
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const body = problemBody(error);
    response.status(body.status).type('application/problem+json').send(JSON.stringify(body));
  });
  return app;
}

/** The pages of this workspace in browsers, for as long as its owner lives. */
export interface Pages {
  /** @param origin under which the port is reached from outside, or null @returns an address good for one opening */
  open(origin: string | null): Promise<string>;
  /** False when none are open. */
  close(): Promise<boolean>;
}

function openPages(options: Pick<Parameters<typeof openBrowser>[0], 'title' | 'upstream'>): Pages {
  let browser: Promise<Browser> | null = null;
  return {
    async open(origin) {
      const opening = (browser ??= openBrowser({ ...options, now: Date.now }));
      const opened = await opening.catch((error: unknown) => {
        browser = null;
        throw error;
      });
      void opened.closed.then(() => {
        if (browser === opening) browser = null;
      });
      if (origin !== null) opened.trust(origin);
      return opened.address();
    },
    async close() {
      const open = await browser;
      browser = null;
      await open?.close();
      return open !== null;
    },
  };
}

function parseServe({ host = '127.0.0.1', port = 0 }: Record<string, unknown>): { host: string; port: number } {
  if (!isText(host) || host === '' || host.length > 255) throw new Problem('request-invalid', 'host must be a name or an address of this machine');
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 0 || port > 65_535) throw new Problem('request-invalid', 'port must be a whole number from 0 to 65,535');
  return { host, port };
}

/** The origin of a page, as a browser would send it. */
function parseOrigin(origin: unknown): string | null {
  if (origin === undefined || origin === null) return null;
  if (typeof origin === 'string' && /^https?:\/\//.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  throw new Problem('request-invalid', 'origin must be scheme, host and port alone, such as "https://code.example.com"');
}

function parseBody(body: unknown): Record<string, unknown> {
  const text = typeof body === 'string' ? body : '';
  if (nesting(text) > depthMax) throw new Problem('request-invalid', `The body is nested more than ${depthMax} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text, (key, entry: unknown) => {
      if (key === '__proto__' || key === 'constructor') throw new Problem('request-invalid', `The key ${key} is not allowed`);
      return entry;
    });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem('request-invalid', 'The body is not JSON', { cause: error });
  }
  return asObject(value);
}

function parseRequest(body: unknown): WorkRequest {
  const request = parseBody(body);
  if (typeof request.work !== 'string' || !/^[A-Za-z0-9-]{8,64}$/.test(request.work)) throw new Problem('request-invalid', 'work must be 8 to 64 letters, digits and hyphens');
  return { work: request.work, command: parseCommand(asObject(request.command)) };
}

function parseCommand(command: Record<string, unknown>): Command {
  const { kind, models, versions, force, watch, path, reference, model, criterion, by, text, expires = null } = command;
  if (kind === 'run' && isStrings(models) && isStrings(versions) && isFlag(force) && isFlag(watch)) return { kind, models, versions, force, watch };
  if (kind === 'check' && typeof path === 'string' && (reference === undefined || typeof reference === 'string')) return { kind, path, reference };
  if (kind === 'set-up') return { kind };
  if (kind === 'replay') return { kind, ...parseReplay(command) };
  if (kind === 'state' && isText(model) && isText(criterion) && isText(by) && isText(text) && (expires === null || isTime(expires))) return { kind, model, criterion, by, text, expires };
  throw new Problem('request-invalid', 'command must be {"kind": "run", …} or {"kind": "check", "path": …} or {"kind": "replay", …} or {"kind": "set-up"} or {"kind": "state", "model": …, "criterion": …, "by": …, "text": …}');
}

function parseReplay({ model, candidate, production = null, source, intent, pace = null }: Record<string, unknown>): ReplayRequest {
  const { of, name, path, from = null, to = null } = asObject(source);
  const replayed: ReplayRequest['source'] | null = of === 'dataset' && isText(name) ? { of, name } : of === 'file' && isText(path) ? { of, path } : of === 'log' && isTimeOrNull(from) && isTimeOrNull(to) ? { of, from, to } : null;
  const isPace = pace === null || (typeof pace === 'number' && pace > 0 && Number.isFinite(pace));
  if (isText(model) && isText(candidate) && (production === null || isText(production)) && replayed !== null && (intent === 'same-build' || intent === 'new-model') && isPace) return { model, candidate, production, source: replayed, intent, pace };
  throw new Problem('request-invalid', 'a replay is {"kind": "replay", "model": …, "candidate": …, "production": … or null, "source": {"of": "dataset", "name": …} or {"of": "file", "path": …} or {"of": "log", "from": …, "to": …}, "intent": "new-model" or "same-build", "pace": … or null}');
}

/** One path, given once. Where it may lead is decided where it is opened. */
function parsePath(path: unknown, name: string): string {
  if (!isText(path) || path === '' || path.length > 4096) throw new Problem('request-invalid', `${name} must be the path of one file, relative to the workspace`);
  return path;
}

/** `3,17,4`: at most a thousand row numbers. */
function parseRows(rows: unknown): number[] {
  const numbers = isText(rows) && /^\d{1,15}(,\d{1,15})*$/.test(rows) ? rows.split(',').map(Number) : [];
  if (numbers.length === 0 || numbers.length > 1000) throw new Problem('request-invalid', 'rows must be 1 to 1,000 row numbers with commas between them');
  return numbers;
}

const asObject = (value: unknown): Record<string, unknown> => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {});
const isStrings = (value: unknown): value is string[] | undefined => value === undefined || (Array.isArray(value) && value.every((entry) => typeof entry === 'string'));
const isText = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown): value is string => isText(value) && !Number.isNaN(Date.parse(value));
const isTimeOrNull = (value: unknown): value is string | null => value === null || isTime(value);
const isFlag = (value: unknown): value is boolean | undefined => value === undefined || typeof value === 'boolean';

/** Deepest bracket level of JSON text, counted before any parser sees it. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quoted) {
      if (character === '\\') i++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === '[' || character === '{') deepest = Math.max(deepest, ++depth);
    else if (character === ']' || character === '}') depth--;
  }
  return deepest;
}

async function listen(server: Server, socket: string): Promise<void> {
  if (process.platform !== 'win32') {
    await makePrivateFolder(dirname(socket));
    await rm(socket, { force: true });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, () => {
      server.off('error', reject);
      resolve();
    });
  });
  if (process.platform !== 'win32') await chmod(socket, 0o600);
}

/** The folder may lie where everyone can write: someone else's, or one others can look into, is not used. */
async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = await lstat(folder);
  if (uid !== process.getuid?.() || (mode & 0o077) !== 0) throw new Problem('path-outside-workspace', `${folder} is not private to this user`, { where: { path: folder } });
}
