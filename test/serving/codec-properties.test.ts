import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeStrings, isMangled, type Tensor, type TensorMap } from '../../server/engines/tensor.ts';
import { Problem } from '../../server/problem.ts';
import { decodeRequest } from '../../server/serving/decode-request.ts';
import { encodeResponse } from '../../server/serving/encode-response.ts';
import type { Signature } from '../../server/serving/infer-request.ts';
import { JsonReader } from '../../server/serving/json-reader.ts';
import { singleText } from '../../server/serving/single-text.ts';
import { limits, ours, textOf } from './codec-fixture.ts';
import { readReply } from './reply-reader.ts';
import { buildRequest, type TwinInput } from './tritonclient-twin.ts';

const itemBytes: Record<string, number> = { BOOL: 1, UINT8: 1, UINT16: 2, UINT32: 4, UINT64: 8, INT8: 1, INT16: 2, INT32: 4, INT64: 8, FP16: 2, FP32: 4, FP64: 8 };

/** Any bits: floats with NaN, infinities and subnormals among them. The quiet NaN that JSON reads as stands for all. */
function bytesOf(datatype: string, elements: number): fc.Arbitrary<Uint8Array> {
  const size = itemBytes[datatype];
  if (datatype === 'BOOL') return fc.uint8Array({ minLength: elements, maxLength: elements, max: 1 });
  return fc.uint8Array({ minLength: elements * size, maxLength: elements * size }).map((bytes) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at < bytes.length; at += size) {
      if (datatype === 'FP16' && (view.getUint16(at, true) & 0x7fff) > 0x7c00) view.setUint16(at, 0x7e00, true);
      if (datatype === 'FP32' && Number.isNaN(view.getFloat32(at, true))) view.setFloat32(at, NaN, true);
      if (datatype === 'FP64' && Number.isNaN(view.getFloat64(at, true))) view.setFloat64(at, NaN, true);
    }
    return bytes;
  });
}

const names = fc.uniqueArray(fc.oneof(fc.constantFrom('__proto__', 'constructor', 'x'), fc.string({ unit: 'binary', minLength: 1, maxLength: 6 }).filter((name) => !isMangled(name))), { minLength: 1, maxLength: 4 });
const texts = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => !isMangled(text));

const input = (name: string): fc.Arbitrary<TwinInput> =>
  fc.record({ shape: fc.array(fc.nat(4), { maxLength: 3 }), datatype: fc.constantFrom(...Object.keys(itemBytes), 'BYTES'), binary: fc.boolean() }).chain(({ shape, datatype, binary }) => {
    const elements = shape.reduce((total, dimension) => total * dimension, 1);
    const announced = { name, datatype, shape, binary };
    return datatype === 'BYTES'
      ? fc.array(texts, { minLength: elements, maxLength: elements }).map((found): TwinInput => ({ ...announced, texts: found }))
      : bytesOf(datatype, elements).map((bytes): TwinInput => ({ ...announced, bytes }));
  });
const inputs = names.chain((found) => fc.tuple(...found.map(input)));

const signatureOf = (sent: readonly TwinInput[]): Signature => {
  const infos = sent.map(({ name, datatype }) => ({ name, datatype: ours(datatype), shape: null }));
  return { inputs: infos, outputs: infos };
};

const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex');

function bitsOf(tensor: Tensor): unknown {
  if (tensor.datatype === 'string') return textOf(tensor);
  const { buffer, byteOffset, byteLength } = tensor.data;
  return hex(new Uint8Array(buffer, byteOffset, byteLength));
}

const arrays: Record<string, new (buffer: ArrayBuffer) => Exclude<Tensor, { datatype: 'string' }>['data']> = { BOOL: Uint8Array, UINT8: Uint8Array, UINT16: Uint16Array, UINT32: Uint32Array, UINT64: BigUint64Array, INT8: Int8Array, INT16: Int16Array, INT32: Int32Array, INT64: BigInt64Array, FP16: Uint16Array, FP32: Float32Array, FP64: Float64Array };

function tensorOf({ datatype, shape, bytes, texts: found }: TwinInput): Tensor {
  if (found !== undefined) return { datatype: 'string', shape, data: encodeStrings(found) };
  return { datatype: ours(datatype), shape, data: new arrays[datatype](Uint8Array.from(bytes ?? []).buffer) } as Tensor;
}

describe('whatever tensors a client sends', () => {
  it('are read as the same bits', () => {
    fc.assert(
      fc.property(inputs, (sent) => {
        const { body, jsonBytes } = buildRequest({ inputs: sent });
        const request = decodeRequest(body, jsonBytes, signatureOf(sent), limits);
        expect([...request.inputs].map(([name, tensor]) => [name, tensor.datatype, tensor.shape, bitsOf(tensor)])).toEqual(sent.map(({ name, datatype, shape, bytes, texts: found }) => [name, ours(datatype), shape, found ?? hex(bytes)]));
      }),
      { numRuns: 500 },
    );
  });

  it('come back in a reply as the same bits', () => {
    fc.assert(
      fc.property(inputs, fc.boolean(), (sent, binaryOutput) => {
        const outputs: TensorMap = new Map(sent.map((each) => [each.name, tensorOf(each)]));
        const requested = sent.toReversed().map(({ name, binary }) => ({ name, binary, classification: 0, parameters: new Map() }));
        for (const asked of [null, requested]) {
          const read = readReply(encodeResponse({ modelName: 'm', modelVersion: '1', id: 'i', outputs, requested: asked, binaryOutput }));
          // JSON has no NaN and no infinity: they are all null there, which is read as NaN.
          const expected = (asked === null ? sent : sent.toReversed()).map((each) => [each.name, each.datatype, each.shape, (asked === null ? binaryOutput : each.binary) ? hexOrTexts(each) : withoutInfinities(each)]);
          expect(read.outputs.map(({ name, datatype, shape, bytes, texts: found }) => [name, datatype, shape, found ?? hex(bytes)])).toEqual(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('cut short or run long are refused', () => {
    fc.assert(
      fc.property(inputs.filter((sent) => sent.some(({ binary }) => binary)), fc.integer({ min: 1, max: 3 }), fc.boolean(), (sent, bytes, longer) => {
        const { body, jsonBytes } = buildRequest({ inputs: sent });
        const changed = longer ? Buffer.concat([body, Buffer.alloc(bytes)]) : body.subarray(0, -bytes);
        expect(() => decodeRequest(changed, jsonBytes, signatureOf(sent), limits)).toThrow(Problem);
      }),
      { numRuns: 200 },
    );
  });

  it('damaged anywhere are read or refused, and nothing else happens', () => {
    const damage = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), kind: fc.constantFrom('set', 'insert', 'delete', 'repeat'), byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('[]{}",:-+.eE0129ntfNI \\'))) }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(inputs, damage, fc.nat(40), (sent, changes, shift) => {
        const { body, jsonBytes } = buildRequest({ inputs: sent, outputs: [{ name: sent[0].name, binary: true, classCount: 1 }], sequenceId: 2n ** 60n, priority: 1 });
        let bytes = [...body];
        for (const { at, kind, byte } of changes) {
          const index = Math.floor(at * bytes.length);
          if (kind === 'set') bytes[index] = byte;
          else if (kind === 'insert') bytes.splice(index, 0, byte);
          else if (kind === 'delete') bytes.splice(index, 1 + (byte % 4));
          else bytes = [...bytes.slice(0, index), ...bytes.slice(Math.max(0, index - byte)), ...bytes.slice(index)];
        }
        for (const length of [null, jsonBytes, Math.min(bytes.length, Math.max(0, (jsonBytes ?? 20) + shift - 20)), 0]) {
          if (length !== null && length > bytes.length) continue;
          try {
            decodeRequest(Uint8Array.from(bytes), length, signatureOf(sent), limits);
          } catch (error) {
            expect(error).toBeInstanceOf(Problem);
            expect(['infer-invalid', 'infer-too-large']).toContain((error as Problem).code);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('JSON', () => {
  const signature: Signature = { inputs: [], outputs: [] };
  const within = (text: string): Buffer => Buffer.from(`{"ignored":${text},"inputs":[]}`);

  it('is taken where JSON.parse takes it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(decodeRequest(within(text), null, signature, limits).inputs.size).toBe(0);
      }),
    );
  });

  it('is refused where JSON.parse refuses it, but for the three words for what is no finite number', () => {
    const tokens = fc.array(fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '0', '.5', 'e1', 'E+2', 'true', 'null', 'fals', 'Na', ' ', '\n', '\\', '\\u00', "'", '\u0001', '\f', 'é'), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.oneof(tokens, fc.string()), (text) => {
        const ours = taken(() => decodeRequest(within(text), null, signature, limits));
        expect(ours).toBe(taken(() => JSON.parse(within(text).toString()) as unknown));
      }),
      { numRuns: 3000 },
    );
  });

  const written = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.float({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
    fc.tuple(fc.stringMatching(/^-?(0|[1-9][0-9]{0,21})(\.[0-9]{1,22})?$/), fc.integer({ min: -60, max: 25 })).map(([significand, exponent]) => `${significand}e${exponent}`),
    fc.stringMatching(/^-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?$/),
  );
  const numberIn = (text: string, single: boolean): number => new JsonReader(Buffer.from(text), 1).readNumber(single);

  it('numbers are rounded to the nearest double', () => {
    fc.assert(
      fc.property(written, (text) => {
        expect(numberIn(text, false)).toBe(Number(text));
      }),
      { numRuns: 20_000 },
    );
  });

  it('numbers for 32 bits are rounded to the nearest of these', () => {
    const midpoints = fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(1e-30), max: Math.fround(1e30) }).chain((value) => {
      const bits = new Uint32Array(Float32Array.of(value).buffer)[0];
      const next = new Float32Array(Uint32Array.of(bits + 1).buffer)[0];
      return fc.constantFrom(-2, -1, 0, 1, 2).map((ulps) => String((value + next) / 2 + ulps * 2 ** (Math.floor(Math.log2(value)) - 52)));
    });
    fc.assert(
      fc.property(fc.oneof(written, midpoints), (text) => {
        expect(Math.fround(numberIn(text, true))).toBe(Math.fround(Number(text)));
      }),
      { numRuns: 20_000 },
    );
  });

  it('32-bit floats are written so that they are read back, in no more digits than that takes', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }).filter((value) => value !== 0), (value) => {
        const text = singleText(value);
        expect(Math.fround(Number(text))).toBe(value);
        const digits = (shown: string): number => shown.replace(/e.*/, '').replace(/[-.]/g, '').replace(/^0+/, '').replace(/0+$/, '').length;
        const shortest = Array.from({ length: 9 }, (_, i) => value.toPrecision(i + 1)).find((each) => Math.fround(Number(each)) === value);
        expect(digits(text)).toBe(digits(shortest ?? ''));
      }),
      { numRuns: 5000 },
    );
  });
});

function hexOrTexts({ bytes, texts: found }: TwinInput): unknown {
  return found ?? hex(bytes);
}

function withoutInfinities(sent: TwinInput): unknown {
  const { datatype, bytes, texts: found } = sent;
  if (found !== undefined || bytes === undefined || !datatype.startsWith('FP')) return hexOrTexts(sent);
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let at = 0; at < copy.length; at += itemBytes[datatype]) {
    if (datatype === 'FP16' && (view.getUint16(at, true) & 0x7c00) === 0x7c00) view.setUint16(at, 0x7e00, true);
    if (datatype === 'FP32' && !Number.isFinite(view.getFloat32(at, true))) view.setFloat32(at, NaN, true);
    if (datatype === 'FP64' && !Number.isFinite(view.getFloat64(at, true))) view.setFloat64(at, NaN, true);
  }
  return hex(copy);
}

function taken(act: () => unknown): boolean {
  try {
    act();
    return true;
  } catch (error) {
    if (error instanceof Problem || error instanceof SyntaxError) return false;
    throw error;
  }
}
