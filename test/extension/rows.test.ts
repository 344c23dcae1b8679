import { describe, expect, it } from 'vitest';
import { dataRows, sparkline } from '../../extension/views/data-rows.ts';
import { blockingCount, gateRows } from '../../extension/views/gate-rows.ts';
import { modelRows } from '../../extension/views/model-rows.ts';
import { ageText, plain, type FolderState, type Row } from '../../extension/views/row.ts';
import { viewState } from '../../extension/views/view-state.ts';
import type { ActiveWork, ModelVersionSummary, Snapshot } from '../../protocol/feed.ts';
import type { GateResult } from '../../protocol/gates.ts';
import type { Verdict } from '../../protocol/measured.ts';
import type { BatchSummary, RunSummary } from '../../protocol/run.ts';
import type { ReadinessReport } from '../../protocol/workspace.ts';

const at = '2026-11-23T02:00:00.000Z';
const nowMs = Date.parse('2026-11-23T02:03:30.000Z');

function run(version: string, verdict: Verdict, blocking: string[] = []): RunSummary {
  return { id: `r-${version}`, model: 'flight-delay', version, digest: version.padEnd(64, '0'), role: version === 'v1' ? 'champion' : 'candidate', startedAt: at, milliseconds: 1, decision: { verdict, sentence: `${version} is judged: ${verdict === 'fail' ? 'worse for carrier AA (−20.0 pt recall)' : verdict}.`, blocking, warnings: [], counts: { pass: 7, fail: blocking.length, inconclusive: 0, error: 0 } }, headline: {} };
}

function version(name: string, verdict: RunSummary | null): ModelVersionSummary {
  return { model: 'flight-delay', version: name, digest: name.padEnd(64, '0'), path: `models/flight-delay/${name}/model.onnx`, bytes: 4028, seenAt: at, champion: name === 'v1', summary: null, run: verdict };
}

const batch = (name: string, failing: number, moved: number): BatchSummary => ({ id: `b-${name}`, name, dataset: name.split('/')[0], digest: 'd'.repeat(64), checkedAt: at, rows: 27_020, failing, moved, inconclusive: 0, effects: {} });
const empty: Snapshot = { problem: null, models: [], refused: [], runs: [], batches: [], active: [], serving: null };

function folder(snapshot: Partial<Snapshot>, activity: ActiveWork | null = null): FolderState {
  return { name: 'flights', uri: 'file:///flights', snapshot: { ...empty, ...snapshot }, outline: null, activity, nowMs };
}

const lines = (rows: Row[], depth = 0): string[] => rows.flatMap((row) => [`${'  '.repeat(depth)}${row.icon.id} ${row.label}${row.description === undefined ? '' : ` | ${row.description}`}`, ...lines(row.children ?? [], depth + 1)]);

describe('the models', () => {
  const versions = [version('v1', run('v1', 'pass')), version('v2', run('v2', 'pass')), version('v3', run('v3', 'fail', ['recall.carrier = AA', 'cases'])), version('v10', null)];

  it('stand with their versions, newest first, each with its verdict in words and in a shape', () => {
    expect(lines(modelRows(folder({ models: versions })))).toEqual([
      'package flight-delay | champion v1 · v2 ready',
      '  circle-outline v10 | not judged yet · 3 min',
      '  error v3 | blocked · worse for carrier AA (−20.0 pt recall) · 3 min',
      '  pass v2 | promotable · 3 min',
      '  star-full v1 | champion · sha256:v10000… · 3 min',
    ]);
  });

  it('say what may be done with each', () => {
    const [model] = modelRows(folder({ models: versions }));
    expect(model.children?.map(({ label, kind, command }) => [label, kind, command?.id])).toEqual([
      ['v10', 'version candidate unjudged', undefined],
      ['v3', 'version candidate judged comparable', 'slipway.openReport'],
      ['v2', 'version candidate judged comparable', 'slipway.openReport'],
      ['v1', 'version champion judged comparable', 'slipway.openReport'],
    ]);
    expect(model.children?.[1].subject).toMatchObject({ folder: 'file:///flights', model: 'flight-delay', version: 'v3', run: 'r-v3' });
  });

  it('show which one is being judged, and how far', () => {
    const activity: ActiveWork = { work: 'w', command: { kind: 'run' }, run: { id: 'r', model: 'flight-delay', version: 'v10' }, progress: { work: 'w', step: 'predict', subject: 'holdout', done: 12_000, total: 24_814, unit: 'rows' } };
    expect(lines(modelRows(folder({ models: versions }, activity)))[1]).toBe('  loading~spin v10 | predict holdout · 12,000 of 24,814 rows');
  });

  it('name the files that are no version, with the reason', () => {
    expect(lines(modelRows(folder({ refused: [{ path: 'models/flight-delay/v5/model.onnx', code: 'model-refused', message: 'custom operators' }, { path: 'models/flight-delay/v6/model.onnx', code: 'model-incomplete', message: 'ends too early' }] })))).toEqual([
      'warning v5/model.onnx | refused · custom operators',
      'warning v6/model.onnx | not complete · ends too early',
    ]);
  });

  it('are spoken as they are drawn', () => {
    const [model] = modelRows(folder({ models: versions }));
    expect(model.children?.map(({ spoken }) => spoken)).toEqual(['Version v10 of flight-delay, not judged yet', 'Version v3 of flight-delay, v3 is judged: worse for carrier AA (−20.0 pt recall).', 'Version v2 of flight-delay, v2 is judged: pass.', 'Version v1 of flight-delay, champion, v1 is judged: pass.']);
  });
});

describe('the data', () => {
  it('stands by dataset with its newest batch, earlier ones below', () => {
    const batches = [batch('current/2013-12', 1, 4), batch('reference', 0, 0), batch('current/2013-11', 0, 0), batch('current/2013-12', 9, 9)];
    expect(lines(dataRows(folder({ batches })))).toEqual([
      'error current | 2013-12 · 1 check fails, 4 columns moved · 27,020 rows · 3 min',
      '  error 2013-12 | 1 check fails, 4 columns moved · 27,020 rows · 3 min',
      '  pass 2013-11 | clean · 27,020 rows · 3 min',
      'pass reference | clean · 27,020 rows · 3 min',
    ]);
  });

  it('a dataset that was never checked is named all the same', () => {
    const state = { ...folder({}), outline: { models: [], datasets: [{ name: 'holdout', line: 9, files: ['data/holdout.parquet'] }] } };
    expect(lines(dataRows(state))).toEqual(['circle-outline holdout | not checked yet']);
  });

  it('past a dozen batches the rest is folded away', () => {
    const batches = Array.from({ length: 15 }, (_, month) => batch(`current/2013-${String(month + 1).padStart(2, '0')}`, 0, 0));
    const [dataset] = dataRows(folder({ batches }));
    expect(dataset.children).toHaveLength(13);
    expect(dataset.children?.[12]).toMatchObject({ label: '3 earlier', children: [{ label: '2013-03' }, { label: '2013-02' }, { label: '2013-01' }] });
  });

  it('a trend fills its line with the largest', () => {
    expect(sparkline([0, 1, 2, 7])).toBe('▁▂▃█');
    expect(sparkline([0, 0])).toBe('▁▁');
  });
});

describe('gates and readiness', () => {
  const gate = (id: string, verdict: Verdict, severity: 'block' | 'warn' = 'block', line?: number): GateResult => ({ gate: { id, severity, kind: 'cases', minShare: 1, ...(line === undefined ? {} : { line }) }, title: id, verdict, reason: `${id} ${verdict}`, champion: null, candidate: null, difference: null, needs: 'all', unit: 'share', bound: null, rows: null, parts: [] });
  const gates = new Map([['r-v3', [gate('latency', 'pass'), gate('drift', 'fail', 'warn', 44), gate('recall', 'fail', 'block', 31), gate('tpr gap', 'inconclusive')]]]);
  const readiness: ReadinessReport = { model: 'flight-delay', version: 'v3', digest: null, ready: false, sentence: 'Not ready: 1 of 2 criteria lacks evidence.', counts: { met: 1, of: 2 }, criteria: [
    { criterion: 'value of outcomes', group: 'Business', kind: 'built-in', state: 'pass', text: '+412', evidence: null, next: null },
    { criterion: 'encryption at rest', group: 'Security', kind: 'statement', line: 60, state: 'missing', text: 'no one has stated it', evidence: null, next: 'State it' },
  ] };
  const state = folder({ models: [version('v1', run('v1', 'pass')), version('v3', run('v3', 'fail', ['recall', 'cases']))] });

  it('of the newest candidate stand with trouble on top and what passes folded away', () => {
    expect(lines(gateRows(state, { gates: (id) => gates.get(id) ?? [], readiness: () => readiness }))).toEqual([
      'error flight-delay v3 | 7 of 9 gates pass',
      '  error recall | recall fail · slipway.yaml:31',
      '  warning drift | warning only · drift fail · slipway.yaml:44',
      '  question tpr gap | tpr gap inconclusive',
      '  pass 1 more pass',
      '    pass latency | latency pass',
      '  checklist Readiness | 1 of 2 criteria met',
      '    circle-slash encryption at rest | no one has stated it',
    ]);
  });

  it('lead to the line of the gate as slipway.yaml stands now', () => {
    const moved = { ...state, outline: { models: [{ name: 'flight-delay', line: 2, task: null, files: [], champion: 'v1', datasets: { reference: null, holdout: null, current: null, cases: null }, gates: [{ id: 'recall', line: 35, severity: 'block' as const }] }], datasets: [] } };
    const [judged] = gateRows(moved, { gates: (id) => gates.get(id) ?? [], readiness: () => null });
    expect(judged.children?.[0]).toMatchObject({ label: 'recall', command: { id: 'slipway.openConfig' }, subject: { path: 'slipway.yaml', line: 35 } });
    // A gate that is no longer written has no line to lead to.
    expect(judged.children?.[1]).toMatchObject({ label: 'drift', command: { id: 'slipway.openReport' } });
  });

  it('count what blocks the newest candidates, not the champion', () => {
    expect(blockingCount([state])).toBe(2);
    expect(blockingCount([folder({ models: [version('v1', run('v1', 'fail', ['recall'])), version('v2', run('v2', 'pass'))] })])).toBe(0);
  });
});

describe('the welcome', () => {
  const session = { hasConfig: true, state: { name: 'ready' } as const, problem: null, isRead: true };
  const config = { type: 'urn:slipway:problem:config-invalid', code: 'config-invalid', title: '', detail: '', hint: '', status: 400 } as const;
  const calm = { folders: 1, trusted: true, hasServer: true, sessions: [session], hasRows: false };

  it.each([
    ['rows come before everything', { ...calm, trusted: false, hasRows: true }, 'ready'],
    ['a window without a folder', { ...calm, folders: 0, sessions: [] }, 'no-folder'],
    ['a package without a server', { ...calm, hasServer: false }, 'no-server'],
    ['a folder that is not trusted', { ...calm, trusted: false }, 'untrusted'],
    ['a folder without slipway.yaml', { ...calm, sessions: [] }, 'no-config'],
    ['an error in slipway.yaml', { ...calm, sessions: [{ ...session, problem: config }] }, 'config-error'],
    ['a server that has stopped', { ...calm, sessions: [{ ...session, state: { name: 'stopped', reason: 'x' } as const }] }, 'stopped'],
    ['a server that is on its way', { ...calm, sessions: [{ ...session, state: { name: 'starting' } as const }] }, 'starting'],
    ['a slipway.yaml that is being read', { ...calm, sessions: [{ ...session, isRead: false }] }, 'starting'],
    ['a slipway.yaml without models', calm, 'empty'],
  ])('%s', (_, situation, state) => {
    expect(viewState(situation)).toBe(state);
  });
});

it.each([['2026-11-23T02:03:00Z', 'just now'], ['2026-11-23T02:00:00Z', '3 min'], ['2026-11-22T20:00:00Z', '6 h'], ['2026-10-13T02:00:00Z', '41 d'], ['2027-01-01T00:00:00Z', 'just now'], ['never', '']])('%s was %s ago', (time, text) => {
  expect(ageText(time, nowMs)).toBe(text);
});

it('names from files cannot become links, images or markup in a tooltip', () => {
  expect(plain('![x](https://evil.example) <img src=x> [run](command:x) `a` **b**\n# c $(bug)')).toBe('\\!\\[x\\]\\(https\\://evil\\.example\\) \\<img src=x\\> \\[run\\]\\(command\\:x\\) \\`a\\` \\*\\*b\\*\\* \\# c \\$\\(bug\\)');
});
