import { addToSketch, createSketch, sketchQuantile, type QuantileSketch } from '../stats/quantile-sketch.ts';
import type { BatchRun, CloseReason } from './batcher.ts';

/** A request that was answered by the model. */
export interface ServedRequest {
  rows: number;
  queueUs: number;
  /** To make tensors of the body. */
  inputUs: number;
  inferUs: number;
  /** To make the reply of the tensors. */
  outputUs: number;
}

/** As Triton's metrics tell them apart: refused by the queue or its deadline, left by the caller, failed in the model, any other. */
export type FailureReason = 'REJECTED' | 'CANCELED' | 'BACKEND' | 'OTHER';

/** Why the process of a model was started anew: it ended by itself, was ended for what it did, or was renewed between runs. */
export type RestartReason = 'crash' | 'deadline' | 'memory' | 'cancelled' | 'recycled' | 'protocol';

export interface CountNs {
  count: number;
  ns: number;
}

/** An entry of `model_stats` without name and version, in Triton's words. */
export interface TritonStatistics {
  /** Milliseconds since 1970 of the last request; 0 when there was none. */
  last_inference: number;
  /** Rows that the model computed; over `execution_count` they are the mean batch. */
  inference_count: number;
  execution_count: number;
  /** `success` and `queue` count answers from the cache too. */
  inference_stats: Record<'success' | 'fail' | 'queue' | 'compute_input' | 'compute_infer' | 'compute_output' | 'cache_hit' | 'cache_miss', CountNs>;
  /** Sizes beyond 1,024 rows are counted with the next power of two. */
  batch_stats: { batch_size: number; compute_input: CountNs; compute_infer: CountNs; compute_output: CountNs }[];
}

/** What happened within one second. */
export interface SecondStatistics {
  /** Milliseconds since 1970 at which it began. */
  atMs: number;
  /** That were answered. */
  requests: number;
  rows: number;
  errors: number;
  /** From decoding to the encoded reply; null when none was answered. */
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  batches: number;
  /** Batches by size, rounded up to powers of two. */
  batchSizes: Record<number, number>;
  closedBy: Partial<Record<CloseReason, number>>;
}

/** Counters and durations of one model version, from the first time it was served; they outlive its processes. */
export interface Statistics {
  success(request: ServedRequest): void;
  failure(reason: FailureReason, us: number): void;
  /** An answer from the cache. @param us from decoding to the reply; `lookupUs` of them went to the cache */
  cacheHit(request: { rows: number; us: number; lookupUs: number }): void;
  /** @param us to look up, and to keep the answer */
  cacheMiss(us: number): void;
  batch(run: BatchRun): void;
  hostRestarted(reason: RestartReason): void;
  triton(): TritonStatistics;
  failures(): Readonly<Record<FailureReason, number>>;
  closedBy(): Readonly<Partial<Record<CloseReason, number>>>;
  restarts(): Readonly<Partial<Record<RestartReason, number>>>;
  /** Of all batches in `batch_stats`, exactly. */
  rowsRun(): number;
  /** Milliseconds of all answers; quantiles are within 1 %, and sketches of several versions merge. */
  latencyMs(): QuantileSketch;
  /** Of the last 15 minutes, the seconds that are over and in which something happened, oldest first. */
  series(): SecondStatistics[];
}

const secondsKept = 15 * 60;
const exactSizeMax = 1024;

/** @param now milliseconds since 1970 */
export function openStatistics(now: () => number): Statistics {
  const stats: TritonStatistics['inference_stats'] = { success: none(), fail: none(), queue: none(), compute_input: none(), compute_infer: none(), compute_output: none(), cache_hit: none(), cache_miss: none() };
  const bySize = new Map<number, TritonStatistics['batch_stats'][number]>();
  const failures: Record<FailureReason, number> = { REJECTED: 0, CANCELED: 0, BACKEND: 0, OTHER: 0 };
  const closedBy: Partial<Record<CloseReason, number>> = {};
  const restarts: Partial<Record<RestartReason, number>> = {};
  let rowsRun = 0;
  const latencyMs = createSketch();
  const past: SecondStatistics[] = [];
  let current: { second: SecondStatistics; latencyMs: QuantileSketch } | null = null;
  let lastInference = 0;
  let rowsComputed = 0;
  let executions = 0;

  /** Puts a second that is over among those that are kept. */
  function turn(nowMs: number): void {
    const oldestMs = nowMs - secondsKept * 1000;
    if (current !== null && nowMs - current.second.atMs >= 1000) {
      past.push(closed(current));
      current = null;
    }
    while (past.length > 0 && past[0].atMs < oldestMs) past.shift();
  }

  function open(): { second: SecondStatistics; latencyMs: QuantileSketch } {
    const nowMs = now();
    turn(nowMs);
    current ??= { second: { atMs: Math.floor(nowMs / 1000) * 1000, requests: 0, rows: 0, errors: 0, p50Ms: null, p95Ms: null, p99Ms: null, batches: 0, batchSizes: {}, closedBy: {} }, latencyMs: createSketch() };
    return current;
  }

  function answered(rows: number, us: number): void {
    lastInference = now();
    add(stats.success, us);
    addToSketch(latencyMs, us / 1000);
    const { second, latencyMs: ofSecond } = open();
    second.requests++;
    second.rows += rows;
    addToSketch(ofSecond, us / 1000);
  }

  return {
    success({ rows, queueUs, inputUs, inferUs, outputUs }) {
      answered(rows, queueUs + inputUs + inferUs + outputUs);
      rowsComputed += rows;
      add(stats.queue, queueUs);
      add(stats.compute_input, inputUs);
      add(stats.compute_infer, inferUs);
      add(stats.compute_output, outputUs);
    },
    failure(reason, us) {
      lastInference = now();
      failures[reason]++;
      add(stats.fail, us);
      open().second.errors++;
    },
    cacheHit({ rows, us, lookupUs }) {
      answered(rows, us);
      add(stats.queue, 0);
      add(stats.cache_hit, lookupUs);
    },
    cacheMiss(us) {
      add(stats.cache_miss, us);
    },
    batch({ rows, closedBy: reason, inputUs, computeUs, outputUs, outcome }) {
      closedBy[reason] = (closedBy[reason] ?? 0) + 1;
      const { second } = open();
      second.batches++;
      second.batchSizes[powerOfTwo(rows)] = (second.batchSizes[powerOfTwo(rows)] ?? 0) + 1;
      second.closedBy[reason] = (second.closedBy[reason] ?? 0) + 1;
      if (outcome !== 'answered') return;
      executions++;
      rowsRun += rows;
      const size = rows <= exactSizeMax ? rows : powerOfTwo(rows);
      let ofSize = bySize.get(size);
      if (ofSize === undefined) bySize.set(size, (ofSize = { batch_size: size, compute_input: none(), compute_infer: none(), compute_output: none() }));
      add(ofSize.compute_input, inputUs);
      add(ofSize.compute_infer, computeUs);
      add(ofSize.compute_output, outputUs);
    },
    hostRestarted(reason) {
      restarts[reason] = (restarts[reason] ?? 0) + 1;
    },
    triton: () => ({
      last_inference: Math.floor(lastInference),
      inference_count: rowsComputed,
      execution_count: executions,
      inference_stats: structuredClone(stats),
      batch_stats: structuredClone([...bySize.values()].sort((a, b) => a.batch_size - b.batch_size)),
    }),
    failures: () => ({ ...failures }),
    closedBy: () => ({ ...closedBy }),
    restarts: () => ({ ...restarts }),
    rowsRun: () => rowsRun,
    latencyMs: () => structuredClone(latencyMs),
    series() {
      turn(now());
      return [...past];
    },
  };
}

function closed({ second, latencyMs }: { second: SecondStatistics; latencyMs: QuantileSketch }): SecondStatistics {
  return { ...second, p50Ms: sketchQuantile(latencyMs, 0.5), p95Ms: sketchQuantile(latencyMs, 0.95), p99Ms: sketchQuantile(latencyMs, 0.99) };
}

function none(): CountNs {
  return { count: 0, ns: 0 };
}

function add(sum: CountNs, us: number): void {
  sum.count++;
  sum.ns += Math.round(us * 1000);
}

function powerOfTwo(rows: number): number {
  return rows < 1 ? rows : 2 ** Math.ceil(Math.log2(rows));
}
