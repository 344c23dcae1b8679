import type { Gate } from '../protocol/gates.ts';
import type { Measured } from '../protocol/measured.ts';
import type { LatencyReport } from '../protocol/runtime.ts';
import type { ModelHost } from './engines/onnx.ts';
import type { TensorMap } from './engines/tensor.ts';
import { quantileInterval } from './stats/quantile-interval.ts';
import { quantileSorted } from './stats/quantile.ts';

/** One row as a request brings it, and a batch as a scoring job does; plus whatever sizes the gates name. */
export function batchSizes(gates: readonly Gate[]): number[] {
  const asked = gates.flatMap((gate) => (gate.kind === 'latency' || gate.kind === 'throughput' ? [gate.batch] : []));
  return [...new Set([1, 256, ...asked])].sort((a, b) => a - b);
}

/** Enough runs for a p99 with an interval where runs are short; bounded in time where they are long. */
export async function measureLatencyOf(host: ModelHost, feed: TensorMap, batch: number, signal: AbortSignal, budgetMs = 3_000): Promise<LatencyReport> {
  const warmup = 5;
  const trial = await host.measure(feed, { runs: 3, warmup, signal });
  const typicalMs = Math.max(0.01, trial.totalMs / 3);
  const runs = Math.max(20, Math.min(1000, Math.floor(budgetMs / typicalMs)));
  const { durationsMs } = await host.measure(feed, { runs, warmup, signal });
  const sorted = durationsMs.slice().sort();
  const total = sorted.reduce((sum, value) => sum + value, 0);
  return {
    batch,
    runs,
    warmup,
    provider: host.model.provider,
    threads: host.model.threads,
    p50Ms: quantileWithInterval(sorted, 0.5),
    p95Ms: quantileWithInterval(sorted, 0.95),
    p99Ms: quantileWithInterval(sorted, 0.99),
    rowsPerSecond: { value: (batch * runs * 1000) / total, rows: runs },
    histogram: histogramOf(sorted),
  };
}

/** Too few runs for a bound on the quantile leave it without an interval. */
function quantileWithInterval(sorted: Float64Array, probability: number): Measured {
  const interval = quantileInterval(sorted, probability);
  return { value: quantileSorted(sorted, probability), rows: sorted.length, ...(interval && { interval: { ...interval, level: 0.95, method: 'order-statistic' } }) };
}

function histogramOf(sorted: Float64Array): { edges: number[]; counts: number[] } {
  // The slowest few would squeeze all others into one bin; they are in the last bin.
  const low = sorted[0];
  const high = Math.max(quantileSorted(sorted, 0.995), low + 1e-6);
  const bins = 30;
  const edges = Array.from({ length: bins + 1 }, (_, index) => low + ((high - low) * index) / bins);
  const counts = new Array<number>(bins).fill(0);
  for (const value of sorted) counts[Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))]++;
  return { edges, counts };
}
