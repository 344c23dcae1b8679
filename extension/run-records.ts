import type * as vscode from 'vscode';
import type { RunReport } from '../protocol/run.ts';
import { Emitter } from './emitter.ts';
import type { JudgedRun } from './gate-findings.ts';
import type { Log } from './log.ts';
import type { Session } from './session.ts';

/** A saved run never changes, so each is read once; the oldest give way. */
const recordsMax = 200;

/** What is kept of a run: little of a report that may be large. */
export type RunRecord = JudgedRun & Pick<RunReport, 'runtime'>;

/** What saved runs say of their gates, by id. */
export interface RunRecords extends vscode.Disposable {
  /** Null until it has been read, which this call begins; `onDidChange` tells when. */
  get(session: Session, id: string): RunRecord | null;
  /** @throws ProblemError when it cannot be read */
  read(session: Session, id: string): Promise<RunRecord>;
  readonly onDidChange: vscode.Event<Session>;
}

export function openRunRecords(log: Pick<Log, 'warn'>): RunRecords {
  const records = new Map<string, RunRecord>();
  const reading = new Map<string, Promise<RunRecord>>();
  const changed = new Emitter<Session>();
  const keyOf = ({ folder }: Session, id: string): string => `${folder.uri.toString()} ${id}`;

  async function fetch(session: Session, id: string): Promise<RunRecord> {
    const { model, role, gates, decision, runtime, startedAt, finishedAt } = await session.ask({ ask: 'run', id });
    const record: RunRecord = { id, model, role, gates, decision, runtime, startedAt, finishedAt };
    records.set(keyOf(session, id), record);
    for (const oldest of records.keys()) {
      if (records.size <= recordsMax) break;
      records.delete(oldest);
    }
    changed.fire(session);
    return record;
  }

  function read(session: Session, id: string): Promise<RunRecord> {
    const key = keyOf(session, id);
    const known = records.get(key);
    if (known !== undefined) return Promise.resolve(known);
    const underWay = reading.get(key) ?? fetch(session, id).finally(() => reading.delete(key));
    reading.set(key, underWay);
    return underWay;
  }

  return {
    get(session, id) {
      const record = records.get(keyOf(session, id)) ?? null;
      if (record === null) read(session, id).catch((error: unknown) => log.warn(`run ${id} cannot be read: ${error instanceof Error ? error.message : String(error)}`));
      return record;
    },
    read,
    onDidChange: changed.event,
    dispose: () => changed.dispose(),
  };
}
