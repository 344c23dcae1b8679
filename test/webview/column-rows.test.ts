import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnRows, countMatters, filterRows, findingsOfAll, wordsOf } from '../../webview/column-rows.ts';
import { driftColumns } from '../figures/report-fixture.ts';
import { batchOf, finding, wideBatch } from './data-answers.ts';

const rows = columnRows(batchOf());

describe('the columns of a batch', () => {
  it('that break a blocking rule come first, then warnings, then what moved, then what chance may explain', () => {
    expect(rows.map(({ column, matters }) => [column, matters.join(' ')])).toEqual([
      ['humid', 'failing'],
      ['temp', 'failing moved'],
      ['time', 'moved'],
      ['visib', 'moved'],
      ['dest', 'unsure'],
      ['hour', 'unsure'],
      ['carrier', 'fine'],
      ['flight_id', 'fine'],
    ]);
  });

  it('with two troubles are counted for both', () => {
    expect(countMatters(rows)).toEqual({ failing: 2, moved: 3, unsure: 2, fine: 2 });
  });

  it('labels that moved stand above features that moved further', () => {
    const label = { ...driftColumns.temp, column: 'late', role: 'label' as const, effect: { ...driftColumns.temp.effect, value: 0.11 } };
    const batch = batchOf();
    const sorted = columnRows({ ...batch, dataQuality: { ...batch.dataQuality, findings: [] }, drift: { ...batch.drift!, columns: [driftColumns.temp, label] } });
    expect(sorted.slice(0, 2).map(({ column }) => column)).toEqual(['late', 'temp']);
  });

  it('that are only in the reference, or only in a check, are there too', () => {
    const batch = batchOf();
    const found = columnRows({ ...batch, profile: { ...batch.profile, columns: [] } });
    expect(found.find(({ column }) => column === 'humid')).toMatchObject({ profile: null, matters: ['failing'] });
  });

  it('each have a matter, and each stands there once, whatever was found', () => {
    const verdict = fc.constantFrom('pass', 'fail', 'inconclusive', 'error' as const);
    const drifted = fc.constantFrom('moved', 'still', 'inconclusive', 'error' as const);
    const column = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(fc.array(fc.tuple(column, verdict)), fc.uniqueArray(fc.tuple(column, drifted), { selector: ([name]) => name }), (checks, drifts) => {
        const batch = batchOf();
        const found = columnRows({ profile: { ...batch.profile, columns: [] }, referenceProfile: null, dataQuality: { ...batch.dataQuality, findings: checks.map(([name, told], index) => finding(`nulls${index}:${name}`, told)) }, drift: { ...batch.drift!, columns: drifts.map(([name, told]) => ({ ...driftColumns.temp, column: name, verdict: told })) } });
        expect(new Set(found.map((row) => row.column)).size).toBe(found.length);
        expect(found.length).toBe(new Set([...checks, ...drifts].map(([name]) => name)).size);
        const fine = found.map(({ matters }) => matters.includes('fine'));
        expect(fine).toEqual([...fine].sort());
        for (const { matters } of found) expect(matters.length > 0 && (!matters.includes('fine') || matters.length === 1)).toBe(true);
      }),
    );
  });
});

describe('what is read of a column before it is opened', () => {
  it('is its broken rules, then how it moved', () => {
    expect(wordsOf(rows[1])).toEqual(['21.3 % with temp outside 0 … 104', driftColumns.temp.message]);
  });

  it('names the first findings and counts the others', () => {
    const batch = batchOf();
    const [row] = columnRows({ ...batch, drift: null, dataQuality: { ...batch.dataQuality, findings: ['a', 'b', 'c', 'd'].map((kind) => finding(`${kind}:humid`, 'fail', { message: kind })) } });
    expect(wordsOf(row)).toEqual(['a', 'b', '2 more findings']);
  });

  it('of a fine one is what was seen, or why it was not compared', () => {
    expect(wordsOf(rows[6])).toEqual([driftColumns.carrier.message]);
    expect(wordsOf(rows[7])).toEqual(['not compared: it is a key']);
  });
});

describe('columns that are sought', () => {
  const names = (options: Parameters<typeof filterRows>[1]) => filterRows(rows, options).map(({ column }) => column);

  it('have one of the matters that are shown', () => {
    expect(names({ show: ['failing', 'unsure'], search: '' })).toEqual(['humid', 'temp', 'dest', 'hour']);
  });

  it('hold every word, in any case and order', () => {
    expect(names({ show: [], search: 'ID  FLIGHT' })).toEqual(['flight_id']);
    expect(names({ show: [], search: 'e' })).toEqual(['temp', 'time', 'dest', 'carrier']);
  });

  it('are all of them where nothing is asked', () => {
    expect(filterRows(rows, { show: [], search: ' ' })).toEqual(rows);
  });

  it('are found among a thousand', () => {
    expect(filterRows(columnRows(wideBatch(1_000)), { show: ['fine'], search: '99' }).map(({ column }) => column)).toContain('column 199');
  });
});

it('findings about no column are told apart, broken ones first', () => {
  expect(findingsOfAll(batchOf()).map(({ id }) => id)).toEqual(['duplicate_rows', 'row_count']);
});
