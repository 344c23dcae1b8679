import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { yamlText } from '../../extension/slipway-yaml/yaml-text.ts';

it.each([
  ['carrier', 'carrier'],
  ['carrier = AA', 'carrier = AA'],
  ['data/current/*.parquet', 'data/current/*.parquet'],
  ['50MB', '50MB'],
  ['1.10', '"1.10"'],
  ['true', '"true"'],
  ['', '""'],
  ['a: b', '"a: b"'],
  ['- x', '"- x"'],
  ['*', '"*"'],
  [0.5, '0.5'],
])('%j is written as %s', (value, written) => {
  expect(yamlText(value)).toBe(written);
});

it('whatever is written is read back as it was, in braces and out of them', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '1', '.', '-', ' ', '*', '=', '%', ':', '#', ',', '+', 'e', '0', 'x', 'n', '~', '?', '<', '@', '(') })), (text) => {
      expect(parse(`key: ${yamlText(text)}`)).toEqual({ key: text });
      expect(parse(`{key: ${yamlText(text)}, other: [${yamlText(text)}]}`)).toEqual({ key: text, other: [text] });
    }),
    { numRuns: 3000 },
  );
});
