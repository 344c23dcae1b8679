import { BrokenCircuitError, circuitBreaker, CircuitState, ConsecutiveBreaker, ExponentialBackoff, handleWhen, retry, wrap } from 'cockatiel';
import { lookup } from 'node:dns';
import { Agent as PlainAgent, request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { Problem } from '../problem.ts';
import type { Runner } from './batcher.ts';
import { encodeInfer } from './encode-infer.ts';
import type { Signature } from './infer-request.ts';
import { readInfer, readSignature } from './read-infer.ts';
import { checkRemoteUrl, guardedLookup, type AddressPolicy } from './remote-address.ts';
import { RetryLater } from './retry-later.ts';

export interface RemoteOptions {
  /** What stands before `/v2`. */
  url: string;
  model: string;
  /** Null: the one the remote chooses. */
  version: string | null;
  allow: AddressPolicy;
  /** Asked for before each call; their values appear in no message. */
  headers: () => Promise<Record<string, string>>;
  limits?: Partial<RemoteLimits>;
  /** Finds the addresses of a name; the system's by default. */
  resolve?: typeof lookup;
}

export interface RemoteLimits {
  connectMs: number;
  /** From the end of the connecting to the head of the reply. */
  headersMs: number;
  /** Of one attempt. */
  totalMs: number;
  replyBytesMax: number;
  /** The first included. */
  attempts: number;
  /** Before the second attempt; doubles, with jitter. */
  retryDelayMs: number;
  /** Attempts that fail in a row before the remote is left alone for `breakMs`. */
  failuresMax: number;
  breakMs: number;
  connections: number;
}

const defaults: RemoteLimits = { connectMs: 5_000, headersMs: 15_000, totalMs: 60_000, replyBytesMax: 64 * 2 ** 20, attempts: 3, retryDelayMs: 100, failuresMax: 5, breakMs: 10_000, connections: 16 };

/** A model behind any server that speaks the Open Inference Protocol. */
export interface RemoteModel extends Runner {
  /** What it takes and gives, as it says itself. */
  signature(): Promise<Signature>;
  /** Open: it failed too often, and is not called for a while. */
  readonly breaker: 'closed' | 'half-open' | 'open';
  close(): void;
}

/** Predictions are taken to change nothing on the other side, so a call that may not have arrived is sent again. */
export function openRemoteModel({ url: text, model, version, allow, headers, limits, resolve = lookup }: RemoteOptions): RemoteModel {
  const url = checkRemoteUrl(text, allow);
  const { attempts, retryDelayMs, failuresMax, breakMs, ...callLimits } = { ...defaults, ...limits };
  const secure = url.protocol === 'https:';
  const connecting = { keepAlive: true, maxSockets: callLimits.connections, lookup: guardedLookup(url, allow, resolve) };
  const agent = secure ? new SecureAgent(connecting) : new PlainAgent(connecting);
  const path = `${url.pathname.replace(/\/+$/, '')}/v2/models/${encodeURIComponent(model)}${version === null ? '' : `/versions/${encodeURIComponent(version)}`}`;

  const breaker = circuitBreaker(handleWhen((error) => error instanceof RemoteFailure), { halfOpenAfter: breakMs, breaker: new ConsecutiveBreaker(failuresMax) });
  const retrying = retry(handleWhen((error) => error instanceof RemoteFailure && error.again), { maxAttempts: attempts - 1, backoff: new ExponentialBackoff({ initialDelay: retryDelayMs }) });
  const policy = wrap(retrying, breaker);

  async function call(sent: Sent, signal: AbortSignal | undefined, deadlineMs: number | undefined): Promise<Reply> {
    const secrets = await headers();
    const call = { url, secure, agent, limits: { ...callLimits, totalMs: Math.min(callLimits.totalMs, deadlineMs ?? Infinity) } };
    try {
      return await policy.execute(() => exchange(call, { ...sent, headers: { ...secrets, ...sent.headers } }, Object.values(secrets), signal), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof BrokenCircuitError) throw new RetryLater('not-ready', `The remote model ${model} failed ${failuresMax} times in a row, and is left alone for a while`, breakMs / 1000);
      throw error;
    }
  }

  return {
    async run(inputs, { outputs, signal, deadlineMs }) {
      const encoded = encodeInfer({ id: '', inputs, outputs: outputs ?? null });
      const { body, jsonBytes } = await call({ method: 'POST', path: `${path}/infer`, headers: encoded.headers, pieces: encoded.pieces }, signal, deadlineMs);
      return readInfer(body, jsonBytes);
    },
    async signature() {
      const { body } = await call({ method: 'GET', path, headers: {}, pieces: [] }, undefined, undefined);
      return readSignature(body);
    },
    get breaker() {
      if (breaker.state === CircuitState.Closed) return 'closed';
      return breaker.state === CircuitState.HalfOpen ? 'half-open' : 'open';
    },
    close: () => agent.destroy(),
  };
}

interface Sent {
  method: 'GET' | 'POST';
  path: string;
  headers: Record<string, string>;
  pieces: readonly Uint8Array[];
}

interface Reply {
  body: Uint8Array;
  jsonBytes: number | null;
}

interface Call {
  url: URL;
  secure: boolean;
  agent: PlainAgent | SecureAgent;
  limits: Pick<RemoteLimits, 'connectMs' | 'headersMs' | 'totalMs' | 'replyBytesMax'>;
}

/** The fault of the remote side, which counts for the breaker. */
class RemoteFailure extends Problem {
  /** Whether another attempt may go better. */
  readonly again: boolean;

  constructor(message: string, again: boolean, cause?: unknown) {
    super('remote-failed', message, { cause });
    this.again = again;
  }
}

/** One request and its reply, within its limits. */
function exchange({ url, secure, agent, limits }: Call, { method, path, headers, pieces }: Sent, secrets: readonly string[], signal: AbortSignal | undefined): Promise<Reply> {
  const name = `The remote model at ${url.host}`;
  return new Promise((resolve, reject) => {
    let stage: NodeJS.Timeout | undefined;
    const settle = (act: () => void): void => {
      clearTimeout(stage);
      clearTimeout(total);
      signal?.removeEventListener('abort', onAbort);
      act();
    };
    const fail = (error: unknown): void => {
      settle(() => reject(error instanceof Error ? error : new Error(String(error))));
      request.destroy();
    };
    const within = (ms: number, failure: RemoteFailure): void => {
      clearTimeout(stage);
      stage = setTimeout(() => fail(failure), ms);
    };
    const onAbort = (): void => fail(signal?.reason);
    const total = setTimeout(() => fail(new RemoteFailure(`${name} took more than ${limits.totalMs} ms to answer`, false)), limits.totalMs);

    const options = { hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, method, path, agent, headers: { 'Accept-Encoding': 'identity', ...headers } };
    const request = (secure ? secureRequest : plainRequest)(options, (response) => {
      clearTimeout(stage);
      readReply(response, name, limits.replyBytesMax, secrets).then((reply) => settle(() => resolve(reply)), fail);
    });
    request.on('error', (error) => fail(error instanceof Problem ? error : new RemoteFailure(`${name} cannot be reached: ${error.message}`, true, error)));
    whenConnected(request, secure, {
      connecting: () => within(limits.connectMs, new RemoteFailure(`${name} took no connection within ${limits.connectMs} ms`, true)),
      connected: () => within(limits.headersMs, new RemoteFailure(`${name} did not begin to answer within ${limits.headersMs} ms`, false)),
    });
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) return onAbort();
    for (const piece of pieces) request.write(piece);
    request.end();
  });
}

function whenConnected(request: ClientRequest, secure: boolean, { connecting, connected }: { connecting: () => void; connected: () => void }): void {
  request.once('socket', (socket) => {
    if (!socket.connecting) return connected();
    connecting();
    socket.once(secure ? 'secureConnect' : 'connect', connected);
  });
}

async function readReply(response: IncomingMessage, name: string, bytesMax: number, secrets: readonly string[]): Promise<Reply> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new RemoteFailure(`${name} sent more than ${bytesMax} bytes`, false);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new RemoteFailure(`${name} broke off its reply`, true, error);
  }
  const body = Buffer.concat(chunks);
  if (status !== 200) throw refusal(status, name, withoutSecrets(errorIn(body), secrets));
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new RemoteFailure(`${name} compressed its reply though it was not asked to`, false);
  const length = response.headers['inference-header-content-length'];
  if (length === undefined) return { body, jsonBytes: null };
  const jsonBytes = typeof length === 'string' && /^\d{1,10}$/.test(length) ? Number(length) : NaN;
  if (!(jsonBytes <= body.length)) throw new RemoteFailure(`${name} says its JSON has ${String(length).slice(0, 20)} bytes, and the reply has ${body.length}`, false);
  return { body, jsonBytes };
}

/** What is wrong with the request is told to its caller; the rest is the remote's fault. */
function refusal(status: number, name: string, said: string): Problem {
  if (status >= 300 && status < 400) return new RemoteFailure(`${name} redirects, which is not followed; give the address it leads to`, false);
  if (status === 400 || status === 422) return new Problem('infer-invalid', `${name} refused the request: ${said}`);
  if (status === 413) return new Problem('infer-too-large', `${name} takes no request so large: ${said}`);
  if (status === 401 || status === 403) return new RemoteFailure(`${name} refused the key (${status}): ${said}`, false);
  return new RemoteFailure(`${name} answered ${status}: ${said}`, status === 429 || status === 502 || status === 503 || status === 504);
}

const saidMax = 300;

function errorIn(body: Buffer): string {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string') return value.error;
  } catch {
    // Not all speak JSON when they fail: proxies in between send pages.
  }
  return body.length === 0 ? 'nothing' : 'no error in the words of the protocol';
}

/** A server may say what it was sent. */
function withoutSecrets(text: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, ...secret.split(/\s+/)]).filter((part) => part.length >= 4);
  const hidden = parts.sort((a, b) => b.length - a.length).reduce((shown, part) => shown.replaceAll(part, '[hidden]'), text);
  return hidden.replace(/\p{Cc}+/gu, ' ').slice(0, saidMax);
}
