import type { NoiseRun } from '../../protocol/shadow.ts';
import type { Tensor, TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { isRepeatDue, type NoiseSample } from './noise-sample.ts';

/** A version, or a remote model, that answers when there is nothing better to do. */
export interface Answering {
  infer(request: { inputs: TensorMap; outputs: readonly string[] | null; priority: 'shadow'; timeoutMs: number | null; signal?: AbortSignal }): Promise<ShadowAnswer>;
}

export interface ShadowAnswer {
  outputs: TensorMap;
  queueUs: number;
  computeUs: number;
  /** Rows of the batch it was computed in. */
  batchRows: number;
}

/** What a request was, once production's reply to it is on its way. */
export interface MirroredRequest {
  requestId: string;
  traceId: string | null;
  /** Milliseconds since 1970 at which it came. */
  atMs: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  inputs: TensorMap;
  rows: number;
  /** Outputs that were asked for; null: all. */
  wanted: readonly string[] | null;
  /** Which version answered: where requests are split, each is compared with its own. */
  production: ShadowAnswer & { version: string; totalUs: number };
}

/** A request with the answers of both. */
export interface MirroredPair {
  request: MirroredRequest;
  /** Null where the shadow failed; `error` is the code of its problem. */
  candidate: ShadowAnswer | null;
  error: string | null;
}

/** Production asked the same again. */
export interface MirroredRepeat {
  pair: MirroredPair;
  how: NoiseRun;
  again: TensorMap;
}

export interface MirrorOptions {
  /** By name. */
  shadows: ReadonlyMap<string, Answering>;
  /** Of what waits for a shadow. */
  waitingRowsMax: number;
  waitingBytesMax: number;
  /** Requests that a shadow is asked at a time. */
  concurrency: number;
  noise: NoiseSample;
  clock: { nowUs(): number; after(us: number, act: () => void): () => void };
  /** What they throw costs the pair, and is counted. */
  onPair: (shadow: string, pair: MirroredPair) => void;
  onRepeat: (shadow: string, repeat: MirroredRepeat) => void;
}

/** Of rows: `mirrored` = `paired` + `failed` + `waiting` + all that were dropped, at any moment. */
export interface MirrorCounts {
  mirrored: number;
  /** Answered by both. */
  paired: number;
  /** The shadow gave an error. */
  failed: number;
  /** In the queue, or being answered. */
  waiting: number;
  waitingBytes: number;
  dropped: Readonly<Record<MirrorDrop, number>>;
  /** That production was asked again, and that it was not answered again. */
  repeated: number;
  repeatsFailed: number;
}

/** The queue took a newer one; it took too long; the comparison failed; the shadow was stopped. */
export type MirrorDrop = 'queue-full' | 'deadline' | 'error' | 'stopped';

export interface Mirror {
  /** To be called when production's reply has been written. Nothing that happens in a shadow comes back here. */
  take(request: MirroredRequest, shadows: readonly string[], production: Answering): void;
  counts(shadow: string): MirrorCounts;
  /** Requests that were a shadow's own, and so mirrored to nobody. */
  readonly refused: number;
  /** Drops what waits and lets nothing more in. */
  close(): void;
}

/** Marks requests that are sent to shadows; a shadow that mirrors in turn would mirror for ever. */
export const shadowHeader = 'x-slipway-shadow';

export function openMirror(options: MirrorOptions): Mirror {
  const queues = new Map([...options.shadows].map(([name, answering]) => [name, new ShadowQueue(name, answering, options)]));
  let refused = 0;
  const queueOf = (name: string): ShadowQueue => {
    const queue = queues.get(name);
    if (queue === undefined) throw new Error(`${name} is no shadow here`);
    return queue;
  };
  return {
    take(request, shadows, production) {
      if (request.rows === 0 || shadows.length === 0) return;
      if (request.headers[shadowHeader] !== undefined) {
        refused++;
        return;
      }
      const inputs = ownCopy(request.inputs);
      const outputs = ownCopy(request.production.outputs);
      const kept = { ...request, inputs, production: { ...request.production, outputs } };
      const bytes = bytesOf(inputs) + bytesOf(outputs);
      for (const name of shadows) queueOf(name).take(kept, bytes, production);
    },
    counts: (name) => queueOf(name).counts(),
    get refused() {
      return refused;
    },
    close() {
      for (const queue of queues.values()) queue.close();
    },
  };
}

const deadlineUsMin = 1e6;
const deadlineFactor = 3;
/** Pairs that production is asked again at once, so that they meet in a batch. */
const repeatsTogether = 8;

interface Waiting {
  request: MirroredRequest;
  bytes: number;
  production: Answering;
  dueUs: number;
  /** Once it is asked. */
  stop: AbortController | null;
  callOff: () => void;
  /** Counted already; what comes after changes nothing. */
  settled: boolean;
}

class ShadowQueue {
  readonly #name: string;
  readonly #answering: Answering;
  readonly #options: MirrorOptions;
  /** Oldest first. */
  readonly #queue = new Set<Waiting>();
  readonly #asked = new Set<Waiting>();
  readonly #counts = { mirrored: 0, paired: 0, failed: 0, waiting: 0, waitingBytes: 0, repeated: 0, repeatsFailed: 0 };
  readonly #dropped: Record<MirrorDrop, number> = { 'queue-full': 0, deadline: 0, error: 0, stopped: 0 };
  readonly #stop = new AbortController();
  #toRepeat: { pair: MirroredPair; production: Answering }[] = [];
  #rowsToRepeat = 0;
  #repeating = false;

  constructor(name: string, answering: Answering, options: MirrorOptions) {
    this.#name = name;
    this.#answering = answering;
    this.#options = options;
  }

  counts(): MirrorCounts {
    return { ...this.#counts, dropped: { ...this.#dropped } };
  }

  take(request: MirroredRequest, bytes: number, production: Answering): void {
    const { waitingRowsMax, waitingBytesMax, clock } = this.#options;
    const deadlineUs = Math.max(deadlineFactor * request.production.totalUs, deadlineUsMin);
    const waiting: Waiting = { request, bytes, production, dueUs: clock.nowUs() + deadlineUs, stop: null, callOff: () => undefined, settled: false };
    this.#counts.mirrored += request.rows;
    this.#counts.waiting += request.rows;
    this.#counts.waitingBytes += bytes;
    if (this.#stop.signal.aborted) return this.#drop(waiting, 'stopped');
    if (request.rows > waitingRowsMax || bytes > waitingBytesMax) return this.#drop(waiting, 'queue-full');
    this.#queue.add(waiting);
    // The oldest make room; what is being answered already cannot.
    for (const oldest of this.#queue) {
      if (this.#counts.waiting <= waitingRowsMax && this.#counts.waitingBytes <= waitingBytesMax) break;
      this.#drop(oldest, 'queue-full');
    }
    if (waiting.settled) return;
    waiting.callOff = clock.after(deadlineUs, () => this.#drop(waiting, 'deadline'));
    this.#askNext();
  }

  close(): void {
    this.#stop.abort();
    for (const waiting of [...this.#queue, ...this.#asked]) this.#drop(waiting, 'stopped');
    this.#toRepeat = [];
  }

  #askNext(): void {
    for (const waiting of this.#queue) {
      if (this.#asked.size >= this.#options.concurrency) return;
      this.#queue.delete(waiting);
      this.#asked.add(waiting);
      void this.#ask(waiting);
    }
  }

  async #ask(waiting: Waiting): Promise<void> {
    const { request, dueUs } = waiting;
    const stop = new AbortController();
    waiting.stop = stop;
    try {
      const timeoutMs = Math.max(1, Math.ceil((dueUs - this.#options.clock.nowUs()) / 1000));
      const candidate = await this.#answering.infer({ inputs: request.inputs, outputs: request.wanted, priority: 'shadow', timeoutMs, signal: stop.signal });
      this.#pair(waiting, { request, candidate, error: null });
    } catch (error) {
      const reason = dropOf(error);
      if (reason === null) this.#pair(waiting, { request, candidate: null, error: error instanceof Problem ? error.code : 'internal' });
      else this.#drop(waiting, reason);
    }
    // Only now may another be asked: a shadow that hangs on gets no more than it can hold.
    this.#asked.delete(waiting);
    this.#askNext();
  }

  #pair(waiting: Waiting, pair: MirroredPair): void {
    if (waiting.settled) return;
    try {
      this.#options.onPair(this.#name, pair);
    } catch {
      // Of no use to anybody but the pair's record, which counts it.
      this.#drop(waiting, 'error');
      return;
    }
    this.#settle(waiting);
    this.#counts[pair.candidate === null ? 'failed' : 'paired'] += pair.request.rows;
    if (pair.candidate !== null) this.#considerRepeat(pair, waiting.production);
  }

  #drop(waiting: Waiting, reason: MirrorDrop): void {
    if (waiting.settled) return;
    this.#settle(waiting);
    this.#dropped[reason] += waiting.request.rows;
    waiting.stop?.abort();
    this.#queue.delete(waiting);
  }

  #settle(waiting: Waiting): void {
    waiting.settled = true;
    waiting.callOff();
    this.#counts.waiting -= waiting.request.rows;
    this.#counts.waitingBytes -= waiting.bytes;
  }

  // ---- noise

  #considerRepeat(pair: MirroredPair, production: Answering): void {
    const { repeated, repeatsFailed, paired } = this.#counts;
    if (this.#repeating || this.#stop.signal.aborted || !isRepeatDue(this.#options.noise, repeated + repeatsFailed + this.#rowsToRepeat, paired)) return;
    this.#toRepeat.push({ pair, production });
    this.#rowsToRepeat += pair.request.rows;
    if (this.#toRepeat.length >= repeatsTogether) void this.#repeatAll();
  }

  /** Each alone, then all at once, when they meet in batches; what is told is what came of it. */
  async #repeatAll(): Promise<void> {
    this.#repeating = true;
    const together = this.#toRepeat;
    this.#toRepeat = [];
    const failed = new Set<MirroredPair>();
    const repeat = async ({ pair, production }: { pair: MirroredPair; production: Answering }): Promise<void> => {
      const { request } = pair;
      try {
        const { outputs, batchRows } = await production.infer({ inputs: request.inputs, outputs: request.wanted, priority: 'shadow', timeoutMs: null, signal: this.#stop.signal });
        if (!this.#stop.signal.aborted) this.#options.onRepeat(this.#name, { pair, how: batchRows > request.rows ? 'other-batch' : 'alone', again: outputs });
      } catch {
        // That production is too busy, or stopped, says nothing about noise.
        failed.add(pair);
      }
    };
    for (const each of together) await repeat(each);
    await Promise.all(together.map(repeat));
    for (const { pair } of together) this.#counts[failed.has(pair) ? 'repeatsFailed' : 'repeated'] += pair.request.rows;
    this.#rowsToRepeat = 0;
    this.#repeating = false;
  }
}

/** Null where the shadow is to blame. */
function dropOf(error: unknown): MirrorDrop | null {
  if (!(error instanceof Problem)) return null;
  switch (error.code) {
    case 'queue-full':
    case 'rate-limited':
      return 'queue-full';
    case 'deadline-passed':
    case 'host-deadline':
      return 'deadline';
    case 'not-ready':
      return 'stopped';
    default:
      return null;
  }
}

/** A tensor may be a view on a whole batch, which a queue would keep in memory. */
function ownCopy(tensors: TensorMap): TensorMap {
  return new Map([...tensors].map(([name, tensor]) => [name, tensor.datatype !== 'string' && tensor.data.byteLength < tensor.data.buffer.byteLength ? ({ ...tensor, data: tensor.data.slice() } as Tensor) : tensor]));
}

function bytesOf(tensors: TensorMap): number {
  let bytes = 0;
  for (const tensor of tensors.values()) bytes += tensor.datatype === 'string' ? tensor.data.codes.byteLength + tensor.data.dictionary.reduce((sum, text) => sum + text.length * 2, 0) : tensor.data.byteLength;
  return bytes;
}
