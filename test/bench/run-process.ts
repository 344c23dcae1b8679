import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Run } from './bench-case.ts';

const pollMs = 20;

/** Runs a program to its end, watching the memory of it and its children. The last line it prints is its report. */
export async function runProcess(command: string, args: readonly string[]): Promise<Run> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const memory = watchMemory(child.pid);
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallSeconds = (performance.now() - started) / 1000;
  const peakBytes = memory.stop();
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${complaints}`);
  const report = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { seconds: number; facts: Run['facts'] };
  return { workSeconds: report.seconds, wallSeconds, peakBytes, facts: report.facts };
}

/**
 * Resident memory of a process tree: the largest sum seen, or the largest high-water mark of a single process, whichever is
 * more. Pages that parent and child share count twice. Only where there is /proc.
 */
function watchMemory(pid: number | undefined): { stop(): number | null } {
  let peakBytes = 0;
  const look = (): void => {
    if (pid === undefined) return;
    let sum = 0;
    for (const each of treeOf(pid)) {
      const status = read(`/proc/${each}/status`);
      sum += kilobytes(status, 'VmRSS');
      peakBytes = Math.max(peakBytes, kilobytes(status, 'VmHWM') * 1024);
    }
    peakBytes = Math.max(peakBytes, sum * 1024);
  };
  const timer = setInterval(look, pollMs);
  return {
    stop() {
      clearInterval(timer);
      return peakBytes === 0 ? null : peakBytes;
    },
  };
}

function treeOf(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

/** Empty for a process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function kilobytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
