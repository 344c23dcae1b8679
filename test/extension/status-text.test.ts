import { describe, expect, it } from 'vitest';
import { activityText, currentWork } from '../../extension/activity.ts';
import { relayFeed } from '../../extension/relay-feed.ts';
import { statusCommands, statusText, type StatusFacts } from '../../extension/status-text.ts';
import type { ActiveWork, FeedMessage, Snapshot } from '../../protocol/feed.ts';
import type { Verdict } from '../../protocol/measured.ts';
import type { RunSummary } from '../../protocol/run.ts';
import type { RuntimeReport } from '../../protocol/runtime.ts';

const run = (verdict: Verdict): RunSummary => ({ id: 'r-1', model: 'flight-delay', version: 'v3', digest: '', role: 'candidate', startedAt: '', milliseconds: 1, decision: { verdict, sentence: 'v3 is *blocked* by [this](command:evil)', blocking: [], warnings: [], counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } }, headline: {} });
const snapshot = (runs: RunSummary[]): Snapshot => ({ problem: null, models: [], refused: [], runs, batches: [], active: [], serving: null });
const runtime = { provider: 'cpu', refused: [{ provider: 'cuda', reason: 'libcudnn.so.9 is missing' }], onnxruntime: '1.30.0' } as unknown as RuntimeReport;
const judging: ActiveWork = { work: 'w', command: { kind: 'run' }, run: { id: 'r', model: 'flight-delay', version: 'v3' }, progress: { work: 'w', step: 'predict', subject: 'holdout', done: 1, total: 2, unit: 'rows' } };
const watching: ActiveWork = { work: 'v', command: { kind: 'run', watch: true }, run: null, progress: null };
const facts: StatusFacts = { folder: 'file:///flights', state: { name: 'ready' }, trusted: true, snapshot: snapshot([run('pass')]), activity: null, runtime };

describe('the status', () => {
  it.each<[string, Partial<StatusFacts>, string]>([
    ['the last verdict and where it was reached', {}, '$(pass) v3 promotable · CPU'],
    ['a version that is blocked', { snapshot: snapshot([run('fail')]), runtime: null }, '$(error) v3 blocked'],
    ['a version with too little evidence', { snapshot: snapshot([run('inconclusive')]), runtime: null }, '$(question) v3 inconclusive'],
    ['what is being done', { activity: judging }, '$(sync~spin) v3: predict'],
    ['that nothing was judged yet', { snapshot: snapshot([]), runtime: null }, '$(verified) Slipway'],
    ['that a watching run is idle between its passes', { activity: watching }, '$(pass) v3 promotable · CPU'],
    ['that the server is away', { state: { name: 'lost', reason: 'killed' } }, '$(sync~spin) Slipway restarting'],
    ['that it stopped', { state: { name: 'stopped', reason: 'killed' } }, '$(error) Slipway stopped'],
  ])('tells %s', (_, change, text) => {
    expect(statusText({ ...facts, ...change }).text).toBe(text);
  });

  it('has the refused providers with their reasons, and links to what can be done, in its tooltip', () => {
    const { tooltip } = statusText(facts);
    expect(tooltip).toContain('CUDA refused\\: libcudnn\\.so\\.9 is missing');
    expect([...tooltip.matchAll(/(?<!\\)\]\(command:([\w.]+)/g)].map(([, command]) => command)).toEqual(['slipway.runGates', 'slipway.openReport', 'slipway.restartServer', 'slipway.showLog']);
  });

  it('links to nothing that a report could have written', () => {
    const { tooltip } = statusText(facts);
    expect(tooltip).not.toMatch(/(?<!\\)\(command:evil/);
    expect(statusCommands).not.toContain('evil');
  });

  it('offers only trust where nothing is trusted', () => {
    const { tooltip } = statusText({ ...facts, trusted: false, state: { name: 'idle' } });
    expect([...tooltip.matchAll(/(?<!\\)\]\(command:([\w.]+)/g)].map(([, command]) => command)).toEqual(['workbench.trust.manage']);
  });
});

describe('the activity', () => {
  it.each([
    ['a run', judging, 'flight-delay v3: predict holdout · 1 of 2 rows'],
    ['a run that has just begun', { ...judging, progress: null }, 'flight-delay v3: judging'],
    ['a watching run between its passes', watching, 'watching for changes'],
    ['a check', { ...watching, command: { kind: 'check', path: '/data.csv' } as const }, 'checking data'],
    ['bytes in units that say enough', { ...watching, progress: { work: 'w', step: 'profile', subject: 'reference', done: 1_500_000, total: null, unit: 'bytes' } as const }, 'profile reference · 1.5 MB'],
    ['a single file without a count', { ...watching, progress: { work: 'w', step: 'profile', subject: 'reference', done: 0, total: 1, unit: 'files' } as const }, 'profile reference'],
  ])('of %s is told', (_, work, text) => {
    expect(activityText(work)).toBe(text);
  });

  it('is that of the run under way, whatever stands before it', () => {
    expect(currentWork({ ...snapshot([]), active: [watching, judging] })).toBe(judging);
    expect(currentWork({ ...snapshot([]), active: [watching] })).toBe(watching);
    expect(currentWork(snapshot([]))).toBeNull();
  });
});

describe('the feed to a page', () => {
  const progress = (done: number): FeedMessage => ({ kind: 'progress', progress: { work: 'w', step: 'predict', subject: '', done, total: null, unit: 'rows' } });
  const finished: FeedMessage = { kind: 'work-finished', sequence: 1, work: 'w', state: 'done', runs: [], batches: [] };

  it('has of a thousand messages of progress only the newest', () => {
    const sent: FeedMessage[] = [];
    let flush = (): void => undefined;
    const relay = relayFeed((message) => sent.push(message), (act) => ((flush = act), () => undefined));
    for (let done = 0; done < 1_000; done++) relay.hear(progress(done));
    expect(sent).toEqual([]);
    flush();
    expect(sent).toEqual([progress(999)]);
  });

  it('keeps its order', () => {
    const sent: FeedMessage[] = [];
    const relay = relayFeed((message) => sent.push(message), () => () => undefined);
    relay.hear(progress(1));
    relay.hear(finished);
    expect(sent).toEqual([progress(1), finished]);
  });
});
