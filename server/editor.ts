import { realpath } from 'node:fs/promises';
import type { ProblemBody } from '../protocol/problem.ts';
import type { Connection } from './connection.ts';
import { Problem, problemBody } from './problem.ts';

/** What an editor that forked this process is told. */
type Message =
  /** Again when the workspace is taken over from another owner. */
  | { kind: 'ready'; socket: string; token: string; pid: number; owner: 'this' | 'other' }
  | { kind: 'failed'; problem: ProblemBody };

/** Past this the end no longer waits for work to be put down in order: all of it survives a kill. */
const endMs = 1_500;

const ended = new AbortController();
process.once('disconnect', () => ended.abort());
process.once('SIGTERM', () => ended.abort());
process.once('SIGINT', () => ended.abort());
ended.signal.addEventListener('abort', () => setTimeout(() => process.exit(1), endMs).unref());

try {
  await serveEditor(process.argv[2] ?? '.');
  process.exit(0);
} catch (error) {
  if (ended.signal.aborted) process.exit(0);
  console.error(error);
  tell({ kind: 'failed', problem: problemBody(error) }, () => process.exit(1));
}

/** `server <workspace>`, forked by an editor: owns the workspace, or waits for the process that does, until its parent is gone. */
async function serveEditor(folder: string): Promise<void> {
  if (!process.connected) throw new Problem('usage', 'This program is started by an editor; in a terminal, use `slipway`');
  const workspace = await realpath(folder).catch((error: unknown) => {
    throw new Problem('file-missing', `There is no folder ${folder}`, { cause: error, where: { path: folder } });
  });
  const { connect } = await import('./connection.ts');
  while (!ended.signal.aborted) {
    const connection = await connect(workspace, { signal: ended.signal });
    try {
      tell({ kind: 'ready', ...connection.address, pid: connection.ownerPid, owner: connection.remote ? 'other' : 'this' });
      await isOver(connection);
    } finally {
      await connection.close();
    }
  }
}

/** Resolves when the other owner has ended, or when this process is to end. */
function isOver(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    if (ended.signal.aborted) return resolve();
    ended.signal.addEventListener('abort', () => resolve(), { once: true });
    connection.subscribe((message) => {
      if (connection.remote && message.kind === 'problem' && message.problem.code === 'server-unreachable') resolve();
    });
  });
}

function tell(message: Message, told: () => void = () => {}): void {
  // A parent that goes away while it is told needs no answer.
  if (process.connected) process.send?.(message, () => told());
  else told();
}
