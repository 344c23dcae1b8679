import { createHash } from 'node:crypto';

/** Who answers a model's requests, and who answers along unseen. */
export interface Route {
  champion: string;
  /** Shares by version; only their proportions count. With none above 0 the champion answers all. */
  weights: readonly { version: string; share: number }[];
  /** Each sees its share (0 … 1) of the requests, except those it answers itself. */
  shadows: readonly { version: string; share: number }[];
  /** Another salt deals the keys anew. */
  salt: string;
}

export interface RouteKeys {
  requestId: string;
  /** The same key gets the same version for as long as the shares stay; null: each request is dealt by its id. */
  stickyKey: string | null;
}

export interface Routed {
  version: string;
  shadows: string[];
}

/**
 * Weighted rendezvous hashing: each version draws an exponential waiting time with its share as the rate, from a hash of
 * key and version, and the shortest answers. Versions get their shares exactly in the limit; and as a version's draw
 * depends on nothing but its own share, raising that share takes keys from others, and takes no key from it.
 */
export function chooseRoute({ champion, weights, shadows, salt }: Route, { requestId, stickyKey }: RouteKeys): Routed {
  const candidates = weights.filter(({ share }) => share > 0);
  // Most routes lead to one version, and then there is nothing to draw.
  let version = candidates[0]?.version ?? champion;
  let shortest = Infinity;
  // A sticky key and a request id are dealt apart, even where they read the same.
  const key = stickyKey === null ? ['request', requestId] : ['key', stickyKey];
  for (const { version: candidate, share } of candidates.length > 1 ? candidates : []) {
    const wait = -Math.log(uniform([salt, 'split', candidate, ...key])) / share;
    if (wait < shortest) [version, shortest] = [candidate, wait];
  }
  const seeing = shadows.filter((shadow) => shadow.version !== version && uniform([salt, 'shadow', shadow.version, requestId]) <= shadow.share);
  return { version, shadows: seeing.map((shadow) => shadow.version) };
}

/** A number in (0, 1] with 52 bits, by hash. */
function uniform(parts: readonly string[]): number {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest();
  return (Number(digest.readBigUInt64BE(0) >> 12n) + 1) / 2 ** 52;
}
