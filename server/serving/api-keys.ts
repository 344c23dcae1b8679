import { createHash, timingSafeEqual } from 'node:crypto';
import { Problem } from '../problem.ts';
import { openRateLimit, type Rate, type RateLimit } from './rate-limit.ts';
import { RetryLater } from './retry-later.ts';

export const keyScopes = ['infer', 'read', 'admin'] as const;
export type KeyScope = (typeof keyScopes)[number];

/**
 * What is kept of a key. A plain SHA-256 is right here: a key has 256 random bits, so there is nothing to guess, and the
 * slow hashes that guard passwords would only slow down each request.
 */
export interface ApiKey {
  name: string;
  /** In hex. */
  sha256: string;
  scopes: readonly KeyScope[];
  /** Null: no limit. */
  rate: Rate | null;
  createdAt: string;
}

/**
 * A new key. The text is shown once and kept nowhere.
 *
 * @param random 32 bytes from a cryptographic source
 */
export function createApiKey(about: Omit<ApiKey, 'sha256'>, random: Uint8Array): { text: string; key: ApiKey } {
  if (random.length !== keyBytes) throw new RangeError(`a key has ${keyBytes} random bytes, got ${random.length}`);
  const text = `slip_${Buffer.from(random).toString('base64url')}`;
  return { text, key: { ...about, sha256: digestOf(text).toString('hex') } };
}

/**
 * Lets callers in by their `Authorization` header.
 *
 * @param nowMs milliseconds of a clock that does not go back
 * @returns the check: gives the name of the key, or throws Problem `key-missing`, `key-refused`, `rate-limited`
 */
export function openKeyCheck(keys: readonly ApiKey[], nowMs: () => number): (authorization: string | undefined, scope: KeyScope) => string {
  const known = keys.map((key): { key: ApiKey; digest: Buffer; limit: RateLimit | null } => {
    const digest = Buffer.from(key.sha256, 'hex');
    if (digest.length !== 32) throw new RangeError(`the digest of key ${key.name} is no SHA-256`);
    return { key, digest, limit: key.rate === null ? null : openRateLimit(key.rate, nowMs) };
  });

  return (authorization, scope) => {
    const text = /^Bearer +([\x21-\x7e]+) *$/i.exec(authorization ?? '')?.[1];
    if (text === undefined) throw new Problem('key-missing', authorization === undefined ? 'The request has no key' : 'The Authorization header is not of the form `Bearer <key>`');
    const shown = digestOf(text);
    // All are compared, so that the time tells nothing about which was near.
    const [match] = known.filter(({ digest }) => timingSafeEqual(digest, shown));
    if (match === undefined) throw new Problem('key-refused', 'The key is not known here');
    const { key, limit } = match;
    if (!key.scopes.includes(scope)) throw new Problem('key-refused', `Key ${key.name} is for ${key.scopes.join(', ')}, and this takes ${scope}`);
    const seconds = limit?.take() ?? 0;
    if (seconds > 0) throw new RetryLater('rate-limited', `Key ${key.name} may send ${key.rate?.perSecond} requests a second`, seconds);
    return key.name;
  };
}

const keyBytes = 32;

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
