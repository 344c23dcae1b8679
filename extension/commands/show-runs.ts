import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

export async function showRuns(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session !== null) workbench.pages.show(session, { view: 'runs', model: subject.model });
}
