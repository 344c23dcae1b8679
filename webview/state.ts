import type { ActiveWork, Command, FeedMessage, Progress, Snapshot } from '../protocol/feed.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import type { StepOutcome } from '../protocol/run.ts';
import type { HostMessage, Powers, ViewTarget } from '../protocol/view.ts';

/** What the shell of a page knows: where it is, whether the server is there, and what is under way. */
export interface ViewState {
  target: ViewTarget | null;
  can: Powers;
  connection: { state: ConnectionState; reason: string | null };
  /** Null until the server has told it. */
  snapshot: Snapshot | null;
  works: Work[];
  /** What came of something the page itself asked for and that could not be done. */
  failed: ProblemBody | null;
}

export type ConnectionState = Extract<HostMessage, { kind: 'connection' }>['state'];

/** A piece of work that is waiting or under way. */
export interface Work {
  id: string;
  command: Command;
  /** The run it is making now. */
  run: RunUnderWay | null;
  progress: Pace | null;
  problems: ProblemBody[];
}

export interface RunUnderWay {
  id: string;
  /** Null when the page came after the run had started. */
  version: { model: string; version: string } | null;
  /** Those that ended while the page was there. */
  steps: StepOutcome[];
}

/** Progress of one step on one subject, with where and when it was first seen: enough to say how long it will take. */
export interface Pace extends Progress {
  first: { done: number; atMs: number };
  atMs: number;
}

/** What a host tells a page unasked. Of what failed an editor tells the user itself; in a browser the page does (`null`: it was read). */
export type Told = Exclude<HostMessage, { kind: 'answer' | 'refused' }> | { kind: 'failed'; problem: ProblemBody | null };

export const firstState: ViewState = { target: null, can: { work: false, editor: false }, connection: { state: 'starting', reason: null }, snapshot: null, works: [], failed: null };

/** @param nowMs a clock that never goes back, for the pace of progress */
export function reduce(state: ViewState, told: Told, nowMs: number): ViewState {
  switch (told.kind) {
    case 'show':
      return { ...state, target: told.target, can: told.can };
    case 'connection':
      return { ...state, connection: { state: told.state, reason: told.reason } };
    case 'failed':
      return { ...state, failed: told.problem };
    case 'feed':
      return follow(state, told.message, nowMs);
  }
}

function follow(state: ViewState, message: FeedMessage, nowMs: number): ViewState {
  switch (message.kind) {
    case 'hello':
      return state;
    case 'snapshot': {
      const known = new Map(state.works.map((work) => [work.id, work]));
      return { ...state, snapshot: message.snapshot, works: message.snapshot.active.map((active) => known.get(active.work) ?? workUnderWay(active, nowMs)) };
    }
    case 'work-started':
      return { ...state, works: [...state.works.filter(({ id }) => id !== message.work), workOf(message.work, message.command)] };
    case 'work-finished':
      return { ...state, works: state.works.filter(({ id }) => id !== message.work) };
    case 'run-started':
      return changeWork(state, message.work, () => ({ run: { id: message.run, version: { model: message.model, version: message.version }, steps: [] }, progress: null }));
    case 'step':
      return changeWork(state, message.work, ({ run }) => ({ run: { id: message.run, version: run?.id === message.run ? run.version : null, steps: [...(run?.id === message.run ? run.steps : []), message.outcome] }, progress: null }));
    case 'progress':
      return changeWork(state, message.progress.work, ({ progress }) => ({ progress: paceOf(message.progress, progress, nowMs) }));
    case 'run-finished':
      return withRun(changeWork(state, message.work, () => ({ run: null, progress: null })), message.run);
    case 'run-kept':
      return withRun(state, message.run);
    case 'problem':
      return changeWork(state, message.work, ({ problems }) => ({ problems: [...problems, message.problem] }));
    case 'batch-checked':
      return changeSnapshot(state, (snapshot) => ({ batches: [message.batch, ...snapshot.batches.filter(({ id }) => id !== message.batch.id)] }));
    case 'model-seen':
      return changeSnapshot(state, (snapshot) => ({ models: [...snapshot.models.filter(({ model, version }) => model !== message.version.model || version !== message.version.version), message.version] }));
    case 'model-refused':
      return changeSnapshot(state, (snapshot) => ({ refused: [...snapshot.refused.filter(({ path }) => path !== message.file.path), message.file] }));
    case 'config-changed':
      return changeSnapshot(state, () => ({ problem: message.problem }));
    case 'serving-changed':
      return changeSnapshot(state, () => ({ serving: message.serving }));
    case 'was-set-up':
    case 'stated':
    case 'shadow-changed':
    case 'live':
      return state;
  }
}

function workOf(id: string, command: Command): Work {
  return { id, command, run: null, progress: null, problems: [] };
}

/** Work that was under way when the page came. */
function workUnderWay({ work, command, run, progress }: ActiveWork, nowMs: number): Work {
  return {
    ...workOf(work, command),
    run: run === null ? null : { id: run.id, version: { model: run.model, version: run.version }, steps: [] },
    progress: progress === null ? null : paceOf(progress, null, nowMs),
  };
}

function changeWork(state: ViewState, id: string, change: (work: Work) => Partial<Work>): ViewState {
  if (!state.works.some((work) => work.id === id)) return state;
  return { ...state, works: state.works.map((work) => (work.id === id ? { ...work, ...change(work) } : work)) };
}

function changeSnapshot(state: ViewState, change: (snapshot: Snapshot) => Partial<Snapshot>): ViewState {
  return state.snapshot === null ? state : { ...state, snapshot: { ...state.snapshot, ...change(state.snapshot) } };
}

function withRun(state: ViewState, run: Snapshot['runs'][number]): ViewState {
  return changeSnapshot(state, ({ runs }) => ({ runs: [run, ...runs.filter(({ id }) => id !== run.id)] }));
}

function paceOf(progress: Progress, before: Pace | null, nowMs: number): Pace {
  const same = before !== null && before.step === progress.step && before.subject === progress.subject && before.done <= progress.done;
  return { ...progress, first: same ? before.first : { done: progress.done, atMs: nowMs }, atMs: nowMs };
}

const patienceMs = 1_500;

/** How long the step will still take, at the pace it has had; null before that can be said. */
export function remainingMs({ done, total, first, atMs }: Pace): number | null {
  const elapsed = atMs - first.atMs;
  if (total === null || done >= total || done <= first.done || elapsed < patienceMs) return null;
  return ((total - done) * elapsed) / (done - first.done);
}
