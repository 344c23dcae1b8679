import type { ModelVersionSummary } from '../../protocol/feed.ts';

/**
 * The version whose readiness is asked about.
 *
 * @param versions of one model, in any order
 * @returns the newest candidate that may be promoted; else the newest candidate; else the champion; null when there is none.
 *   Of two that were seen at the same moment the later in the list is the newer.
 */
export function chooseVersion(versions: readonly ModelVersionSummary[]): ModelVersionSummary | null {
  const oldestFirst = [...versions].sort((a, b) => (a.seenAt < b.seenAt ? -1 : a.seenAt > b.seenAt ? 1 : 0));
  const candidates = oldestFirst.filter(({ champion }) => !champion);
  return candidates.findLast(({ run }) => run?.decision.verdict === 'pass') ?? candidates.at(-1) ?? oldestFirst.at(-1) ?? null;
}
