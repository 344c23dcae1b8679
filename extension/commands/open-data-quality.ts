import type { Workbench } from '../workbench.ts';
import { pickBatch } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

export async function openDataQuality(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const batch = subject.batch ?? (await pickBatch(session))?.id;
  if (batch !== undefined) workbench.pages.show(session, { view: 'data', batch });
}
