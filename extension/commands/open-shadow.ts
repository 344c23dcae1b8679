import type { Workbench } from '../workbench.ts';
import { pickModel } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** The newest comparison of a model with production; the page leads to the others. */
export async function openShadow(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const model = subject.model ?? (await pickModel(session));
  if (model !== null) workbench.pages.show(session, { view: 'shadow', model, id: null });
}
