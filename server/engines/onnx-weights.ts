import { closeSync, fstatSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { openExternal } from './onnx-external.ts';
import { bytesOf, readModel, type TensorRecord } from './onnx-graph.ts';
import { fileSource, WireError } from './onnx-wire.ts';
import { product } from './tensor.ts';

/** The initializers of an open model file by name, whose values are read piece by piece. */
export interface Weights {
  names: string[];
  get(name: string): Weight | undefined;
  close(): void;
}

export interface Weight {
  name: string;
  shape: number[];
  datatype: string;
  count: number;
  bytes: number;
  /** The values as they lie in the file, at most 1 MiB at a time, cut between elements. A piece is good until the next is asked for. */
  pieces(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined>;
  /** A piece as numbers; null for types that are no real numbers, and for values that do not lie in the file as an array. */
  decode: ((piece: Uint8Array) => Float64Array) | null;
}

const pieceBytes = 1 << 20;
const readAt = promisify(read);

/** @param descriptor of an admitted model file, open until these are closed; @param file where it lies */
export function openWeights(descriptor: number, file: string): Weights {
  const { model } = readModel(fileSource(descriptor, fstatSync(descriptor).size));
  const external = new Map<string, number>();
  const open = (location: string): number => {
    const known = external.get(location);
    if (known !== undefined) return known;
    const { descriptor: opened } = openExternal(file, location);
    external.set(location, opened);
    return opened;
  };
  const weights = new Map(model.graph.initializers.map((tensor) => [tensor.name, weightOf(tensor, descriptor, open)]));
  return {
    names: [...weights.keys()],
    get: (name) => weights.get(name),
    close() {
      for (const opened of external.values()) closeSync(opened);
    },
  };
}

function weightOf(tensor: TensorRecord, model: number, open: (location: string) => number): Weight {
  const array = arrayOf(tensor, model, open);
  const { descriptor, offset, bytes } = array ?? { descriptor: () => model, offset: tensor.at, bytes: tensor.end - tensor.at };
  return {
    name: tensor.name,
    shape: tensor.shape,
    datatype: tensor.datatype,
    count: product(tensor.shape),
    bytes,
    decode: array === null ? null : (decoders[tensor.datatype] ?? null),
    async *pieces(signal) {
      const from = descriptor();
      // Its own memory, so that any element type may lie at its beginning.
      const buffer = Buffer.allocUnsafeSlow(Math.min(pieceBytes, bytes));
      for (let at = 0; at < bytes; at += buffer.length) {
        const wanted = Math.min(buffer.length, bytes - at);
        for (let filled = 0; filled < wanted; ) {
          signal?.throwIfAborted();
          const { bytesRead } = await readAt(from, buffer, filled, wanted - filled, offset + at + filled);
          if (bytesRead === 0) throw new WireError('truncated', 'The file became shorter while it was read', offset + at + filled);
          filled += bytesRead;
        }
        yield buffer.subarray(0, wanted);
      }
    },
  };
}

/** Where the values lie as an array; null for texts, for varints, and for a list in several parts. */
function arrayOf(tensor: TensorRecord, model: number, open: (location: string) => number): { descriptor: () => number; offset: number; bytes: number } | null {
  const bytes = bytesOf(tensor);
  if (tensor.external !== null) {
    const location = tensor.external.get('location') ?? '';
    return { descriptor: () => open(location), offset: Number(tensor.external.get('offset') ?? 0), bytes };
  }
  const { values } = tensor;
  // 9: raw bytes; 4 and 10: packed floats and doubles, which lie in the file as raw bytes do.
  const isArray = values?.number === 9 || (values?.wire === 2 && ((values.number === 4 && tensor.datatype === 'float32') || (values.number === 10 && tensor.datatype === 'float64')));
  if (values === null || !isArray || values.end - values.start !== bytes) return null;
  return { descriptor: () => model, offset: values.start, bytes };
}

type Decoder = (piece: Uint8Array) => Float64Array;
type Numbers = new (memory: ArrayBufferLike, offset: number, length: number) => ArrayLike<number> & { BYTES_PER_ELEMENT: number };
type LargeNumbers = new (memory: ArrayBufferLike, offset: number, length: number) => ArrayLike<bigint>;

// The file and every machine we run on are little-endian.
const numbers = (view: Numbers & { BYTES_PER_ELEMENT: number }): Decoder => ({ buffer, byteOffset, byteLength }) => new Float64Array(new view(buffer, byteOffset, byteLength / view.BYTES_PER_ELEMENT));
const large = (view: LargeNumbers): Decoder => ({ buffer, byteOffset, byteLength }) => Float64Array.from(new view(buffer, byteOffset, byteLength / 8), Number);

const decoders: Partial<Record<string, Decoder>> = {
  float32: numbers(Float32Array),
  float64: numbers(Float64Array),
  int8: numbers(Int8Array),
  int16: numbers(Int16Array),
  int32: numbers(Int32Array),
  int64: large(BigInt64Array),
  uint8: numbers(Uint8Array),
  uint16: numbers(Uint16Array),
  uint32: numbers(Uint32Array),
  uint64: large(BigUint64Array),
  bool: numbers(Uint8Array),
  float16: (piece) => numbers(Uint16Array)(piece).map(half),
  bfloat16: (piece) => numbers(Uint16Array)(piece).map(brain),
};

/** IEEE 754 binary16. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude = exponent === 31 ? (fraction === 0 ? Infinity : NaN) : exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -magnitude : magnitude;
}

const single = new DataView(new ArrayBuffer(4));

/** bfloat16: the upper half of a float32. */
function brain(bits: number): number {
  single.setUint32(0, bits * 65_536);
  return single.getFloat32(0);
}
