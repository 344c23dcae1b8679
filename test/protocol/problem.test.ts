import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { problems } from '../../protocol/problem.ts';

const root = fileURLToPath(new URL('../', import.meta.url));

it('every problem code is produced by some test', () => {
  const tests = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.test.ts') && !path.startsWith('protocol')).map((path) => readFileSync(join(root, path), 'utf8')).join('\n');
  // A mistyped command line never becomes a problem on the wire; its exit code is tested instead.
  const codes = Object.keys(problems).filter((code) => code !== 'usage');
  expect(codes.filter((code) => !tests.includes(`'${code}'`))).toEqual([]);
});

it('every problem says what to do next, as a sentence without a full stop', () => {
  expect(Object.entries(problems).filter(([, hint]) => hint.length < 15 || hint.endsWith('.') || hint[0] !== hint[0].toUpperCase())).toEqual([]);
});
