import { readFile } from 'node:fs/promises';
import type { LiveSample, LiveVersion } from '../protocol/serving.ts';
import type { LiveShadowCounts } from './live-shadows.ts';
import type { PredictionLogCounts } from './serving/prediction-log.ts';
import type { Repository } from './serving/repository.ts';
import type { ServedVersion } from './serving/served-version.ts';
import type { Statistics } from './serving/statistics.ts';

/** What is served, second by second, for as long as it is open. */
export interface LiveSamples {
  /** Of the last quarter of an hour, oldest first. */
  window(): LiveSample[];
  close(): void;
}

interface LiveSamplesParts {
  repository: Pick<Repository, 'models' | 'versions' | 'statistics'>;
  predictions: () => PredictionLogCounts | null;
  shadows: () => readonly LiveShadowCounts[];
  /** Milliseconds since 1970. */
  now: () => number;
  onSample: (sample: LiveSample) => void;
  onBug: (error: unknown) => void;
}

const samplesKept = 15 * 60;
const lateMsMax = 60_000;

/** Counters at the end of the second before, to be taken from those at the end of this one. */
interface Before {
  rejected: number;
  rowsRun: number;
  cacheHits: number;
  cacheMisses: number;
}

export function openLiveSamples({ repository, predictions, shadows, now, onSample, onBug }: LiveSamplesParts): LiveSamples {
  const kept: LiveSample[] = [];
  const before = new Map<string, Before>();
  const processors = new Map<number, number>();
  let own = { cpu: process.cpuUsage(), atMs: performance.now() };
  let closed = false;
  let lastMs: number | null = null;
  let timer: NodeJS.Timeout;
  schedule();

  /** A little after each second has ended, when it is known what happened in it. */
  function schedule(): void {
    timer = setTimeout(() => {
      if (closed) return;
      samplesDue().catch(onBug).finally(() => {
        if (!closed) schedule();
      });
    }, 1_020 - (now() % 1000)).unref();
  }

  /** Each second once, also those that a busy process comes late to; after a long sleep only the newest. */
  async function samplesDue(): Promise<void> {
    const latestMs = Math.floor(now() / 1000) * 1000 - 1000;
    const firstMs = lastMs === null ? latestMs : Math.max(lastMs + 1000, latestMs - lateMsMax);
    for (let atMs = firstMs; atMs <= latestMs && !closed; atMs += 1000) {
      lastMs = atMs;
      await sample(atMs);
    }
  }

  async function sample(atMs: number): Promise<void> {
    const elapsedMs = Math.max(1, performance.now() - own.atMs);
    const versions: LiveVersion[] = [];
    const served = new Map(repository.models().flatMap((model) => repository.versions(model).map((each): [string, ServedVersion] => [JSON.stringify([model, each.about.version]), each])));
    for (const { model, version, statistics } of repository.statistics()) {
      const key = JSON.stringify([model, version]);
      const there = served.get(key);
      versions.push({ model, version, ...secondOf(statistics, atMs), ...changesSince(key, statistics), ...(await processesOf(there, elapsedMs)) });
    }
    const cpu = process.cpuUsage();
    const taken: LiveSample = {
      at: new Date(atMs).toISOString(),
      versions,
      server: { cpuShare: (cpu.user + cpu.system - own.cpu.user - own.cpu.system) / 1000 / elapsedMs, rssBytes: process.memoryUsage.rss() },
      dropped: { log: sumOf(predictions()?.dropped ?? {}), shadow: shadows().reduce((sum, { dropped }) => sum + sumOf(dropped), 0) },
    };
    own = { cpu, atMs: performance.now() };
    kept.push(taken);
    if (kept.length > samplesKept) kept.shift();
    if (!closed) onSample(taken);
  }

  function changesSince(key: string, statistics: Statistics): Pick<LiveVersion, 'rejected' | 'batchRows' | 'cacheHits' | 'cacheMisses'> {
    const { inference_stats: stats } = statistics.triton();
    const after: Before = { rejected: statistics.failures().REJECTED, rowsRun: statistics.rowsRun(), cacheHits: stats.cache_hit.count, cacheMisses: stats.cache_miss.count };
    const last = before.get(key) ?? { rejected: 0, rowsRun: 0, cacheHits: 0, cacheMisses: 0 };
    before.set(key, after);
    return { rejected: after.rejected - last.rejected, batchRows: after.rowsRun - last.rowsRun, cacheHits: after.cacheHits - last.cacheHits, cacheMisses: after.cacheMisses - last.cacheMisses };
  }

  async function processesOf(served: ServedVersion | undefined, elapsedMs: number): Promise<Pick<LiveVersion, 'waiting' | 'cpuShare' | 'rssBytes' | 'provider'>> {
    if (served?.state !== 'ready') return { waiting: 0, cpuShare: null, rssBytes: null, provider: null };
    const shares: number[] = [];
    for (const pid of served.pids()) {
      const ms = await processorMs(pid);
      const last = processors.get(pid);
      if (ms === null) continue;
      processors.set(pid, ms);
      if (last !== undefined) shares.push((ms - last) / elapsedMs);
    }
    return { waiting: served.queued.rows, cpuShare: shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0), rssBytes: served.rssBytes().reduce((sum, bytes) => sum + bytes, 0), provider: served.model().provider };
  }

  return {
    window: () => [...kept],
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

function secondOf(statistics: Statistics, atMs: number): Pick<LiveVersion, 'requests' | 'rows' | 'failures' | 'p50Ms' | 'p95Ms' | 'p99Ms' | 'batches' | 'closedBy'> {
  const second = statistics.series().findLast((each) => each.atMs === atMs);
  if (second === undefined) return { requests: 0, rows: 0, failures: 0, p50Ms: null, p95Ms: null, p99Ms: null, batches: 0, closedBy: {} };
  const { requests, rows, errors, p50Ms, p95Ms, p99Ms, batches, closedBy } = second;
  return { requests: requests + errors, rows, failures: errors, p50Ms, p95Ms, p99Ms, batches, closedBy: { ...closedBy } };
}

/** Hundredths of a second that Linux counts for a process; null elsewhere, and where it is gone. */
async function processorMs(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (text === null) return null;
  // The name in brackets may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return Number.isFinite(ticks) ? ticks * 10 : null;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
