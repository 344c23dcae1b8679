import type { GateRule } from '../../protocol/gates.ts';
import type { LatencyReport, RuntimeReport } from '../../protocol/runtime.ts';
import { judgeBound } from './bound.ts';
import { type Evidence, isMissing } from './evidence.ts';
import { type Judgement, error, inconclusive } from './judgement.ts';
import { inUnit } from './measure-text.ts';
import { read } from './reading.ts';

type RuntimeRule = Extract<GateRule, { kind: 'latency' | 'throughput' | 'size' }>;

const quantiles = {
  p50: { measured: 'p50Ms', share: 0.5 },
  p95: { measured: 'p95Ms', share: 0.95 },
  p99: { measured: 'p99Ms', share: 0.99 },
} as const;

/** Latency, throughput or size on this machine against the gate's bound. */
export function judgeRuntime(rule: RuntimeRule, evidence: Evidence): Judgement {
  const { runtime } = evidence;
  if (isMissing(runtime)) return error(`the model was not timed: ${runtime.missing}`);
  switch (rule.kind) {
    case 'latency':
      return judgeLatency(rule, runtime);
    case 'throughput':
      return judgeThroughput(rule, runtime);
    case 'size':
      return judgeSize(rule, runtime);
  }
}

/**
 * A latency quantile is inconclusive on so few runs that, more than one time in twenty, none of them lies beyond the
 * quantile: n < ln 0.05 ÷ ln q, which is 5 runs for p50, 59 for p95 and 299 for p99.
 */
function judgeLatency(rule: Extract<RuntimeRule, { kind: 'latency' }>, runtime: RuntimeReport): Judgement {
  const report = latencyAt(runtime, rule.batch);
  if (!report) return error(notMeasured('latency', rule.batch, runtime));
  const { measured: key, share } = quantiles[rule.quantile];
  const measured = report[key];
  const name = `latency ${rule.quantile} at batch ${rule.batch}`;
  const { reading, without } = read(measured, name, [0, Infinity]);
  if (without) return { ...without, candidate: measured };
  const runsNeeded = Math.ceil(Math.log(0.05) / Math.log(share));
  if (!(report.runs >= runsNeeded)) return { ...inconclusive(`${report.runs} runs are too few to know ${rule.quantile}, ${runsNeeded} are needed`, runsNeeded - report.runs), candidate: measured };
  return { ...judgeBound(reading, { max: rule.maxMs }, 'point', 0, inUnit(name, 'ms')), candidate: measured };
}

function judgeThroughput(rule: Extract<RuntimeRule, { kind: 'throughput' }>, runtime: RuntimeReport): Judgement {
  const measured = latencyAt(runtime, rule.batch)?.rowsPerSecond;
  if (!measured) return error(notMeasured('throughput', rule.batch, runtime));
  const name = `throughput at batch ${rule.batch}`;
  const { reading, without } = read(measured, name, [0, Infinity]);
  if (without) return { ...without, candidate: measured };
  return { ...judgeBound(reading, { min: rule.minRowsPerSecond }, 'point', 0, inUnit(name, 'rows/s')), candidate: measured };
}

/** One MB is a million bytes. */
function judgeSize(rule: Extract<RuntimeRule, { kind: 'size' }>, runtime: RuntimeReport): Judgement {
  if (!(runtime.modelBytes > 0)) return error('the size of the model was not measured');
  const measured = { value: runtime.modelBytes / 1e6, rows: 1 };
  const { reading, without } = read(measured, 'the model');
  if (without) return without;
  return { ...judgeBound(reading, { max: rule.maxMb }, 'point', 0, inUnit('the model', 'MB')), candidate: measured };
}

function latencyAt(runtime: RuntimeReport, batch: number): LatencyReport | undefined {
  return runtime.latency.find((report) => report.batch === batch);
}

function notMeasured(what: string, batch: number, { rowsPerRun, latencyMissing }: RuntimeReport): string {
  const rows = rowsPerRun === null ? null : `a run of this model takes ${rowsPerRun.rows === 1 ? 'one row' : `${rowsPerRun.rows} rows`} (${rowsPerRun.reason})`;
  const why = latencyMissing ?? rows;
  return `${what} was not measured at batch ${batch}${why === null ? '' : `: ${why}`}`;
}
