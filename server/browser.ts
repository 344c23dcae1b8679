import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { escapeText } from '../figures/markup.ts';
import { admit, sameSecret, type Door, type Refusal } from './admit.ts';
import { Problem, problemBody, statusOf } from './problem.ts';

/** The pages of a workspace for a browser on this machine: a loopback port that is open while somebody looks. */
export interface Browser {
  readonly port: number;
  /** An address that lets one browser in, once. */
  address(): string;
  /** Also lets in pages that reach the port under this origin, as through a tunnel or a proxy of the editor. */
  trust(origin: string): void;
  /** Resolves when the port is closed, whether asked to or because nobody has looked for long. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

interface BrowserOptions {
  /** The control plane whose answers are passed on; it may move to another owner. */
  upstream: () => { socket: string; token: string };
  title: string;
  now: () => number;
  /** Folder of view.js and view.css. */
  assets?: string;
  /** Calls once after so many milliseconds, unless what it returns is called first. */
  wait?: (act: () => void, ms: number) => () => void;
}

const minute = 60_000;
const ticketsMax = 16;
const ticketMs = 5 * minute;
const idleMs = 30 * minute;
const files: Record<string, { name: string; type: string }> = {
  '/view.js': { name: 'view.js', type: 'text/javascript; charset=utf-8' },
  '/view.css': { name: 'view.css', type: 'text/css; charset=utf-8' },
};
/** What a page may change. It reads whatever is under /v1. */
const changes: { method: string; path: RegExp }[] = [
  { method: 'POST', path: /^\/v1\/work$/ },
  { method: 'DELETE', path: /^\/v1\/work\/[\w-]+$/ },
];

/** Beside the bundled program; the sources run from their own folder and find the last build. */
const builtAssets = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../dist/' : './', import.meta.url));

/**
 * Opens a port on 127.0.0.1 and passes on what an admitted browser asks to the control plane, with the token that the
 * browser never sees. It is the only door a web page can reach, so nothing is answered before Host and Origin have been looked at.
 */
export async function openBrowser({ upstream, title, now, assets = builtAssets, wait = waitUnseen }: BrowserOptions): Promise<Browser> {
  const session = randomBytes(32).toString('base64url');
  /** By digest, so that finding one takes no time that tells about it; with the moment at which it is too old. */
  const tickets = new Map<string, number>();
  const origins = new Set<string>();
  const streams = new Set<Duplex>();
  let cookie = '';

  const hosts = (): string[] => [...origins].map((origin) => new URL(origin).host);
  const strangerAs: Door['strangerAs'] = ({ headers, method }) => {
    if (headers.host === undefined || !hosts().includes(headers.host)) return 'Host must be that of this address';
    if (headers.origin === undefined ? method !== 'GET' : !origins.has(headers.origin)) return 'Other pages are not served here';
    return null;
  };
  const cookieDoor: Door = {
    strangerAs: (request) => strangerAs(request) ?? (['same-origin', 'none', undefined].includes(request.headers['sec-fetch-site'] as string | undefined) ? null : 'Other pages are not served here'),
    shown: ({ headers }) => cookiesOf(headers.cookie).get(cookie) ?? '',
    isKnown: (shown) => sameSecret(shown, session),
    unknown: 'This page is closed; ask Slipway for its address again',
  };
  /** A link in another page may lead here, so fetch metadata says nothing; the ticket is the secret. */
  const ticketDoor: Door = {
    strangerAs,
    shown: ({ url }) => addressed(url).searchParams.get('ticket') ?? '',
    isKnown(shown) {
      const known = digestOf(shown);
      const tooOldAt = tickets.get(known);
      tickets.delete(known);
      return tooOldAt !== undefined && now() < tooOldAt;
    },
    unknown: 'This address has been used, or is too old. Ask Slipway for another one: `slipway view`, or Open in Browser',
  };

  const server = createServer({ headersTimeout: 10_000, requestTimeout: minute, keepAliveTimeout: 5_000 }, (request, response) => {
    touch();
    const nonce = randomBytes(16).toString('base64');
    response.setHeaders(new Map(Object.entries(safeHeaders(nonce))));
    answer(request, response, nonce).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else sendProblem(response, error);
    });
  });
  server.maxConnections = 64;
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    touch();
    socket.on('error', () => socket.destroy());
    // An upgrade is made by script, so it always tells its origin.
    const refusal: Refusal | null = addressed(request.url).pathname !== '/v1/feed' ? { code: 'not-found', detail: '' } : request.headers.origin === undefined ? { code: 'unauthorized', detail: '' } : admit(request, cookieDoor);
    if (refusal !== null) return void socket.end(`HTTP/1.1 ${statusOf(refusal.code)} ${refusal.code}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    passFeedOn(request, socket, head);
  });

  async function answer(request: IncomingMessage, response: ServerResponse, nonce: string): Promise<void> {
    const { pathname, search } = addressed(request.url);
    const isEntry = pathname === '/open';
    const refusal = admit(request, isEntry ? ticketDoor : cookieDoor);
    if (refusal !== null) return isEntry || pathname === '/' ? sendText(response, statusOf(refusal.code), refusal.detail) : sendProblem(response, new Problem(refusal.code, refusal.detail));
    if (request.method === 'GET' && isEntry) {
      // Without a path: behind a proxy the pages lie in a folder of it, and other folders of it are none of ours.
      response.setHeader('Set-Cookie', `${cookie}=${session}; HttpOnly; SameSite=Strict`);
      return sendHtml(response, entryHtml(nonce));
    }
    if (request.method === 'GET' && pathname === '/') return sendHtml(response, pageHtml(title, nonce));
    if (request.method === 'GET' && Object.hasOwn(files, pathname)) return sendFile(response, files[pathname]);
    const isPassedOn = request.method === 'GET' ? pathname.startsWith('/v1/') : changes.some(({ method, path }) => method === request.method && path.test(pathname));
    if (!isPassedOn) throw new Problem('not-found', `${request.method} ${pathname} is not a route`);
    return passOn(request, response, pathname + search);
  }

  async function sendFile(response: ServerResponse, { name, type }: (typeof files)[string]): Promise<void> {
    const content = await readFile(join(assets, name)).catch((cause: unknown) => {
      throw new Problem('file-missing', `${name} was not built with this Slipway`, { cause });
    });
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length }).end(content);
  }

  /** Of what the browser sends only the method, the path and a JSON body go further; of the answer only its status, type and text. */
  function passOn(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { socket, token } = upstream();
    const body = request.method === 'POST' ? { 'content-type': 'application/json', ...(request.headers['content-length'] === undefined ? {} : { 'content-length': request.headers['content-length'] }) } : {};
    return new Promise((resolve, reject) => {
      const outgoing = ask({ socketPath: socket, method: request.method, path, headers: { host: 'localhost', authorization: `Bearer ${token}`, ...body } }, (answered) => {
        response.writeHead(answered.statusCode ?? 502, { 'Content-Type': answered.headers['content-type'] ?? 'application/json' });
        answered.pipe(response);
        answered.on('end', resolve);
        answered.on('error', reject);
      });
      response.on('close', () => {
        outgoing.destroy();
        resolve();
      });
      outgoing.on('error', (cause) => reject(new Problem('server-unreachable', 'The server of this workspace does not answer', { cause })));
      request.pipe(outgoing);
    });
  }

  function passFeedOn(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { socket: socketPath, token } = upstream();
    const { 'sec-websocket-key': key, 'sec-websocket-version': version } = request.headers;
    const outgoing = ask({ socketPath, path: '/v1/feed', headers: { host: 'localhost', authorization: `Bearer ${token}`, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': key, 'sec-websocket-version': version } });
    outgoing.on('error', () => socket.destroy());
    outgoing.on('response', ({ statusCode }) => socket.end(`HTTP/1.1 ${statusCode} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`));
    outgoing.on('upgrade', ({ headers }, feed, first) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${headers['sec-websocket-accept']}\r\n\r\n`);
      socket.write(first);
      feed.write(head);
      streams.add(socket);
      socket.pipe(feed).pipe(socket);
      feed.on('error', () => socket.destroy());
      feed.on('close', () => socket.destroy());
      socket.on('close', () => {
        feed.destroy();
        streams.delete(socket);
        touch();
      });
    });
    outgoing.end();
  }

  /** Nobody looks when nothing is asked and no feed is followed. */
  function touch(): void {
    stopWaiting();
    stopWaiting = wait(() => {
      if (streams.size > 0) touch();
      else void close();
    }, idleMs);
  }

  let stopWaiting = (): void => {};
  let resolveClosed = (): void => {};
  const closed = new Promise<void>((resolve) => (resolveClosed = resolve));

  async function close(): Promise<void> {
    stopWaiting();
    tickets.clear();
    for (const stream of streams) stream.destroy();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    resolveClosed();
  }

  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0 }, () => resolve((server.address() as AddressInfo).port));
  });
  // A browser sends the cookies of one port of a host to all others.
  cookie = `slipway-${port}`;
  for (const host of ['127.0.0.1', 'localhost']) origins.add(`http://${host}:${port}`);
  touch();
  return {
    port,
    address() {
      const ticket = randomBytes(32).toString('base64url');
      for (const [known, tooOldAt] of tickets) if (tooOldAt <= now()) tickets.delete(known);
      if (tickets.size >= ticketsMax) tickets.delete([...tickets.keys()][0]);
      tickets.set(digestOf(ticket), now() + ticketMs);
      touch();
      return `http://127.0.0.1:${port}/open?ticket=${ticket}`;
    },
    trust: (origin) => void origins.add(origin),
    closed,
    close,
  };
}

/** Keeps no process alive. */
function waitUnseen(act: () => void, ms: number): () => void {
  const timer = setTimeout(act, ms).unref();
  return () => clearTimeout(timer);
}

/** No path leads out of an address: `..` is resolved before anything looks at it. */
function addressed(url: string | undefined): URL {
  return new URL(`http://localhost${url?.startsWith('/') === true ? url : '/'}`);
}

function cookiesOf(header: string | undefined): Map<string, string> {
  return new Map((header ?? '').split(';').map((pair): [string, string] => {
    const [name, ...value] = pair.trim().split('=');
    return [name, value.join('=')];
  }));
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function safeHeaders(nonce: string): Record<string, string> {
  return {
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'Content-Security-Policy': `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}

/**
 * Takes the ticket out of the address and the history. A step of the page itself, not a redirect: a link from another site
 * would carry its origin through a redirect, and the cookie would not be sent.
 */
function entryHtml(nonce: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slipway</title><script nonce="${nonce}">location.replace('./' + location.hash)</script></head><body><noscript>Slipway’s pages need JavaScript.</noscript></body></html>`;
}

function pageHtml(title: string, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="./view.css">
</head>
<body>
<noscript>Slipway’s pages need JavaScript.</noscript>
<script type="module" nonce="${nonce}" src="./view.js"></script>
</body>
</html>`;
}

function sendHtml(response: ServerResponse, html: string): void {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text);
}

function sendProblem(response: ServerResponse, error: unknown): void {
  const body = problemBody(error);
  response.writeHead(body.status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(body));
}
