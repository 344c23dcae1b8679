import { describe, expect, it } from 'vitest';
import { stringTensor, toFloat16, type Tensor, type TensorMap } from '../../server/engines/tensor.ts';
import { classify } from '../../server/serving/classification.ts';
import { encodeResponse, type EncodedResponse, type InferAnswer } from '../../server/serving/encode-response.ts';
import type { RequestedOutput } from '../../server/serving/infer-request.ts';
import { swapItems } from '../../server/serving/tensor-bytes.ts';
import { textOf } from './codec-fixture.ts';

const floats = (values: number[], shape = [values.length]): Tensor => ({ datatype: 'float32', shape, data: Float32Array.from(values) });

const encode = (outputs: [string, Tensor][], rest: Partial<InferAnswer> = {}): EncodedResponse =>
  encodeResponse({ modelName: 'm', modelVersion: '2', id: '', outputs: new Map(outputs), requested: null, binaryOutput: false, ...rest });

const asked = (name: string, rest: Partial<RequestedOutput> = {}): RequestedOutput => ({ name, binary: null, classification: 0, parameters: new Map(), ...rest });

const textIn = ({ pieces }: EncodedResponse): string => Buffer.from(pieces[0]).toString();
const dataIn = (tensor: Tensor): string => /"data":([^]*)\}\]\}$/.exec(textIn(encode([['y', tensor]])))?.[1] ?? '';

describe('a reply', () => {
  it('is JSON where nothing binary was asked for', () => {
    const reply = encode([['y', floats([1, 0.1], [1, 2])], ['label', stringTensor(['late'])]], { id: 'a "b"', parameters: new Map<string, string | bigint | boolean>([['batch', 2n ** 60n], ['note', 'é'], ['cached', false]]) });
    expect(textIn(reply)).toBe('{"model_name":"m","model_version":"2","id":"a \\"b\\"","parameters":{"batch":1152921504606846976,"note":"é","cached":false},"outputs":[{"name":"y","shape":[1,2],"datatype":"FP32","data":[1,0.1]},{"name":"label","shape":[1],"datatype":"BYTES","data":["late"]}]}');
    expect(reply.headers).toEqual({ 'Content-Type': 'application/json' });
    expect(reply.bytes).toBe(Buffer.byteLength(textIn(reply)));
    expect(reply.pieces).toHaveLength(1);
  });

  it('says an id even where the caller sent none', () => {
    expect(JSON.parse(textIn(encode([])))).toEqual({ model_name: 'm', model_version: '2', id: '', outputs: [] });
  });

  it('puts what was asked for as binary behind the JSON, whose bytes the header counts', () => {
    const reply = encode([['é', floats([1])], ['y', floats([2])], ['z', floats([3])]], { binaryOutput: true, requested: [asked('z'), asked('é', { binary: false }), asked('y', { binary: true })] });
    expect(textIn(reply)).toBe('{"model_name":"m","model_version":"2","id":"","outputs":[{"name":"z","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}},{"name":"é","shape":[1],"datatype":"FP32","data":[1]},{"name":"y","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}]}');
    expect(Buffer.concat(reply.pieces.slice(1)).toString('hex')).toBe('0000404000000040');
    expect(reply.headers).toEqual({ 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(reply.pieces[0].length) });
    expect(reply.bytes).toBe(reply.pieces[0].length + 8);
  });

  it('counts the lengths of texts in their size', () => {
    const reply = encode([['label', stringTensor(['', 'é', ''])]], { binaryOutput: true });
    expect(textIn(reply)).toContain('"binary_data_size":14');
    expect(Buffer.from(reply.pieces[1]).toString('hex')).toBe('0000000002000000c3a900000000');
  });

  it('sends an empty tensor in either form', () => {
    expect(textIn(encode([['y', floats([], [0, 3])]]))).toContain('"shape":[0,3],"datatype":"FP32","data":[]');
    expect(textIn(encode([['y', floats([], [0, 3])]], { binaryOutput: true }))).toContain('"shape":[0,3],"datatype":"FP32","parameters":{"binary_data_size":0}');
  });

  it('lacks no output in silence', () => {
    expect(() => encode([], { requested: [asked('y')] })).toThrow('The model gave no output y');
  });
});

describe('numbers as JSON', () => {
  const written: [title: string, tensor: Tensor, expected: string][] = [
    ['integers of 64 bits with all digits', { datatype: 'int64', shape: [3], data: BigInt64Array.of(9007199254740993n, -(2n ** 63n), 0n) }, '[9007199254740993,-9223372036854775808,0]'],
    ['unsigned ones', { datatype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }, '[18446744073709551615]'],
    ['truth values', { datatype: 'bool', shape: [2], data: Uint8Array.of(1, 0) }, '[true,false]'],
    ['32-bit floats as short as they are', floats([0.1, 1 / 3, 16777216, 3.4028234663852886e38, 1.401298464324817e-45, 1e10, 123456.79]), '[0.1,0.33333334,16777216,3.4028235e+38,1e-45,10000000000,123456.79]'],
    ['what JSON has no number for as null', floats([NaN, Infinity, -Infinity]), '[null,null,null]'],
    ['minus zero', floats([-0]), '[-0.0]'],
    ['64-bit floats', { datatype: 'float64', shape: [3], data: Float64Array.of(0.1, 5e-324, NaN) }, '[0.1,5e-324,null]'],
    ['half precision', { datatype: 'float16', shape: [3], data: Uint16Array.of(toFloat16(0.5), toFloat16(-0), toFloat16(NaN)) }, '[0.5,-0.0,null]'],
    ['small integers', { datatype: 'int8', shape: [2], data: Int8Array.of(-128, 127) }, '[-128,127]'],
    ['texts', stringTensor(['a"b', '\u2028', '日本']), '["a\\"b","\u2028","日本"]'],
  ];
  it.each(written)('are written exactly: %s', (_, tensor, expected) => {
    expect(dataIn(tensor)).toBe(expected);
  });
});

describe('classes', () => {
  const classes = (tensor: Tensor, k: number, labels: string[] | null = null): { shape: number[]; texts: string[] } => {
    const found = classify(tensor, k, labels);
    return { shape: found.shape, texts: textOf(found) };
  };

  it('are the largest of each row, largest first', () => {
    expect(classes(floats([0.1, 0.7, 0.2, 3, 1, 2], [2, 3]), 2)).toEqual({ shape: [2, 2], texts: ['0.7:1', '0.2:2', '3:0', '2:2'] });
  });

  it('have labels where there are as many as a row has elements', () => {
    expect(classes(floats([0.25, 0.75], [1, 2]), 1, ['on time', 'late: very'])).toEqual({ shape: [1, 1], texts: ['0.75:1:late: very'] });
    expect(classes(floats([0.25, 0.75], [1, 2]), 1, ['on time'])).toEqual({ shape: [1, 1], texts: ['0.75:1'] });
  });

  it('are as many as a row has at most', () => {
    expect(classes(floats([1, 2], [1, 2]), 5)).toEqual({ shape: [1, 2], texts: ['2:1', '1:0'] });
  });

  it('take a vector as one row, and further axes as part of the row', () => {
    expect(classes(floats([1, 3, 2]), 2)).toEqual({ shape: [2], texts: ['3:1', '2:2'] });
    expect(classes(floats([1, 2, 4, 3], [1, 2, 2]), 1)).toEqual({ shape: [1, 1], texts: ['4:2'] });
  });

  it('of no rows are none', () => {
    expect(classes(floats([], [0, 3]), 2)).toEqual({ shape: [0, 2], texts: [] });
  });

  it('put the first of equals first and NaN last', () => {
    expect(classes(floats([NaN, 1, NaN, 1, 2], [1, 5]), 5).texts).toEqual(['2:4', '1:1', '1:3', 'NaN:0', 'NaN:2']);
  });

  it('of integers keep all 64 bits', () => {
    expect(classes({ datatype: 'int64', shape: [1, 3], data: BigInt64Array.of(9007199254740992n, 9007199254740993n, -1n) }, 2).texts).toEqual(['9007199254740993:1', '9007199254740992:0']);
  });

  it('of half precision are ordered by value, not by bits', () => {
    expect(classes({ datatype: 'float16', shape: [1, 2], data: Uint16Array.of(toFloat16(-1), toFloat16(0.5)) }, 1).texts).toEqual(['0.5:1']);
  });

  it('are texts of an output, in the order asked for', () => {
    const outputs: TensorMap = new Map([['p', floats([0.25, 0.75], [1, 2])]]);
    const reply = encode([...outputs], { requested: [asked('p', { classification: 1 })], classLabels: ['no', 'yes'] });
    expect(textIn(reply)).toContain('{"name":"p","shape":[1,1],"datatype":"BYTES","data":["0.75:1:yes"]}');
  });
});

it('items are swapped for hosts that count from the other end', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  expect([1, 2, 4, 8].map((size) => [...swapItems(bytes, size)])).toEqual([
    [1, 2, 3, 4, 5, 6, 7, 8],
    [2, 1, 4, 3, 6, 5, 8, 7],
    [4, 3, 2, 1, 8, 7, 6, 5],
    [8, 7, 6, 5, 4, 3, 2, 1],
  ]);
  expect([...bytes]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});
