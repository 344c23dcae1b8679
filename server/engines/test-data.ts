import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../problem.ts';
import { type Field, fileSource, WireError, WireReader } from './onnx-wire.ts';
import { stringTensor, type Tensor } from './tensor.ts';

/** A tensor as a file gives it; the name is empty where its writer left it out. */
export interface RecordedTensor {
  name: string;
  tensor: Tensor;
}

/** What a model was fed where it was made, and what it answered there. */
export interface TestDataSet {
  /** "test_data_set_0" */
  name: string;
  inputs: RecordedTensor[];
  outputs: RecordedTensor[];
}

const setsMax = 16;
const tensorsMax = 1024;
const fileBytesMax = 256 << 20;
const rankMax = 16;

/** Files of the test data beside a model, relative to its folder and in order; empty where there are none. */
export async function testDataFiles(folder: string): Promise<string[]> {
  const sets = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory() && /^test_data_set_\d+$/.test(entry.name)).map(({ name }) => name).sort(byNumber);
  if (sets.length > setsMax) throw new Problem('model-unsupported', `${folder} has ${sets.length} sets of test data, more than ${setsMax}`);
  const files: string[] = [];
  for (const set of sets) {
    const names = (await readdir(join(folder, set))).filter((name) => /^(input|output)_\d+\.pb$/.test(name)).sort(byNumber);
    files.push(...names.map((name) => `${set}/${name}`));
  }
  if (files.length > tensorsMax) throw new Problem('model-unsupported', `${folder} has ${files.length} files of test data, more than ${tensorsMax}`);
  return files;
}

/**
 * The test data that lies beside a model in ONNX's own layout, `test_data_set_<n>/input_<i>.pb` and `output_<i>.pb`, each
 * a serialized TensorProto. Exporters, the ONNX model zoo and its test runner use it.
 *
 * @throws Problem `model-unsupported` on a file that is not a tensor of a type that can be fed
 */
export function readTestData(folder: string, files: readonly string[]): TestDataSet[] {
  const sets = new Map<string, TestDataSet>();
  for (const file of files) {
    const [name, part] = file.split('/');
    const set = sets.get(name) ?? { name, inputs: [], outputs: [] };
    sets.set(name, set);
    (part.startsWith('input') ? set.inputs : set.outputs).push(readTensor(join(folder, file), file));
  }
  return [...sets.values()];
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function readTensor(path: string, called: string): RecordedTensor {
  const descriptor = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0));
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile() || found.size > fileBytesMax) throw new Problem('model-unsupported', `${called} is not a file of at most ${fileBytesMax >> 20} MiB`, { where: { path } });
    return parseTensor(new WireReader(fileSource(descriptor, found.size)), found.size);
  } catch (error) {
    if (error instanceof WireError || error instanceof RangeError) throw new Problem('model-unsupported', `${called} is not a tensor: ${error.message}`, { cause: error, where: { path } });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** Fields of TensorProto (onnx.proto): 1 dims, 2 data_type, 4–7, 10, 11 typed lists, 8 name, 9 raw_data, 13, 14 external data. */
function parseTensor(reader: WireReader, bytes: number): RecordedTensor {
  const shape: number[] = [];
  const texts: string[] = [];
  const lists = new Map<number, Field[]>();
  let type = 0;
  let name = '';
  let raw: Uint8Array | null = null;
  for (const field of reader.fields(0, bytes, 0)) {
    if (field.number === 1) shape.push(...reader.int64s(field, rankMax + 1).map(Number));
    else if (field.number === 2) type = reader.number(field);
    else if (field.number === 6) texts.push(reader.text(field, fileBytesMax));
    else if (field.number === 8) name = reader.text(field, 1 << 16);
    // Copied: the reader's window moves on, and typed arrays want their alignment.
    else if (field.number === 9) raw = Uint8Array.from(reader.bytes(field, fileBytesMax));
    else if (field.number === 13 || field.number === 14 || field.number === 3) throw new RangeError('it keeps its values elsewhere');
    else if ([4, 5, 7, 10, 11].includes(field.number)) lists.set(field.number, [...(lists.get(field.number) ?? []), field]);
  }
  const elements = shape.reduce((product, size) => product * size, 1);
  if (shape.length > rankMax || !shape.every((size) => Number.isSafeInteger(size) && size >= 0) || !(elements <= fileBytesMax)) throw new RangeError(`its shape is [${shape.slice(0, rankMax).join(', ')}]`);
  if (type === 8) {
    if (texts.length !== elements) throw new RangeError(`${texts.length} texts for ${elements} elements`);
    return { name, tensor: stringTensor(texts, shape) };
  }
  return { name, tensor: numericTensor(type, shape, elements, raw, (list) => listed(reader, lists.get(list) ?? [], list)) };
}

/** Values of a typed list, packed or not: floats, doubles or whole numbers. */
function listed(reader: WireReader, fields: Field[], list: number): (number | bigint)[] {
  return fields.flatMap((field): (number | bigint)[] => {
    if (list !== 4 && list !== 10) return reader.int64s(field, fileBytesMax);
    const size = list === 4 ? 4 : 8;
    const bytes = field.wire === 2 ? reader.bytes(field, fileBytesMax) : reader.source.read(field.start, field.end - field.start);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Array.from({ length: bytes.byteLength / size }, (_, index) => (size === 4 ? view.getFloat32(index * size, true) : view.getFloat64(index * size, true)));
  });
}

function numericTensor(type: number, shape: number[], elements: number, raw: Uint8Array | null, list: (number: number) => (number | bigint)[]): RecordedTensor['tensor'] {
  const numbers = (field: number): number[] => list(field).map(Number);
  const bigints = (field: number): bigint[] => list(field).map(BigInt);
  const held = <T extends { length: number }>(values: T): T => {
    if (values.length !== elements) throw new RangeError(`${values.length} values for ${elements} elements`);
    return values;
  };
  const buffer = raw === null ? null : (raw.buffer as ArrayBuffer);
  switch (type) {
    case 1: return { datatype: 'float32', shape, data: held(buffer ? new Float32Array(buffer) : Float32Array.from(numbers(4))) };
    case 2: return { datatype: 'uint8', shape, data: held(buffer ? new Uint8Array(buffer) : Uint8Array.from(numbers(5))) };
    case 3: return { datatype: 'int8', shape, data: held(buffer ? new Int8Array(buffer) : Int8Array.from(numbers(5))) };
    case 4: return { datatype: 'uint16', shape, data: held(buffer ? new Uint16Array(buffer) : Uint16Array.from(numbers(5))) };
    case 5: return { datatype: 'int16', shape, data: held(buffer ? new Int16Array(buffer) : Int16Array.from(numbers(5))) };
    case 6: return { datatype: 'int32', shape, data: held(buffer ? new Int32Array(buffer) : Int32Array.from(numbers(5))) };
    case 7: return { datatype: 'int64', shape, data: held(buffer ? new BigInt64Array(buffer) : BigInt64Array.from(bigints(7))) };
    case 9: return { datatype: 'bool', shape, data: held(buffer ? new Uint8Array(buffer) : Uint8Array.from(numbers(5))) };
    case 10: return { datatype: 'float16', shape, data: held(buffer ? new Uint16Array(buffer) : Uint16Array.from(numbers(5))) };
    case 11: return { datatype: 'float64', shape, data: held(buffer ? new Float64Array(buffer) : Float64Array.from(numbers(10))) };
    case 12: return { datatype: 'uint32', shape, data: held(buffer ? new Uint32Array(buffer) : Uint32Array.from(numbers(11))) };
    case 13: return { datatype: 'uint64', shape, data: held(buffer ? new BigUint64Array(buffer) : BigUint64Array.from(bigints(11))) };
    default: throw new RangeError(`elements of type ${type} cannot be fed`);
  }
}
