import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { followLines } from '../../extension/follow-lines.ts';

const before = ['models:', '  m: {}', 'gates:', '  - {metric: recall, min: 0.3}', '  - {cases: all}'];

describe('a line is followed through an edit', () => {
  it.each<[string, string[], (number | null)[]]>([
    ['nothing is changed', before, [1, 2, 3, 4, 5]],
    ['a line is put in above', ['# why', ...before], [2, 3, 4, 5, 6]],
    ['lines are put in at two places', ['# a', ...before.slice(0, 3), '  # b', '  # c', ...before.slice(3)], [2, 3, 4, 7, 8]],
    ['the line itself is edited', before.with(3, '  - {metric: recall, min: 0.4}'), [1, 2, 3, 4, 5]],
    ['it is edited and another put in above', ['# why', ...before.with(3, '  - {metric: recall, min: 0.4}')], [2, 3, 4, 5, 6]],
    ['the line is removed', before.toSpliced(3, 1), [1, 2, 3, null, 4]],
    ['all is replaced', ['x'], [null, null, null, null, null]],
  ])('%s', (_, after, places) => {
    const lineOf = followLines(before.join('\n'), after.join('\n'));
    expect(before.map((_line, index) => lineOf(index + 1))).toEqual(places);
  });

  it('line ends may change', () => {
    const lineOf = followLines(before.join('\n'), ['# why', ...before].join('\r\n'));
    expect(lineOf(4)).toBe(5);
  });

  it('a line that was never there is nowhere', () => {
    expect(followLines('a', 'b\na')(7)).toBeNull();
  });
});

it('lines keep their order, and unchanged ones that differ from all others keep their text', () => {
  const lines = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 });
  const cut = fc.tuple(fc.nat(12), fc.nat(3), fc.array(fc.constantFrom('x', 'y'), { maxLength: 3 }));
  fc.assert(
    fc.property(lines, cut, (old, [at, removed, added]) => {
      const now = old.toSpliced(at, removed, ...added);
      const lineOf = followLines(old.join('\n'), now.join('\n'));
      const places = old.map((_, index) => lineOf(index + 1)).filter((place) => place !== null);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      old.forEach((text, index) => {
        if (now.includes(text)) expect(now[(lineOf(index + 1) ?? 0) - 1]).toBe(text);
      });
    }),
  );
});
