import type * as vscode from 'vscode';
import type { GateResult } from '../../protocol/gates.ts';
import type { ReadinessReport } from '../../protocol/workspace.ts';
import { Emitter } from '../emitter.ts';
import { problemIn } from '../problem-of.ts';
import type { Session } from '../session.ts';
import type { Workbench } from '../workbench.ts';
import { judgedVersions, readinessKey, type GateEvidence } from './gate-rows.ts';

const runsKept = 50;

export interface FollowedEvidence extends GateEvidence, vscode.Disposable {
  /** Fetches what these folders' gates need and is not there. */
  follow(sessions: readonly Session[]): void;
  readonly onDidChange: vscode.Event<void>;
}

/** Gates of the runs that are shown, each fetched once, since a saved run does not change; and readiness, anew when it may have. */
export function gateEvidence({ log }: Pick<Workbench, 'log'>): FollowedEvidence {
  const gates = new Map<string, readonly GateResult[]>();
  const readiness = new Map<string, ReadinessReport>();
  const asked = new Set<string>();
  const changed = new Emitter<void>();
  /** What readiness rests on, as it was when it was last asked for. */
  const rests = new Map<string, unknown[]>();

  async function readGates(session: Session, run: string): Promise<void> {
    if (gates.has(run) || asked.has(run)) return;
    asked.add(run);
    try {
      const { gates: results } = await session.ask({ ask: 'run', id: run });
      gates.set(run, results);
      while (gates.size > runsKept) gates.delete([...gates.keys()][0]);
      changed.fire();
    } catch (error) {
      log.warn(`Gates of ${run} cannot be read: ${problemIn(error).detail}`);
    } finally {
      asked.delete(run);
    }
  }

  async function readReadiness(session: Session, model: string): Promise<void> {
    const key = readinessKey(session.folder.uri.toString(), model);
    const now = [session.snapshot?.runs[0]?.id, session.snapshot?.batches[0]?.id, session.outline, session.state.name];
    if (session.state.name !== 'ready' || rests.get(key)?.every((part, index) => part === now[index]) === true) return;
    rests.set(key, now);
    try {
      readiness.set(key, await session.ask({ ask: 'readiness', model }));
      changed.fire();
    } catch (error) {
      log.debug(`Readiness of ${model} is not known: ${problemIn(error).detail}`);
    }
  }

  return {
    gates,
    readiness,
    follow(sessions) {
      for (const session of sessions) {
        if (session.snapshot === null) continue;
        for (const { model, run } of judgedVersions({ snapshot: session.snapshot })) {
          if (run !== null) void readGates(session, run.id);
          void readReadiness(session, model);
        }
      }
    },
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
  };
}
