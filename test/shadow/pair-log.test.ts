import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeStrings, type Tensor, type TensorMap } from '../../server/engines/tensor.ts';
import { openPairLog, type Pair, type PairLogOptions } from '../../server/shadow/pair-log.ts';
import { createRandom } from '../../server/stats/random.ts';

const options: PairLogOptions = { worstMax: 3, sampleMax: 3, inputs: 'all', redact: [], random: () => 0.5 };
const map = (entries: [string, Tensor][]): TensorMap => new Map(entries);

function pair(changes: Partial<Pair> = {}): Pair {
  const x: Tensor = { datatype: 'float64', shape: [1], data: Float64Array.of(1) };
  return { input: { id: 'r', row: 0 }, atMs: 0, size: 1, differs: true, reason: 'over tolerance', row: 0, inputs: map([['x', x]]), production: map([['y', x]]), candidate: null, ...changes };
}

describe('pairs worth looking at', () => {
  test('the worst are those of the largest change, no answer first, and of equal ones the earlier', () => {
    const log = openPairLog(options);
    for (const [row, size] of [1, 5, Infinity, 5, NaN, 2].entries()) log.add(pair({ input: { id: 'r', row }, size }));
    log.add(pair({ size: 99, differs: false }));
    expect(log.worst().map(({ input: { row }, size }) => [row, size])).toEqual([[2, null], [4, null], [1, 5]]);
    expect([log.pairs, log.disagreements]).toEqual([7, 6]);
  });

  test('the worst are the same as those of all pairs sorted', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: 0 }), { maxLength: 60 }), fc.integer({ min: 1, max: 10 }), (sizes, worstMax) => {
        const log = openPairLog({ ...options, worstMax });
        sizes.forEach((size, row) => log.add(pair({ input: { id: 'r', row }, size })));
        const expected = [...sizes.keys()].sort((a, b) => (sizes[b] === sizes[a] ? a - b : sizes[b] - sizes[a])).slice(0, worstMax);
        expect(log.worst().map(({ input }) => input.row)).toEqual(expected);
      }),
    );
  });

  test('every pair is as likely to be in the sample', () => {
    const random = createRandom(7);
    const hits = new Float64Array(20);
    for (let round = 0; round < 4000; round++) {
      const log = openPairLog({ ...options, sampleMax: 5, random: () => random.uniform() });
      for (let row = 0; row < 20; row++) log.add(pair({ input: { id: 'r', row }, differs: false }));
      for (const { input } of log.sample()) hits[input.row]++;
    }
    // 1,000 expected of each; 5 standard deviations are 137.
    for (const count of hits) expect(Math.abs(count - 1000)).toBeLessThan(137);
  });

  test('what is kept can be sent as JSON, whatever was asked and answered', () => {
    const inputs = map([
      ['__proto__', { datatype: 'string', shape: [2, 1], data: encodeStrings(['a', 'x'.repeat(5000)]) }],
      ['big', { datatype: 'int64', shape: [2], data: BigInt64Array.of(1n, 2n ** 60n + 1n) }],
      ['pair', { datatype: 'float32', shape: [2, 2], data: Float32Array.of(1, 2, NaN, -Infinity) }],
      ['flag', { datatype: 'bool', shape: [2], data: Uint8Array.of(0, 1) }],
      ['half', { datatype: 'float16', shape: [2], data: Uint16Array.of(0, 0x3c00) }],
      ['wide', { datatype: 'float32', shape: [2, 300], data: new Float32Array(600).fill(3) }],
    ]);
    const log = openPairLog(options);
    log.add(pair({ row: 1, inputs, production: map([['y', { datatype: 'float64', shape: [2], data: Float64Array.of(1, 2) }]]) }));
    const [kept] = log.worst();
    expect(JSON.parse(JSON.stringify(kept))).toEqual(kept);
    const rest = Object.entries(kept.inputs ?? {});
    expect(rest).toEqual([
      ['__proto__', `${'x'.repeat(4096)}…`],
      ['big', String(2n ** 60n + 1n)],
      ['pair', ['NaN', '-Infinity']],
      ['flag', true],
      ['half', 1],
      ['wide', { first: Array<number>(256).fill(3), elements: 300 }],
    ]);
    expect([kept.production, kept.candidate]).toEqual([{ y: 2 }, null]);
  });

  test('redacted inputs are kept in no form, by the names of tensors and of columns', () => {
    const inputs = map([
      ['secret', { datatype: 'float64', shape: [1], data: Float64Array.of(42) }],
      ['numbers', { datatype: 'float64', shape: [1, 2], data: Float64Array.of(42, 7) }],
      ['blurred', { datatype: 'float64', shape: [1, 3], data: Float64Array.of(42, 42, 42) }],
    ]);
    const elementNames = new Map([['numbers', ['age', 'hour']], ['blurred', ['age', 'height']]]);
    const keep = (policy: PairLogOptions['inputs'], row = inputs) => {
      const log = openPairLog({ ...options, inputs: policy, redact: ['secret', 'age'], elementNames });
      log.add(pair({ inputs: row }));
      return log.worst()[0];
    };
    expect(keep('all')).toMatchObject({ inputs: { hour: 7 }, inputHash: null });
    expect(JSON.stringify(keep('all').inputs)).not.toContain('42');
    expect(keep('none')).toMatchObject({ inputs: null, inputHash: null });
    const hashKey = new Uint8Array(32).fill(1);
    const other = new Map(inputs).set('numbers', { datatype: 'float64', shape: [1, 2], data: Float64Array.of(1, 7) });
    expect(keep({ hashKey }).inputs).toBeNull();
    expect(keep({ hashKey }, other).inputHash).toBe(keep({ hashKey }).inputHash);
    expect(keep({ hashKey: new Uint8Array(32) }).inputHash).not.toBe(keep({ hashKey }).inputHash);
  });
});
