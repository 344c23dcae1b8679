import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import type { Run } from './bench-case.ts';

const pollMs = 20;

/** Runs a program to its end, watching the memory of it and its children. The last line it prints is its report. */
export async function runProcess(command: string, args: readonly string[]): Promise<Run> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const use = watchUse(child.pid);
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints = (complaints + text).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const wallSeconds = (performance.now() - started) / 1000;
  const { peakBytes, cpuSeconds } = use.stop();
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${complaints}`);
  const report = JSON.parse(output.trim().split('\n').at(-1) ?? '') as { seconds: number; facts: Run['facts'] };
  return { workSeconds: report.seconds, wallSeconds, cpuSeconds, peakBytes, facts: report.facts };
}

/**
 * What a process tree uses. Memory: the largest sum of resident memory seen, or the largest high-water mark of a single
 * process, whichever is more; pages that parent and child share count twice. Processor time: as last seen of each process, so
 * up to one look is missing. Only where there is /proc.
 */
function watchUse(pid: number | undefined): { stop(): { peakBytes: number | null; cpuSeconds: number | null } } {
  let peakBytes = 0;
  const ticks = new Map<number, number>();
  const look = (): void => {
    if (pid === undefined) return;
    let sum = 0;
    for (const each of treeOf(pid)) {
      const status = read(`/proc/${each}/status`);
      sum += kilobytes(status, 'VmRSS');
      peakBytes = Math.max(peakBytes, kilobytes(status, 'VmHWM') * 1024);
      ticks.set(each, Math.max(ticks.get(each) ?? 0, processorTicks(each)));
    }
    peakBytes = Math.max(peakBytes, sum * 1024);
  };
  const timer = setInterval(look, pollMs);
  return {
    stop() {
      clearInterval(timer);
      const seen = ticks.size > 0;
      return { peakBytes: seen ? peakBytes : null, cpuSeconds: seen ? [...ticks.values()].reduce((sum, each) => sum + each, 0) / ticksPerSecond : null };
    },
  };
}

/** USER_HZ, which Linux shows to programs as 100 on every machine. */
const ticksPerSecond = 100;

/** User and system time; the name in parentheses, which may hold anything, is stepped over. */
function processorTicks(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)!.split(' ');
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
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
