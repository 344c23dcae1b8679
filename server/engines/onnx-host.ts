/**
 * The child process that holds one model. The main thread runs it, and is blocked while it does; a second thread moves
 * frames over descriptor 3 and ends the process when the memory cap is passed or the parent is gone. Standard output
 * is left to native code, descriptor 4 to last words.
 */
import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, readSync, rmSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename } from 'node:path';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { TensorInfo, ZipMapOutput } from '../../protocol/registry.ts';
import type { Provider } from '../../protocol/runtime.ts';
import { openExternal } from './onnx-external.ts';
import { externalFilesOf, readModel, tensorsOf } from './onnx-graph.ts';
import { memorySource } from './onnx-wire.ts';
import { stripZipMap } from './onnx-zipmap.ts';
import { type Datatype, encodeStrings, frame, type Frame, frameReader, isMangled, pack, stringsOf, type Tensor, type TensorMap, unpack } from './tensor.ts';

export interface LoadRequest {
  kind: 'load';
  id: number;
  file: string;
  /** Digests the files must have, by external location; '' for the model itself. Anything may be loaded that is not listed. */
  sha256: [location: string, digest: string][];
  provider: Provider;
  threads: number;
  arena: boolean;
  /** Keeps the time of every operator, for `profile`. */
  profiling: boolean;
}

export type HostRequest =
  | LoadRequest
  | { kind: 'run'; id: number; outputs: string[] | null; tensors: unknown }
  | { kind: 'measure'; id: number; runs: number; warmup: number; tensors: unknown }
  /** Runs, and tells how the time of all runs so far is spread over the operators. Once. */
  | { kind: 'profile'; id: number; runs: number; tensors: unknown };

export interface LoadedFile {
  location: string;
  bytes: number;
  sha256: string;
}

export interface Loaded {
  kind: 'loaded';
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  /** Outputs that are no tensors and cannot leave the runtime. */
  skippedOutputs: string[];
  zipMaps: ZipMapOutput[];
  files: LoadedFile[];
  onnxruntime: string;
}

export type HostReply = { id: number; rssBytes: number; rssPeakBytes: number } & (
  | { kind: 'ready' }
  | Loaded
  | { kind: 'done'; tensors: unknown }
  | { kind: 'progress' }
  | { kind: 'measured'; totalMs: number; tensors: unknown }
  | { kind: 'profiled'; operators: OperatorTime[]; tensors: unknown }
  | { kind: 'failed'; fault: 'binding' | 'file' | 'changed' | 'session' | 'run'; message: string }
);

/** Time in operators of one kind, as the runtime runs them: it joins some of the file's into one of its own. */
export interface OperatorTime {
  operator: string;
  nodes: number;
  ms: number;
}

export interface HostArguments {
  memoryBytesMax: number;
}

/** Written to descriptor 4 before the process ends itself. */
export interface LastWords {
  reason: 'memory';
  rssBytes: number;
}

type Ort = typeof import('onnxruntime-node');
type Answer = HostReply extends infer R ? (R extends HostReply ? Omit<R, 'id' | 'rssBytes' | 'rssPeakBytes'> : never) : never;

const rssPollMs = 50;
const progressMs = 100;
const profilePrefix = 'profile';

// ---- main thread: the model

async function runModel(): Promise<void> {
  const frames = startFrameThread(JSON.parse(process.argv[2]) as HostArguments);
  const send = (id: number, answer: Answer, tensors?: TensorMap): void => {
    const { tensors: headers, body } = pack(tensors ?? new Map());
    const joined = Buffer.concat(body);
    // A pooled buffer shares its memory with others, which a transfer would take away from them.
    const bytes = joined.byteLength === joined.buffer.byteLength ? joined : new Uint8Array(joined);
    const memory = { rssBytes: process.memoryUsage.rss(), rssPeakBytes: process.resourceUsage().maxRSS * 1024 };
    frames.postMessage({ header: { ...answer, id, ...memory, tensors: headers }, body: bytes.buffer }, [bytes.buffer as ArrayBuffer]);
  };

  let ort: Ort;
  try {
    ort = await import('onnxruntime-node');
  } catch (error) {
    send(0, { kind: 'failed', fault: 'binding', message: messageOf(error) });
    return;
  }
  let session: InferenceSession | undefined;
  const answer = async ({ header, body }: Frame): Promise<void> => {
    const request = header as HostRequest;
    try {
      switch (request.kind) {
        case 'load': {
          const opened = await load(ort, request);
          session = opened.session;
          send(request.id, opened.loaded);
          break;
        }
        case 'run': {
          if (!session) throw new Error('No model is loaded');
          const outputs = await session.run(feedsOf(ort, unpack(request.tensors, body)), request.outputs ?? tensorOutputs(session));
          send(request.id, { kind: 'done', tensors: undefined }, tensorsFrom(outputs));
          break;
        }
        case 'measure': {
          if (!session) throw new Error('No model is loaded');
          const feeds = feedsOf(ort, unpack(request.tensors, body));
          const { durations, totalMs } = await measure(session, feeds, request.runs, request.warmup, () => send(request.id, { kind: 'progress' }));
          send(request.id, { kind: 'measured', totalMs, tensors: undefined }, new Map([['durations', { datatype: 'float64', shape: [durations.length], data: durations }]]));
          break;
        }
        case 'profile': {
          if (!session) throw new Error('No model is loaded');
          const feeds = feedsOf(ort, unpack(request.tensors, body));
          await measure(session, feeds, request.runs, 0, () => send(request.id, { kind: 'progress' }));
          session.endProfiling();
          send(request.id, { kind: 'profiled', operators: readProfile(), tensors: undefined });
          break;
        }
      }
    } catch (error) {
      send(request.id, { kind: 'failed', fault: error instanceof FileFault ? error.fault : request.kind === 'load' ? 'session' : 'run', message: messageOf(error) });
    }
  };
  let turn = Promise.resolve();
  frames.on('message', (received: Frame) => {
    turn = turn.then(() => answer(received));
  });
  send(0, { kind: 'ready' });
}

async function load(ort: Ort, request: LoadRequest): Promise<{ session: InferenceSession; loaded: Loaded }> {
  const expected = new Map(request.sha256);
  const files: LoadedFile[] = [];
  const accept = (location: string, bytes: Buffer): Buffer => {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const wanted = expected.get(location);
    if (wanted !== undefined && wanted !== sha256) throw new FileFault('changed', `${location || basename(request.file)} has digest ${sha256}, expected ${wanted}`);
    files.push({ location, bytes: bytes.length, sha256 });
    return bytes;
  };
  const model = accept('', readModelFile(request.file));
  const external = externalFilesOf(tensorsOf(readModel(memorySource(model)).model)).map(({ location }) => ({
    path: location,
    data: accept(location, readExternalFile(request.file, location)),
  }));
  const stripped = stripZipMap(model);
  const session = await ort.InferenceSession.create(stripped.bytes, {
    executionProviders: [request.provider],
    intraOpNumThreads: request.threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    enableCpuMemArena: request.arena,
    ...(request.profiling && { enableProfiling: true, profileFilePrefix: profilePrefix }),
    logSeverityLevel: 3,
    // Spinning threads take the processor from the other hosts and from the server.
    extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    ...(external.length > 0 ? { externalData: external } : {}),
  });
  const outputs = session.outputMetadata.filter((output) => output.isTensor);
  return {
    session,
    loaded: {
      kind: 'loaded',
      inputs: session.inputMetadata.map(infoOf),
      outputs: outputs.map(infoOf),
      skippedOutputs: session.outputMetadata.filter((output) => !output.isTensor).map((output) => output.name),
      zipMaps: stripped.changes,
      files,
      onnxruntime: ort.env.versions.node ?? ort.env.versions.common,
    },
  };
}

async function measure(session: InferenceSession, feeds: InferenceSession.FeedsType, runs: number, warmup: number, progress: () => void): Promise<{ durations: Float64Array; totalMs: number }> {
  const outputs = tensorOutputs(session);
  const durations = new Float64Array(runs);
  let reported = performance.now();
  let totalMs = 0;
  for (let i = -warmup; i < runs; i++) {
    const start = performance.now();
    await session.run(feeds, outputs);
    const end = performance.now();
    if (i >= 0) {
      durations[i] = end - start;
      totalMs += end - start;
    }
    if (end - reported > progressMs) {
      progress();
      reported = end;
    }
  }
  return { durations, totalMs };
}

interface ProfileEvent {
  cat?: string;
  name?: string;
  /** In microseconds. */
  dur?: number;
  args?: { op_name?: string; node_index?: string };
}

/** What the runtime wrote into this process's own folder; the longest first. */
function readProfile(): OperatorTime[] {
  const file = readdirSync('.').find((name) => name.startsWith(profilePrefix));
  if (file === undefined) throw new Error('The runtime wrote no profile');
  const kinds = new Map<string, { nodes: Set<string>; us: number }>();
  for (const { cat, name, dur, args } of JSON.parse(readFileSync(file, 'utf8')) as ProfileEvent[]) {
    if (cat !== 'Node' || name?.endsWith('_kernel_time') !== true || args?.op_name === undefined) continue;
    const kind = kinds.get(args.op_name) ?? { nodes: new Set<string>(), us: 0 };
    kinds.set(args.op_name, kind);
    kind.nodes.add(name);
    kind.us += dur ?? 0;
  }
  rmSync(file);
  return [...kinds].map(([operator, { nodes, us }]) => ({ operator, nodes: nodes.size, ms: us / 1000 })).sort((a, b) => b.ms - a.ms);
}

class FileFault extends Error {
  readonly fault: 'file' | 'changed';

  constructor(fault: 'file' | 'changed', message: string, options?: ErrorOptions) {
    super(message, options);
    this.fault = fault;
  }
}

function readModelFile(file: string): Buffer {
  try {
    const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error('It is not a regular file');
    return readWhole(descriptor, stat.size);
  } catch (cause) {
    throw new FileFault('file', `${file}: ${messageOf(cause)}`, { cause });
  }
}

function readExternalFile(model: string, location: string): Buffer {
  try {
    const { descriptor, bytes } = openExternal(model, location);
    return readWhole(descriptor, bytes);
  } catch (cause) {
    throw new FileFault('file', `External data ${JSON.stringify(location)}: ${messageOf(cause)}`, { cause });
  }
}

function readWhole(descriptor: number, bytes: number): Buffer {
  try {
    const buffer = Buffer.allocUnsafeSlow(bytes);
    for (let filled = 0; filled < bytes;) {
      const count = readSync(descriptor, buffer, filled, Math.min(bytes - filled, 2 ** 30), filled);
      if (count === 0) throw new Error('It became shorter while it was read');
      filled += count;
    }
    return buffer;
  } finally {
    closeSync(descriptor);
  }
}

function infoOf(metadata: InferenceSession.ValueMetadata): TensorInfo {
  if (!metadata.isTensor) throw new Error(`${metadata.name} is not a tensor`);
  return { name: metadata.name, datatype: metadata.type, shape: metadata.shape.map((dimension) => (dimension === '' ? null : dimension)) };
}

function tensorOutputs(session: InferenceSession): string[] {
  return session.outputMetadata.filter((output) => output.isTensor).map((output) => output.name);
}

function feedsOf(ort: Ort, tensors: TensorMap): InferenceSession.FeedsType {
  const feeds = Object.create(null) as Record<string, OrtTensor>;
  for (const [name, tensor] of tensors) {
    if (tensor.datatype === 'string' && tensor.data.dictionary.some(isMangled)) throw new Error(`input '${name}' has a text with NUL or half a surrogate pair`);
    const data = tensor.datatype === 'string' ? stringsOf(tensor.data) : tensor.datatype === 'float16' ? halves(tensor.data) : tensor.data;
    // One row of the typings per datatype; the pairing is ours.
    Object.defineProperty(feeds, name, { value: new ort.Tensor(tensor.datatype as 'float32', data as Float32Array, tensor.shape), enumerable: true });
  }
  return feeds;
}

function tensorsFrom(outputs: InferenceSession.ReturnType): TensorMap {
  return new Map(
    Object.entries(outputs).map(([name, value]) => {
      const tensor = value as OrtTensor;
      const datatype = tensor.type as Datatype;
      const shape = [...tensor.dims];
      if (datatype === 'string') return [name, { datatype, shape, data: encodeStrings(tensor.data as string[]) }];
      const data = tensor.data as Exclude<Tensor, { datatype: 'string' }>['data'];
      return [name, { datatype, shape, data } as Tensor];
    }),
  );
}

/** Runtimes that have Float16Array want it, the others take the bits. */
function halves(bits: Uint16Array): ArrayBufferView {
  const Float16Array = (globalThis as { Float16Array?: new (buffer: ArrayBufferLike, offset: number, length: number) => ArrayBufferView }).Float16Array;
  return Float16Array ? new Float16Array(bits.buffer, bits.byteOffset, bits.length) : bits;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

// ---- second thread: frames, memory cap, life line

function startFrameThread(settings: HostArguments): Worker {
  const self = import.meta.url;
  if (!self.endsWith('.ts')) return new Worker(new URL(self), { workerData: settings });
  // From source: the TypeScript loader does not reach into threads by itself.
  const [loader, module] = [import.meta.resolve('tsx/esm/api'), self].map((url) => JSON.stringify(url));
  return new Worker(`import(${loader}).then(({ tsImport }) => tsImport(${module}, ${module}))`, { eval: true, workerData: settings });
}

function moveFrames({ memoryBytesMax }: HostArguments): void {
  const end = (): void => void process.kill(process.pid, 'SIGKILL');
  /** The parent is gone and cannot clear away the folder it made for this process. */
  const endAlone = (): void => {
    if (basename(process.cwd()).startsWith('slipway-host-')) rmSync(process.cwd(), { recursive: true, force: true });
    end();
  };
  const socket = new Socket({ fd: 3 });
  socket.on('data', frameReader((received) => parentPort?.postMessage(received, [received.body])));
  socket.on('error', endAlone);
  socket.on('close', endAlone);
  parentPort?.on('message', ({ header, body }: { header: object; body: ArrayBuffer }) => {
    socket.cork();
    for (const piece of frame(header, [new Uint8Array(body)])) socket.write(piece);
    socket.uncork();
  });
  setInterval(() => {
    const rssBytes = process.memoryUsage.rss();
    if (rssBytes <= memoryBytesMax) return;
    writeSync(4, JSON.stringify({ reason: 'memory', rssBytes } satisfies LastWords));
    end();
  }, rssPollMs);
}

if (isMainThread) await runModel();
else moveFrames(workerData as HostArguments);
