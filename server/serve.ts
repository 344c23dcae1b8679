import { join } from 'node:path';
import type { Config, ModelConfig, PredictionLogConfig, ServingConfig } from '../protocol/config.ts';
import type { RefusedFile } from '../protocol/feed.ts';
import type { LiveSample, RouteStatus, ServingStatus } from '../protocol/serving.ts';
import type { ShadowRecord, ShadowSide, ShadowSummary } from '../protocol/shadow.ts';
import { openAfterwards } from './afterwards.ts';
import type { KnownRows } from './answer-rows.ts';
import { openEndpoint, type Endpoint, type Gatekeeper } from './endpoint.ts';
import type { House } from './house.ts';
import { inferenceRoutes } from './inference.ts';
import { openLiveSamples, type LiveSamples } from './live-samples.ts';
import { openLiveShadows, saveLeftShadows, type LiveShadows } from './live-shadows.ts';
import type { Log } from './log.ts';
import { openMetrics } from './metrics.ts';
import { registerFiles } from './register-files.ts';
import { precisionOf } from './registry/precision-of.ts';
import { openPredictionLog, type PredictionLog, type PredictionLogSettings } from './serving/prediction-log.ts';
import { openRepository, type Repository } from './serving/repository.ts';
import { openResponseCache } from './serving/response-cache.ts';
import type { ServingSettings, VersionToServe } from './serving/served-version.ts';
import { traceSettings } from './trace-settings.ts';
import { isNoneOfOurs, watch, type Watch } from './watch.ts';

export interface ServeOptions {
  host: string;
  /** 0: any that is free. */
  port: number;
}

/** The models of a workspace behind a port, for as long as it is open. */
export interface Serving {
  status(): ServingStatus;
  /** Comparisons with shadows that are under way. */
  shadows(): ShadowSummary[];
  shadow(id: string): ShadowRecord | null;
  /** The last quarter of an hour, second by second. */
  samples(): LiveSample[];
  close(): Promise<void>;
}

interface ServingHouse extends Pick<House, 'workspace' | 'folder' | 'registrations' | 'now' | 'store'> {
  loadConfig: () => Promise<Config>;
  log: Log;
  gatekeeper: Gatekeeper | null;
  knownRows: (model: ModelConfig) => Promise<KnownRows>;
  /** Told whenever the status is another. */
  onChange: (status: ServingStatus) => void;
  /** Told at most once a second of each comparison that has changed. */
  onShadow: (summary: ShadowSummary) => void;
  /** Told once a second. */
  onSample: (sample: LiveSample) => void;
  /** A file that cannot be served, or what keeps a change in the workspace from being taken up. */
  onProblem: (problem: RefusedFile | Error) => void;
}

export async function openServing(house: ServingHouse, { host, port }: ServeOptions): Promise<Serving> {
  const stop = new AbortController();
  const startedAt = house.now().toISOString();
  const shadowFolder = join(house.folder, 'shadows');
  let config = await house.loadConfig();
  let endpoint: Endpoint | null = null;
  let watcher: Watch | null = null;
  const traced = traceSettings(config.serving.trace, process.env);
  // What only those need who have a collector is loaded for them alone.
  const tracing = traced === null ? null : (await import('./open-telemetry.ts')).openTracing(traced);
  const cache = config.serving.cacheMb === 0 ? null : openResponseCache(config.serving.cacheMb * 1e6);
  const known = new WeakMap<ModelConfig, Promise<KnownRows>>();
  let refreshing: Promise<void> = Promise.resolve();
  const routes = new Map<string, ReturnType<typeof routeOf>>();
  const tell = (): void => {
    routes.clear();
    afterwards?.sync();
    shadows?.sync();
    house.onChange(status());
  };
  const clock = { nowUs: () => performance.now() * 1000, after: afterUs };
  let predictions: PredictionLog | null = null;
  let shadows: LiveShadows | null = null;
  let afterwards: ReturnType<typeof openAfterwards> | null = null;
  const repository = openRepository({ settings: settingsOf(config), clock, now: () => house.now().getTime(), onChange: tell, onBatch: tracing?.batch });
  const metrics = openMetrics({ repository, routeOf: route, providers: config.resources.providers, spans: () => tracing?.counts() ?? null, predictions: () => predictions?.counts() ?? null, shadows: () => shadows?.counts() ?? [] });

  let samples: LiveSamples | null = null;
  const precisions = new Map<string, ShadowSide['precision']>();
  const onBug = (error: unknown): void => house.log.error('after a request', error);

  async function sync(): Promise<void> {
    const versions: VersionToServe[] = [];
    for (const model of config.models) {
      const { registered, refused } = await registerFiles({ ...house, config }, model, stop.signal);
      for (const file of refused) house.onProblem(file);
      for (const { registered: { digest, summary } } of registered) precisions.set(digest, precisionOf(summary));
      versions.push(...registered.map(({ version, path, registered: { digest, file, sha256, externalSha256 } }) => ({ model: model.name, version, digest, path, file, sha256, externalSha256 })));
    }
    await repository.sync(versions);
  }

  /** Settled once for slipway.yaml and the versions as they are: every request asks. */
  function route(model: string): ReturnType<typeof routeOf> {
    let found = routes.get(model);
    if (found === undefined) routes.set(model, (found = routeOf(repository, config, model)));
    return found;
  }

  /** Read once for a slipway.yaml as it is; a failure is not remembered. */
  function rowsOf(name: string): Promise<KnownRows> {
    const model = config.models.find((each) => each.name === name);
    if (model === undefined) return Promise.resolve({ features: [], example: null, labels: [] });
    const kept = known.get(model);
    if (kept !== undefined) return kept;
    const asked = house.knownRows(model);
    known.set(model, asked);
    asked.catch(() => known.delete(model));
    return asked;
  }

  function status(): ServingStatus {
    return {
      url: endpoint?.url ?? null,
      startedAt,
      keysNeeded: house.gatekeeper !== null,
      models: repository.models().map((model) => {
        const found = route(model);
        return { model, route: 'reason' in found ? null : found, reason: 'reason' in found ? found.reason : null, versions: repository.status(model) };
      }),
    };
  }

  try {
    await saveLeftShadows(shadowFolder, house.store, onBug);
    predictions = config.serving.log.enabled ? await openPredictionLog({ folder: join(house.folder, 'predictions'), settings: logSettings(config.serving.log), clock, now: () => house.now().getTime(), onProblem: house.onProblem }) : null;
    shadows = openLiveShadows({ folder: shadowFolder, config: () => config, repository, routeOf: route, rowsOf, precisionOf: (digest) => precisions.get(digest) ?? null, store: house.store, clock, now: house.now, onChange: house.onShadow, onBug });
    afterwards = openAfterwards({ log: predictions, shadows, onBug });
    await sync();
    endpoint = await openEndpoint({
      host,
      port,
      routes: inferenceRoutes({ repository, config: () => config, routeOf: route, rowsOf, cache, metrics, tracing, afterwards, keysNeeded: house.gatekeeper !== null }),
      gatekeeper: house.gatekeeper,
      tritonStatusCodes: config.serving.statusCodes === 'triton',
      bodyBytesMax: config.serving.bodyMb * 1e6,
      onBug: (error) => house.log.error('request failed', error),
    });
    // Who is told the address may ask at once.
    await Promise.all(repository.models().flatMap((model) => repository.versions(model).map(({ settled }) => settled)));
    tell();
    samples = openLiveSamples({ repository, predictions: () => predictions?.counts() ?? null, shadows: () => shadows?.counts() ?? [], now: () => house.now().getTime(), onSample: house.onSample, onBug });
    watcher = await watch({ paths: [house.workspace], ignored: isNoneOfOurs(house.workspace), changed: () => void refresh(), failed: (error) => house.log.error('watching failed', error) });
  } catch (error) {
    stop.abort();
    samples?.close();
    await endpoint?.close();
    await shadows?.close();
    await repository.close();
    await predictions?.close();
    metrics.close();
    await tracing?.close();
    throw error;
  }

  /** Looks again at what lies there; requests are answered meanwhile, and a slipway.yaml that is wrong changes nothing. */
  async function refresh(): Promise<void> {
    refreshing = refreshing.then(async () => {
      if (stop.signal.aborted) return;
      try {
        config = await house.loadConfig();
        routes.clear();
        await sync();
        shadows?.sync();
      } catch (error) {
        if (!stop.signal.aborted) house.onProblem(error instanceof Error ? error : new Error(String(error)));
      }
    });
    return refreshing;
  }

  return {
    status,
    shadows: () => shadows?.summaries() ?? [],
    shadow: (id) => shadows?.record(id) ?? null,
    samples: () => samples?.window() ?? [],
    async close() {
      stop.abort();
      samples?.close();
      await watcher?.close();
      await refreshing;
      await endpoint?.close();
      await shadows?.close();
      await repository.close();
      await predictions?.close();
      metrics.close();
      await tracing?.close();
    },
  };
}

/** Who answers requests that name no version. */
function routeOf(repository: Repository, { models }: Config, name: string): RouteStatus | { reason: string } {
  const model = models.find((each) => each.name === name);
  const there = repository.versions(name).map(({ about }) => about.version);
  if (model === undefined || there.length === 0) return { reason: `${name} has no version that is loaded` };
  const versionOf = (written: string): string | null => (there.includes(written) ? written : (repository.versions(name).find(({ about }) => `sha256:${about.digest}` === written)?.about.version ?? null));
  const champion = championOf(model, there, versionOf);
  if (champion === null) return { reason: `The champion ${model.champion ?? ''} is not among the versions that are loaded: ${there.join(', ')}` };
  const weights = (model.route.weights ?? [{ version: champion, share: 1 }]).map(({ version, share }) => ({ version: versionOf(version), written: version, share }));
  const absent = weights.find(({ version, share }) => version === null && share > 0);
  if (absent !== undefined) return { reason: `${absent.written} has a share of the requests, and is not loaded` };
  const shadows = model.route.shadows.flatMap(({ version, ...rest }) => {
    const found = versionOf(version);
    return found === null ? [] : [{ version: found, ...rest }];
  });
  return { champion, weights: weights.flatMap(({ version, share }) => (version === null ? [] : [{ version, share }])), shadows };
}

/** As slipway.yaml says; where it says nothing, the last by name. */
function championOf({ champion }: ModelConfig, there: readonly string[], versionOf: (written: string) => string | null): string | null {
  if (champion !== null) return versionOf(champion);
  return [...there].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null;
}

function logSettings({ waitingRows, waitingMb, fileMb, keepMb, ...rest }: PredictionLogConfig): PredictionLogSettings {
  return { ...rest, waitingRowsMax: waitingRows, waitingBytesMax: waitingMb * 1e6, fileBytes: fileMb * 1e6, keepBytes: keepMb * 1e6 };
}

function settingsOf({ serving, resources }: Config): ServingSettings {
  return {
    batch: batchOf(serving),
    hosts: serving.hosts,
    cached: serving.cacheMb > 0,
    providers: resources.providers,
    threads: resources.threads,
    deadlineMs: resources.deadlineMs,
    memoryBytesMax: resources.memoryMb * 1e6,
  };
}

function batchOf({ maxBatchRows, preferredBatchRows, maxQueueDelayMs, preserveOrder, queueRows, timeoutMs, timeoutAction }: ServingConfig): ServingSettings['batch'] {
  return {
    maxBatchRows,
    preferredBatchRows,
    maxQueueDelayUs: maxQueueDelayMs * 1000,
    preserveOrdering: preserveOrder,
    maxQueueRows: { interactive: queueRows, batch: queueRows, shadow: queueRows },
    timeoutMs,
    timeoutAction,
  };
}

/** Timers count in milliseconds; what is due sooner is due at the next turn. */
function afterUs(us: number, act: () => void): () => void {
  if (us < 500) {
    const soon = setImmediate(act);
    return () => clearImmediate(soon);
  }
  const timer = setTimeout(act, us / 1000);
  return () => clearTimeout(timer);
}
