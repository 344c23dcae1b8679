import type { Provider } from './runtime.ts';
import type { ShadowIntent } from './shadow.ts';

/** What a serving process answers for, as the feed and the views get it. */
export interface ServingStatus {
  /** `http://127.0.0.1:8000`; null until the port is open. */
  url: string | null;
  startedAt: string;
  /** Whether a request must show a key. */
  keysNeeded: boolean;
  models: ServedModelStatus[];
}

export interface ServedModelStatus {
  model: string;
  /** Who answers requests that name no version. Null where that cannot be settled; `reason` says why. */
  route: RouteStatus | null;
  reason: string | null;
  versions: ServedVersionStatus[];
}

export interface RouteStatus {
  champion: string;
  /** Shares by version, the champion's among them; they sum to 1. */
  weights: { version: string; share: number }[];
  /** Asked along unseen; `share` is of the requests. */
  shadows: { version: string; share: number; intent: ShadowIntent }[];
}

export type VersionState = 'loading' | 'ready' | 'unavailable';

export interface ServedVersionStatus {
  version: string;
  /** Number under which clients that know only numbers find it. */
  alias: number;
  digest: string;
  state: VersionState;
  /** Why it is not ready; empty when it is. */
  reason: string;
  provider: Provider | null;
  refused: { provider: Provider; reason: string }[];
  /** Rows put together at most; 1 where they are not. */
  maxBatchRows: number;
  /** Why rows are not put together, where they are not. */
  batchReason: string | null;
}

/** One second of what is served. */
export interface LiveSample {
  at: string;
  versions: LiveVersion[];
  /** Of the process that takes requests. */
  server: { cpuShare: number; rssBytes: number };
  /** Rows of predictions that could not be recorded since serving began, and comparisons that could not be made. */
  dropped: { log: number; shadow: number };
}

/** One version in one second; counts are of that second. Quantiles are null where nothing was answered. */
export interface LiveVersion {
  model: string;
  version: string;
  /** Asked for, or a shadow's own work. */
  requests: number;
  rows: number;
  failures: number;
  /** Of the failures, those for which the queue had no room. */
  rejected: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  /** Rows that wait, at the end of the second. */
  waiting: number;
  batches: number;
  batchRows: number;
  /** Batches by why they were closed. */
  closedBy: Record<string, number>;
  cacheHits: number;
  cacheMisses: number;
  /** Share of one core, of all its hosts; null where it cannot be read. */
  cpuShare: number | null;
  rssBytes: number | null;
  provider: Provider | null;
}

/** The last quarter of an hour, oldest first. */
export interface LiveWindow {
  /** Null while nothing is served. */
  serving: ServingStatus | null;
  samples: LiveSample[];
}
