import type { Snapshot } from '../protocol/feed.ts';
import type { RunSummary } from '../protocol/run.ts';

/** The newest verdict of each model that is about a version which is there and not in production, by model. */
export function newestRuns(snapshot: Snapshot | null): Map<string, RunSummary> {
  const newest = new Map<string, RunSummary>();
  for (const { model, champion, run } of snapshot?.models ?? []) {
    if (champion || run === null) continue;
    const best = newest.get(model);
    if (best === undefined || run.startedAt > best.startedAt) newest.set(model, run);
  }
  return newest;
}
