import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Duplex, Readable } from 'node:stream';
import { Problem } from '../problem.ts';
import type { HostArguments, HostReply, LastWords } from './onnx-host.ts';
import { frame, frameReader, type TensorMap, unpack } from './tensor.ts';

/** Why we ended a process; null when it ended by itself. */
export type Ending = 'deadline' | 'memory' | 'cancelled' | 'recycled' | 'closed' | 'protocol' | null;

export interface Exit {
  ending: Ending;
  detail: string;
  /** What it held when it went over its cap; 0 otherwise. */
  rssBytes: number;
  /** The last of what the process wrote to its error stream. */
  stderr: string;
}

export interface Child {
  /** Undefined where it could not be started. */
  readonly pid: number | undefined;
  /** Bytes received so far: while they grow, the process is not stuck. */
  readonly received: () => number;
  send(header: object, body: readonly Uint8Array[]): void;
  /** Caps the address space, where the platform can: a huge allocation fails inside the model's run. */
  limitMemory(): Promise<void>;
  kill(ending: Exclude<Ending, null>): void;
  readonly exited: Promise<Exit>;
}

export interface ChildEvents {
  onReply(reply: HostReply, tensors: TensorMap): void;
}

const stderrBytesMax = 4096;
/** Room for the stacks and heaps of the runtime's threads, which count as address space but are not touched. */
const addressHeadroomBytes = 512 * 2 ** 20;

/** Nothing else of our environment reaches a model. */
const environmentKept = ['SystemRoot', 'TMPDIR', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'CUDA_PATH', 'VK_ICD_FILENAMES', 'XDG_RUNTIME_DIR'];

/** Starts a model host process in an empty private folder, with frames on descriptor 3 and last words on descriptor 4. */
export function startChild(settings: HostArguments, events: ChildEvents): Child {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-host-'));
  const process_ = spawn(process.execPath, ['--disable-proto=delete', ...entry(), JSON.stringify(settings)], {
    cwd: folder,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe', 'overlapped', 'pipe'],
    windowsHide: true,
  });
  const frames = process_.stdio[3] as Duplex;
  let ending: Ending = null;
  let detail = '';
  let rssOverBytes = 0;
  let received = 0;
  const stderr = tailOf(process_.stderr as Readable);
  const lastWords = tailOf(process_.stdio[4] as Readable);
  (process_.stdout as Readable).resume();

  const kill = (reason: Exclude<Ending, null>): void => {
    ending ??= reason;
    process_.kill('SIGKILL');
  };
  const read = frameReader(({ header, body }) => {
    const { tensors, ...reply } = header as HostReply & { tensors: unknown };
    events.onReply(reply as HostReply, unpack(tensors, body));
  });
  frames.on('data', (chunk: Uint8Array) => {
    received += chunk.length;
    try {
      read(chunk);
    } catch (error) {
      detail = error instanceof Error ? error.message : String(error);
      kill('protocol');
    }
  });
  // A broken pipe is told by the exit that follows it.
  frames.on('error', () => undefined);

  const exited = new Promise<Exit>((resolve) => {
    process_.on('error', (error) => {
      detail = error.message;
      resolve({ ending, detail, rssBytes: 0, stderr: stderr() });
    });
    process_.on('close', (code, signal) => {
      rmSync(folder, { recursive: true, force: true });
      const words = lastWords();
      if (words && ending === null) {
        const { reason, rssBytes } = JSON.parse(words) as LastWords;
        ending = reason;
        rssOverBytes = rssBytes;
        detail = `${Math.round(rssBytes / 2 ** 20)} MiB in use`;
      }
      resolve({ ending, detail: detail || (signal ? `signal ${signal}` : `exit code ${code}`), rssBytes: rssOverBytes, stderr: stderr() });
    });
  });

  return {
    pid: process_.pid,
    received: () => received,
    send(header, body) {
      frames.cork();
      for (const piece of frame(header, body)) frames.write(piece);
      frames.uncork();
    },
    limitMemory: () => limitAddressSpace(process_, settings.memoryBytesMax),
    kill,
    exited,
  };
}

/** The problem a person sees when a process ended under a run. */
export function problemOf(exit: Exit, model: string, deadlineMs: number): Problem {
  const tail = exit.stderr.trim();
  const said = tail ? `; it last wrote: ${tail}` : '';
  switch (exit.ending) {
    case 'deadline':
      return new Problem('host-deadline', `${model} did not answer within ${deadlineMs} ms and was ended`, { where: { path: model } });
    case 'memory':
      return new Problem('host-memory', `${model} went over its memory cap with ${exit.detail} and was ended`, { where: { path: model } });
    case 'cancelled':
      return new Problem('run-cancelled', `The run of ${model} was cancelled`, { where: { path: model } });
    case 'closed':
    case 'recycled':
      return new Problem('run-cancelled', `The host of ${model} was closed`, { where: { path: model } });
    case 'protocol':
      return new Problem('host-crashed', `The host of ${model} sent what it should not (${exit.detail}) and was ended`, { where: { path: model } });
    case null:
      return isMemoryFault(tail)
        ? new Problem('host-memory', `${model} ran out of memory (${exit.detail})${said}`, { where: { path: model } })
        : new Problem('host-crashed', `The host of ${model} ended with ${exit.detail}${said}`, { where: { path: model } });
  }
}

/** Whether native code or V8 says that an allocation failed. */
export function isMemoryFault(message: string): boolean {
  return /bad_alloc|failed to allocate memory|bad allocation|out of memory|array buffer allocation failed/i.test(message);
}

function entry(): string[] {
  const self = import.meta.url;
  if (!self.endsWith('.ts')) return [fileURLToPath(new URL('./onnx-host.js', self))];
  const loader = pathToFileURL(createRequire(self).resolve('tsx')).href;
  return ['--import', loader, fileURLToPath(new URL('./onnx-host.ts', self))];
}

function environment(): NodeJS.ProcessEnv {
  const kept = environmentKept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), ...(process.versions.electron ? { ELECTRON_RUN_AS_NODE: '1' } : {}) };
}

function tailOf(stream: Readable): () => string {
  let tail = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    tail = (tail + text).slice(-stderrBytesMax);
  });
  stream.on('error', () => undefined);
  return () => tail;
}

/** Linux only, and only where util-linux is there: elsewhere the poller inside the process is the one cap. */
async function limitAddressSpace(child: ChildProcess, memoryBytesMax: number): Promise<void> {
  if (process.platform !== 'linux' || child.pid === undefined) return;
  let status: string;
  try {
    status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  } catch {
    return; // It is gone already; its exit says why.
  }
  const usedKib = Number(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1]);
  const bytes = usedKib * 1024 + memoryBytesMax + addressHeadroomBytes;
  await new Promise<void>((resolve) => {
    const limiter = spawn('prlimit', ['--pid', String(child.pid), `--as=${bytes}`, '--core=0'], { stdio: 'ignore' });
    limiter.on('error', () => resolve());
    limiter.on('close', () => resolve());
  });
}
