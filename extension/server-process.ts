import { fork, type ChildProcess } from 'node:child_process';
import type { ProblemBody } from '../protocol/problem.ts';
import * as l10n from './l10n.ts';

/** Where the owner of a workspace listens. */
export interface ServerAddress {
  socket: string;
  token: string;
  pid: number;
  /** `other`: a terminal owns the workspace; our process waits to take over. */
  owner: 'this' | 'other';
}

/** What the child says over its pipe. */
export type ChildMessage = ({ kind: 'ready' } & ServerAddress) | { kind: 'failed'; problem: ProblemBody };

export interface ServerProcess {
  /** Ends the child; nothing is told any more. */
  stop(): void;
}

interface ServerProcessOptions {
  /** Path of the server's program. */
  module: string;
  workspace: string;
  /** May come again: when the process takes a workspace over from another owner, and after each restart. */
  ready(address: ServerAddress): void;
  /** It ended and is being started again. */
  lost(reason: string): void;
  /** It ended too often, or said that it cannot start. */
  stopped(reason: string, problem: ProblemBody | null): void;
  /** A line of its output. */
  output(line: string): void;
  now?: () => number;
}

const restartsMax = 4;
const restartWindowMs = 3 * 60_000;
const readyMsMax = 30_000;
const endMsMax = 2_000;

/**
 * Keeps one server running for a workspace folder, in a process of its own with the editor's own Node. One that ends
 * unasked is started again, as often as language clients do: four times in three minutes.
 */
export function startServerProcess({ module, workspace, ready, lost, stopped, output, now = Date.now }: ServerProcessOptions): ServerProcess {
  let crashes: number[] = [];
  let child: ChildProcess | null = null;
  let waiting: NodeJS.Timeout | null = null;
  let over = false;

  function finish(reason: string, problem: ProblemBody | null): void {
    over = true;
    stopped(reason, problem);
  }

  function start(): void {
    waiting = null;
    const started = fork(module, [workspace], {
      cwd: workspace,
      env: childEnvironment(process.env),
      // Without the editor's own flags: an inspector port can be taken but once.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    child = started;
    let ended = false;
    const deadline = setTimeout(() => started.kill('SIGKILL'), readyMsMax);
    started.stdout?.setEncoding('utf8').on('data', linesTo(output));
    started.stderr?.setEncoding('utf8').on('data', linesTo(output));
    started.on('message', (message: ChildMessage) => {
      if (over || child !== started) return;
      clearTimeout(deadline);
      if (message.kind === 'ready') ready({ socket: message.socket, token: message.token, pid: message.pid, owner: message.owner });
      else {
        finish(message.problem.detail, message.problem);
        end(started);
      }
    });
    const onEnd = (reason: string): void => {
      clearTimeout(deadline);
      if (ended || over || child !== started) return;
      ended = true;
      child = null;
      crashes = [...crashes, now()].filter((at) => now() - at < restartWindowMs);
      if (crashes.length > restartsMax) return finish(l10n.t('{0}, the fifth time in three minutes', reason), null);
      lost(reason);
      waiting = setTimeout(start, crashes.length === 1 ? 0 : 250 * 2 ** (crashes.length - 2));
    };
    started.once('error', (error) => onEnd(l10n.t('The server could not be started: {0}', error.message)));
    started.once('exit', (code, signal) => onEnd(signal === null ? l10n.t('The server ended with code {0}', code ?? '?') : l10n.t('The server was ended by {0}', signal)));
  }

  start();
  return {
    stop() {
      over = true;
      if (waiting !== null) clearTimeout(waiting);
      if (child !== null) end(child);
    },
  };
}

/** Closing the pipe is how it is asked to end: it finishes what it is writing. One that does not is killed. */
function end(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), endMsMax);
  timer.unref();
  child.once('exit', () => clearTimeout(timer));
}

/** What debuggers and the editor leave for their own children is not for ours. */
export function childEnvironment(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !/^(NODE_OPTIONS|NODE_INSPECT.*|NODE_CHANNEL_.*|VSCODE_.*|ELECTRON_.*)$/i.test(name));
  // The editor's process.execPath is Electron on a desktop, and Node only with this; real Node does not mind it.
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' };
}

function linesTo(output: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') output(line.trimEnd());
    if (rest.length > 10_000) {
      output(rest);
      rest = '';
    }
  };
}
