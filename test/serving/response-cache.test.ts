import { describe, expect, test } from 'vitest';
import { stringTensor, type Tensor, type TensorMap } from '../../server/engines/tensor.ts';
import { cacheKeyOf, openResponseCache, type CacheSubject } from '../../server/serving/response-cache.ts';

function floats(values: number[], shape: number[] = [values.length]): Tensor {
  return { datatype: 'float32', shape, data: Float32Array.from(values) };
}

const subject: CacheSubject = { modelDigest: 'd1', version: 'v1', provider: 'cpu', inputs: new Map([['a', floats([1, 2])], ['b', stringTensor(['x', 'yz'])]]), outputs: null, sequenceId: null };

describe('the key', () => {
  const others: [string, Partial<CacheSubject>][] = [
    ['another model', { modelDigest: 'd2' }],
    ['another version', { version: 'v2' }],
    ['another provider', { provider: 'cuda' }],
    ['fewer outputs', { outputs: ['y'] }],
    ['other outputs', { outputs: ['y', 'z'] }],
    ['other numbers', { inputs: new Map(subject.inputs).set('a', floats([1, 3])) }],
    ['another shape', { inputs: new Map(subject.inputs).set('a', floats([1, 2], [2, 1])) }],
    ['the same bytes in another datatype', { inputs: new Map(subject.inputs).set('a', { datatype: 'uint32', shape: [2], data: new Uint32Array(Float32Array.of(1, 2).buffer) }) }],
    ['texts cut elsewhere', { inputs: new Map(subject.inputs).set('b', stringTensor(['xy', 'z'])) }],
    ['tensors exchanged', { inputs: new Map([['b', floats([1, 2])], ['a', stringTensor(['x', 'yz'])]]) }],
    ['minus zero', { inputs: new Map(subject.inputs).set('a', floats([-0, 2])) }],
    ['zero', { inputs: new Map(subject.inputs).set('a', floats([0, 2])) }],
  ];
  test('tells everything apart on which an answer depends', () => {
    const keys = [subject, ...others.map(([, changed]) => ({ ...subject, ...changed }))].map(cacheKeyOf);
    expect(new Set(keys).size).toBe(others.length + 1);
    expect(keys.every((key) => key?.length === 43)).toBe(true);
  });

  test('is the same for the same question, however it is written', () => {
    const view = new Float32Array([9, 1, 2]).subarray(1);
    const inputs: TensorMap = new Map([['b', { datatype: 'string', shape: [2], data: { codes: Int32Array.of(2, 0), dictionary: ['yz', 'unused', 'x'] } }], ['a', { datatype: 'float32', shape: [2], data: view }]]);
    expect(cacheKeyOf({ ...subject, inputs })).toBe(cacheKeyOf(subject));
    expect(cacheKeyOf({ ...subject, outputs: ['z', 'y', 'y'] })).toBe(cacheKeyOf({ ...subject, outputs: ['y', 'z'] }));
  });

  test.each([['a number', 0n], ['a text', 's']])('there is none within a sequence named by %s', (_, sequenceId) => {
    expect(cacheKeyOf({ ...subject, sequenceId })).toBeNull();
  });
});

describe('the cache', () => {
  test('gives what was kept, and counts', () => {
    const cache = openResponseCache(100_000);
    expect(cache.get('k')).toBeUndefined();
    cache.set('k', new Map([['y', floats([1])]]));
    expect(cache.get('k')).toEqual(new Map([['y', floats([1])]]));
    expect(cache.counts()).toMatchObject({ hits: 1, misses: 1, entries: 1 });
    cache.clear();
    expect(cache.counts()).toMatchObject({ entries: 0, bytes: 0 });
  });

  test('keeps its rows and not the batch around them', () => {
    const cache = openResponseCache(100_000);
    const batch = new Float32Array(10_000);
    cache.set('k', new Map([['y', { datatype: 'float32', shape: [1], data: batch.subarray(5, 6) }]]));
    batch.fill(7);
    const kept = cache.get('k')?.get('y')?.data as Float32Array;
    expect([kept.buffer.byteLength, kept[0]]).toEqual([4, 0]);
  });

  test('never takes more than its bytes: the answers that were asked for longest ago go', () => {
    const cache = openResponseCache(20_000);
    const answer = (): TensorMap => new Map([['y', floats(new Array<number>(1000).fill(1))], ['t', stringTensor(['text'])]]);
    for (let i = 0; i < 50; i++) {
      cache.set(`k${i}`, answer());
      cache.get('k0');
      expect(cache.counts().bytes).toBeLessThanOrEqual(20_000);
    }
    expect(cache.counts().entries).toBe(3);
    expect([cache.get('k0'), cache.get('k1')].map((each) => each !== undefined)).toEqual([true, false]);
    cache.set('huge', new Map([['y', floats(new Array<number>(10_000).fill(1))]]));
    expect(cache.get('huge')).toBeUndefined();
  });
});
