import { describe, expect, it } from 'vitest';
import type { TensorInfo } from '../../protocol/registry.ts';
import { fromFloat16, type Tensor } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';
import { decodeRequest, parseHeaderLength, type Limits } from '../../server/serving/decode-request.ts';
import type { InferRequest, Signature } from '../../server/serving/infer-request.ts';
import { limits, ours, textOf } from './codec-fixture.ts';

const free: Signature = { inputs: [{ name: 'x', datatype: 'float32', shape: null }], outputs: [{ name: 'y', datatype: 'float32', shape: [null, 3] }, { name: 'label', datatype: 'string', shape: [null] }] };

const of = (datatype: string, shape: TensorInfo['shape'] = null): Signature => ({ ...free, inputs: [{ name: 'x', datatype, shape }] });

function decode(json: string, signature: Signature = free, blob: Uint8Array | null = null, to: Limits = limits): InferRequest {
  const bytes = Buffer.from(json);
  return decodeRequest(blob === null ? bytes : Buffer.concat([bytes, blob]), blob === null ? null : bytes.length, signature, to);
}

/** `{…}` of a request whose only input is x. */
const x = (word: string, shape: string, data: string): string => `{"inputs":[{"name":"x","datatype":"${word}","shape":${shape},"data":${data}}]}`;
const xBinary = (word: string, shape: string, bytes: number | string): string => `{"inputs":[{"name":"x","datatype":"${word}","shape":${shape},"parameters":{"binary_data_size":${bytes}}}]}`;
const one = '"inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1]}]';

function elements(request: InferRequest): unknown[] {
  const tensor = request.inputs.get('x') as Tensor;
  if (tensor.datatype === 'string') return textOf(tensor);
  return tensor.datatype === 'float16' ? Array.from(tensor.data, fromFloat16) : Array.from<unknown>(tensor.data);
}

/** The message of an invalid request. */
function refusal(act: () => unknown): string {
  const { code, message } = problemOf(act);
  expect(code).toBe('infer-invalid');
  return message;
}

function problemOf(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('It was not refused');
}

describe('data as JSON', () => {
  const read: [title: string, word: string, shape: string, data: string, expected: unknown[]][] = [
    ['flat', 'FP32', '[2,2]', '[1,2.5,-3,4e2]', [1, 2.5, -3, 400]],
    ['nested as the shape is', 'FP32', '[2,2]', '[[1,2],[3,4]]', [1, 2, 3, 4]],
    ['nested in part', 'INT8', '[2,2,2]', '[[1,2,3,4],[5,6,7,8]]', [1, 2, 3, 4, 5, 6, 7, 8]],
    ['in lists of one', 'INT8', '[1,1]', `${'['.repeat(50)}7${']'.repeat(50)}`, [7]],
    ['with white space anywhere', 'INT8', ' [ 1 , 2 ] ', ' [\r\n\t[ 1 , 2 ] ] ', [1, 2]],
    ['empty', 'FP32', '[0,4]', '[]', []],
    ['empty rows', 'FP32', '[2,0]', '[[],[]]', []],
    ['a scalar', 'FP64', '[]', '[5]', [5]],
    ['NaN and infinities', 'FP32', '[3]', '[NaN,Infinity,-Infinity]', [NaN, Infinity, -Infinity]],
    ['NaN in half precision', 'FP16', '[2]', '[NaN,-Infinity]', [NaN, -Infinity]],
    ['minus zero', 'FP64', '[2]', '[-0,-0.0]', [-0, -0]],
    ['half precision, ties to even', 'FP16', '[3]', '[0.1,2049,2051]', [0.0999755859375, 2048, 2052]],
    ['a float of 17 digits', 'FP32', '[1]', '[0.10000000149011612]', [Math.fround(0.1)]],
    ['a double of 17 digits', 'FP64', '[2]', '[0.30000000000000004,1.7976931348623157e308]', [0.30000000000000004, 1.7976931348623157e308]],
    ['the smallest numbers', 'FP64', '[3]', '[5e-324,1e-999,2.2250738585072014e-308]', [5e-324, 0, 2.2250738585072014e-308]],
    ['the smallest 32-bit numbers', 'FP32', '[2]', '[1.401298464324817e-45,1.1754943508222875e-38]', [1.401298464324817e-45, 1.1754943508222875e-38]],
    ['the largest 32-bit number', 'FP32', '[1]', '[3.4028235677973362e38]', [3.4028234663852886e38]],
    ['all bits of INT64', 'INT64', '[4]', '[9007199254740993,-9007199254740993,9223372036854775807,-9223372036854775808]', [9007199254740993n, -9007199254740993n, 2n ** 63n - 1n, -(2n ** 63n)]],
    ['all bits of UINT64', 'UINT64', '[2]', '[18446744073709551615,0]', [2n ** 64n - 1n, 0n]],
    ['whole numbers with point or exponent', 'INT64', '[5]', '[1.0,1e3,-2.50e1,900719925474099.3e1,0e9]', [1n, 1000n, -25n, 9007199254740993n, 0n]],
    ['whole numbers in small integers', 'UINT8', '[3]', '[2.0,2.55e2,-0]', [2, 255, 0]],
    ['the ends of INT8', 'INT8', '[2]', '[-128,127]', [-128, 127]],
    ['the ends of INT16', 'INT16', '[2]', '[-32768,32767]', [-32768, 32767]],
    ['the ends of INT32', 'INT32', '[2]', '[-2147483648,2147483647]', [-(2 ** 31), 2 ** 31 - 1]],
    ['the ends of UINT16', 'UINT16', '[2]', '[0,65535]', [0, 65535]],
    ['the ends of UINT32', 'UINT32', '[2]', '[0,4294967295]', [0, 2 ** 32 - 1]],
    ['truth values', 'BOOL', '[2]', '[true,false]', [1, 0]],
    ['texts', 'BYTES', '[5]', '["","a\\n\\"\\u00e9","é","日本","🛫\\ud83d\\udeeb"]', ['', 'a\n"é', 'é', '日本', '🛫🛫']],
  ];
  it.each(read)('is read: %s', (_, word, shape, data, expected) => {
    expect(elements(decode(x(word, shape, data), of(ours(word))))).toEqual(expected);
  });

  const refused: [title: string, word: string, shape: string, data: string, why: string][] = [
    ['too few elements', 'FP32', '[2,2]', '[1,2,3]', 'Input x: data has 3 of the 4 elements of shape [2, 2]'],
    ['too many elements', 'FP32', '[2]', '[1,2,3]', 'Input x: data has more than the 2 elements of shape [2]'],
    ['none', 'FP32', '[1]', '[]', 'data has 0 of the 1 elements'],
    ['a shape that the body cannot fill', 'FP32', '[1000000]', '[1]', 'data ends before the 1000000 elements'],
    ['nested the other way round', 'FP32', '[2,3]', '[[1,2],[3,4],[5,6]]', 'a list of 2 elements, which is no part of shape [2, 3]; send it flat, or nested as the shape is'],
    ['ragged', 'FP32', '[2,2]', '[[1,2,3],[4]]', 'a list of 3 elements'],
    ['ragged, with lists of allowed lengths', 'FP32', '[2,2]', '[[1,2],[3],[4]]', 'a list of 1 elements'],
    ['elements beside lists', 'FP32', '[2,1]', '[[1],2]', 'elements beside lists'],
    ['no list', 'FP32', '[1]', '1', 'a list as data of input x was expected'],
    ['a string for a number', 'FP32', '[2]', '[1,"2"]', 'Input x: element 1 of data, "2", is no number, so it does not fit FP32'],
    ['null for a number', 'FP64', '[1]', '[null]', 'element 0 of data, null, is no number'],
    ['a truth value for a number', 'INT32', '[1]', '[true]', 'element 0 of data, true, is no number'],
    ['an object for a number', 'INT32', '[1]', '[{"a":[1]}]', 'element 0 of data, {"a":[1]}, is no number'],
    ['a number for a truth value', 'BOOL', '[1]', '[1]', 'element 0 of data, 1, is neither true nor false'],
    ['a number for a text', 'BYTES', '[1]', '[1]', 'element 0 of data, 1, is no string'],
    ['300 in UINT8', 'UINT8', '[1]', '[300]', 'Input x: element 0 of data, 300, is out of range: 0 to 255, so it does not fit UINT8'],
    ['-1 in UINT64', 'UINT64', '[1]', '[-1]', 'is out of range: 0 to 18446744073709551615'],
    ['2^63 in INT64', 'INT64', '[1]', '[9223372036854775808]', 'is out of range'],
    ['2^64 in UINT64', 'UINT64', '[1]', '[18446744073709551616]', 'is out of range'],
    ['a huge exponent', 'INT64', '[1]', '[1e300]', 'is out of range'],
    ['a fraction in an integer', 'INT32', '[1]', '[1.5]', 'is no whole number'],
    ['a fraction that rounding would hide', 'INT64', '[1]', '[9007199254740992.5]', 'is no whole number'],
    ['a small fraction that rounding would hide', 'INT8', '[1]', '[1.00000000000000000001]', 'is no whole number'],
    ['NaN in an integer', 'INT32', '[1]', '[NaN]', 'element 0 of data, NaN, is no whole number'],
    ['infinity in an integer', 'INT64', '[1]', '[-Infinity]', 'is no whole number'],
    ['1e39 in FP32', 'FP32', '[1]', '[-1e39]', 'element 0 of data, -1e39, is out of range'],
    ['65520 in FP16', 'FP16', '[1]', '[65520]', 'is out of range'],
    ['1e999', 'FP64', '[1]', '[1e999]', 'a number within the range of 64-bit floats was expected'],
    ['NUL in a text', 'BYTES', '[2]', '["a","b\\u0000"]', 'Input x: element 1 of data holds NUL'],
    ['half a surrogate pair in a text', 'BYTES', '[1]', '["\\ud83d"]', 'half a surrogate pair'],
    ['nesting beyond the limit', 'INT8', '[1]', `${'['.repeat(120)}7${']'.repeat(120)}`, 'nested more than 100 deep'],
    ['250,000 lists within each other', 'INT8', '[1]', '['.repeat(250_000), 'nested more than 100 deep'],
    ['a leading zero', 'FP32', '[1]', '[01]', 'at byte 62, "," or "]" was expected, and "1]}]}" came'],
    ['a leading plus', 'FP32', '[1]', '[+1]', 'a value was expected'],
    ['a bare point', 'FP32', '[1]', '[1.]', 'a number was expected'],
    ['a point without a digit before it', 'FP32', '[1]', '[.5]', 'a value was expected'],
    ['an exponent without digits', 'FP32', '[1]', '[1e]', 'a number was expected'],
    ['a comma at the end', 'FP32', '[2]', '[1,]', 'a value was expected'],
    ['two commas', 'FP32', '[2]', '[1,,2]', 'a value was expected'],
    ['an unknown word', 'FP32', '[1]', '[nan]', 'a value was expected'],
    ['a bad escape', 'BYTES', '[1]', '["\\x"]', 'a string with valid escapes'],
    ['a raw line break in a text', 'BYTES', '[1]', '["\n"]', 'a string with valid escapes and no raw control characters'],
  ];
  it.each(refused)('is refused: %s', (_, word, shape, data, why) => {
    expect(refusal(() => decode(x(word, shape, data), of(ours(word))))).toContain(why);
  });

  it('may come before name, datatype and shape', () => {
    expect(elements(decode('{"inputs":[{"data":[[9007199254740993],[NaN]],"ignored":[1,{"a":null}],"shape":[2,1],"datatype":"FP64","name":"x"}]}', of('float64')))).toEqual([9007199254740992, NaN]);
  });

  it('is refused as text that is no UTF-8', () => {
    const body = Buffer.from(x('BYTES', '[1]', '["a?"]').replace('?', '\xff'), 'latin1');
    expect(refusal(() => decodeRequest(body, null, of('string'), limits))).toContain('text in UTF-8 was expected');
  });

  it('is refused beyond the elements that a request may have, in all inputs together', () => {
    const two: Signature = { ...free, inputs: [{ name: 'a', datatype: 'int8', shape: null }, { name: 'b', datatype: 'string', shape: null }] };
    const json = '{"inputs":[{"name":"a","datatype":"INT8","shape":[2],"data":[1,2]},{"name":"b","datatype":"BYTES","shape":[2],"data":["",""]}]}';
    expect(decode(json, two, null, { ...limits, elementsMax: 4 }).inputs.size).toBe(2);
    expect(problemOf(() => decode(json, two, null, { ...limits, elementsMax: 3 }))).toMatchObject({ code: 'infer-too-large', message: 'Input b: with its 2 elements the request has more than the 3 that are taken as JSON or text; send fewer rows at a time, or numbers as binary data' });
  });
});

describe('binary data', () => {
  const floats = Buffer.from(Float32Array.of(1, 2, 3, 4).buffer);

  it('is read wherever it lies, aligned or not', () => {
    for (let pad = 0; pad < 8; pad++) {
      const request = decode(`${xBinary('FP64', '[2]', 16)}${' '.repeat(pad)}`, of('float64'), Buffer.from(Float64Array.of(0.1, -2).buffer));
      expect(elements(request)).toEqual([0.1, -2]);
    }
  });

  it('follows the order of the inputs in the request, and of the model in the result', () => {
    const three: Signature = { ...free, inputs: ['a', 'b', 'c'].map((name) => ({ name, datatype: 'uint8', shape: [null] })) };
    const input = (name: string, rest: string): string => `{"name":"${name}","datatype":"UINT8","shape":[2],${rest}}`;
    const json = `{"inputs":[${[input('c', '"parameters":{"binary_data_size":2}'), input('b', '"data":[3,4]'), input('a', '"parameters":{"binary_data_size":2}')].join(',')}]}`;
    const { inputs } = decode(json, three, Buffer.of(5, 6, 1, 2));
    expect([...inputs].map(([name, { data }]) => [name, ...(data as Uint8Array)])).toEqual([['a', 1, 2], ['b', 3, 4], ['c', 5, 6]]);
  });

  it('may be empty', () => {
    expect(elements(decode(xBinary('FP32', '[0,4]', 0), of('float32'), Buffer.alloc(0)))).toEqual([]);
    expect(elements(decode(xBinary('BYTES', '[0]', 0), of('string'), Buffer.alloc(0)))).toEqual([]);
  });

  it('keeps every text behind its length', () => {
    const blob = Buffer.concat(['', 'é', '日本🛫'].map((text) => Buffer.concat([Buffer.of(Buffer.byteLength(text), 0, 0, 0), Buffer.from(text)])));
    expect(elements(decode(xBinary('BYTES', '[3]', blob.length), of('string'), blob))).toEqual(['', 'é', '日本🛫']);
  });

  it('keeps U+FFFD and a byte-order mark, which are UTF-8', () => {
    const blob = Buffer.concat([Buffer.of(6, 0, 0, 0), Buffer.from('\ufeff\ufffd')]);
    expect(elements(decode(xBinary('BYTES', '[1]', 10), of('string'), blob))).toEqual(['\ufeff\ufffd']);
  });

  const refused: [title: string, word: string, shape: string, size: string, blob: Buffer, why: string][] = [
    ['missing bytes', 'FP32', '[4]', '16', floats.subarray(0, 15), 'Input x: its binary_data_size is 16, and 15 bytes are left for it'],
    ['leftover bytes', 'FP32', '[3]', '12', floats, '4 bytes are left over behind the JSON and 12 bytes of binary data'],
    ['fewer bytes than the shape has', 'FP32', '[5]', '16', floats, 'Input x: 16 bytes came, and FP32 of shape [5] takes 20'],
    ['bytes for an empty shape', 'FP32', '[0]', '16', floats, '16 bytes came, and FP32 of shape [0] takes 0'],
    ['a size below zero', 'FP32', '[4]', '-16', floats, 'parameter binary_data_size is "-16", and must be a whole number'],
    ['a size that is a text', 'FP32', '[4]', '"16"', floats, 'must be a whole number'],
    ['a size with a fraction', 'FP32', '[4]', '16.5', floats, 'must be a whole number'],
    ['a size beyond 64 bits', 'FP32', '[4]', '36893488147419103248', floats, 'must be a whole number'],
    ['2 as a truth value', 'BOOL', '[2]', '2', Buffer.of(1, 2), 'Input x: element 1 is byte 2, and BOOL takes 0 and 1'],
    ['a text that is no UTF-8', 'BYTES', '[1]', '6', Buffer.of(2, 0, 0, 0, 0xc3, 0x28), 'Input x: element 0 is not UTF-8'],
    ['half of a surrogate pair as bytes', 'BYTES', '[1]', '7', Buffer.of(3, 0, 0, 0, 0xed, 0xa0, 0x80), 'is not UTF-8'],
    ['a text with NUL', 'BYTES', '[1]', '5', Buffer.of(1, 0, 0, 0, 0), 'element 0 holds NUL'],
    ['a text longer than what is left', 'BYTES', '[1]', '5', Buffer.of(2, 0, 0, 0, 65), 'Input x: element 0 of 1 should take 6 bytes with its length, and 5 are left'],
    ['a text of 4 GiB', 'BYTES', '[1]', '4', Buffer.of(255, 255, 255, 255), 'should take 4294967299 bytes'],
    ['a length cut off', 'BYTES', '[2]', '8', Buffer.of(1, 0, 0, 0, 65, 0, 0, 0), 'element 1 of 2 should take 4 bytes with its length, and 3 are left'],
    ['too few texts', 'BYTES', '[3]', '8', Buffer.alloc(8), '8 bytes came, and BYTES of shape [3] takes at least 12'],
    ['too many texts', 'BYTES', '[1]', '8', Buffer.alloc(8), 'Input x: 4 bytes are left over behind the 1 elements of shape [1]'],
  ];
  it.each(refused)('is refused: %s', (_, word, shape, size, blob, why) => {
    expect(refusal(() => decode(xBinary(word, shape, size), of(ours(word)), blob))).toContain(why);
  });

  it('cannot be announced without the header that says where it begins', () => {
    expect(refusal(() => decode(xBinary('FP32', '[1]', 4)))).toContain('Input x: its binary_data_size is 4, and 0 bytes are left for it, as without the header Inference-Header-Content-Length the whole body is JSON');
  });

  it('counts toward the elements that a request may have where it is text', () => {
    const few = { ...limits, elementsMax: 1 };
    expect(problemOf(() => decode(xBinary('BYTES', '[2]', 8), of('string'), Buffer.alloc(8), few)).code).toBe('infer-too-large');
    expect(elements(decode(xBinary('FP32', '[4]', 16), of('float32'), floats, few))).toEqual([1, 2, 3, 4]);
  });
});

describe('a body without JSON', () => {
  const raw = (body: Uint8Array, datatype: string, shape: TensorInfo['shape']): InferRequest => decodeRequest(body, 0, of(datatype, shape), limits);
  const eight = Buffer.from(Float32Array.from({ length: 8 }, (_, i) => i).buffer);

  const read: [title: string, shape: TensorInfo['shape'], expected: number[]][] = [
    ['one row', ['N', 8], [1, 8]],
    ['a row of a free length', [null, null], [1, 8]],
    ['a row whose free length follows from the rest', [null, null, 4], [1, 2, 4]],
    ['a vector of a free length', [null], [8]],
    ['a fixed shape', [2, 4], [2, 4]],
  ];
  it.each(read)('is the only input: %s', (_, shape, expected) => {
    const request = raw(eight, 'float32', shape);
    expect(request.inputs.get('x')).toEqual({ datatype: 'float32', shape: expected, data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) });
    expect(request).toMatchObject({ outputs: null, binaryOutput: true });
  });

  it('is one text, without its length', () => {
    const request = raw(Buffer.from('427 é'), 'string', [null, 1]);
    expect(elements(request)).toEqual(['427 é']);
    expect(request.inputs.get('x')?.shape).toEqual([1, 1]);
  });

  const refused: [title: string, body: Uint8Array, datatype: string, shape: TensorInfo['shape'], why: string][] = [
    ['two free dimensions', eight, 'float16', [null, null, null], 'Input x: its shape [-1, -1, -1] cannot be told from the bytes, as 2 dimensions are free'],
    ['a shape that is not known', eight, 'float32', null, 'its shape is not known to the model'],
    ['two rows', eight, 'float32', ['N', 4], 'Input x: 32 bytes came, and FP32 of shape [1, 4] takes 16'],
    ['a part of a row', eight.subarray(1), 'float32', [null, null, 4], 'its shape [-1, -1, 4] in FP32 takes a multiple of 16 bytes, and 31 came'],
    ['several texts', Buffer.from('427'), 'string', [null, 2], 'holds 2 elements a row, and a body without JSON is one'],
    ['a text that is no UTF-8', Buffer.of(0xff), 'string', [1], 'is not UTF-8'],
  ];
  it.each(refused)('is refused: %s', (_, body, datatype, shape, why) => {
    expect(refusal(() => raw(body, datatype, shape))).toContain(why);
  });

  it('is refused for a model with several inputs', () => {
    const two: Signature = { ...free, inputs: [{ name: 'a', datatype: 'int8', shape: [1] }, { name: 'b', datatype: 'int8', shape: [1] }] };
    expect(refusal(() => decodeRequest(Buffer.of(1, 2), 0, two, limits))).toBe('A body without JSON (Inference-Header-Content-Length: 0) is for models with one input; this one takes a, b');
  });
});

describe('the header that says where the JSON ends', () => {
  it('may be absent, 0, or as long as the body', () => {
    expect([undefined, '0', '007', '10'].map((value) => parseHeaderLength(value, 10))).toEqual([null, 0, 7, 10]);
  });

  it.each(['', '-1', '+1', '1.0', '1e1', '0x10', ' 1', '1, 1', 'ten', '2147483648', '99999999999999999999'])('is refused as %j', (value) => {
    expect(refusal(() => parseHeaderLength(value, 2 ** 32))).toBe(`Inference-Header-Content-Length is ${JSON.stringify(value)}, and must be the length of the JSON part in bytes, as digits`);
  });

  it('is refused beyond the end of the body', () => {
    expect(refusal(() => parseHeaderLength('11', 10))).toBe('Inference-Header-Content-Length is 11, and the body has only 10 bytes when it is not compressed');
  });

  it('is refused where it cuts the JSON', () => {
    const body = Buffer.from(`{${one}}`);
    for (let jsonBytes = 1; jsonBytes < body.length; jsonBytes++) expect(refusal(() => decodeRequest(body, jsonBytes, free, limits))).toMatch(/^The request is not JSON as it should be|data ends before/);
  });
});

describe('a request', () => {
  it('is read with all it can say', () => {
    const request = decode(`{"id":"a","model_name":"ignored","nested":{"ignored":[[{}]]},"parameters":{"sequence_id":1152921504606846977,"sequence_start":true,"sequence_end":false,"priority":2,"timeout":1500,"binary_data_output":true,"own":"é","big":9007199254740993,"half":0.5,"__proto__":true},${one},"outputs":[{"name":"y","parameters":{"binary_data":false,"classification":3,"own":1}},{"name":"label"}]}`);
    expect(request).toEqual({
      id: 'a',
      inputs: new Map([['x', { datatype: 'float32', shape: [1], data: Float32Array.of(1) }]]),
      outputs: [
        { name: 'y', binary: false, classification: 3, parameters: new Map([['own', 1]]) },
        { name: 'label', binary: null, classification: 0, parameters: new Map() },
      ],
      parameters: new Map<string, unknown>([['own', 'é'], ['big', 9007199254740993n], ['half', 0.5], ['__proto__', true]]),
      binaryOutput: true,
      priority: 2,
      timeoutUs: 1500,
      sequenceId: 1152921504606846977n,
      sequenceStart: true,
      sequenceEnd: false,
    });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it('takes null, as some clients write it, for absent', () => {
    const request = decode('{"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","datatype":"FP32","shape":[1],"parameters":{"content_type":null},"data":[1]}]}');
    expect(request).toMatchObject({ id: '', outputs: null, binaryOutput: false, priority: 0, timeoutUs: 0, sequenceId: null });
    expect(decode(`{${one},"outputs":[]}`).outputs).toBeNull();
  });

  it.each([['0', null], ['""', null], ['"a"', 'a'], ['7', 7n], ['18446744073709551615', 2n ** 64n - 1n]])('keeps the sequence id %s', (written, expected) => {
    expect(decode(`{${one},"parameters":{"sequence_id":${written}}}`).sequenceId).toBe(expected);
  });

  it('may name its inputs as scripts name their own things', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    const signature: Signature = { ...free, inputs: names.map((name) => ({ name, datatype: 'int32', shape: [1] })) };
    const { inputs } = decode(`{"inputs":[${names.map((name, i) => `{"name":"${name}","datatype":"INT32","shape":[1],"data":[${i}]}`).join(',')}]}`, signature);
    expect([...inputs].map(([name, { data }]) => [name, (data as Int32Array)[0]])).toEqual(names.map((name, i) => [name, i]));
  });

  const fixed: Signature = { ...free, inputs: [{ name: 'x', datatype: 'float32', shape: ['batch', 4] }, { name: 'z', datatype: 'int64', shape: ['batch', null] }] };
  const input = (name: string, word: string, shape: string, data: string): string => `{"name":"${name}","datatype":"${word}","shape":${shape},"data":${data}}`;
  const good = input('x', 'FP32', '[1,4]', '[1,2,3,4]');
  const goodZ = input('z', 'INT64', '[1,1]', '[1]');
  const refused: [title: string, json: string, why: string][] = [
    ['no inputs', '{}', 'The request has no inputs; it must list x, z'],
    ['a missing input', `{"inputs":[${good}]}`, 'Input z is missing; the model takes x, z'],
    ['all inputs missing', '{"inputs":[]}', 'Inputs x, z are missing'],
    ['an unknown input', `{"inputs":[${good},${goodZ},${input('q', 'FP32', '[1]', '[1]')}]}`, 'inputs[2] is "q", and the model takes x, z'],
    ['an input twice', `{"inputs":[${good},${good},${goodZ}]}`, 'Input x is there twice'],
    ['another datatype', `{"inputs":[${input('x', 'FP64', '[1,4]', '[1,2,3,4]')}]}`, 'Input x: datatype FP64 came, and the model takes FP32; convert it before you send it'],
    ['an unknown datatype', `{"inputs":[${input('x', 'BF16', '[1,4]', '[1,2,3,4]')}]}`, 'datatype BF16 came, and the model takes FP32'],
    ['another rank', `{"inputs":[${input('x', 'FP32', '[4]', '[1,2,3,4]')}]}`, 'Input x: shape [4] came, and the model takes [batch, 4]: 2 dimensions, not 1'],
    ['another fixed dimension', `{"inputs":[${input('x', 'FP32', '[1,3]', '[1,2,3]')}]}`, 'Input x: shape [1, 3] came, and the model takes [batch, 4]: dimension 1 must be 4'],
    ['rows that differ between inputs', `{"inputs":[${good},${input('z', 'INT64', '[2,1]', '[1,2]')}]}`, 'Input z: dimension 0 is 2, and the same batch is 1 in input x'],
    ['a negative dimension', `{"inputs":[${input('x', 'FP32', '[2,-5]', '[1]')}]}`, 'Input x: dimension 1 of shape is -5, and must be a whole number of 0 to 2147483647'],
    ['a dimension with a fraction', `{"inputs":[${input('x', 'FP32', '[1.5,4]', '[1]')}]}`, 'dimension 0 of shape is 1.5'],
    ['a dimension beyond 2^53', `{"inputs":[${input('x', 'FP32', '[16,1152921504606846978]', '[1]')}]}`, 'dimension 1 of shape is 1152921504606846978'],
    ['a dimension that is text', `{"inputs":[${input('x', 'FP32', '["1",4]', '[1]')}]}`, 'dimension 0 of shape is 1'],
    ['a shape of a million dimensions', `{"inputs":[${input('x', 'FP32', `[${'1,'.repeat(999_999)}1]`, '[1]')}]}`, 'Input x: shape has more than 64 dimensions'],
    ['a shape that is no list', `{"inputs":[${input('x', 'FP32', '4', '[1]')}]}`, 'a list was expected'],
    ['no name', `{"inputs":[{"datatype":"FP32","shape":[1],"data":[1]}]}`, 'inputs[0] needs name, shape and datatype, and has no name'],
    ['no shape', `{"inputs":[{"name":"x","datatype":"FP32","data":[1]}]}`, 'has no shape'],
    ['no datatype', `{"inputs":[{"name":"x","shape":[1,4],"data":[1]}]}`, 'has no datatype'],
    ['a name that is a number', `{"inputs":[{"name":1,"datatype":"FP32","shape":[1],"data":[1]}]}`, 'name of inputs[0] is 1, and must be a string'],
    ['a name that is a list', `{"inputs":[{"name":["x"],"datatype":"FP32","shape":[1],"data":[1]}]}`, 'name of inputs[0] is a list or an object'],
    ['neither data nor a size', `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4]}]}`, 'Input x has neither data nor parameters.binary_data_size'],
    ['both data and a size', `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"parameters":{"binary_data_size":16},"data":[1,2,3,4]}]}`, 'Input x has both data and parameters.binary_data_size'],
    ['shared memory', `{"inputs":[{"name":"x","datatype":"FP32","shape":[1,4],"parameters":{"shared_memory_region":"r","shared_memory_byte_size":16}}]}`, 'Input x is to lie in shared memory, which is not offered'],
    ['inputs that are no list', '{"inputs":{}}', 'a list was expected'],
    ['an input that is no object', '{"inputs":[1]}', 'an object was expected'],
    ['a key twice', `{"inputs":[${good},${goodZ}],"inputs":[]}`, 'The request has inputs twice'],
    ['a key of an input twice', `{"inputs":[{"name":"x","name":"z"}]}`, 'inputs[0] has name twice'],
    ['a parameter twice', `{"parameters":{"a":1,"a":2},"inputs":[]}`, 'Parameter a of the request is there twice'],
    ['a parameter that is a list', `{"parameters":{"a":[1]},"inputs":[]}`, 'Parameter a of the request is a list or an object'],
    ['a parameter that is NaN', `{"parameters":{"a":NaN},"inputs":[]}`, 'Parameter a of the request is NaN'],
    ['an id that is a number', `{"id":1,"inputs":[${good},${goodZ}]}`, 'id is 1, and must be a string'],
    ['a priority below zero', `{"parameters":{"priority":-1},"inputs":[${good},${goodZ}]}`, 'parameter priority is "-1", and must be a whole number'],
    ['a timeout that is text', `{"parameters":{"timeout":"soon"},"inputs":[${good},${goodZ}]}`, 'parameter timeout is "soon"'],
    ['a sequence id with a fraction', `{"parameters":{"sequence_id":0.5},"inputs":[${good},${goodZ}]}`, 'parameter sequence_id is 0.5'],
    ['a sequence id of 2^64', `{"parameters":{"sequence_id":18446744073709551616},"inputs":[${good},${goodZ}]}`, 'must be a string or a whole number of 0 to 2^64 - 1'],
    ['binary output that is a number', `{"parameters":{"binary_data_output":1},"inputs":[${good},${goodZ}]}`, 'parameter binary_data_output is "1", and must be true or false'],
    ['an unknown output', `{"inputs":[${good},${goodZ}],"outputs":[{"name":"q"}]}`, 'outputs[0] is "q", and the model gives y, label'],
    ['an output twice', `{"inputs":[${good},${goodZ}],"outputs":[{"name":"y"},{"name":"y"}]}`, 'Output y is asked for twice'],
    ['an output without a name', `{"inputs":[${good},${goodZ}],"outputs":[{}]}`, 'outputs[0] has no name'],
    ['classes of texts', `{"inputs":[${good},${goodZ}],"outputs":[{"name":"label","parameters":{"classification":1}}]}`, 'Output label is text, which has no largest elements'],
    ['half a class', `{"inputs":[${good},${goodZ}],"outputs":[{"name":"y","parameters":{"classification":0.5}}]}`, 'parameter classification is "0.5"'],
    ['an output in shared memory', `{"inputs":[${good},${goodZ}],"outputs":[{"name":"y","parameters":{"shared_memory_region":"r"}}]}`, 'Output y is to lie in shared memory'],
    ['an empty body', '', 'an object was expected, and it ended'],
    ['no JSON', 'hello', 'at byte 0, an object was expected, and "hello" came'],
    ['a list', '[]', 'an object was expected'],
    ['something behind the object', `{"inputs":[${good},${goodZ}]}x`, 'nothing behind the object was expected, and "x" came'],
    ['a byte-order mark', `\ufeff{"inputs":[]}`, 'an object was expected'],
    ['a name without quotes', '{inputs:[]}', 'a string was expected'],
    ['no colon', '{"inputs"[]}', '":" was expected'],
    ['a comma at the end', '{"inputs":[],}', 'a string was expected'],
    ['250,000 lists in a key that is ignored', `{"ignored":${'['.repeat(250_000)}`, 'nested more than 100 deep'],
    ['250,000 objects in a key that is ignored', `{"ignored":${'{"a":'.repeat(250_000)}`, 'nested more than 100 deep'],
    ['a broken value in a key that is ignored', `{"ignored":1.2.3,"inputs":[]}`, '"," or "}" was expected'],
  ];
  it.each(refused)('is refused: %s', (_, json, why) => {
    expect(refusal(() => decode(json, fixed))).toContain(why);
  });

  it('is refused without all that it says coming back', () => {
    expect(refusal(() => decode(`{"inputs":[{"name":"${'n'.repeat(1_000_000)}","datatype":"FP32","shape":[1],"data":[1]}]}`)).length).toBe(1001);
  });

  it('takes no longer than its length for a whole number of a million digits', () => {
    const digits = `1${'0'.repeat(1_000_000)}1`;
    expect(refusal(() => decode(x('INT64', '[1]', `[0.${digits}e5]`), of('int64')))).toContain('is no whole number');
    expect(elements(decode(x('INT64', '[1]', `[12.${'0'.repeat(1_000_000)}]`), of('int64')))).toEqual([12n]);
  });

  it('is refused with a shape of more elements than can be counted', () => {
    expect(refusal(() => decode(x('FP32', '[2147483647,2147483647]', '[1]')))).toContain('shape [2147483647, 2147483647] came, which has more elements than can be counted');
    expect(elements(decode(x('FP32', '[2147483647,2147483647,0]', '[]')))).toEqual([]);
  });

  it('is refused with JSON beyond the limit, before any of it is read', () => {
    expect(problemOf(() => decode('x'.repeat(101), free, null, { ...limits, jsonBytesMax: 100 }))).toMatchObject({ code: 'infer-too-large', message: "The request's JSON has 101 bytes, and 100 are taken; send tensors as binary data, which takes a fraction" });
  });

  it('is refused for a model whose input no client can send', () => {
    expect(problemOf(() => decode(x('BF16', '[1]', '[1]'), of('bfloat16')))).toMatchObject({ code: 'model-unsupported', message: 'Input x has type bfloat16, which the Open Inference Protocol has no word for' });
  });
});
