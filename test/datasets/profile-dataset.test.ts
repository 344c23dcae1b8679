import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import { profileDataset } from '../../server/datasets/profile-dataset.ts';
import { openTemporaryWorkspace, type TemporaryWorkspace } from './temporary-workspace.ts';

let workspace: TemporaryWorkspace;
beforeAll(async () => void (workspace = await openTemporaryWorkspace()));
afterAll(async () => workspace.close());

async function profile(files: string, options: Partial<Parameters<typeof profileDataset>[1]> = {}): Promise<DatasetProfile> {
  const dataset = await workspace.open(files);
  try {
    const found = await profileDataset(dataset, { digests: new Map(), now: () => 0, ...options });
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    return found;
  } finally {
    await dataset.close();
  }
}

async function column(query: string, name = 'v'): Promise<ColumnProfile> {
  await workspace.writeParquet('column.parquet', query);
  return (await profile('column.parquet')).columns.find((each) => each.name === name)!;
}

describe('a column of numbers', () => {
  test('keeps null, NaN and both infinities out of its moments, and counts each', async () => {
    expect(await column(`SELECT * FROM (VALUES (1.0::DOUBLE), (NULL), ('NaN'), ('inf'), ('-inf'), (3.0), ('NaN'), ('-0')) t(v)`)).toMatchObject({
      type: 'DOUBLE',
      kind: 'numeric',
      rows: 8,
      nulls: 1,
      nans: 2,
      infinities: { positive: 1, negative: 1 },
      negativeZeros: 1,
      distinct: { value: 6, exact: true },
      minimum: 0,
      maximum: 3,
      mean: 4 / 3,
      standardDeviation: Math.sqrt(7 / 3),
      undefinedReason: null,
      monotone: 'none',
    });
  });

  test('of nothing but nulls has no moments, and says why', async () => {
    expect(await column('SELECT NULL::DOUBLE AS v FROM range(3)')).toMatchObject({
      nulls: 3,
      distinct: { value: 0, exact: true },
      minimum: null,
      maximum: null,
      mean: null,
      standardDeviation: null,
      quantiles: null,
      histogram: null,
      undefinedReason: 'no finite value',
      topValues: [],
      monotone: null,
    });
  });

  test('that is constant has one bin', async () => {
    expect(await column('SELECT 7 AS v FROM range(10)')).toMatchObject({
      minimum: 7,
      maximum: 7,
      standardDeviation: 0,
      quantiles: Array(9).fill(7),
      histogram: { edges: [7, 7], counts: [10] },
      topValues: [{ value: '7', count: 10 }],
      monotone: 'constant',
    });
  });

  test('of 64-bit integers keeps them exact', async () => {
    expect(await column('SELECT 9007199254740992 + i AS v FROM range(1, 201) r(i)')).toMatchObject({
      kind: 'identifier',
      distinct: { value: 200, exact: true },
      minimum: '9007199254740993',
      maximum: '9007199254741192',
      topValues: null,
    });
  });

  test('of decimals keeps its ends exact', async () => {
    expect(await column(`SELECT * FROM (VALUES (12345678901234567.89::DECIMAL(19, 2)), (0.01)) t(v)`)).toMatchObject({ kind: 'numeric', minimum: '0.01', maximum: '12345678901234567.89' });
    expect(await column(`SELECT * FROM (VALUES (1.25::DECIMAL(4, 2)), (-0.5)) t(v)`)).toMatchObject({ minimum: -0.5, maximum: 1.25, mean: 0.375 });
  });

  test('does not lose its spread beside a large offset', async () => {
    const { mean, standardDeviation } = await column('SELECT * FROM (VALUES (1000000004), (1000000007), (1000000013), (1000000016)) t(v)');
    expect([mean, standardDeviation! ** 2]).toEqual([1e9 + 10, expect.closeTo(30, 10)]);
  });
});

describe('a column of times', () => {
  test('has ISO ends, before 1970 too', async () => {
    expect(await column(`SELECT * FROM (VALUES (TIMESTAMP '1969-12-31 23:59:59.123456'), (TIMESTAMP '2024-02-29 00:00:00'), (NULL)) t(v)`)).toMatchObject({
      kind: 'datetime',
      nulls: 1,
      minimum: '1969-12-31T23:59:59.123456Z',
      maximum: '2024-02-29T00:00:00Z',
      monotone: 'increasing',
      topValues: [
        { value: '1969-12-31T23:59:59.123456Z', count: 1 },
        { value: '2024-02-29T00:00:00Z', count: 1 },
      ],
    });
    expect(await column(`SELECT DATE '1900-01-01' + i::INTEGER AS v FROM range(3) r(i)`)).toMatchObject({ type: 'DATE', minimum: '1900-01-01', maximum: '1900-01-03' });
  });

  test('with infinite ones counts them apart', async () => {
    expect(await column(`SELECT * FROM (VALUES (DATE '2020-01-01'), ('infinity'), ('-infinity')) t(v)`)).toMatchObject({ infinities: { positive: 1, negative: 1 }, minimum: '2020-01-01', maximum: '2020-01-01' });
  });
});

describe('a column of text', () => {
  test('counts values, empty ones, lengths in characters, and what looks like something else', async () => {
    expect(await column(`SELECT * FROM (VALUES ('日本'), (''), (NULL), ('12'), ('2020-01-01'), ('12'), ('😀')) t(v)`)).toMatchObject({
      kind: 'categorical',
      rows: 7,
      nulls: 1,
      emptyStrings: 1,
      distinct: { value: 5, exact: true },
      length: { minimum: 0, mean: 17 / 6, maximum: 10 },
      looksLike: { number: 2, datetime: 1 },
      topValues: [
        { value: '12', count: 2 },
        { value: '', count: 1 },
        { value: '2020-01-01', count: 1 },
        { value: '日本', count: 1 },
        { value: '😀', count: 1 },
      ],
      mean: null,
      undefinedReason: 'text',
    });
  });

  test('of more values than are grouped is still counted and measured', async () => {
    expect(await column(`SELECT 'key-' || i AS v FROM range(250000) r(i)`)).toMatchObject({ kind: 'identifier', distinct: { value: 250_000, exact: true }, topValues: null, length: { minimum: 5, maximum: 10 } });
  });

  test('shows a long text by its beginning', async () => {
    const { maximum } = await column(`SELECT repeat('é', 5000) AS v`);
    expect(maximum).toBe(`${'é'.repeat(200)}…`);
  });
});

describe('the kind of a column', () => {
  const cases: [what: string, expression: string, kind: string, rows?: number][] = [
    ['a measurement', 'sqrt(i)', 'numeric'],
    ['integers that repeat', 'i % 50', 'numeric'],
    ['integers that only rise', 'i * i', 'identifier'],
    ['integers in any order that fill their range', '(i * 7919) % 1000', 'identifier'],
    ['a few different integers', 'i', 'numeric', 20],
    ['a few different integers called id', 'i AS id, i', 'identifier', 20],
    ['scattered integers', '(i * 48271 % 2147483647) * 7 % 1000003', 'numeric'],
    ['text codes', `'AA' || (i % 20)`, 'categorical'],
    ['text keys', `'user-' || i`, 'identifier'],
    ['sentences', `'this is the ' || i || 'th remark of a customer'`, 'text'],
    ['flags', 'i % 2 = 0', 'boolean'],
    ['days', `DATE '2020-01-01' + (i % 30)::INTEGER`, 'datetime'],
    ['lists', '[i]', 'nested'],
    ['records', '{a: i}', 'nested'],
    ['UUIDs', `uuid()`, 'identifier'],
  ];
  test.each(cases)('%s', async (_, expression, kind, rows = 1000) => {
    const named = expression.includes(' AS id') ? expression.split(' AS id')[0] : undefined;
    const query = named === undefined ? `SELECT ${expression} AS v FROM range(${rows}) r(i)` : `SELECT ${named} AS id FROM range(${rows}) r(i)`;
    expect((await column(query, named === undefined ? 'v' : 'id')).kind).toBe(kind);
  });
});

describe('a profile', () => {
  test('accounts for every row of every column, in the order of the file', async () => {
    await workspace.write('mixed.csv', '"a ""q""",b.c,__proto__,flag,when\n1,x,1.5,true,2020-01-01\n,,,,\n3,,NaN,false,2020-01-03\n');
    const found = await profile('mixed.csv');
    expect(found).toMatchObject({ format: 'csv', dialect: { delimiter: ',', header: true }, rows: 3, bytes: 87, digest: expect.stringMatching(/^[0-9a-f]{64}$/), differences: [] });
    expect(found.columns.map(({ name, kind, rows, nulls, nans }) => [name, kind, rows, nulls, nans])).toEqual([
      ['a "q"', 'numeric', 3, 1, 0],
      ['b.c', 'categorical', 3, 2, 0],
      ['__proto__', 'numeric', 3, 1, 1],
      ['flag', 'boolean', 3, 1, 0],
      ['when', 'datetime', 3, 1, 0],
    ]);
    expect(found.columns[3].topValues).toEqual([
      { value: 'false', count: 1 },
      { value: 'true', count: 1 },
    ]);
  });

  test('of no rows has columns and no numbers', async () => {
    await workspace.writeParquet('no-rows.parquet', `SELECT 1 AS a, 'x' AS b, [1] AS c LIMIT 0`);
    const found = await profile('no-rows.parquet');
    expect(found.columns.map(({ name, rows, distinct, topValues }) => [name, rows, distinct, topValues])).toEqual([
      ['a', 0, { value: 0, exact: true }, []],
      ['b', 0, { value: 0, exact: true }, []],
      ['c', 0, null, null],
    ]);
  });

  test('is the same whether columns are read together or one by one', async () => {
    await workspace.writeParquet('same.parquet', `SELECT i AS a, i * 0.5 AS b, i % 7 AS c, 'x' || (i % 3) AS d FROM range(70000) r(i)`);
    const together = await profile('same.parquet');
    expect(await profile('same.parquet', { memoryMb: 0.6 })).toEqual(together);
  });

  test('tells its progress up to the last row', async () => {
    await workspace.writeParquet('progress.parquet', `SELECT i AS a, 'x' AS b FROM range(50000) r(i)`);
    const told: [number, number][] = [];
    await profile('progress.parquet', { onProgress: (done, total) => told.push([done, total]) });
    expect(told.at(-1)).toEqual([50_000, 50_000]);
    expect(told.map(([done]) => done)).toEqual(told.map(([done]) => done).sort((a, b) => a - b));
  });

  test('stops when it is told to', async () => {
    await workspace.writeParquet('stop.parquet', `SELECT i AS a, random() AS b FROM range(2000000) r(i)`);
    const halt = new AbortController();
    const running = profile('stop.parquet', { signal: halt.signal, onProgress: () => halt.abort(new Error('enough')) });
    await expect(running).rejects.toThrow('enough');
  });

  test('of 5,000 columns is made', async () => {
    await workspace.writeParquet('five-thousand.parquet', `SELECT ${Array.from({ length: 5000 }, (_, index) => (index % 10 === 0 ? `'t' || (i % 3) AS c${index}` : `i * ${index} AS c${index}`)).join(', ')} FROM range(20) r(i)`);
    const { columns } = await profile('five-thousand.parquet');
    expect(columns.length).toBe(5000);
    expect(columns[4999]).toMatchObject({ name: 'c4999', maximum: 19 * 4999, rows: 20 });
    expect(columns[4990]).toMatchObject({ name: 'c4990', distinct: { value: 3 }, rows: 20 });
  }, 120_000);
});
