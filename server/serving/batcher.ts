import type { TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { joinTensors, RowsMismatch, sliceRows, splitTensors } from '../engines/join-tensors.ts';

/** One copy of a model, which computes one batch at a time; a `ModelHost` is one. */
export interface Runner {
  run(inputs: TensorMap, options: { outputs?: string[]; signal?: AbortSignal; deadlineMs?: number }): Promise<TensorMap>;
}

/** Highest first. */
export const priorities = ['interactive', 'batch', 'shadow'] as const;
export type Priority = (typeof priorities)[number];

export interface BatchSettings {
  /** 1: rows are not put together, and each request is run as it came. */
  maxBatchRows: number;
  /** A batch that has exactly so many rows does not wait for more. */
  preferredBatchRows: readonly number[];
  /** How long a runner may stay idle for a batch to fill. */
  maxQueueDelayUs: number;
  /** Replies of a priority leave in the order in which its requests came. */
  preserveOrdering: boolean;
  /** Of waiting requests. One that finds nobody waiting is taken whatever its size. */
  maxQueueRows: Readonly<Record<Priority, number>>;
  /** Longest time in the queue; a request may ask for less. */
  timeoutMs: number;
  /** What happens then: refused, or served after all of its priority that are not late. */
  timeoutAction: 'reject' | 'delay';
}

export interface Submitted {
  inputs: TensorMap;
  rows: number;
  /** Null: all. */
  outputs: readonly string[] | null;
  priority: Priority;
  timeoutMs: number | null;
  signal?: AbortSignal;
  /** Handed back with the batch it is in, and never looked into. */
  trace?: object;
}

export interface Answered {
  /** Numbers may be views on the whole batch. */
  outputs: TensorMap;
  /** All the time it was not being computed, between batches included. */
  queueUs: number;
  computeUs: number;
  /** Rows of the batch it was in; of the largest where it was cut. */
  batchRows: number;
  closedBy: CloseReason;
}

/**
 * Why a batch was not made larger: the next request would not have fitted; a preferred size was reached; the oldest had
 * waited as long as it may; nothing more was waiting; the next is of another form; it has to be alone (larger than a batch,
 * or rows are not put together); it was in a batch that failed.
 */
export type CloseReason = 'max-rows' | 'preferred' | 'delay' | 'idle-runner' | 'incompatible' | 'alone' | 'retry-alone';

/** A batch that was run, however it ended. */
export interface BatchRun {
  rows: number;
  requests: number;
  /** Of its first request, which none in it exceeds. */
  priority: Priority;
  closedBy: CloseReason;
  /** How long its first request had waited. */
  queueUs: number;
  /** To put the inputs together. */
  inputUs: number;
  computeUs: number;
  /** To take the outputs apart. */
  outputUs: number;
  outcome: 'answered' | 'failed' | 'cancelled';
  /** Said once: why rows are not put together any more. */
  unbatched: string | null;
  /** Of those requests that have one. */
  traces: readonly object[];
}

export interface Clock {
  nowUs(): number;
  /** Returns what calls it off. */
  after(us: number, act: () => void): () => void;
}

/**
 * The queue of one model version. A batch forms when a runner is free, so that nothing waits while one is idle unless
 * `maxQueueDelayUs` says so, and batches still grow under load. Requests are taken in order while they fit, and only
 * together when the model cannot tell them from one request: no answer holds rows of another request.
 */
export interface Batcher {
  /** @throws Problem `queue-full`, `deadline-passed`, `not-ready`, `model-failed`; what the runner throws; the signal's reason */
  submit(request: Submitted): Promise<Answered>;
  readonly queued: { requests: number; rows: number };
  /** Returns what ends the listening. */
  onBatch(listener: (batch: BatchRun) => void): () => void;
  /** Takes no more, and answers what it has taken. */
  drain(): Promise<void>;
  /** Refuses what is waiting, cancels what is being computed, and waits until it has ended. */
  close(): Promise<void>;
}

export function openBatcher(runners: readonly Runner[], settings: BatchSettings, clock: Clock): Batcher {
  return new ModelBatcher(runners, settings, clock);
}

interface Waiting {
  request: Submitted;
  /** Only requests of one form can be put together. */
  form: string;
  submittedUs: number;
  /** Infinity once it has begun: what is computed in part is not thrown away. */
  deadlineUs: number;
  /** It was in a batch that failed. */
  alone: boolean;
  /** Answers to its first `rowsDone` rows. */
  done: TensorMap[];
  rowsDone: number;
  batchRowsMax: number;
  computeUs: number;
  /** The batch that is being computed with it. */
  within: Running | null;
  /** Null while it is not decided; then it may still wait for those that came before it. */
  outcome: { kind: 'answered'; answer: Answered } | { kind: 'refused'; error: unknown } | null;
  onAbort: () => void;
  resolve(answer: Answered): void;
  reject(error: unknown): void;
}

interface Batch {
  members: Waiting[];
  closedBy: CloseReason;
}

interface Running {
  members: readonly Waiting[];
  stop: AbortController;
  ended: Promise<void>;
}

/** What waits with one priority. */
interface Level {
  waiting: Waiting[];
  /** Past their deadline, where that only moves them back. */
  late: Waiting[];
  rows: number;
  /** All that are not answered, where replies keep their order. */
  inOrder: Waiting[];
}

class ModelBatcher implements Batcher {
  readonly #settings: BatchSettings;
  readonly #clock: Clock;
  readonly #levels: Record<Priority, Level>;
  readonly #idle: Runner[];
  readonly #running = new Set<Running>();
  readonly #listeners = new Set<(batch: BatchRun) => void>();
  readonly #fullAlarm: Alarm;
  readonly #deadlineAlarm: Alarm;
  /** Whether rows of several requests may be one batch. */
  #together: boolean;
  #open = true;
  #unanswered = 0;
  #drained: (() => void)[] = [];

  constructor(runners: readonly Runner[], settings: BatchSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    this.#levels = { interactive: newLevel(), batch: newLevel(), shadow: newLevel() };
    this.#idle = [...runners];
    this.#together = settings.maxBatchRows > 1;
    this.#fullAlarm = new Alarm(clock, () => this.#runAll());
    this.#deadlineAlarm = new Alarm(clock, () => {
      this.#expire();
      this.#runAll();
    });
  }

  submit(request: Submitted): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const { signal, priority } = request;
      signal?.throwIfAborted();
      if (!this.#open) throw new Problem('not-ready', 'The model is being unloaded');
      if (this.#together) checkRows(request);
      this.#makeRoom(request);
      const submittedUs = this.#clock.nowUs();
      const deadlineUs = submittedUs + Math.min(this.#settings.timeoutMs, request.timeoutMs ?? Infinity) * 1000;
      const onAbort = (): void => this.#cancel(waiting, signal?.reason);
      const waiting: Waiting = { request, form: formOf(request), submittedUs, deadlineUs, alone: false, done: [], rowsDone: 0, batchRowsMax: 0, computeUs: 0, within: null, outcome: null, onAbort, resolve, reject };
      signal?.addEventListener('abort', onAbort, { once: true });
      const level = this.#levels[priority];
      level.waiting.push(waiting);
      level.rows += weightOf(waiting);
      if (this.#settings.preserveOrdering) level.inOrder.push(waiting);
      this.#unanswered++;
      this.#deadlineAlarm.at(deadlineUs);
      this.#runAll();
    });
  }

  get queued(): { requests: number; rows: number } {
    const levels = Object.values(this.#levels);
    return { requests: sum(levels.map(({ waiting, late }) => waiting.length + late.length)), rows: sum(levels.map(({ rows }) => rows)) };
  }

  onBatch(listener: (batch: BatchRun) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async drain(): Promise<void> {
    this.#open = false;
    this.#runAll();
    if (this.#unanswered > 0) await new Promise<void>((resolve) => this.#drained.push(resolve));
  }

  async close(): Promise<void> {
    this.#open = false;
    this.#fullAlarm.cancel();
    this.#deadlineAlarm.cancel();
    const refusal = new Problem('not-ready', 'The model was unloaded');
    for (const level of Object.values(this.#levels)) for (const waiting of inLine(level)) this.#cancel(waiting, refusal);
    const running = [...this.#running];
    for (const { members } of running) for (const waiting of members) this.#cancel(waiting, refusal);
    await Promise.all(running.map(({ ended }) => ended));
  }

  // ---- the queue

  /** Refuses a request that there is no room for; of shadows the oldest make room. */
  #makeRoom({ priority, rows }: Submitted): void {
    const level = this.#levels[priority];
    const rowsMax = this.#settings.maxQueueRows[priority];
    while (level.rows > 0 && level.rows + Math.max(1, rows) > rowsMax) {
      if (priority !== 'shadow') throw new Problem('queue-full', `${level.rows} rows are waiting for the model, and ${rowsMax} may`);
      const [oldest] = inLine(level).sort((a, b) => a.submittedUs - b.submittedUs);
      this.#cancel(oldest, new Problem('queue-full', `Newer requests took its place, as ${rowsMax} rows may wait for the model`));
    }
  }

  #remove(waiting: Waiting): void {
    const level = this.#levels[waiting.request.priority];
    const list = level.waiting.includes(waiting) ? level.waiting : level.late;
    list.splice(list.indexOf(waiting), 1);
    level.rows -= weightOf(waiting);
  }

  /** What has begun goes on before all others of its priority. */
  #putBack(waiting: Waiting): void {
    const level = this.#levels[waiting.request.priority];
    level.waiting.unshift(waiting);
    level.rows += weightOf(waiting);
  }

  #expire(): void {
    const nowUs = this.#clock.nowUs();
    let nextUs = Infinity;
    for (const level of Object.values(this.#levels)) {
      for (const waiting of [...level.waiting]) {
        if (waiting.deadlineUs > nowUs) {
          nextUs = Math.min(nextUs, waiting.deadlineUs);
        } else if (this.#settings.timeoutAction === 'reject') {
          this.#cancel(waiting, new Problem('deadline-passed', `The request waited ${Math.round((nowUs - waiting.submittedUs) / 1000)} ms for its turn, as long as it may`));
        } else {
          waiting.deadlineUs = Infinity;
          level.waiting.splice(level.waiting.indexOf(waiting), 1);
          level.late.push(waiting);
        }
      }
    }
    this.#deadlineAlarm.at(nextUs);
  }

  /** Answers it with an error; a batch that nobody waits for any more is stopped. */
  #cancel(waiting: Waiting, error: unknown): void {
    if (waiting.outcome !== null) return;
    const { within } = waiting;
    if (within === null) this.#remove(waiting);
    this.#settle(waiting, { kind: 'refused', error });
    if (within?.members.every(({ outcome }) => outcome !== null)) within.stop.abort(error);
  }

  // ---- forming batches

  #runAll(): void {
    if (this.#clock.nowUs() >= this.#deadlineAlarm.dueUs) this.#expire();
    while (this.#idle.length > 0) {
      const batch = this.#nextBatch();
      const runner = batch === null ? undefined : this.#idle.pop();
      if (batch === null || runner === undefined) return;
      for (const waiting of batch.members) this.#remove(waiting);
      this.#run(runner, batch);
    }
  }

  /** What a free runner should compute now; null when there is nothing, or a fuller batch is worth waiting for. */
  #nextBatch(): Batch | null {
    const production = [...inLine(this.#levels.interactive), ...inLine(this.#levels.batch)];
    const line = production.length > 0 ? production : inLine(this.#levels.shadow);
    if (line.length === 0) return null;
    const [first] = line;
    if (first.alone) return { members: [first], closedBy: 'retry-alone' };
    if (!this.#together || first.request.rows > this.#settings.maxBatchRows) return { members: [first], closedBy: 'alone' };
    return this.#batchFrom(line);
  }

  #batchFrom(line: readonly Waiting[]): Batch | null {
    const { maxBatchRows, preferredBatchRows, maxQueueDelayUs } = this.#settings;
    let rows = 0;
    let count = 0;
    let preferredCount = 0;
    let closedBy: CloseReason = 'idle-runner';
    for (const waiting of line) {
      if (rows + waiting.request.rows > maxBatchRows) closedBy = 'max-rows';
      else if (waiting.alone || waiting.form !== line[0].form) closedBy = 'incompatible';
      if (closedBy !== 'idle-runner') break;
      rows += waiting.request.rows;
      count++;
      if (preferredBatchRows.includes(rows)) preferredCount = count;
    }
    if (rows === maxBatchRows) return { members: line.slice(0, count), closedBy: 'max-rows' };
    if (preferredCount > 0) return { members: line.slice(0, preferredCount), closedBy: 'preferred' };
    if (closedBy !== 'idle-runner' || maxQueueDelayUs === 0) return { members: line.slice(0, count), closedBy };
    const untilUs = Math.min(...line.map(({ submittedUs }) => submittedUs)) + maxQueueDelayUs;
    if (this.#open && this.#clock.nowUs() < untilUs) {
      this.#fullAlarm.at(untilUs);
      return null;
    }
    return { members: line.slice(0, count), closedBy: 'delay' };
  }

  // ---- computing them

  #run(runner: Runner, batch: Batch): void {
    const running: Running = { members: batch.members, stop: new AbortController(), ended: Promise.resolve() };
    for (const waiting of batch.members) {
      waiting.within = running;
      waiting.deadlineUs = Infinity;
    }
    this.#running.add(running);
    running.ended = this.#compute(runner, batch, running);
  }

  async #compute(runner: Runner, { members, closedBy }: Batch, running: Running): Promise<void> {
    const startedUs = this.#clock.nowUs();
    let [joinedUs, computedUs] = [startedUs, startedUs];
    const [{ request: first, submittedUs }] = members;
    const byRow = this.#together;
    const parts = members.map((waiting) => (byRow ? this.#nextPart(waiting) : wholeOf(waiting)));
    const rows = sum(parts.map((part) => part.rows));

    let answers: TensorMap[] | null = null;
    let failure: unknown = null;
    try {
      const names = first.outputs === null ? undefined : [...new Set(first.outputs)];
      const inputs = joinTensors(parts.map((part) => part.inputs));
      joinedUs = this.#clock.nowUs();
      const outputs = wanted(await runner.run(inputs, { outputs: names, signal: running.stop.signal }), names);
      computedUs = this.#clock.nowUs();
      answers = byRow ? splitTensors(outputs, parts.map((part) => part.rows)) : [outputs];
    } catch (error) {
      failure = error;
      computedUs = this.#clock.nowUs();
    }

    const endedUs = this.#clock.nowUs();
    const computeUs = computedUs - joinedUs;
    const outcome = members.every((waiting) => waiting.outcome !== null) ? 'cancelled' : answers === null ? 'failed' : 'answered';
    let unbatched: string | null = null;
    if (failure instanceof RowsMismatch) {
      if (this.#together) unbatched = failure.message;
      this.#together = false;
    }
    this.#running.delete(running);
    this.#idle.push(runner);
    for (const waiting of members) {
      waiting.within = null;
      waiting.computeUs += computeUs;
    }
    if (answers === null) this.#fail(members, failure);
    else members.forEach((waiting, index) => this.#take(waiting, { answer: answers[index], rows: parts[index].rows, batchRows: rows, closedBy }));
    for (const listener of this.#listeners) listener({ rows, requests: members.length, priority: first.priority, closedBy, queueUs: startedUs - submittedUs, inputUs: joinedUs - startedUs, computeUs, outputUs: endedUs - computedUs, outcome, unbatched, traces: members.flatMap(({ request }) => request.trace ?? []) });
    this.#runAll();
  }

  /** As many of its rows as fit into a batch. */
  #nextPart({ request: { inputs, rows }, rowsDone }: Waiting): { inputs: TensorMap; rows: number } {
    if (rows <= this.#settings.maxBatchRows) return { inputs, rows };
    const to = Math.min(rows, rowsDone + this.#settings.maxBatchRows);
    return { inputs: sliceRows(inputs, rowsDone, to), rows: to - rowsDone };
  }

  /** One request may have spoilt it for all: each is run once more, alone. Rows that nobody can tell apart are nobody's. */
  #fail(members: readonly Waiting[], failure: unknown): void {
    const open = members.filter((waiting) => waiting.outcome === null);
    if (members.length > 1 && !(failure instanceof RowsMismatch)) {
      for (const waiting of open.toReversed()) {
        waiting.alone = true;
        this.#putBack(waiting);
      }
      return;
    }
    const error = failure instanceof RowsMismatch ? new Problem('model-failed', `The model does not answer row by row (${failure.message}); from now on its requests are run one by one`, { cause: failure }) : failure;
    for (const waiting of open) this.#settle(waiting, { kind: 'refused', error });
  }

  #take(waiting: Waiting, part: { answer: TensorMap; rows: number; batchRows: number; closedBy: CloseReason }): void {
    if (waiting.outcome !== null) return;
    waiting.done.push(part.answer);
    waiting.rowsDone += part.rows;
    waiting.batchRowsMax = Math.max(waiting.batchRowsMax, part.batchRows);
    if (waiting.rowsDone < waiting.request.rows) {
      this.#putBack(waiting);
      return;
    }
    const { computeUs, batchRowsMax: batchRows, submittedUs } = waiting;
    try {
      const outputs = joinTensors(waiting.done);
      const answer: Answered = { outputs, queueUs: this.#clock.nowUs() - submittedUs - computeUs, computeUs, batchRows, closedBy: part.closedBy };
      this.#settle(waiting, { kind: 'answered', answer });
    } catch (error) {
      const problem = new Problem('model-failed', `The model's answers to parts of the request are not of one shape; send at most ${this.#settings.maxBatchRows} rows at a time`, { cause: error });
      this.#settle(waiting, { kind: 'refused', error: problem });
    }
  }

  // ---- answering

  #settle(waiting: Waiting, outcome: NonNullable<Waiting['outcome']>): void {
    waiting.outcome = outcome;
    waiting.request.signal?.removeEventListener('abort', waiting.onAbort);
    if (!this.#settings.preserveOrdering) {
      this.#deliver(waiting);
      return;
    }
    const { inOrder } = this.#levels[waiting.request.priority];
    const undecided = inOrder.findIndex((each) => each.outcome === null);
    for (const each of inOrder.splice(0, undecided === -1 ? inOrder.length : undecided)) this.#deliver(each);
  }

  #deliver({ outcome, resolve, reject }: Waiting): void {
    if (outcome?.kind === 'answered') resolve(outcome.answer);
    else reject(outcome?.error);
    this.#unanswered--;
    if (this.#unanswered > 0) return;
    for (const resolveDrain of this.#drained.splice(0)) resolveDrain();
  }
}

/** Calls back at the earliest time it was asked for. */
class Alarm {
  dueUs = Infinity;
  readonly #clock: Clock;
  readonly #act: () => void;
  #callOff: () => void = () => undefined;

  constructor(clock: Clock, act: () => void) {
    this.#clock = clock;
    this.#act = act;
  }

  at(us: number): void {
    if (us >= this.dueUs) return;
    this.cancel();
    this.dueUs = us;
    this.#callOff = this.#clock.after(Math.max(0, us - this.#clock.nowUs()), () => {
      this.dueUs = Infinity;
      this.#act();
    });
  }

  cancel(): void {
    this.#callOff();
    this.dueUs = Infinity;
  }
}

function newLevel(): Level {
  return { waiting: [], late: [], rows: 0, inOrder: [] };
}

function inLine({ waiting, late }: Level): Waiting[] {
  return [...waiting, ...late];
}

/** Also requests without rows take room, or there would be no end of them. */
function weightOf({ request, rowsDone }: Waiting): number {
  return Math.max(1, request.rows - rowsDone);
}

/** All of it, what has been computed in parts included. */
function wholeOf(waiting: Waiting): { inputs: TensorMap; rows: number } {
  waiting.done = [];
  waiting.rowsDone = 0;
  return waiting.request;
}

function wanted(outputs: TensorMap, names: readonly string[] | undefined): TensorMap {
  if (names === undefined) return outputs;
  const chosen: TensorMap = new Map();
  for (const name of names) {
    const tensor = outputs.get(name);
    if (tensor === undefined) throw new Problem('model-failed', `The model gave no output ${name}`);
    chosen.set(name, tensor);
  }
  return chosen;
}

/** Whoever has more rows than he says would get, or give, those of another. */
function checkRows({ inputs, rows }: Submitted): void {
  for (const [name, { shape }] of inputs) {
    if (shape[0] !== rows) throw new Problem('infer-invalid', `Input ${name} has shape [${shape.join(', ')}], and the request has ${rows} rows`);
  }
}

function formOf({ inputs, outputs }: Submitted): string {
  return JSON.stringify([[...inputs].map(([name, { datatype, shape }]) => [name, datatype, shape.slice(1)]), outputs === null ? null : [...new Set(outputs)].sort()]);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
