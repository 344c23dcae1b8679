import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Analysis, type Chunk, openAnalysis, openDatabase, quoteIdentifier, quoteLiteral, SqlError } from '../../server/engines/duckdb.ts';

let base: string;
let inside: string;
let outside: string;
let analysis: Analysis;

beforeAll(async () => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-duckdb-')));
  inside = join(base, 'inside');
  outside = join(base, 'outside');
  for (const folder of [inside, outside]) mkdirSync(folder);
  writeFileSync(join(inside, 'own.csv'), 'a\n1\n');
  writeFileSync(join(outside, 'secret.csv'), 'a\nsecret\n');
  symlinkSync(join(outside, 'secret.csv'), join(inside, 'link.csv'));
  symlinkSync(outside, join(inside, 'linked'));
  analysis = await openAnalysis({ directories: [inside], memoryMb: 256, threads: 1 });
});

afterAll(async () => {
  await analysis.close();
  rmSync(base, { recursive: true });
});

describe('an analysis reads its folders and has no other effect', () => {
  const hostile: [what: string, sql: (paths: { inside: string; outside: string }) => string][] = [
    ['read a system file', () => `SELECT * FROM read_text('/etc/passwd')`],
    ['read a system file as CSV', () => `SELECT * FROM read_csv('/etc/passwd')`],
    ['read a system file by replacement scan', () => `SELECT * FROM '/etc/passwd.csv'`],
    ['read the process environment', () => `SELECT * FROM read_text('/proc/self/environ')`],
    ['read a file outside', ({ outside }) => `SELECT * FROM read_csv('${outside}/secret.csv')`],
    ['read bytes outside', ({ outside }) => `SELECT * FROM read_blob('${outside}/secret.csv')`],
    ['read JSON outside', ({ outside }) => `SELECT * FROM read_json('${outside}/secret.csv')`],
    ['read Parquet outside', ({ outside }) => `SELECT * FROM read_parquet('${outside}/secret.csv')`],
    ['climb with ..', ({ inside }) => `SELECT * FROM read_text('${inside}/../outside/secret.csv')`],
    ['climb with .. twice', ({ inside }) => `SELECT * FROM read_text('${inside}/x/../../outside/secret.csv')`],
    ['follow a symlink to a file', ({ inside }) => `SELECT * FROM read_text('${inside}/link.csv')`],
    ['follow a symlink to a folder', ({ inside }) => `SELECT * FROM read_text('${inside}/linked/secret.csv')`],
    ['use a prefix of the folder name', ({ inside }) => `SELECT * FROM read_text('${inside}/../inside-not/secret.csv')`],
    ['glob outside', ({ outside }) => `SELECT * FROM glob('${outside}/*')`],
    ['glob the root', () => `SELECT * FROM glob('/*')`],
    ['glob in a reader', ({ outside }) => `SELECT * FROM read_text('${outside}/*.csv')`],
    ['a file URL', ({ outside }) => `SELECT * FROM read_text('file://${outside}/secret.csv')`],
    ['a relative path', () => `SELECT * FROM read_text('package.json')`],
    ['read from the network', () => `SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')`],
    ['read from S3', () => `SELECT * FROM read_parquet('s3://bucket/x.parquet')`],
    ['sniff outside', ({ outside }) => `SELECT * FROM sniff_csv('${outside}/secret.csv')`],
    ['Parquet metadata outside', ({ outside }) => `SELECT * FROM parquet_metadata('${outside}/secret.csv')`],
    ['several files, one outside', ({ inside, outside }) => `SELECT * FROM read_text(['${inside}/own.csv', '${outside}/secret.csv'])`],
    ['ATTACH a new file', ({ outside }) => `ATTACH '${outside}/new.duckdb' AS n`],
    ['ATTACH inside', ({ inside }) => `ATTACH '${inside}/new.duckdb' AS n`],
    ['ATTACH memory', () => `ATTACH ':memory:' AS n`],
    ['COPY outside', ({ outside }) => `COPY (SELECT 1) TO '${outside}/new.csv'`],
    ['COPY inside', ({ inside }) => `COPY (SELECT 1) TO '${inside}/new.csv'`],
    ['COPY over an input', ({ inside }) => `COPY (SELECT 1) TO '${inside}/own.csv'`],
    ['COPY through the symlink', ({ inside }) => `COPY (SELECT 1) TO '${inside}/linked/new.csv'`],
    ['COPY FROM outside', ({ outside }) => `COPY secret FROM '${outside}/secret.csv'`],
    ['EXPORT DATABASE', ({ inside }) => `EXPORT DATABASE '${inside}/dump'`],
    ['IMPORT DATABASE', ({ inside }) => `IMPORT DATABASE '${inside}/dump'`],
    ['allow external access again', () => 'SET enable_external_access = true'],
    ['unlock the configuration', () => 'SET lock_configuration = false'],
    ['reset the lock', () => 'RESET lock_configuration'],
    ['widen the folders', () => `SET allowed_directories = ['/']`],
    ['widen the paths', () => `SET allowed_paths = ['/etc/passwd']`],
    ['raise the memory limit', () => `SET memory_limit = '64GB'`],
    ['raise it by PRAGMA', () => `PRAGMA memory_limit = '64GB'`],
    ['raise the thread count', () => 'SET threads = 64'],
    ['move the temporary folder', ({ outside }) => `SET temp_directory = '${outside}'`],
    ['log to a file', ({ outside }) => `PRAGMA profile_output = '${outside}/log'`],
    ['set a search path', () => `SET search_path = 'information_schema'`],
    ['allow persistent secrets', () => 'SET allow_persistent_secrets = true'],
    ['keep a secret', () => `CREATE PERSISTENT SECRET s (TYPE s3, KEY_ID 'x')`],
    ['install an extension', () => 'INSTALL httpfs'],
    ['install from a community', () => 'INSTALL h3 FROM community'],
    ['force an install', ({ outside }) => `FORCE INSTALL '${outside}/x.duckdb_extension'`],
    ['load an extension', () => 'LOAD httpfs'],
    ['load a library', ({ outside }) => `LOAD '${outside}/x.duckdb_extension'`],
    ['update extensions', () => 'UPDATE EXTENSIONS'],
    ['use a spatial reader', ({ outside }) => `SELECT * FROM st_read('${outside}/secret.csv')`],
    ['read an environment variable', () => `SELECT getenv('HOME')`],
    ['two statements', ({ inside }) => `SELECT 1; COPY (SELECT 1) TO '${inside}/new.csv'`],
    ['prepare and execute', ({ inside }) => `PREPARE p AS COPY (SELECT 1) TO '${inside}/new.csv'`],
    ['delete rows', () => 'DELETE FROM duckdb_tables()'],
    ['checkpoint', () => 'CHECKPOINT'],
  ];

  test.each(hostile)('refuses to %s', async (_, sql) => {
    const before = listing();
    await expect(analysis.rows(sql({ inside, outside }))).rejects.toThrow();
    await expect(analysis.run(sql({ inside, outside }))).rejects.toThrow();
    await expect(drain(analysis.stream(sql({ inside, outside })))).rejects.toThrow();
    expect(listing()).toEqual(before);
  });

  test('and still reads what it may', async () => {
    expect(await analysis.rows(`SELECT a FROM read_csv(${quoteLiteral(join(inside, 'own.csv'))})`)).toEqual([{ a: 1 }]);
  });

  function listing(): string[] {
    return [inside, outside].flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name} ${name === 'linked' ? '' : statSync(join(folder, name)).size}`));
  }
});

describe('identifiers and parameters', () => {
  test('any name comes back as the name of a column', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).filter((name) => !name.includes('\0')), async (name) => {
        expect(await analysis.rows(`SELECT 7 AS ${quoteIdentifier(name)}`)).toEqual([Object.fromEntries([[name, 7]])]);
      }),
      { numRuns: 200 },
    );
  });

  test('any text comes back as a literal and as a parameter', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => !text.includes('\0')), async (text) => {
        expect(await analysis.rows(`SELECT ${quoteLiteral(text)} AS a, ? AS b`, [text])).toEqual([{ a: text, b: text }]);
      }),
      { numRuns: 200 },
    );
  });

  test('a name that SQL cannot hold is refused', () => {
    expect(() => quoteIdentifier('')).toThrow(RangeError);
    expect(() => quoteIdentifier('a\0b')).toThrow(RangeError);
    expect(() => quoteLiteral('a\0b')).toThrow(RangeError);
  });

  test('a column called __proto__ is a column', async () => {
    const [row] = await analysis.rows('SELECT 1 AS "__proto__", 2 AS constructor');
    expect(Object.entries(row)).toEqual([
      ['__proto__', 1],
      ['constructor', 2],
    ]);
  });
});

describe('rows are JSON-safe', () => {
  const cases: [sql: string, value: unknown][] = [
    ['42::BIGINT', 42],
    ['9007199254740993::BIGINT', '9007199254740993'],
    ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
    [`'NaN'::DOUBLE`, 'NaN'],
    [`'-inf'::DOUBLE`, '-Infinity'],
    ['1.25::DECIMAL(4, 2)', 1.25],
    ['12345678901234567.89::DECIMAL(19, 2)', '12345678901234567.89'],
    [`DATE '1969-12-31'`, '1969-12-31'],
    [`TIMESTAMP '1969-12-31 23:59:59.5'`, '1969-12-31T23:59:59.5Z'],
    [`TIMESTAMP '2024-02-29 12:00:00.123456'`, '2024-02-29T12:00:00.123456Z'],
    [`TIMESTAMP_NS '2024-02-29 12:00:00.123456789'`, '2024-02-29T12:00:00.123456789Z'],
    [`TIMESTAMPTZ '2020-01-01 00:00:00+02'`, '2019-12-31T22:00:00Z'],
    [`'infinity'::TIMESTAMP`, 'infinity'],
    ['[1, NULL, 3]', [1, null, 3]],
    [`{a: 1, b: 'x'}`, { a: 1, b: 'x' }],
    [`MAP {'k': 2}`, [{ key: 'k', value: 2 }]],
    [`UUID '00000000-0000-0000-0000-000000000001'`, '00000000-0000-0000-0000-000000000001'],
    ['NULL', null],
    ['true', true],
    [`''`, ''],
  ];
  test.each(cases)('%s', async (sql, value) => {
    const rows = await analysis.rows(`SELECT ${sql} AS v`);
    expect(rows).toEqual([{ v: value }]);
    expect(JSON.parse(JSON.stringify(rows))).toEqual(rows);
  });
});

describe('a stream of typed vectors', () => {
  const numbers: [sql: string, values: number[]][] = [
    ['true', [1]],
    ['-7::TINYINT', [-7]],
    ['65535::USMALLINT', [65535]],
    ['4294967295::UINTEGER', [4294967295]],
    ['-9007199254740991::BIGINT', [-9007199254740991]],
    ['1.5::FLOAT', [1.5]],
    ['-0.0::DOUBLE', [-0]],
    [`'nan'::DOUBLE`, [NaN]],
    [`DATE '1969-12-31'`, [-86_400_000]],
    [`'infinity'::DATE`, [Infinity]],
    [`'-infinity'::DATE`, [-Infinity]],
    [`TIMESTAMP '1969-12-31 23:59:59.999'`, [-1]],
    [`TIMESTAMP_S '1970-01-01 00:00:02'`, [2000]],
    [`TIMESTAMP_MS '1970-01-01 00:00:00.003'`, [3]],
    [`TIMESTAMP_NS '1970-01-01 00:00:00.0005'`, [0.5]],
    [`TIMESTAMPTZ '1970-01-01 01:00:00+01'`, [0]],
    [`'infinity'::TIMESTAMP`, [Infinity]],
    [`'-infinity'::TIMESTAMP`, [-Infinity]],
  ];
  test.each(numbers)('%s is a number', async (sql, values) => {
    const [chunk] = await collect(analysis.stream(`SELECT ${sql} AS v`));
    expect(chunk.columns[0]).toMatchObject({ kind: 'numbers', values: Float64Array.from(values) });
    expect(chunk.columns[0]).not.toHaveProperty('nulls');
  });

  test('keeps row order, nulls and strings over many chunks', async () => {
    const rows = 10_000;
    const text = (i: number) => (i % 7 === 0 ? null : i % 3 === 0 ? `a longer text, number ${i}` : i % 3 === 1 ? '' : `é${i % 50}`);
    const query = `SELECT i::INTEGER AS n, CASE WHEN i % 5 = 0 THEN NULL ELSE i::BIGINT END AS m,
      CASE WHEN i % 7 = 0 THEN NULL WHEN i % 3 = 0 THEN 'a longer text, number ' || i WHEN i % 3 = 1 THEN '' ELSE 'é' || (i % 50) END AS t FROM range(${rows}) AS r(i)`;
    let at = 0;
    for await (const { rows: count, columns } of analysis.stream(query)) {
      const [n, m, t] = columns;
      if (n.kind !== 'numbers' || m.kind !== 'numbers' || t.kind !== 'strings') throw new Error('kinds');
      for (let row = 0; row < count; row++, at++) {
        expect(n.values[row]).toBe(at);
        expect(m.nulls?.[row] ?? 0).toBe(at % 5 === 0 ? 1 : 0);
        expect(m.values[row]).toBe(at % 5 === 0 ? 0 : at);
        expect(t.codes[row] < 0 ? null : t.dictionary[t.codes[row]]).toBe(text(at));
      }
    }
    expect(at).toBe(rows);
  });

  test('begins a new dictionary rather than remember every string of a long stream', async () => {
    let longest = 0;
    let rows = 0;
    for await (const { rows: count, columns } of analysis.stream(`SELECT 'k' || i AS t FROM range(600000) AS r(i)`)) {
      const [t] = columns;
      if (t.kind !== 'strings') throw new Error('strings');
      longest = Math.max(longest, t.dictionary.length);
      for (let row = 0; row < count; row++, rows++) if (t.dictionary[t.codes[row]] !== `k${rows}`) throw new Error(`row ${rows}`);
    }
    expect(rows).toBe(600_000);
    expect(longest).toBeLessThan(300_000);
  });

  test('gives integers beyond 2^53 exactly, and only then', async () => {
    const [big] = await collect(analysis.stream('SELECT * FROM (VALUES (9007199254740993::BIGINT), (-5), (NULL)) t(v)'));
    expect(big.columns[0]).toMatchObject({ exact: BigInt64Array.from([9007199254740993n, -5n, (big.columns[0] as { exact: BigInt64Array }).exact[2]]) });
    const [unsigned] = await collect(analysis.stream('SELECT 18446744073709551615::UBIGINT AS v'));
    expect(unsigned.columns[0]).toMatchObject({ exact: BigUint64Array.from([18446744073709551615n]), values: Float64Array.from([2 ** 64]) });
    const [small] = await collect(analysis.stream('SELECT 9007199254740991::BIGINT AS v'));
    expect(small.columns[0]).not.toHaveProperty('exact');
  });

  test('says which column has a type that must be cast', async () => {
    await expect(drain(analysis.stream('SELECT [1] AS nested'))).rejects.toThrow(/nested.*LIST.*cast/);
  });

  test('keeps the SQL of a failure', async () => {
    const error = await analysis.rows('SELECT nothing_here').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(SqlError);
    expect(error).toMatchObject({ sql: 'SELECT nothing_here', message: expect.stringMatching(/nothing_here/) });
  });
});

describe('stopping', () => {
  const endless = 'SELECT count(*) FROM range(1000000000000) AS r(i) WHERE i % 7 = 3';

  test('a signal ends a query that would run for hours', async () => {
    const halt = new AbortController();
    const query = analysis.rows(endless, [], { signal: halt.signal });
    setTimeout(() => halt.abort(new Error('enough')), 50);
    await expect(query).rejects.toThrow('enough');
  });

  test('a signal ends a stream before its first row', async () => {
    const halt = new AbortController();
    setTimeout(() => halt.abort(new Error('enough')), 50);
    await expect(drain(analysis.stream(endless, [], { signal: halt.signal }))).rejects.toThrow('enough');
  });

  test('a signal that came before starts nothing', async () => {
    await expect(analysis.rows('SELECT 1', [], { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before');
  });

  test('leaving a stream early ends its query', async () => {
    for await (const chunk of analysis.stream('SELECT i FROM range(1000000000000) AS r(i)')) {
      expect(chunk.rows).toBeGreaterThan(0);
      break;
    }
    expect(await analysis.rows('SELECT 1 AS a')).toEqual([{ a: 1 }]);
  });

  test('timers still run while a query does', async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5);
    const halt = new AbortController();
    setTimeout(() => halt.abort(new Error('enough')), 100);
    await analysis.rows(endless, [], { signal: halt.signal }).catch(() => undefined);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });

  test('closing ends what is running, and twice is once', async () => {
    const own = await openAnalysis({ directories: [inside], memoryMb: 128, threads: 1 });
    const query = own.rows(endless).catch((error: unknown) => error);
    const stream = drain(own.stream('SELECT i FROM range(1000000000000) AS r(i)')).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([own.close(), own.close()]);
    expect(await query).toBeInstanceOf(Error);
    expect(await stream).toBeInstanceOf(Error);
    await expect(own.rows('SELECT 1')).rejects.toThrow('closed');
  });
});

test('closing does not wait for the reader of a stream', async () => {
  const own = await openAnalysis({ directories: [inside], memoryMb: 128, threads: 1 });
  const stream = own.stream('SELECT i FROM range(1000000000000) AS r(i)');
  expect((await stream.next()).done).toBe(false);
  await own.close();
  await expect(stream.next()).rejects.toThrow('closed');
});

describe('a database file', () => {
  test('keeps what a transaction wrote and nothing of one that failed', async () => {
    const path = join(base, 'store.duckdb');
    const first = await openDatabase(path);
    await first.run('CREATE TABLE t (a BIGINT, b VARCHAR)');
    expect(await first.run('INSERT INTO t VALUES (?, ?), (?, ?)', [1, 'x', 2n, null])).toBe(2);
    await expect(
      first.transaction(async (session) => {
        await session.run('INSERT INTO t VALUES (3, NULL)');
        await session.run('INSERT INTO nowhere VALUES (1)');
      }),
    ).rejects.toThrow(/nowhere/);
    await Promise.all([1, 2, 3].map((n) => first.transaction(async (session) => session.run('INSERT INTO t SELECT max(a) + 1, ? FROM t', [`in turn ${n}`]))));
    await first.close();
    await first.close();
    const second = await openDatabase(path);
    expect(await second.rows('SELECT * FROM t ORDER BY a')).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: null },
      { a: 3, b: 'in turn 1' },
      { a: 4, b: 'in turn 2' },
      { a: 5, b: 'in turn 3' },
    ]);
    await second.close();
  });

  test('has one owner: in this process, by any spelling of its path', async () => {
    const path = join(base, 'owned.duckdb');
    const owner = await openDatabase(path);
    await expect(openDatabase(path)).rejects.toMatchObject({ code: 'store-locked' });
    await expect(openDatabase(join(base, 'inside', '..', 'owned.duckdb'))).rejects.toMatchObject({ code: 'store-locked' });
    await owner.close();
    await (await openDatabase(path)).close();
  });

  test('has one owner: across processes', async () => {
    const path = join(base, 'elsewhere.duckdb');
    const owner = await openDatabase(path);
    await owner.run('CREATE TABLE t (a BIGINT)');
    const program = `import('@duckdb/node-api').then(({ DuckDBInstance }) => DuckDBInstance.create(process.argv[1])).then(() => console.log('opened'), (error) => console.log(error.message))`;
    expect(execFileSync(process.execPath, ['-e', program, path], { encoding: 'utf8' })).toMatch(/lock/i);
    await owner.close();
  });

  test('reads no other file', async () => {
    const database = await openDatabase(join(base, 'alone.duckdb'));
    await expect(database.rows(`SELECT * FROM read_text('/etc/passwd')`)).rejects.toThrow();
    await expect(database.run(`COPY (SELECT 1) TO '${inside}/from-store.csv'`)).rejects.toThrow();
    await expect(database.run('SET enable_external_access = true')).rejects.toThrow();
    expect(existsSync(join(inside, 'from-store.csv'))).toBe(false);
    await database.close();
  });

  test('a file that is no database is refused and can be opened once it is repaired', async () => {
    const path = join(base, 'broken.duckdb');
    const good = join(base, 'good.duckdb');
    await (await openDatabase(good)).close();
    writeFileSync(path, 'not a database, but long enough to be looked at'.repeat(100));
    await expect(openDatabase(path)).rejects.toThrow();
    cpSync(good, path);
    await (await openDatabase(path)).close();
  });
});

async function collect(stream: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const chunks: Chunk[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

async function drain(stream: AsyncIterable<Chunk>): Promise<void> {
  for await (const chunk of stream) expect(chunk.rows).toBeGreaterThan(0);
}
