import { realpathSync } from 'node:fs';
import { dirname, join, basename } from 'node:path';
import { availableParallelism } from 'node:os';
import * as api from '@duckdb/node-api';
import bindings from '@duckdb/node-bindings';
import { Problem } from '../problem.ts';

export type Parameter = null | boolean | number | bigint | string | Uint8Array;
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type Row = Record<string, JsonValue>;

export interface QueryOptions {
  signal?: AbortSignal;
}

/** Up to 2,048 rows, column by column. `values` lie where those of the chunk before lay, so they are good until the next is asked for. */
export interface Chunk {
  rows: number;
  columns: ChunkColumn[];
}

export type ChunkColumn = NumberColumn | StringColumn;

export interface NumberColumn {
  kind: 'numbers';
  /** 0 where null. Booleans are 0 and 1; dates and timestamps milliseconds since 1970 UTC, ±Infinity where DuckDB says infinity. */
  values: Float64Array;
  /** 1 where null; absent when no row of the chunk is. */
  nulls?: Uint8Array;
  /** The integers themselves, present when one of them lies beyond ±2^53 and `values` had to round it. */
  exact?: BigInt64Array | BigUint64Array;
}

export interface StringColumn {
  kind: 'strings';
  /** Index into `dictionary`; -1 where null. */
  codes: Int32Array;
  /** In order of first appearance. The same array grows from chunk to chunk, until it is so long that a new one is begun. */
  dictionary: string[];
}

interface Session {
  /** For small results: one object per row, JSON-safe. NaN and infinities become strings, as do integers beyond 2^53. */
  rows(sql: string, parameters?: readonly Parameter[], options?: QueryOptions): Promise<Row[]>;
  /** Runs one statement; answers the number of rows it changed. */
  run(sql: string, parameters?: readonly Parameter[], options?: QueryOptions): Promise<number>;
  /** For large results: typed vectors in row order. Leaving the loop early ends the query. */
  stream(sql: string, parameters?: readonly Parameter[], options?: QueryOptions): AsyncGenerator<Chunk, void, undefined>;
}

/** DuckDB over files: in memory, locked down, for the product's own SELECT, CREATE, INSERT and DROP statements. */
export interface Analysis extends Session {
  /** Real paths of the folders that may be read; nothing else on the machine can be. */
  directories: readonly string[];
  /** Ends running queries, then the instance. Twice is once. */
  close(): Promise<void>;
}

/** A DuckDB file with one owner. */
export interface Database extends Session {
  /** Everything `work` runs is kept, or nothing is. Transactions wait for each other. */
  transaction<T>(work: (session: Pick<Session, 'rows' | 'run'>) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Parquet files that are made, not read. */
export interface ParquetWriter {
  /** A new file of these columns. `about` is kept in the file, for whoever reads it. After a failure there is none, or a part of one. */
  write(path: string, columns: readonly FileColumn[], about?: Readonly<Record<string, string>>): Promise<void>;
  /** A new file of what a SELECT gives; answers its rows. */
  copy(select: string, path: string): Promise<number>;
  close(): Promise<void>;
}

/** As many values as every other column of the file. */
export type FileColumn = NumberFileColumn | TextFileColumn;

export interface NumberFileColumn {
  name: string;
  type: keyof typeof numberTypes;
  /** Elements as wide as the type's; a TIMESTAMP is milliseconds since 1970 UTC as doubles. */
  values: Float64Array | Float32Array | Int32Array | Int16Array | Int8Array | Uint32Array | Uint16Array | Uint8Array | BigInt64Array | BigUint64Array;
  /** 1 where null. */
  nulls?: Uint8Array;
}

export interface TextFileColumn {
  name: string;
  type: 'VARCHAR';
  values: readonly (string | null)[];
}

export interface AnalysisOptions {
  directories: readonly string[];
  memoryMb?: number;
  threads?: number;
  /** Where what does not fit into memory goes; without it a query that needs more fails. */
  tempDirectory?: string;
  tempMb?: number;
}

/** A statement that DuckDB refused, with its text. */
export class SqlError extends Error {
  readonly sql: string;

  constructor(sql: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'SqlError';
    this.sql = sql;
  }
}

/**
 * The order is the protection: limits, then the folders, then no external access, then the lock, after which none of it
 * can be undone. An allowed folder stays writable to COPY, so statements other than SELECT, CREATE, INSERT and DROP are refused.
 */
export async function openAnalysis({ directories, memoryMb = 1024, threads = defaultThreads(), tempDirectory, tempMb = 4096 }: AnalysisOptions): Promise<Analysis> {
  const allowed = directories.map((directory) => realpathSync(directory));
  const instance = await api.DuckDBInstance.create(':memory:', {
    ...extensionsOff,
    memory_limit: `${memoryMb}MiB`,
    threads: String(threads),
    // An empty name switches spilling off; the default would be a folder in the current directory.
    temp_directory: tempDirectory === undefined ? '' : realpathSync(tempDirectory),
    max_temp_directory_size: `${tempMb}MiB`,
  });
  const engine = createEngine(instance, new Set([api.StatementType.SELECT, api.StatementType.CREATE, api.StatementType.INSERT, api.StatementType.DROP]));
  await lockDown(instance, [
    'SET allow_persistent_secrets = false',
    'SET max_expression_depth = 250',
    'SET preserve_insertion_order = true',
    `SET TimeZone = 'UTC'`,
    'SET parquet_metadata_cache = true',
    `SET allowed_directories = [${allowed.map(quoteLiteral).join(', ')}]`,
  ]);
  return { directories: allowed, rows: engine.rows, run: engine.run, stream: engine.stream, close: engine.close };
}

/** Writes into these folders and no others. */
export async function openParquetWriter({ directories, memoryMb = 256, threads = 1 }: Pick<AnalysisOptions, 'directories' | 'memoryMb' | 'threads'>): Promise<ParquetWriter> {
  const allowed = directories.map((directory) => realpathSync(directory));
  const instance = await api.DuckDBInstance.create(':memory:', { ...extensionsOff, memory_limit: `${memoryMb}MiB`, threads: String(threads), temp_directory: '' });
  const engine = createEngine(instance, undefined);
  await lockDown(instance, ['SET allow_persistent_secrets = false', `SET TimeZone = 'UTC'`, `SET allowed_directories = [${allowed.map(quoteLiteral).join(', ')}]`]);
  let tables = 0;
  const copyTo = (source: string, path: string, about: Readonly<Record<string, string>> = {}): string => {
    const told = Object.entries(about).map(([key, value]) => `${quoteIdentifier(key)}: ${quoteLiteral(value)}`);
    return `COPY ${source} TO ${quoteLiteral(path)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false${told.length > 0 ? `, KV_METADATA {${told.join(', ')}}` : ''})`;
  };
  return {
    write: (path, columns, about) =>
      engine.withConnection(async (connection) => {
        const { run } = engine.sessionOn(connection);
        const table = `file_${tables++}`;
        await run(`CREATE TEMP TABLE ${table} (${columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(', ')})`);
        try {
          await append(connection, table, columns);
          await run(copyTo(table, path, about));
        } finally {
          await run(`DROP TABLE ${table}`);
        }
      }),
    copy: (select, path) => engine.run(copyTo(`(${select})`, path)),
    close: engine.close,
  };
}

/** Two instances on one file lose rows without a word, so a path that is open here is refused as one that is open elsewhere. */
const openPaths = new Set<string>();

export async function openDatabase(path: string, { memoryMb = 256, threads = 1 }: { memoryMb?: number; threads?: number } = {}): Promise<Database> {
  const realPath = join(realpathSync(dirname(path)), basename(path));
  if (openPaths.has(realPath)) throw new Problem('store-locked', `${path} is already open in this process`, { where: { path } });
  openPaths.add(realPath);
  try {
    const instance = await openFile(realPath, memoryMb, threads);
    const engine = createEngine(instance, undefined);
    await lockDown(instance, ['SET allow_persistent_secrets = false', `SET TimeZone = 'UTC'`]);
    const connection = await instance.connect();
    let last: Promise<unknown> = Promise.resolve();
    const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
      const result = last.then(work);
      last = result.catch(() => undefined);
      return result;
    };
    const session = engine.sessionOn(connection);
    let closing: Promise<void> | undefined;
    return {
      rows: engine.rows,
      stream: engine.stream,
      run: (sql, parameters, options) => inTurn(() => session.run(sql, parameters, options)),
      transaction: (work) =>
        inTurn(async () => {
          await session.run('BEGIN TRANSACTION');
          try {
            const result = await work(session);
            await session.run('COMMIT');
            return result;
          } catch (error) {
            // A statement that failed may have ended the transaction already; the first error is the one that tells.
            await session.run('ROLLBACK').catch(() => 0);
            throw error;
          }
        }),
      close: () =>
        (closing ??= (async () => {
          await last;
          connection.closeSync();
          await engine.close();
          openPaths.delete(realPath);
        })()),
    };
  } catch (error) {
    openPaths.delete(realPath);
    throw error;
  }
}

/** Any column, table or alias name as an SQL identifier. */
export function quoteIdentifier(name: string): string {
  if (name === '' || name.includes('\0')) throw new RangeError(`not a possible SQL name: ${JSON.stringify(name)}`);
  return `"${name.replaceAll('"', '""')}"`;
}

/** For the places where DuckDB takes no bound parameter: table functions in CREATE, settings. */
export function quoteLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('NUL in SQL text');
  return `'${text.replaceAll(`'`, `''`)}'`;
}

/** DuckDB's own words for its version, recorded with every verdict. */
export function duckdbVersion(): string {
  return bindings.library_version();
}

const extensionsOff = {
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  allow_community_extensions: 'false',
  allow_unsigned_extensions: 'false',
};

function defaultThreads(): number {
  return Math.max(1, availableParallelism() - 1);
}

async function lockDown(instance: api.DuckDBInstance, settings: string[]): Promise<void> {
  const connection = await instance.connect();
  try {
    for (const setting of [...settings, 'SET enable_external_access = false', 'SET lock_configuration = true']) await connection.run(setting);
  } catch (error) {
    connection.closeSync();
    instance.closeSync();
    throw error;
  }
  connection.closeSync();
}

async function openFile(path: string, memoryMb: number, threads: number): Promise<api.DuckDBInstance> {
  try {
    return await api.DuckDBInstance.create(path, { ...extensionsOff, memory_limit: `${memoryMb}MiB`, threads: String(threads) });
  } catch (error) {
    if (error instanceof Error && /could not set lock|conflicting lock|being used by another process/i.test(error.message)) {
      throw new Problem('store-locked', `${path} is open in another process`, { cause: error, where: { path } });
    }
    throw error;
  }
}

/** Queries on one instance: a connection each, because DuckDB interrupts by connection. */
function createEngine(instance: api.DuckDBInstance, statements: ReadonlySet<api.StatementType> | undefined) {
  const running = new Set<Job>();
  let closing: Promise<void> | undefined;

  /** Counted as running from before there is a connection, so that `close` waits for it whenever it comes. */
  async function connect(): Promise<Job & { connection: api.DuckDBConnection }> {
    if (closing) throw closedError();
    let end = () => {};
    const job: Job = {
      ended: new Promise((resolve) => (end = resolve)),
      release: () => {
        if (running.delete(job)) job.connection?.closeSync();
        end();
      },
    };
    running.add(job);
    try {
      const connection = await instance.connect();
      job.connection = connection;
      if (closing) throw closedError();
      return Object.assign(job, { connection });
    } catch (error) {
      job.release();
      throw error;
    }
  }

  async function withConnection<T>(work: (connection: api.DuckDBConnection) => Promise<T>): Promise<T> {
    const { connection, release } = await connect();
    try {
      return await work(connection);
    } finally {
      release();
    }
  }

  async function prepare(connection: api.DuckDBConnection, sql: string, parameters: readonly Parameter[]): Promise<api.DuckDBPreparedStatement> {
    // Preparing alone has effects: EXPORT makes its folder then. So the first word is looked at before, the type after.
    if (statements && !/^\s*(SELECT|WITH|FROM|CREATE|INSERT|DROP|SUMMARIZE)\b/i.test(sql)) throw new Error(notAllowed);
    const prepared = await connection.prepare(sql);
    if (statements && !statements.has(prepared.statementType)) {
      prepared.destroySync();
      throw new Error(notAllowed);
    }
    prepared.bind(parameters.map((value) => (value instanceof Uint8Array ? new api.DuckDBBlobValue(value) : value)));
    return prepared;
  }

  async function execute<T>(
    connection: api.DuckDBConnection,
    sql: string,
    parameters: readonly Parameter[],
    signal: AbortSignal | undefined,
    read: (result: api.DuckDBResult) => Promise<T>,
  ): Promise<T> {
    signal?.throwIfAborted();
    const release = interruptOnAbort(connection, signal);
    try {
      const prepared = await prepare(connection, sql, parameters);
      try {
        return await read(await prepared.run());
      } finally {
        prepared.destroySync();
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw new SqlError(sql, error);
    } finally {
      release();
    }
  }

  const sessionOn = (connection: api.DuckDBConnection): Pick<Session, 'rows' | 'run'> => ({
    rows: (sql, parameters = [], { signal } = {}) => execute(connection, sql, parameters, signal, jsonRows),
    run: (sql, parameters = [], { signal } = {}) => execute(connection, sql, parameters, signal, async (result) => result.rowsChanged),
  });

  async function* stream(sql: string, parameters: readonly Parameter[] = [], { signal }: QueryOptions = {}): AsyncGenerator<Chunk, void, undefined> {
    signal?.throwIfAborted();
    const job = await connect();
    const { connection } = job;
    const ignoreAbort = interruptOnAbort(connection, signal);
    let next: Promise<api.DuckDBDataChunk | null> | undefined;
    try {
      const prepared = await prepare(connection, sql, parameters);
      const result = await prepared.stream().finally(() => prepared.destroySync());
      const decode = Array.from({ length: result.columnCount }, (_, index) => columnDecoder(result.columnName(index), result.columnTypeId(index)));
      next = result.fetchChunk();
      for (;;) {
        const chunk = await next;
        signal?.throwIfAborted();
        if (!chunk || chunk.rowCount === 0) break;
        next = result.fetchChunk();
        // Should the reader throw before it comes back, the fetch under way is awaited below; until then its failure is not unhandled.
        next.catch(() => undefined);
        job.paused = next;
        yield decodeChunk(chunk, decode);
        job.paused = undefined;
        if (closing) throw closedError();
      }
      next = undefined;
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof Problem ? error : new SqlError(sql, error);
    } finally {
      if (next && running.has(job)) {
        connection.interrupt();
        await next.catch(() => undefined);
      }
      ignoreAbort();
      job.release();
    }
  }

  return {
    stream,
    sessionOn,
    withConnection,
    rows: ((sql, parameters, options) => withConnection((connection) => sessionOn(connection).rows(sql, parameters, options))) as Session['rows'],
    run: ((sql, parameters, options) => withConnection((connection) => sessionOn(connection).run(sql, parameters, options))) as Session['run'],
    close: () =>
      (closing ??= (async () => {
        while (running.size > 0) {
          for (const job of running) {
            job.connection?.interrupt();
            // A stream whose reader is busy elsewhere does not come back to end itself.
            void job.paused?.then(job.release, job.release);
          }
          await Promise.race([Promise.all(Array.from(running, ({ ended }) => ended)), new Promise((resolve) => setTimeout(resolve, interruptEveryMs))]);
        }
        instance.closeSync();
      })()),
  };
}

interface Job {
  connection?: api.DuckDBConnection;
  /** The fetch ahead of a stream whose reader has not asked for more yet. */
  paused?: Promise<unknown>;
  ended: Promise<void>;
  release(): void;
}

const interruptEveryMs = 10;
const notAllowed = 'only SELECT, CREATE, INSERT and DROP statements are allowed here';

function closedError(): Error {
  return new Error('the database is closed');
}

/** An interrupt that arrives while a statement is being planned is forgotten by DuckDB, so it is repeated until the query has ended. */
function interruptOnAbort(connection: api.DuckDBConnection, signal: AbortSignal | undefined): () => void {
  if (!signal) return () => {};
  let timer: NodeJS.Timeout | undefined;
  const interrupt = () => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), interruptEveryMs);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    signal.removeEventListener('abort', interrupt);
    clearInterval(timer);
  };
}

type Decode = (vector: ReturnType<typeof bindings.data_chunk_get_vector>, rows: number) => ChunkColumn;

function decodeChunk(chunk: api.DuckDBDataChunk, decode: Decode[]): Chunk {
  const rows = chunk.rowCount;
  return { rows, columns: decode.map((decodeColumn, index) => decodeColumn(bindings.data_chunk_get_vector(chunk.chunk, index), rows)) };
}

function columnDecoder(name: string, type: api.DuckDBTypeId): Decode {
  if (type === api.DuckDBTypeId.VARCHAR) return stringDecoder();
  const read = numberReaders[type];
  if (!read) throw new Error(`column ${name}: ${api.DuckDBTypeId[type]} cannot be streamed; cast it in the query`);
  const room = new Float64Array(rowsPerChunkMax);
  return (vector, rows) => {
    const values = rows === room.length ? room : room.subarray(0, rows);
    const nulls = readNulls(vector, rows);
    const exact = read(vector, values, nulls);
    // What DuckDB leaves under a null is not defined.
    if (nulls) for (let row = 0; row < rows; row++) if (nulls[row] === 1) values[row] = 0;
    const column: NumberColumn = { kind: 'numbers', values };
    if (nulls) column.nulls = nulls;
    if (exact) column.exact = exact;
    return column;
  };
}

/** DuckDB's vector size. */
const rowsPerChunkMax = 2048;

/** Fills `values`, one per row, and answers the integers themselves when a double rounds one of them. */
type ReadNumbers = (vector: Parameters<Decode>[0], values: Float64Array, nulls: Uint8Array | undefined) => NumberColumn['exact'];

/** The node-api vectors answer one value per call and test validity with BigInt; reading their memory whole is some thirty times faster. */
const numberReaders: Partial<Record<api.DuckDBTypeId, ReadNumbers>> = {
  [api.DuckDBTypeId.BOOLEAN]: widened(Uint8Array),
  [api.DuckDBTypeId.TINYINT]: widened(Int8Array),
  [api.DuckDBTypeId.SMALLINT]: widened(Int16Array),
  [api.DuckDBTypeId.INTEGER]: widened(Int32Array),
  [api.DuckDBTypeId.UTINYINT]: widened(Uint8Array),
  [api.DuckDBTypeId.USMALLINT]: widened(Uint16Array),
  [api.DuckDBTypeId.UINTEGER]: widened(Uint32Array),
  [api.DuckDBTypeId.FLOAT]: widened(Float32Array),
  [api.DuckDBTypeId.DOUBLE]: widened(Float64Array),
  [api.DuckDBTypeId.BIGINT]: (vector, values, nulls) => integers(vector, values, nulls, Int32Array, BigInt64Array),
  [api.DuckDBTypeId.UBIGINT]: (vector, values, nulls) => integers(vector, values, nulls, Uint32Array, BigUint64Array),
  [api.DuckDBTypeId.DATE]: (vector, values) => {
    const days = readMemory(vector, values.length, Int32Array);
    for (const [row, day] of days.entries()) values[row] = day === 0x7fffffff ? Infinity : day === -0x7fffffff ? -Infinity : day * 86_400_000;
    return undefined;
  },
  [api.DuckDBTypeId.TIMESTAMP]: (vector, values) => instants(vector, values, 1e3),
  [api.DuckDBTypeId.TIMESTAMP_TZ]: (vector, values) => instants(vector, values, 1e3),
  [api.DuckDBTypeId.TIMESTAMP_S]: (vector, values) => instants(vector, values, 1e-3),
  [api.DuckDBTypeId.TIMESTAMP_MS]: (vector, values) => instants(vector, values, 1),
  [api.DuckDBTypeId.TIMESTAMP_NS]: (vector, values) => instants(vector, values, 1e6),
};

interface TypedArrayOf<T> {
  new (buffer: ArrayBuffer, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

function readMemory<T>(vector: Parameters<Decode>[0], length: number, type: TypedArrayOf<T>): T {
  const bytes = bindings.vector_get_data(vector, length * type.BYTES_PER_ELEMENT);
  return new type(bytes.buffer as ArrayBuffer, bytes.byteOffset, length);
}

function widened(type: TypedArrayOf<ArrayLike<number>>): ReadNumbers {
  return (vector, values) => {
    values.set(readMemory(vector, values.length, type));
    return undefined;
  };
}

/** 64-bit integers from their halves: high × 2^32 + low rounds once, as a cast does, and makes no BigInt. */
function integers(
  vector: Parameters<Decode>[0],
  values: Float64Array,
  nulls: Uint8Array | undefined,
  high: TypedArrayOf<Int32Array | Uint32Array>,
  whole: TypedArrayOf<BigInt64Array | BigUint64Array>,
): NumberColumn['exact'] {
  const rows = values.length;
  const bytes = bindings.vector_get_data(vector, rows * 8);
  const buffer = bytes.buffer as ArrayBuffer;
  const highs = new high(buffer, bytes.byteOffset, rows * 2);
  const lows = new Uint32Array(buffer, bytes.byteOffset, rows * 2);
  let rounded = false;
  for (let row = 0; row < rows; row++) {
    const top = highs[row * 2 + 1];
    values[row] = top * 0x1_0000_0000 + lows[row * 2];
    if ((top >= 0x20_0000 || top < -0x20_0000) && nulls?.[row] !== 1) rounded = true;
  }
  return rounded ? new whole(buffer, bytes.byteOffset, rows) : undefined;
}

function instants(vector: Parameters<Decode>[0], values: Float64Array, ticksPerMs: number): undefined {
  const rows = values.length;
  const bytes = bindings.vector_get_data(vector, rows * 8);
  const highs = new Int32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, rows * 2);
  const lows = new Uint32Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, rows * 2);
  for (let row = 0; row < rows; row++) {
    const top = highs[row * 2 + 1];
    const low = lows[row * 2];
    if (top === 0x7fffffff && low === 0xffffffff) values[row] = Infinity;
    else if (top === -0x80000000 && low <= 1) values[row] = -Infinity;
    else values[row] = (top * 0x1_0000_0000 + low) / ticksPerMs;
  }
  return undefined;
}

function readNulls(vector: Parameters<Decode>[0], rows: number): Uint8Array | undefined {
  const bits = bindings.vector_get_validity(vector, Math.ceil(rows / 64) * 8) as Uint8Array | null;
  if (!bits) return undefined;
  const nulls = new Uint8Array(rows);
  let any = false;
  for (let row = 0; row < rows; row++) {
    if (((bits[row >> 3] >> (row & 7)) & 1) === 0) {
      nulls[row] = 1;
      any = true;
    }
  }
  return any ? nulls : undefined;
}

/**
 * DuckDB keeps a string of up to 12 bytes inside its 16-byte cell and a pointer to a longer one. The short ones are looked
 * up by the cell's four words and never become JavaScript strings twice; the long ones cost a call each (about 1 µs).
 */
function stringDecoder(): Decode {
  let dictionary: string[] = [];
  let long = new Map<string, number>();
  let mask = 1023;
  let slots = new Int32Array(mask + 1).fill(-1);
  let words = new Int32Array((mask + 1) * 4);
  let used = 0;

  function restart(): void {
    dictionary = [];
    long = new Map();
    slots.fill(-1);
    used = 0;
  }

  function grow(): void {
    const oldSlots = slots;
    const oldWords = words;
    mask = mask * 2 + 1;
    slots = new Int32Array(mask + 1).fill(-1);
    words = new Int32Array((mask + 1) * 4);
    for (let from = 0; from < oldSlots.length; from++) {
      if (oldSlots[from] < 0) continue;
      let to = hashWords(oldWords[from * 4], oldWords[from * 4 + 1], oldWords[from * 4 + 2], oldWords[from * 4 + 3]) & mask;
      while (slots[to] >= 0) to = (to + 1) & mask;
      slots[to] = oldSlots[from];
      words.set(oldWords.subarray(from * 4, from * 4 + 4), to * 4);
    }
  }

  function codeOfLong(text: string): number {
    const known = long.get(text);
    if (known !== undefined) return known;
    const code = dictionary.push(text) - 1;
    long.set(text, code);
    return code;
  }

  return (vector, rows) => {
    const bytes = bindings.vector_get_data(vector, rows * 16);
    const buffer = bytes.buffer as ArrayBuffer;
    const cells = new Int32Array(buffer, bytes.byteOffset, rows * 4);
    const nulls = readNulls(vector, rows);
    const codes = new Int32Array(rows);
    if (dictionary.length > dictionaryEntriesMax) restart();
    for (let row = 0; row < rows; row++) {
      if (nulls && nulls[row] === 1) {
        codes[row] = -1;
        continue;
      }
      const length = cells[row * 4];
      if (length > 12) {
        const text = bindings.get_data_from_pointer(buffer, bytes.byteOffset + row * 16 + 8, length);
        codes[row] = codeOfLong(Buffer.from(text.buffer, text.byteOffset, length).toString('utf8'));
        continue;
      }
      const a = cells[row * 4 + 1];
      const b = cells[row * 4 + 2];
      const c = cells[row * 4 + 3];
      let slot = hashWords(length, a, b, c) & mask;
      while (slots[slot] >= 0 && !(words[slot * 4] === length && words[slot * 4 + 1] === a && words[slot * 4 + 2] === b && words[slot * 4 + 3] === c)) {
        slot = (slot + 1) & mask;
      }
      if (slots[slot] < 0) {
        slots[slot] = dictionary.push(Buffer.from(buffer, bytes.byteOffset + row * 16 + 4, length).toString('utf8')) - 1;
        words.set(cells.subarray(row * 4, row * 4 + 4), slot * 4);
        codes[row] = slots[slot];
        if (++used * 2 > mask) grow();
      } else {
        codes[row] = slots[slot];
      }
    }
    return { kind: 'strings', codes, dictionary };
  };
}

/** Keeps the memory of a stream bounded when nearly every string is a new one. */
const dictionaryEntriesMax = 1 << 18;

function hashWords(length: number, a: number, b: number, c: number): number {
  let hash = Math.imul(a ^ length, 0x9e3779b1);
  hash = Math.imul((hash ^ (hash >>> 15)) + b, 0x85ebca6b);
  hash = Math.imul((hash ^ (hash >>> 13)) + c, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

const numberTypes = {
  BOOLEAN: api.BOOLEAN,
  TINYINT: api.TINYINT,
  SMALLINT: api.SMALLINT,
  INTEGER: api.INTEGER,
  BIGINT: api.BIGINT,
  UTINYINT: api.UTINYINT,
  USMALLINT: api.USMALLINT,
  UINTEGER: api.UINTEGER,
  UBIGINT: api.UBIGINT,
  FLOAT: api.FLOAT,
  DOUBLE: api.DOUBLE,
  TIMESTAMP: api.TIMESTAMP,
} as const;

/** Rows handed over at a time, so that a long file does not keep the event loop from anything else. */
const rowsPerAppend = 256;

/** Numbers are copied as they lie in memory; a text is a call. */
async function append(connection: api.DuckDBConnection, table: string, columns: readonly FileColumn[]): Promise<void> {
  const rows = columns.at(0)?.values.length ?? 0;
  for (const { name, type, values } of columns) {
    if (values.length !== rows) throw new RangeError(`column ${name} has ${values.length} values for ${rows} rows`);
    if (type !== 'VARCHAR' && values.BYTES_PER_ELEMENT !== bytesOf[type]) throw new RangeError(`column ${name}: ${values.constructor.name} does not hold ${type}`);
  }
  const chunk = api.DuckDBDataChunk.create(columns.map(({ type }) => (type === 'VARCHAR' ? api.VARCHAR : numberTypes[type])));
  const appender = await connection.createAppender(table, null, 'temp');
  try {
    for (let from = 0; from < rows; from += rowsPerAppend) {
      const to = Math.min(rows, from + rowsPerAppend);
      chunk.reset();
      chunk.rowCount = to - from;
      columns.forEach((column, index) => {
        const vector = bindings.data_chunk_get_vector(chunk.chunk, index);
        if (column.type === 'VARCHAR') writeTexts(vector, column.values, from, to);
        else writeNumbers(vector, column, from, to);
      });
      appender.appendDataChunk(chunk);
      // Not all at the end: that would be one long step.
      if (to % rowsPerChunkMax === 0) appender.flushSync();
      await new Promise((resolve) => setImmediate(resolve));
    }
    appender.flushSync();
  } finally {
    appender.closeSync();
  }
}

const bytesOf = { BOOLEAN: 1, TINYINT: 1, SMALLINT: 2, INTEGER: 4, BIGINT: 8, UTINYINT: 1, USMALLINT: 2, UINTEGER: 4, UBIGINT: 8, FLOAT: 4, DOUBLE: 8, TIMESTAMP: 8 } as const satisfies Record<keyof typeof numberTypes, number>;

function writeNumbers(vector: Parameters<Decode>[0], { type, values, nulls }: NumberFileColumn, from: number, to: number): void {
  const part = type === 'TIMESTAMP' ? BigInt64Array.from(values.subarray(from, to) as Float64Array, (ms) => BigInt(Math.round(ms * 1000))) : values.subarray(from, to);
  bindings.copy_data_to_vector(vector, 0, part.buffer as ArrayBuffer, part.byteOffset, part.byteLength);
  if (nulls?.subarray(from, to).includes(1)) writeNulls(vector, to - from, (row) => nulls[from + row] === 1);
}

function writeTexts(vector: Parameters<Decode>[0], values: readonly (string | null)[], from: number, to: number): void {
  let anyNull = false;
  for (let row = from; row < to; row++) {
    const value = values[row];
    if (value === null) anyNull = true;
    else bindings.vector_assign_string_element(vector, row - from, value);
  }
  if (anyNull) writeNulls(vector, to - from, (row) => values[from + row] === null);
}

/** A bit per row, set where there is a value. */
function writeNulls(vector: Parameters<Decode>[0], rows: number, isNull: (row: number) => boolean): void {
  const bits = new Uint8Array(Math.ceil(rows / 64) * 8).fill(255);
  for (let row = 0; row < rows; row++) if (isNull(row)) bits[row >> 3] &= ~(1 << (row & 7));
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength);
}

async function jsonRows(result: api.DuckDBResult): Promise<Row[]> {
  const names = result.columnNames();
  const rows: Row[] = [];
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return rows;
    const vectors = names.map((_, index) => chunk.getColumnVector(index));
    // Object.fromEntries defines properties, so a column named __proto__ is a column like any other.
    for (let row = 0; row < chunk.rowCount; row++) rows.push(Object.fromEntries(names.map((name, index) => [name, toJson(vectors[index].getItem(row))])));
  }
}

function toJson(value: api.DuckDBValue): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  if (value instanceof api.DuckDBDecimalValue) return value.width <= 15 ? value.toDouble() : value.toString();
  if (value instanceof api.DuckDBTimestampValue || value instanceof api.DuckDBTimestampTZValue) return isoInstant(value, value.micros, 1_000_000n);
  if (value instanceof api.DuckDBTimestampSecondsValue) return isoInstant(value, value.seconds, 1n);
  if (value instanceof api.DuckDBTimestampMillisecondsValue) return isoInstant(value, value.millis, 1_000n);
  if (value instanceof api.DuckDBTimestampNanosecondsValue) return isoInstant(value, value.nanos, 1_000_000_000n);
  if (value instanceof api.DuckDBListValue || value instanceof api.DuckDBArrayValue) return value.items.map(toJson);
  if (value instanceof api.DuckDBStructValue) return Object.fromEntries(Object.entries(value.entries).map(([key, item]) => [key, toJson(item)]));
  if (value instanceof api.DuckDBMapValue) return value.entries.map(({ key, value: item }) => ({ key: toJson(key), value: toJson(item) }));
  if (value instanceof api.DuckDBUnionValue) return toJson(value.value);
  return value.toString();
}

function isoInstant(value: { isFinite: boolean; toString(): string }, ticks: bigint, perSecond: bigint): string {
  if (!value.isFinite) return value.toString();
  const fraction = ((ticks % perSecond) + perSecond) % perSecond;
  const ms = Number((ticks - fraction) / perSecond) * 1000;
  if (Math.abs(ms) > 8.64e15) return value.toString();
  const digits = perSecond === 1n ? '' : String(fraction).padStart(String(perSecond).length - 1, '0').replace(/0+$/, '');
  return new Date(ms).toISOString().replace('.000Z', digits === '' ? 'Z' : `.${digits}Z`);
}
