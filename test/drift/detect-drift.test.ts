import { describe, expect, it } from 'vitest';
import type { ColumnDrift } from '../../protocol/drift.ts';
import { type ColumnRoles, type DriftOptions, detectDrift } from '../../server/drift/detect-drift.ts';
import type { Column } from '../../server/stats/vector.ts';
import { column, input, normals, repeat } from './tables.ts';

async function compare(reference: Column, current: Column, options: DriftOptions = {}, roles: ColumnRoles = {}): Promise<ColumnDrift> {
  const report = await detectDrift(input([reference], [current]), roles, { multivariate: null, ...options });
  return report.columns[0];
}

function named(drift: ColumnDrift, name: string): number | null | undefined {
  return drift.others.find((statistic) => statistic.name === name)?.value;
}

describe('a numeric column', () => {
  it('that is the same on both sides is still, with D 0 and p 1', async () => {
    const drift = await compare(column('x', normals('a', 500)), column('x', normals('a', 500)));
    expect(drift).toMatchObject({ verdict: 'still', effect: { name: 'ks', value: 0 }, test: { pValue: 1, adjustedP: 1 } });
    expect(named(drift, 'js_distance')).toBe(0);
    expect(named(drift, 'wasserstein')).toBe(0);
  });

  it('that has shifted by half a standard deviation has moved, and says from where to where', async () => {
    const drift = await compare(column('temp', normals('a', 2000, 39, 8)), column('temp', normals('b', 2000, 43, 8)));
    expect(drift.verdict).toBe('moved');
    expect(drift.message).toMatch(/^median 3[89]\.\d → 4[234]\.?\d*; K-S D 0\.\d+ \(chance ≤ 0\.0\d+\), p < 1e-9$/);
  });

  it('that is constant on both sides is still, and its normed distance is undefined rather than 0', async () => {
    const drift = await compare(column('x', repeat([5, 100])), column('x', repeat([5, 300])));
    expect(drift).toMatchObject({ verdict: 'inconclusive', effect: { value: 0 }, test: { pValue: 1 } });
    expect(drift.others.find(({ name }) => name === 'wasserstein_normed')).toMatchObject({ value: null, reason: expect.stringContaining('constant') as string });
  });

  it('that is constant in the reference and another constant now has moved', async () => {
    const drift = await compare(column('x', repeat([5, 100])), column('x', repeat([6, 300])));
    expect(drift).toMatchObject({ verdict: 'moved', effect: { value: 1 } });
    expect(named(drift, 'wasserstein')).toBe(1);
  });

  it('with infinities on one side only has moved by their mass, and finite statistics stay finite', async () => {
    const reference = normals('a', 2000);
    const current = normals('b', 2000).map((value, row) => (row % 4 === 0 ? Infinity : value));
    const drift = await compare(column('x', reference), column('x', current));
    expect(drift.verdict).toBe('moved');
    expect(drift.effect.value).toBeGreaterThan(0.2);
    expect(named(drift, 'wasserstein')).toBeLessThan(0.2);
    expect(JSON.parse(JSON.stringify(drift))).toEqual(JSON.parse(JSON.stringify(drift, (_key, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? 'not finite' : value))));
  });

  it('with NaN on both sides alike is still', async () => {
    const withNaN = (label: string): number[] => normals(label, 2000).map((value, row) => (row % 5 === 0 ? NaN : value));
    const drift = await compare(column('x', withNaN('a')), column('x', withNaN('b')));
    expect(drift).toMatchObject({ verdict: 'still', nulls: { difference: 0, moved: false } });
  });

  it('that differs significantly by less than the floor is still, and the message says so', async () => {
    const drift = await compare(column('x', normals('a', 50_000)), column('x', normals('b', 50_000, 0.1)));
    expect(drift.verdict).toBe('still');
    expect(drift.test.adjustedP).toBeLessThan(1e-9);
    expect(drift.message).toMatch(/seen, too small to matter$/);
  });

  it('with integers beyond 2^53 is compared without crashing', async () => {
    const big = (start: number): Column => ({
      name: 'id', kind: 'numeric', type: 'BIGINT',
      vector: { kind: 'numeric', values: Float64Array.from({ length: 500 }, (_, row) => 2 ** 60 + start + row * 4096), exact: BigInt64Array.from({ length: 500 }, (_, row) => 2n ** 60n + BigInt(start + row * 4096)) },
    });
    expect((await compare(big(0), big(1))).verdict).toBe('still');
  });
});

describe('too little data', () => {
  it('is inconclusive, and says how many more rows would do', async () => {
    const drift = await compare(column('x', normals('a', 1000)), column('x', normals('b', 30)));
    expect(drift.verdict).toBe('inconclusive');
    expect(drift.effect.band).toBeGreaterThan(drift.effect.floor);
    expect(drift.rowsNeeded).toBe(227);
    expect(drift.message).toBe('too few rows to tell: chance alone reaches 0.252, floor 0.1; 197 more rows would do');
  });

  it('blames the reference when no batch could be large enough', async () => {
    const drift = await compare(column('x', normals('a', 50)), column('x', normals('b', 50)));
    expect(drift).toMatchObject({ verdict: 'inconclusive', message: expect.stringContaining('the reference is too small at 50 rows') as string });
    expect(drift.rowsNeeded).toBeUndefined();
  });

  it('does not hide a shift that is far beyond what chance can do', async () => {
    expect((await compare(column('x', normals('a', 1000)), column('x', normals('b', 30, 3)))).verdict).toBe('moved');
  });

  it.each([
    { title: 'no rows', values: [] },
    { title: 'nulls only, itself a change', values: [null, null, null] },
    { title: 'NaN only, itself a change', values: [NaN, NaN] },
  ])('of the kind "$title" has no effect to judge, and never a crash', async ({ values }) => {
    const drift = await compare(column('x', normals('a', 100)), column('x', values, 'numeric'));
    expect(drift).toMatchObject({ effect: { value: null }, distributions: null });
    expect(drift.verdict).toBe(values.length === 0 ? 'inconclusive' : 'moved');
    expect(drift.message).toContain('no values in the current batch');
  });

  it('of one row on each side is inconclusive', async () => {
    expect((await compare(column('x', [1]), column('x', [2]))).verdict).toBe('inconclusive');
  });
});

describe('a categorical column', () => {
  const reference = column('carrier', repeat(['AA', 500], ['UA', 300], ['DL', 200]));

  it('with other shares has moved; V at equal weight does not shrink when one side is much larger', async () => {
    const now = column('carrier', repeat(['AA', 20], ['UA', 30], ['DL', 50]));
    const small = await compare(reference, now);
    const large = await compare(column('carrier', repeat(['AA', 50_000], ['UA', 30_000], ['DL', 20_000])), now);
    expect(small.verdict).toBe('moved');
    expect(large.effect.value).toBeCloseTo(small.effect.value ?? 0, 12);
    expect(named(large, 'cramers_v')).toBeLessThan(0.1);
  });

  it('with the same shares is still', async () => {
    expect((await compare(reference, column('carrier', repeat(['DL', 400], ['AA', 1000], ['UA', 600])))).verdict).toBe('still');
  });

  it('reports new and vanished categories with counts', async () => {
    const drift = await compare(reference, column('carrier', repeat(['AA', 500], ['UA', 300], ['9E-X', 12], ['', 3])));
    expect(drift.newCategories).toEqual([{ value: '9E-X', count: 12 }, { value: '', count: 3 }]);
    expect(drift.newCategoriesTotal).toEqual({ categories: 2, rows: 15 });
    expect(drift.vanishedCategories).toEqual(['DL']);
    expect(drift.message).toContain('new: "9E-X" and 1 more (15 rows)');
  });

  it('with one category on both sides is still, p 1', async () => {
    expect(await compare(column('c', repeat(['a', 2000])), column('c', repeat(['a', 900])))).toMatchObject({ verdict: 'still', effect: { value: 0 }, test: { pValue: 1 } });
  });

  it('tells Unicode forms, case and trailing spaces apart, since the model does', async () => {
    const drift = await compare(column('c', repeat(['é', 900], ['b', 900])), column('c', repeat(['e\u0301', 900], ['b ', 900])));
    expect(drift.newCategoriesTotal).toEqual({ categories: 2, rows: 1800 });
    expect(drift.verdict).toBe('moved');
  });

  it('with more than 100,000 categories is compared in buckets chosen on the reference', async () => {
    const many = (offset: number): Column => ({
      name: 'c', kind: 'categorical', type: 'VARCHAR',
      vector: { kind: 'categorical', codes: Int32Array.from({ length: 240_000 }, (_, row) => (row % 2 === 0 ? 0 : 1 + (row >> 1))), dictionary: ['frequent', ...Array.from({ length: 120_000 }, (_, index) => `c${index + offset}`)] },
    });
    const drift = await compare(many(0), many(100_000));
    expect(drift).toMatchObject({ verdict: 'still', newCategoriesTotal: { categories: 100_000, rows: 100_000 } });
    expect(drift.newCategories).toHaveLength(20);
  });

  it('with thin counts is tested by permutation, with a p-value that is never 0', async () => {
    const drift = await compare(column('c', repeat(['a', 500], ['b', 400], ['c', 3])), column('c', repeat(['a', 500], ['b', 400], ['c', 1])));
    expect(drift.test.definition).toContain('permutations');
    expect(drift.test.pValue).toBeGreaterThan(0);
  });
});

describe('booleans', () => {
  it('are compared whether they came as numbers or as words', async () => {
    const numbers: Column = { ...column('late', repeat([0, 700], [1, 300])), kind: 'boolean', type: 'BOOLEAN' };
    const words = column('late', repeat(['false', 300], ['true', 700]), 'boolean');
    expect(await compare(numbers, words)).toMatchObject({ verdict: 'moved', kind: 'boolean', newCategories: [] });
  });
});

describe('missing values', () => {
  it('are a signal of their own, beside values that have not moved', async () => {
    const values = normals('a', 3000);
    const drift = await compare(column('humid', values), column('humid', normals('b', 3000).map((value, row) => (row % 10 === 0 ? null : value))));
    expect(drift).toMatchObject({ verdict: 'moved', nulls: { moved: true, reference: { value: 0 }, current: { value: 0.1 } } });
    expect(drift.effect.value).toBeLessThan(drift.effect.floor);
    expect(drift.message).toMatch(/^missing 0 % → 10\.0 %; .*too small to matter$/);
  });

  it('that are all there is on both sides move nothing', async () => {
    expect(await compare(column('x', repeat([null, 100]), 'numeric'), column('x', repeat([null, 100]), 'numeric'))).toMatchObject({ verdict: 'inconclusive', message: 'no values in both sides' });
  });
});

describe('a report', () => {
  it('keeps a column whose type has changed as an error of its own', async () => {
    const report = await detectDrift(
      input([column('a', normals('a', 2000)), column('b', normals('b', 2000))], [column('a', normals('c', 2000)), column('b', repeat(['x', 1000], ['y', 1000]))]),
      {},
      { multivariate: null },
    );
    expect(report.columns.map(({ verdict }) => verdict)).toEqual(['still', 'error']);
    expect(report.columns[1].message).toContain('the values cannot be compared');
    expect(report).toMatchObject({ moved: 0, errors: 1, inconclusive: 0 });
  });

  it('says what was not compared and why', async () => {
    const report = await detectDrift(
      input(
        [column('id', ['a', 'b'], 'identifier'), column('t', [0, 1], 'datetime'), column('n', ['{}', '{}'], 'nested'), column('gone', [1, 2]), column('k', [1, 2])],
        [column('id', ['a', 'b'], 'identifier'), column('t', [0, 1], 'datetime'), column('n', ['{}', '{}'], 'nested'), column('fresh', [1, 2]), column('k', [1, 2])],
      ),
      { leaveOut: new Map([['k', 'it is a key']]) },
      { multivariate: null },
    );
    expect(report.columns).toEqual([]);
    expect(report.skipped).toEqual([
      { column: 'id', reason: 'identifiers differ by nature' },
      { column: 't', reason: 'time always moves' },
      { column: 'n', reason: 'nested values have no distribution to compare' },
      { column: 'gone', reason: 'only in the reference' },
      { column: 'k', reason: 'it is a key' },
      { column: 'fresh', reason: 'not in the reference' },
    ]);
  });

  it('compares dates when asked to', async () => {
    const drift = await compare(column('t', normals('a', 2000), 'datetime'), column('t', normals('b', 2000, 9), 'datetime'), { include: ['t'] });
    expect(drift).toMatchObject({ kind: 'datetime', verdict: 'moved' });
  });

  it('holds labels and predictions to a lower floor', async () => {
    const [before, after] = [column('late', repeat([0, 75_000], [1, 25_000])), column('late', repeat([0, 69_000], [1, 31_000]))];
    expect((await compare(before, after)).verdict).toBe('still');
    expect(await compare(before, after, {}, { target: 'late' })).toMatchObject({ verdict: 'moved', role: 'label' });
    expect(await compare(before, after, {}, { predictions: ['late'] })).toMatchObject({ verdict: 'moved', role: 'prediction' });
  });

  it('takes a floor for a single column', async () => {
    const [before, after] = [column('x', normals('a', 2000)), column('x', normals('b', 2000, 0.5))];
    expect((await compare(before, after, { columnFloors: new Map([['x', 0.3]]) })).verdict).toBe('still');
  });

  it('corrects over all columns: what is significant alone may not be among fifty', async () => {
    const still = Array.from({ length: 49 }, (_, index) => index);
    const [before, after] = [normals('one', 900), normals('two', 900, 0.14)];
    const alone = await compare(column('x', before), column('x', after));
    const report = await detectDrift(
      input([column('x', before), ...still.map((index) => column(`s${index}`, normals(`r${index}`, 900)))], [column('x', after), ...still.map((index) => column(`s${index}`, normals(`r${index}`, 900)))]),
      {},
      { multivariate: null },
    );
    expect(alone.test.adjustedP).toBe(alone.test.pValue);
    expect(report.columns[0].test.pValue).toBe(alone.test.pValue);
    expect(report.columns[0].test.adjustedP).toBeCloseTo(Math.min(1, (alone.test.pValue ?? 0) * 50), 12);
  });

  it('is the same, bit for bit, for the same seed', async () => {
    const make = () => detectDrift(input([column('c', repeat(['a', 500], ['b', 400], ['c', 3]))], [column('c', repeat(['a', 500], ['b', 400], ['c', 1]))]), {}, { multivariate: null, seed: 7 });
    expect(await make()).toEqual(await make());
  });

  it('stops when the caller cancels', async () => {
    const cancel = () => {
      throw new Error('cancelled');
    };
    await expect(detectDrift(input([column('x', [1])], [column('x', [1])]), {}, { multivariate: null }, cancel)).rejects.toThrow('cancelled');
  });
});
