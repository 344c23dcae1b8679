import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTarget, parseViewMessage } from '../../extension/parse-view-message.ts';
import type { ViewMessage } from '../../protocol/view.ts';

const messages: ViewMessage[] = [
  { kind: 'ready' },
  { kind: 'ask', id: 0, question: { ask: 'snapshot' } },
  { kind: 'ask', id: 1, question: { ask: 'outline' } },
  { kind: 'ask', id: 2, question: { ask: 'run', id: 'r-1' } },
  { kind: 'ask', id: 3, question: { ask: 'runs', model: null, limit: 100 } },
  { kind: 'ask', id: 4, question: { ask: 'batch', id: 'b-1' } },
  { kind: 'ask', id: 5, question: { ask: 'batches' } },
  { kind: 'ask', id: 6, question: { ask: 'finding-rows', batch: 'b-1', finding: 'nulls:humid', limit: 20 } },
  { kind: 'ask', id: 7, question: { ask: 'run-rows', run: 'r-1', role: 'holdout', rows: [0, 5, 7] } },
  { kind: 'ask', id: 8, question: { ask: 'readiness', model: 'flight-delay' } },
  { kind: 'ask', id: 9, question: { ask: 'model-file', path: 'models/a/v1/model.onnx' } },
  { kind: 'ask', id: 11, question: { ask: 'operator-times', path: 'models/a/v1/model.onnx' } },
  { kind: 'ask', id: 10, question: { ask: 'model-file-difference', path: 'a.onnx', against: 'b.onnx' } },
  { kind: 'act', action: { do: 'run', command: { kind: 'run', models: ['flight-delay'], versions: ['v3'], force: true, watch: true } } },
  { kind: 'act', action: { do: 'run', command: { kind: 'run' } } },
  { kind: 'act', action: { do: 'cancel', work: '0b35918852a6' } },
  { kind: 'act', action: { do: 'show', target: { view: 'gates', run: 'r-1' } } },
  { kind: 'act', action: { do: 'show', target: { view: 'data', batch: 'b-1', column: 'temp' } } },
  { kind: 'act', action: { do: 'show', target: { view: 'compare', model: 'm', runs: ['r-1', 'r-2'] } } },
  { kind: 'act', action: { do: 'show', target: { view: 'compare', model: 'm', runs: null } } },
  { kind: 'act', action: { do: 'show', target: { view: 'runs', model: null } } },
  { kind: 'act', action: { do: 'open-file', path: 'slipway.yaml', line: 31 } },
  { kind: 'act', action: { do: 'accept-finding', batch: 'b-1', finding: 'nulls:humid' } },
  { kind: 'act', action: { do: 'state-criterion', model: 'm', criterion: 'encryption at rest' } },
  { kind: 'act', action: { do: 'save-report', of: 'batch', id: 'b-1' } },
  { kind: 'act', action: { do: 'open-in-browser', target: { view: 'readiness', model: 'm' } } },
  { kind: 'act', action: { do: 'show', target: { view: 'model-file', path: 'a.onnx', against: null } } },
];

describe('a message of a page', () => {
  it.each(messages.map((message): [string, ViewMessage] => [JSON.stringify(message), message]))('%s is taken as it is', (_, message) => {
    expect(parseViewMessage(structuredClone(message))).toEqual(message);
  });

  it('loses what does not belong to it', () => {
    expect(parseViewMessage({ kind: 'ready', extra: 1, __proto__: { admin: true } })).toEqual({ kind: 'ready' });
    expect(parseViewMessage({ kind: 'act', action: { do: 'run', command: { kind: 'run', models: ['a'], path: '/etc/passwd' } } })).toEqual({ kind: 'act', action: { do: 'run', command: { kind: 'run', models: ['a'] } } });
  });

  it.each(['/etc/passwd', '../outside', 'a/../../outside', '..\\outside', 'C:\\windows', 'c:windows', '\\\\host\\share', '', 'a\0b', 'x'.repeat(1_001)])('names no path outside the workspace: %j', (path) => {
    expect(parseViewMessage({ kind: 'act', action: { do: 'open-file', path } })).toBeNull();
    expect(parseViewMessage({ kind: 'ask', id: 1, question: { ask: 'model-file', path } })).toBeNull();
    expect(parseTarget({ view: 'model-file', path, against: null })).toBeNull();
  });

  it.each([
    ['a command that is not a run', { kind: 'act', action: { do: 'run', command: { kind: 'check', path: '/etc/passwd' } } }],
    ['an id that is not a count', { kind: 'ask', id: -1, question: { ask: 'snapshot' } }],
    ['more rows than anybody looks at', { kind: 'ask', id: 1, question: { ask: 'run-rows', run: 'r', role: 'holdout', rows: Array.from({ length: 1_001 }, (_, row) => row) } }],
    ['a list with holes', { kind: 'ask', id: 1, question: { ask: 'run-rows', run: 'r', role: 'holdout', rows: new Array(3) } }],
    ['a limit past the largest', { kind: 'ask', id: 1, question: { ask: 'runs', model: null, limit: 10_001 } }],
    ['an action nobody knows', { kind: 'act', action: { do: 'execute', command: 'rm' } }],
    ['a list in place of a message', [{ kind: 'ready' }]],
    ['a property that throws', Object.defineProperty({}, 'kind', { get: () => { throw new Error('hostile'); } })],
  ])('is refused when it is %s', (_, message) => {
    expect(parseViewMessage(message)).toBeNull();
  });

  it('is refused in a hundred thousand malformed versions, without a throw', () => {
    const nasty = fc.oneof(fc.constantFrom(undefined, null, NaN, Infinity, -1, 1.5, true, '', '\0', '../x', '__proto__', 'x'.repeat(2_000), [], {}, [[]], 2 ** 60), fc.string(), fc.double(), fc.object({ maxDepth: 2 }));
    const spoilt = fc.tuple(fc.constantFrom(...messages.filter(({ kind }) => kind !== 'ready')), fc.nat(), nasty).map(([message, place, value]) => spoil(structuredClone(message), place, value));
    const anything = fc.oneof({ weight: 4, arbitrary: spoilt }, { weight: 1, arbitrary: fc.anything({ maxDepth: 3 }) });
    let taken = 0;
    for (const value of fc.sample(anything, { numRuns: 100_000, seed: 20_261_123 })) {
      const parsed = parseViewMessage(value);
      if (parsed === null) continue;
      taken++;
      // What is taken in spite of it all is a message as it should be: it parses to itself, and names nothing outside.
      expect(parseViewMessage(structuredClone(parsed))).toEqual(parsed);
      expect(JSON.stringify(parsed)).not.toMatch(/"(path|against)":"([^"]*[\\/])?\.\.[\\/"]|\\u0000/);
    }
    expect(taken).toBeLessThan(40_000);
  }, 120_000);
});

/** The message with one of its leaves replaced. */
function spoil(message: unknown, place: number, value: unknown): unknown {
  const leaves: [Record<string, unknown>, string][] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      leaves.push([node as Record<string, unknown>, key]);
      visit((node as Record<string, unknown>)[key]);
    }
  };
  visit(message);
  const [holder, key] = leaves[place % leaves.length];
  holder[key] = value;
  return message;
}
