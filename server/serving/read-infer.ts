import type { TensorInfo } from '../../protocol/registry.ts';
import { product, type Datatype, type Tensor, type TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { wordOf } from './datatypes.ts';
import type { Signature } from './infer-request.ts';
import { JsonReader, type JsonScalar } from './json-reader.ts';
import { tensorFromBytes } from './tensor-bytes.ts';
import { readTensor } from './tensor-json.ts';

const depthMax = 100;

/**
 * Reads the reply to an inference request, of any server that speaks the Open Inference Protocol: binary tensors, and JSON
 * where it did not do as it was asked.
 *
 * @param jsonBytes length of the JSON part; null: the whole body is JSON
 * @throws Problem `remote-failed`, naming the output, where the reply is not what its own words say
 */
export function readInfer(body: Uint8Array, jsonBytes: number | null): TensorMap {
  return asRemote('reply', () => {
    const reader = new JsonReader(body.subarray(0, jsonBytes ?? body.length), depthMax);
    const outputs: Output[] = [];
    reader.readObject((key) => {
      if (key === 'outputs') reader.readList(() => outputs.push(readOutput(reader)));
      else reader.skipValue();
    });
    reader.end();

    const tensors: TensorMap = new Map();
    let at = jsonBytes ?? body.length;
    for (const { name, datatype, shape, tensor, binaryBytes } of outputs) {
      if (tensors.has(name)) refuse(`output ${name} is there twice`);
      if (tensor !== null) {
        tensors.set(name, tensor);
        continue;
      }
      if (binaryBytes === null) return refuse(`output ${name} has neither data nor parameters.binary_data_size`);
      if (at + binaryBytes > body.length) refuse(`output ${name} should have ${binaryBytes} bytes, and ${body.length - at} are left`);
      tensors.set(name, tensorFromBytes(body.subarray(at, at + binaryBytes), { name, datatype, shape, elements: product(shape) }));
      at += binaryBytes;
    }
    if (at !== body.length) refuse(`${body.length - at} bytes are left over behind the outputs`);
    return tensors;
  });
}

/** The signature that `GET /v2/models/{model}` tells. @throws Problem `remote-failed` where it is none */
export function readSignature(body: Uint8Array): Signature {
  return asRemote('metadata', () => {
    const reader = new JsonReader(body, depthMax);
    const signature: { inputs: TensorInfo[] | null; outputs: TensorInfo[] | null } = { inputs: null, outputs: null };
    reader.readObject((key) => {
      if (key !== 'inputs' && key !== 'outputs') return reader.skipValue();
      const infos: TensorInfo[] = [];
      reader.readList(() => infos.push(readInfo(reader)));
      signature[key] = infos;
    });
    reader.end();
    const { inputs, outputs } = signature;
    if (inputs === null || outputs === null) return refuse('it lists no inputs or no outputs');
    return { inputs, outputs };
  });
}

interface Output {
  name: string;
  datatype: Datatype;
  shape: number[];
  binaryBytes: number | null;
  tensor: Tensor | null;
}

function readOutput(reader: JsonReader): Output {
  let binaryBytes: number | null = null;
  let dataAt = -1;
  const { name, word, shape } = readHead(reader, (key) => {
    if (key === 'data') {
      // Its form may be told behind it.
      dataAt = reader.at;
      reader.skipValue();
    } else if (key === 'parameters' && !reader.takeNull()) {
      reader.readObject((parameter) => {
        if (parameter === 'binary_data_size') binaryBytes = wholeNumber(reader.readScalar(), 'binary_data_size');
        else reader.skipValue();
      });
    } else if (key !== 'parameters') reader.skipValue();
  });
  const datatype = datatypeOf(name, word);
  if (shape.some((dimension) => dimension < 0)) refuse(`output ${name} has shape [${shape.join(', ')}]`);
  if (binaryBytes !== null || dataAt === -1) return { name, datatype, shape, binaryBytes, tensor: null };
  const behind = reader.at;
  reader.at = dataAt;
  const tensor = readTensor(reader, { name, datatype, shape, elements: product(shape) });
  reader.at = behind;
  return { name, datatype, shape, binaryBytes, tensor };
}

function readInfo(reader: JsonReader): TensorInfo {
  const { name, word, shape } = readHead(reader, () => reader.skipValue());
  return { name, datatype: datatypeOf(name, word), shape: shape.map((dimension) => (dimension < 0 ? null : dimension)) };
}

/** Name, datatype and shape; what else is there is the caller's to read. */
function readHead(reader: JsonReader, other: (key: string) => void): { name: string; word: string; shape: number[] } {
  let name: JsonScalar = null;
  let word: JsonScalar = null;
  let shape: number[] | null = null;
  reader.readObject((key) => {
    if (key === 'name') name = reader.readScalar();
    else if (key === 'datatype') word = reader.readScalar();
    else if (key === 'shape') shape = readShape(reader);
    else other(key);
  });
  if (typeof name !== 'string' || typeof word !== 'string' || shape === null) return refuse('a tensor needs name, datatype and shape');
  return { name, word, shape };
}

function readShape(reader: JsonReader): number[] {
  const shape: number[] = [];
  // Some servers write dimensions as text.
  reader.readList(() => shape.push(wholeNumber(Number(reader.readScalar()), 'a dimension', -1)));
  return shape;
}

function wholeNumber(value: JsonScalar, what: string, least = 0): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) return refuse(`${what} is ${String(value)}`);
  return value;
}

function datatypeOf(name: string, word: string): Datatype {
  const datatype = (Object.keys(wordOf) as Datatype[]).find((each) => wordOf[each] === word);
  return datatype ?? refuse(`tensor ${name} has datatype ${word}, which this runtime has not`);
}

function refuse(what: string): never {
  throw new Problem('remote-failed', what);
}

/** What would be the fault of a caller is here that of the remote model. */
function asRemote<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof Problem) throw new Problem('remote-failed', `The remote model's ${what} cannot be read: ${error.message.replace(/^Input /, 'output ')}`, { cause: error });
    throw error;
  }
}
