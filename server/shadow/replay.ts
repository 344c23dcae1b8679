import type { InputReference, NoiseRun } from '../../protocol/shadow.ts';
import type { TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { isRepeatDue, type NoiseSample } from './noise-sample.ts';

/** A model that is asked one batch at a time; a `ModelHost` is one. */
export interface Runner {
  run(inputs: TensorMap, options: { outputs?: string[]; signal?: AbortSignal; deadlineMs?: number }): Promise<TensorMap>;
}

/** Rows that came together. */
export interface RecordedInputs {
  /** Milliseconds since 1970 of the first. */
  atMs: number;
  inputs: TensorMap;
  /** Where each row is found again. */
  references: readonly InputReference[];
  /** What production answered then; null where that is not known. */
  answered: TensorMap | null;
}

export interface ReplayedSide {
  /** Null where it failed; `error` is the code of its problem. */
  outputs: TensorMap | null;
  error: string | null;
  /** Null where the answer was recorded. */
  totalMs: number | null;
}

export interface ReplayedPairs {
  batch: RecordedInputs;
  production: ReplayedSide;
  candidate: ReplayedSide;
}

/** A way to ask production again, for its noise. */
export interface Repeat {
  how: NoiseRun;
  run(batch: RecordedInputs, signal: AbortSignal): Promise<TensorMap>;
}

export interface ReplayOptions {
  /** `recorded`: its answers are taken from the recording, and rows without one are dropped. */
  production: Runner | 'recorded';
  candidate: Runner;
  /** Times the recorded pace; null for as fast as it goes. */
  pace: number | null;
  /** Batches under way at a time. */
  concurrency: number;
  /** The first batch is asked so many times before anything counts. */
  warmUps: number;
  /** For each run; null for the runner's own. */
  deadlineMs: number | null;
  /** Parts of a batch that failed as a whole: each is asked again, so that one bad row is one bad row. */
  split?: (batch: RecordedInputs) => readonly RecordedInputs[];
  noise: NoiseSample;
  repeats: readonly Repeat[];
  clock: { nowUs(): number; after(us: number, act: () => void): () => void };
  signal?: AbortSignal;
  /** One at a time. */
  onPairs: (pairs: ReplayedPairs) => void | Promise<void>;
  onRepeat: (pairs: ReplayedPairs, how: NoiseRun, again: TensorMap) => void | Promise<void>;
  onProgress?: (counts: ReplayCounts) => void;
}

/** Of rows: `read` = `compared` + all that failed, were dropped, or are `underWay`, at any moment. */
export interface ReplayCounts {
  read: number;
  /** Answered by both. */
  compared: number;
  /** By who gave no answer. */
  failed: Readonly<Record<'production' | 'candidate' | 'both', number>>;
  dropped: Readonly<Record<ReplayDrop, number>>;
  underWay: number;
  repeated: number;
  repeatsFailed: number;
  /** How far it lay behind the pace asked for, at most. */
  behindMs: number;
}

export type ReplayDrop = 'no recorded answer' | 'cancelled';

/**
 * Runs what was recorded through production and a candidate, in the order of the recording. Which of the two is asked first
 * changes from batch to batch, so that neither has the warmer machine.
 *
 * @returns what became of each row; of those that were under way when it was cancelled, that they were dropped
 * @throws what the source or a callback throws, once nothing is under way any more
 */
export async function replay(source: AsyncIterable<RecordedInputs>, options: ReplayOptions): Promise<ReplayCounts> {
  return new Replay(options).run(source);
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #counts = { read: 0, compared: 0, underWay: 0, repeated: 0, repeatsFailed: 0, behindMs: 0 };
  readonly #failed = { production: 0, candidate: 0, both: 0 };
  readonly #dropped: Record<ReplayDrop, number> = { 'no recorded answer': 0, cancelled: 0 };
  readonly #underWay = new Set<Promise<void>>();
  #told: Promise<void> = Promise.resolve();
  #failure: { error: unknown } | null = null;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#signal = options.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal]);
  }

  async run(source: AsyncIterable<RecordedInputs>): Promise<ReplayCounts> {
    const { clock, concurrency, pace } = this.#options;
    let index = 0;
    let first: { atMs: number; us: number } | null = null;
    try {
      for await (const batch of source) {
        const rows = batch.references.length;
        this.#counts.read += rows;
        this.#counts.underWay += rows;
        if (first === null) {
          await this.#warmUp(batch);
          first = { atMs: batch.atMs, us: clock.nowUs() };
        }
        if (pace !== null) await this.#waitUntil(first.us + ((batch.atMs - first.atMs) * 1000) / pace);
        while (this.#underWay.size >= concurrency) await Promise.race(this.#underWay);
        if (this.#signal.aborted) {
          this.#drop(rows, 'cancelled');
          break;
        }
        const work = this.#pair(batch, index++ % 2 === 0).finally(() => this.#underWay.delete(work));
        this.#underWay.add(work);
      }
    } catch (error) {
      this.#fail(error);
    }
    await Promise.all(this.#underWay);
    if (this.#failure !== null) throw this.#failure.error;
    return this.#snapshot();
  }

  /** What comes first meets cold caches. */
  async #warmUp(batch: RecordedInputs): Promise<void> {
    const { production, candidate, warmUps } = this.#options;
    for (let run = 0; run < warmUps && !this.#signal.aborted; run++) {
      for (const runner of [production, candidate]) if (runner !== 'recorded') await this.#ask(runner, batch);
    }
  }

  async #pair(batch: RecordedInputs, productionFirst: boolean): Promise<void> {
    let all: ReplayedPairs[];
    try {
      all = await this.#answer(batch, productionFirst);
    } catch (error) {
      this.#fail(error);
      return this.#drop(batch.references.length, 'cancelled');
    }
    for (const pairs of all) await this.#tell(pairs);
  }

  async #answer(batch: RecordedInputs, productionFirst: boolean): Promise<ReplayedPairs[]> {
    const { split } = this.#options;
    const pairs = await this.#askBoth(batch, productionFirst);
    const isWhole = pairs.production.error === null && pairs.candidate.error === null;
    if (isWhole || split === undefined || batch.references.length < 2 || this.#signal.aborted) return [pairs];
    const parts: ReplayedPairs[] = [];
    for (const part of split(batch)) parts.push(await this.#askBoth(part, productionFirst));
    const rows = parts.reduce((sum, part) => sum + part.batch.references.length, 0);
    if (rows !== batch.references.length) throw new Error(`a batch of ${batch.references.length} rows was split into ${rows}`);
    return parts;
  }

  async #askBoth(batch: RecordedInputs, productionFirst: boolean): Promise<ReplayedPairs> {
    const ofProduction = (): Promise<ReplayedSide> => this.#productionOf(batch);
    const ofCandidate = (): Promise<ReplayedSide> => this.#ask(this.#options.candidate, batch);
    if (productionFirst) {
      const production = await ofProduction();
      return { batch, production, candidate: await ofCandidate() };
    }
    const candidate = await ofCandidate();
    return { batch, production: await ofProduction(), candidate };
  }

  async #productionOf(batch: RecordedInputs): Promise<ReplayedSide> {
    const { production } = this.#options;
    return production === 'recorded' ? { outputs: batch.answered, error: null, totalMs: null } : this.#ask(production, batch);
  }

  async #ask(runner: Runner, { inputs }: RecordedInputs): Promise<ReplayedSide> {
    const { clock, deadlineMs } = this.#options;
    const beganUs = clock.nowUs();
    const ms = (): number => Math.max(0, clock.nowUs() - beganUs) / 1000;
    try {
      const outputs = await runner.run(inputs, { signal: this.#signal, ...(deadlineMs !== null && { deadlineMs }) });
      return { outputs, error: null, totalMs: ms() };
    } catch (error) {
      return { outputs: null, error: error instanceof Problem ? error.code : 'internal', totalMs: ms() };
    }
  }

  /** Counts rows in exactly one place. */
  async #tell(pairs: ReplayedPairs): Promise<void> {
    const { batch, production, candidate } = pairs;
    const rows = batch.references.length;
    if (this.#signal.aborted) return this.#drop(rows, 'cancelled');
    // No answer and no error: it was never recorded.
    if (production.outputs === null && production.error === null) return this.#drop(rows, 'no recorded answer');
    this.#counts.underWay -= rows;
    if (production.error !== null) this.#failed[candidate.error === null ? 'production' : 'both'] += rows;
    else if (candidate.error !== null) this.#failed.candidate += rows;
    else this.#counts.compared += rows;
    await this.#inTurn(() => this.#options.onPairs(pairs));
    await this.#repeat(pairs);
    this.#progress();
  }

  #drop(rows: number, reason: ReplayDrop): void {
    this.#counts.underWay -= rows;
    this.#dropped[reason] += rows;
    this.#progress();
  }

  async #repeat(pairs: ReplayedPairs): Promise<void> {
    const { noise, repeats } = this.#options;
    const { repeated, repeatsFailed, compared } = this.#counts;
    if (pairs.production.outputs === null || pairs.candidate.outputs === null || repeats.length === 0 || !isRepeatDue(noise, repeated + repeatsFailed, compared)) return;
    const rows = pairs.batch.references.length;
    this.#counts.repeated += rows;
    for (const { how, run } of repeats) {
      if (this.#signal.aborted) return;
      let again: TensorMap;
      try {
        again = await run(pairs.batch, this.#signal);
      } catch {
        // Counted: that production could not be asked again says nothing about noise.
        this.#counts.repeated -= rows;
        this.#counts.repeatsFailed += rows;
        return;
      }
      await this.#inTurn(() => this.#options.onRepeat(pairs, how, again));
    }
  }

  #inTurn(act: () => void | Promise<void>): Promise<void> {
    this.#told = this.#told.then(act).catch((error: unknown) => this.#fail(error));
    return this.#told;
  }

  #progress(): void {
    try {
      this.#options.onProgress?.(this.#snapshot());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The first failure is the one that tells. */
  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort();
  }

  async #waitUntil(us: number): Promise<void> {
    const { clock } = this.#options;
    const leftUs = us - clock.nowUs();
    // A recording whose clock went back is not waited for.
    if (leftUs <= 0) {
      this.#counts.behindMs = Math.max(this.#counts.behindMs, -leftUs / 1000);
      return;
    }
    if (this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#signal.removeEventListener('abort', done);
        callOff();
        resolve();
      };
      const callOff = clock.after(leftUs, done);
      this.#signal.addEventListener('abort', done, { once: true });
    });
  }

  #snapshot(): ReplayCounts {
    return { ...this.#counts, failed: { ...this.#failed }, dropped: { ...this.#dropped } };
  }
}
