import { describe, expect, it } from 'vitest';
import type { JudgedRun } from '../../extension/gate-findings.ts';
import { batchText, lensTexts } from '../../extension/lens-texts.ts';
import type { ModelVersionSummary, Snapshot } from '../../protocol/feed.ts';
import type { Gate, GateResult } from '../../protocol/gates.ts';
import type { Measured, Verdict } from '../../protocol/measured.ts';
import type { BatchSummary, RunSummary } from '../../protocol/run.ts';
import type { ConfigOutline } from '../../protocol/workspace.ts';

const roles = { reference: null, holdout: null, current: null, cases: null };
const outline = (models: string[]): ConfigOutline => ({
  models: models.map((name, index) => ({ name, line: 2 + index, task: 'binary', files: [], champion: 'v1', datasets: roles, gates: [{ id: 'recall.min', line: 30, severity: 'block' }, { id: 'outputs', line: 2 + index, severity: 'block' }] })),
  datasets: [{ name: 'current', line: 20, files: ['data/*.parquet'] }, { name: 'holdout', line: 21, files: ['h.parquet'] }],
});
const empty: Snapshot = { problem: null, models: [], refused: [], runs: [], batches: [], active: [], serving: null };

function judged(name: string, verdict: Verdict, { on = 'candidate', value = 0.913 }: { on?: 'candidate' | 'difference'; value?: number | null } = {}): JudgedRun {
  const gate: Gate = { id: 'recall.min', severity: 'block', kind: 'metric', metric: 'recall', on: 'holdout', min: 0.9, decide: 'point', minRows: 100 };
  const measured: Measured = { value, rows: 10 };
  const result: GateResult = { gate, title: 'recall', verdict, reason: '', champion: null, candidate: on === 'candidate' ? measured : null, difference: on === 'difference' ? measured : null, needs: '≥ 0.900', unit: 'share', bound: { on }, rows: 10, parts: [] };
  return { id: `run-${name}`, model: { name, version: 'v2', digest: '' }, role: 'candidate', gates: [result], decision: { verdict, sentence: '', blocking: [], warnings: [], notApplicable: [], counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } }, startedAt: '', finishedAt: '' };
}

const textsAt = (line: number, models: string[], snapshot: Snapshot, runs: JudgedRun[]) =>
  lensTexts(outline(models), snapshot, new Map(runs.map((run) => [run.model.name, run]))).filter((lens) => lens.line === line).map(({ text }) => text);

describe('over a gate', () => {
  it.each<[string, JudgedRun[], string[]]>([
    ['nothing judged yet', [], ['Run']],
    ['a pass', [judged('m', 'pass')], ['Run', 'v2: last 0.913, needs ≥ 0.900 ✓']],
    ['a failed comparison', [judged('m', 'fail', { on: 'difference', value: -0.041 })], ['Run', 'v2: last −4.1 pt, needs ≥ 0.900 ✗']],
    ['no measurement', [judged('m', 'error', { on: 'difference', value: null })], ['Run', 'v2: not measured, needs ≥ 0.900 !']],
  ])('%s', (_, runs, texts) => {
    expect(textsAt(30, ['m'], empty, runs)).toEqual(texts);
  });

  it('of several models each is named, and of many they are counted', () => {
    expect(textsAt(30, ['a', 'b'], empty, [judged('a', 'pass'), judged('b', 'fail')])).toEqual(['Run', 'a v2: last 0.913, needs ≥ 0.900 ✓', 'b v2: last 0.913, needs ≥ 0.900 ✗']);
    expect(textsAt(30, ['a', 'b', 'c', 'd'], empty, [judged('a', 'pass'), judged('b', 'fail'), judged('c', 'pass'), judged('d', 'pass')])).toEqual(['Run', '3 of 4 models pass']);
  });

  it('a gate of one model runs that model, one of several runs all', () => {
    const runOf = (models: string[]) => lensTexts(outline(models), empty, new Map()).find(({ line }) => line === 30)?.click;
    expect(runOf(['m'])).toEqual({ do: 'run', model: 'm' });
    expect(runOf(['m', 'n'])).toEqual({ do: 'run', model: null });
  });
});

describe('over a model', () => {
  const version = (name: string, verdict: Verdict, startedAt: string, blocking: string[] = []): ModelVersionSummary => ({ model: 'm', version: name, digest: name, path: '', bytes: 1, seenAt: '', champion: false, summary: null, run: { id: `run-${name}`, startedAt, decision: { verdict, blocking, warnings: [], sentence: '', counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } } } as unknown as RunSummary });

  it('says which version may be promoted, though a newer one is blocked', () => {
    expect(textsAt(2, ['m'], { ...empty, models: [version('v2', 'pass', '1'), version('v3', 'fail', '2', ['a', 'b'])] }, [judged('m', 'fail')])).toEqual(['Run', 'v2 promotable', 'Compare']);
  });

  it('else how the newest stands', () => {
    expect(textsAt(2, ['m'], { ...empty, models: [version('v2', 'error', '1'), version('v3', 'fail', '2', ['a', 'b'])] }, [])).toEqual(['Run', 'v3 blocked by 2 gates']);
  });
});

describe('over a dataset', () => {
  const batch = (name: string, checkedAt: string, moved: number, failing = 0): BatchSummary => ({ id: `${name} ${checkedAt}`, name, dataset: name.split('/')[0], digest: '', checkedAt, rows: 1, failing, moved, inconclusive: 0, effects: {} });

  it('the newest batch tells what moved', () => {
    expect(textsAt(20, ['m'], { ...empty, batches: [batch('current/06', '1', 0), batch('current/07', '2', 4), batch('currently', '3', 9)] }, [])).toEqual(['Check', '07: 4 columns moved']);
    expect(textsAt(21, ['m'], empty, [])).toEqual(['Check']);
  });

  it.each([
    [{ moved: 0, failing: 0, inconclusive: 0 }, 'clean'],
    [{ moved: 1, failing: 1, inconclusive: 0 }, '1 check fails, 1 column moved'],
    [{ moved: 0, failing: 2, inconclusive: 3 }, '2 checks fail, 3 columns with too few rows'],
  ])('%j reads %j', (batch, text) => {
    expect(batchText(batch)).toBe(text);
  });
});
