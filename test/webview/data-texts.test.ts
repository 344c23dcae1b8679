import { describe, expect, it } from 'vitest';
import { ageText } from '../../webview/age-text.ts';
import { historyOf, newerCheck } from '../../webview/batch-history.ts';
import { groupCriteria } from '../../figures/readiness-states.ts';
import { criterion, readinessOf, summaryBatch } from './data-answers.ts';

describe('the batches that follow one another', () => {
  const july = summaryBatch('b-7', 'current/2013-07');
  const batches = [summaryBatch('b-10', 'current/2013-10'), july, summaryBatch('b-9', 'current/2013-9'), summaryBatch('h', 'holdout'), summaryBatch('b-7-old', 'current/2013-07', { checkedAt: '2026-01-01T00:00:00Z' })];

  it('are siblings by name, oldest first, each once', () => {
    expect(historyOf(batches, july).map(({ id }) => id)).toEqual(['b-7', 'b-9', 'b-10']);
  });

  it('hold the check that is shown, also where there is a newer one', () => {
    expect(historyOf(batches, { id: 'b-7-old', name: july.name }).map(({ id }) => id)).toEqual(['b-7-old', 'b-9', 'b-10']);
  });

  it('of a dataset of one file are its contents over time', () => {
    const of = (id: string, digest: string, day: number) => summaryBatch(id, 'reference', { digest, checkedAt: `2026-11-0${day}T00:00:00Z` });
    expect(historyOf([of('c', 'x', 3), of('a', 'x', 1), of('b', 'y', 2)], { id: 'c', name: 'reference' }).map(({ id }) => id)).toEqual(['b', 'c']);
  });

  it('are those of the same dataset, whatever they are called', () => {
    const [a, b] = [summaryBatch('a', 'july.parquet', { dataset: 'current' }), summaryBatch('b', 'current/2013-06', { dataset: 'current' })];
    expect(historyOf([a, b, summaryBatch('c', 'current/2013-05', { dataset: 'other' })], a).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('are none where nothing is known of the batch', () => {
    expect(historyOf([], july)).toEqual([]);
  });

  it('the newest check of the same batch is told, unless it is the one that is shown', () => {
    expect(newerCheck(batches, { ...july, id: 'b-7-old', checkedAt: '2026-01-01T00:00:00Z' })?.id).toBe('b-7');
    expect(newerCheck(batches, july)).toBeNull();
  });
});

describe('criteria of readiness', () => {
  it('stand in groups, worst group on top, most pressing first in each', () => {
    const groups = groupCriteria(readinessOf().criteria).map(({ group, criteria }) => [group, criteria.map(({ state }) => state).join(' ')]);
    expect(groups).toEqual([['Data', 'fail'], ['Runtime', 'error inconclusive off'], ['Quality', 'missing pass'], ['Security', 'missing'], ['Business', 'pass']]);
  });

  it('keep the order of the report where nothing is open', () => {
    expect(groupCriteria([criterion('b', { group: 'B' }), criterion('a', { group: 'A' })]).map(({ group }) => group)).toEqual(['B', 'A']);
  });
});

it.each([
  ['2026-11-02T10:00:00Z', 'just now'],
  ['2026-11-02T09:57:00Z', '3 min ago'],
  ['2026-11-01T10:00:31Z', '23 h ago'],
  ['2026-09-22T10:00:00Z', '41 d ago'],
  ['2027-01-01T00:00:00Z', 'just now'],
  ['not a time', ''],
])('%s is told as "%s"', (at, text) => {
  expect(ageText(at, Date.parse('2026-11-02T10:00:30Z'))).toBe(text);
});
