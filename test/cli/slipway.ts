import { spawn, type ChildProcess } from 'node:child_process';
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connect, type Connection } from '../../server/connection.ts';
import { writeFiles, type Files } from './tiny-workspace.ts';

/** The program as it is shipped, in real processes. */
export interface Slipway {
  /** The bundled program. */
  readonly cli: string;
  /** Runs it to its end. */
  run(workspace: string, args: string[], options?: StartOptions): Promise<Ended>;
  start(workspace: string, args: string[], options?: StartOptions): Running;
  remove(): void;
}

export interface StartOptions {
  env?: NodeJS.ProcessEnv;
  /** What stands before `node`, such as prlimit and its arguments. */
  under?: string[];
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** Resolves with its standard output so far when the text stands in what it has written; rejects when it ends without. */
  says(text: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** Bundles into a folder of the checkout, where the native packages are found. */
export async function buildSlipway(): Promise<Slipway> {
  const cache = join(checkout, '.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'cli-'));
  const dist = join(folder, 'dist');
  await promisify(execFile)(process.execPath, ['--import', 'tsx', join(checkout, 'build.ts'), dist], { cwd: checkout });
  cpSync(join(checkout, 'package.json'), join(folder, 'package.json'));
  const start = (workspace: string, args: string[], { env = {}, under = [] }: StartOptions = {}): Running => {
    const [program, ...rest] = [...under, process.execPath, join(dist, 'cli.js'), ...args];
    return follow(spawn(program, rest, { cwd: workspace, env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env }, stdio: ['ignore', 'pipe', 'pipe'] }));
  };
  return {
    cli: join(dist, 'cli.js'),
    start,
    run: (workspace, args, options) => start(workspace, args, options).ended,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export async function makeWorkspace(files: Files): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-cli-')));
  await writeFiles(folder, files);
  return folder;
}

/** A client of the process that owns the workspace, as soon as there is one. */
export async function connectTo(workspace: string): Promise<Connection> {
  const served = join(workspace, '.slipway', 'server.json');
  while (!existsSync(served)) await new Promise((resolve) => setTimeout(resolve, 5));
  return connect(workspace);
}

/** Processes on this machine whose chain of parents leads to `pid`; Linux only. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    const stat = statOf(Number(name));
    if (stat !== null) parents.set(Number(name), stat.parent);
  }
  const below = (of: number): number[] => [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

/** Whether a process still runs: one that has ended and waits to be noticed does not. */
export function isAlive(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z';
}

/** Waits until none of them runs any more; gives back those that will not end. */
export async function survivors(pids: number[], waitMs = 2_000): Promise<number[]> {
  for (const deadline = Date.now() + waitMs; pids.some(isAlive) && Date.now() < deadline; ) await new Promise((resolve) => setTimeout(resolve, 10));
  return pids.filter(isAlive);
}

function statOf(pid: number): { parent: number; state: string } | null {
  try {
    // The name stands in brackets and may hold anything.
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return null;
  }
}

function follow(child: ChildProcess): Running {
  let stdout = '';
  let stderr = '';
  let over = false;
  const waiting = new Set<() => void>();
  const notice = (): void => waiting.forEach((look) => look());
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    notice();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    notice();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      over = true;
      notice();
      resolve({ code, signal, stdout, stderr });
    });
  });
  return {
    pid: child.pid ?? 0,
    ended,
    kill: (signal) => void child.kill(signal),
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const said = stdout.includes(text) || stderr.includes(text);
          if (!said && !over) return;
          waiting.delete(look);
          if (said) resolve(stdout);
          else reject(new Error(`It ended without saying ${JSON.stringify(text)}:\n${stdout}\n${stderr}`));
        };
        waiting.add(look);
        look();
      }),
  };
}
