import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { ProblemCode } from '../protocol/problem.ts';

/** Where requests come in: who may knock, and what lets them in. */
export interface Door {
  /** Why a request with this Host, Origin or fetch metadata has no business here; null when it has. */
  strangerAs(request: Pick<IncomingMessage, 'headers' | 'method'>): string | null;
  /** What the request shows to be let in, and what it must be. */
  shown(request: Pick<IncomingMessage, 'headers' | 'url'>): string;
  isKnown(shown: string): boolean;
  /** What to say of one who does not show it. */
  unknown: string;
}

export interface Refusal {
  code: ProblemCode;
  detail: string;
}

/** Host and Origin, method, content type, secret: in that order, for every request and every upgrade of every door. */
export function admit(request: Pick<IncomingMessage, 'headers' | 'method' | 'url'>, door: Door): Refusal | null {
  const { headers, method } = request;
  const stranger = door.strangerAs(request);
  if (stranger !== null) return { code: 'unauthorized', detail: stranger };
  if (method !== 'GET' && method !== 'POST' && method !== 'DELETE') return { code: 'request-invalid', detail: `${method} is not used here` };
  if (method === 'POST' && headers['content-type']?.split(';')[0].trim() !== 'application/json') return { code: 'request-invalid', detail: 'Content-Type must be application/json' };
  if (!door.isKnown(door.shown(request))) return { code: 'unauthorized', detail: door.unknown };
  return null;
}

/** Of the control plane: its clients are programs of this user, which know the token. */
export function socketDoor(token: string): Door {
  return {
    strangerAs: ({ headers }) => (headers.host !== 'localhost' ? 'Host must be localhost' : isOfBrowser(headers) ? 'Browsers are not served here' : null),
    shown: ({ headers }) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '',
    isKnown: (shown) => sameSecret(shown, token),
    unknown: 'The token is missing or wrong',
  };
}

function isOfBrowser(headers: IncomingHttpHeaders): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

/** Takes the same time wherever they differ, and however long they are. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
