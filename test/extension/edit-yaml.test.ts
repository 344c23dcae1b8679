import { describe, expect, it } from 'vitest';
import { type TextEdit, addItem, applyEdits, itemOnLine, setKey } from '../../extension/slipway-yaml/edit-yaml.ts';
import type { KeyPath } from '../../extension/slipway-yaml/read-yaml.ts';

const edited = (text: string, edit: TextEdit | null) => (edit === null ? null : applyEdits(text, [edit]));

describe('a key is written in the manner of its map', () => {
  it.each<[string, string, KeyPath, string, string, string]>([
    ['into braces', 'gates:\n  - {cases: all}  # curated\n', ['gates', 0], 'severity', 'warn', 'gates:\n  - {cases: all, severity: warn}  # curated\n'],
    ['into braces over several lines', 'gates:\n  - {cases: all,\n     name: x}\n', ['gates', 0], 'severity', 'warn', 'gates:\n  - {cases: all,\n     name: x, severity: warn}\n'],
    ['after a comma that ends the list', 'a: {b: 1, }\n', ['a'], 'c', '2', 'a: {b: 1, c: 2 }\n'],
    ['into empty braces', 'a: {}\n', ['a'], 'c', '2', 'a: {c: 2}\n'],
    ['in place of what is written', 'gates:\n  - {metric: recall, min: 0.35}  # why\n', ['gates', 0], 'min', '0.3', 'gates:\n  - {metric: recall, min: 0.3}  # why\n'],
    ['where the value is missing', 'gates:\n  - metric: recall\n    min:\n', ['gates', 0], 'min', '0.3', 'gates:\n  - metric: recall\n    min: 0.3\n'],
    ['below the last key, and its comment', 'gates:\n  - metric: recall\n    min: 0.35  # why\n  - {cases: all}\n', ['gates', 0], 'severity', 'warn', 'gates:\n  - metric: recall\n    min: 0.35  # why\n    severity: warn\n  - {cases: all}\n'],
    ['below a nested map', 'models:\n  m:\n    value:\n      tp: 1\n\ngates: []\n', ['models', 'm'], 'target', 'late', 'models:\n  m:\n    value:\n      tp: 1\n    target: late\n\ngates: []\n'],
    ['at the end of the file', 'seed: 1\n\n', [], 'version', '1', 'seed: 1\nversion: 1\n'],
    ['into an empty file', '', [], 'seed', '1', 'seed: 1\n'],
    ['with the maps above it', 'seed: 1\n', ['drift', 'columns'], 'temp', '0.2', 'seed: 1\ndrift: {columns: {temp: 0.2}}\n'],
    ['under a key with nothing yet', 'drift:\nseed: 1\n', ['drift'], 'alpha', '0.1', 'drift: {alpha: 0.1}\nseed: 1\n'],
    ['with the line ends of the file', 'models:\r\n  m:\r\n    task: binary\r\n', ['models', 'm'], 'target', 'late', 'models:\r\n  m:\r\n    task: binary\r\n    target: late\r\n'],
  ])('%s', (_, text, path, key, value, expected) => {
    expect(edited(text, setKey(text, path, key, value))).toBe(expected);
  });

  it('nothing is written where the structure is another one', () => {
    expect(setKey('gates: 3\n', ['gates'], 'a', '1')).toBeNull();
    expect(setKey('a: {b: 1\n', ['a'], 'c', '2')).toBeNull();
    expect(setKey('gates: []\n', ['gates', 4], 'a', '1')).toBeNull();
  });
});

describe('an item is added to a list', () => {
  it.each<[string, string, KeyPath, string]>([
    ['below the last one', 'checks:\n  - {rows: {min: 1}}  # a\n\ngates: []\n', ['checks'], 'checks:\n  - {rows: {min: 1}}  # a\n  - {x: 1}\n\ngates: []\n'],
    ['at the indentation of the others', 'checks:\n- {rows: {min: 1}}\ngates: []\n', ['checks'], 'checks:\n- {rows: {min: 1}}\n- {x: 1}\ngates: []\n'],
    ['below an item over several lines', 'checks:\n    - column: a\n      maxNulls: 0\n', ['checks'], 'checks:\n    - column: a\n      maxNulls: 0\n    - {x: 1}\n'],
    ['in brackets', 'checks: [{rows: {min: 1}}]\n', ['checks'], 'checks: [{rows: {min: 1}}, {x: 1}]\n'],
    ['into empty brackets', 'checks: []\n', ['checks'], 'checks: [{x: 1}]\n'],
    ['under a key with nothing yet', 'checks:\ngates: []\n', ['checks'], 'checks:\n  - {x: 1}\ngates: []\n'],
    ['where there is no list', 'seed: 1\n', ['checks'], 'seed: 1\n\nchecks:\n  - {x: 1}\n'],
    ['beside what turns suggestions off', 'checks: {suggest: false}\n', ['checks', 'rules'], 'checks: {suggest: false, rules: [{x: 1}]}\n'],
  ])('%s', (_, text, path, expected) => {
    expect(edited(text, addItem(text, path, '{x: 1}'))).toBe(expected);
  });
});

it('an item is found by the line on which it begins', () => {
  const text = 'models:\n  m:\n    gates:\n      - {cases: all}\ngates:\n  - metric: recall\n    min: 0.3\n  - {size: 1MB}\n';
  const isGates = (path: KeyPath) => path.at(-1) === 'gates';
  expect([4, 6, 7, 8].map((line) => itemOnLine(text, line, isGates))).toEqual([['models', 'm', 'gates', 0], ['gates', 0], null, ['gates', 1]]);
});
