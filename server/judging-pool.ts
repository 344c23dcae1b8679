import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Answer, Job, Outcome } from './judging-thread.ts';
import { Problem } from './problem.ts';

/**
 * Threads for what the judging rooms compute: resampling and sorting take seconds, and the thread that serves, draws
 * progress and hears Ctrl-C must not wait for them. Table columns lie in shared memory, so that nothing large is copied.
 */
export interface JudgingPool {
  /** A cancel ends the thread the job runs on, whatever it is doing. */
  run<J extends Job>(job: J, options: { signal: AbortSignal; onProgress?: (share: number) => void }): Promise<Outcome<J>>;
  close(): Promise<void>;
}

interface Waiting {
  job: Job;
  onProgress: (share: number) => void;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

/** More threads than this need more memory bandwidth than laptops have. */
const threadsMax = 4;

/** Bundled, the thread is a file beside this one. From sources it needs the loader first, which a thread does not inherit. */
function startThread(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./judging-thread.js', import.meta.url));
  const source = JSON.stringify(new URL('./judging-thread.ts', import.meta.url).href);
  return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); });`, { eval: true });
}

export function openJudgingPool(threads = Math.min(threadsMax, availableParallelism())): JudgingPool {
  const idle: Worker[] = [];
  const all = new Set<Worker>();
  const queue: Waiting[] = [];
  let busy = 0;
  let closed = false;

  function start(): Worker {
    const worker = startThread();
    // A thread that waits for work must not keep the process alive.
    worker.unref();
    all.add(worker);
    return worker;
  }

  function next(): void {
    while (busy < threads && queue.length > 0) {
      const waiting = queue.shift();
      if (waiting !== undefined) perform(waiting, idle.pop() ?? start());
    }
  }

  function perform(waiting: Waiting, worker: Worker): void {
    busy++;
    worker.ref();
    const onMessage = (answer: Answer): void => {
      if (answer.kind === 'progress') return waiting.onProgress(answer.share);
      release(true);
      if (answer.kind === 'done') waiting.resolve(answer.result);
      else waiting.reject(errorFrom(answer));
    };
    const onError = (error: unknown): void => {
      release(false);
      waiting.reject(error);
    };
    const onExit = (code: number): void => onError(new Error(`the judging thread ended with code ${code}`));
    // One by one: removing all listeners would also remove those by which Node wakes the thread's port.
    const release = (reusable: boolean): void => {
      busy--;
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      worker.unref();
      if (reusable && !closed) idle.push(worker);
      else {
        all.delete(worker);
        void worker.terminate();
      }
      next();
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    ends.set(waiting, () => release(false));
    worker.postMessage({ id: 0, job: waiting.job });
  }

  /** How to take a running job off its thread. */
  const ends = new WeakMap<Waiting, () => void>();

  return {
    run: (job, { signal, onProgress = () => {} }) =>
      new Promise((resolve, reject) => {
        if (closed) return reject(new Error('the judging pool is closed'));
        if (signal.aborted) return reject(signal.reason as Error);
        const settle = <T>(how: (value: T) => void) => (value: T): void => {
          signal.removeEventListener('abort', cancel);
          how(value);
        };
        const waiting: Waiting = { job, onProgress, resolve: settle(resolve as (result: unknown) => void), reject: settle(reject) };
        const cancel = (): void => {
          const place = queue.indexOf(waiting);
          if (place >= 0) queue.splice(place, 1);
          else ends.get(waiting)?.();
          waiting.reject(signal.reason);
        };
        signal.addEventListener('abort', cancel, { once: true });
        queue.push(waiting);
        next();
      }),
    async close() {
      closed = true;
      for (const waiting of queue.splice(0)) waiting.reject(new Error('the judging pool is closed'));
      await Promise.all([...all].map((worker) => worker.terminate()));
    },
  };
}

function errorFrom({ message, stack, code }: Extract<Answer, { kind: 'failed' }>): Error {
  if (code !== undefined) return new Problem(code, message);
  const error = new Error(message);
  error.stack = stack;
  return error;
}
