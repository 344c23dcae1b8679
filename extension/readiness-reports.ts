import type * as vscode from 'vscode';
import type { ReadinessReport } from '../protocol/workspace.ts';
import { Emitter } from './emitter.ts';
import type { Log } from './log.ts';
import { problemIn } from './problem-of.ts';
import type { Session } from './session.ts';

/** How ready each model is, read anew when something it rests on has changed. */
export interface ReadinessReports extends vscode.Disposable {
  /** The last one that was read, which this call may begin to do again; null until then, and where nothing may be started. */
  get(session: Session, model: string): ReadinessReport | null;
  readonly onDidChange: vscode.Event<void>;
}

export function openReadinessReports(log: Pick<Log, 'debug'>): ReadinessReports {
  const reports = new Map<string, { rests: unknown[]; report: ReadinessReport | null }>();
  const changed = new Emitter<void>();

  async function read(session: Session, model: string, entry: { report: ReadinessReport | null }): Promise<void> {
    try {
      entry.report = await session.ask({ ask: 'readiness', model });
      changed.fire();
    } catch (error) {
      log.debug(`Readiness of ${model} is not known: ${problemIn(error).detail}`);
    }
  }

  return {
    get(session, model) {
      const key = `${session.folder.uri.toString()} ${model}`;
      const known = reports.get(key);
      if (session.state.name !== 'ready') return known?.report ?? null;
      // A statement ends work, and after any work the outline is a new one.
      const rests = [session.snapshot?.runs[0]?.id, session.snapshot?.batches[0]?.id, session.outline];
      if (known?.rests.every((part, index) => part === rests[index]) === true) return known.report;
      const entry = { rests, report: known?.report ?? null };
      reports.set(key, entry);
      void read(session, model, entry);
      return entry.report;
    },
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
  };
}
