import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FeedMessage } from '../../protocol/feed.ts';
import { openBrowser, type Browser } from '../../server/browser.ts';
import { openControlPlane, type ControlPlane } from '../../server/http.ts';
import { fakeSlipway } from './fake-slipway.ts';

const token = 'the-token-of-the-control-plane';
const { slipway, submitted } = fakeSlipway();

let folder: string;
let assets: string;
let plane: ControlPlane;
let browser: Browser;
let here: string;
let cookie: string;
let time = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-browser-'));
  assets = join(folder, 'assets');
  await mkdir(assets);
  await writeFile(join(assets, 'view.js'), 'export {};');
  await writeFile(join(assets, 'view.css'), 'body {}');
  await writeFile(join(folder, 'secret.txt'), 'a secret');
  await writeFile(join(assets, 'cli.js'), 'not a page');
  plane = await openControlPlane({ slipway, socket: join(folder, 's'), token });
  browser = await open();
  here = `127.0.0.1:${browser.port}`;
  cookie = cookieIn(await ask('GET', pathOf(browser.address()), { host: here }));
});
afterAll(async () => {
  await browser.close();
  slipway.feed.close();
  await plane.close();
  await rm(folder, { recursive: true });
});

const open = (): Promise<Browser> => openBrowser({ upstream: () => ({ socket: plane.socket, token }), title: 'Slipway · <workspace>', now: () => time, assets });

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

function ask(method: string, path: string, headers: Record<string, string>, body?: string, port = browser.port): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, agent: false, method, path, headers: { ...headers, ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }) }, setHost: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** What a page of this address sends. */
const own = (more: Record<string, string> = {}): Record<string, string> => ({ host: here, cookie, 'sec-fetch-site': 'same-origin', ...more });
const posted = (more: Record<string, string> = {}): Record<string, string> => own({ origin: `http://${here}`, 'content-type': 'application/json', ...more });
const work = '{"work":"12345678","command":{"kind":"run"}}';
const pathOf = (address: string): string => address.slice(address.indexOf('/open'));
const cookieIn = ({ headers }: Answer): string => (headers['set-cookie']?.[0] ?? '').split(';')[0];

/** Every way in: pages, files, questions, changes. */
const entrances: [string, string][] = [
  ['GET', '/'],
  ['GET', '/view.js'],
  ['GET', '/view.css'],
  ['GET', '/v1/snapshot'],
  ['GET', '/v1/runs'],
  ['GET', '/v1/batches/x/findings/y/rows'],
  ['POST', '/v1/work'],
  ['DELETE', '/v1/work/known-work'],
];

describe('the pages in a browser', () => {
  it('P24: lie on the loopback address alone', async () => {
    const outside = Object.values(networkInterfaces()).flat().filter((each) => each !== undefined && !each.internal && each.family === 'IPv4');
    for (const address of outside) {
      await expect(new Promise((resolve, reject) => connect({ host: address?.address, port: browser.port, timeout: 2_000 }, () => resolve('connected')).on('error', reject).on('timeout', () => reject(new Error('nobody answers'))))).rejects.toThrow();
    }
    expect((await ask('GET', '/', own())).status).toBe(200);
  });

  it('P25: a ticket is taken once, leaves the address, and becomes a cookie that only this address sees', async () => {
    const path = pathOf(browser.address());
    const first = await ask('GET', path, { host: here, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' });
    expect(first.status).toBe(200);
    expect(first.headers['set-cookie']).toEqual([expect.stringMatching(new RegExp(`^slipway-${browser.port}=[\\w-]{43}; HttpOnly; SameSite=Strict$`))]);
    expect(first.headers['referrer-policy']).toBe('no-referrer');
    expect(first.text).toContain("location.replace('./' + location.hash)");
    const replayed = await ask('GET', path, { host: here });
    expect([replayed.status, replayed.headers['set-cookie']]).toEqual([403, undefined]);
    expect(replayed.text).toContain('has been used, or is too old');
  });

  it('P25: a ticket is too old after five minutes', async () => {
    const path = pathOf(browser.address());
    time += 5 * 60_000;
    expect((await ask('GET', path, { host: here })).status).toBe(403);
    time = 0;
  });

  it.each(['/open', '/open?ticket=', '/open?ticket=x', `/open?ticket=${'A'.repeat(43)}`])('P25: %s lets nobody in', async (path) => {
    const { status, headers } = await ask('GET', path, { host: here });
    expect([status, headers['set-cookie']]).toEqual([403, undefined]);
  });

  it('P25: a ticket is worth nothing to somebody who asks under another name, and is not used up by it', async () => {
    const path = pathOf(browser.address());
    expect((await ask('GET', path, { host: 'evil.example' })).status).toBe(403);
    expect((await ask('GET', path, { host: here, origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask('GET', path, { host: here })).status).toBe(200);
  });

  it('P25: the token of the control plane reaches no page', async () => {
    for (const [method, path] of entrances) {
      const { headers, text } = await ask(method, path, method === 'GET' ? own() : posted(), method === 'POST' ? work : undefined);
      expect(JSON.stringify(headers) + text).not.toContain(token);
    }
    submitted.length = 0;
  });

  it.each(['', 'evil.example', 'evil.example:PORT', 'localhost', '127.0.0.1', '127.0.0.1:1', 'localhost.evil.example:PORT', '127.0.0.1.evil.example:PORT', '0.0.0.0:PORT', '[::1]:PORT', '2130706433:PORT', '0x7f000001:PORT', 'LOCALHOST:PORT', 'localhost:PORT,evil.example', 'user@127.0.0.1:PORT', '127.0.0.1:PORT.', 'metadata.google.internal'])('P26: a name that was rebound to this address is refused everywhere: Host %j', async (name) => {
    const host = name.replace('PORT', String(browser.port));
    for (const [method, path] of entrances) expect([400, 403]).toContain((await ask(method, path, { ...posted(), host, origin: `http://${host}` }, method === 'POST' ? work : undefined)).status);
    expect(submitted).toEqual([]);
  });

  it.each([
    ['another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:3000', 'sec-fetch-site': 'same-site' }],
    ['a page without an origin', { origin: 'null' }],
    ['this address under https', { origin: 'https://127.0.0.1' }],
  ])('P27: a request from %s is refused, cookie or not', async (_, headers) => {
    for (const [method, path] of entrances) {
      const { status, text } = await ask(method, path, { ...posted(), ...headers }, method === 'POST' ? work : undefined);
      expect([status, text.includes('secret')]).toEqual([403, false]);
    }
    expect(submitted).toEqual([]);
  });

  it.each(['cross-site', 'same-site', 'anything'])('P27: fetch metadata that says %s is believed, also where no Origin is sent', async (site) => {
    for (const [method, path] of entrances.filter(([each]) => each === 'GET')) expect((await ask(method, path, { host: here, cookie, 'sec-fetch-site': site })).status).toBe(403);
  });

  it('P27: a form of another site cannot post, nor can one of this address without saying so', async () => {
    const { origin: _, ...silent } = posted();
    for (const [method, path] of entrances.filter(([each]) => each !== 'GET')) expect((await ask(method, path, silent, method === 'POST' ? work : undefined)).status).toBe(403);
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) expect((await ask('POST', '/v1/work', posted({ 'content-type': type }), work)).status).toBe(400);
    expect(submitted).toEqual([]);
  });

  it.each([
    ['no cookie', ''],
    ['a wrong one', 'slipway-PORT=wrong'],
    ['one under another port', 'slipway-1=VALUE'],
    ['one cut short', 'slipway-PORT=VALUE-'],
  ])('P25: with %s nothing is answered', async (_, written) => {
    const value = cookie.split('=')[1];
    const wrong = written.replace('PORT', String(browser.port)).replace('VALUE-', value.slice(0, -1)).replace('VALUE', value);
    for (const [method, path] of entrances) expect((await ask(method, path, posted({ cookie: wrong }), method === 'POST' ? work : undefined)).status).toBe(403);
    expect(submitted).toEqual([]);
  });

  it.each(['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE'])('P27: %s is not used, so that no preflight is answered', async (method) => {
    for (const [, path] of entrances) {
      const { status, headers } = await ask(method, path, posted());
      expect(status).toBe(400);
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('P28: every answer, good or bad, forbids to keep, sniff, frame, embed or read it from elsewhere', async () => {
    for (const path of ['/', '/view.js', '/v1/snapshot', '/v1/nothing', '/nothing', '/open']) {
      for (const headers of [own(), { host: 'evil.example' }]) {
        const answer = await ask('GET', path, headers);
        expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin', 'referrer-policy': 'no-referrer' });
        const policy = String(answer.headers['content-security-policy']);
        expect(policy).toMatch(/^default-src 'none'; script-src 'nonce-[A-Za-z0-9+/]{22}=='; style-src 'self'; .*connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      }
    }
  });

  it('P28: the page runs its own script under a nonce that is new each time', async () => {
    const [first, second] = [await ask('GET', '/', own()), await ask('GET', '/', own())];
    const nonce = /script-src 'nonce-([^']+)'/.exec(String(first.headers['content-security-policy']))?.[1];
    expect(first.text).toContain(`<script type="module" nonce="${nonce}" src="./view.js">`);
    expect(second.text).not.toContain(String(nonce));
    expect(first.text).toContain('<title>Slipway · &lt;workspace&gt;</title>');
    expect([(await ask('GET', '/view.js', own())).text, (await ask('GET', '/view.css', own())).headers['content-type']]).toEqual(['export {};', 'text/css; charset=utf-8']);
  });

  it.each(['/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt', '/%252e%252e%252fsecret.txt', '/view.js/../cli.js', '/..\\secret.txt', '/view.js%00.css', '/cli.js', '//view.js/..//cli.js', '/./../s', '/v1/../cli.js', '/assets/view.js', '/__proto__', '/constructor', '/C:/windows/win.ini', '/\\\\server\\share'])('P28: no path leads to another file: %s', async (path) => {
    const { status, text } = await ask('GET', path, own());
    expect([404, 400]).toContain(status);
    expect(text).not.toMatch(/a secret|not a page/);
  });

  it('P28: what a page asks is passed on, and what it may not ask is not', async () => {
    expect(JSON.parse((await ask('GET', '/v1/snapshot', own())).text)).toMatchObject({ models: [] });
    expect(JSON.parse((await ask('GET', '/v1/runs/r-1', own())).text)).toMatchObject({ code: 'run-missing', status: 404 });
    expect((await ask('POST', '/v1/work', posted(), work)).status).toBe(202);
    expect(submitted.splice(0)).toEqual([['12345678', { kind: 'run', models: undefined, versions: undefined, force: undefined, watch: undefined }]]);
    expect((await ask('DELETE', '/v1/work/known-work', posted())).status).toBe(202);
    for (const [method, path] of [['POST', '/v1/browser'], ['DELETE', '/v1/browser'], ['POST', '/v1/work/../browser'], ['DELETE', '/v1/work/'], ['POST', '/v1/snapshot'], ['POST', '/']]) expect((await ask(method, path, posted(), method === 'POST' ? '{}' : undefined)).status, `${method} ${path}`).toBe(404);
    expect((await ask('POST', '/v1/work', posted(), 'x'.repeat((1 << 20) + 1))).status).toBe(413);
  });

  it('P26, P27: a tunnel of the editor is let in under the origin it named, and no other', async () => {
    const tunnelled = await open();
    try {
      const outside = { host: 'code.example.com', origin: 'https://code.example.com' };
      const enter = () => ask('GET', pathOf(tunnelled.address()), { host: outside.host }, undefined, tunnelled.port);
      expect((await enter()).status).toBe(403);
      tunnelled.trust('https://code.example.com');
      const entered = await enter();
      expect(entered.status).toBe(200);
      const inside = { cookie: cookieIn(entered), 'sec-fetch-site': 'same-origin' };
      expect((await ask('GET', '/v1/snapshot', { ...inside, ...outside }, undefined, tunnelled.port)).status).toBe(200);
      expect((await ask('GET', '/v1/snapshot', { ...inside, ...outside, origin: 'https://evil.example.com' }, undefined, tunnelled.port)).status).toBe(403);
    } finally {
      await tunnelled.close();
    }
  });

  it.each([
    ['a body', () => `POST /v1/work HTTP/1.1\r\nHost: ${here}\r\nCookie: ${cookie}\r\nOrigin: http://${here}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`],
    ['its headers', () => `GET / HTTP/1.1\r\nHost: ${here}\r\n`],
    ['an upgrade', () => `GET /v1/feed HTTP/1.1\r\nHost: ${here}\r\nCookie: ${cookie}\r\nOrigin: http://${here}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n`],
    ['something that is not HTTP', () => '\u0016\u0003\u0001 hello\r\n\r\n'],
    ['a path that is an address', () => `GET http://evil.example/view.js HTTP/1.1\r\nHost: ${here}\r\n\r\n`],
  ])('P28: who leaves in the middle of %s takes nothing down', async (_, text) => {
    await new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: browser.port }, () => socket.write(text(), () => socket.destroy()));
      socket.on('error', () => {});
      socket.on('close', () => resolve());
    });
    expect((await ask('GET', '/v1/snapshot', own())).status).toBe(200);
    expect(submitted).toEqual([]);
  });

  it('says that the server is away while it is, and finds the next one', async () => {
    let address = { socket: join(folder, 'nobody'), token: 'x' };
    const moving = await openBrowser({ upstream: () => address, title: 'Slipway', now: () => time, assets });
    try {
      const host = `127.0.0.1:${moving.port}`;
      const inside = { host, cookie: cookieIn(await ask('GET', pathOf(moving.address()), { host }, undefined, moving.port)) };
      expect(JSON.parse((await ask('GET', '/v1/snapshot', inside, undefined, moving.port)).text)).toMatchObject({ code: 'server-unreachable' });
      address = { socket: plane.socket, token };
      expect((await ask('GET', '/v1/snapshot', inside, undefined, moving.port)).status).toBe(200);
    } finally {
      await moving.close();
    }
  });
});

describe('the feed in a browser', () => {
  const socketOf = (headers: Record<string, string>, path = '/v1/feed', port = browser.port) => new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });

  it('P28: is passed on as it is', async () => {
    const socket = socketOf({ cookie, origin: `http://${here}` });
    const kinds: string[] = [];
    await new Promise<void>((resolve) => socket.on('message', (data: Buffer) => {
      kinds.push((JSON.parse(data.toString()) as FeedMessage).kind);
      if (kinds.length === 2) slipway.feed.tell({ kind: 'work-started', work: 'w', command: { kind: 'run' } });
      if (kinds.length === 3) resolve();
    }));
    expect(kinds).toEqual(['hello', 'snapshot', 'work-started']);
    const closed = new Promise<number>((resolve) => socket.once('close', resolve));
    socket.send('{"kind":"run"}');
    expect(await closed).toBe(1003);
  });

  it.each([
    ['without an Origin', { origin: undefined }, '/v1/feed', 403],
    ['of another site', { origin: 'https://evil.example' }, '/v1/feed', 403],
    ['of another port', { origin: 'http://127.0.0.1:3000' }, '/v1/feed', 403],
    ['under a rebound name', { host: 'evil.example', origin: 'http://evil.example' }, '/v1/feed', 403],
    ['without the cookie', { cookie: '' }, '/v1/feed', 403],
    ['at another path', {}, '/v1/snapshot', 404],
  ])('P26, P27: a socket %s is refused', async (_, more, path, expected) => {
    const headers = Object.fromEntries(Object.entries({ host: here, cookie, origin: `http://${here}`, ...more }).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const socket = socketOf(headers, path);
    const refused = await new Promise<number>((resolve, reject) => {
      socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
      socket.once('open', () => reject(new Error('was let in')));
      socket.once('error', () => {});
    });
    expect(refused).toBe(expected);
    socket.terminate();
  });
});

describe('the port', () => {
  it('P24: is closed when nobody has looked for half an hour, not while a feed is followed', async () => {
    let waited: { act: () => void; ms: number } | null = null;
    let restarted = (): void => {};
    const idle = await openBrowser({
      upstream: () => ({ socket: plane.socket, token }),
      title: 'Slipway',
      now: () => time,
      assets,
      wait(act, ms) {
        waited = { act, ms };
        restarted();
        return () => (waited = null);
      },
    });
    const pass = (): void => waited?.act();
    const host = `127.0.0.1:${idle.port}`;
    const entered = cookieIn(await ask('GET', pathOf(idle.address()), { host }, undefined, idle.port));
    const socket = new WebSocket(`ws://${host}/v1/feed`, { headers: { cookie: entered, origin: `http://${host}` } });
    await new Promise((resolve) => socket.once('message', resolve));
    expect(waited).toMatchObject({ ms: 1_800_000 });
    pass();
    expect((await ask('GET', '/', { host, cookie: entered }, undefined, idle.port)).status).toBe(200);
    const left = new Promise<void>((resolve) => (restarted = resolve));
    socket.terminate();
    await left;
    pass();
    await idle.closed;
    await expect(ask('GET', '/', { host }, undefined, idle.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('P24: is closed with those who look through it', async () => {
    const closing = await open();
    const host = `127.0.0.1:${closing.port}`;
    const entered = cookieIn(await ask('GET', pathOf(closing.address()), { host }, undefined, closing.port));
    const socket = new WebSocket(`ws://${host}/v1/feed`, { headers: { cookie: entered, origin: `http://${host}` } });
    await new Promise((resolve) => socket.once('message', resolve));
    const dropped = new Promise((resolve) => socket.once('close', resolve));
    await closing.close();
    await dropped;
    await expect(ask('GET', '/', { host }, undefined, closing.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('the control plane opens them for its editor', () => {
  const askPlane = (method: string, body?: string): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = { host: 'localhost', authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }) };
      const outgoing = request({ socketPath: plane.socket, method, path: '/v1/browser', headers }, (response) => {
        let text = '';
        response.on('data', (part: Buffer) => (text += part.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  it('P24: one port for all, until it is told to close it', async () => {
    expect((await askPlane('DELETE')).status).toBe(404);
    const [first, second] = [await askPlane('POST', '{}'), await askPlane('POST', '{"origin":"https://code.example.com"}')].map(({ status, text }) => {
      expect(status).toBe(201);
      return new URL((JSON.parse(text) as { url: string }).url);
    });
    expect([first.hostname, first.port, first.pathname]).toEqual(['127.0.0.1', second.port, '/open']);
    expect(first.search).not.toBe(second.search);
    const port = Number(first.port);
    expect((await ask('GET', first.pathname + first.search, { host: 'code.example.com' }, undefined, port)).status).toBe(200);
    expect((await askPlane('DELETE')).status).toBe(202);
    await expect(ask('GET', '/', { host: first.host }, undefined, port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await askPlane('DELETE')).status).toBe(404);
  });

  it.each(['"*"', '"null"', '"https://a.example/path"', '"javascript:alert(1)"', '1', '"a.example"'])('P27: no origin but a real one is trusted: %s', async (origin) => {
    expect((await askPlane('POST', `{"origin":${origin}}`)).status).toBe(400);
    expect((await askPlane('DELETE')).status).toBe(404);
  });
});
