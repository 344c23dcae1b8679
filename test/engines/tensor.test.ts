import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '../../protocol/registry.ts';
import { frame, frameReader, type Frame, fromFloat16, type NamedVector, pack, stringsOf, stringTensor, type Tensor, tensorOf, toFloat16, unpack, vectorsOf } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';

function numeric(values: number[], nulls?: number[], exact?: bigint[]): NamedVector {
  return { name: 'amount', vector: { kind: 'numeric', values: Float64Array.from(values), nulls: nulls && Uint8Array.from(nulls), exact: exact && BigInt64Array.from(exact) } };
}

function words(values: (string | null)[]): NamedVector {
  const dictionary = [...new Set(values.filter((value) => value !== null))];
  return { name: 'word', vector: { kind: 'categorical', codes: Int32Array.from(values, (value) => (value === null ? -1 : dictionary.indexOf(value))), dictionary } };
}

function input(datatype: string, shape: TensorInfo['shape'] = ['N', 1]): TensorInfo {
  return { name: 'x', datatype, shape };
}

function elements(tensor: Tensor): unknown[] {
  if (tensor.datatype === 'string') return stringsOf(tensor.data);
  return tensor.datatype === 'float16' ? Array.from(tensor.data, fromFloat16) : Array.from<unknown>(tensor.data);
}

describe('columns into tensors', () => {
  const exactly: [title: string, column: NamedVector, datatype: string, expected: unknown[]][] = [
    ['null becomes NaN in a float tensor', numeric([1.5, 0], [0, 1]), 'float32', [1.5, NaN]],
    ['null becomes NaN in a half-precision tensor', numeric([1.5, 0], [0, 1]), 'float16', [1.5, NaN]],
    ['null becomes an empty text', words(['a', null, '']), 'string', ['a', '', '']],
    ['null among numbers becomes an empty text', numeric([1, 0], [0, 1]), 'string', ['1', '']],
    ['NaN and infinity stay what they are in floats', numeric([NaN, Infinity, -Infinity]), 'float64', [NaN, Infinity, -Infinity]],
    ['a number becomes its shortest text', numeric([3.0, 0.1, -2]), 'string', ['3', '0.1', '-2']],
    ['a wide integer becomes text with all its digits', numeric([2 ** 53], [0], [9007199254740993n]), 'string', ['9007199254740993']],
    ['a wide integer keeps all its bits', numeric([2 ** 53, -(2 ** 63)], [0, 0], [9007199254740993n, -(2n ** 63n)]), 'int64', [9007199254740993n, -(2n ** 63n)]],
    ['whole numbers of any safe size go into int64', numeric([0, -0, 1, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, 1 - 2 ** 53]), 'int64', [0n, 0n, 1n, -1n, 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n - 1n, 1n - 2n ** 53n]],
    ['whole numbers fill the whole range of int8', numeric([-128, 127]), 'int8', [-128, 127]],
    ['0 and 1 are truth values', numeric([0, 1]), 'bool', [0, 1]],
    ['text of a plain number becomes that number', words(['3.5', ' -2e3 ', '7', null]), 'float32', [3.5, -2000, 7, NaN]],
    ['text of a wide integer keeps all its digits', words(['9007199254740993', '-1']), 'int64', [9007199254740993n, -1n]],
    ['text of a truth value becomes one', words(['true', 'False', '1', '0']), 'bool', [1, 0, 1, 0]],
    ['a float32 is rounded to nearest', numeric([0.1]), 'float32', [Math.fround(0.1)]],
  ];
  it.each(exactly)('%s', (_, column, datatype, expected) => {
    expect(elements(tensorOf([column], input(datatype)))).toEqual(expected);
  });

  const refused: [title: string, column: NamedVector, datatype: string, message: string][] = [
    ['null in an integer', numeric([1, 0], [0, 1]), 'int64', 'Column amount, row 2: null does not fit the int64 input x: the type has no missing value'],
    ['null in a truth value', numeric([0, 1], [1, 0]), 'bool', 'Column amount, row 1: null'],
    ['a fraction in an integer', numeric([1, 2, 2.5]), 'int32', 'Column amount, row 3: 2.5 does not fit the int32 input x: it is not a whole number'],
    ['NaN in an integer', numeric([NaN]), 'int64', 'row 1: NaN does not fit the int64 input x: it is not a whole number'],
    ['300 in uint8', numeric([300]), 'uint8', '300 does not fit the uint8 input x: it is out of range'],
    ['-1 in uint64', numeric([-1]), 'uint64', '-1 does not fit the uint64 input x: it is out of range'],
    ['2^63 in int64', numeric([2 ** 63]), 'int64', 'it is out of range'],
    ['2 as a truth value', numeric([2]), 'bool', 'only 0 and 1 are truth values'],
    ['1e39 in float32', numeric([1, 1e39]), 'float32', 'row 2: 1e+39 does not fit the float32 input x: it is out of range'],
    ['65520 in float16', numeric([65520]), 'float16', 'it is out of range'],
    ['NaN as text', numeric([NaN]), 'string', 'it has no text form'],
    ['a word in a float', words(['1', 'late']), 'float32', 'Column word, row 2: "late" does not fit the float32 input x: it is not a number'],
    ['"nan" in a float', words(['nan']), 'float32', 'it is not a number'],
    ['an empty text in a float', words(['']), 'float32', 'Column word, row 1: ""'],
    ['text with NUL', words(['fine', 'a\0b']), 'string', 'Column word, row 2: "a\\u0000b" does not fit the string input x: the runtime takes no text with NUL'],
    ['half a surrogate pair', words(['\ud800']), 'string', 'row 1'],
    ['a hexadecimal text in an integer', words(['0x10']), 'int64', 'it is not a number'],
  ];
  it.each(refused)('%s is refused with column and row', (_, column, datatype, message) => {
    expect(() => tensorOf([column], input(datatype))).toThrow(expect.objectContaining({ code: 'input-mismatch', message: expect.stringContaining(message) as string }) as Problem);
  });

  it('does not mind a word in the dictionary that none of the rows uses', () => {
    expect(elements(tensorOf([words(['1', 'late'])], input('float32'), { from: 0, to: 1 }))).toEqual([1]);
  });

  it('puts several columns side by side, row by row', () => {
    const tensor = tensorOf([numeric([1, 2, 3]), words(['10', '20', '30'])], input('float32', ['N', 2]), { from: 1, to: 3 });
    expect(tensor).toEqual({ datatype: 'float32', shape: [2, 2], data: Float32Array.of(2, 20, 3, 30) });
  });

  it('fills an image from one column a pixel', () => {
    expect(tensorOf([1, 2, 3, 4].map((pixel) => numeric([pixel])), input('float32', ['N', 1, 2, 2]))).toEqual({ datatype: 'float32', shape: [1, 1, 2, 2], data: Float32Array.of(1, 2, 3, 4) });
  });

  it.each<[TensorInfo['shape'], number[]]>([[['N'], [2]], [[null, 1], [2, 1]], [null, [2]], [['N', 'F'], [2, 1]]])('makes shape %j into %j', (shape, expected) => {
    expect(tensorOf([numeric([1, 2])], input('float32', shape)).shape).toEqual(expected);
  });

  it.each<[string, TensorInfo, NamedVector[]]>([
    ['too few columns', input('float32', ['N', 3]), [numeric([1]), numeric([2])]],
    ['two columns for one value', input('float32', ['N']), [numeric([1]), numeric([2])]],
    ['a scalar input', input('float32', []), [numeric([1])]],
    ['columns of different length', input('float32', ['N', 2]), [numeric([1]), numeric([1, 2])]],
    ['no column', input('float32'), []],
  ])('refuses %s', (_, info, columns) => {
    expect(() => tensorOf(columns, info)).toThrow(expect.objectContaining({ code: 'input-mismatch' }) as Problem);
  });

  it('refuses a type that columns cannot feed', () => {
    expect(() => tensorOf([numeric([1])], input('sequence(float32)'))).toThrow(expect.objectContaining({ code: 'model-unsupported' }) as Problem);
  });
});

describe('tensors into columns and back', () => {
  it('keep every safe integer through int64', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeInteger(), { minLength: 1 }), (values) => {
        const tensor = tensorOf([numeric(values)], input('int64', ['N']));
        expect(tensor.data).toEqual(BigInt64Array.from(values, BigInt));
        expect(vectorsOf(tensor)).toEqual([{ kind: 'numeric', values: Float64Array.from(values, (value) => value + 0) }]);
      }),
    );
  });
});

describe('tensors into columns', () => {
  it('keeps 64-bit integers exact only where numbers cannot', () => {
    const [narrow, wide] = vectorsOf({ datatype: 'int64', shape: [2, 2], data: BigInt64Array.of(1n, 9007199254740993n, 2n, -1n) });
    expect(narrow).toEqual({ kind: 'numeric', values: Float64Array.of(1, 2) });
    expect(wide).toEqual({ kind: 'numeric', values: Float64Array.of(9007199254740992, -1), exact: BigInt64Array.of(9007199254740993n, -1n) });
  });

  it('reads labels, probabilities and an empty batch', () => {
    expect(vectorsOf(stringTensor(['a', 'b', 'a']))).toEqual([{ kind: 'categorical', codes: Int32Array.of(0, 1, 0), dictionary: ['a', 'b'] }]);
    expect(vectorsOf({ datatype: 'float16', shape: [2, 1], data: Uint16Array.of(toFloat16(0.5), toFloat16(-2)) })).toEqual([{ kind: 'numeric', values: Float64Array.of(0.5, -2) }]);
    expect(vectorsOf({ datatype: 'float32', shape: [0, 2], data: new Float32Array(0) })).toEqual([{ kind: 'numeric', values: new Float64Array(0) }, { kind: 'numeric', values: new Float64Array(0) }]);
  });
});

describe('half precision', () => {
  it('gives back every one of its 65,536 bit patterns, NaN aside', () => {
    const changed = [...Array(65_536).keys()].filter((bits) => !Number.isNaN(fromFloat16(bits)) && toFloat16(fromFloat16(bits)) !== bits);
    expect(changed).toEqual([]);
  });

  // Halves of the spacing round to even: 2^-24 is the smallest number, 2^-11 half the spacing above 1.
  it.each([
    [2 ** -25, 0], [1.5 * 2 ** -24, 2 ** -23], [1 + 2 ** -11, 1], [1 + 3 * 2 ** -11, 1 + 2 ** -9], [65519, 65504], [65520, Infinity],
    [2 ** -14 - 2 ** -26, 2 ** -14], [1 + 2 ** -11 + 2 ** -40, 1 + 2 ** -10], [-0, -0], [NaN, NaN],
  ])('rounds %d to %d', (value, expected) => {
    expect(fromFloat16(toFloat16(value))).toBe(expected);
  });
});

describe('frames', () => {
  const tensors = new Map<string, Tensor>([
    ['__proto__', { datatype: 'uint8', shape: [3], data: Uint8Array.of(1, 2, 3) }],
    ['labels', stringTensor(['ä', '', 'ä', '\ud800'], [2, 2])],
    ['wide', { datatype: 'int64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) }],
    ['none', { datatype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
    ['view', { datatype: 'float64', shape: [2], data: new Float64Array([9, 1, 2, 9]).subarray(1, 3) }],
  ]);

  it('carry any tensors through any cuts of the stream', () => {
    const { tensors: headers, body } = pack(tensors);
    const stream = Buffer.concat([...frame({ kind: 'a', tensors: headers }, body), ...frame({ kind: 'b' }), ...frame({ kind: 'c', tensors: headers }, [...body, new Uint8Array(200_000)])]);
    fc.assert(
      fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const frames: Frame[] = [];
        const read = frameReader((one) => frames.push(one));
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        edges.slice(1).forEach((end, i) => read(stream.subarray(edges[i], end)));
        expect(frames.map(({ header }) => (header as { kind: string }).kind)).toEqual(['a', 'b', 'c']);
        expect(unpack((frames[0].header as { tensors: unknown }).tensors, frames[0].body)).toEqual(tensors);
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['a length that does not fit the shape', { bytes: 4 }],
    ['an offset past the end', { offset: 64 }],
    ['an odd offset', { offset: 4, bytes: 4, shape: [1] }],
    ['a negative dimension', { shape: [-1] }],
    ['an unknown type', { datatype: 'toString' }],
    ['a label that is not in the dictionary', { datatype: 'string', text: { offset: 0, bytes: 2 } }],
  ])('are refused with %s', (_, change) => {
    const body = new Uint8Array(16);
    body.set(Buffer.from('[]'));
    expect(() => unpack([{ name: 'x', datatype: 'float32', shape: [2], offset: 0, bytes: 8, ...change }], body.buffer)).toThrow(/Frame with a wrong/);
  });

  it('are not mistaken for what else a process may print', () => {
    expect(() => frameReader(() => undefined)(Buffer.from('Warning: something happened\n'))).toThrow('Bytes that are no frame');
  });
});
