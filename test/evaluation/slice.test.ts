import { describe, expect, it } from 'vitest';
import { resolveSlices, rowsWhere } from '../../server/evaluation/slice.ts';
import { describeConditions } from '../../server/stats/partition.ts';
import type { Table } from '../../server/stats/vector.ts';
import { categorical, numeric } from './flights.ts';

const rows = 430;
const carriers = Array.from({ length: rows }, (_, row) => (row < 250 ? 'AA' : row < 400 ? 'UA' : row < 410 ? 'HA' : row < 420 ? null : 'OO'));
const table: Table = {
  rows,
  columns: [
    categorical('carrier', carriers),
    categorical('origin', Array.from({ length: rows }, (_, row) => (row % 2 === 0 ? 'JFK' : 'EWR'))),
    numeric('temp', Array.from({ length: rows }, (_, row) => (row === 0 ? null : row === 1 ? NaN : row))),
    numeric('month', Array.from({ length: rows }, (_, row) => 1 + (row % 2))),
  ],
};

describe('slices', () => {
  it('by a column: one per value, small ones pooled under their names, so that no row is in none', () => {
    expect(resolveSlices(table, [{ by: ['carrier'] }]).map(({ slice, rows }) => [slice.name, rows.length])).toEqual([
      ['carrier = AA', 250],
      ['carrier = UA', 150],
      ['carrier = other (missing, HA, OO)', 30],
    ]);
  });

  it('the condition of a pool finds its rows again', () => {
    const pool = resolveSlices(table, [{ by: ['carrier'] }]).at(-1)!;
    expect(rowsWhere(table, pool.slice.where)).toEqual(pool.rows);
  });

  it('by a numeric column of few values: one per value; of many: quartiles, with null and NaN apart', () => {
    expect(resolveSlices(table, [{ by: ['month'] }]).map(({ slice }) => slice.name)).toEqual(['month = 1', 'month = 2']);
    const slices = resolveSlices(table, [{ by: ['temp'] }]);
    expect(slices.map(({ slice, rows }) => [slice.name, rows.length])).toEqual([
      ['temp < 109', 107],
      ['temp ≥ 109 and < 216', 107],
      ['temp ≥ 216 and < 323', 107],
      ['temp ≥ 323', 107],
      ['temp = other (missing, NaN)', 2],
    ]);
    for (const { slice, rows } of slices) expect(rowsWhere(table, slice.where)).toEqual(rows);
  });

  it('crossed: every combination that occurs, none pooled', () => {
    const slices = resolveSlices(table, [{ by: ['carrier', 'origin'] }]);
    expect(slices.length).toBe(10);
    expect(slices[0].slice.where).toEqual([{ column: 'carrier', value: 'AA' }, { column: 'origin', value: 'JFK' }]);
    expect(slices.reduce((sum, { rows }) => sum + rows.length, 0)).toBe(rows);
  });

  it('by conditions, with a name if one is given', () => {
    const where = [{ column: 'temp', low: 10, high: 20 }, { column: 'origin', value: 'JFK' }];
    expect(resolveSlices(table, [{ where }, { name: 'cold', where }]).map(({ slice, rows }) => [slice.name, rows.length])).toEqual([['temp ≥ 10 and < 20 and origin = JFK', 5], ['cold', 5]]);
  });

  it('names a number that was stored in 32 bits by the digits it was written with', () => {
    const written = [0.01, 69.98, 26.467939, 0.01];
    const stored: Table = { rows: 4, columns: [{ ...numeric('precip', written.map(Math.fround)), type: 'FLOAT' }] };
    const slices = resolveSlices(stored, [{ where: [{ column: 'precip', value: '0.01' }] }, { where: [{ column: 'precip', low: Math.fround(26.467939), high: Math.fround(69.98) }] }]);
    expect(slices.map(({ slice, rows }) => [slice.name, [...rows]])).toEqual([['precip = 0.01', [0, 3]], ['precip ≥ 26.46794 and < 69.98', [2]]]);
    expect(describeConditions([{ column: 'x', low: 16777216, high: 1e300 }])).toBe('x ≥ 16777216 and < 1e+300');
  });

  it('of a column that is not there: none', () => {
    expect(resolveSlices(table, [{ by: ['tail'] }, { where: [{ column: 'tail', value: 'x' }] }])).toEqual([]);
    expect(describeConditions([{ column: 'tail', value: null }])).toBe('tail is missing');
  });
});
