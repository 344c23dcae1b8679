import type { Workbench } from '../workbench.ts';
import { sessionFor, subjectOf } from './subject.ts';

export async function restartServer(workbench: Workbench, argument: unknown): Promise<void> {
  const session = await sessionFor(workbench, subjectOf(workbench, argument));
  await session?.restart();
}
