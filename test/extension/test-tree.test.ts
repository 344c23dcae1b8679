import { describe, expect, it } from 'vitest';
import type { JudgedRun } from '../../extension/gate-findings.ts';
import { idOf, testOutcome, testTree } from '../../extension/test-tree.ts';
import type { ModelVersionSummary, Snapshot } from '../../protocol/feed.ts';
import type { Gate, GatePart, GateResult } from '../../protocol/gates.ts';
import type { Severity, Verdict } from '../../protocol/measured.ts';
import type { RunSummary } from '../../protocol/run.ts';
import type { ConfigOutline } from '../../protocol/workspace.ts';

const outline: ConfigOutline = {
  models: [{ name: 'flight delay', line: 2, task: 'binary', files: [], champion: 'v1', datasets: { reference: null, holdout: null, current: null, cases: null }, gates: [{ id: 'recall.min', line: 9, severity: 'block' }, { id: 'roc_auc.non_inferior', line: 8, severity: 'warn' }] }],
  datasets: [],
};
const version = (name: string, champion: boolean, run: string | null): ModelVersionSummary => ({ model: 'flight delay', version: name, digest: name, path: '', bytes: 1, seenAt: '', champion, summary: null, run: run === null ? null : ({ id: run } as RunSummary) });
const snapshot: Snapshot = { problem: null, models: [version('v1', true, 'r1'), version('v2', false, null)], refused: [], runs: [], batches: [], active: [], serving: null };

function result(id: string, verdict: Verdict, { severity = 'block', line, parts = [] }: { severity?: Severity; line?: number; parts?: GatePart[] } = {}): GateResult {
  const gate: Gate = { id, severity, kind: 'non_inferior', metric: 'recall', on: 'holdout', margin: 0.03, alpha: 0.025, superior: false, minRows: 30, ...(line === undefined ? {} : { line }) };
  const difference = { value: -0.041, interval: { low: -0.062, high: -0.02, level: 0.95, method: 'tango' as const }, rows: 2110 };
  return { gate, title: `title of ${id}`, verdict, reason: '4.1 pt worse, allowed 3.0', champion: null, candidate: null, difference, needs: '≥ −3.0 pt', unit: 'share', bound: { on: 'difference', min: -0.03 }, rows: 2110, parts };
}

describe('the tests of a model', () => {
  const run = { gates: [result('outputs', 'pass'), result('recall.min', 'pass', { line: 30 })], decision: { notApplicable: ['roc_auc.non_inferior'] } } as unknown as JudgedRun;
  const [model] = testTree(outline, snapshot, (id) => (id === 'r1' ? run : null));

  it('are what was judged of a version, at the lines of today', () => {
    expect(model.versions[0].gates.map(({ label, line }) => [label, line])).toEqual([['title of outputs', 2], ['title of recall.min', 9]]);
    expect(model.versions[0].label).toBe('v1 (champion)');
  });

  it('are the written gates of a version that was not judged yet', () => {
    expect(model.versions[1].gates.map(({ label, line }) => [label, line])).toEqual([['recall.min', 9], ['roc_auc.non_inferior (warn)', 8]]);
  });

  it('are told apart by what they need where two judge the same', () => {
    const twice = { ...run, gates: [{ ...result('recall.min', 'pass', { line: 9 }), title: 'recall', needs: '≥ 0.3' }, { ...result('roc_auc.non_inferior', 'fail', { line: 8 }), title: 'recall' }] } as JudgedRun;
    expect(testTree(outline, snapshot, () => twice)[0].versions[0].gates.map(({ label }) => label)).toEqual(['recall: ≥ 0.3', 'recall: ≥ −3.0 pt']);
  });

  it('keep their ids when they are judged and when lines move', () => {
    const moved: ConfigOutline = { ...outline, models: [{ ...outline.models[0], line: 12, gates: outline.models[0].gates.map((gate) => ({ ...gate, line: gate.line + 10 })) }] };
    const ids = (tree: ReturnType<typeof testTree>) => tree.flatMap(({ id, versions }) => [id, ...versions.flatMap((each) => [each.id, ...each.gates.map((gate) => gate.id)])]);
    expect(ids(testTree(moved, snapshot, () => run))).toEqual(expect.arrayContaining(ids([model])));
    expect(idOf('a/b', 'c')).not.toBe(idOf('a', 'b/c'));
  });
});

describe('a gate in a list of tests', () => {
  it('that failed says what was needed and what was measured', () => {
    expect(testOutcome(result('g', 'fail'))).toEqual({ state: 'failed', message: 'title of g: 4.1 pt worse, allowed 3.0', expected: '≥ −3.0 pt', actual: '−4.1 pt [−6.2, −2.0], 2,110 rows' });
  });

  it.each<[Verdict, Severity, string]>([
    ['pass', 'block', 'passed'],
    ['pass', 'warn', 'passed'],
    ['inconclusive', 'block', 'errored'],
    ['error', 'block', 'errored'],
    ['fail', 'warn', 'skipped'],
    ['inconclusive', 'info', 'skipped'],
  ])('with verdict %s and severity %s is %s', (verdict, severity, state) => {
    expect(testOutcome(result('g', verdict, { severity })).state).toBe(state);
  });

  it('names the slices that decided it', () => {
    const part = (title: string, verdict: Verdict): GatePart => ({ title, verdict, reason: 'worse', champion: null, candidate: null, difference: null, rows: 9 });
    expect(testOutcome(result('g', 'fail', { parts: [part('AA', 'fail'), part('UA', 'pass')] }))).toMatchObject({ message: 'title of g: 4.1 pt worse, allowed 3.0\n  AA: worse' });
  });
});
