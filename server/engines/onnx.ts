import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { ClassLabels, TensorInfo, ZipMapOutput } from '../../protocol/registry.ts';
import type { Provider } from '../../protocol/runtime.ts';
import { Problem } from '../problem.ts';
import { type Child, type Ending, type Exit, isMemoryFault, problemOf, startChild } from './onnx-child.ts';
import { readModel, summarize } from './onnx-graph.ts';
import type { HostReply, HostRequest, LoadedFile, LoadRequest, OperatorTime } from './onnx-host.ts';
import { type BatchInfo, madeUp, openSizes, probeBatch } from './onnx-probe.ts';
import { fileSource, WireError } from './onnx-wire.ts';
import { pack, type TensorHeader, type TensorMap } from './tensor.ts';

export interface HostOptions {
  /** Absolute path of the .onnx file. */
  file: string;
  /** Digest (hex) the model must have; the host refuses other bytes. */
  sha256?: string;
  /** Digests of external data files by the location the model gives them. */
  externalSha256?: ReadonlyMap<string, string>;
  /** Tried in order; `cpu` alone by default. */
  providers?: readonly Provider[];
  /** Threads inside one run; one per processor by default. */
  threads?: number;
  /** Keep freed memory for the next run: faster, and a process that only grows. */
  arena?: boolean;
  /** Longest time one run, or one probe at the start, may take from the moment the host is free for it. */
  deadlineMs?: number;
  /** Longest time for the process to come up, and for the model to load. */
  startDeadlineMs?: number;
  /** By default twice the model and its external data plus 1 GiB, at most half of this machine's memory. */
  memoryBytesMax?: number;
  /** First pause before a restart; doubles to 8 s. */
  restartDelayMs?: number;
  signal?: AbortSignal;
  /** Told why, when a process with the model loaded has ended and is to be replaced. */
  onRestart?: (ending: Ending) => void;
}

export interface HostedModel {
  file: string;
  inputs: TensorInfo[];
  /** As they are served: tensors only, ZipMap replaced. */
  outputs: TensorInfo[];
  skippedOutputs: string[];
  zipMaps: ZipMapOutput[];
  classes: ClassLabels | null;
  /** Digests of exactly the bytes that are loaded; location '' is the model itself. */
  files: LoadedFile[];
  provider: Provider;
  /** Providers that came before the active one, and why each was refused. */
  refused: { provider: Provider; reason: string }[];
  onnxruntime: string;
  threads: number;
  memoryBytesMax: number;
  batch: BatchInfo;
}

export interface RunOptions {
  signal?: AbortSignal;
  deadlineMs?: number;
  /** Names of the outputs wanted; all tensors by default. */
  outputs?: string[];
}

export interface MeasureOptions {
  runs: number;
  warmup: number;
  signal?: AbortSignal;
}

export interface Latency {
  /** Each run in milliseconds, measured inside the host: transport is not in it. */
  durationsMs: Float64Array;
  totalMs: number;
  rssPeakBytes: number;
}

export interface ModelHost {
  readonly model: HostedModel;
  /** Resident memory at the last reply, and the most it ever was. */
  /** Of the process that runs it now; undefined where there is none. */
  readonly pid?: number | undefined;
  memory(): { rssBytes: number; rssPeakBytes: number };
  /** Several runs may be under way: the next inputs travel while one is computed. They must not change until then. */
  run(inputs: TensorMap, options?: RunOptions): Promise<TensorMap>;
  measure(inputs: TensorMap, options: MeasureOptions): Promise<Latency>;
  close(): Promise<void>;
}

/** Enough rows that an operator's time is not all overhead. */
const profiledRows = 64;
const profiledRunsMax = 30;
const inFlightMax = 4;
const waitingMax = 256;
const defaultDeadlineMs = 30_000;
const defaultStartDeadlineMs = 60_000;
const restartDelayMsDefault = 250;
const restartDelayMsMax = 8_000;
/** More crashes than this within the window, and the host stays down. */
const crashesMax = 5;
const crashWindowMs = 180_000;
/** A cancelled run that does not end by itself within this time costs the process. */
const cancelGraceMs = 100;
/** A process is renewed between runs when it holds this share of its cap and has grown by half since it was loaded. */
const recycleShare = 0.8;
const recycleGrowth = 1.5;

/** Starts a process for one model, loads it on the first provider that takes it, and finds its batch axis. */
export async function startHost(options: HostOptions): Promise<ModelHost> {
  const summary = inspect(options.file);
  const host = new Host(options, summary.bytes + summary.externalBytes, summary.classes);
  try {
    await host.start();
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}

/** How the time of a model is spread over its operators, on made-up rows in a process of its own. */
export async function profileOperators(options: HostOptions, eventsMax = 5_000): Promise<{ rows: number; runs: number; operators: OperatorTime[] }> {
  const summary = inspect(options.file);
  const host = new Host(options, summary.bytes + summary.externalBytes, summary.classes, true);
  try {
    await host.start();
    const { batchable, axis, fixedRows } = host.model.batch;
    const rows = fixedRows ?? (batchable ? profiledRows : 1);
    // The runtime writes a line for each operator of each run.
    const runs = Math.max(1, Math.min(profiledRunsMax, Math.floor(eventsMax / Math.max(1, summary.nodes))));
    let refused: Problem | null = null;
    for (const size of openSizes) {
      try {
        const operators = await host.profile(madeUp(host.model.inputs, axis ?? 0, Array.from({ length: rows }, (_, row) => row % 2), size), runs, options.signal);
        return { rows, runs, operators };
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'model-failed') throw error;
        refused ??= error;
      }
    }
    throw refused ?? new Error('no size was tried');
  } finally {
    await host.close();
  }
}

/** Raw run times on a feed, for percentiles and throughput. */
export function measureLatency(host: ModelHost, feed: TensorMap, options: MeasureOptions): Promise<Latency> {
  return host.measure(feed, options);
}

interface Pending {
  header: Omit<HostRequest, 'id' | 'tensors'> & { tensors: TensorHeader[] };
  body: Uint8Array[];
  deadlineMs: number;
  signal?: AbortSignal;
  onAbort: () => void;
  settled: boolean;
  resolve(result: { reply: HostReply; tensors: TensorMap }): void;
  reject(error: Error): void;
}

interface Loading {
  id: number;
  resolve(reply: HostReply): void;
}

type LoadedReply = Extract<HostReply, { kind: 'loaded' }>;

/** The queue and the life of one model's process. The first run in flight is the one the process works on. */
class Host implements ModelHost {
  #options: HostOptions;
  #settings: { memoryBytesMax: number };
  #threads: number;
  #profiling: boolean;
  #classes: ClassLabels | null;
  #model: HostedModel | undefined;
  #child: Child | undefined;
  #loading: Loading | undefined;
  #nextId = 1;
  #waiting: Pending[] = [];
  #inFlight: { id: number; pending: Pending }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #restart: NodeJS.Timeout | undefined;
  #crashTimes: number[] = [];
  #crashesByInput = new Map<string, number>();
  #down: Problem | undefined;
  #ready = false;
  #closed = false;
  #memory = { rssBytes: 0, rssPeakBytes: 0 };
  #rssLoadedBytes = 0;

  constructor(options: HostOptions, bytes: number, classes: ClassLabels | null, profiling = false) {
    this.#options = options;
    this.#profiling = profiling;
    this.#classes = classes;
    this.#threads = options.threads ?? availableParallelism();
    this.#settings = { memoryBytesMax: options.memoryBytesMax ?? Math.min(2 * bytes + 2 ** 30, totalmem() / 2) };
  }

  get model(): HostedModel {
    if (!this.#model) throw new Error('The host has not started');
    return this.#model;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  memory(): { rssBytes: number; rssPeakBytes: number } {
    return { ...this.#memory };
  }

  async start(): Promise<void> {
    const { loaded, provider, refused } = await this.#open();
    this.#model = {
      file: this.#options.file,
      inputs: loaded.inputs,
      outputs: loaded.outputs,
      skippedOutputs: loaded.skippedOutputs,
      zipMaps: loaded.zipMaps,
      classes: this.#classes,
      files: loaded.files,
      provider,
      refused,
      onnxruntime: loaded.onnxruntime,
      threads: this.#threads,
      memoryBytesMax: this.#settings.memoryBytesMax,
      batch: { batchable: false, axis: null, fixedRows: null, source: 'probe', reason: 'Not probed yet', warnings: [] },
    };
    const { signal } = this.#options;
    this.#model.batch = await probeBatch(loaded.inputs, loaded.outputs, (inputs) => this.run(inputs, { signal }));
    this.#rssLoadedBytes = this.#memory.rssBytes;
  }

  async run(inputs: TensorMap, options: RunOptions = {}): Promise<TensorMap> {
    const { tensors } = await this.#submit({ kind: 'run', outputs: options.outputs ?? null }, inputs, options.deadlineMs, options.signal);
    return tensors;
  }

  async measure(inputs: TensorMap, { runs, warmup, signal }: MeasureOptions): Promise<Latency> {
    const { reply, tensors } = await this.#submit({ kind: 'measure', runs, warmup }, inputs, undefined, signal);
    const durations = tensors.get('durations');
    if (reply.kind !== 'measured' || durations?.datatype !== 'float64') throw new Error('The host answered a measurement with something else');
    return { durationsMs: durations.data, totalMs: reply.totalMs, rssPeakBytes: this.#memory.rssPeakBytes };
  }

  async profile(inputs: TensorMap, runs: number, signal?: AbortSignal): Promise<OperatorTime[]> {
    const { reply } = await this.#submit({ kind: 'profile', runs }, inputs, undefined, signal);
    if (reply.kind !== 'profiled') throw new Error('The host answered a profile with something else');
    return reply.operators;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#fail(new Problem('run-cancelled', `The host of ${this.#options.file} was closed`));
    const child = this.#child;
    child?.kill('closed');
    await child?.exited;
  }

  // ---- queue

  async #submit(header: Omit<Extract<HostRequest, { kind: 'run' }>, 'id' | 'tensors'> | Omit<Extract<HostRequest, { kind: 'measure' }>, 'id' | 'tensors'> | Omit<Extract<HostRequest, { kind: 'profile' }>, 'id' | 'tensors'>, inputs: TensorMap, deadlineMs: number | undefined, signal: AbortSignal | undefined): Promise<{ reply: HostReply; tensors: TensorMap }> {
    if (this.#closed) throw new Problem('run-cancelled', `The host of ${this.#options.file} is closed`);
    if (this.#down) throw this.#down;
    if (signal?.aborted) throw this.#cancelled();
    if (this.#waiting.length >= waitingMax) throw new Problem('host-busy', `${waitingMax} runs wait for ${this.#options.file} already`);
    const { tensors, body } = pack(inputs);
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        header: { ...header, tensors },
        body,
        deadlineMs: deadlineMs ?? this.#options.deadlineMs ?? defaultDeadlineMs,
        signal,
        onAbort: () => this.#abort(pending),
        settled: false,
        resolve,
        reject,
      };
      if (this.#crashesByInput.size > 0 && (this.#crashesByInput.get(digestOf(pending)) ?? 0) >= 2) {
        reject(new Problem('host-crashed', `These inputs ended the host of ${this.#options.file} twice and are not tried again`));
        return;
      }
      signal?.addEventListener('abort', pending.onAbort, { once: true });
      this.#waiting.push(pending);
      this.#pump();
    });
  }

  /** Sends what may be sent, and watches the run that the process works on. */
  #pump(): void {
    while (this.#ready && this.#child && this.#waiting.length > 0 && this.#inFlight.length < inFlightMax && !this.#mustRecycle()) {
      const pending = this.#waiting.shift() as Pending;
      const id = this.#nextId++;
      this.#inFlight.push({ id, pending });
      this.#child.send({ ...pending.header, id }, pending.body);
      if (this.#inFlight.length === 1) this.#watch();
    }
    if (this.#ready && this.#child && this.#inFlight.length === 0 && this.#mustRecycle()) this.#child.kill('recycled');
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const head = this.#inFlight[0];
    if (!head) return;
    if (head.pending.settled) this.#expireIn(cancelGraceMs, head.id, 'cancelled');
    else this.#expireIn(head.pending.deadlineMs, head.id, 'deadline');
  }

  /** Our own thread may have been busy past the deadline with the answer already in the pipe, so it is looked into first. */
  #expireIn(ms: number, id: number, ending: 'deadline' | 'cancelled'): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const before = this.#child?.received();
      setImmediate(() => {
        const head = this.#inFlight[0];
        if (head?.id !== id || !this.#child) return;
        if (this.#child.received() !== before) {
          this.#expireIn(cancelGraceMs, id, ending);
          return;
        }
        this.#child.kill(ending);
        if (ending === 'deadline') this.#blame(head.pending, problemOf({ ending, detail: '', rssBytes: 0, stderr: '' }, this.#options.file, head.pending.deadlineMs));
      });
    }, ms);
  }

  #abort(pending: Pending): void {
    const waiting = this.#waiting.indexOf(pending);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    settle(pending);
    pending.reject(this.#cancelled());
    if (this.#inFlight[0]?.pending === pending) this.#watch();
  }

  #onReply(reply: HostReply, tensors: TensorMap): void {
    this.#memory = { rssBytes: reply.rssBytes, rssPeakBytes: Math.max(this.#memory.rssPeakBytes, reply.rssPeakBytes) };
    if (this.#loading?.id === reply.id) {
      this.#loading.resolve(reply);
      return;
    }
    const head = this.#inFlight[0];
    if (head?.id !== reply.id) throw new Error(`an answer to request ${reply.id} where ${head?.id ?? 'none'} was due`);
    if (reply.kind === 'progress') {
      this.#watch();
      return;
    }
    this.#inFlight.shift();
    this.#watch();
    if (!head.pending.settled) {
      settle(head.pending);
      if (reply.kind === 'failed') head.pending.reject(this.#runProblem(reply.message));
      else head.pending.resolve({ reply, tensors });
    }
    this.#pump();
  }

  #runProblem(message: string): Problem {
    const { file } = this.#options;
    return isMemoryFault(message)
      ? new Problem('host-memory', `${file} asked for more memory than its cap allows: ${message}`, { where: { path: file } })
      : new Problem('model-failed', `${file}: ${message}`, { where: { path: file } });
  }

  #cancelled(): Problem {
    return new Problem('run-cancelled', `The run of ${this.#options.file} was cancelled`);
  }

  #mustRecycle(): boolean {
    const { rssBytes } = this.#memory;
    return this.#rssLoadedBytes > 0 && rssBytes > recycleShare * this.#settings.memoryBytesMax && rssBytes > recycleGrowth * this.#rssLoadedBytes;
  }

  // ---- process

  /** A process with the model loaded on the first provider of the chain that takes it. */
  async #open(): Promise<{ loaded: LoadedReply; provider: Provider; refused: { provider: Provider; reason: string }[] }> {
    const refused: { provider: Provider; reason: string }[] = [];
    const chain = this.#options.providers ?? ['cpu'];
    for (const provider of chain) {
      const child = this.#child ?? (await this.#spawn());
      // GPU drivers reserve far more address space than they use.
      if (provider === 'cpu') await child.limitMemory();
      const answer = await this.#request(child, this.#loadRequest(provider));
      if (answer instanceof Problem) {
        if (provider === 'cpu' || answer.code === 'run-cancelled') throw answer;
        refused.push({ provider, reason: answer.message });
      } else if (answer.kind === 'loaded') {
        this.#ready = true;
        this.#rssLoadedBytes = this.#memory.rssBytes;
        this.#pump();
        return { loaded: answer, provider, refused };
      } else if (answer.kind === 'failed') {
        if (answer.fault === 'file') throw new Problem('file-unreadable', answer.message, { where: { path: this.#options.file } });
        if (answer.fault === 'changed') throw new Problem('model-refused', answer.message, { where: { path: this.#options.file } });
        if (isMemoryFault(answer.message)) throw this.#runProblem(answer.message);
        if (provider === 'cpu') throw new Problem('model-unsupported', `ONNX Runtime does not load ${this.#options.file}: ${answer.message}`, { where: { path: this.#options.file } });
        refused.push({ provider, reason: answer.message });
      }
    }
    throw new Problem('provider-unavailable', `No execution provider takes ${this.#options.file}: ${refused.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ')}`);
  }

  async #spawn(): Promise<Child> {
    const child: Child = startChild(this.#settings, { onReply: (reply, tensors) => this.#onReply(reply, tensors) });
    this.#child = child;
    void child.exited.then((exit) => this.#onExit(child, exit));
    const ready = await this.#request(child, null);
    if (ready instanceof Problem) throw ready;
    if (ready.kind === 'failed') throw new Problem('provider-unavailable', `ONNX Runtime does not load on this machine: ${ready.message}`);
    return child;
  }

  /** Waits for the answer to a request outside the queue, or for what ended the process meanwhile. Null waits for its first word. */
  async #request(child: Child, header: LoadRequest | null): Promise<HostReply | Problem> {
    const deadlineMs = this.#options.startDeadlineMs ?? defaultStartDeadlineMs;
    const cancel = (): void => child.kill('cancelled');
    const timer = setTimeout(() => child.kill('deadline'), deadlineMs);
    this.#options.signal?.addEventListener('abort', cancel, { once: true });
    if (this.#options.signal?.aborted) cancel();
    try {
      const reply = new Promise<HostReply>((resolve) => {
        this.#loading = { id: header?.id ?? 0, resolve };
      });
      if (header) child.send(header, []);
      return await Promise.race([reply, child.exited.then((exit) => problemOf(exit, this.#options.file, deadlineMs))]);
    } finally {
      this.#loading = undefined;
      clearTimeout(timer);
      this.#options.signal?.removeEventListener('abort', cancel);
    }
  }

  #loadRequest(provider: Provider): LoadRequest {
    const { file, sha256, externalSha256, arena } = this.#options;
    const digests: [string, string][] = [...(externalSha256 ?? [])];
    if (sha256 !== undefined) digests.push(['', sha256]);
    return { kind: 'load', id: this.#nextId++, file, sha256: digests, provider, threads: this.#threads, arena: arena ?? true, profiling: this.#profiling };
  }

  /** Blames the run the process was working on, keeps the others, and starts again. */
  #onExit(child: Child, exit: Exit): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#memory.rssPeakBytes = Math.max(this.#memory.rssPeakBytes, exit.rssBytes);
    clearTimeout(this.#timer);
    if (!this.#ready) return; // Whoever is starting it has the exit too.
    this.#ready = false;
    const [head, ...others] = this.#inFlight.splice(0).map(({ pending }) => pending);
    this.#waiting.unshift(...others.filter((pending) => !pending.settled));
    if (this.#closed) return;

    this.#options.onRestart?.(exit.ending);
    const problem = problemOf(exit, this.#options.file, head?.deadlineMs ?? 0);
    const planned = exit.ending === 'cancelled' || exit.ending === 'recycled';
    if (head && !head.settled) {
      if (planned) this.#waiting.unshift(head);
      else this.#blame(head, problem);
    }
    if (planned) void this.#reopen();
    else this.#backOff(problem, exit.ending === 'deadline');
  }

  #blame(pending: Pending, problem: Problem): void {
    const digest = digestOf(pending);
    this.#crashesByInput.set(digest, (this.#crashesByInput.get(digest) ?? 0) + 1);
    settle(pending);
    pending.reject(problem);
  }

  /** Pauses before the next start; gives up after too many crashes. A missed deadline is the run's doing and does not count. */
  #backOff(problem: Problem, excused: boolean): void {
    const now = performance.now();
    if (!excused) this.#crashTimes = [...this.#crashTimes.filter((time) => now - time < crashWindowMs), now];
    if (this.#crashTimes.length >= crashesMax) {
      this.#down = new Problem('host-crashed', `The host of ${this.#options.file} ended ${crashesMax} times within ${crashWindowMs / 60_000} minutes and stays down; the last time: ${problem.message}`);
      this.#fail(this.#down);
      return;
    }
    const delay = (this.#options.restartDelayMs ?? restartDelayMsDefault) * 2 ** Math.max(0, this.#crashTimes.length - 1);
    this.#restart = setTimeout(() => void this.#reopen(), Math.min(delay, restartDelayMsMax));
  }

  async #reopen(): Promise<void> {
    try {
      const { provider, refused } = await this.#open();
      if (this.#model) Object.assign(this.#model, { provider, refused });
    } catch (error) {
      if (this.#closed) return;
      const problem = error instanceof Problem ? error : new Problem('host-crashed', `The host of ${this.#options.file} does not start again`, { cause: error });
      this.#child?.kill('closed');
      this.#child = undefined;
      this.#backOff(problem, false);
    }
  }

  #fail(problem: Problem): void {
    clearTimeout(this.#timer);
    for (const pending of [...this.#inFlight.splice(0).map((entry) => entry.pending), ...this.#waiting.splice(0)]) {
      if (pending.settled) continue;
      settle(pending);
      pending.reject(problem);
    }
  }
}

function settle(pending: Pending): void {
  pending.settled = true;
  pending.signal?.removeEventListener('abort', pending.onAbort);
}

function digestOf(pending: Pending): string {
  const hash = createHash('sha256').update(JSON.stringify(pending.header));
  for (const piece of pending.body) hash.update(piece);
  return hash.digest('hex');
}

function inspect(file: string): { bytes: number; externalBytes: number; classes: ClassLabels | null; nodes: number } {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new Problem('file-unreadable', `${file} cannot be opened`, { cause, where: { path: file } });
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Problem('file-unreadable', `${file} is not a regular file`, { where: { path: file } });
    const summary = summarize(readModel(fileSource(descriptor, stat.size)));
    return { ...summary, nodes: summary.nodeCountExpanded };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new Problem(error.fault === 'truncated' ? 'model-incomplete' : 'model-refused', `${file}: ${error.message}`, { cause: error, where: { path: file } });
  } finally {
    closeSync(descriptor);
  }
}
