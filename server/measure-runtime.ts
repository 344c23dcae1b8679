import type { Gate } from '../protocol/gates.ts';
import type { Measured } from '../protocol/measured.ts';
import type { LatencyReport, RuntimeReport } from '../protocol/runtime.ts';
import { readTable } from './datasets/read-columns.ts';
import type { ModelHost } from './engines/onnx.ts';
import type { TensorMap } from './engines/tensor.ts';
import type { House, On, RunSubject } from './house.ts';
import { measureParity } from './measure-parity.ts';
import type { Models } from './open-models.ts';
import { feedOf, type InputMapping } from './predict.ts';
import { Problem } from './problem.ts';
import { quantileInterval } from './stats/quantile-interval.ts';
import { quantileSorted } from './stats/quantile.ts';
import type { Steps } from './steps.ts';
import type { Batch } from './workspace-data.ts';

/** How fast a version answers here, and whether it answers the same on every provider and build that a gate names. */
export async function measureRuntime(models: Models, subject: RunSubject, house: House, steps: Steps, on: On): Promise<RuntimeReport | null> {
  const { version, batches } = subject;
  const batch = batches.current ?? batches.holdout ?? batches.reference;
  if (version.kind === 'columns') return steps.skip('predict', 'latency', 'runtime', 'predictions are columns of the data, so there is nothing to time');
  if (batch === undefined) return steps.skip('predict', 'latency', 'runtime', 'there is no data to time the model on');
  const host = await steps.attempt('predict', 'host', 'runtime', () => models.host(version));
  if (host === null) return null;
  const { fixedRows, batchable, reason } = host.model.batch;
  const latency = await steps.attempt('predict', 'latency', 'latency', () => measureLatency(host, models, subject, batch, on));
  return {
    provider: host.model.provider,
    requested: [...host.model.refused.map(({ provider }) => provider), host.model.provider],
    refused: host.model.refused,
    onnxruntime: host.model.onnxruntime,
    peakMemoryMb: Math.round(host.memory().rssPeakBytes / 1e6),
    modelBytes: version.bytes,
    rowsPerRun: batchable ? null : { rows: fixedRows ?? 1, reason: reason ?? 'the model does not take several rows at once' },
    latency: latency ?? [],
    latencyMissing: latency === null ? steps.missing.latency : null,
    parity: await measureParity(models, { ...subject, version }, batch, house, steps, on),
  };
}

async function measureLatency(host: ModelHost, models: Models, subject: RunSubject, batch: Batch, on: On): Promise<LatencyReport[]> {
  const mapping = await models.inputs(host, subject, batch);
  const { fixedRows, batchable } = host.model.batch;
  const sizes = batchSizes(subject.policy).filter((size) => batchable || size === 1 || size === fixedRows);
  const reports: LatencyReport[] = [];
  for (const size of sizes) {
    on.progress({ step: 'predict', subject: `latency, batch of ${size}`, done: reports.length, total: sizes.length, unit: 'runs' });
    reports.push(await timeRuns(host, await firstRows(batch, mapping, size, fixedRows ?? size), size, on.signal));
  }
  return reports;
}

/** One row as a request brings it, and a batch as a scoring job does; plus whatever sizes the gates name. */
function batchSizes(gates: readonly Gate[]): number[] {
  const asked = gates.flatMap((gate) => (gate.kind === 'latency' || gate.kind === 'throughput' ? [gate.batch] : []));
  return [...new Set([1, 256, ...asked])].sort((a, b) => a - b);
}

/** The first rows of a batch as a model takes them; the first of them repeats where there are fewer. */
async function firstRows(batch: Batch, mapping: readonly InputMapping[], rows: number, wanted: number): Promise<TensorMap> {
  const columns = [...new Set(mapping.flatMap((each) => each.columns))];
  const table = await readTable(await batch.open(), columns, { limit: rows, booleans: 'numeric' });
  if (table.rows === 0) throw new Problem('dataset-empty', `${batch.name} has no rows to feed the model with`);
  return feedOf(table, mapping, { start: 0, rows: Math.min(rows, table.rows), wanted, firstRow: 0 });
}

/** Enough runs for a p99 with an interval where runs are short; bounded in time where they are long. */
async function timeRuns(host: ModelHost, feed: TensorMap, batch: number, signal: AbortSignal, budgetMs = 3_000): Promise<LatencyReport> {
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
