import { describe, expect, it } from 'vitest';
import { type JudgedRun, gateFindings } from '../../extension/gate-findings.ts';
import { newestRuns } from '../../extension/newest-runs.ts';
import type { ModelVersionSummary, Snapshot } from '../../protocol/feed.ts';
import type { Gate, GatePart, GateResult } from '../../protocol/gates.ts';
import type { Severity, Verdict } from '../../protocol/measured.ts';
import type { RunSummary } from '../../protocol/run.ts';
import type { ConfigOutline } from '../../protocol/workspace.ts';

const outline: ConfigOutline = {
  models: [{ name: 'm', line: 2, task: 'binary', files: [], champion: 'v1', datasets: { reference: null, holdout: null, current: null, cases: null }, gates: [{ id: 'recall.min', line: 9, severity: 'block' }, { id: 'cases', line: 8, severity: 'block' }] }],
  datasets: [],
};

function result(id: string, verdict: Verdict, { severity = 'block', line, parts = [] }: { severity?: Severity; line?: number; parts?: GatePart[] } = {}): GateResult {
  const gate: Gate = { id, severity, kind: 'metric', metric: 'recall', on: 'holdout', min: 0.5, decide: 'point', minRows: 100, ...(line === undefined ? {} : { line }) };
  return { gate, title: id, verdict, reason: 'recall is 0.4, needs ≥ 0.5', champion: null, candidate: null, difference: null, needs: '≥ 0.5', unit: 'share', bound: null, rows: 100, parts };
}

function run(gates: GateResult[]): JudgedRun {
  return { id: 'r1', model: { name: 'm', version: 'v2', digest: 'd' }, role: 'candidate', gates, startedAt: '', finishedAt: '', decision: { verdict: 'fail', sentence: '', blocking: [], warnings: [], notApplicable: [], counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } } };
}

describe('a gate that did not pass is told at its line', () => {
  it.each<[Verdict, Severity, string[]]>([
    ['pass', 'block', []],
    ['fail', 'block', ['error']],
    ['error', 'block', ['error']],
    ['inconclusive', 'block', ['information']],
    ['fail', 'warn', ['warning']],
    ['error', 'warn', ['warning']],
    ['inconclusive', 'warn', ['information']],
    ['fail', 'info', ['information']],
  ])('%s of a gate of severity %s is %j', (verdict, severity, told) => {
    expect(gateFindings([run([result('recall.min', verdict, { severity })])], outline).map((finding) => finding.severity)).toEqual(told);
  });

  it('with model, version and reason, in the order of the file', () => {
    const findings = gateFindings([run([result('recall.min', 'fail', { line: 30 }), result('cases', 'error', { line: 31 })])], outline);
    expect(findings.map(({ line, gate }) => [line, gate])).toEqual([[8, 'cases'], [9, 'recall.min']]);
    expect(findings[1].message).toBe('m v2: recall.min: recall is 0.4, needs ≥ 0.5');
  });

  it('a built-in gate stands at its model, and one that is no longer written is not told', () => {
    expect(gateFindings([run([result('outputs', 'fail'), result('gone.min', 'fail', { line: 12 })])], outline).map(({ line, gate }) => [line, gate])).toEqual([[2, 'outputs']]);
  });

  it('with the parts that decided it', () => {
    const part = (title: string, verdict: Verdict): GatePart => ({ title, verdict, reason: 'too low', champion: null, candidate: null, difference: null, rows: 40 });
    const [finding] = gateFindings([run([result('recall.min', 'fail', { parts: [part('AA', 'fail'), part('UA', 'pass')] })])], outline);
    expect(finding.parts).toEqual(['AA: too low']);
  });
});

describe('the newest run of a model', () => {
  const judged = (version: string, startedAt: string, champion = false): ModelVersionSummary => ({ model: 'm', version, digest: version, path: `${version}.onnx`, bytes: 1, seenAt: startedAt, champion, summary: null, run: { id: `run-${version}`, startedAt } as RunSummary });
  const snapshot = (models: ModelVersionSummary[]): Snapshot => ({ problem: null, models, refused: [], runs: [], batches: [], active: [], serving: null });

  it('is that of a candidate, never of the champion', () => {
    expect(newestRuns(snapshot([judged('v1', '2026-03', true), judged('v2', '2026-02'), judged('v3', '2026-01')])).get('m')?.id).toBe('run-v2');
  });

  it('does not exist while nothing is judged', () => {
    expect(newestRuns(snapshot([{ ...judged('v2', '2026-02'), run: null }])).size).toBe(0);
    expect(newestRuns(null).size).toBe(0);
  });
});
