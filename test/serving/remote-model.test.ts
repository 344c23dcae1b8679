import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type LookupFunction, type Server as SocketServer } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { stringTensor, type TensorMap } from '../../server/engines/tensor.ts';
import { decodeRequest, parseHeaderLength } from '../../server/serving/decode-request.ts';
import { encodeResponse } from '../../server/serving/encode-response.ts';
import type { Signature } from '../../server/serving/infer-request.ts';
import { readInfer, readSignature } from '../../server/serving/read-infer.ts';
import { checkRemoteUrl, guardedLookup } from '../../server/serving/remote-address.ts';
import { openRemoteModel, type RemoteModel, type RemoteOptions } from '../../server/serving/remote-model.ts';

const opened: { close(): void }[] = [];

afterEach(() => {
  vi.useRealTimers();
  for (const each of opened.splice(0)) each.close();
});

const nowhere = { privateNetworks: false, plainHttp: false };
const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'float32', shape: [null, 2] }, { name: 'id', datatype: 'int64', shape: [null] }, { name: 'text', datatype: 'string', shape: [null] }],
  outputs: [{ name: 'y', datatype: 'float32', shape: [null, 2] }, { name: 'id', datatype: 'int64', shape: [null] }, { name: 'text', datatype: 'string', shape: [null] }],
};
const inputs: TensorMap = new Map([
  ['x', { datatype: 'float32', shape: [2, 2], data: Float32Array.of(0.1, NaN, Infinity, -0) }],
  ['id', { datatype: 'int64', shape: [2], data: BigInt64Array.of(9007199254740993n, -1n) }],
  ['text', stringTensor(['é', ''])],
]);

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  return listen(server, () => server.closeAllConnections());
}

async function listen(server: Server | SocketServer, end: () => void): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  opened.push({
    close: () => {
      end();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function remote(url: string, more: Partial<RemoteOptions> = {}): RemoteModel {
  const model = openRemoteModel({ url, model: 'flight delay', version: null, allow: nowhere, headers: () => Promise.resolve({}), ...more, limits: { retryDelayMs: 1, attempts: 1, ...more.limits } });
  opened.push(model);
  return model;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Answers with what it was sent, by way of our own codec. */
function echo(seen: { url: string; headers: IncomingMessage['headers'] }[], binaryOutput: boolean): RequestListener {
  return (request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers });
    void bodyOf(request).then((body) => {
      const length = parseHeaderLength(request.headers['inference-header-content-length'] as string, body.length);
      const decoded = decodeRequest(body, length, signature, { jsonBytesMax: 1e6, elementsMax: 1e6, depthMax: 10 });
      const outputs: TensorMap = new Map([['y', decoded.inputs.get('x')], ['id', decoded.inputs.get('id')], ['text', decoded.inputs.get('text')]] as [string, NonNullable<ReturnType<TensorMap['get']>>][]);
      const reply = encodeResponse({ modelName: 'm', modelVersion: '1', id: '', outputs, requested: decoded.outputs, binaryOutput: decoded.binaryOutput && binaryOutput });
      response.writeHead(200, reply.headers);
      for (const piece of reply.pieces) response.write(piece);
      response.end();
    });
  };
}

describe('a remote model', () => {
  test('is asked in binary, and answers what it was sent', async () => {
    const seen: Parameters<typeof echo>[0] = [];
    const url = await serve(echo(seen, true));
    const model = remote(`${url}/base/`, { version: '3', headers: () => Promise.resolve({ Authorization: 'Bearer secret-key' }) });
    const outputs = await model.run(inputs, {});
    expect([...outputs.values()]).toEqual([...inputs.values()]);
    expect(seen[0]).toMatchObject({ url: '/base/v2/models/flight%20delay/versions/3/infer', headers: { authorization: 'Bearer secret-key', 'content-type': 'application/octet-stream' } });
    expect([...(await model.run(inputs, { outputs: ['text'] })).keys()]).toEqual(['text']);
  });

  test('may answer in JSON all the same, and whole numbers keep their digits', async () => {
    const url = await serve(echo([], false));
    const finite = new Map(inputs).set('x', { datatype: 'float32', shape: [2, 2], data: Float32Array.of(0.1, 1e-9, 3e38, -0) });
    expect([...(await remote(url).run(finite, {})).values()]).toEqual([...finite.values()]);
  });

  test('says what it takes and gives', async () => {
    const url = await serve((_, response) => response.end(JSON.stringify({ name: 'm', platform: 'p', inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2], more: {} }], outputs: [{ shape: ['-1', '3'], name: 'y', datatype: 'BYTES' }] })));
    expect(await remote(url).signature()).toEqual({ inputs: [{ name: 'x', datatype: 'float32', shape: [null, 2] }], outputs: [{ name: 'y', datatype: 'string', shape: [null, 3] }] });
  });

  const answers: { title: string; answer: RequestListener; code: string; message: RegExp }[] = [
    { title: 'a redirect, which is not followed', answer: (_, response) => response.writeHead(307, { Location: 'http://169.254.169.254/' }).end(), code: 'remote-failed', message: /redirects/ },
    { title: 'an error of its own', answer: (_, response) => response.writeHead(500).end('{"error":"out of memory"}'), code: 'remote-failed', message: /answered 500: out of memory$/ },
    { title: 'a page', answer: (_, response) => response.writeHead(404).end('<html>'), code: 'remote-failed', message: /404: no error in the words of the protocol/ },
    { title: 'that the request is wrong', answer: (_, response) => response.writeHead(400).end('{"error":"bad\\nshape"}'), code: 'infer-invalid', message: /refused the request: bad shape/ },
    { title: 'that the request is too large', answer: (_, response) => response.writeHead(413).end(), code: 'infer-too-large', message: /nothing$/ },
    { title: 'a refusal that repeats the key', answer: (_, response) => response.writeHead(403).end('{"error":"Bearer secret-key is not allowed, secret-key"}'), code: 'remote-failed', message: /refused the key \(403\): \[hidden\] is not allowed, \[hidden\]$/ },
    { title: 'more than it may', answer: (_, response) => response.end(Buffer.alloc(2000)), code: 'remote-failed', message: /more than 1000 bytes/ },
    { title: 'compressed', answer: (_, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x'), code: 'remote-failed', message: /compressed/ },
    { title: 'a JSON part longer than the reply', answer: (_, response) => response.writeHead(200, { 'Inference-Header-Content-Length': '99' }).end('{}'), code: 'remote-failed', message: /99 bytes/ },
    { title: 'half a reply', answer: (_, response) => response.writeHead(200, { 'Content-Length': '100' }).write('{', () => response.destroy()), code: 'remote-failed', message: /broke off/ },
    { title: 'nothing', answer: (request) => request.socket.destroy(), code: 'remote-failed', message: /cannot be reached/ },
    { title: 'no head of a reply in time', answer: () => undefined, code: 'remote-failed', message: /did not begin to answer within 40 ms/ },
    { title: 'no end of a reply in time', answer: (_, response) => void response.writeHead(200).write('{'), code: 'remote-failed', message: /more than 80 ms/ },
  ];
  test.each(answers)('that answers $title fails in words that help', async ({ answer, code, message }) => {
    const model = remote(await serve(answer), { headers: () => Promise.resolve({ Authorization: 'Bearer secret-key' }), limits: { replyBytesMax: 1000, headersMs: 40, totalMs: 80 } });
    const failure = await model.run(inputs, {}).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) as string });
    expect(String(failure)).not.toContain('secret');
  });

  test('that takes no connection in time is left', async () => {
    // It takes the connection, and never answers the handshake.
    const silent = createSocketServer((socket) => opened.push({ close: () => socket.destroy() }));
    const url = await listen(silent, () => undefined);
    const model = remote(url.replace('http:', 'https:'), { limits: { connectMs: 40 } });
    await expect(model.run(inputs, {})).rejects.toMatchObject({ code: 'remote-failed', message: expect.stringMatching(/no connection within 40 ms/) as string });
  });

  test('is given up when the caller leaves', async () => {
    const left = new AbortController();
    const url = await serve(() => left.abort(new Error('gone')));
    await expect(remote(url).run(inputs, { signal: left.signal })).rejects.toThrow('gone');
    await expect(remote(url).run(inputs, { signal: left.signal })).rejects.toThrow('gone');
  });

  test('is asked again where it may go better, and only there', async () => {
    const statuses = [503, 502, 200, 500, 200];
    let asked = 0;
    const url = await serve((_, response) => response.writeHead(statuses[asked++]).end('{"outputs":[]}'));
    const model = remote(url, { limits: { attempts: 3 } });
    expect(await model.run(inputs, {})).toEqual(new Map());
    expect(asked).toBe(3);
    await expect(model.run(inputs, {})).rejects.toMatchObject({ message: expect.stringMatching(/answered 500/) as string });
    expect(asked).toBe(4);
  });

  test('that fails again and again is left alone for a while, then tried once', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let asked = 0;
    let healthy = false;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(healthy ? 200 : 500).end('{"outputs":[]}');
    });
    const model = remote(url, { limits: { failuresMax: 3, breakMs: 10_000 } });
    for (let i = 0; i < 3; i++) await expect(model.run(inputs, {})).rejects.toMatchObject({ code: 'remote-failed' });
    await expect(model.run(inputs, {})).rejects.toMatchObject({ code: 'not-ready', retryAfterSeconds: 10 });
    expect([asked, model.breaker]).toEqual([3, 'open']);
    healthy = true;
    vi.setSystemTime(Date.now() + 10_001);
    await model.run(inputs, {});
    expect([asked, model.breaker]).toEqual([4, 'closed']);
  });

  test('that refuses wrong requests is not called broken', async () => {
    const url = await serve((_, response) => response.writeHead(400).end('{"error":"no"}'));
    const model = remote(url, { limits: { failuresMax: 2 } });
    for (let i = 0; i < 4; i++) await expect(model.run(inputs, {})).rejects.toMatchObject({ code: 'infer-invalid' });
    expect(model.breaker).toBe('closed');
  });
});

describe('replies', () => {
  const output = { name: 'y', datatype: 'FP32', shape: [1] };
  test.each([
    ['no JSON', 'nope', 'A'],
    ['an output twice', { outputs: [{ ...output, data: [1] }, { ...output, data: [1] }] }, ''],
    ['an output without elements', { outputs: [output] }, ''],
    ['fewer bytes than announced', { outputs: [{ ...output, parameters: { binary_data_size: 4 } }] }, 'abc'],
    ['more bytes than announced', { outputs: [{ ...output, parameters: { binary_data_size: 4 } }] }, 'abcde'],
    ['another number of bytes than the shape takes', { outputs: [{ ...output, parameters: { binary_data_size: 3 } }] }, 'abc'],
    ['a negative size', { outputs: [{ ...output, parameters: { binary_data_size: -1 } }] }, ''],
    ['a free dimension', { outputs: [{ ...output, shape: [-1], data: [1] }] }, ''],
    ['a datatype we have not', { outputs: [{ ...output, datatype: 'BF16', data: [1] }] }, ''],
    ['no name', { outputs: [{ datatype: 'FP32', shape: [1], data: [1] }] }, ''],
    ['a text for a number', { outputs: [{ ...output, data: ['1'] }] }, ''],
  ])('with %s are refused as the remote\'s fault', (_, reply, blob) => {
    const json = Buffer.from(typeof reply === 'string' ? reply : JSON.stringify(reply));
    expect(() => readInfer(Buffer.concat([json, Buffer.from(blob)]), json.length)).toThrow(expect.objectContaining({ code: 'remote-failed' }));
  });

  test('may tell the form of a tensor behind its elements', () => {
    expect(readInfer(Buffer.from('{"outputs":[{"data":[[1,2]],"shape":[1,2],"datatype":"INT8","name":"__proto__"}]}'), null)).toEqual(new Map([['__proto__', { datatype: 'int8', shape: [1, 2], data: Int8Array.of(1, 2) }]]));
  });

  test('metadata without tensors is refused', () => {
    expect(() => readSignature(Buffer.from('{"name":"m"}'))).toThrow(expect.objectContaining({ code: 'remote-failed' }));
  });
});

describe('addresses', () => {
  test.each([
    ['https://models.example/base', {}, true],
    ['http://127.0.0.1:8000', {}, true],
    ['http://[::1]:8000', {}, true],
    ['http://localhost:8000', {}, true],
    ['http://models.example', {}, false],
    ['http://models.example', { plainHttp: true }, true],
    ['https://10.1.2.3', {}, false],
    ['https://10.1.2.3', { privateNetworks: true }, true],
    ['https://[fd12::1]', {}, false],
    ['https://[::ffff:10.0.0.1]', {}, false],
    ['https://169.254.169.254', { privateNetworks: true, plainHttp: true }, false],
    ['https://[::ffff:169.254.169.254]', { privateNetworks: true }, false],
    ['https://[fe80::1]', { privateNetworks: true }, false],
    ['https://[fd00:ec2::254]', { privateNetworks: true }, false],
    ['https://0xa9fea9fe', { privateNetworks: true }, false],
    ['https://0.0.0.0', { privateNetworks: true }, false],
    ['https://user:password@models.example', {}, false],
    ['https://models.example/?key=1', {}, false],
    ['ftp://models.example', {}, false],
    ['models.example', {}, false],
  ])('%s with %o: %s', (text, allowed, expected) => {
    const check = (): URL => checkRemoteUrl(text, { ...nowhere, ...allowed });
    if (expected) expect(check().href).toContain(new URL(text).host);
    else expect(check).toThrow(expect.objectContaining({ code: 'config-invalid', message: expect.not.stringContaining('password@') as string }));
  });

  const resolved: [string, string[], Partial<typeof nowhere>, boolean][] = [
    ['https://models.example', ['93.184.216.34'], {}, true],
    ['https://models.example', ['93.184.216.34', '10.0.0.1'], {}, false],
    ['https://models.example', ['10.0.0.1'], { privateNetworks: true }, true],
    ['https://models.example', ['127.0.0.1'], { privateNetworks: true }, false],
    ['https://models.example', ['169.254.169.254'], { privateNetworks: true }, false],
    ['https://models.example', ['::ffff:169.254.169.254'], { privateNetworks: true }, false],
    ['https://models.example', ['64:ff9b::a9fe:a9fe'], {}, false],
    ['http://localhost:1', ['127.0.0.1', '::1'], {}, true],
    ['http://localhost:1', ['10.0.0.1'], {}, false],
    ['https://models.example', [], {}, false],
  ];
  test.each(resolved)('when %s means %j with %o, it may be called: %s', async (text, addresses, allowed, expected) => {
    const lookup: LookupFunction = guardedLookup(new URL(text), { ...nowhere, ...allowed }, resolverTo(() => addresses));
    const outcome = await new Promise((resolve) => lookup('models.example', { all: true }, (error, found) => resolve(error === null ? found : error)));
    if (expected) expect((outcome as { address: string }[]).map(({ address }) => address)).toEqual(addresses);
    else expect(outcome).toMatchObject({ code: 'remote-failed' });
  });

  test('a name is checked each time a connection is made, as it may mean another address by then', async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.writeHead(200, { Connection: 'close' }).end('{"outputs":[]}');
    });
    const meanings = ['127.0.0.1', '10.0.0.1'];
    const resolve = resolverTo(() => [meanings.shift() ?? '']);
    const model = remote(url.replace('127.0.0.1', 'localhost'), { resolve });
    expect(await model.run(inputs, {})).toEqual(new Map());
    await expect(model.run(inputs, {})).rejects.toMatchObject({ code: 'remote-failed', message: 'localhost cannot be called: 10.0.0.1 is in a private network, which is not allowed for this address' });
    expect(asked).toBe(1);
  });
});

function resolverTo(addresses: () => string[]): NonNullable<RemoteOptions['resolve']> {
  return ((_: string, __: object, callback: (error: null, found: { address: string; family: number }[]) => void) => callback(null, addresses().map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))) as unknown as NonNullable<RemoteOptions['resolve']>;
}
