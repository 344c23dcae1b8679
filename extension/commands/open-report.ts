import type { Workbench } from '../workbench.ts';
import { pickRun } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

export async function openReport(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const run = subject.run ?? (await pickRun(session))?.id;
  if (run !== undefined) workbench.pages.show(session, { view: 'gates', run });
}
