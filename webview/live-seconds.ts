import type { LiveSample, LiveVersion } from '../protocol/serving.ts';

/** One second of what is served, its versions by key. */
export interface LiveSecond {
  atMs: number;
  sample: LiveSample;
  versions: ReadonlyMap<string, LiveVersion>;
}

/** From the beginning of the first second to that of the last, in milliseconds since 1970. */
export type TimeRange = readonly [from: number, to: number];

export const windowMs = 15 * 60_000;

/** Names may hold anything. */
export function keyOf({ model, version }: Pick<LiveVersion, 'model' | 'version'>): string {
  return JSON.stringify([model, version]);
}

/** What was known and what has come, oldest first, no second twice, none older than a quarter of an hour. */
export function mergedSeconds(known: readonly LiveSecond[], samples: readonly LiveSample[]): LiveSecond[] {
  const come = samples.map((sample): LiveSecond => ({ atMs: Date.parse(sample.at), sample, versions: new Map(sample.versions.map((version) => [keyOf(version), version])) }));
  const all = [...new Map([...known, ...come].map((second) => [second.atMs, second])).values()].sort((a, b) => a.atMs - b.atMs);
  const oldestMs = (all.at(-1)?.atMs ?? 0) - windowMs;
  return all.filter(({ atMs }) => atMs > oldestMs);
}

export function secondsWithin(seconds: readonly LiveSecond[], [from, to]: TimeRange): LiveSecond[] {
  return seconds.filter(({ atMs }) => atMs >= from && atMs <= to);
}

/** What one version did in some seconds. */
export interface VersionTotals {
  requests: number;
  requestsPerSecond: number;
  failures: number;
  rejected: number;
  /** Of the middle second: quantiles of several seconds cannot be had from those of each. Null where nothing was answered. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  /** The largest of all seconds. */
  worstP99Ms: number | null;
  waitingMax: number;
  rowsPerBatch: number | null;
  hitShare: number | null;
  /** Mean, in cores. */
  cpu: number | null;
  /** At the end. */
  rssBytes: number | null;
  provider: LiveVersion['provider'];
}

export function totalsOf(seconds: readonly LiveSecond[], key: string): VersionTotals {
  const all = seconds.flatMap(({ versions }) => versions.get(key) ?? []);
  const sum = (of: (version: LiveVersion) => number): number => all.reduce((total, version) => total + of(version), 0);
  const known = (of: (version: LiveVersion) => number | null): number[] => all.flatMap((version) => of(version) ?? []);
  const [requests, batches, hits] = [sum((each) => each.requests), sum((each) => each.batches), sum((each) => each.cacheHits)];
  const lookups = hits + sum((each) => each.cacheMisses);
  const p99s = known(({ p99Ms }) => p99Ms);
  const cpus = known(({ cpuShare }) => cpuShare);
  return {
    requests,
    requestsPerSecond: seconds.length === 0 ? 0 : requests / seconds.length,
    failures: sum((each) => each.failures),
    rejected: sum((each) => each.rejected),
    p50Ms: middleOf(known(({ p50Ms }) => p50Ms)),
    p95Ms: middleOf(known(({ p95Ms }) => p95Ms)),
    p99Ms: middleOf(p99s),
    worstP99Ms: p99s.length === 0 ? null : Math.max(...p99s),
    waitingMax: all.reduce((most, { waiting }) => Math.max(most, waiting), 0),
    rowsPerBatch: batches === 0 ? null : sum((each) => each.batchRows) / batches,
    hitShare: lookups === 0 ? null : hits / lookups,
    cpu: cpus.length === 0 ? null : cpus.reduce((total, share) => total + share, 0) / cpus.length,
    rssBytes: all.at(-1)?.rssBytes ?? null,
    provider: all.at(-1)?.provider ?? null,
  };
}

/** Batches by why they were closed, most frequent first; of all versions where `key` is null. */
export function closedByIn(seconds: readonly LiveSecond[], key: string | null): [reason: string, batches: number][] {
  const counts = new Map<string, number>();
  for (const { versions } of seconds)
    for (const [each, { closedBy }] of versions) if (key === null || each === key) for (const [reason, batches] of Object.entries(closedBy)) counts.set(reason, (counts.get(reason) ?? 0) + batches);
  return [...counts].filter(([, batches]) => batches > 0).sort(([a, ofA], [b, ofB]) => ofB - ofA || a.localeCompare(b));
}

/** The middle one, the lower of two; null where there is none. */
export function middleOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : Float64Array.from(values).sort()[Math.floor((values.length - 1) / 2)];
}
