import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../protocol/run.ts';
import { metricRegistry } from '../../server/stats/metric-registry.ts';
import { compareEvaluations, gateChanges, inputChanges, lineChanges, lowerIsBetter } from '../../webview/run-difference.ts';
import { blockedRun, promotableRun } from '../figures/report-fixture.ts';

const championDigest = 'c0'.repeat(32);

function judgedAgainst(digest: string): RunReport {
  const run = blockedRun();
  return { ...run, comparisons: Object.fromEntries(Object.entries(run.comparisons).map(([role, comparison]) => [role, { ...comparison, champion: { ...comparison.champion, digest } }])) };
}

describe('two runs side by side', () => {
  it('are compared row by row where the second was judged against the first', () => {
    const first = { ...promotableRun(), model: { ...promotableRun().model, digest: championDigest } };
    expect(compareEvaluations(first, judgedAgainst(championDigest)).map(({ role, how }) => [role, how.kind])).toContainEqual(['holdout', 'paired']);
  });

  it('are each told by itself otherwise, without an interval for the difference', () => {
    const on = compareEvaluations(promotableRun(), judgedAgainst('another'));
    expect(on.map(({ how }) => how.kind)).not.toContain('paired');
    expect(on.flatMap(({ metrics, slices }) => [...metrics, ...slices]).filter(({ difference, pValue }) => difference.interval !== undefined || pValue !== null)).toEqual([]);
  });

  it('whose evaluations are missing or refused are not compared at all', () => {
    expect(compareEvaluations({ ...promotableRun(), evaluations: {} }, judgedAgainst('another'))).toEqual([]);
  });

  it('a run against itself has no gate and no input that changed', () => {
    const run = blockedRun();
    expect(gateChanges(run, run)).toEqual({ changed: [], oneSided: [], same: run.gates.length });
    expect(inputChanges(run, run).changed).toEqual([]);
  });

  it('what got worse stands above what got better', () => {
    const before = blockedRun();
    const [a, b, ...rest] = before.gates;
    const first = { ...before, gates: [{ ...a, verdict: 'fail' as const }, { ...b, verdict: 'pass' as const }, ...rest] };
    const second = { ...before, gates: [{ ...a, verdict: 'pass' as const }, { ...b, verdict: 'fail' as const }, ...rest] };
    expect(gateChanges(first, second).changed.map(({ id, before: was, after }) => [id, was, after])).toEqual([[b.gate.id, 'pass', 'fail'], [a.gate.id, 'fail', 'pass']]);
  });

  it('a gate that only one was asked is told apart from those that changed', () => {
    const run = blockedRun();
    const { changed, oneSided } = gateChanges({ ...run, gates: run.gates.slice(1) }, run);
    expect(changed).toEqual([]);
    expect(oneSided.map(({ id, before }) => [id, before])).toEqual([[run.gates[0].gate.id, null]]);
  });

  it('names the data, the rules and the provider that differ, and nothing else', () => {
    const run = blockedRun();
    const other: RunReport = { ...run, lineage: { ...run.lineage, provider: 'cuda', seed: run.lineage.seed + 1, policy: { ...run.lineage.policy, digest: 'ff'.repeat(32) } } };
    expect(inputChanges(run, other).changed.map(({ name }) => name)).toEqual(['gates', 'seed', 'execution provider']);
  });

  it.each(Object.entries(metricRegistry))('%s is better in the direction that the evaluation says', (name, { better }) => {
    if (typeof better === 'string') expect(lowerIsBetter(name)).toBe(better === 'lower');
  });
});

describe('lines that differ', () => {
  it('are those not in the longest common subsequence, with their line numbers', () => {
    expect(lineChanges('a\nb\nc', 'a\nx\nc\nd')).toEqual([
      { sign: '−', line: 2, text: 'b' },
      { sign: '+', line: 2, text: 'x' },
      { sign: '+', line: 4, text: 'd' },
    ]);
  });

  it('turn the first text into the second', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const changes = lineChanges(before, after) ?? [];
        const removed = new Set(changes.filter(({ sign }) => sign === '−').map(({ line }) => line));
        const added = new Set(changes.filter(({ sign }) => sign === '+').map(({ line }) => line));
        const kept = (text: string, without: Set<number>) => text.split('\n').filter((_, index) => !without.has(index + 1));
        expect(kept(before, removed)).toEqual(kept(after, added));
        expect(changes.every(({ sign, line, text }) => (sign === '−' ? before : after).split('\n')[line - 1] === text)).toBe(true);
      }),
    );
  });

  it('are not looked for in texts too long for it', () => {
    expect(lineChanges('x\n'.repeat(3_000), 'y')).toBeNull();
  });
});
