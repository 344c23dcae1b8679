import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arrayTypes, stringsOf, stringTensor, type Datatype, type Tensor, type TensorMap } from '../../server/engines/tensor.ts';
import { wordOf } from '../../server/serving/datatypes.ts';
import { joinTensors, RowsMismatch, splitTensors } from '../../server/engines/join-tensors.ts';
import { bytesOfTensor } from '../../server/serving/tensor-bytes.ts';

const datatypes = Object.keys(wordOf) as Datatype[];

/** One tensor of each datatype for each part, with rows as told. */
function parts(rows: readonly number[], width: number, seed: number): TensorMap[] {
  let next = seed;
  return rows.map((count) => new Map(datatypes.map((datatype) => [datatype, tensor(datatype, count, width, () => next++)])));
}

function tensor(datatype: Datatype, rows: number, width: number, next: () => number): Tensor {
  const shape = [rows, width];
  const length = rows * width;
  if (datatype === 'string') return stringTensor(Array.from({ length }, () => `é${next() % 7}`), shape);
  const data = new arrayTypes[datatype](length);
  for (let i = 0; i < length; i++) data[i] = datatype === 'int64' || datatype === 'uint64' ? 2n ** 62n + BigInt(next()) : next() % 2;
  return { datatype, shape, data } as Tensor;
}

function shown(tensors: TensorMap): unknown[] {
  return [...tensors].map(([name, each]) => [name, each.datatype, each.shape, Buffer.from(bytesOfTensor(each)).toString('hex')]);
}

describe('joining and splitting', () => {
  test('rows of every datatype come back as they were, whatever the parts', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(5), { minLength: 1, maxLength: 6 }), fc.nat(3), fc.nat(1000), (rows, width, seed) => {
        const before = parts(rows, width, seed);
        const joined = joinTensors(before);
        expect([...joined.values()].map(({ shape }) => shape[0])).toEqual(datatypes.map(() => rows.reduce((sum, count) => sum + count, 0)));
        expect(splitTensors(joined, rows).map(shown)).toEqual(before.map(shown));
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  test('texts of a part do not stay with the others', () => {
    const joined = joinTensors([new Map([['t', stringTensor(['mine', 'both'])]]), new Map([['t', stringTensor(['both', 'yours'])]])]);
    const dictionaries = splitTensors(joined, [2, 2]).map((part) => (part.get('t') as Extract<Tensor, { datatype: 'string' }>).data);
    expect(dictionaries.map(({ dictionary }) => dictionary)).toEqual([['mine', 'both'], ['both', 'yours']]);
    expect(dictionaries.map(stringsOf)).toEqual([['mine', 'both'], ['both', 'yours']]);
  });

  const float = (shape: number[], length: number): TensorMap => new Map([['x', { datatype: 'float32', shape, data: new Float32Array(length) }]]);
  test.each([
    ['another datatype', new Map([['x', { datatype: 'float64', shape: [1, 2], data: new Float64Array(2) } as Tensor]])],
    ['other dimensions behind the first', float([1, 3], 3)],
    ['other names', new Map([['y', { datatype: 'float32', shape: [1, 2], data: new Float32Array(2) } as Tensor]])],
    ['a tensor more', new Map([...float([1, 2], 2), ['y', { datatype: 'float32', shape: [1], data: new Float32Array(1) } as Tensor]])],
    ['more elements than its shape says', float([1, 2], 4)],
  ])('a part with %s is not joined', (_, odd) => {
    expect(() => joinTensors([float([1, 2], 2), odd])).toThrow(/^Tensor/);
  });

  test.each([
    ['fewer rows', [1, 2], 2],
    ['no rows at all', [], 1],
    ['other elements than its shape says', [2, 2], 3],
  ])('an output with %s is not taken apart', (_, shape, length) => {
    expect(() => splitTensors(float(shape, length), [1, 1])).toThrow(RowsMismatch);
  });
});
