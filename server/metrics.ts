import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { RouteStatus } from '../protocol/serving.ts';
import type { Provider } from '../protocol/runtime.ts';
import type { LiveShadowCounts } from './live-shadows.ts';
import type { SpanCounts } from './open-telemetry.ts';
import type { PredictionLogCounts } from './serving/prediction-log.ts';
import type { Repository } from './serving/repository.ts';
import type { Statistics } from './serving/statistics.ts';
import { sketchCounts } from './stats/quantile-sketch.ts';
import { version as slipwayVersion } from './version.ts';

export interface MetricsParts {
  repository: Pick<Repository, 'models' | 'versions' | 'status' | 'statistics'>;
  routeOf: (model: string) => RouteStatus | { reason: string };
  providers: readonly Provider[];
  /** Null: requests are not traced. */
  spans: () => SpanCounts | null;
  /** Null: they are not recorded. */
  predictions: () => PredictionLogCounts | null;
  shadows: () => readonly LiveShadowCounts[];
}

export interface Metrics {
  /** Everything as it is now, in the text form that Prometheus reads. */
  text(): string;
  close(): void;
}

/** What `text` is in; Prometheus reads nothing into a counter whose name has no `_total`, OpenMetrics would refuse Triton's names. */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

type Labels = Record<string, string>;
type MetricType = 'counter' | 'gauge' | 'histogram';

/** Every name there is. Those with `nv_` mean what they mean in Triton, so that what reads its metrics reads these. */
const families = {
  nv_inference_request_success: ['counter', 'Requests that were answered, from the cache too'],
  nv_inference_request_failure: ['counter', 'Requests that failed, by reason'],
  nv_inference_count: ['counter', 'Rows that were computed for requests'],
  nv_inference_exec_count: ['counter', 'Batches that were computed'],
  nv_inference_pending_request_count: ['gauge', 'Requests that wait for their turn'],
  nv_inference_request_duration_us: ['counter', 'Time of all answered requests, in microseconds'],
  nv_inference_queue_duration_us: ['counter', 'Time that answered requests waited, in microseconds'],
  nv_inference_compute_input_duration_us: ['counter', 'Time to make tensors of requests, in microseconds'],
  nv_inference_compute_infer_duration_us: ['counter', 'Time in the model, in microseconds'],
  nv_inference_compute_output_duration_us: ['counter', 'Time to make replies of tensors, in microseconds'],
  nv_cache_num_hits_per_model: ['counter', 'Requests that were answered from the cache'],
  nv_cache_num_misses_per_model: ['counter', 'Requests that were looked for in the cache and were not there'],
  nv_cache_hit_duration_per_model: ['counter', 'Time to find answers in the cache, in microseconds'],
  nv_cache_miss_duration_per_model: ['counter', 'Time to look for answers in the cache in vain, and to keep them, in microseconds'],
  slipway_request_duration_seconds: ['histogram', 'Answered requests from their decoding to the encoded reply; bounds are within 1 %'],
  slipway_batch_rows: ['histogram', 'Rows of the batches that were computed'],
  slipway_batch_close_reason_total: ['counter', 'Batches by what kept them from being larger'],
  slipway_route_weight: ['gauge', 'Share of the requests without a version that go to this one'],
  slipway_model_ready: ['gauge', '1 while the version can be asked'],
  slipway_model_info: ['gauge', 'Digest of the file that a version is served from'],
  slipway_ep_info: ['gauge', 'Execution providers asked for in slipway.yaml, and the one that runs the model'],
  slipway_host_rss_bytes: ['gauge', 'Resident memory of a model’s process at its last answer'],
  slipway_host_restarts_total: ['counter', 'Processes of models that ended and had to be replaced, by why'],
  slipway_predictions_recorded_total: ['counter', 'Rows of predictions that are on the disk'],
  slipway_predictions_dropped_total: ['counter', 'Rows of predictions that were not recorded, by why'],
  slipway_predictions_waiting: ['gauge', 'Rows of predictions that wait in memory to be written'],
  slipway_shadow_pairs_total: ['counter', 'Inputs that a shadow was compared on with the version that answered'],
  slipway_shadow_disagreement_total: ['counter', 'Of those, inputs on which the two disagree'],
  slipway_shadow_dropped_total: ['counter', 'Rows that were shown to a shadow and never compared, by why'],
  slipway_noise_pairs_total: ['counter', 'Inputs on which production was asked again'],
  slipway_noise_disagreement_total: ['counter', 'Of those, inputs on which production disagrees with itself'],
  slipway_trace_spans_exported_total: ['counter', 'Spans that the collector has taken'],
  slipway_trace_spans_dropped_total: ['counter', 'Spans that were lost, by why'],
  slipway_build_info: ['gauge', 'Version of Slipway, and of Node that runs it'],
  process_start_time_seconds: ['gauge', 'When the process started, in seconds since 1970'],
  process_cpu_user_seconds_total: ['counter', 'Processor time of this process, without those of the models'],
  process_cpu_system_seconds_total: ['counter', 'Processor time in the kernel for this process'],
  process_resident_memory_bytes: ['gauge', 'Resident memory of this process'],
  nodejs_heap_size_used_bytes: ['gauge', 'Memory of JavaScript objects in use'],
  nodejs_eventloop_lag_mean_seconds: ['gauge', 'How late the event loop was since the last look, on average'],
  nodejs_eventloop_lag_p99_seconds: ['gauge', 'How late the event loop was since the last look, 99th percentile'],
  nodejs_eventloop_lag_max_seconds: ['gauge', 'How late the event loop was since the last look, at most'],
} as const satisfies Record<string, [MetricType, string]>;
export type MetricName = keyof typeof families;

/** 0.5 ms … 10 s: a small model in its process, up to those that take a coffee. */
const secondsBounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const rowsBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const lagResolutionMs = 20;

/**
 * The counters lie in the repository, where they outlive the versions they count; here they are only written down. A
 * metrics library would keep a second set of them.
 */
export function openMetrics({ repository, routeOf, providers, spans, predictions, shadows }: MetricsParts): Metrics {
  const lag = monitorEventLoopDelay({ resolution: lagResolutionMs });
  lag.enable();

  function text(): string {
    const page = newPage();
    for (const { model, version, statistics } of repository.statistics()) countsOf(page, { model, version }, statistics);
    for (const model of repository.models()) stateOf(page, model);
    predictionsOf(page);
    shadowsOf(page);
    const counts = spans() ?? { exported: 0, dropped: { 'queue-full': 0, 'export-failed': 0 } };
    page.add('slipway_trace_spans_exported_total', {}, counts.exported);
    for (const [reason, dropped] of Object.entries(counts.dropped)) page.add('slipway_trace_spans_dropped_total', { reason }, dropped);
    processOf(page);
    return page.text();
  }

  function predictionsOf(page: Page): void {
    const counts = predictions();
    if (counts === null) return;
    page.add('slipway_predictions_recorded_total', {}, counts.written);
    page.add('slipway_predictions_waiting', {}, counts.waiting);
    for (const [reason, dropped] of Object.entries(counts.dropped)) page.add('slipway_predictions_dropped_total', { reason }, dropped);
  }

  function shadowsOf(page: Page): void {
    for (const { model, production, candidate, pairs, disagreements, repeats, noise, dropped } of shadows()) {
      const labels = { model, version: production, shadow: candidate };
      page.add('slipway_shadow_pairs_total', labels, pairs);
      page.add('slipway_shadow_disagreement_total', labels, disagreements);
      for (const [reason, rows] of Object.entries(dropped)) page.add('slipway_shadow_dropped_total', { ...labels, reason }, rows);
      page.add('slipway_noise_pairs_total', labels, repeats);
      page.add('slipway_noise_disagreement_total', labels, noise);
    }
  }

  function stateOf(page: Page, model: string): void {
    const route = routeOf(model);
    const weights = 'reason' in route ? [] : route.weights;
    for (const { version, share } of weights) page.add('slipway_route_weight', { model, version }, share);
    for (const { version, state, digest, provider } of repository.status(model)) {
      page.add('slipway_model_ready', { model, version }, state === 'ready' ? 1 : 0);
      page.add('slipway_model_info', { model, version, digest: `sha256:${digest}` }, 1);
      if (provider !== null) page.add('slipway_ep_info', { model, version, requested: providers.join(','), active: provider }, 1);
    }
    for (const served of repository.versions(model)) {
      const labels = { model, version: served.about.version };
      page.add('nv_inference_pending_request_count', labels, served.queued.requests);
      for (const [host, bytes] of served.rssBytes().entries()) page.add('slipway_host_rss_bytes', { ...labels, host: String(host) }, bytes);
    }
  }

  function processOf(page: Page): void {
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed } = process.memoryUsage();
    page.add('slipway_build_info', { version: slipwayVersion, node: process.versions.node }, 1);
    page.add('process_start_time_seconds', {}, performance.timeOrigin / 1000);
    page.add('process_cpu_user_seconds_total', {}, user / 1e6);
    page.add('process_cpu_system_seconds_total', {}, system / 1e6);
    page.add('process_resident_memory_bytes', {}, rss);
    page.add('nodejs_heap_size_used_bytes', {}, heapUsed);
    // The monitor tells how far its own timer's turns are apart.
    const late = (ns: number): number => (lag.count === 0 ? 0 : Math.max(0, ns / 1e9 - lagResolutionMs / 1000));
    page.add('nodejs_eventloop_lag_mean_seconds', {}, late(lag.mean));
    page.add('nodejs_eventloop_lag_p99_seconds', {}, late(lag.percentile(99)));
    page.add('nodejs_eventloop_lag_max_seconds', {}, late(lag.max));
    lag.reset();
  }

  return { text, close: () => void lag.disable() };
}

function countsOf(page: Page, labels: Labels, statistics: Statistics): void {
  const { inference_count, execution_count, inference_stats: stats, batch_stats } = statistics.triton();
  const us = ({ ns }: { ns: number }): number => ns / 1000;
  page.add('nv_inference_request_success', labels, stats.success.count);
  for (const [reason, count] of Object.entries(statistics.failures())) page.add('nv_inference_request_failure', { ...labels, reason }, count);
  page.add('nv_inference_count', labels, inference_count);
  page.add('nv_inference_exec_count', labels, execution_count);
  page.add('nv_inference_request_duration_us', labels, us(stats.success));
  page.add('nv_inference_queue_duration_us', labels, us(stats.queue));
  page.add('nv_inference_compute_input_duration_us', labels, us(stats.compute_input));
  page.add('nv_inference_compute_infer_duration_us', labels, us(stats.compute_infer));
  page.add('nv_inference_compute_output_duration_us', labels, us(stats.compute_output));
  page.add('nv_cache_num_hits_per_model', labels, stats.cache_hit.count);
  page.add('nv_cache_num_misses_per_model', labels, stats.cache_miss.count);
  page.add('nv_cache_hit_duration_per_model', labels, us(stats.cache_hit));
  page.add('nv_cache_miss_duration_per_model', labels, us(stats.cache_miss));

  const latency = sketchCounts(statistics.latencyMs(), secondsBounds.map((bound) => bound * 1000));
  page.histogram('slipway_request_duration_seconds', labels, secondsBounds, [...latency], stats.success.ns / 1e9);

  const batches = rowsBounds.map((bound, at) => sumOf(batch_stats.filter(({ batch_size }) => batch_size <= bound && batch_size > (rowsBounds[at - 1] ?? 0))));
  page.histogram('slipway_batch_rows', labels, rowsBounds, [...batches, sumOf(batch_stats.filter(({ batch_size }) => batch_size > rowsBounds[rowsBounds.length - 1]))], statistics.rowsRun());
  for (const [reason, count] of Object.entries(statistics.closedBy())) page.add('slipway_batch_close_reason_total', { ...labels, reason }, count);
  for (const [reason, count] of Object.entries(statistics.restarts())) page.add('slipway_host_restarts_total', { ...labels, reason }, count);
}

function sumOf(sizes: readonly { compute_infer: { count: number } }[]): number {
  return sizes.reduce((sum, { compute_infer }) => sum + compute_infer.count, 0);
}

// ---- the text form: https://prometheus.io/docs/instrumenting/exposition_formats/

interface Page {
  add(name: MetricName, labels: Labels, value: number): void;
  /** @param counts values per bucket, not cumulated; one more than bounds */
  histogram(name: MetricName, labels: Labels, bounds: readonly number[], counts: readonly number[], sum: number): void;
  text(): string;
}

function newPage(): Page {
  const lines = new Map<MetricName, string[]>();
  const write = (name: MetricName, suffix: string, labels: Labels, value: number): void => {
    const ofName = lines.get(name) ?? [];
    lines.set(name, ofName);
    ofName.push(`${name}${suffix}${labelText(labels)} ${value}`);
  };
  return {
    add: (name, labels, value) => write(name, '', labels, value),
    histogram(name, labels, bounds, counts, sum) {
      let below = 0;
      for (const [at, count] of counts.entries()) {
        below += count;
        write(name, '_bucket', { ...labels, le: at < bounds.length ? String(bounds[at]) : '+Inf' }, below);
      }
      write(name, '_sum', labels, sum);
      write(name, '_count', labels, below);
    },
    text() {
      const all = Object.entries(families) as [MetricName, readonly [MetricType, string]][];
      return all.map(([name, [type, help]]) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...(lines.get(name) ?? []), ''].join('\n')).join('');
    },
  };
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}
