import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../server/config.ts';

async function messagesOf(text: string): Promise<string[]> {
  const parsed = await parseConfig(text, { path: 'slipway.yaml' });
  return 'problem' in parsed ? (parsed.problem.issues ?? []).map(({ line, column, message }) => `${line}:${column} ${message}`) : [];
}

const billionLaughs = ['a: &a [x, x, x, x, x, x, x, x, x, x]', ...Array.from('bcdefgh', (name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]}, `.repeat(10)}]`)].join('\n');
const deepFlow = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const deepBlock = Array.from({ length: 200 }, (_, level) => `${' '.repeat(level)}a:`).join('\n');

describe('YAML that is more than data is refused:', () => {
  it.each([
    ['a tag', 'seed: !!int "3"', ['1:13 the tag `!!int` is not read; remove it']],
    ['a tag of a language', 'allow: !!js/function "() => 1"', ['1:22 the tag `!!js/function` is not read; remove it']],
    ['a tag on a list', 'allow: !python/object/apply:os.system [ls]', ['1:39 the tag `!python/object/apply:os.system` is not read; remove it']],
    ['a merge key', 'resources:\n  <<: {threads: 2}', ['2:3 merge keys (`<<`) are not read; write the keys out']],
    ['a directive', '%YAML 1.1\n---\nseed: 1', ['1:1 directives such as %YAML are not read; remove the line']],
    ['a tag directive', '%TAG ! tag:example.com,2000:\n---\nseed: 1', ['1:1 directives such as %YAML are not read; remove the line']],
    ['a second document', 'seed: 1\n---\nseed: 2', ['2:1 only one document is read; remove what follows `---`']],
    ['a key twice', 'seed: 1\nseed: 2', ['2:1 `seed` is written twice; remove one']],
    ['a key twice under other spellings', 'models: {"m": {}, m: {}}', ['1:19 `m` is written twice; remove one']],
    ['a prototype key', 'models:\n  __proto__: {target: y}', ['2:3 `__proto__` may not be a key']],
    ['a quoted prototype key', 'models: {"__proto__": {}, constructor: {}, prototype: {}}', ['1:10 `__proto__` may not be a key', '1:27 `constructor` may not be a key', '1:44 `prototype` may not be a key']],
    ['a key that is a list', '? [a, b]\n: 1', ['1:3 a key must be plain text']],
    ['an alias as a key', 'x: &a y\n*a : 1', ['1:1 `x` is not known here; what may stand here: version, seed, models, datasets, checks, drift, gates, readiness, resources, serving, allow', '2:1 a key must be plain text']],
    ['an alias of nothing', 'seed: *a', ['1:7 `*a` refers to an anchor that is not defined above it']],
    ['infinity', 'resources: {threads: .inf}', ['1:22 `threads` must be a number, not Infinity']],
    ['a number that is none', 'drift: {alpha: .nan}', ['1:16 `alpha` must be a number, not NaN']],
    ['an integer past 2^53', 'seed: 9007199254740993', ['1:7 `seed` must be at most 4294967295, not 9007199254740992']],
  ])('%s', async (_, text, expected) => {
    expect(await messagesOf(text)).toEqual(expected);
  });

  it('aliases that repeat one another a hundred million times', async () => {
    expect((await messagesOf(billionLaughs)).filter((message) => message.includes('100,000 values'))).toHaveLength(1);
  });

  it('an alias of what it is in', async () => {
    expect(await messagesOf('allow: &a [*a]')).toEqual(expect.arrayContaining([expect.stringContaining('more than 64 levels of nesting')]));
    expect(await messagesOf('allow: &a [*a, *a, *a]')).toEqual(expect.arrayContaining([expect.stringContaining('more than 100,000 values')]));
  });

  it('nesting that would overflow the stack', async () => {
    expect(await messagesOf(deepFlow)).toEqual(['1:65 more than 64 levels of nesting']);
    expect(await messagesOf(deepBlock)).toEqual(['66:66 more than 64 levels of nesting']);
    expect(await messagesOf('[a, "]", '.repeat(65) + ']'.repeat(65))).toEqual(['1:577 more than 64 levels of nesting']);
    expect(await messagesOf('['.repeat(500_000))).toEqual([expect.stringContaining('more than 64 levels of nesting')]);
    expect(await messagesOf('- '.repeat(100_000))).toEqual([expect.stringContaining('more than 64 levels of nesting')]);
    expect(await messagesOf('? '.repeat(100_000))).toEqual([expect.stringContaining('more than 64 levels of nesting')]);
  });

  it('signs by the hundred thousand, which a parser would chew on for seconds', async () => {
    for (const text of ['"'.repeat(1_000_000), '&a '.repeat(300_000), '*a '.repeat(300_000), '#\n'.repeat(500_000)]) expect(await messagesOf(text)).toEqual([expect.stringContaining('more than 250,000 words and signs')]);
  });

  it('and of mistakes by the thousand the first are told', async () => {
    const issues = await messagesOf(`gates:\n${'  - {mtric: x}\n'.repeat(2000)}`);
    expect([issues.length, issues[0]]).toEqual([501, '1:1 1500 further mistakes are not listed']);
  });

  it('a file of more than a megabyte', async () => {
    expect(await messagesOf(`# ${'x'.repeat(1024 * 1024)}`)).toEqual(['1:1 the file has 1048578 bytes; at most 1048576 are read']);
  });

  it('and twenty thousand models are read in time that grows with them, not with their square', async () => {
    const many = `models: {${Array.from({ length: 20_000 }, (_, index) => `m${index}: {}`).join(', ')}}`;
    expect(await messagesOf(many)).toEqual([]);
  });
});

it('nothing that was parsed has reached a prototype', async () => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    for (const text of [`${name}: {polluted: 1}`, `models: {${name}: {polluted: 1}}`, `models: {m: {inputs: {${name}: x}}}`, `models: {m: {slices: [{name: s, where: {${name}: 1}}]}}`, `gates: [{${name}: {polluted: 1}}]`]) await messagesOf(text);
  }
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

describe('broken text', () => {
  it.each(['\t- a', '"unclosed', 'a: b: c', '[1, 2', '{a', '&', '*', '!', '%', '@', '`', '\u0000', '\ufeff\ufeff', 'a: |\n b\nc', '- a\nb: c', ': :', '? ?', "'", '--- >\n...\n---', '\ud800', '%YAML 9.9\n---\na'])('%j is answered with a place, never a crash', async (text) => {
    const parsed = await parseConfig(text, { path: 'slipway.yaml' });
    const issues = 'problem' in parsed ? (parsed.problem.issues ?? []) : [];
    expect(issues.length).toBeGreaterThan(0);
    for (const { line, column, endColumn } of issues) expect([line >= 1, column >= 1, endColumn > column]).toEqual([true, true, true]);
  });
});
