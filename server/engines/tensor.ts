import { rowText } from '../../protocol/number-text.ts';
import type { TensorInfo } from '../../protocol/registry.ts';
import { Problem } from '../problem.ts';
import type { CategoricalVector, NumericVector, Vector } from '../stats/vector.ts';

/** Strings as a dictionary and an index per element: labels repeat, and a batch of them crosses a pipe as integers. */
export interface StringData {
  codes: Int32Array;
  dictionary: string[];
}

export interface DataOf {
  float64: Float64Array;
  float32: Float32Array;
  /** IEEE half precision as raw bits. */
  float16: Uint16Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  /** 0 or 1. */
  bool: Uint8Array;
  string: StringData;
}

export type Datatype = keyof DataOf;
export type NumericDatatype = Exclude<Datatype, 'string'>;

export type Tensor = { [D in Datatype]: { datatype: D; shape: number[]; data: DataOf[D] } }[Datatype];

/** By input or output name. A Map, because a model may name an input `__proto__`. */
export type TensorMap = Map<string, Tensor>;

export interface NamedVector {
  name: string;
  vector: Vector;
}

/**
 * One tensor of the graph's declared type from the columns that feed it: [N] or [N, 1] from one column,
 * [N, F] (or [N, …] whose other dimensions multiply to F) from F columns, row-major.
 *
 * Conversions, exact or refused:
 * - null becomes NaN in a float tensor and "" in a string tensor; integer and bool tensors refuse it.
 * - numbers go to float32 and float16 by rounding to nearest; one that would overflow to infinity is refused.
 * - an integer tensor takes whole numbers within its range (`exact` values keep all 64 bits), a bool tensor 0 and 1.
 * - a number goes into a string tensor in its shortest decimal form: 3 is "3". NaN and infinity are refused.
 * - text with NUL or half a surrogate pair, which the runtime would change, is refused.
 * - text goes into a number tensor if it is a plain decimal number, into a bool tensor if it is true, false, 0 or 1.
 *
 * @param rows half-open range of rows to take; all by default
 * @param firstRow number of the first row of `columns` in its dataset, 0-based, for messages
 * @throws Problem `input-mismatch`, naming the column and the first offending row as people count, from 1
 */
export function tensorOf(columns: readonly NamedVector[], info: TensorInfo, rows?: { from: number; to: number }, firstRow = 0): Tensor {
  if (columns.length === 0) throw new Problem('input-mismatch', `No column feeds the model input ${info.name}`);
  const datatype = datatypeOf(info);
  const lengths = columns.map((column) => rowCount(column.vector));
  const odd = lengths.findIndex((length) => length !== lengths[0]);
  if (odd > 0) throw new Problem('input-mismatch', `Columns ${columns[0].name} and ${columns[odd].name} have ${lengths[0]} and ${lengths[odd]} rows`);
  const { from, to } = rows ?? { from: 0, to: lengths[0] };
  const shape = shapeOf(columns, info, to - from);
  const width = columns.length;

  if (datatype === 'string') {
    return { datatype, shape, data: stringData(columns, info, from, to, firstRow) };
  }
  const data = arrayOf(datatype, (to - from) * width);
  columns.forEach((column, index) => {
    if (column.vector.kind === 'numeric') writeNumbers(column.name, column.vector, info.name, datatype, data, from, to, index, width, firstRow);
    else writeText(column.name, column.vector, info.name, datatype, data, from, to, index, width, firstRow);
  });
  return { datatype, shape, data } as Tensor;
}

/**
 * The columns of a [N], [N, 1] or [N, F] tensor (more dimensions are flattened behind the first) as vectors.
 * Bools are 0 and 1; 64-bit integers beyond ±2^53 keep their exact values.
 */
export function vectorsOf(tensor: Tensor): Vector[] {
  const rows = tensor.shape[0] ?? 1;
  const width = rows === 0 ? product(tensor.shape.slice(1)) : product(tensor.shape) / rows;
  return Array.from({ length: width }, (_, column) => {
    if (tensor.datatype === 'string') {
      const codes = width === 1 ? tensor.data.codes : Int32Array.from({ length: rows }, (_, row) => tensor.data.codes[row * width + column]);
      return { kind: 'categorical', codes, dictionary: tensor.data.dictionary };
    }
    return numericVector(tensor, rows, width, column);
  });
}

export function stringTensor(values: readonly string[], shape: number[] = [values.length]): Tensor {
  return { datatype: 'string', shape, data: encodeStrings(values) };
}

/** Whether the runtime would cut or change a text: it ends texts at NUL, and stores them as UTF-8. */
export function isMangled(text: string): boolean {
  return /\0|\p{Surrogate}/u.test(text);
}

/** The elements of a string tensor, in order. */
export function stringsOf(data: StringData): string[] {
  const { codes, dictionary } = data;
  const strings = new Array<string>(codes.length);
  for (let i = 0; i < codes.length; i++) strings[i] = dictionary[codes[i]];
  return strings;
}

export function encodeStrings(values: readonly string[]): StringData {
  const codes = new Int32Array(values.length);
  const indexOf = new Map<string, number>();
  values.forEach((value, i) => {
    let code = indexOf.get(value);
    if (code === undefined) indexOf.set(value, (code = indexOf.size));
    codes[i] = code;
  });
  return { codes, dictionary: [...indexOf.keys()] };
}

/** How many elements a tensor holds, whatever its shape says. */
export function lengthOf(tensor: Tensor): number {
  return tensor.datatype === 'string' ? tensor.data.codes.length : tensor.data.length;
}

/** Nearest half-precision number, ties to even; overflow gives infinity. */
export function toFloat16(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundHalfToEven(size * 2 ** 24);
  let exponent = Math.floor(Math.log2(size));
  if (2 ** exponent > size) exponent -= 1;
  else if (2 ** (exponent + 1) <= size) exponent += 1;
  // A significand that rounds up to 2048 carries into the exponent by plain addition.
  return sign | (((exponent + 15) << 10) + roundHalfToEven(size * 2 ** (10 - exponent)) - 1024);
}

export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

// ---- columns into tensors

/** Smallest and largest whole number of each type that JavaScript numbers are checked against. */
export const rangeOf = {
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-2147483648, 2147483647],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 4294967295],
} as const;

const wideRangeOf = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
} as const;

const float32Max = 3.4028234663852886e38;
/** Halfway between the largest float32 and the next power of two: from here on rounding gives infinity. */
const float32Overflow = float32Max + 2 ** 103;
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const plainInteger = /^[+-]?\d+$/;

type NumericData = DataOf[NumericDatatype];

function writeNumbers(column: string, vector: NumericVector, input: string, datatype: NumericDatatype, data: NumericData, from: number, to: number, offset: number, stride: number, firstRow: number): void {
  const { values, nulls, exact } = vector;
  if (datatype === 'float64' || datatype === 'float32') {
    const floats = data as Float64Array | Float32Array;
    const overflow = datatype === 'float32' ? float32Overflow : Infinity;
    for (let row = from, at = offset; row < to; row++, at += stride) {
      const value = nulls !== undefined && nulls[row] === 1 ? NaN : values[row];
      const size = Math.abs(value);
      if (size >= overflow && size !== Infinity) refuse(column, firstRow + row, input, datatype, String(value), 'it is out of range');
      floats[at] = value;
    }
    return;
  }
  if (datatype === 'int64' && !exact && !nulls && values.subarray(from, to).every(Number.isSafeInteger)) {
    writeInt64s(values, data as BigInt64Array, from, to, offset, stride);
    return;
  }
  for (let row = from, at = offset; row < to; row++, at += stride) {
    const value: number | bigint | null = nulls?.[row] ? null : (exact?.[row] ?? values[row]);
    const wrong = put(data, at, datatype, value);
    if (wrong) refuse(column, firstRow + row, input, datatype, value === null ? 'null' : String(value), wrong);
  }
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** As two 32-bit words each: a BigInt per value would take ten times as long. */
function writeInt64s(values: Float64Array, data: BigInt64Array, from: number, to: number, offset: number, stride: number): void {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length * 2);
  const low = littleEndian ? 0 : 1;
  for (let row = from, at = offset * 2; row < to; row++, at += stride * 2) {
    words[at + low] = values[row];
    words[at + 1 - low] = Math.floor(values[row] / 2 ** 32);
  }
}

function writeText(column: string, vector: CategoricalVector, input: string, datatype: NumericDatatype, data: NumericData, from: number, to: number, offset: number, stride: number, firstRow: number): void {
  const parsed = vector.dictionary.map((text) => numberIn(text, datatype));
  for (let row = from, at = offset; row < to; row++, at += stride) {
    const code = vector.codes[row];
    const value = code < 0 ? null : parsed[code];
    const wrong = value === undefined ? 'it is not a number' : put(data, at, datatype, value);
    if (wrong) refuse(column, firstRow + row, input, datatype, code < 0 ? 'null' : JSON.stringify(vector.dictionary[code]), wrong);
  }
}

/** Stores one value; says what is wrong with it when the type cannot hold it. */
function put(data: NumericData, at: number, datatype: NumericDatatype, value: number | bigint | null): string | undefined {
  switch (datatype) {
    case 'float64':
    case 'float32':
    case 'float16': {
      const number = value === null ? NaN : Number(value);
      const finite = Number.isFinite(number);
      if (finite && datatype === 'float32' && Math.abs(number) >= float32Overflow) return 'it is out of range';
      if (finite && datatype === 'float16' && Math.abs(number) >= 65520) return 'it is out of range';
      data[at] = datatype === 'float16' ? toFloat16(number) : number;
      return undefined;
    }
    case 'bool':
      if (value === null) return 'the type has no missing value';
      if (Number(value) !== 0 && Number(value) !== 1) return 'only 0 and 1 are truth values';
      data[at] = Number(value);
      return undefined;
    case 'int64':
    case 'uint64': {
      if (value === null) return 'the type has no missing value';
      if (typeof value === 'number' && !Number.isInteger(value)) return 'it is not a whole number';
      const whole = BigInt(value);
      const [least, most] = wideRangeOf[datatype];
      if (whole < least || whole > most) return 'it is out of range';
      (data as BigInt64Array | BigUint64Array)[at] = whole;
      return undefined;
    }
    default: {
      if (value === null) return 'the type has no missing value';
      const number = Number(value);
      if (!Number.isInteger(number)) return 'it is not a whole number';
      const [least, most] = rangeOf[datatype];
      if (number < least || number > most) return 'it is out of range';
      data[at] = number;
      return undefined;
    }
  }
}

function numberIn(text: string, datatype: NumericDatatype): number | bigint | undefined {
  const trimmed = text.trim();
  if (datatype === 'bool' && /^(true|false)$/i.test(trimmed)) return trimmed.toLowerCase() === 'true' ? 1 : 0;
  if (plainInteger.test(trimmed) && !datatype.startsWith('float')) return BigInt(trimmed.replace(/^\+/, ''));
  return plainNumber.test(trimmed) ? Number(trimmed) : undefined;
}

function stringData(columns: readonly NamedVector[], info: TensorInfo, from: number, to: number, firstRow: number): StringData {
  const codes = new Int32Array((to - from) * columns.length);
  const indexOf = new Map<string, number>();
  const dictionary: string[] = [];
  const codeOf = (text: string): number => {
    let code = indexOf.get(text);
    if (code === undefined) {
      indexOf.set(text, (code = dictionary.length));
      dictionary.push(text);
    }
    return code;
  };
  columns.forEach(({ name, vector }, index) => {
    if (vector.kind === 'categorical') {
      const recoded = new Int32Array(vector.dictionary.length).fill(-1);
      for (let row = from, at = index; row < to; row++, at += columns.length) {
        const code = vector.codes[row];
        if (code < 0) {
          codes[at] = codeOf('');
          continue;
        }
        if (recoded[code] < 0) {
          const text = vector.dictionary[code];
          if (isMangled(text)) refuse(name, firstRow + row, info.name, 'string', JSON.stringify(text), 'the runtime takes no text with NUL or half a surrogate pair');
          recoded[code] = codeOf(text);
        }
        codes[at] = recoded[code];
      }
      return;
    }
    const { values, nulls, exact } = vector;
    for (let row = from, at = index; row < to; row++, at += columns.length) {
      const value = exact?.[row] ?? values[row];
      if (nulls?.[row]) codes[at] = codeOf('');
      else if (typeof value === 'number' && !Number.isFinite(value)) refuse(name, firstRow + row, info.name, 'string', String(value), 'it has no text form');
      else codes[at] = codeOf(String(value));
    }
  });
  return { codes, dictionary };
}

function refuse(column: string, row: number, input: string, datatype: Datatype, value: string, reason: string): never {
  throw new Problem('input-mismatch', `Column ${column}, row ${rowText(row)}: ${value} does not fit the ${datatype} input ${input}: ${reason}`);
}

function datatypeOf(info: TensorInfo): Datatype {
  if (Object.hasOwn(wireArrays, info.datatype)) return info.datatype as Datatype;
  throw new Problem('model-unsupported', `Input ${info.name} has type ${info.datatype}, which columns cannot feed`);
}

function shapeOf(columns: readonly NamedVector[], info: TensorInfo, rows: number): number[] {
  const width = columns.length;
  const rest = info.shape === null ? (width === 1 ? [] : [null]) : info.shape.slice(1);
  if (info.shape?.length === 0) throw new Problem('input-mismatch', `Input ${info.name} is a single value, not one per row`);
  const open = rest.filter((dimension) => typeof dimension !== 'number').length;
  const known = product(rest.filter((dimension) => typeof dimension === 'number'));
  if (open > 1 || (open === 0 && known !== width) || width % known !== 0) {
    const names = columns.length > 4 ? `${columns.length} columns` : `columns ${columns.map((column) => column.name).join(', ')}`;
    throw new Problem('input-mismatch', `Input ${info.name} has shape [${info.shape?.map((d) => d ?? '?').join(', ')}], which ${names} cannot fill`);
  }
  return [rows, ...rest.map((dimension) => (typeof dimension === 'number' ? dimension : width / known))];
}

function rowCount(vector: Vector): number {
  return vector.kind === 'numeric' ? vector.values.length : vector.codes.length;
}

function numericVector(tensor: Exclude<Tensor, { datatype: 'string' }>, rows: number, width: number, column: number): NumericVector {
  const values = new Float64Array(rows);
  if (tensor.datatype === 'float16') {
    for (let row = 0; row < rows; row++) values[row] = fromFloat16(tensor.data[row * width + column]);
    return { kind: 'numeric', values };
  }
  for (let row = 0; row < rows; row++) values[row] = Number(tensor.data[row * width + column]);
  if (tensor.datatype !== 'int64' && tensor.datatype !== 'uint64') return { kind: 'numeric', values };
  if (values.every((value) => Number.isSafeInteger(value))) return { kind: 'numeric', values };
  const wide = tensor.data;
  const exact = wide instanceof BigInt64Array ? new BigInt64Array(rows) : new BigUint64Array(rows);
  for (let row = 0; row < rows; row++) exact[row] = wide[row * width + column];
  return { kind: 'numeric', values, exact };
}

// ---- frames

/** Where one tensor lies in a frame's body. */
export interface TensorHeader {
  name: string;
  datatype: Datatype;
  shape: number[];
  offset: number;
  bytes: number;
  /** The dictionary of a string tensor, as JSON text behind the codes. */
  text?: { offset: number; bytes: number };
}

export interface Frame {
  header: object;
  body: ArrayBuffer;
}

const magic = 0x31574c53;
const preludeBytes = 16;
const headerBytesMax = 64 * 2 ** 20;
const bodyBytesMax = 2 ** 32;
/** Below this, one write of a joined copy is cheaper than a gathered write of many pieces. */
const joinBytesMax = 64 * 1024;

/** The bytes of one frame: magic, header length, body length, header as JSON, body. Large pieces are not copied, so they must not change until written. */
export function frame(header: object, body: readonly Uint8Array[] = []): Uint8Array[] {
  const bytes = body.reduce((total, piece) => total + piece.byteLength, 0);
  const json = Buffer.from(JSON.stringify(header));
  const prelude = Buffer.alloc(preludeBytes);
  prelude.writeUInt32LE(magic, 0);
  prelude.writeUInt32LE(json.length, 4);
  prelude.writeBigUInt64LE(BigInt(bytes), 8);
  return bytes <= joinBytesMax ? [Buffer.concat([prelude, json, ...body])] : [prelude, json, ...body];
}

/** Tensors as the pieces of a frame's body, each on an 8-byte boundary, and the headers that find them again. */
export function pack(tensors: TensorMap): { tensors: TensorHeader[]; body: Uint8Array[] } {
  const headers: TensorHeader[] = [];
  const body: Uint8Array[] = [];
  let bytes = 0;
  const add = (piece: Uint8Array): { offset: number; bytes: number } => {
    const offset = bytes;
    const padding = new Uint8Array(-piece.byteLength & 7);
    body.push(piece, padding);
    bytes += piece.byteLength + padding.length;
    return { offset, bytes: piece.byteLength };
  };
  for (const [name, tensor] of tensors) {
    const array = tensor.datatype === 'string' ? tensor.data.codes : tensor.data;
    const header: TensorHeader = { name, datatype: tensor.datatype, shape: tensor.shape, ...add(new Uint8Array(array.buffer, array.byteOffset, array.byteLength)) };
    if (tensor.datatype === 'string') header.text = add(Buffer.from(JSON.stringify(tensor.data.dictionary)));
    headers.push(header);
  }
  return { tensors: headers, body };
}

/** The tensors of a frame as views on its body. Checks every length, as the other side may have been taken over. */
export function unpack(headers: unknown, body: ArrayBuffer): TensorMap {
  const tensors: TensorMap = new Map();
  if (!Array.isArray(headers)) throw new Error('Frame without tensor headers');
  for (const header of headers as TensorHeader[]) tensors.set(header.name, view(header, body));
  return tensors;
}

/** Feeds chunks in any cut; calls back with each whole frame. Throws on bytes that are no frame. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Uint8Array) => void {
  const wanted = readFrames(onFrame);
  let target = wanted.next().value as Uint8Array;
  let filled = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + target.length - filled);
      target.set(part, filled);
      filled += part.length;
      at += part.length;
      while (filled === target.length) {
        target = wanted.next().value as Uint8Array;
        filled = 0;
      }
    }
  };
}

function* readFrames(onFrame: (frame: Frame) => void): Generator<Uint8Array, never, void> {
  for (;;) {
    const prelude = Buffer.alloc(preludeBytes);
    yield prelude;
    const headerBytes = prelude.readUInt32LE(4);
    const bodyBytes = Number(prelude.readBigUInt64LE(8));
    if (prelude.readUInt32LE(0) !== magic || headerBytes === 0 || headerBytes > headerBytesMax || bodyBytes > bodyBytesMax) {
      throw new Error('Bytes that are no frame');
    }
    const json = Buffer.alloc(headerBytes);
    yield json;
    const body = new Uint8Array(bodyBytes);
    if (bodyBytes > 0) yield body;
    onFrame({ header: JSON.parse(json.toString()) as object, body: body.buffer });
  }
}

function view(header: TensorHeader, body: ArrayBuffer): Tensor {
  const { name, datatype, shape, offset, bytes, text } = header;
  const wrong = (what: string): never => {
    throw new Error(`Frame with a wrong ${what} in tensor ${JSON.stringify(name)}`);
  };
  if (typeof name !== 'string' || !Object.hasOwn(wireArrays, datatype)) wrong('type');
  if (!Array.isArray(shape) || !shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0)) wrong('shape');
  const ArrayType = wireArrays[datatype];
  const length = product(shape);
  if (bytes !== length * ArrayType.BYTES_PER_ELEMENT || !within(offset, bytes, body) || offset % 8 !== 0) wrong('length');
  const array = new ArrayType(body, offset, length);
  if (datatype !== 'string') return { datatype, shape, data: array } as Tensor;
  if (text === undefined || !within(text.offset, text.bytes, body)) return wrong('dictionary');
  const codes = array as Int32Array;
  const dictionary: unknown = JSON.parse(Buffer.from(body, text.offset, text.bytes).toString());
  if (!Array.isArray(dictionary) || !dictionary.every((entry) => typeof entry === 'string')) return wrong('dictionary');
  if (codes.some((code) => code < 0 || code >= dictionary.length)) wrong('dictionary');
  return { datatype, shape, data: { codes, dictionary } };
}

function within(offset: number, bytes: number, body: ArrayBuffer): boolean {
  return Number.isSafeInteger(offset) && Number.isSafeInteger(bytes) && offset >= 0 && bytes >= 0 && offset + bytes <= body.byteLength;
}

/** Of numbers in memory; half precision as its bits. */
export const arrayTypes = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
} as const satisfies Record<NumericDatatype, unknown>;

/** Texts go as the codes of their dictionary. */
const wireArrays = { ...arrayTypes, string: Int32Array } as const;

function arrayOf(datatype: NumericDatatype, length: number): NumericData {
  return new arrayTypes[datatype](length);
}

/** How many elements a tensor of these dimensions has. */
export function product(dimensions: readonly number[]): number {
  return dimensions.reduce((total, dimension) => total * dimension, 1);
}
