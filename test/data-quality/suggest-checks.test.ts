import { describe, expect, it } from 'vitest';
import type { Check } from '../../protocol/data-quality.ts';
import { type SuggestOptions, suggestChecks } from '../../server/data-quality/suggest-checks.ts';
import type { DatasetProfile } from '../../protocol/datasets.ts';
import { column } from '../drift/tables.ts';
import { categorical, datetime, now, numeric, profile } from './profiles.ts';

function suggested(reference: DatasetProfile, kind: Check['kind'], options: SuggestOptions = {}): Check[] {
  return suggestChecks(reference, options).filter((check) => check.kind === kind);
}

describe('suggested checks', () => {
  it('are marked as suggested, and there are none for an empty reference', () => {
    expect(suggestChecks(profile([numeric('x')])).every(({ suggested: mark }) => mark === true)).toBe(true);
    expect(suggestChecks(profile([numeric('x', { rows: 0 })]))).toEqual([]);
  });

  it('ask for all columns but the label, in order, with their types', () => {
    const reference = profile([numeric('x'), categorical('c'), numeric('late')]);
    expect(suggested(reference, 'columns', { target: 'late' })).toMatchObject([{ required: ['x', 'c'], ordered: true, extra: 'report', severity: 'block' }]);
    expect(suggested(reference, 'type', { target: 'late' })).toMatchObject([{ column: 'x', type: 'DOUBLE' }, { column: 'c', type: 'VARCHAR' }]);
  });

  it.each([
    [0, 1000, 0],
    [0, 100, 0.13],
    [4, 1000, 0.033],
    [750, 1000, 0.844],
    [999, 1000, 1],
  ])('allow for chance and a margin in the share of nulls: %i of %i gives %f', (nulls, rows, maxShare) => {
    expect(suggested(profile([numeric('x', { rows, nulls })]), 'nulls')).toMatchObject([{ column: 'x', maxShare }]);
  });

  it('expect nothing of the nulls of a column that has nothing else', () => {
    expect(suggested(profile([numeric('x', { nulls: 1000 })]), 'nulls')).toEqual([]);
  });

  it('list the values of a column with few, each seen often', () => {
    expect(suggested(profile([categorical('c')]), 'allowed_values')).toMatchObject([{ column: 'c', values: ['a', 'b'], maxShare: 0 }]);
  });

  it('list no values when there are many, or each is rare', () => {
    expect(suggested(profile([categorical('c', { distinct: { value: 500, exact: true } })]), 'allowed_values')).toEqual([]);
    expect(suggested(profile([categorical('c', { rows: 30, topValues: [{ value: 'a', count: 15 }, { value: 'b', count: 15 }] })]), 'allowed_values')).toEqual([]);
  });

  it('leave room for values not seen yet when some were seen once', () => {
    const [check] = suggested(profile([categorical('c', { distinct: { value: 3, exact: true }, topValues: [{ value: 'a', count: 600 }, { value: 'b', count: 399 }, { value: 'z', count: 1 }] })]), 'allowed_values');
    expect(check).toMatchObject({ values: ['a', 'b', 'z'], maxShare: 0.026 });
  });

  it('give ranges that reach beyond the extremes, and zero as the border of what is never negative', () => {
    expect(suggested(profile([numeric('x')]), 'range')).toMatchObject([{ min: 0, max: 196, maxShare: 0.001 }]);
    expect(suggested(profile([numeric('x', { minimum: -5 })]), 'range')).toMatchObject([{ min: -102, max: 196 }]);
  });

  it('keep whole numbers with few values close to their borders', () => {
    const hour = numeric('hour', { type: 'TINYINT', minimum: 5, maximum: 23, distinct: { value: 19, exact: true }, quantiles: [6, 6, 7, 9, 13, 17, 20, 20, 21] });
    expect(suggested(profile([hour]), 'range')).toMatchObject([{ column: 'hour', min: 3.5, max: 24.5 }]);
    expect(suggested(profile([hour]), 'outliers')).toEqual([]);
  });

  it('expect keys to be unique and a reference without repeats to stay so', () => {
    const reference = profile([numeric('id', { kind: 'identifier', distinct: { value: 1000, exact: true } }), numeric('x')]);
    expect(suggested(reference, 'unique')).toMatchObject([{ columns: ['id'], severity: 'warn' }]);
    expect(suggested(reference, 'unique', { key: ['id'] })).toMatchObject([{ columns: ['id'], severity: 'block' }]);
    expect(suggested(reference, 'duplicate_rows')).toMatchObject([{ maxShare: 0 }]);
    expect(suggested(profile([numeric('x')]), 'duplicate_rows')).toEqual([]);
    expect(suggested(profile([numeric('x')]), 'duplicate_rows', { repeatedRows: 10 })).toMatchObject([{ maxShare: 0.088 }]);
  });

  it('look for overlap by the key alone', () => {
    const reference = profile([numeric('id'), numeric('x')]);
    expect(suggested(reference, 'overlap', { key: ['id'], overlapWith: ['reference'] })).toMatchObject([{ dataset: 'reference', columns: ['id'] }]);
    expect(suggested(reference, 'overlap', { overlapWith: ['reference'] })).toEqual([]);
  });

  it('expect batches as large as the files of the reference', () => {
    const files = [{ path: 'a', bytes: 1, rows: 400 }, { path: 'b', bytes: 1, rows: 600 }];
    expect(suggested(profile([numeric('x')], { files }), 'row_count')).toMatchObject([{ min: 200, max: 1200 }]);
    expect(suggested(profile([numeric('x')]), 'row_count')).toMatchObject([{ min: 50 }]);
  });

  it('expect freshness only of data whose reference is recent', () => {
    const recent = profile([datetime('t', '2026-01-29T12:00:00Z')]);
    expect(suggested(recent, 'freshness', { time: 't', now })).toMatchObject([{ column: 't', maxAgeHours: 96 }]);
    expect(suggested(profile([datetime('t', '2013-03-31T00:00:00Z')]), 'freshness', { time: 't', now })).toEqual([]);
    expect(suggested(recent, 'freshness', { time: 't' })).toEqual([]);
  });

  it('see the order of times, uniform lengths, numbers in text and columns that vary', () => {
    expect(suggested(profile([datetime('t', '2013-03-31T00:00:00Z', { monotone: 'increasing' })]), 'sorted')).toMatchObject([{ column: 't', direction: 'increasing', severity: 'info' }]);
    expect(suggested(profile([categorical('c')]), 'length')).toMatchObject([{ column: 'c', min: 1, max: 1 }]);
    expect(suggested(profile([categorical('c', { looksLike: { number: 1000, datetime: 0 } })]), 'format')).toMatchObject([{ column: 'c', format: 'number' }]);
    expect(suggested(profile([categorical('c')]), 'constant')).toMatchObject([{ column: 'c' }]);
    expect(suggested(profile([datetime('t', '2013-03-31T00:00:00Z', { monotone: 'increasing' })]), 'constant')).toEqual([]);
  });

  it('see the one pattern that many values share', () => {
    const values = Array.from({ length: 200 }, (_, index) => `N${String(index).padStart(3, '0')}-AA.x`);
    const reference = profile([categorical('tail', { distinct: { value: 200, exact: true }, topValues: null, length: { minimum: 9, mean: 9, maximum: 9 } })]);
    const table = { rows: 200, columns: [column('tail', values)] };
    expect(suggested(reference, 'pattern', { table })).toMatchObject([{ pattern: '[A-Z][0-9]{3}-[A-Z]{2}\\.[a-z]' }]);
    expect(suggested(reference, 'pattern', { table: { rows: 1, columns: [column('tail', [...values, 'other'])] } })).toEqual([]);
  });

  it('guard the label', () => {
    const reference = profile([numeric('x'), categorical('late')]);
    expect(suggested(reference, 'label_leakage', { target: 'late' })).toMatchObject([{ target: 'late' }]);
    expect(suggested(reference, 'label_distribution', { target: 'late' })).toMatchObject([{ target: 'late' }]);
    expect(suggested(reference, 'constant', { target: 'late' })).toMatchObject([{ column: 'x' }]);
  });
});
