import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestDataset } from '../../server/datasets/digest-dataset.ts';
import { readTable } from '../../server/datasets/read-columns.ts';
import { openTemporaryWorkspace, type TemporaryWorkspace } from './temporary-workspace.ts';

let workspace: TemporaryWorkspace;
beforeAll(async () => void (workspace = await openTemporaryWorkspace()));
afterAll(async () => workspace.close());

/** Values of a column, null as null. */
async function values(files: string | string[], column: string): Promise<(string | number | null)[]> {
  const dataset = await workspace.open(files);
  const [{ vector }] = (await readTable(dataset, [column])).columns;
  await dataset.close();
  if (vector.kind === 'categorical') return Array.from(vector.codes, (code) => (code < 0 ? null : vector.dictionary[code]));
  return Array.from(vector.values, (value, row) => (vector.nulls?.[row] === 1 ? null : value));
}

describe('CSV', () => {
  const good: [what: string, content: string | Uint8Array, name: string, columns: [name: string, type: string][], rows: number][] = [
    ['commas', 'a,b\n1,x\n2,y\n', 'commas.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 2],
    ['no newline at the end', 'a,b\n1,x\n2,y', 'no-end.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 2],
    ['semicolons with decimal commas', 'a;b\n1,5;x\n2,5;y\n', 'semi.csv', [['a', 'VARCHAR'], ['b', 'VARCHAR']], 2],
    ['tabs', 'a\tb\n1\tx, y\n', 'tabs.tsv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['bars', 'a|b\n1|x\n', 'bars.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['carriage returns', 'a,b\r\n1,x\r\n2,y\r\n', 'crlf.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 2],
    ['both kinds of line end', 'a,b\r\n1,x\n2,"p\r\nq"\r\n', 'mixed-ends.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 2],
    ['a byte order mark', '\ufeffa,b\n1,2\n', 'bom.csv', [['a', 'BIGINT'], ['b', 'BIGINT']], 1],
    ['quotes, delimiters and newlines inside quotes', 'a,b\n1,"x,""y""\nz"\n', 'quoted.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['a quote in the middle of a bare field', 'a,b\n1,6" pipe\n', 'inch.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['blank lines between records', 'a,b\n1,x\n\n2,y\n\n', 'blank.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 2],
    ['one column', 'a\n1\n2\n', 'one.csv', [['a', 'BIGINT']], 2],
    ['no header', '1,2\n3,4\n', 'no-header.csv', [['column0', 'BIGINT'], ['column1', 'BIGINT']], 2],
    ['a header alone', 'a,b\n', 'header-only.csv', [['a', 'VARCHAR'], ['b', 'VARCHAR']], 0],
    ['an unnamed first column', ',b\n1,x\n', 'row-names.csv', [['column0', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['gzip', gzipSync('a,b\n1,x\n'), 'packed.csv.gz', [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['gzip in two members', Buffer.concat([gzipSync('a,b\n1,x\n'), gzipSync('2,y\n')]), 'members.csv.gz', [['a', 'BIGINT'], ['b', 'VARCHAR']], 2],
    ['odd names', '"a ""q""",b.c,__proto__,"d,e",select,ünï\n1,2,3,4,5,6\n', 'odd.csv', ['a "q"', 'b.c', '__proto__', 'd,e', 'select', 'ünï'].map((name) => [name, 'BIGINT']), 1],
    ['glob characters in its own name', 'a,b\n1,x\n', 'odd[1]*?.csv', [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['a quote in its own name', 'a,b\n1,x\n', `it's.csv`, [['a', 'BIGINT'], ['b', 'VARCHAR']], 1],
    ['leading zeros kept as text', 'zip\n01234\n00501\n', 'zip.csv', [['zip', 'VARCHAR']], 2],
  ];
  test.each(good)('with %s is read to the last row', async (_, content, name, columns, rows) => {
    await workspace.write(name, content);
    const dataset = await workspace.open(name);
    expect({ columns: dataset.columns.map((column) => [column.name, column.type]), rows: dataset.rows }).toEqual({ columns, rows });
    expect((await readTable(dataset, columns.map(([column]) => column))).rows).toBe(rows);
    await dataset.close();
  });

  const bad: [what: string, content: string | Uint8Array, name: string, code: string, message: RegExp][] = [
    ['a short row', 'a,b\n1,x\n2\n3,y\n', 'short.csv', 'dataset-corrupt', /line 3: 1 fields where the first line has 2/],
    ['a long row', 'a,b\n1,x\n2,y,z\n', 'long.csv', 'dataset-corrupt', /line 3: 3 fields where the first line has 2/],
    ['a ragged row far behind the sample', `a,b\n${'1,x\n'.repeat(50_000)}1\n`, 'late.csv', 'dataset-corrupt', /line 50002: 1 fields/],
    ['a ragged row after a quoted newline', 'a,b\n1,"x\ny"\n2\n', 'after.csv', 'dataset-corrupt', /line 4: 1 fields/],
    ['an unclosed quote', 'a,b\n1,x\n2,"y\n3,z\n', 'unclosed.csv', 'dataset-corrupt', /line 3: a quote that is never closed/],
    ['text after a closing quote', 'a,b\n1,"x"y\n', 'after-quote.csv', 'dataset-corrupt', /line 2: text after a closing quote/],
    ['a repeated column', 'a,b,a\n1,2,3\n', 'repeated.csv', 'dataset-corrupt', /"a" is there twice/],
    ['columns that differ in case only', 'Age,age\n1,2\n', 'case.csv', 'dataset-corrupt', /differ only in case/],
    ['bytes that are not UTF-8', Buffer.from([...Buffer.from('a,b\n1,x\n2,'), 0xe9, 0x0a]), 'latin1.csv', 'dataset-corrupt', /line 3: not UTF-8/],
    ['a character cut at the end', Buffer.from([...Buffer.from('a,b\n1,'), 0xc3]), 'cut.csv', 'dataset-corrupt', /not UTF-8, the last character is cut/],
    ['a NUL byte', 'a,b,and,many\n1,x\0,y,z\n', 'nul.csv', 'dataset-corrupt', /line 2: a NUL byte/],
    ['a lone carriage return', 'a,b\n1,x\ry\n', 'cr.csv', 'dataset-corrupt', /line 2: a carriage return/],
    ['0 bytes', '', 'empty.csv', 'dataset-empty', /0 bytes/],
    ['blank lines alone', '\n\n\n', 'newlines.csv', 'dataset-empty', /blank lines/],
    ['UTF-16 text', Buffer.from('\ufeffa,b\n1,x\n', 'utf16le'), 'utf16.csv', 'dataset-corrupt', /UTF-16/],
    ['a zip', Buffer.from('PK\x03\x04rest of it'), 'zip-inside.csv', 'dataset-corrupt', /a zip archive/],
    ['Parquet', Buffer.from('PAR1 and so on PAR1'), 'parquet-inside.csv', 'dataset-corrupt', /holds Parquet/],
    ['gzip without saying so', gzipSync('a,b\n1,x\n'), 'gzip-inside.csv', 'dataset-corrupt', /holds gzip/],
    ['text that claims to be gzip', 'a,b\n1,x\n', 'plain.csv.gz', 'dataset-corrupt', /holds text/],
    ['half a gzip', gzipSync(`a,b\n${'1,x\n'.repeat(5000)}`).subarray(0, 60), 'half.csv.gz', 'dataset-corrupt', /ends in the middle/],
    ['gzip with a wrong checksum', wrongChecksum(), 'checksum.csv.gz', 'dataset-corrupt', /gzip incorrect data check/],
    ['gzip with a wrong length', wrongLength(), 'length.csv.gz', 'dataset-corrupt', /gzip incorrect length check/],
    ['bytes behind the gzip', Buffer.concat([gzipSync('a,b\n1,x\n'), Buffer.from('garbage')]), 'behind.csv.gz', 'dataset-corrupt', /gzip incorrect header/],
    ['zeros behind the gzip', Buffer.concat([gzipSync('a,b\n1,x\n'), Buffer.alloc(7)]), 'zeros.csv.gz', 'dataset-corrupt', /7 bytes behind the end/],
    ['a spreadsheet', 'x', 'book.xlsx', 'dataset-unsupported', /does not say a format/],
  ];
  test.each(bad)('with %s is a problem that says where', async (_, content, name, code, message) => {
    await workspace.write(name, content);
    await expect(workspace.open(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message), where: { path: expect.stringContaining(name) } });
  });

  test('a type that changes after thirty thousand rows is found, not refused', async () => {
    await workspace.write('changes.csv', `a,b\n${'1,2020-01-01\n'.repeat(30_000)}1.5,unknown\n`);
    const dataset = await workspace.open('changes.csv');
    expect(dataset.columns).toEqual([
      { name: 'a', type: 'DOUBLE' },
      { name: 'b', type: 'VARCHAR' },
    ]);
    expect(dataset.rows).toBe(30_001);
    await dataset.close();
  });

  test('null, "", NaN and infinity stay apart', async () => {
    await workspace.write('apart.csv', 'n,t,i\nNaN,"",1\ninf,,""\n-inf,x,\n,NaN,2\n');
    expect(await values('apart.csv', 'n')).toEqual([NaN, Infinity, -Infinity, null]);
    expect(await values('apart.csv', 't')).toEqual(['', null, 'x', 'NaN']);
    expect(await values('apart.csv', 'i')).toEqual([1, null, null, 2]);
  });

  test('dates before 1970 and in other formats are instants', async () => {
    await workspace.write('dates.csv', 'd,n\n1969-12-31,1\n1900-01-01,2\n');
    expect(await values('dates.csv', 'd')).toEqual([-86_400_000, Date.UTC(1900, 0, 1)]);
    await workspace.write('days-first.csv', 'e,f\n25/12/1968,"25/12/1968"\n01/02/1970,""\n');
    expect(await values('days-first.csv', 'e')).toEqual([Date.UTC(1968, 11, 25), Date.UTC(1970, 1, 1)]);
    expect(await values('days-first.csv', 'f')).toEqual([Date.UTC(1968, 11, 25), null]);
  });

  test('5,000 columns are read', async () => {
    const names = Array.from({ length: 5000 }, (_, index) => `c${index}`);
    await workspace.write('wide.csv', `${names.join(',')}\n${names.map((_, index) => index).join(',')}\n`);
    const dataset = await workspace.open('wide.csv');
    const table = await readTable(dataset, ['c0', 'c4999']);
    expect({ columns: dataset.columns.length, last: table.columns[1].vector }).toMatchObject({ columns: 5000, last: { values: Float64Array.of(4999) } });
    await dataset.close();
  });
});

describe('JSON lines', () => {
  test('are read with nested values, nulls and mixed types', async () => {
    await workspace.write('good.jsonl', '{"a": 1, "b": {"c": [1, 2]}, "m": 1}\n\n{"a": null, "m": "x"}\n{"m": true, "s": "{["}\n');
    const dataset = await workspace.open('good.jsonl');
    expect({ rows: dataset.rows, columns: dataset.columns }).toEqual({
      rows: 3,
      columns: [
        { name: 'a', type: 'BIGINT' },
        { name: 'b', type: 'STRUCT(c BIGINT[])' },
        { name: 'm', type: 'VARCHAR' },
        { name: 's', type: 'VARCHAR' },
      ],
    });
    await dataset.close();
    expect(await values('good.jsonl', 'a')).toEqual([1, null, null]);
    expect(await values('good.jsonl', 'b')).toEqual(['{"c":[1,2]}', null, null]);
    expect(await values('good.jsonl', 'm')).toEqual(['1', 'x', 'true']);
    expect(await values('good.jsonl', 's')).toEqual([null, null, '{[']);
  });

  test('may be packed', async () => {
    await workspace.write('packed.jsonl.gz', gzipSync('{"a": "é"}\n{"a": "日本"}'));
    expect(await values('packed.jsonl.gz', 'a')).toEqual(['é', '日本']);
  });

  const bad: [what: string, content: string, code: string, message: RegExp][] = [
    ['ten thousand brackets', `{"a": ${'['.repeat(10_000)}${']'.repeat(10_000)}}\n`, 'dataset-corrupt', /line 1: nested deeper than 64/],
    ['a line that is no object', '{"a": 1}\n[1, 2]\n', 'dataset-corrupt', /line 2: not a JSON object/],
    ['an object over two lines', '{"a": 1}\n{"a":\n2}\n', 'dataset-corrupt', /line 2: the object does not end/],
    ['an object cut off', '{"a": 1}\n{"a": "x', 'dataset-corrupt', /line 2: the object does not end/],
    ['two objects on a line', '{"a": 1} {"a": 2}\n', 'dataset-corrupt', /line 1: text after the end/],
    ['a value that is no JSON', '{"a": 1}\n{"a": nope}\n', 'dataset-corrupt', /JSON/],
    ['keys that differ in case only', '{"a": 1, "A": 2}\n', 'dataset-corrupt', /differ only in case|twice/],
    ['nothing', '', 'dataset-empty', /0 bytes/],
    ['blank lines', '\n\n', 'dataset-empty', /blank lines/],
  ];
  test.each(bad)('with %s are a problem', async (what, content, code, message) => {
    const name = `${what.replaceAll(' ', '-')}.jsonl`;
    await workspace.write(name, content);
    await expect(workspace.open(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});

describe('Parquet', () => {
  test('of every type is read in file order', async () => {
    await workspace.writeParquet(
      'types.parquet',
      `SELECT * FROM (VALUES
         (9007199254740993::BIGINT, 12345.67::DECIMAL(10, 2), true, DATE '1969-12-31', TIMESTAMP '1969-12-31 23:59:59.5', 'é', [1, 2], 'NaN'::DOUBLE, TIME '00:00:01', 1.5::FLOAT, '\\x01'::BLOB),
         (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
         (-1, -0.05, false, DATE '2024-02-29', TIMESTAMP '2024-02-29 00:00:00', '', [], '-inf'::DOUBLE, TIME '23:59:59', 'inf'::FLOAT, ''::BLOB)
       ) AS t(big, dec, flag, day, moment, text, list, num, clock, single, bytes)`,
    );
    const dataset = await workspace.open('types.parquet');
    const table = await readTable(dataset, dataset.columns.map(({ name }) => name));
    const nulls = Uint8Array.of(0, 1, 0);
    expect(table.columns.map(({ name, vector }) => [name, vector])).toEqual([
      ['big', { kind: 'numeric', values: Float64Array.of(9007199254740992, 0, -1), nulls, exact: BigInt64Array.of(9007199254740993n, 0n, -1n) }],
      ['dec', { kind: 'numeric', values: Float64Array.of(12345.67, 0, -0.05), nulls }],
      ['flag', { kind: 'categorical', codes: Int32Array.of(0, -1, 1), dictionary: ['true', 'false'] }],
      ['day', { kind: 'numeric', values: Float64Array.of(-86_400_000, 0, Date.UTC(2024, 1, 29)), nulls }],
      ['moment', { kind: 'numeric', values: Float64Array.of(-500, 0, Date.UTC(2024, 1, 29)), nulls }],
      ['text', { kind: 'categorical', codes: Int32Array.of(0, -1, 1), dictionary: ['é', ''] }],
      ['list', { kind: 'categorical', codes: Int32Array.of(0, -1, 1), dictionary: ['[1,2]', '[]'] }],
      ['num', { kind: 'numeric', values: Float64Array.of(NaN, 0, -Infinity), nulls }],
      ['clock', { kind: 'numeric', values: Float64Array.of(1000, 0, 86_399_000), nulls }],
      ['single', { kind: 'numeric', values: Float64Array.of(1.5, 0, Infinity), nulls }],
      ['bytes', { kind: 'categorical', codes: Int32Array.of(0, -1, 1), dictionary: ['\\x01', ''] }],
    ]);
  });

  test('of no rows is a table with columns', async () => {
    await workspace.writeParquet('none.parquet', 'SELECT 1 AS a, 2 AS b LIMIT 0');
    const dataset = await workspace.open('none.parquet');
    expect({ rows: dataset.rows, table: await readTable(dataset, ['b']) }).toMatchObject({ rows: 0, table: { rows: 0, columns: [{ name: 'b', vector: { values: new Float64Array(0) } }] } });
  });

  test('of several row groups keeps the order of its rows', async () => {
    await workspace.writeParquet('groups.parquet', 'SELECT i FROM range(50000) AS r(i)', 'ROW_GROUP_SIZE 4096');
    const read = await values('groups.parquet', 'i');
    expect(read).toEqual(Array.from({ length: 50_000 }, (_, row) => row));
  });

  test('of 5,000 columns is read', async () => {
    await workspace.writeParquet('wide.parquet', `SELECT ${Array.from({ length: 5000 }, (_, index) => `${index} AS c${index}`).join(', ')} FROM range(3)`);
    const dataset = await workspace.open('wide.parquet');
    expect({ columns: dataset.columns.length, rows: (await readTable(dataset, ['c4999'])).rows }).toEqual({ columns: 5000, rows: 3 });
  });

  test('with page checksums is read, and not once a byte of a page is flipped', async () => {
    await workspace.write('checked.parquet', checkedPages);
    expect(await values('checked.parquet', 'a')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    // The dictionary of column a: DuckDB 1.5.5 reads 99 for 0 without a word.
    const flipped = Buffer.from(checkedPages);
    const at = flipped.indexOf(Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]));
    flipped[at] = 99;
    await workspace.write('flipped.parquet', flipped);
    await expect(workspace.open('flipped.parquet')).rejects.toMatchObject({ code: 'dataset-corrupt', message: expect.stringMatching(/wrong checksum in row group 0, column 0/) });
  });

  test('with any one byte flipped ends in a problem or in a table, never in a crash', async () => {
    const path = await workspace.writeParquet('whole.parquet', `SELECT i AS a, 'text ' || (i % 7) AS b FROM range(500) AS r(i)`);
    const bytes = readFileSync(path);
    const codes = new Set<string>();
    for (let at = 0; at < bytes.length; at += Math.ceil(bytes.length / 150)) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= 0xff;
      await workspace.write('damaged.parquet', damaged);
      const outcome = await values('damaged.parquet', 'a').then(
        (read) => (read.length === 500 ? 'read' : `${read.length} rows`),
        (error: { code?: string; name?: string }) => error.code ?? error.name ?? 'unknown',
      );
      codes.add(outcome);
    }
    expect(Array.from(codes).sort().filter((code) => !['read', 'dataset-corrupt'].includes(code))).toEqual([]);
    expect(codes).toContain('dataset-corrupt');
  });

  const bad: [what: string, change: (bytes: Buffer) => Buffer, code: string, message: RegExp][] = [
    ['cut in half', (bytes) => bytes.subarray(0, bytes.length / 2), 'dataset-corrupt', /footer is missing/],
    ['cut to its magic', (bytes) => bytes.subarray(0, 4), 'dataset-corrupt', /footer is missing/],
    ['with a footer length beyond the file', (bytes) => write(bytes, bytes.length - 8, 0xff, 0xff, 0xff, 0x7f), 'dataset-corrupt', /footer is damaged/],
    ['with a footer of noise', (bytes) => Buffer.from(bytes).fill(0xaa, bytes.length - 60, bytes.length - 8), 'dataset-corrupt', /footer is damaged/],
    ['with a page header of noise', (bytes) => Buffer.from(bytes).fill(0xaa, 4, 24), 'dataset-corrupt', /damaged page header/],
    ['encrypted', (bytes) => write(bytes, bytes.length - 4, ...Buffer.from('PARE')), 'dataset-unsupported', /encrypted/],
    ['of 0 bytes', () => Buffer.alloc(0), 'dataset-empty', /0 bytes/],
    ['that is CSV', () => Buffer.from('a,b\n1,2\n'), 'dataset-corrupt', /holds text/],
  ];
  test.each(bad)('%s is a problem', async (what, change, code, message) => {
    const path = await workspace.writeParquet('to-break.parquet', 'SELECT i AS a FROM range(1000) AS r(i)');
    const name = `${what.replaceAll(' ', '-')}.parquet`;
    await workspace.write(name, change(readFileSync(path)));
    await expect(workspace.open(name)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('with a repeated column is a problem', async () => {
    await workspace.write('twice.parquet', repeatedColumn);
    await expect(workspace.open('twice.parquet')).rejects.toMatchObject({ code: 'dataset-corrupt', message: expect.stringMatching(/"a" is there twice/) });
  });
});

describe('several files', () => {
  test('of a pattern are read in order of their names', async () => {
    for (const month of ['03', '01', '02']) await workspace.writeParquet(`months-${month}.parquet`, `SELECT ${Number(month)} AS m FROM range(2)`);
    expect(await values('months-*.parquet', 'm')).toEqual([1, 1, 2, 2, 3, 3]);
    expect(await values(['months-03.parquet', 'months-{01,02}.parquet'], 'm')).toEqual([3, 3, 1, 1, 2, 2]);
  });

  test('over folders, hidden ones left out', async () => {
    for (const path of ['deep/a/x.csv', 'deep/b/c/y.csv', 'deep/.hidden/z.csv']) await workspace.write(path, `from\n${path}\n`);
    expect(await values('deep/**/*.csv', 'from')).toEqual(['deep/a/x.csv', 'deep/b/c/y.csv']);
  });

  test('that differ are read together, and each difference is told', async () => {
    await workspace.write('parts-1.csv', 'a,b,c\n1,2020-01-01,x\n');
    await workspace.write('parts-2.csv', 'a,c,d\n1.5,y,7\n');
    const dataset = await workspace.open('parts-*.csv');
    expect(dataset.columns.map(({ name, type }) => `${name} ${type}`)).toEqual(['a DOUBLE', 'b DATE', 'c VARCHAR', 'd BIGINT']);
    expect(dataset.differences).toEqual([{ path: join(workspace.root, 'parts-2.csv'), missing: ['b'], extra: ['d'], changed: [{ column: 'a', type: 'DOUBLE', firstType: 'BIGINT' }] }]);
    await dataset.close();
    expect(await values('parts-*.csv', 'b')).toEqual([Date.UTC(2020, 0, 1), null]);
    expect(await values('parts-*.csv', 'd')).toEqual([null, 7]);
  });

  test('of Parquet that differ, too', async () => {
    await workspace.writeParquet('pieces-1.parquet', 'SELECT 1::INTEGER AS a');
    await workspace.writeParquet('pieces-2.parquet', `SELECT 2.5::DOUBLE AS a, 'x' AS b`);
    const dataset = await workspace.open('pieces-*.parquet');
    expect(dataset.differences).toMatchObject([{ missing: [], extra: ['b'], changed: [{ column: 'a', type: 'DOUBLE', firstType: 'INTEGER' }] }]);
    expect(await values('pieces-*.parquet', 'a')).toEqual([1, 2.5]);
  });

  test('of two formats are refused', async () => {
    await workspace.write('mix-1.csv', 'a\n1\n');
    await workspace.writeParquet('mix-2.parquet', 'SELECT 1 AS a');
    await expect(workspace.open('mix-*')).rejects.toMatchObject({ code: 'dataset-unsupported' });
  });
});

describe('what is no dataset file', () => {
  test('a missing file and a pattern without a match are named', async () => {
    await expect(workspace.open('nowhere.csv')).rejects.toMatchObject({ code: 'file-missing' });
    await expect(workspace.open('nowhere-*.csv')).rejects.toMatchObject({ code: 'file-missing', message: expect.stringContaining('nowhere-*.csv') });
  });

  test('a folder is refused', async () => {
    await workspace.write('folder.csv/inside.txt', '');
    await expect(workspace.open('folder.csv')).rejects.toMatchObject({ code: 'file-unreadable', message: expect.stringMatching(/is a folder/) });
  });

  test.skipIf(process.platform === 'win32')('a pipe is refused without being opened', async () => {
    execFileSync('mkfifo', [join(workspace.root, 'pipe.csv')]);
    await expect(workspace.open('pipe.csv')).rejects.toMatchObject({ code: 'file-unreadable', message: expect.stringMatching(/not a regular file/) });
  });

  test.skipIf(process.platform === 'win32')('a device is refused', async () => {
    symlinkSync('/dev/zero', join(workspace.root, 'zero.csv'));
    await expect(workspace.open('zero.csv')).rejects.toMatchObject({ code: expect.stringMatching(/file-unreadable|path-outside-workspace/) });
  });

  test('a link out of the folder is refused', async () => {
    symlinkSync(process.execPath, join(workspace.root, 'out.csv'));
    await expect(workspace.open('out.csv')).rejects.toMatchObject({ code: 'path-outside-workspace' });
  });
});

describe('a file that changes', () => {
  test('between opening and reading is noticed', async () => {
    await workspace.writeParquet('moving.parquet', 'SELECT i FROM range(10) AS r(i)');
    const dataset = await workspace.open('moving.parquet');
    await workspace.writeParquet('moving.parquet', 'SELECT i + 1 AS i FROM range(10) AS r(i)');
    await expect(readTable(dataset, ['i'])).rejects.toMatchObject({ code: 'dataset-changed' });
    await expect(digestDataset(dataset.files, new Map())).rejects.toMatchObject({ code: 'dataset-changed' });
  });

  test('by being replaced with one of the same size and time is noticed', async () => {
    const path = await workspace.write('swapped.csv', 'a\n1\n');
    const dataset = await workspace.open('swapped.csv');
    const other = await workspace.write('other.csv', 'a\n2\n');
    renameSync(other, path);
    await expect(digestDataset(dataset.files, new Map())).rejects.toMatchObject({ code: 'dataset-changed' });
    await dataset.close();
  });

  test('while batches are read is noticed by the end', async () => {
    const { readBatches } = await import('../../server/datasets/read-columns.ts');
    const path = await workspace.writeParquet('while.parquet', 'SELECT i FROM range(20000) AS r(i)', 'ROW_GROUP_SIZE 2048');
    const dataset = await workspace.open('while.parquet');
    const read = async () => {
      for await (const batch of readBatches(dataset, ['i'], 4096)) if (batch.columns.length === 1) writeFileSync(path, readFileSync(path));
    };
    await expect(read()).rejects.toMatchObject({ code: 'dataset-changed' });
  });
});

describe('a digest', () => {
  test('is the sha256 of the bytes, files in order', async () => {
    await workspace.write('abc-1.csv', 'a\n1\n');
    await workspace.write('abc-2.csv', 'a\n2\n');
    const dataset = await workspace.open('abc-*.csv');
    const cache = new Map<string, string>();
    // printf 'a\n1\na\n2\n' | sha256sum
    const expected = execFileSync(process.execPath, ['-e', `process.stdout.write(require('crypto').createHash('sha256').update('a\\n1\\na\\n2\\n').digest('hex'))`], { encoding: 'utf8' });
    expect(await digestDataset(dataset.files, cache)).toBe(expected);
    expect(cache.size).toBe(1);
    expect(await digestDataset(dataset.files, new Map([[Array.from(cache.keys())[0], 'known']]))).toBe('known');
    await dataset.close();
  });
});

function write(bytes: Buffer, at: number, ...replacement: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(replacement, at);
  return copy;
}

function wrongChecksum(): Buffer {
  const bytes = gzipSync('a,b\n1,x\n');
  bytes[bytes.length - 8] ^= 1;
  return bytes;
}

function wrongLength(): Buffer {
  const bytes = gzipSync('a,b\n1,x\n');
  bytes[bytes.length - 4] ^= 1;
  return bytes;
}

/** pyarrow 26: write_table(table(a=int32 0…7, b=x y x y …), write_page_checksum=True, compression="none", store_schema=False, write_statistics=False). */
const checkedPages = Buffer.from(
  'UEFSMRUEFUAVQBW4j7mQDzwVEBUAEgAAAAAAAAEAAAACAAAAAwAAAAQAAAAFAAAABgAAAAcAAAAVABUWFRYV67HqpgMcFRAVEBUGFQYcAAAAAgAAABABAwOIxvoVBBUUFRQV58z8BzwVBBUAEgAAAQAAAHgBAAAAeRUAFRIVEhWa//3EARwVEBUQFQYVBhwAAAACAAAAEAEBA6oVBBk8NQAYBnNjaGVtYRUEABUCJQIYAWEAFQwlAhgBYiUATBwAAAAWEBkcGSwmABwVAhk1AAYQGRgBYRUAFhAWsAEWsAEmcCYIKSwVBBUAFQIAFQAVEBUCADwpBhkmABAAAAAmABwVDBk1AAYQGRgBYhUAFhAWfhZ+JvIBJrgBKSwVBBUAFQIAFQAVEBUCADwWEBkGGSYAEAAAABauAhYQJggWrgIAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRksHAAAHAAAANEAAABQQVIx',
  'base64',
);

/** pyarrow 26: two int64 columns, both called a; DuckDB reads them as a and a_1. */
const repeatedColumn = Buffer.from(
  'UEFSMRUEFSAVIEwVBBUAEgAAAQAAAAAAAAACAAAAAAAAABUAFRIVEiwVBBUQFQYVBhwAAAACAAAABAEBAwIVBBUgFSBMFQQVABIAAAMAAAAAAAAABAAAAAAAAAAVABUSFRIsFQQVEBUGFQYcAAAAAgAAAAQBAQMCFQQZPDUAGAZzY2hlbWEVBAAVBCUCGAFhABUEJQIYAWEAFgQZHBksJgAcFQQZNQAGEBkYAWEVABYEFnQWdCZEJggpLBUEFQAVAgAVABUQFQIAPCkGGSYABAAAACYAHBUEGTUABhAZGAFhFQAWBBZ0FnQmuAEmfCksFQQVABUCABUAFRAVAgA8KQYZJgAEAAAAFugBFgQmCBboAQAoIHBhcnF1ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGSwcAAAcAAAAxgAAAFBBUjE=',
  'base64',
);
