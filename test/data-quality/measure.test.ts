import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckRule } from '../../protocol/data-quality.ts';
import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import type { Measurement } from '../../protocol/measurements.ts';
import { judgeChecks } from '../../server/data-quality/judge-checks.ts';
import { planMeasurements } from '../../server/data-quality/plan-measurements.ts';
import { failingRows, measure } from '../../server/datasets/measure.ts';
import { type Dataset, openDataset } from '../../server/datasets/open-dataset.ts';
import { profileDataset } from '../../server/datasets/profile-dataset.ts';
import { type Analysis, openAnalysis } from '../../server/engines/duckdb.ts';
import { categorical, check, now, profile as profileOf } from './profiles.ts';

const rows = `id,name,score,day,"odd ""name"""
1,ann,1.5,2026-01-01,x
2,bob,,2026-01-02,x
3,"",nan,2026-01-01,y
4,dan ,inf,2026-01-04,
4,eve,-3,,z
6,FAY,100,2026-01-06,z
`;
const airports = `code
x
y
`;

let directory: string;
let analysis: Analysis;
let dataset: Dataset;
let profile: DatasetProfile;
const otherDatasets = new Map<string, Dataset>();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'slipway-measure-'));
  writeFileSync(join(directory, 'batch.csv'), rows);
  writeFileSync(join(directory, 'airports.csv'), airports);
  writeFileSync(join(directory, 'other.csv'), 'id,name\n4,eve\n9,zoe\n');
  analysis = await openAnalysis({ directories: [directory], threads: 1 });
  dataset = await openDataset(analysis, { name: 'batch', files: 'batch.csv', root: directory });
  for (const name of ['airports', 'other']) otherDatasets.set(name, await openDataset(analysis, { name, files: `${name}.csv`, root: directory }));
  profile = await profileDataset(dataset, { digests: new Map(), now: () => 0 });
});

afterAll(async () => {
  await analysis.close();
  rmSync(directory, { recursive: true });
});

const breaking = (rule: CheckRule): Measurement => ({ id: 'm', kind: 'rows_breaking', rule });

describe('counting rows', () => {
  it.each<[string, Measurement, number]>([
    ['nulls and NaN', breaking({ kind: 'nulls', column: 'score', maxShare: 0 }), 2],
    ['infinities', breaking({ kind: 'nulls', column: 'score', maxShare: 0, counts: ['infinite'] }), 1],
    ['empty text, which is not null', breaking({ kind: 'empty_strings', column: 'name', maxShare: 0 }), 1],
    ['values outside a range', breaking({ kind: 'range', column: 'id', min: 2, max: 4 }), 2],
    ['dates outside a range', breaking({ kind: 'range', column: 'day', min: '2026-01-02' }), 2],
    ['values beyond fences, NaN not among them', { id: 'm', kind: 'rows_beyond', column: 'score', low: -2, high: 50 }, 3],
    ['values not allowed', breaking({ kind: 'allowed_values', column: 'name', values: ['ann', 'bob', 'eve'] }), 3],
    ['values that match only in part', breaking({ kind: 'pattern', column: 'name', pattern: '[a-z]{3}' }), 3],
    ['lengths', breaking({ kind: 'length', column: 'name', min: 3, max: 3 }), 2],
    ['text that is no number', breaking({ kind: 'format', column: 'name', format: 'number' }), 6],
    ['late rows', breaking({ kind: 'late_rows', column: 'day', notBefore: '2026-01-02' }), 2],
    ['repeated keys, the first not counted', breaking({ kind: 'unique', columns: ['id'] }), 1],
    ['repeated keys of several columns', breaking({ kind: 'unique', columns: ['id', 'name'] }), 0],
    ['repeated rows', breaking({ kind: 'duplicate_rows', maxShare: 0 }), 0],
    ['rows out of order, nulls passed over', { id: 'm', kind: 'rows_out_of_order', column: 'day', direction: 'increasing', strict: false }, 1],
    ['rows out of strict order', { id: 'm', kind: 'rows_out_of_order', column: 'id', direction: 'increasing', strict: true }, 1],
    ['an expression that is false, null not being false', breaking({ kind: 'expression', expression: 'score > 0' }), 1],
    ['values without a match', breaking({ kind: 'references', column: 'odd "name"', dataset: 'airports', inColumn: 'code' }), 2],
    ['rows shared by some columns', breaking({ kind: 'overlap', dataset: 'other', columns: ['id', 'name'] }), 1],
    ['rows shared by the columns both have', breaking({ kind: 'overlap', dataset: 'other' }), 1],
  ])('finds %s', async (_title, measurement, expected) => {
    expect(await measure(dataset, [measurement], { otherDatasets })).toEqual(new Map([['m', { rows: expected }]]));
    const shown = await failingRows(dataset, measurement, 10, { otherDatasets });
    // Of repeated rows the first is shown as well.
    expect(shown.rows).toHaveLength(measurement.kind === 'rows_breaking' && measurement.rule.kind === 'unique' && expected > 0 ? 2 : expected);
  });

  it('answers what it can when one question cannot be answered', async () => {
    const results = await measure(
      dataset,
      [
        { ...breaking({ kind: 'range', column: 'id', min: 2 }), id: 'good' },
        { ...breaking({ kind: 'range', column: 'gone', min: 2 }), id: 'missing' },
        { ...breaking({ kind: 'expression', expression: 'score > ' }), id: 'syntax' },
        { ...breaking({ kind: 'expression', expression: 'CAST(name AS INTEGER) > 1' }), id: 'cast' },
        { ...breaking({ kind: 'pattern', column: 'name', pattern: '(' }), id: 'pattern' },
        { ...breaking({ kind: 'references', column: 'id', dataset: 'nowhere', inColumn: 'id' }), id: 'dataset' },
      ],
      { otherDatasets },
    );
    expect(results.get('good')).toEqual({ rows: 1 });
    for (const id of ['missing', 'syntax', 'cast', 'pattern', 'dataset']) expect(results.get(id)).toEqual({ error: expect.any(String) as string });
  });

  it('answers more questions than fit into one scan', async () => {
    const many = Array.from({ length: 95 }, (_, index): Measurement => ({ ...breaking({ kind: 'range', column: 'id', max: index / 10 }), id: `m${index}` }));
    const results = await measure(dataset, many);
    expect(results.size).toBe(95);
    expect([results.get('m0'), results.get('m45'), results.get('m94')]).toEqual([{ rows: 6 }, { rows: 1 }, { rows: 0 }]);
  });

  it('stops when the caller cancels', async () => {
    await expect(measure(dataset, [breaking({ kind: 'range', column: 'id', min: 2 })], { signal: AbortSignal.abort(new Error('cancelled')) })).rejects.toThrow('cancelled');
  });
});

describe('planning measurements', () => {
  it('asks nothing that the profile answers, and nothing about columns that are not there', () => {
    const rules: CheckRule[] = [
      { kind: 'row_count', min: 1 },
      { kind: 'nulls', column: 'score', maxShare: 0 },
      { kind: 'empty_strings', column: 'name', maxShare: 0 },
      { kind: 'range', column: 'id', min: 1, max: 6 },
      { kind: 'length', column: 'name', max: 10 },
      { kind: 'pattern', column: 'gone', pattern: 'x' },
      { kind: 'range', column: 'name', min: 3 },
      { kind: 'allowed_values', column: 'name', values: ['ann'] },
      { kind: 'unique', columns: ['id'] },
    ];
    expect(planMeasurements(rules.map((rule) => check(rule)), { profile, now })).toEqual({ current: [], reference: [] });
  });

  it('counts allowed values from the profile as from the rows', async () => {
    const rules: CheckRule[] = [
      { kind: 'allowed_values', column: 'name', values: ['ann', '', 'zoe'] },
      { kind: 'allowed_values', column: 'name', values: [] },
      { kind: 'allowed_values', column: 'id', values: [4, 1.5, 6] },
      { kind: 'allowed_values', column: 'odd "name"', values: ['x', 'y', 'z'] },
    ];
    for (const rule of rules) {
      const [finding] = judgeChecks([check(rule)], { profile, measurements: new Map(), now });
      expect(await measure(dataset, [breaking(rule)])).toEqual(new Map([['m', { rows: finding.failing?.rows }]]));
    }
  });

  it.each<[string, CheckRule, Partial<ColumnProfile>]>([
    ['a type whose values have several spellings', { kind: 'allowed_values', column: 'c', values: [1] }, { type: 'DOUBLE' }],
    ['a rule that spells them otherwise', { kind: 'allowed_values', column: 'c', values: [1, 'b'] }, {}],
    ['more values than the profile lists', { kind: 'allowed_values', column: 'c', values: ['a'] }, { distinct: { value: 21, exact: true } }],
    ['an estimate of how many there are', { kind: 'allowed_values', column: 'c', values: ['a'] }, { distinct: { value: 2, exact: false } }],
    ['a text that was cut', { kind: 'allowed_values', column: 'c', values: ['a'] }, { topValues: [{ value: 'a', count: 999 }, { value: 'b…', count: 1 }] }],
    ['a set of columns of which none is a key', { kind: 'unique', columns: ['c', 'd'] }, { distinct: { value: 999, exact: true } }],
    ['a set with a column that is a key but for nulls', { kind: 'unique', columns: ['c', 'd'] }, { nulls: 2, distinct: { value: 998, exact: true } }],
  ])('asks the rows about %s', (_title, rule, changes) => {
    const columns = [categorical('c', changes), categorical('d')];
    expect(planMeasurements([check(rule)], { profile: profileOf(columns), now }).current).toHaveLength(1);
  });

  it('asks nothing about a set of columns of which one is a key', () => {
    const columns = [categorical('c'), categorical('d', { distinct: { value: 1000, exact: true } })];
    const rule = check({ kind: 'unique', columns: ['c', 'd'] });
    expect(planMeasurements([rule], { profile: profileOf(columns), now }).current).toEqual([]);
    expect(judgeChecks([rule], { profile: profileOf(columns), measurements: new Map(), now })).toMatchObject([{ verdict: 'pass', measured: '0 rows' }]);
  });

  it('asks the reference the same question about outliers', () => {
    const plan = planMeasurements([check({ kind: 'outliers', column: 'id', method: 'iqr' })], { profile, reference: profile, now });
    expect(plan.current).toEqual(plan.reference);
    expect(plan.current).toMatchObject([{ id: 'outliers:id', kind: 'rows_beyond', column: 'id' }]);
  });

  it('asks nothing of a batch without rows', () => {
    expect(planMeasurements([check({ kind: 'pattern', column: 'name', pattern: 'x' })], { profile: { ...profile, rows: 0 }, now }).current).toEqual([]);
  });
});
