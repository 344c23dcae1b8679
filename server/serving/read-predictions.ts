import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { quoteIdentifier, quoteLiteral, type Analysis, type Chunk, type ChunkColumn } from '../engines/duckdb.ts';
import type { TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { layoutKey, type FileLayout } from './prediction-log.ts';
import { labelsFile } from './import-labels.ts';
import { predictionFiles, type PredictionFile } from './prediction-files.ts';
import { columnNamed, isNullAt, packedShape, tensorsFrom, textAt, type ReadColumns, type TensorLayout } from './tensor-columns.ts';

export interface RecordedWindow {
  model: string;
  /** All versions unless one is named. */
  version?: string;
  /** Milliseconds since 1970: from the one, up to and without the other. */
  fromMs?: number;
  toMs?: number;
  /** Rows of a batch at most. */
  batchRows?: number;
  /** A batch holds what came within so long. */
  spanMs?: number;
  signal?: AbortSignal;
}

/** Rows of one version, in the order in which they came. */
export interface RecordedBatch {
  version: string;
  digest: string;
  /** Milliseconds since 1970, of each row. */
  atMs: Float64Array;
  /** Request of each row, and the row's place in it. */
  requestIds: string[];
  rows: Int32Array;
  /** Null where they were not kept, or not all of them. */
  inputs: TensorMap | null;
  /** Null where there was no answer. */
  outputs: TensorMap | null;
  /** Milliseconds that the requests took as wholes. */
  totalMs: Float64Array;
  /** What turned out to be right, as `importLabels` was given it; null where that is not known. */
  labels: (string | null)[];
}

/**
 * Reads what was recorded, earliest first. Files that overlap are read together; one that retention takes away meanwhile is
 * left out.
 *
 * @throws Problem `dataset-corrupt` where a file is none of the log's
 */
export async function* readPredictions(analysis: Analysis, folder: string, window: RecordedWindow): AsyncGenerator<RecordedBatch, void, undefined> {
  const { model, fromMs = -Infinity, toMs = Infinity } = window;
  const files = (await predictionFiles(realpathSync(folder), model)).filter((file) => file.toMs >= fromMs && file.fromMs < toMs);
  const open: { batches: AsyncGenerator<RecordedBatch, void, undefined>; head: RecordedBatch }[] = [];
  const advance = async (batches: AsyncGenerator<RecordedBatch, void, undefined>): Promise<void> => {
    const next = await batches.next();
    if (next.done !== true) open.push({ batches, head: next.value });
  };
  try {
    for (let next = 0; next < files.length || open.length > 0; ) {
      const first = open.reduce<(typeof open)[number] | null>((least, each) => (least === null || each.head.atMs[0] < least.head.atMs[0] ? each : least), null);
      if (next < files.length && (first === null || files[next].fromMs <= first.head.atMs[0])) {
        await advance(readFile(analysis, files[next++], window));
      } else if (first !== null) {
        open.splice(open.indexOf(first), 1);
        // Back among the open ones before it is given away, so that leaving the loop here ends it too.
        const { head, batches } = first;
        open.push(first);
        yield head;
        open.splice(open.indexOf(first), 1);
        await advance(batches);
      }
    }
  } finally {
    await Promise.all(open.map(({ batches }) => batches.return()));
  }
}

async function* readFile(analysis: Analysis, { path, folder }: PredictionFile, window: RecordedWindow): AsyncGenerator<RecordedBatch, void, undefined> {
  const { model, version, fromMs, toMs, signal } = window;
  try {
    const layout = await layoutOf(analysis, path, signal);
    const names = ['requested_at', 'request_id', 'row', 'version', 'digest', 'total_us', ...namesIn(layout.inputs ?? []), ...namesIn(layout.outputs)];
    const conditions = [
      `model = ${quoteLiteral(model)}`,
      ...(version === undefined ? [] : [`version = ${quoteLiteral(version)}`]),
      ...(fromMs === undefined ? [] : [`epoch_ms(requested_at) >= ${fromMs}`]),
      ...(toMs === undefined ? [] : [`epoch_ms(requested_at) < ${toMs}`]),
    ];
    const labels = join(folder, labelsFile);
    const label = existsSync(labels) ? `(SELECT label FROM read_parquet(${quoteLiteral(labels)}) l WHERE l.request_id = p.request_id AND l.row = p.row)` : 'NULL::VARCHAR';
    const sql = `SELECT ${names.map((name) => `p.${quoteIdentifier(name)}`).join(', ')}, ${label} AS later FROM read_parquet(${quoteLiteral(path)}) p WHERE ${conditions.join(' AND ')} ORDER BY requested_at, request_id, row`;
    for await (const chunk of analysis.stream(sql, [], { signal })) yield* batchesIn(chunk, [...names, 'later'], layout, window);
  } catch (error) {
    if (existsSync(path) || signal?.aborted === true) throw error;
  }
}

async function layoutOf(analysis: Analysis, path: string, signal: AbortSignal | undefined): Promise<FileLayout> {
  try {
    const [row] = await analysis.rows(`SELECT decode(value) AS layout FROM parquet_kv_metadata(${quoteLiteral(path)}) WHERE decode(key) = ${quoteLiteral(layoutKey)}`, [], { signal });
    if (row !== undefined) return JSON.parse(String(row.layout)) as FileLayout;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Problem('dataset-corrupt', `${path} cannot be read: ${(cause as Error).message.split('\n')[0]}`, { cause, where: { path } });
  }
  throw new Problem('dataset-corrupt', `${path} is no file of recorded predictions`, { where: { path } });
}

function* batchesIn({ rows, columns }: Chunk, names: readonly string[], layout: FileLayout, { batchRows = 256, spanMs = Infinity }: RecordedWindow): Generator<RecordedBatch> {
  const read: ReadColumns = new Map(names.map((name, index) => [name, columns[index]]));
  const atMs = numbersIn(columnNamed(read, 'requested_at'));
  let from = 0;
  for (let to = 1; to <= rows; to++) {
    const goesOn = to < rows && to - from < batchRows && atMs[to] - atMs[from] <= spanMs && layout.byRow && formOf(layout, read, to) === formOf(layout, read, from);
    if (goesOn) continue;
    yield batchOf(layout, read, from, to);
    from = to;
  }
}

function batchOf(layout: FileLayout, read: ReadColumns, from: number, to: number): RecordedBatch {
  const texts = (name: string): string[] => Array.from({ length: to - from }, (_, row) => textAt(columnNamed(read, name), from + row));
  const numbers = (name: string): Float64Array => numbersIn(columnNamed(read, name)).slice(from, to);
  const { inputs, outputs, byRow } = layout;
  return {
    version: textAt(columnNamed(read, 'version'), from),
    digest: textAt(columnNamed(read, 'digest'), from),
    atMs: numbers('requested_at'),
    requestIds: texts('request_id'),
    rows: Int32Array.from(numbers('row')),
    inputs: inputs !== null && isWhole(inputs, read, from) ? tensorsFrom(inputs, read, from, to, byRow) : null,
    outputs: isWhole(outputs, read, from) ? tensorsFrom(outputs, read, from, to, byRow) : null,
    totalMs: numbers('total_us').map((us) => us / 1000),
    labels: Array.from({ length: to - from }, (_, row) => (isNullAt(columnNamed(read, 'later'), from + row) ? null : textAt(columnNamed(read, 'later'), from + row))),
  };
}

/** Equal for rows that can be one batch. */
function formOf({ inputs, outputs }: FileLayout, read: ReadColumns, row: number): string {
  const shapes = [inputs ?? [], outputs]
    .map((layouts) => (isWhole(layouts, read, row) ? layouts.filter(({ packed }) => packed).map(({ columns: [name] }) => packedShape(textAt(columnNamed(read, name), row))).join(',') : 'none'))
    .join('|');
  return `${textAt(columnNamed(read, 'digest'), row)} ${shapes}`;
}

/** Whether every element of a row was kept. */
function isWhole(layouts: readonly TensorLayout[], read: ReadColumns, row: number): boolean {
  return layouts.length > 0 && layouts.every(({ columns }) => columns.every((name) => name !== null && !isNullAt(columnNamed(read, name), row)));
}

function namesIn(layouts: readonly TensorLayout[]): string[] {
  return layouts.flatMap(({ columns }) => columns.filter((name) => name !== null));
}

function numbersIn(column: ChunkColumn): Float64Array {
  if (column.kind !== 'numbers') throw new Error('numbers were wanted, and texts read');
  return column.values;
}
