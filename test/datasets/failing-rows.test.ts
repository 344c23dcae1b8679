import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckRule } from '../../protocol/data-quality.ts';
import { checkExpression } from '../../server/datasets/check-expression.ts';
import { countRows, findFailingRows } from '../../server/datasets/failing-rows.ts';
import type { Dataset } from '../../server/datasets/open-dataset.ts';
import { readBatches, readTable } from '../../server/datasets/read-columns.ts';
import { conditionOf, countDuplicates, countOverlap } from '../../server/datasets/row-condition.ts';
import { openTemporaryWorkspace, type TemporaryWorkspace } from './temporary-workspace.ts';

let workspace: TemporaryWorkspace;
let flights: Dataset;
let airports: Dataset;

beforeAll(async () => {
  workspace = await openTemporaryWorkspace();
  await workspace.writeParquet(
    'flights-1.parquet',
    `SELECT * FROM (VALUES (1, 'JFK', 10.0::DOUBLE, TIMESTAMP '2013-01-01 10:00:00', TIMESTAMP '2013-01-01 12:00:00'),
                           (2, 'LGA', 'NaN', TIMESTAMP '2013-01-01 11:00:00', TIMESTAMP '2013-01-01 10:00:00'),
                           (3, '', -5.0, NULL, NULL)) t(id, origin, delay, dep_time, "arr ""time""")`,
  );
  await workspace.writeParquet(
    'flights-2.parquet',
    `SELECT * FROM (VALUES (3, '', -5.0::DOUBLE, NULL::TIMESTAMP, NULL::TIMESTAMP),
                           (4, NULL, 'inf', TIMESTAMP '2013-02-01 10:00:00', TIMESTAMP '2013-02-01 09:00:00'),
                           (NULL, 'XXX', 250.0, TIMESTAMP '2014-01-01 10:00:00', TIMESTAMP '2014-01-01 12:00:00')) t(id, origin, delay, dep_time, "arr ""time""")`,
  );
  await workspace.write('airports.csv', 'code,"id"\nJFK,1\nLGA,x\n,4\n');
  flights = await workspace.open('flights-*.parquet', 'flights');
  airports = await workspace.open('airports.csv', 'airports');
});
afterAll(async () => workspace.close());

describe('the rows that break a rule', () => {
  const rules: [rule: CheckRule, rows: (number | string)[]][] = [
    [{ kind: 'nulls', column: 'delay', maxShare: 0 }, [2]],
    [{ kind: 'nulls', column: 'origin', maxShare: 0, counts: ['null', 'empty'] }, [3, 4, 5]],
    [{ kind: 'not_finite', column: 'delay', maxShare: 0 }, [2, 5]],
    [{ kind: 'not_finite', column: 'origin', maxShare: 0 }, []],
    [{ kind: 'empty_strings', column: 'origin', maxShare: 0 }, [3, 4]],
    [{ kind: 'unique', columns: ['id'] }, [3, 4]],
    [{ kind: 'duplicate_rows', maxShare: 0 }, [3, 4]],
    [{ kind: 'range', column: 'delay', min: 0, max: 200 }, [2, 3, 4, 5, 6]],
    [{ kind: 'range', column: 'id', min: 1.5 }, [1]],
    [{ kind: 'range', column: 'dep_time', max: '2013-12-31' }, [6]],
    [{ kind: 'allowed_values', column: 'origin', values: ['JFK', 'LGA', ''] }, [6]],
    [{ kind: 'allowed_values', column: 'id', values: [1, 2, 3] }, [5]],
    [{ kind: 'allowed_values', column: 'id', values: [] }, [1, 2, 3, 4, 5]],
    [{ kind: 'pattern', column: 'origin', pattern: '^[A-Z]{3}$' }, [3, 4]],
    [{ kind: 'length', column: 'origin', min: 3, max: 3 }, [3, 4]],
    [{ kind: 'format', column: 'origin', format: 'number' }, [1, 2, 3, 4, 6]],
    [{ kind: 'format', column: 'origin', format: 'email' }, [1, 2, 3, 4, 6]],
    [{ kind: 'late_rows', column: 'dep_time', notBefore: '2013-02-01T00:00:00Z' }, [1, 2]],
    [{ kind: 'expression', expression: '"arr ""time""" >= dep_time' }, [2, 5]],
    [{ kind: 'expression', expression: 'delay < 100 -- minutes' }, [2, 5, 6]],
    [{ kind: 'references', column: 'origin', dataset: 'airports', inColumn: 'code' }, [3, 4, 6]],
    [{ kind: 'references', column: 'id', dataset: 'airports', inColumn: 'id' }, [2, 3, 4]],
    [{ kind: 'overlap', dataset: 'flights', columns: ['id', 'origin'] }, [1, 2, 3, 4, 5, 6]],
    [{ kind: 'overlap', dataset: 'airports' }, [1, 5]],
  ];
  test.each(rules)('%j', async (rule, expected) => {
    const condition = await conditionOf(rule, flights, new Map([['airports', airports], ['flights', flights]]));
    const found = await findFailingRows(flights, condition!);
    const position = ({ path, row }: { path: string; row: number }) => row + (path.endsWith('flights-2.parquet') ? 3 : 0);
    expect([found.count, found.of, found.rows.map(position)]).toEqual([expected.length, 6, expected]);
  });

  test('are given with their values and their place in their file', async () => {
    const condition = await conditionOf({ kind: 'range', column: 'delay', min: -1e9, max: 200 }, flights, new Map());
    expect((await findFailingRows(flights, condition!, { first: 2 })).rows).toEqual([
      { path: join(workspace.root, 'flights-1.parquet'), row: 2, values: { id: 2, origin: 'LGA', delay: 'NaN', dep_time: '2013-01-01T11:00:00Z', 'arr "time"': '2013-01-01T10:00:00Z' } },
      { path: join(workspace.root, 'flights-2.parquet'), row: 2, values: { id: 4, origin: null, delay: 'Infinity', dep_time: '2013-02-01T10:00:00Z', 'arr "time"': '2013-02-01T09:00:00Z' } },
    ]);
  });

  test('do not exist where it is not rows that break it', async () => {
    expect(await conditionOf({ kind: 'row_count', min: 1 }, flights, new Map())).toBeNull();
  });

  test('a column called row does not hide the position', async () => {
    await workspace.write('rows.csv', 'row,row_\n5,x\n7,y\n');
    const dataset = await workspace.open('rows.csv');
    const condition = await conditionOf({ kind: 'range', column: 'row', max: 6 }, dataset, new Map());
    expect((await findFailingRows(dataset, condition!)).rows).toEqual([{ path: join(workspace.root, 'rows.csv'), row: 2, values: { row: 7, row_: 'y' } }]);
    await dataset.close();
  });

  test('a pattern that cannot be matched in linear time is a problem', async () => {
    const condition = await conditionOf({ kind: 'pattern', column: 'origin', pattern: '(?=x)' }, flights, new Map());
    await expect(countRows(flights, condition!)).rejects.toMatchObject({ code: 'sql-invalid' });
  });

  test('a column that is not there is named, with the nearest', async () => {
    await expect(conditionOf({ kind: 'range', column: 'dealy', min: 0 }, flights, new Map())).rejects.toMatchObject({ code: 'column-missing', message: 'flights has no column "dealy"; did you mean "delay"?' });
  });
});

describe('duplicates and overlap', () => {
  test('are counted beyond the first of each group, nulls alike', async () => {
    expect(await countDuplicates(flights, ['id'])).toEqual({ rows: 1, groups: 1, of: 6 });
    expect(await countDuplicates(flights, ['dep_time'])).toEqual({ rows: 1, groups: 1, of: 6 });
    expect(await countDuplicates(flights, flights.columns.map(({ name }) => name))).toEqual({ rows: 1, groups: 1, of: 6 });
    expect(await countDuplicates(airports, ['code', 'id'])).toEqual({ rows: 0, groups: 0, of: 3 });
  });

  test('of keys in two files are counted in rows of the first', async () => {
    expect(await countOverlap(flights, airports, ['id'])).toEqual({ rows: 2, of: 6 });
    expect(await countOverlap(airports, flights, ['id'])).toEqual({ rows: 2, of: 3 });
  });
});

describe('a condition in SQL', () => {
  const columns = [
    { name: 'a', type: 'BIGINT' },
    { name: 'b', type: 'VARCHAR' },
    { name: 'dep_time', type: 'TIMESTAMP' },
    { name: 'arr_time', type: 'TIMESTAMP' },
    { name: 'odd "name"', type: 'DOUBLE' },
    { name: 's', type: 'STRUCT(x INTEGER)' },
  ];
  const good = [
    'a > 1',
    `a > 1 AND b IN ('x', 'y')`,
    `b LIKE 'x%' OR b NOT ILIKE '%y'`,
    `"odd ""name""" IS NOT NULL`,
    'A = 1',
    's.x > 1',
    'CASE WHEN a > 1 THEN true ELSE false END',
    'a BETWEEN 1 AND 3',
    'NOT (a = 1)',
    `TRY_CAST(b AS INTEGER) > 1`,
    `b ~ '^x'`,
    'coalesce(a, 1) % 2 = 0',
    'list_contains([1, 2], a)',
    'extract(year FROM arr_time) > 2000',
    'arr_time - dep_time < INTERVAL 3 HOURS',
    `b IS DISTINCT FROM 'x'`,
    `arr_time > TIMESTAMP '2020-01-01'`,
    'a > 1 -- with a remark',
    `length(b) > 1 /* and */ AND regexp_full_match(b, '[a-z]+')`,
  ];
  test.each(good)('is taken: %s', async (expression) => {
    expect(await checkExpression(workspace.analysis, expression, columns)).toContain(expression);
  });

  const bad: [expression: string, why: RegExp][] = [
    ['', /empty/],
    ['a', /gives BIGINT/],
    ['a >', /syntax error|parse/],
    ['arr_tme > dep_time', /no column "arr_tme"; did you mean "arr_time"/],
    ['nothing_like_it > 1', /no column "nothing_like_it"$/],
    ['b > a + 1', /./],
    ['a > (SELECT 1)', /subquery/],
    ['a IN (SELECT 1)', /subquery/],
    ['EXISTS (SELECT 1)', /subquery/],
    [`EXISTS (FROM glob('/etc/*'))`, /subquery/],
    ['count(*) > 1', /count_star is not allowed/],
    ['max(a) > 1', /max is not allowed/],
    ['row_number() OVER () > 1', /window/],
    [`read_text('/etc/passwd') = ''`, /read_text is not allowed/],
    [`main.read_csv('x') = 1`, /read_csv is not allowed/],
    [`getvariable('x') = b`, /getvariable is not allowed/],
    [`current_setting('memory_limit') = b`, /current_setting is not allowed/],
    [`nextval('x') > 1`, /nextval is not allowed/],
    [`query('SELECT 1') = 1`, /query is not allowed/],
    [`repeat(b, 1000000000) = ''`, /repeat is not allowed/],
    [`now() > arr_time`, /now is not allowed|get_current_timestamp is not allowed/],
    ['random() > 0.5', /random is not allowed/],
    ['list_transform([a], lambda x: x > 1)[1]', /list_transform is not allowed/],
    ['COLUMNS(*) IS NULL', /star/],
    ['*', /whole in itself/],
    ['a = ?', /parameter/],
    ['a = $1', /parameter/],
    ['a > 1; DROP TABLE x', /syntax error/],
    ['1) OR (1', /whole in itself/],
    ['a > 1); DROP TABLE x; SELECT (1', /./],
    ['a) FILTER (WHERE true', /whole in itself/],
    ['a) OVER (ORDER BY (a)', /whole in itself/],
    ['DISTINCT a', /whole in itself/],
    ['a ORDER BY a', /whole in itself/],
    ['a > 1, a < 3', /whole in itself/],
    [`E'\\'' ) OR (1=1 OR 'x' = 'x'`, /whole in itself/],
    ['a > 1 /* without an end', /unterminated/],
    ['a > 1 FROM x', /syntax error/],
    ['a > 1\0', /not text/],
    [`a > ${'1 + '.repeat(3000)}1`, /longer than/],
    [`${'NOT '.repeat(2000)}(a > 1)`, /depth|parse/],
  ];
  test.each(bad)('is refused: %s', async (expression, why) => {
    await expect(checkExpression(workspace.analysis, expression, columns)).rejects.toMatchObject({ code: 'sql-invalid', message: expect.stringMatching(why) });
  });
});

test('four thousand brackets neither change a condition nor end the process', async () => {
  const expression = `${'('.repeat(4000)}a > 1${')'.repeat(4000)}`;
  expect(await checkExpression(workspace.analysis, expression, [{ name: 'a', type: 'BIGINT' }])).toContain(expression);
});

describe('batches', () => {
  test.each([false, true])('hold the rows of the table in its order, with dictionaries of their own (memory reused: %s)', async (reuse) => {
    await workspace.writeParquet('batches.parquet', `SELECT i AS n, 'label ' || (i % 1000) AS t, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS f FROM range(10000) r(i)`);
    const dataset = await workspace.open('batches.parquet');
    const whole = await readTable(dataset, ['t', 'n', 'f'], { booleans: 'numeric' });
    const sizes: number[] = [];
    let at = 0;
    for await (const batch of readBatches(dataset, ['t', 'n', 'f'], 3000, { booleans: 'numeric', reuse })) {
      sizes.push(batch.rows);
      const [t, n, f] = batch.columns.map(({ vector }) => vector);
      const [wt, wn, wf] = whole.columns.map(({ vector }) => vector);
      if (t.kind !== 'categorical' || wt.kind !== 'categorical' || n.kind !== 'numeric' || wn.kind !== 'numeric' || f.kind !== 'numeric' || wf.kind !== 'numeric') throw new Error('kinds');
      expect(t.dictionary[0]).toBe(`label ${at % 1000}`);
      for (let row = 0; row < batch.rows; row++, at++) {
        if (t.dictionary[t.codes[row]] !== wt.dictionary[wt.codes[at]] || n.values[row] !== at || wn.values[at] !== at || f.values[row] !== wf.values[at] || f.nulls![row] !== wf.nulls![at]) throw new Error(`row ${at}`);
      }
    }
    expect([sizes, at, whole.rows]).toEqual([[3000, 3000, 3000, 1000], 10_000, 10_000]);
  });

  test('a limit takes the first rows, and the table says how many', async () => {
    const dataset = await workspace.open('batches.parquet');
    const { rows, columns } = await readTable(dataset, ['n'], { limit: 5 });
    expect([rows, columns[0].vector]).toEqual([5, { kind: 'numeric', values: Float64Array.of(0, 1, 2, 3, 4) }]);
    expect((await readTable(dataset, ['n'], { limit: 0 })).rows).toBe(0);
  });

  test('a table of no columns still has its rows', async () => {
    const dataset = await workspace.open('batches.parquet');
    expect(await readTable(dataset, [])).toEqual({ rows: 10_000, columns: [] });
  });

  test('kinds are those of the profile where it is given', async () => {
    const dataset = await workspace.open('batches.parquet');
    const { columns } = await readTable(dataset, ['n', 't'], { kinds: new Map([['n', 'identifier']]) });
    expect(columns.map(({ kind }) => kind)).toEqual(['identifier', 'categorical']);
  });

  test('progress ends at the last row, and a signal ends the reading', async () => {
    const dataset = await workspace.open('batches.parquet');
    const done: number[] = [];
    await readTable(dataset, ['n'], { onProgress: (rows) => done.push(rows) });
    expect(done.at(-1)).toBe(10_000);
    const halt = new AbortController();
    await expect(readTable(dataset, ['n'], { signal: halt.signal, onProgress: () => halt.abort(new Error('enough')) })).rejects.toThrow('enough');
  });

  test('more different strings than a stream remembers still have one code each', async () => {
    await workspace.writeParquet('many.parquet', `SELECT 'k' || (i % 300000) AS t FROM range(600000) r(i)`);
    const dataset = await workspace.open('many.parquet');
    const [{ vector }] = (await readTable(dataset, ['t'])).columns;
    if (vector.kind !== 'categorical') throw new Error('kind');
    expect([vector.dictionary.length, new Set(vector.dictionary).size]).toEqual([300_000, 300_000]);
    for (let row = 0; row < 600_000; row++) if (vector.dictionary[vector.codes[row]] !== `k${row % 300_000}`) throw new Error(`row ${row}`);
  });
});
