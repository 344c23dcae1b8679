import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { deflate, gunzip, gzip, inflate, type InputType } from 'node:zlib';
import type { SchemaName } from './openapi.ts';
import { Problem, problemBody } from './problem.ts';

/** What a caller may do: ask for predictions, look at models and metrics, load and unload. Null needs no key. */
export type Scope = 'infer' | 'read' | 'admin';

export interface EndpointRequest {
  /** Of the path, decoded once. */
  parameters: ReadonlyMap<string, string>;
  headers: IncomingMessage['headers'];
  body: Uint8Array;
  /** Aborts when the caller has left. */
  signal: AbortSignal;
  /** Name of the key that was shown; null where none is needed. */
  caller: string | null;
}

export interface EndpointReply {
  status?: number;
  headers?: Record<string, string>;
  body: string | readonly Uint8Array[] | null;
  /** Compressed where the caller asked for it. */
  compressible?: boolean;
  /** Done once the reply has been handed to the system. */
  after?: () => void;
}

export interface EndpointRoute {
  method: 'GET' | 'POST';
  /** `/v2/models/{model}/infer`: a name in braces stands for one segment. */
  path: string;
  /** What it is for, in a sentence. */
  about: string;
  scope: Scope | null;
  /** Schemas of the body and of the answer, where they have one. */
  takes?: SchemaName;
  gives?: SchemaName;
  handle(request: EndpointRequest): EndpointReply | Promise<EndpointReply>;
}

/** Who may come in with which key. Throws `key-missing`, `key-refused` or `rate-limited`; gives the key's name. */
export type Gatekeeper = (authorization: string | undefined, scope: Scope) => string;

export interface EndpointOptions {
  host: string;
  port: number;
  routes: readonly EndpointRoute[];
  /** Null: no keys are needed, which only a loopback address allows. */
  gatekeeper: Gatekeeper | null;
  /** A full queue is 503 to Triton, and 429 to the rest of the world. */
  tritonStatusCodes: boolean;
  bodyBytesMax: number;
  onBug: (error: unknown) => void;
}

export interface Endpoint {
  readonly url: string;
  readonly port: number;
  /** Takes no new connections, answers what it has, and closes. */
  close(): Promise<void>;
}

/** Clients hold connections open between requests, as with any server of predictions; they are cheap while idle. */
const connectionsMax = 1024;
const keepAliveMs = 65_000;
const retryAfterSeconds = 1;
const compressAtBytes = 1024;

/**
 * Opens the port that predictions are asked at. Nothing is routed before Host, Origin and fetch metadata have been looked
 * at: web pages can reach a loopback port, and no web page has business here.
 */
export async function openEndpoint({ host, port, routes, gatekeeper, tritonStatusCodes, bodyBytesMax, onBug }: EndpointOptions): Promise<Endpoint> {
  if (!isLoopback(host) && gatekeeper === null) throw new Problem('usage', `${host} can be reached from other machines, and no key is needed yet. Make one with \`slipway keys add <name>\`, or serve on 127.0.0.1`);
  const table = routeTable(routes);
  let hosts: ReadonlySet<string> | null = null;

  const server = createServer({ headersTimeout: 10_000, requestTimeout: 60_000, keepAliveTimeout: keepAliveMs, noDelay: true }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else fail(response, error);
    });
  });
  server.maxConnections = connectionsMax;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    refuseStrangers(request, hosts);
    const { route, parameters } = find(table, request);
    const caller = route.scope === null || gatekeeper === null ? null : gatekeeper(request.headers.authorization, route.scope);
    const left = new AbortController();
    // The response closes when it has been sent, too: by then nobody listens.
    response.once('close', () => left.abort());
    const body = request.method === 'POST' ? await bodyOf(request, bodyBytesMax) : nothing;
    const reply = await route.handle({ parameters, headers: request.headers, body, signal: left.signal, caller });
    await send(request, response, reply);
    reply.after?.();
  }

  function fail(response: ServerResponse, error: unknown): void {
    const body = problemBody(error);
    if (body.code === 'internal') onBug(error);
    const status = tritonStatusCodes && body.code === 'queue-full' ? 503 : body.status;
    const retry = status === 429 || status === 503 ? { 'Retry-After': String(retryAfterOf(error)) } : {};
    const challenge = status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {};
    const allow = error instanceof MethodRefused ? { Allow: error.allowed.join(', ') } : {};
    const text = JSON.stringify({ error: body.detail });
    // What is left of a body that was refused is not read.
    response.writeHead(error instanceof MethodRefused ? 405 : status, { ...safeHeaders, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text), ...retry, ...challenge, ...allow, ...(status === 413 && { Connection: 'close' }) });
    response.end(text);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(new Problem('port-unavailable', cause.code === 'EADDRINUSE' ? `Port ${port} of ${host} is in use` : `${host}:${port} cannot be opened: ${cause.message}`, { cause })));
    server.listen({ host, port }, resolve);
  });
  const opened = (server.address() as AddressInfo).port;
  // With a key, names do not matter: who knows it is no web page.
  hosts = gatekeeper === null ? new Set(['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${opened}`)) : null;
  return {
    url: `http://${isIP(host) === 6 ? `[${host}]` : host}:${opened}`,
    port: opened,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const patience = setTimeout(() => server.closeAllConnections(), 5_000);
      await closed;
      clearTimeout(patience);
    },
  };
}

const nothing = new Uint8Array(0);
const safeHeaders = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin', 'Content-Security-Policy': "default-src 'none'" };

function refuseStrangers({ headers }: IncomingMessage, hosts: ReadonlySet<string> | null): void {
  if (hosts !== null && (headers.host === undefined || !hosts.has(headers.host))) throw new Problem('key-refused', 'Host must be that of this address');
  if (headers.origin !== undefined || (headers['sec-fetch-site'] !== undefined && headers['sec-fetch-site'] !== 'none')) throw new Problem('key-refused', 'Web pages are not served here');
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

// ---- routes

interface Entry {
  route: EndpointRoute;
  segments: { text: string; parameter: boolean }[];
}

function routeTable(routes: readonly EndpointRoute[]): Entry[] {
  return routes.map((route) => ({
    route,
    segments: route.path.slice(1).split('/').map((part) => (part.startsWith('{') ? { text: part.slice(1, -1), parameter: true } : { text: part, parameter: false })),
  }));
}

class MethodRefused extends Problem {
  readonly allowed: string[];

  constructor(method: string, path: string, allowed: string[]) {
    super('request-invalid', `${method} is not used at ${path}; ${allowed.join(' or ')} is`);
    this.allowed = allowed;
  }
}

/** Decoded once, after it was cut at its slashes: no name leads to another route. */
function find(table: readonly Entry[], { url = '/', method = '' }: IncomingMessage): { route: EndpointRoute; parameters: Map<string, string> } {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  const parts = path.slice(1).split('/');
  if (parts.length > 1 && parts.at(-1) === '') parts.pop();
  const allowed: string[] = [];
  for (const { route, segments } of table) {
    if (segments.length !== parts.length || !segments.every(({ text, parameter }, at) => parameter || text === parts[at])) continue;
    if (route.method !== method) {
      allowed.push(route.method);
      continue;
    }
    const parameters = new Map<string, string>();
    segments.forEach(({ text, parameter }, at) => {
      if (parameter) parameters.set(text, decoded(parts[at]));
    });
    return { route, parameters };
  }
  if (allowed.length > 0) throw new MethodRefused(method, path, allowed);
  throw new Problem('not-found', `${method} ${path} is not a route`);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new Problem('request-invalid', `${JSON.stringify(part)} is not a part of an address`, { cause });
  }
}

// ---- bodies

/** Of any content type: clients of the protocol send none, or a wrong one. */
async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'deflate') throw new Problem('encoding-unsupported', `Content-Encoding ${encoding} is not read here; gzip and deflate are`);
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge(bytesMax);
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    parts.push(part);
  }
  const body = parts.length === 1 ? parts[0] : Buffer.concat(parts, bytes);
  if (encoding === 'identity') return body;
  try {
    return await (encoding === 'gzip' ? unzip : uninflate)(body, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax);
    throw new Problem('infer-invalid', `The body is not ${encoding}: ${(cause as Error).message}`, { cause });
  }
}

const unzip = promisify<InputType, { maxOutputLength: number }, Buffer>(gunzip);
const uninflate = promisify<InputType, { maxOutputLength: number }, Buffer>(inflate);
const zip = promisify<InputType, Buffer>(gzip);
const pack = promisify<InputType, Buffer>(deflate);

function tooLarge(bytesMax: number): Problem {
  return new Problem('infer-too-large', `The body has more than ${bytesMax} bytes; bodyMb under serving in slipway.yaml is the limit`);
}

async function send(request: IncomingMessage, response: ServerResponse, { status = 200, headers = {}, body, compressible = false }: EndpointReply): Promise<void> {
  let pieces: readonly Uint8Array[] = body === null ? [] : typeof body === 'string' ? [Buffer.from(body)] : body;
  let bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const encoding = compressible && bytes >= compressAtBytes ? wanted(request.headers['accept-encoding']) : null;
  if (encoding !== null) {
    const packed = await (encoding === 'gzip' ? zip : pack)(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, bytes));
    pieces = [packed];
    bytes = packed.length;
  }
  response.writeHead(status, { ...safeHeaders, ...(typeof body === 'string' && { 'Content-Type': 'application/json' }), ...headers, 'Content-Length': bytes, ...(encoding !== null && { 'Content-Encoding': encoding }) });
  if (pieces.length > 1) response.cork();
  for (const piece of pieces) response.write(piece);
  response.end();
  if (pieces.length > 1) response.uncork();
}

function wanted(accepted: string | string[] | undefined): 'gzip' | 'deflate' | null {
  for (const each of (typeof accepted === 'string' ? accepted : '').split(',')) {
    const [name, ...parameters] = each.trim().split(';');
    if ((name === 'gzip' || name === 'deflate') && !parameters.some((parameter) => /^\s*q=0(\.0*)?\s*$/.test(parameter))) return name;
  }
  return null;
}

function retryAfterOf(error: unknown): number {
  return error instanceof Error && 'retryAfterSeconds' in error && typeof error.retryAfterSeconds === 'number' ? Math.max(1, Math.ceil(error.retryAfterSeconds)) : retryAfterSeconds;
}
