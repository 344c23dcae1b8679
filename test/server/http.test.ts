import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FeedMessage } from '../../protocol/feed.ts';
import { controlApp, openControlPlane, type ControlPlane, type Pages } from '../../server/http.ts';
import { fakeSlipway } from './fake-slipway.ts';

const token = 'a-token-of-this-test';
const good = { host: 'localhost', authorization: `Bearer ${token}` };
const { slipway, submitted } = fakeSlipway();
const { feed } = slipway;

let folder: string;
let plane: ControlPlane;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-http-'));
  plane = await openControlPlane({ slipway, socket: join(folder, 's'), token });
});
afterAll(async () => {
  feed.close();
  await plane.close();
  await rm(folder, { recursive: true });
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

function ask(method: string, path: string, headers: Record<string, string> = good, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: plane.socket, method, path, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) }, setHost: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Every route there is, read from the application itself: a new one is covered without touching this test. */
function routes(): { method: string; path: string }[] {
  const stack = (controlApp({ slipway, token, pages: {} as Pages }) as unknown as { router: { stack: { route?: { path: string; methods: Record<string, boolean> } }[] } }).router.stack;
  return stack.flatMap(({ route }) => (route === undefined ? [] : Object.keys(route.methods).map((method) => ({ method: method.toUpperCase(), path: route.path.replace(/:\w+/g, 'x') }))));
}

it('P1, P2, P4: the socket is the user’s alone', async () => {
  for (const path of [plane.socket, folder]) expect((await stat(path)).mode & 0o077).toBe(0);
  await chmod(folder, 0o755);
  await expect(openControlPlane({ slipway, socket: join(folder, 'other'), token })).rejects.toMatchObject({ code: 'path-outside-workspace' });
  await chmod(folder, 0o700);
});

const hostileHosts = ['', 'evil.example', 'localhost.evil.example', 'localhost:80', 'LOCALHOST', '127.0.0.1', '127.0.0.1:80', '[::1]', '0.0.0.0', 'localhost,evil.example', 'localhost@evil.example', 'xn--localhost-', 'localhost.', ' localhost.example', 'user@localhost', '169.254.169.254', 'metadata.google.internal', '2130706433', '0x7f000001', '017700000001'];

describe('the control plane', () => {
  it('has routes to protect', () => {
    expect(routes().length).toBeGreaterThanOrEqual(8);
  });

  it.each(hostileHosts)('P6: refuses the Host %j on every route and method, with the right token', async (host) => {
    for (const { path } of routes()) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD']) {
        const { status } = await ask(method, path, { ...good, host, 'content-type': 'application/json' });
        expect([400, 403]).toContain(status);
      }
    }
    expect(submitted).toEqual([]);
  });

  it.each([
    ['no token', { host: 'localhost' }],
    ['a wrong token', { ...good, authorization: 'Bearer wrong' }],
    ['the token without its scheme', { ...good, authorization: token }],
    ['a prefix of the token', { ...good, authorization: `Bearer ${token.slice(0, -1)}` }],
    ['an Origin', { ...good, origin: 'https://evil.example' }],
    ['a null Origin', { ...good, origin: 'null' }],
    ['a browser’s fetch metadata', { ...good, 'sec-fetch-site': 'cross-site' }],
  ])('P7, P9: refuses every route with %s', async (_, headers) => {
    for (const { method, path } of routes()) {
      const answer = await ask(method, path, { ...headers, 'content-type': 'application/json' }, method === 'POST' ? '{"work":"12345678","command":{"kind":"run"}}' : undefined);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'unauthorized' });
    }
    expect(submitted).toEqual([]);
  });

  it('P7, P12: answers with headers that let no page read or frame it, and no CORS header', async () => {
    for (const { method, path } of routes()) {
      const { headers } = await ask(method, path);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('P15, P16: takes a command under the id its asker chose', async () => {
    const { status, text } = await ask('POST', '/v1/work', { ...good, 'content-type': 'application/json' }, JSON.stringify({ work: 'my-work-1', command: { kind: 'run', models: ['m'] } }));
    expect([status, JSON.parse(text)]).toEqual([202, { work: 'my-work-1' }]);
    expect(submitted.pop()).toEqual(['my-work-1', { kind: 'run', models: ['m'], versions: undefined, force: undefined, watch: undefined }]);
  });

  it.each([
    ['text that is not JSON', 'run', 400],
    ['an array', '[]', 400],
    ['an unknown command', '{"work":"12345678","command":{"kind":"push"}}', 400],
    ['a command with a wrong type', '{"work":"12345678","command":{"kind":"run","models":"m"}}', 400],
    ['an id that is a path', '{"work":"../../../etc","command":{"kind":"run"}}', 400],
    ['a prototype key', '{"work":"12345678","command":{"kind":"run"},"__proto__":{"a":1}}', 400],
    ['65 levels of nesting', `${'['.repeat(65)}${']'.repeat(65)}`, 400],
    ['a body over 1 MiB', `{"work":"${'a'.repeat(1 << 20)}"}`, 413],
  ])('P8, P10, P15: refuses %s', async (_, body, status) => {
    const answer = await ask('POST', '/v1/work', { ...good, 'content-type': 'application/json' }, body);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'request-invalid' });
    expect(submitted).toEqual([]);
  });

  it('P8: refuses a body that does not say it is JSON', async () => {
    expect((await ask('POST', '/v1/work', { ...good, 'content-type': 'text/plain' }, '{}')).status).toBe(400);
  });

  it('P13: says what is missing, and keeps a bug to itself', async () => {
    expect(JSON.parse((await ask('GET', '/v1/runs/r-1')).text)).toMatchObject({ code: 'run-missing', detail: 'No run r-1 is saved', status: 404 });
    const bug = await ask('GET', '/v1/batches/b-1');
    expect([bug.status, bug.text.includes('secret')]).toEqual([500, false]);
    expect(JSON.parse(bug.text)).toMatchObject({ code: 'internal' });
    expect(JSON.parse((await ask('GET', '/v1/nothing')).text)).toMatchObject({ code: 'not-found', status: 404 });
    expect((await ask('DELETE', '/v1/work/unknown-work')).status).toBe(404);
    expect((await ask('DELETE', '/v1/work/known-work')).status).toBe(202);
  });
});

describe('the feed', () => {
  const open = (headers: Record<string, string>, path = '/v1/feed') => new WebSocket(`ws+unix://${plane.socket}:${path}`, { headers });

  it.each([
    ['without a token', { host: 'localhost' }, '/v1/feed', 403],
    ['from a page', { ...good, origin: 'https://evil.example' }, '/v1/feed', 403],
    ['under another name', { ...good, host: 'evil.example' }, '/v1/feed', 403],
    ['at another address', good, '/v1/other', 404],
  ])('P6, P7, P9: refuses an upgrade %s', async (_, headers, path, status) => {
    const socket = open(headers, path);
    const refused = await new Promise<number>((resolve, reject) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('open', () => reject(new Error('was let in')));
      socket.once('error', () => {});
    });
    expect(refused).toBe(status);
    socket.terminate();
  });

  it('P18, P19: greets, gives a snapshot, then tells in order', async () => {
    const socket = open(good);
    const seen: FeedMessage[] = [];
    const third = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        seen.push(JSON.parse(data.toString()) as FeedMessage);
        if (seen.length === 2) feed.tell({ kind: 'work-started', work: 'w', command: { kind: 'run' } });
        if (seen.length === 3) resolve();
      });
    });
    await third;
    expect(seen.map((message) => message.kind)).toEqual(['hello', 'snapshot', 'work-started']);
    expect(seen[0]).toMatchObject({ protocol: 1 });
    expect(seen[2]).toMatchObject({ sequence: 1 });
    socket.terminate();
  });

  it('P22: lets in 32 clients', async () => {
    const sockets = Array.from({ length: 32 }, () => open(good));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
    const late = open(good);
    const refused = await new Promise<number>((resolve) => {
      late.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      late.once('error', () => {});
    });
    expect(refused).toBe(503);
    late.terminate();
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    for (const socket of sockets) socket.terminate();
    await Promise.all(closed);
  });

  it('P22: sends a client that does not read no progress, then sends it away to come back', async () => {
    const socket = open(good);
    await new Promise((resolve) => socket.once('open', resolve));
    const seen: FeedMessage['kind'][] = [];
    socket.on('message', (data: Buffer) => seen.push((JSON.parse(data.toString()) as FeedMessage).kind));
    socket.pause();
    const bulky = { kind: 'model-refused' as const, work: 'w', file: { path: 'x'.repeat(1 << 20), code: 'model-refused' as const, message: '' } };
    for (let message = 0; message < 30; message++) {
      feed.tell(bulky);
      feed.progress({ work: 'w', step: 'profile', subject: '', done: message, total: 30, unit: 'rows' });
    }
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.resume();
    expect(await closed).toBe(1013);
    const told = seen.filter((kind) => kind === 'model-refused').length;
    expect(told).toBeGreaterThanOrEqual(16);
    expect(told).toBeLessThan(30);
    expect(seen.filter((kind) => kind === 'progress').length).toBeLessThan(told);
  });

  it('P23: drops its clients when it ends, before their work is cut short', async () => {
    const socket = open(good);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    feed.detach();
    expect(await closed).toBe(1006);
  });

  it('P21: closes on whoever talks to it', async () => {
    const socket = open(good);
    await new Promise((resolve) => socket.once('open', resolve));
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send('{"kind":"run"}');
    expect(await closed).toBe(1003);
  });
});
