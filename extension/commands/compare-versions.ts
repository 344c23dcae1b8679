import type { Workbench } from '../workbench.ts';
import { pickModel } from './pick.ts';
import { sessionFor, subjectOf } from './subject.ts';

/** The version it was called on beside the champion; else the champion beside the newest candidate. */
export async function compareVersions(workbench: Workbench, argument: unknown): Promise<void> {
  const subject = subjectOf(workbench, argument);
  const session = await sessionFor(workbench, subject);
  if (session === null) return;
  const model = subject.model ?? (await pickModel(session));
  if (model === null) return;
  const champion = session.snapshot?.models.find((version) => version.model === model && version.champion)?.run?.id;
  const runs: [string, string] | null = subject.run === null || champion === undefined || champion === subject.run ? null : [champion, subject.run];
  workbench.pages.show(session, { view: 'compare', model, runs });
}
