import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { moveDurably, syncFile, syncFolder, writeDurably } from '../engines/durable-file.ts';
import { openParquetWriter, type FileColumn } from '../engines/duckdb.ts';
import type { Tensor, TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import type { Clock } from './batcher.ts';
import type { Signature } from './infer-request.ts';
import { modelFolder, predictionFileName, predictionFiles, type PredictionFile } from './prediction-files.ts';
import { sampleRequest, type SampleRules } from './sample-request.ts';
import { appendTensor, columnsOf, fits, GrowingColumn, layoutTensors, packRow, type TensorLayout } from './tensor-columns.ts';

export interface PredictionLogSettings extends SampleRules {
  /** `hash`: only whether two inputs are the same can be told. */
  inputs: 'all' | 'hash' | 'none';
  /** Inputs, or columns of the data that feed them, that are kept in no form. */
  redact: readonly string[];
  /** What may wait in memory, over all models; what comes on top is dropped and counted. */
  waitingRowsMax: number;
  waitingBytesMax: number;
  /** A file is written when it has so many rows or bytes, or its first row has waited so long. */
  fileRows: number;
  fileBytes: number;
  fileSeconds: number;
  /** Files whose last row is older are removed, and the oldest while all of them take more. */
  keepDays: number;
  keepBytes: number;
}

/** A model version whose predictions are recorded. */
export interface RecordedModel {
  model: string;
  version: string;
  digest: string;
  provider: string;
  signature: Signature;
  /** Whether the first dimension of its tensors counts rows. */
  byRow: boolean;
  /** Names of what it decides between, in the order of its scores; null where it decides nothing, or they are not known. */
  classes: readonly string[] | null;
  /** Columns of the data behind each input, where they are known. */
  columnNames?: ReadonlyMap<string, readonly string[]>;
}

/** A request that was answered, or was not. */
export interface Prediction {
  /** Milliseconds since 1970 at which it came. */
  atMs: number;
  requestId: string;
  traceId: string | null;
  source: 'live' | 'replay' | 'test';
  /** Name of the key that was shown. */
  caller: string | null;
  rows: number;
  /** Null where they could not be read. */
  inputs: TensorMap | null;
  outputs: TensorMap | null;
  queueUs: number;
  computeUs: number;
  totalUs: number;
  /** Rows of the batch it was computed in; 0 where it was not. */
  batchRows: number;
  /** Code of the problem it failed with. */
  error: string | null;
}

/** Of rows: `seen` = `unsampled` + `written` + `waiting` + all that were dropped, at any moment. */
export interface PredictionLogCounts {
  seen: number;
  /** Left out by the rules of sampling. */
  unsampled: number;
  /** In files that are whole and on the disk. */
  written: number;
  /** In memory, or being written: lost should the process be killed now. */
  waiting: number;
  waitingBytes: number;
  dropped: Readonly<Record<DropReason, number>>;
  files: number;
}

/** No room in memory; the disk took no file; tensors that are not as the model's signature says; came after the end. */
export type DropReason = 'memory' | 'disk' | 'unreadable' | 'closed';

export interface PredictionRecorder {
  /** Takes what it needs and returns at once; nothing that goes wrong later comes back here. */
  record(prediction: Prediction): void;
  /** Nothing more of this version comes. */
  end(): void;
}

/** What was predicted, in Parquet files by model. */
export interface PredictionLog {
  /** One for each version that is served. */
  recorder(model: RecordedModel): PredictionRecorder;
  counts(): PredictionLogCounts;
  /** What was recorded before is on the disk, or counted as dropped, when it resolves. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface PredictionLogOptions {
  /** `.slipway/predictions` */
  folder: string;
  settings: PredictionLogSettings;
  /** Of a clock that does not go back. */
  clock: Clock;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Told once, until a file could be written again. */
  onProblem: (problem: Problem) => void;
  /** Makes a file that is on the disk when it resolves; DuckDB's Parquet unless given. */
  writeFile?: WriteFile;
}

export type WriteFile = (path: string, columns: readonly FileColumn[], about: Record<string, string>) => Promise<void>;

/** Kept in each file: how tensors lie in its columns. */
export interface FileLayout {
  byRow: boolean;
  /** Null where inputs are not kept. */
  inputs: TensorLayout[] | null;
  outputs: TensorLayout[];
}

export const layoutKey = 'slipway';

/**
 * Opens the log. Rows wait in memory until a file is due, and a file is in its place only when it is whole, so what a kill
 * can take is what `counts().waiting` says: at most `waitingRowsMax` rows, of about the last `fileSeconds`.
 */
export async function openPredictionLog(options: PredictionLogOptions): Promise<PredictionLog> {
  const { settings, clock, now, onProblem } = options;
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const folder = await realpath(options.folder);
  await removeLeftOvers(folder, now());
  const hashKey = settings.inputs === 'hash' ? await predictionHashKey(folder) : null;
  const parquet = options.writeFile === undefined ? await openParquetWriter({ directories: [folder] }) : null;
  const writeFile: WriteFile =
    options.writeFile ??
    (async (path, columns, about) => {
      await parquet?.write(path, columns, about);
      await syncFile(path);
    });

  const counts = { seen: 0, unsampled: 0, written: 0, waiting: 0, waitingBytes: 0, files: 0 };
  const dropped: Record<DropReason, number> = { memory: 0, disk: 0, unreadable: 0, closed: 0 };
  const recorders = new Set<Recorder>();
  let writing: Promise<void> = Promise.resolve();
  let callOff: (() => void) | null = null;
  let diskToldOf = false;
  let open = true;
  let files = await predictionFiles(folder);
  await retain();

  function recorder(of: RecordedModel): PredictionRecorder {
    const own = new Recorder(of, settings, hashKey);
    recorders.add(own);
    return {
      record: (prediction) => record(own, prediction),
      end() {
        seal(own);
        recorders.delete(own);
      },
    };
  }

  function record(own: Recorder, prediction: Prediction): void {
    const { rows } = prediction;
    if (rows === 0) return;
    counts.seen += rows;
    const sampled = open ? sampleRequest(settings, { requestId: prediction.requestId, failed: prediction.error !== null, totalUs: prediction.totalUs }) : null;
    if (!open || !recorders.has(own)) dropped.closed += rows;
    else if (sampled === null) counts.unsampled += rows;
    else if (!own.canRead(prediction)) dropped.unreadable += rows;
    else if (counts.waiting + rows > settings.waitingRowsMax || counts.waitingBytes + own.bytesOf(prediction) > settings.waitingBytesMax) dropped.memory += rows;
    else {
      const before = own.file.bytes;
      own.append(prediction, sampled);
      counts.waiting += rows;
      counts.waitingBytes += own.file.bytes - before;
      if (own.file.rows >= settings.fileRows || own.file.bytes >= settings.fileBytes) seal(own);
      else callOff ??= clock.after(settings.fileSeconds * 1e6, sealAll);
    }
  }

  function sealAll(): void {
    callOff?.();
    callOff = null;
    for (const each of recorders) seal(each);
  }

  /** One file after the other: their memory is bounded, and so is the disk's work. */
  function seal(own: Recorder): void {
    const { file } = own;
    if (file.rows === 0) return;
    own.file = own.newFile();
    writing = writing.then(() => write(own.of, file));
  }

  async function write({ model }: RecordedModel, file: WaitingFile): Promise<void> {
    const place = join(folder, modelFolder(model));
    const path = join(place, predictionFileName({ fromMs: file.fromMs, toMs: file.toMs, rows: file.rows }));
    const temporary = `${path}.tmp`;
    try {
      if ((await mkdir(place, { recursive: true, mode: 0o700 })) !== undefined) await syncFolder(folder);
      await writeFile(temporary, file.columns(), { [layoutKey]: JSON.stringify(file.layout) });
      await moveDurably(temporary, path);
      const { size: bytes } = await stat(path);
      files.push({ path, folder: place, fromMs: file.fromMs, toMs: file.toMs, rows: file.rows, bytes });
      counts.written += file.rows;
      counts.files++;
      diskToldOf = false;
    } catch (cause) {
      await rm(temporary, { force: true }).catch(() => undefined);
      dropped.disk += file.rows;
      if (!diskToldOf) onProblem(new Problem('file-unwritable', `Predictions of ${model} cannot be recorded in ${place}: ${cause instanceof Error ? cause.message : String(cause)}. They are answered all the same`, { cause, where: { path: place } }));
      diskToldOf = true;
    } finally {
      counts.waiting -= file.rows;
      counts.waitingBytes -= file.bytes;
    }
    await retain();
  }

  /** The oldest go first. A file that cannot be removed is tried again after the next one was written. */
  async function retain(): Promise<void> {
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    const oldestMs = now() - settings.keepDays * 86_400_000;
    const kept: PredictionFile[] = [];
    for (const file of files.sort((a, b) => a.toMs - b.toMs)) {
      const stays = (file.toMs >= oldestMs && bytes <= settings.keepBytes) || !(await removed(file));
      if (stays) kept.push(file);
      else bytes -= file.bytes;
    }
    files = kept;
  }

  async function flush(): Promise<void> {
    sealAll();
    await writing;
  }

  return {
    recorder,
    counts: () => ({ ...counts, dropped: { ...dropped } }),
    flush,
    async close() {
      open = false;
      await flush();
      await parquet?.close();
    },
  };
}

/** Columns of the rows of one version, in the order they have in files. */
class Recorder {
  readonly of: RecordedModel;
  readonly newFile: () => WaitingFile;
  file: WaitingFile;
  readonly #layout: FileLayout;
  /** How inputs are read, whether they are kept or not. */
  readonly #inputs: TensorLayout[];
  readonly #hashKey: Uint8Array | null;

  constructor(of: RecordedModel, settings: PredictionLogSettings, hashKey: Uint8Array | null) {
    const taken = new Set<string>(Object.keys(fixedTypes));
    const redact = new Set(settings.redact);
    this.of = of;
    this.#inputs = layoutTensors(of.signature.inputs, { prefix: 'input.', byRow: of.byRow, elementNames: of.columnNames, redact, taken });
    const outputs = layoutTensors(of.signature.outputs, { prefix: 'output.', byRow: of.byRow, redact: new Set(), taken });
    this.#layout = { byRow: of.byRow, inputs: settings.inputs === 'all' ? this.#inputs : null, outputs };
    this.#hashKey = hashKey;
    this.newFile = () => new WaitingFile(of, this.#layout);
    this.file = this.newFile();
  }

  canRead({ inputs, outputs, rows }: Prediction): boolean {
    const { byRow, outputs: answered } = this.#layout;
    const readable = (layouts: readonly TensorLayout[], tensors: TensorMap | null): boolean =>
      tensors === null ||
      layouts.every((layout) => {
        const tensor = tensors.get(layout.name);
        return tensor === undefined || fits(layout, tensor, rows, byRow);
      });
    return readable(this.#inputs, inputs) && readable(answered, outputs);
  }

  /** About what it will take. */
  bytesOf({ inputs, outputs, rows }: Prediction): number {
    return rows * this.file.rowBytes + sizeOf(outputs) + (this.#layout.inputs === null ? 0 : sizeOf(inputs));
  }

  append(prediction: Prediction, sampled: { reason: string; probability: number }): void {
    const { inputs } = prediction;
    this.file.append(prediction, sampled, (row) => (this.#hashKey === null || inputs === null ? null : hashOf(this.#hashKey, this.#inputs, inputs, row, this.of.byRow)));
  }
}

/** What every row has, whatever the model. */
const fixedTypes = {
  requested_at: 'TIMESTAMP',
  request_id: 'VARCHAR',
  row: 'INTEGER',
  trace_id: 'VARCHAR',
  model: 'VARCHAR',
  version: 'VARCHAR',
  digest: 'VARCHAR',
  provider: 'VARCHAR',
  source: 'VARCHAR',
  caller: 'VARCHAR',
  queue_us: 'DOUBLE',
  compute_us: 'DOUBLE',
  total_us: 'DOUBLE',
  batch_rows: 'INTEGER',
  status: 'VARCHAR',
  error: 'VARCHAR',
  sampled_by: 'VARCHAR',
  probability: 'DOUBLE',
  input_hash: 'VARCHAR',
  label: 'VARCHAR',
  score: 'DOUBLE',
} as const satisfies Record<string, FileColumn['type']>;

type FixedColumns = Record<keyof typeof fixedTypes, GrowingColumn>;

/** Rows that wait to be written. */
class WaitingFile {
  rows = 0;
  bytes = 0;
  fromMs = Infinity;
  toMs = -Infinity;
  readonly rowBytes: number;
  readonly layout: FileLayout;
  readonly #of: RecordedModel;
  readonly #fixed: FixedColumns;
  readonly #inputs: (GrowingColumn | null)[][];
  readonly #outputs: (GrowingColumn | null)[][];
  readonly #top: TopOutputs;

  constructor(of: RecordedModel, layout: FileLayout) {
    this.#of = of;
    this.layout = layout;
    this.#fixed = Object.fromEntries(Object.entries(fixedTypes).map(([name, type]) => [name, new GrowingColumn(name, type)])) as FixedColumns;
    this.#inputs = (layout.inputs ?? []).map(columnsOf);
    this.#outputs = layout.outputs.map(columnsOf);
    this.#top = topOutputs(layout.outputs, of.classes);
    this.rowBytes = this.#columns().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  append(prediction: Prediction, sampled: { reason: string; probability: number }, hash: (row: number) => string | null): void {
    const { atMs, requestId, traceId, source, caller, rows, inputs, outputs, queueUs, computeUs, totalUs, batchRows, error } = prediction;
    const { byRow } = this.layout;
    const fixed = this.#fixed;
    for (let row = 0; row < rows; row++) {
      const at = this.rows + row;
      fixed.requested_at.setNumber(at, atMs);
      fixed.request_id.setText(at, requestId);
      fixed.row.setNumber(at, row);
      fixed.trace_id.setText(at, traceId);
      fixed.source.setText(at, source);
      fixed.caller.setText(at, caller);
      fixed.queue_us.setNumber(at, queueUs);
      fixed.compute_us.setNumber(at, computeUs);
      fixed.total_us.setNumber(at, totalUs);
      fixed.batch_rows.setNumber(at, batchRows);
      fixed.status.setText(at, error === null ? 'ok' : 'failed');
      fixed.error.setText(at, error);
      fixed.sampled_by.setText(at, sampled.reason);
      fixed.probability.setNumber(at, sampled.probability);
      fixed.input_hash.setText(at, hash(row));
      if (outputs !== null) {
        writeTop(outputs, this.#top, this.#of.classes, fixed, row, at);
      } else {
        fixed.label.setNull(at);
        fixed.score.setNull(at);
      }
    }
    let textBytes = (requestId.length + (traceId?.length ?? 0)) * 2 + textOverhead;
    const tensorIn = (tensors: TensorMap | null, { name }: TensorLayout): Tensor | null => tensors?.get(name) ?? null;
    this.layout.inputs?.forEach((layout, index) => (textBytes += appendTensor(layout, this.#inputs[index], tensorIn(inputs, layout), rows, this.rows, byRow)));
    this.layout.outputs.forEach((layout, index) => (textBytes += appendTensor(layout, this.#outputs[index], tensorIn(outputs, layout), rows, this.rows, byRow)));
    this.rows += rows;
    this.bytes += rows * this.rowBytes + textBytes;
    this.fromMs = Math.min(this.fromMs, atMs);
    this.toMs = Math.max(this.toMs, atMs);
  }

  columns(): FileColumn[] {
    const { model, version, digest, provider } = this.#of;
    const same = { model, version, digest, provider };
    return this.#columns().map((column) => (Object.hasOwn(same, column.name) ? { name: column.name, type: 'VARCHAR', values: Array<string>(this.rows).fill(same[column.name as keyof typeof same]) } : column.file(this.rows)));
  }

  #columns(): GrowingColumn[] {
    return [...Object.values(this.#fixed), ...[...this.#inputs, ...this.#outputs].flat().filter((column) => column !== null)];
  }
}

/** Objects around two texts, roughly. */
const textOverhead = 64;

function sizeOf(tensors: TensorMap | null): number {
  let bytes = 0;
  for (const tensor of tensors?.values() ?? []) bytes += tensor.datatype === 'string' ? tensor.data.codes.reduce((sum, code) => sum + tensor.data.dictionary[code].length * 2, 0) : tensor.data.byteLength;
  return bytes;
}

/** Outputs that say in a word and a number what a row was answered. */
interface TopOutputs {
  /** Names the answer itself. */
  label: string | null;
  /** Has a number for each class. */
  scores: string | null;
  /** Is the one number. */
  number: string | null;
}

function topOutputs(layouts: readonly TensorLayout[], classes: readonly string[] | null): TopOutputs {
  const find = (is: (layout: TensorLayout, width: number) => boolean): string | null => layouts.find((layout) => !layout.packed && is(layout, layout.columns.length))?.name ?? null;
  const isFloat = ({ datatype }: TensorLayout): boolean => datatype === 'float32' || datatype === 'float64';
  return {
    label: find(({ datatype }, width) => width === 1 && (datatype === 'string' || datatype === 'int64')),
    scores: find((layout, width) => isFloat(layout) && width > 1 && width === classes?.length),
    number: find((layout, width) => isFloat(layout) && width === 1),
  };
}

/** The label is what the model names, or the class with the highest score; the score is the highest, or the one number. */
function writeTop(outputs: TensorMap, top: TopOutputs, classes: readonly string[] | null, { label, score }: Pick<FixedColumns, 'label' | 'score'>, row: number, at: number): void {
  const named = top.label === null ? undefined : outputs.get(top.label);
  const scores = top.scores === null ? undefined : (outputs.get(top.scores)?.data as Float32Array | Float64Array | undefined);
  const number = top.number === null ? undefined : (outputs.get(top.number)?.data as Float32Array | Float64Array | undefined);
  const width = classes?.length ?? 0;
  let best = row * width;
  if (scores !== undefined) for (let index = best + 1; index < (row + 1) * width; index++) if (scores[index] > scores[best]) best = index;
  if (named?.datatype === 'string') label.setText(at, named.data.dictionary[named.data.codes[row]]);
  else if (named !== undefined) label.setText(at, String((named.data as BigInt64Array)[row]));
  else label.setText(at, scores === undefined ? null : (classes?.[best - row * width] ?? null));
  if (scores !== undefined) score.setNumber(at, scores[best]);
  else if (number !== undefined) score.setNumber(at, number[row]);
  else score.setNull(at);
}

/** With a key of this workspace: of a hash without one, who knows what is possible soon knows what it was. */
function hashOf(key: Uint8Array, layouts: readonly TensorLayout[], inputs: TensorMap, row: number, byRow: boolean): string {
  const hash = createHmac('sha256', key);
  for (const layout of layouts) {
    const tensor = inputs.get(layout.name);
    const kept = layout.columns.flatMap((column, element) => (column === null ? [] : [element]));
    if (tensor === undefined || kept.length === 0) continue;
    const text = kept.length === layout.columns.length ? packRow(tensor, row, byRow) : JSON.stringify(kept.map((element) => elementText(tensor, row * layout.columns.length + element)));
    hash.update(JSON.stringify([layout.name, layout.datatype, text]));
  }
  return hash.digest('base64url');
}

function elementText(tensor: Tensor, at: number): string {
  return tensor.datatype === 'string' ? tensor.data.dictionary[tensor.data.codes[at]] : String(tensor.data[at]);
}

/** Of this workspace, made when first asked for; who has it can guess at what was hashed. */
export async function predictionHashKey(folder: string): Promise<Uint8Array> {
  const path = join(folder, 'hash.key');
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const key = randomBytes(32);
    await writeDurably(path, key, 0o600);
    return key;
  }
}

async function removed({ path }: PredictionFile): Promise<boolean> {
  return rm(path, { force: true }).then(
    () => true,
    () => false,
  );
}

/** No file takes an hour to write: what is older was left by a process that was killed. */
const leftOverMs = 3_600_000;

async function removeLeftOvers(folder: string, nowMs: number): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.tmp')) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(() => null);
    if (found !== null && nowMs - found.mtimeMs > leftOverMs) await rm(path, { force: true });
  }
}
