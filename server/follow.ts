import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Command, RefusedFile } from '../protocol/feed.ts';
import type { ProblemBody } from '../protocol/problem.ts';
import type { RunSummary } from '../protocol/run.ts';
import type { Connection } from './connection.ts';
import { Problem } from './problem.ts';
import type { ProgressBar } from './terminal.ts';

export interface Outcome {
  /** Runs made, and runs whose verdict stands, in the order they were told. */
  runs: RunSummary[];
  refused: RefusedFile[];
  problems: ProblemBody[];
}

export interface Follower {
  bar: ProgressBar | null;
  signal: AbortSignal;
  onRun?: (run: RunSummary, kept: boolean) => Promise<void>;
  onBatch?: (id: string) => Promise<void>;
  onShadow?: (id: string) => Promise<void>;
  onRefused?: (file: RefusedFile) => void;
  onProblem?: (problem: ProblemBody) => void;
}

/** An owner that is too busy to take a cancel in this time does not keep the asker: its own terminal is free at once. */
const cancelMs = 300;

/** Follows one piece of work to its end. A cancel ends the work, wherever it runs. */
export async function follow(connection: Connection, command: Command, { bar, signal, onRun, onBatch, onShadow, onRefused, onProblem }: Follower): Promise<Outcome> {
  const work = randomUUID();
  const outcome: Outcome = { runs: [], refused: [], problems: [] };
  // Reports are fetched and printed one after the other, in the order in which they were saved.
  let showing: Promise<unknown> = Promise.resolve();
  let unsubscribe = (): void => {};
  const cancelled = new Problem('run-cancelled', 'Cancelled');
  const finished = new Promise<void>((resolve, reject) => {
    const show = (act: () => Promise<void> | undefined): void => {
      showing = showing.then(act);
      showing.catch(reject);
    };
    unsubscribe = connection.subscribe((message) => {
      if (message.kind === 'progress') {
        if (message.progress.work === work) bar?.update(message.progress);
        return;
      }
      if (message.kind === 'problem' && message.work === '*') return reject(new Problem(message.problem.code, message.problem.detail));
      if (!('work' in message) || message.work !== work) return;
      switch (message.kind) {
        case 'work-started':
        case 'model-seen':
        case 'step':
        case 'was-set-up':
        case 'stated':
          return;
        case 'run-started':
          return bar?.clear();
        case 'run-finished':
        case 'run-kept':
          outcome.runs.push(message.run);
          return show(() => onRun?.(message.run, message.kind === 'run-kept'));
        case 'batch-checked':
          return show(() => onBatch?.(message.batch.id));
        case 'shadow-changed':
          return show(() => onShadow?.(message.shadow.id));
        case 'model-refused':
          outcome.refused.push(message.file);
          bar?.clear();
          return onRefused?.(message.file);
        case 'problem':
          outcome.problems.push(message.problem);
          bar?.clear();
          return onProblem?.(message.problem);
        case 'work-finished':
          if (message.state === 'cancelled') reject(cancelled);
          else showing.then(() => resolve(), reject);
      }
    });
    const cancel = (): void => {
      connection.cancel(work).catch(() => undefined);
      void wait(cancelMs, undefined, { ref: false }).then(() => reject(cancelled));
    };
    if (signal.aborted) reject(cancelled);
    else signal.addEventListener('abort', cancel, { once: true });
  });
  // Settled before anybody waits for it, it must not count as unhandled.
  finished.catch(() => undefined);
  try {
    if (!signal.aborted) await connection.submit(work, command);
    // Asked for while the command was on its way, when there was nothing to cancel yet.
    if (signal.aborted) await connection.cancel(work).catch(() => undefined);
    await finished;
    return outcome;
  } finally {
    unsubscribe();
    bar?.clear();
  }
}
