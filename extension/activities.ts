import type * as vscode from 'vscode';
import { followActivity, type Activity } from './activity.ts';
import { Emitter } from './emitter.ts';
import type { Session } from './session.ts';
import type { Sessions } from './sessions.ts';

/** What the servers of this window are doing now. */
export interface Activities extends vscode.Disposable {
  of(session: Session): Activity | null;
  /** Something began, ended or got on; of progress at most four times in a second. */
  readonly onDidChange: vscode.Event<void>;
}

const progressMs = 250;

export function followActivities(sessions: Sessions): Activities {
  const activities = new Map<Session, Activity | null>();
  const changed = new Emitter<void>();
  let timer: NodeJS.Timeout | null = null;
  const fire = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    changed.fire();
  };
  const visits = sessions.each((session) => {
    const subscription = session.onMessage((message) => {
      const before = activities.get(session) ?? null;
      const activity = followActivity(before, message);
      if (activity === before) return;
      activities.set(session, activity);
      if (message.kind === 'progress') timer ??= setTimeout(fire, progressMs);
      else fire();
    });
    return { dispose: () => (subscription.dispose(), void activities.delete(session)) };
  });
  return {
    // Of a server that is away nobody knows what it does.
    of: (session) => (session.state.name === 'ready' ? (activities.get(session) ?? null) : null),
    onDidChange: changed.event,
    dispose() {
      visits.dispose();
      if (timer !== null) clearTimeout(timer);
      changed.dispose();
    },
  };
}
