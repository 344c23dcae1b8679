import type { Provider } from './runtime.ts';

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
