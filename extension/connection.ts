import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';
import { protocolVersion, type FeedMessage } from '../protocol/feed.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import * as l10n from './l10n.ts';
import { problemOf } from './problem-of.ts';
import { ProblemError } from './session.ts';
import type { ServerAddress } from './server-process.ts';

/** The one line to a workspace's owner: HTTP asks, the socket tells. */
export interface Connection {
  /** @throws ProblemError what the server answered */
  ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object, signal?: AbortSignal): Promise<T>;
  close(): void;
}

interface Listener {
  /** Every message in order; where some were missed, a new snapshot comes in their place. */
  message(message: FeedMessage): void;
  /** The feed closed; it is opened again until the connection is closed. */
  lost(): void;
  /** The owner cannot be talked to. */
  refused(problem: ProblemBody): void;
}

type Numbered = Exclude<FeedMessage, { kind: 'progress' | 'live' | 'hello' | 'snapshot' }>;

const retryMsFirst = 50;
const retryMsMax = 1_000;
/** A run report is the largest thing that is told. */
const messageBytesMax = 256 << 20;

export function connect({ socket, token }: Pick<ServerAddress, 'socket' | 'token'>, { message, lost, refused }: Listener): Connection {
  const agent = new Agent({ keepAlive: false });
  let feed: WebSocket | null = null;
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  let wait = retryMsFirst;

  function ask<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    return new Promise<T>((resolve, reject) => {
      const headers = { host: 'localhost', authorization: `Bearer ${token}`, ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) };
      const outgoing = request({ socketPath: socket, agent, method, path, headers, signal }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', (error) => reject(unreachable(error)));
        response.on('end', () => {
          try {
            const answer: unknown = JSON.parse(Buffer.concat(parts).toString('utf8'));
            if ((response.statusCode ?? 500) < 300) resolve(answer as T);
            else reject(new ProblemError(answer as ProblemBody));
          } catch (error) {
            reject(unreachable(error));
          }
        });
      });
      outgoing.on('error', (error) => reject(signal?.aborted === true ? new ProblemError(problemOf('run-cancelled', l10n.t('Cancelled'))) : unreachable(error)));
      outgoing.end(text);
    });
  }

  function open(): void {
    timer = null;
    const opened = new WebSocket(`ws+unix://${socket}:/v1/feed`, { headers: { host: 'localhost', authorization: `Bearer ${token}` }, perMessageDeflate: false, maxPayload: messageBytesMax, handshakeTimeout: 5_000 });
    feed = opened;
    let sequence: number | null = null;
    /** Told while the snapshot was read: it may hold them or not, so they come after it. */
    let early: Numbered[] = [];
    const inOrder = (told: Numbered): void => {
      if (sequence === null) early.push(told);
      else if (told.sequence > sequence + 1) opened.terminate();
      else if (told.sequence === sequence + 1) {
        sequence = told.sequence;
        message(told);
      }
    };
    opened.on('error', () => opened.terminate());
    opened.on('message', (data: Buffer) => {
      if (closed) return;
      const told = JSON.parse(data.toString('utf8')) as FeedMessage;
      switch (told.kind) {
        case 'hello':
          if (told.protocol === protocolVersion) return message(told);
          close();
          return refused(problemOf('store-newer', l10n.t('Slipway {0} owns this workspace and speaks protocol {1}; this one speaks {2}', told.slipway, told.protocol, protocolVersion)));
        case 'snapshot':
          wait = retryMsFirst;
          sequence = told.sequence;
          message(told);
          for (const waited of early) inOrder(waited);
          early = [];
          return;
        case 'progress':
        case 'live':
          return message(told);
        default:
          return inOrder(told);
      }
    });
    opened.on('close', () => {
      if (closed) return;
      lost();
      timer = setTimeout(open, wait);
      wait = Math.min(retryMsMax, wait * 2);
    });
  }

  function close(): void {
    closed = true;
    if (timer !== null) clearTimeout(timer);
    feed?.terminate();
    agent.destroy();
  }

  open();
  return { ask, close };
}

function unreachable(cause: unknown): ProblemError {
  const error = new ProblemError(problemOf('server-unreachable', l10n.t('The server of this workspace does not answer')));
  error.cause = cause;
  return error;
}
