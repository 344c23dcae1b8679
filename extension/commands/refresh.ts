import { problemIn } from '../problem-of.ts';
import type { Workbench } from '../workbench.ts';

/** Reads anew what is known of every folder, and starts what has not been started. */
export async function refresh({ sessions, log }: Workbench): Promise<void> {
  for (const session of sessions.all) {
    await (session.state.name === 'idle' && sessions.hasConfig(session) ? session.start() : session.refresh()).catch((error: unknown) => log.warn(problemIn(error).detail));
  }
}
