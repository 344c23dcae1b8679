import { describe, expect, it } from 'vitest';
import { contentSimilarity, matchRenamed } from '../../server/data-quality/match-renamed.ts';
import { categorical, numeric, profile } from './profiles.ts';

const shifted = (by: number): number[] => [1, 5, 10, 25, 50, 75, 90, 95, 98].map((value) => value + by);

describe('renamed columns', () => {
  it('are those whose content is the same', () => {
    expect(matchRenamed(profile([numeric('wind_speed'), numeric('kept')]), profile([numeric('wind_mph'), numeric('kept')]), 0.8)).toEqual([{ from: 'wind_speed', to: 'wind_mph', similarity: 1 }]);
  });

  it('are not those whose content is another', () => {
    expect(matchRenamed(profile([numeric('price')]), profile([numeric('height', { quantiles: shifted(500) })]), 0.8)).toEqual([]);
  });

  it('may have changed when the name is much the same', () => {
    const drifted = numeric('temperature', { quantiles: shifted(40) });
    expect(matchRenamed(profile([numeric('temp')]), profile([drifted]), 0.8)).toMatchObject([{ from: 'temp', to: 'temperature' }]);
    expect(matchRenamed(profile([numeric('price')]), profile([drifted]), 0.8)).toEqual([]);
  });

  it('have the same kind of type', () => {
    expect(matchRenamed(profile([numeric('a')]), profile([numeric('b', { type: 'BIGINT' })]), 0.8)).toEqual([]);
  });

  it('are paired one to one, the most alike first', () => {
    const reference = profile([numeric('a'), numeric('b', { quantiles: shifted(10) })]);
    const current = profile([numeric('x', { quantiles: shifted(9) }), numeric('y')]);
    expect(matchRenamed(reference, current, 0.8).map(({ from, to }) => [from, to])).toEqual([['a', 'y'], ['b', 'x']]);
  });
});

describe('similarity of content', () => {
  it.each([
    ['the same numbers', numeric('a'), numeric('b'), 1],
    ['numbers far away', numeric('a'), numeric('b', { quantiles: shifted(1000) }), 0],
    ['the same constant', numeric('a', { quantiles: [1, 1, 1, 1, 1, 1, 1, 1, 1] }), numeric('b', { quantiles: [1, 1, 1, 1, 1, 1, 1, 1, 1] }), 1],
    ['the same, half of it missing', numeric('a'), numeric('b', { nulls: 500 }), 0.5],
    ['the same categories', categorical('a'), categorical('b'), 1],
    ['half of the categories', categorical('a'), categorical('b', { topValues: [{ value: 'a', count: 500 }, { value: 'z', count: 500 }] }), 0.5],
    ['numbers and categories', numeric('a'), categorical('b'), 0],
  ])('of %s', (_title, a, b, expected) => {
    expect(contentSimilarity(a, b)).toBeCloseTo(expected, 12);
  });
});
