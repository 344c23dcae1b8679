import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FeedMessage, Progress, Snapshot } from '../../protocol/feed.ts';
import { firstState, reduce, remainingMs, type Pace, type Told, type ViewState } from '../../webview/state.ts';
import { summaryOf } from './answers.ts';
import { blockedRun } from '../figures/report-fixture.ts';

const run = summaryOf(blockedRun());
const empty: Snapshot = { problem: null, models: [], refused: [], runs: [], batches: [], active: [], serving: null };

function feed(message: FeedMessage): Told {
  return { kind: 'feed', message };
}

function after(...messages: FeedMessage[]): ViewState {
  return messages.reduce((state, message, index) => reduce(state, feed(message), index * 1_000), firstState);
}

function progress(done: number, rest: Partial<Progress> = {}): FeedMessage {
  return { kind: 'progress', progress: { work: 'work-0001', step: 'evaluate', subject: 'holdout', done, total: 100, unit: 'rows', ...rest } };
}

const started: FeedMessage[] = [
  { kind: 'snapshot', sequence: 0, snapshot: empty },
  { kind: 'work-started', sequence: 1, work: 'work-0001', command: { kind: 'run' } },
  { kind: 'run-started', sequence: 2, work: 'work-0001', run: run.id, model: run.model, version: run.version },
];

describe('what a page knows of the work under way', () => {
  it('a run that starts is known by its model and version, without steps', () => {
    expect(after(...started).works).toEqual([{ id: 'work-0001', command: { kind: 'run' }, run: { id: run.id, version: { model: run.model, version: run.version }, steps: [] }, progress: null, problems: [] }]);
  });

  it('a step that ends is kept in order and ends the progress of before', () => {
    const state = after(...started, progress(40), { kind: 'step', sequence: 3, work: 'work-0001', run: run.id, outcome: { step: 'evaluate', state: 'done', subject: 'holdout', milliseconds: 900 } });
    expect(state.works[0].run?.steps.map(({ step, state: ended }) => [step, ended])).toEqual([['evaluate', 'done']]);
    expect(state.works[0].progress).toBeNull();
  });

  it('a page that comes in the middle learns of the run from its next step', () => {
    const state = after({ kind: 'snapshot', sequence: 5, snapshot: { ...empty, active: [{ work: 'work-0001', command: { kind: 'run' }, run: null, progress: null }] } }, { kind: 'step', sequence: 6, work: 'work-0001', run: run.id, outcome: { step: 'compare', state: 'done', milliseconds: 10 } });
    expect(state.works[0].run).toMatchObject({ id: run.id, version: null });
  });

  it('a finished run is the first of the snapshot and no longer under way, its work goes on', () => {
    const state = after(...started, { kind: 'run-finished', sequence: 3, work: 'work-0001', run });
    expect(state.snapshot?.runs).toEqual([run]);
    expect(state.works.map(({ run: underWay }) => underWay)).toEqual([null]);
  });

  it('work that ends is gone, whatever was told of it', () => {
    expect(after(...started, progress(10), { kind: 'work-finished', sequence: 3, work: 'work-0001', state: 'cancelled', runs: [], batches: [] }).works).toEqual([]);
  });

  it('a snapshot after a gap drops work that has ended and keeps what is known of the rest', () => {
    const known = after(...started, progress(10));
    const again = reduce(known, feed({ kind: 'snapshot', sequence: 9, snapshot: { ...empty, active: [{ work: 'work-0001', command: { kind: 'run' }, run: null, progress: null }, { work: 'work-0002', command: { kind: 'set-up' }, run: null, progress: null }] } }), 5_000);
    expect(again.works.map(({ id, run: underWay }) => [id, underWay?.id ?? null])).toEqual([['work-0001', run.id], ['work-0002', null]]);
    expect(reduce(known, feed({ kind: 'snapshot', sequence: 9, snapshot: empty }), 5_000).works).toEqual([]);
  });

  it('messages about work it does not know change nothing', () => {
    expect(after({ kind: 'snapshot', sequence: 0, snapshot: empty }, progress(10)).works).toEqual([]);
  });

  it('the connection and its reason are those told last', () => {
    const lost = reduce(firstState, { kind: 'connection', state: 'lost', reason: 'it ended' }, 0);
    expect(lost.connection).toEqual({ state: 'lost', reason: 'it ended' });
    expect(reduce(lost, { kind: 'connection', state: 'ready', reason: null }, 1).connection).toEqual({ state: 'ready', reason: null });
  });

  it('is never changed in place', () => {
    const message = fc.constantFrom<FeedMessage>(...started, progress(3), progress(50, { subject: 'current' }), { kind: 'run-finished', sequence: 4, work: 'work-0001', run }, { kind: 'work-finished', sequence: 5, work: 'work-0001', state: 'done', runs: [], batches: [] });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (messages) => {
        let state = firstState;
        for (const [index, each] of messages.entries()) {
          const before = JSON.stringify(state);
          const next = reduce(state, feed(each), index);
          expect(JSON.stringify(state)).toBe(before);
          state = next;
        }
      }),
    );
  });
});

describe('how long a step will still take', () => {
  const pace = (done: number, atMs: number, rest: Partial<Pace> = {}): Pace => ({ work: 'work-0001', step: 'evaluate', subject: 'holdout', done, total: 100, unit: 'rows', first: { done: 0, atMs: 0 }, atMs, ...rest });

  it.each([
    ['nothing before it has been watched for a while', pace(50, 1_000), null],
    ['as long again at half', pace(50, 4_000), 4_000],
    ['a third of the time so far at three quarters', pace(75, 6_000), 2_000],
    ['nothing when the total is not known', pace(50, 4_000, { total: null }), null],
    ['nothing when it stands still', pace(0, 9_000), null],
    ['nothing when it is done', pace(100, 9_000), null],
    ['by what was done since it was first seen', pace(60, 4_000, { first: { done: 20, atMs: 0 } }), 4_000],
  ])('%s', (_, of, expected) => {
    expect(remainingMs(of)).toBe(expected);
  });

  it('starts anew with another step, another subject, or a count that went back', () => {
    const first = (...messages: FeedMessage[]) => after(...started, ...messages).works[0].progress?.first;
    expect(first(progress(10), progress(30))).toEqual({ done: 10, atMs: 3_000 });
    expect(first(progress(10), progress(30, { subject: 'current' }))).toEqual({ done: 30, atMs: 4_000 });
    expect(first(progress(10), progress(5))).toEqual({ done: 5, atMs: 4_000 });
  });
});
