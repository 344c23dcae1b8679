import { request, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEndpoint, type Endpoint, type EndpointRoute } from '../../server/endpoint.ts';
import { Problem, statusOf } from '../../server/problem.ts';

const routes: EndpointRoute[] = [
  { method: 'GET', path: '/v2/health/live', about: 'a route', scope: null, handle: () => ({ body: '{"live":true}' }) },
  { method: 'GET', path: '/v2/models/{model}', about: 'a route', scope: 'read', handle: ({ parameters }) => ({ body: JSON.stringify(Object.fromEntries(parameters)) }) },
  { method: 'GET', path: '/v2/models/{model}/versions/{version}', about: 'a route', scope: 'read', handle: ({ parameters }) => ({ body: JSON.stringify(Object.fromEntries(parameters)) }) },
  { method: 'POST', path: '/v2/models/{model}/infer', about: 'a route', scope: 'infer', handle: ({ body }) => ({ body: [body], compressible: true, headers: { 'Content-Type': 'application/octet-stream' } }) },
  { method: 'POST', path: '/v2/repository/models/{model}/load', about: 'a route', scope: 'admin', handle: () => ({ body: '{}' }) },
  { method: 'POST', path: '/busy', about: 'a route', scope: 'infer', handle: () => { throw Object.assign(new Problem('queue-full', 'too many rows wait'), { retryAfterSeconds: 2.4 }); } },
  { method: 'POST', path: '/bug', about: 'a route', scope: 'infer', handle: () => { throw new TypeError('of ours'); } },
];

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

function ask(port: number, method: string, path: string, { headers = {}, body = '' }: { headers?: Record<string, string>; body?: string | Buffer } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const errorOf = ({ body }: Answer): string => (JSON.parse(body.toString('utf8')) as { error: string }).error;

const bugs: unknown[] = [];
const open = (options: Partial<Parameters<typeof openEndpoint>[0]> = {}): Promise<Endpoint> => openEndpoint({ host: '127.0.0.1', port: 0, routes, gatekeeper: null, tritonStatusCodes: false, bodyBytesMax: 10_000, onBug: (error) => bugs.push(error), ...options });

let endpoint: Endpoint;
beforeAll(async () => void (endpoint = await open()));
afterAll(() => endpoint.close());

describe('who may come in', () => {
  const paths = routes.map(({ path }) => path.replaceAll(/\{\w+\}/g, 'm'));
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'];
  const strangers: Record<string, string>[] = [
    ...['evil.example', '127.0.0.1', 'localhost', '127.0.0.1:1', 'localhost.evil.example:PORT', '127.0.0.1.nip.io:PORT', '0.0.0.0:PORT', '[::]:PORT', 'LOCALHOST.:PORT', '2130706433:PORT', '127.1:PORT', 'user@127.0.0.1:PORT'].map((host) => ({ host })),
    ...['https://evil.example', 'http://127.0.0.1:PORT', 'null', 'vscode-webview://x', ''].map((origin) => ({ origin })),
    ...['cross-site', 'same-site', 'same-origin'].map((site) => ({ 'sec-fetch-site': site })),
  ];

  it('no route answers a stranger, whatever the method', async () => {
    const written = (headers: Record<string, string>) => Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(endpoint.port))]));
    for (const path of paths)
      for (const method of methods)
        for (const headers of strangers) {
          const { status } = await ask(endpoint.port, method, path, { headers: written(headers) });
          expect([path, method, headers, status]).toEqual([path, method, headers, 403]);
        }
  });

  it.each(['127.0.0.1', 'localhost', '[::1]'])('a client that calls it %s is answered', async (name) => {
    expect((await ask(endpoint.port, 'GET', '/v2/health/live', { headers: { host: `${name}:${endpoint.port}` } })).status).toBe(200);
  });

  it('another address than this machine’s own is refused while no key is needed', async () => {
    await expect(open({ host: '0.0.0.0' })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('slipway keys add') });
  });

  it('with keys each route asks for its scope, and health for none', async () => {
    const asked: [string | undefined, string][] = [];
    const keyed = await open({
      gatekeeper(authorization, scope) {
        asked.push([authorization, scope]);
        if (authorization === undefined) throw new Problem('key-missing', 'Send a key');
        return 'ci';
      },
    });
    try {
      expect((await ask(keyed.port, 'GET', '/v2/health/live')).status).toBe(200);
      const refused = await ask(keyed.port, 'POST', '/v2/models/m/infer');
      expect([refused.status, refused.headers['www-authenticate'], errorOf(refused)]).toEqual([401, 'Bearer', 'Send a key']);
      for (const path of ['/v2/models/m', '/v2/models/m/versions/1']) await ask(keyed.port, 'GET', path, { headers: { authorization: 'Bearer k' } });
      await ask(keyed.port, 'POST', '/v2/repository/models/m/load', { headers: { authorization: 'Bearer k', host: 'models.example' } });
      expect(asked).toEqual([[undefined, 'infer'], ['Bearer k', 'read'], ['Bearer k', 'read'], ['Bearer k', 'admin']]);
    } finally {
      await keyed.close();
    }
  });

  it('every answer is kept from caches, sniffing and other sites, and none allows other origins', async () => {
    for (const [method, path] of [['GET', '/v2/health/live'], ['GET', '/nowhere'], ['DELETE', '/v2/models/m'], ['POST', '/bug']]) {
      const { headers } = await ask(endpoint.port, method, path);
      expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'same-origin' });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('routes', () => {
  it('names are decoded once, after the path was cut', async () => {
    expect(JSON.parse((await ask(endpoint.port, 'GET', '/v2/models/a%2Fb%20c%252F')).body.toString())).toEqual({ model: 'a/b c%2F' });
    expect(JSON.parse((await ask(endpoint.port, 'GET', '/v2/models/m/versions/v1/?x=1')).body.toString())).toEqual({ model: 'm', version: 'v1' });
  });

  it.each([
    ['GET', '/v2/models/m/infer', 405, 'POST'],
    ['DELETE', '/v2/models/m', 405, 'GET'],
  ])('%s %s says which method is used', async (method, path, status, allow) => {
    const answer = await ask(endpoint.port, method, path);
    expect([answer.status, answer.headers.allow]).toEqual([status, allow]);
  });

  it.each(['/', '/v2/models', '/v2/models/m/versions', '/v2/models/m/infer/x', '/v2/../v2/health/live', '//v2/health/live', '/v2/health/live%00'])('%s leads nowhere', async (path) => {
    const answer = await ask(endpoint.port, 'GET', path);
    expect([answer.status, typeof errorOf(answer)]).toEqual([404, 'string']);
  });

  it('what cannot be decoded is a clear error', async () => {
    expect((await ask(endpoint.port, 'GET', '/v2/models/%E0%A4%A')).status).toBe(400);
  });
});

describe('bodies', () => {
  const infer = (body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> => ask(endpoint.port, 'POST', '/v2/models/m/infer', { body, headers });

  it('arrive whatever their content type', async () => {
    for (const type of [undefined, 'application/octet-stream', 'text/plain', 'nonsense']) expect((await infer('abc', type === undefined ? {} : { 'content-type': type })).body.toString()).toBe('abc');
  });

  it('are unpacked; what is packed otherwise is refused', async () => {
    expect((await infer(gzipSync('abc'), { 'content-encoding': 'gzip' })).body.toString()).toBe('abc');
    expect((await infer(deflateSync('abc'), { 'content-encoding': 'deflate' })).body.toString()).toBe('abc');
    expect((await infer('abc', { 'content-encoding': 'zstd' })).status).toBe(statusOf('encoding-unsupported'));
    expect((await infer('abc', { 'content-encoding': 'gzip' })).status).toBe(400);
  });

  it('that are too large are refused, packed or not, announced or not', async () => {
    expect((await infer(Buffer.alloc(10_000))).status).toBe(200);
    expect((await infer(Buffer.alloc(10_001))).status).toBe(413);
    expect((await infer(Buffer.alloc(10_001), { 'transfer-encoding': 'chunked' })).status).toBe(413);
    expect((await infer(gzipSync(Buffer.alloc(1_000_000)), { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  it('replies are packed for who asks, when it pays', async () => {
    const body = Buffer.alloc(5_000, 'a');
    expect((await infer(body, { 'accept-encoding': 'gzip, deflate' })).headers['content-encoding']).toBe('gzip');
    expect((await infer(body, { 'accept-encoding': 'gzip;q=0, deflate' })).headers['content-encoding']).toBe('deflate');
    expect((await infer(body, { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
    expect((await infer('abc', { 'accept-encoding': 'gzip' })).headers['content-encoding']).toBeUndefined();
  });

  it('nothing but replies to inference is packed: clients cannot read it', async () => {
    expect((await ask(endpoint.port, 'GET', '/v2/models/m', { headers: { 'accept-encoding': 'gzip' } })).headers['content-encoding']).toBeUndefined();
  });
});

describe('errors', () => {
  it('a full queue says when to come again; to clients of Triton it is 503', async () => {
    const answer = await ask(endpoint.port, 'POST', '/busy');
    expect([answer.status, answer.headers['retry-after'], errorOf(answer)]).toEqual([429, '3', 'too many rows wait']);
    const triton = await open({ tritonStatusCodes: true });
    expect((await ask(triton.port, 'POST', '/busy')).status).toBe(503);
    await triton.close();
  });

  it('a bug is told to the log and not to the caller', async () => {
    const answer = await ask(endpoint.port, 'POST', '/bug');
    expect([answer.status, errorOf(answer)]).toEqual([500, 'Slipway failed; the log has the details']);
    expect(bugs.at(-1)).toBeInstanceOf(TypeError);
  });

  it('a port in use is named', async () => {
    await expect(open({ port: endpoint.port })).rejects.toMatchObject({ code: 'port-unavailable', message: expect.stringContaining(String(endpoint.port)) });
  });

  it.each(['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'nonsense\r\n\r\n', `GET / HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`])('what is no HTTP is closed with a status', async (text) => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(endpoint.port, '127.0.0.1', () => socket.write(text));
      let got = '';
      socket.setEncoding('utf8').on('data', (part: string) => (got += part));
      socket.on('close', () => resolve(got));
      socket.on('error', reject);
      socket.setTimeout(5_000, () => socket.destroy());
    });
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
});
