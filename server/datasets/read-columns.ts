import type { ColumnKind } from '../../protocol/datasets.ts';
import type { ChunkColumn } from '../engines/duckdb.ts';
import type { CategoricalVector, Column, NumericVector, Table, Vector } from '../stats/vector.ts';
import { type DatasetColumn, familyOf, kindOfType, streamed } from './column-type.ts';
import { type Dataset, pickColumns } from './open-dataset.ts';
import { scanDataset } from './scan-dataset.ts';

export interface ReadOptions {
  signal?: AbortSignal;
  onProgress?: (rowsDone: number, rowsTotal: number) => void;
  /** Kinds as the profile decided them; by default what the type suggests. */
  kinds?: ReadonlyMap<string, ColumnKind>;
  /** Lay columns in memory that threads share, so that handing a table to one copies no numbers. */
  shared?: boolean;
  /** A batch lies where the one before it lay, so it is good only until the next is asked for. */
  reuse?: boolean;
  /** Booleans are categories "false" and "true", or the numbers 0 and 1. */
  booleans?: 'categorical' | 'numeric';
}

/** Whole columns, all rows, in file order. `limit` takes the first rows, and the table then says how many it has. */
export async function readTable(dataset: Dataset, columns: readonly string[], options: ReadOptions & { limit?: number } = {}): Promise<Table> {
  const rows = Math.min(dataset.rows, options.limit ?? dataset.rows);
  let table: Table | undefined;
  for await (const batch of read(dataset, columns, Math.max(1, rows), rows, options)) table = batch;
  return table ?? { rows: 0, columns: pickColumns(dataset, columns).map((column) => newBuilder(column, 0, options).take(0)) };
}

/** The same rows in the same order, some at a time. Each batch has its own dictionaries, so memory does not grow with the file. */
export async function* readBatches(dataset: Dataset, columns: readonly string[], rowsPerBatch: number, options: ReadOptions = {}): AsyncGenerator<Table, void, undefined> {
  yield* read(dataset, columns, rowsPerBatch, dataset.rows, options);
}

async function* read(dataset: Dataset, names: readonly string[], rowsPerBatch: number, rowsTotal: number, options: ReadOptions): AsyncGenerator<Table, void, undefined> {
  if (!Number.isInteger(rowsPerBatch) || rowsPerBatch < 1) throw new RangeError(`rows per batch: ${rowsPerBatch}`);
  const columns = pickColumns(dataset, names);
  const { signal, onProgress } = options;
  // A table without columns still has its rows.
  const expressions = columns.length === 0 ? ['TRUE'] : columns.map(streamed);
  let done = 0;
  let capacity = Math.min(rowsPerBatch, rowsTotal);
  const spare = options.reuse === true ? columns.map(() => new Float64Array(capacity)) : [];
  const build = (): ColumnBuilder[] => columns.map((column, index) => newBuilder(column, capacity, options, spare[index]));
  let builders = build();
  let filled = 0;
  const finish = (): Table => {
    const table = { rows: filled, columns: builders.map((builder) => builder.take(filled)) };
    filled = 0;
    capacity = Math.min(rowsPerBatch, rowsTotal - done);
    builders = build();
    return table;
  };
  for await (const chunk of scanDataset(dataset, expressions, { signal, limit: rowsTotal })) {
    for (let from = 0; from < chunk.rows; ) {
      const count = Math.min(chunk.rows - from, capacity - filled);
      for (let index = 0; index < builders.length; index++) builders[index].append(chunk.columns[index], from, count, filled);
      from += count;
      filled += count;
      done += count;
      if (filled === capacity && done < rowsTotal) yield finish();
    }
    onProgress?.(done, rowsTotal);
  }
  if (filled > 0) yield finish();
}

interface ColumnBuilder {
  append(source: ChunkColumn, from: number, count: number, at: number): void;
  take(rows: number): Column;
}

function newBuilder(column: DatasetColumn, capacity: number, { booleans = 'categorical', kinds, shared = false }: ReadOptions, spare?: Float64Array): ColumnBuilder {
  const family = familyOf(column.type);
  const vector = family === 'text' || family === 'nested' ? categoricalBuilder(capacity, shared) : family === 'boolean' && booleans === 'categorical' ? booleanBuilder(capacity, shared) : numericBuilder(capacity, shared, spare);
  return {
    append: vector.append,
    take: (rows) => ({ name: column.name, type: column.type, kind: kinds?.get(column.name) ?? kindOfType(column.type), vector: vector.take(rows) }),
  };
}

function memory(bytes: number, shared: boolean): ArrayBufferLike {
  return shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
}

interface VectorBuilder {
  append: ColumnBuilder['append'];
  take(rows: number): Vector;
}

function numericBuilder(capacity: number, shared: boolean, spare?: Float64Array): VectorBuilder {
  const values = spare ?? new Float64Array(memory(capacity * 8, shared));
  let nulls: Uint8Array | undefined;
  let exact: BigInt64Array | BigUint64Array | undefined;
  return {
    append(source, from, count, at) {
      if (source.kind !== 'numbers') throw new Error('numbers expected');
      values.set(source.values.subarray(from, from + count), at);
      if (source.nulls) (nulls ??= new Uint8Array(memory(capacity, shared))).set(source.nulls.subarray(from, from + count), at);
      if (source.exact && !exact) {
        exact = source.exact instanceof BigInt64Array ? new BigInt64Array(memory(capacity * 8, shared)) : new BigUint64Array(memory(capacity * 8, shared));
        for (let row = 0; row < at; row++) exact[row] = BigInt(values[row]);
      }
      if (!exact) return;
      if (source.exact) exact.set(source.exact.subarray(from, from + count) as BigInt64Array & BigUint64Array, at);
      else for (let row = 0; row < count; row++) exact[at + row] = BigInt(source.values[from + row]);
      if (source.nulls) for (let row = 0; row < count; row++) if (source.nulls[from + row] === 1) exact[at + row] = 0n;
    },
    take(rows) {
      const vector: NumericVector = { kind: 'numeric', values: values.subarray(0, rows) };
      if (nulls) vector.nulls = nulls.subarray(0, rows);
      if (exact) vector.exact = exact.subarray(0, rows);
      return vector;
    },
  };
}

function booleanBuilder(capacity: number, shared: boolean): VectorBuilder {
  const codes = new Int32Array(memory(capacity * 4, shared));
  const dictionary: string[] = [];
  return {
    append(source, from, count, at) {
      if (source.kind !== 'numbers') throw new Error('booleans expected');
      const codeOf = [-1, -1];
      const intern = (value: number): number => {
        const text = value === 0 ? 'false' : 'true';
        const known = dictionary.indexOf(text);
        return (codeOf[value] = known >= 0 ? known : dictionary.push(text) - 1);
      };
      for (let row = 0; row < count; row++) {
        const value = source.values[from + row];
        codes[at + row] = source.nulls?.[from + row] === 1 ? -1 : codeOf[value] >= 0 ? codeOf[value] : intern(value);
      }
    },
    take: (rows): CategoricalVector => ({ kind: 'categorical', codes: codes.subarray(0, rows), dictionary }),
  };
}

/** A table has one dictionary per column, in the order it meets the words; the stream's own may be begun anew on the way. */
function categoricalBuilder(capacity: number, shared: boolean): VectorBuilder {
  const codes = new Int32Array(memory(capacity * 4, shared));
  const dictionary: string[] = [];
  let source: readonly string[] | undefined;
  let translated: Int32Array = new Int32Array(1024).fill(-1);
  let known: Map<string, number> | undefined;

  function startSource(next: readonly string[]): void {
    if (source) {
      translated.fill(-1);
      known ??= new Map(dictionary.map((text, code) => [text, code]));
    }
    source = next;
  }

  function intern(text: string): number {
    const code = known?.get(text);
    if (code !== undefined) return code;
    known?.set(text, dictionary.length);
    return dictionary.push(text) - 1;
  }

  return {
    append(column, from, count, at) {
      if (column.kind !== 'strings') throw new Error('strings expected');
      if (column.dictionary !== source) startSource(column.dictionary);
      if (translated.length < column.dictionary.length) {
        const larger = new Int32Array(column.dictionary.length * 2).fill(-1);
        larger.set(translated);
        translated = larger;
      }
      for (let row = 0; row < count; row++) {
        const code = column.codes[from + row];
        if (code >= 0 && translated[code] < 0) translated[code] = intern(column.dictionary[code]);
        codes[at + row] = code < 0 ? -1 : translated[code];
      }
    },
    take: (rows): CategoricalVector => ({ kind: 'categorical', codes: codes.subarray(0, rows), dictionary }),
  };
}
