import type { LiveSample, LiveVersion, LiveWindow, ServedVersionStatus, ServingStatus } from '../../protocol/serving.ts';
import { createRandom } from '../../server/stats/random.ts';

type Random = ReturnType<typeof createRandom>;

export const lastMs = Date.UTC(2026, 10, 2, 9, 15);

/** A server as it is seen after some time of load, every version doing a little less than the one before. */
export function liveWindow({ versions = ['v1', 'v2'], model = 'flight-delay', seconds = 900, quiet = false, seed = 'live' }: { versions?: readonly string[]; model?: string; seconds?: number; quiet?: boolean; seed?: string } = {}): LiveWindow {
  const random = createRandom(seed);
  const samples = Array.from({ length: seconds }, (_, index) => sampleAt(lastMs - (seconds - 1 - index) * 1000, versions.map((version, rank) => (quiet ? quietVersion(model, version) : busyVersion(model, version, rank, index, random))), random));
  return { serving: servingOf(model, versions), samples };
}

export function sampleAt(atMs: number, versions: LiveVersion[], random: Random = createRandom('sample')): LiveSample {
  return { at: new Date(atMs).toISOString(), versions, server: { cpuShare: 0.2 + 0.1 * random.uniform(), rssBytes: 142e6 + 4e6 * random.uniform() }, dropped: { log: 0, shadow: 0 } };
}

export function quietVersion(model: string, version: string): LiveVersion {
  return { model, version, requests: 0, rows: 0, failures: 0, rejected: 0, p50Ms: null, p95Ms: null, p99Ms: null, waiting: 0, batches: 0, batchRows: 0, closedBy: {}, cacheHits: 0, cacheMisses: 0, cpuShare: 0, rssBytes: 61e6, provider: 'cpu' };
}

function busyVersion(model: string, version: string, rank: number, index: number, random: Random): LiveVersion {
  // A rush in the tenth minute, in which the queue of the first version is full.
  const rush = rank === 0 && index >= 600 && index < 640;
  const rate = (220 * (1 + 0.35 * Math.sin(index / 70)) * (rush ? 3 : 1)) / (rank + 1);
  const requests = Math.round(rate * (0.85 + 0.3 * random.uniform()));
  const rejected = rush ? Math.round(requests * 0.15) : 0;
  const failures = rejected + (random.uniform() < 0.01 ? 1 : 0);
  const batches = Math.max(1, Math.round(requests / (2 + (rush ? 6 : random.uniform()))));
  const full = rush ? Math.round(batches * 0.7) : 0;
  const p50Ms = (0.8 + rank * 0.3) * (rush ? 6 : 1) * (0.9 + 0.2 * random.uniform());
  const hits = Math.round(requests * (0.2 + 0.1 * Math.sin(index / 110)));
  return {
    model, version, requests, rows: requests * 3, failures, rejected, p50Ms, p95Ms: p50Ms * 2.1, p99Ms: p50Ms * (2.9 + random.uniform()), waiting: rush ? 200 + random.below(56) : random.below(4),
    batches, batchRows: (requests - hits) * 3, closedBy: { 'idle-runner': batches - full - Math.round(batches * 0.1), ...(full > 0 && { 'max-rows': full }), delay: Math.round(batches * 0.1) },
    cacheHits: hits, cacheMisses: requests - hits, cpuShare: Math.min(2, (rate / 300) * (0.9 + 0.2 * random.uniform())), rssBytes: 61e6 + rank * 9e6 + index * 2_000, provider: 'cpu',
  };
}

export function servingOf(model: string, versions: readonly string[], change: Partial<ServingStatus> = {}): ServingStatus {
  const [champion = 'v1', canary, ...others] = versions;
  const weights = canary === undefined ? [{ version: champion, share: 1 }] : [{ version: champion, share: 0.9 }, { version: canary, share: 0.1 }];
  return {
    url: 'http://127.0.0.1:8000',
    startedAt: new Date(lastMs - 3_600_000).toISOString(),
    keysNeeded: false,
    models: [{ model, route: { champion, weights, shadows: others.slice(0, 1).map((version) => ({ version, share: 0.5, intent: 'new-model' })) }, reason: null, versions: versions.map((version, index) => servedVersion(version, index + 1)) }],
    ...change,
  };
}

export function servedVersion(version: string, alias: number, change: Partial<ServedVersionStatus> = {}): ServedVersionStatus {
  return { version, alias, digest: `sha256:${'ab'.repeat(32)}`, state: 'ready', reason: '', provider: 'cpu', refused: [], maxBatchRows: 64, batchReason: null, ...change };
}
