import type { Gate, GateResult } from '../../protocol/gates.ts';
import type { RunReport } from '../../protocol/run.ts';

/** A gate result as the gates room gives it, with what a test is about on top. */
export function gateResult(id: string, more: Partial<GateResult> = {}): GateResult {
  const gate: Gate = { id, severity: 'block', kind: 'size', maxMb: 5, line: 7 };
  return { gate, title: id, verdict: 'pass', reason: `${id} is as it should be`, champion: null, candidate: null, difference: null, needs: '≤ 5 MB', unit: 'MB', bound: null, rows: null, parts: [], ...more };
}

/** The smallest complete record of a run. */
export function runReport(more: Partial<RunReport> = {}): RunReport {
  const digest = 'ab'.repeat(32);
  return {
    schema: 'slipway.run/1',
    id: 'r-20260102-030405-abcdef',
    startedAt: '2026-01-02T03:04:05.000Z',
    finishedAt: '2026-01-02T03:04:07.500Z',
    role: 'candidate',
    model: { name: 'churn', version: 'v2', digest },
    lineage: {
      model: { name: 'churn', version: 'v2', digest, path: 'models/churn/v2/model.onnx', bytes: 1000 },
      champion: { version: 'v1', digest: 'cd'.repeat(32) },
      datasets: { holdout: { name: 'holdout', files: ['data/holdout.parquet'], digest, rows: 1234 } },
      config: { digest, text: 'models: {}\n' },
      policy: { digest, fixedAt: '2026-01-02T03:04:05.000Z' },
      code: { revision: null, dirty: null, repository: null },
      seed: 1,
      provider: 'cpu',
      versions: { slipway: '0.1.0', node: '20.19.0', onnxruntime: '1.30.0', duckdb: 'v1.5.5', os: 'linux', cpu: 'cpu' },
    },
    steps: [],
    batches: [],
    history: [],
    predictions: [],
    evaluations: {},
    championEvaluations: {},
    comparisons: {},
    cases: [],
    concept: null,
    estimates: [],
    runtime: null,
    signatures: null,
    missing: {},
    policy: [],
    gates: [],
    decision: { verdict: 'pass', sentence: 'v2 may replace v1.', blocking: [], warnings: [], notApplicable: [], counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } },
    ...more,
  };
}
