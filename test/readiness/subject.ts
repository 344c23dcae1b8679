import type { ModelConfig } from '../../protocol/config.ts';
import type { BatchReport, RunReport, RunSummary } from '../../protocol/run.ts';
import type { GateResult } from '../../protocol/gates.ts';
import type { Verdict } from '../../protocol/measured.ts';
import type { ModelVersionSummary } from '../../protocol/feed.ts';
import type { ReadinessCriterion, ReadinessReport } from '../../protocol/workspace.ts';
import { parseConfig } from '../../server/config.ts';
import { builtInGates } from '../../server/gates/built-in-gates.ts';
import type { ReadinessSubject } from '../../server/readiness/subject.ts';
import { gateResult, runReport } from '../server/run-report.ts';

export const goodText = `models:
  churn:
    task: binary
    target: left
    champion: v1
    groups: [sex]
    value: {tp: 10, fp: -2, fn: -5, currency: USD}
    business: {problem: customers leave, metric: kept, baseline: 60 %, target: 70 %, owner: Ada, signed: Grace 2026-01-01}
datasets: {reference: r.csv, holdout: h.csv, current: c.csv, cases: k.csv}
gates:
  - {metric: roc_auc, min: 0.7}
  - {metric: roc_auc, min: 0.7, on: current}
  - {value: 0}
  - {cases: all}
  - {fairness: demographic_parity_ratio, by: sex, min: 0.8}
  - {dataQuality: current}
  - {drift: features}
  - {latency: p95, maxMs: 100}
  - {throughput: 1000}
  - {parity: available}
`;

export async function modelOf(text: string, name = 'churn'): Promise<ModelConfig> {
  const parsed = await parseConfig(text, { path: 'slipway.yaml' });
  if ('problem' in parsed) throw new Error(JSON.stringify(parsed.problem.issues));
  const model = parsed.config.models.find((each) => each.name === name);
  if (model === undefined) throw new Error(`no model ${name}`);
  return model;
}

export function versionOf(version: string, more: Partial<ModelVersionSummary> = {}): ModelVersionSummary {
  return { model: 'churn', version, digest: version.repeat(20), path: `models/churn/${version}/model.onnx`, bytes: 1000, seenAt: `2026-01-01T00:00:0${version.slice(1)}.000Z`, champion: false, summary: null, run: null, ...more };
}

export function summaryOf(verdict: Verdict): RunSummary {
  return { id: 'r-1', model: 'churn', version: 'v2', digest: '', role: 'candidate', startedAt: '2026-01-02T00:00:00.000Z', milliseconds: 1, decision: { verdict, sentence: '', blocking: [], warnings: [], counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } }, headline: {} };
}

/** The run of v2 under the model's own gates, all of which came out as `verdicts` says, else well. */
export function runOf(model: ModelConfig, verdicts: Record<string, Partial<GateResult>> = {}, more: Partial<RunReport> = {}): RunReport {
  const policy = model.gates ?? [];
  const gates = [...builtInGates, ...policy].map((gate) => gateResult(gate.id, { gate, ...verdicts[gate.id] }));
  const ref = { name: 'current', files: ['c.csv'], digest: 'current-bytes', rows: 10 };
  const base = runReport();
  return {
    ...base,
    id: 'r-1',
    model: { name: 'churn', version: 'v2', digest: versionOf('v2').digest },
    lineage: { ...base.lineage, champion: { version: 'v1', digest: versionOf('v1').digest }, datasets: { current: ref } },
    policy,
    gates,
    decision: { ...base.decision, verdict: 'pass', sentence: 'v2 may replace v1.' },
    ...more,
  };
}

export function batchOf(more: Partial<BatchReport> = {}): BatchReport {
  const dataset = { name: 'current', files: ['c.csv'], digest: 'current-bytes', rows: 10 };
  return {
    schema: 'slipway.batch/1',
    id: 'b-1',
    checkedAt: '2026-01-01T00:00:00.000Z',
    profile: { name: 'current', files: [], digest: 'current-bytes', bytes: 1, rows: 10, columns: [] } as unknown as BatchReport['profile'],
    referenceProfile: null,
    dataQuality: { dataset, findings: [] },
    drift: null,
    driftMissing: 'there is no reference to compare with',
    sentence: '',
    ...more,
  };
}

/** A model with everything there is to show, all of it met. */
export async function readySubject(text = goodText, more: Partial<ReadinessSubject> = {}): Promise<ReadinessSubject> {
  const model = await modelOf(text);
  return {
    model,
    builtInGates,
    versions: [versionOf('v1', { champion: true, run: summaryOf('pass') }), versionOf('v2', { run: summaryOf('pass') })],
    run: runOf(model),
    settingsChanged: false,
    current: { files: ['c.csv'], report: null },
    statements: [],
    nowMs: Date.parse('2026-06-01T00:00:00Z'),
    ...more,
  };
}

export function criterionOf({ criteria }: ReadinessReport, name: string): ReadinessCriterion {
  const found = criteria.find(({ criterion }) => criterion === name);
  if (found === undefined) throw new Error(`there is no criterion ${name}`);
  return found;
}
