import type { Workbench } from '../workbench.ts';
import { subjectOf } from './subject.ts';

/** Cancels what is under way and what waits, in the folder it was called on or in all of them. */
export async function cancelWork(workbench: Workbench, argument: unknown): Promise<void> {
  const { session } = subjectOf(workbench, argument);
  for (const each of session === null ? workbench.sessions.all : [session]) {
    for (const { work } of each.snapshot?.active ?? []) await each.cancel(work);
  }
}
