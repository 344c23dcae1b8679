import { describe, expect, it } from 'vitest';
import { disagreementSliceDefaults, findDisagreementSlices } from '../../server/comparison/find-disagreement-slices.ts';
import { createRandom } from '../../server/stats/random.ts';
import type { Column, Table } from '../../server/stats/vector.ts';

const carriers = ['AA', 'B6', 'MQ', 'UA'];

/** Flights whose pairs disagree on `base` of rows, and on `raised` of those of MQ. */
function flights(rows: number, base: number, raised: number, seed = 1): { table: Table; differs: Uint8Array } {
  const random = createRandom(seed);
  const codes = Int32Array.from({ length: rows }, () => random.below(4));
  const temp = Float64Array.from({ length: rows }, () => 10 + 20 * random.uniform());
  const columns: Column[] = [
    { name: 'carrier', kind: 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', codes, dictionary: carriers } },
    { name: 'temp', kind: 'numeric', type: 'DOUBLE', vector: { kind: 'numeric', values: temp, nulls: Uint8Array.from({ length: rows }, () => Number(random.uniform() < 0.1)) } },
    { name: 'id', kind: 'identifier', type: 'BIGINT', vector: { kind: 'numeric', values: Float64Array.from({ length: rows }, (_, row) => row) } },
  ];
  return { table: { rows, columns }, differs: Uint8Array.from(codes, (code) => Number(random.uniform() < (code === 2 ? raised : base))) };
}

describe('slices of disagreement', () => {
  it('name the value in which the models disagree more often, with its share and lift', () => {
    const { table, differs } = flights(8000, 0.01, 0.08);
    const report = findDisagreementSlices(table, differs, 120_000);
    expect(report).toMatchObject({ rows: 8000, of: 120_000, minRows: 100, tooSmall: 0 });
    expect(report.found.map(({ slice }) => slice)).toEqual([{ name: 'carrier = MQ', where: [{ column: 'carrier', value: 'MQ' }], source: 'found' }]);
    const [{ rows, differ, share, lift }] = report.found;
    expect(share.value).toBe(differ / rows);
    expect(lift).toBeGreaterThan(5);
  });

  it('find nothing, nineteen times out of twenty, where disagreement is spread evenly', () => {
    let found = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { table, differs } = flights(2000, 0.03, 0.03, seed);
      if (findDisagreementSlices(table, differs, 2000).found.length > 0) found++;
    }
    expect(found).toBeLessThanOrEqual(8);
  });

  it('find ranges and missing values too', () => {
    const { table } = flights(4000, 0, 0);
    const temp = table.columns[1].vector;
    const differs = Uint8Array.from({ length: 4000 }, (_, row) => Number(temp.kind === 'numeric' && temp.nulls?.[row] === 1 && row % 4 === 0));
    expect(findDisagreementSlices(table, differs, 4000).found[0]).toMatchObject({ slice: { name: 'temp is missing' }, lift: null });
  });

  it('say what was too small to test, and that too few rows are not enough data', () => {
    const { table, differs } = flights(300, 0.1, 0.1);
    expect(findDisagreementSlices(table, differs, 300)).toMatchObject({ found: [], tested: 0, tooSmall: 9 });
    const few = flights(99, 0.1, 0.9);
    expect(findDisagreementSlices(few.table, few.differs, 99)).toMatchObject({ found: [], reason: '99 rows are not enough data, 100 are' });
  });

  it('of models that always agree are not searched', () => {
    const { table } = flights(500, 0, 0);
    expect(findDisagreementSlices(table, new Uint8Array(500), 500)).toMatchObject({ found: [], reason: 'no pair disagrees' });
    expect(() => findDisagreementSlices(table, new Uint8Array(3), 3)).toThrow(RangeError);
  });

  it('are no more than asked for', () => {
    const { table, differs } = flights(8000, 0.01, 0.08);
    expect(findDisagreementSlices(table, differs, 8000, { ...disagreementSliceDefaults, max: 0 }).found).toEqual([]);
  });
});
