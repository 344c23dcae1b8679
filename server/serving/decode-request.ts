import type { TensorInfo } from '../../protocol/registry.ts';
import { arrayTypes, product, stringTensor, type Datatype, type Tensor, type TensorMap } from '../engines/tensor.ts';
import { Problem } from '../problem.ts';
import { isDatatype, wordOf } from './datatypes.ts';
import type { InferRequest, ParameterValue, RequestedOutput, Signature } from './infer-request.ts';
import { JsonReader, type JsonScalar } from './json-reader.ts';
import { tensorFromBytes, textFromBytes } from './tensor-bytes.ts';
import { type Announced, readTensor } from './tensor-json.ts';

export interface Limits {
  /** Of the JSON part of a body. */
  jsonBytesMax: number;
  /** Of a request, counting those that must be read one by one: all that are JSON, and all texts. */
  elementsMax: number;
  /** Of lists and objects within each other. */
  depthMax: number;
}

/**
 * Reads the body of an inference request: the JSON object of the Open Inference Protocol, and behind it the tensors that
 * it announces as binary, in their order, without a gap.
 *
 * @param jsonBytes length of the JSON part; null: the whole body is JSON; 0: there is none, the body is the only input
 * @throws Problem `infer-invalid` or `infer-too-large`, saying which tensor, what was expected and what came
 */
export function decodeRequest(body: Uint8Array, jsonBytes: number | null, signature: Signature, limits: Limits): InferRequest {
  if (jsonBytes === 0) return rawRequest(body, signature, limits);
  const json = body.subarray(0, jsonBytes ?? body.length);
  if (json.length > limits.jsonBytesMax) throw new Problem('infer-too-large', `The request's JSON has ${json.length} bytes, and ${limits.jsonBytesMax} are taken; send tensors as binary data, which takes a fraction`);
  const reader = new JsonReader(json, limits.depthMax);
  const { inputs, ...request } = readRequest(reader, signature, limits);
  return { ...request, inputs: inputsOf(inputs, body.subarray(json.length), jsonBytes === null, signature) };
}

/**
 * The header Inference-Header-Content-Length, which counts the bytes of the JSON part.
 *
 * @returns null where it is absent
 * @throws Problem `infer-invalid` where it is no number, too large for 32 bits, or more than the body has
 */
export function parseHeaderLength(value: string | undefined, bodyBytes: number): number | null {
  if (value === undefined) return null;
  const length = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (!(length <= 2 ** 31 - 1)) throw new Problem('infer-invalid', `Inference-Header-Content-Length is ${JSON.stringify(value.slice(0, 40))}, and must be the length of the JSON part in bytes, as digits`);
  if (length > bodyBytes) throw new Problem('infer-invalid', `Inference-Header-Content-Length is ${length}, and the body has only ${bodyBytes} bytes${bodyBytes === 0 ? '' : ' when it is not compressed'}`);
  return length;
}

// ---- the JSON part

type Invalid = (what: string) => never;

/** What callers send comes back in messages: a little of it. */
const messageCharactersMax = 1000;

const invalid: Invalid = (what) => {
  throw new Problem('infer-invalid', what.length > messageCharactersMax ? `${what.slice(0, messageCharactersMax)}…` : what);
};

interface Input extends Announced {
  info: TensorInfo;
  /** Null: there is none. */
  binaryBytes: number | null;
  /** Null until they have been read from JSON or bytes. */
  tensor: Tensor | null;
}

type Read = Omit<InferRequest, 'inputs'> & { inputs: Input[] };

function readRequest(reader: JsonReader, signature: Signature, limits: Limits): Read {
  const budget = { elements: limits.elementsMax, max: limits.elementsMax };
  const seen = onceEach('The request');
  let inputs: Input[] | null = null;
  let outputs: RequestedOutput[] | null = null;
  let id = '';
  let parameters = new Map<string, ParameterValue>();
  reader.readObject((key) => {
    switch (key) {
      case 'id':
        seen(key);
        id = textOr('', readScalar(reader, 'id'), 'id');
        return;
      case 'parameters':
        seen(key);
        parameters = readParameters(reader, 'the request');
        return;
      case 'inputs':
        seen(key);
        inputs = readInputs(reader, signature, budget);
        return;
      case 'outputs':
        seen(key);
        outputs = readOutputs(reader, signature);
        return;
      default:
        reader.skipValue();
    }
  });
  reader.end();
  if (inputs === null) return invalid(`The request has no inputs; it must list ${namesOf(signature.inputs)}`);

  const take = takerOf(parameters, 'parameter');
  return {
    id,
    inputs,
    outputs,
    binaryOutput: take.boolean('binary_data_output') ?? false,
    priority: take.count('priority'),
    timeoutUs: take.count('timeout'),
    sequenceId: take.sequenceId('sequence_id'),
    sequenceStart: take.boolean('sequence_start') ?? false,
    sequenceEnd: take.boolean('sequence_end') ?? false,
    parameters,
  };
}

interface Budget {
  elements: number;
  max: number;
}

function readInputs(reader: JsonReader, signature: Signature, budget: Budget): Input[] {
  const inputs: Input[] = [];
  reader.readList(() => {
    const input = readInput(reader, signature, budget, inputs.length);
    if (inputs.some(({ name }) => name === input.name)) invalid(`Input ${input.name} is there twice`);
    inputs.push(input);
  });
  return inputs;
}

function readInput(reader: JsonReader, signature: Signature, budget: Budget, index: number): Input {
  const seen = onceEach(`inputs[${index}]`);
  let name: string | undefined;
  let word: string | undefined;
  let shape: number[] | undefined;
  let parameters = new Map<string, ParameterValue>();
  let announced: Input | null = null;
  let dataAt = -1;
  reader.readObject((key) => {
    switch (key) {
      case 'name':
        seen(key);
        name = textOr(undefined, readScalar(reader, `name of inputs[${index}]`), `name of inputs[${index}]`);
        return;
      case 'datatype':
        seen(key);
        word = textOr(undefined, readScalar(reader, `datatype of inputs[${index}]`), `datatype of inputs[${index}]`);
        return;
      case 'shape':
        seen(key);
        shape = readShape(reader, name ?? `inputs[${index}]`);
        return;
      case 'parameters':
        seen(key);
        parameters = readParameters(reader, `inputs[${index}]`);
        return;
      case 'data':
        seen(key);
        dataAt = reader.at;
        announced = announce(name, word, shape, signature, index);
        // What data means comes behind it: it is read again then.
        if (announced === null) reader.skipValue();
        else announced.tensor = readData(reader, announced, budget);
        return;
      default:
        reader.skipValue();
    }
  });
  const input: Input = announced ?? announce(name, word, shape, signature, index) ?? invalid(`inputs[${index}] needs name, shape and datatype, and has no ${name === undefined ? 'name' : shape === undefined ? 'shape' : 'datatype'}`);
  if (dataAt !== -1 && input.tensor === null) {
    const behind = reader.at;
    reader.at = dataAt;
    input.tensor = readData(reader, input, budget);
    reader.at = behind;
  }
  refuseSharedMemory(parameters, `Input ${input.name}`);
  const take = takerOf(parameters, `input ${input.name}: parameter`);
  if (parameters.has('binary_data_size')) input.binaryBytes = take.count('binary_data_size');
  if (input.binaryBytes === null && input.tensor === null) invalid(`Input ${input.name} has neither data nor parameters.binary_data_size`);
  if (input.binaryBytes !== null && input.tensor !== null) invalid(`Input ${input.name} has both data and parameters.binary_data_size; send one of them`);
  if (input.binaryBytes !== null && input.datatype === 'string') spend(budget, input);
  return input;
}

function readData(reader: JsonReader, input: Input, budget: Budget): Tensor {
  spend(budget, input);
  return readTensor(reader, input);
}

function spend(budget: Budget, { name, elements }: Announced): void {
  budget.elements -= elements;
  if (budget.elements < 0) throw new Problem('infer-too-large', `Input ${name}: with its ${elements} elements the request has more than the ${budget.max} that are taken as JSON or text; send fewer rows at a time, or numbers as binary data`);
}

/** The tensor as name, datatype and shape say, checked against the signature; null while one of them is not known. */
function announce(name: string | undefined, word: string | undefined, shape: number[] | undefined, signature: Signature, index: number): Input | null {
  if (name === undefined || word === undefined || shape === undefined) return null;
  const info = signature.inputs.find((each) => each.name === name);
  if (info === undefined) return invalid(`inputs[${index}] is ${JSON.stringify(name)}, and the model takes ${namesOf(signature.inputs)}`);
  const datatype = datatypeOf(info);
  if (word !== wordOf[datatype]) return invalid(`Input ${name}: datatype ${word} came, and the model takes ${wordOf[datatype]}; convert it before you send it`);
  const elements = checkShape(info, shape);
  return { info, name, datatype, shape, elements, binaryBytes: null, tensor: null };
}

function datatypeOf({ name, datatype }: TensorInfo): Datatype {
  if (isDatatype(datatype)) return datatype;
  throw new Problem('model-unsupported', `Input ${name} has type ${datatype}, which the Open Inference Protocol has no word for`);
}

/** As many as numpy has. */
const rankMax = 64;

function readShape(reader: JsonReader, name: string): number[] {
  const shape: number[] = [];
  reader.readList(() => {
    const dimension = readScalar(reader, `shape of ${name}`);
    if (typeof dimension !== 'number' || !Number.isInteger(dimension) || dimension < 0 || dimension > 2 ** 31 - 1) invalid(`Input ${name}: dimension ${shape.length} of shape is ${String(dimension)}, and must be a whole number of 0 to ${2 ** 31 - 1}`);
    else shape.push(dimension);
    if (shape.length > rankMax) invalid(`Input ${name}: shape has more than ${rankMax} dimensions`);
  });
  return shape;
}

/** How many elements the shape has, once it fits what the model takes. */
function checkShape({ name, shape: expected }: TensorInfo, shape: readonly number[]): number {
  const shown = `Input ${name}: shape [${shape.join(', ')}] came`;
  if (expected !== null) {
    const takes = `the model takes [${expected.map((dimension) => dimension ?? -1).join(', ')}]`;
    if (shape.length !== expected.length) invalid(`${shown}, and ${takes}: ${expected.length} dimensions, not ${shape.length}`);
    const odd = expected.findIndex((dimension, axis) => typeof dimension === 'number' && dimension !== shape[axis]);
    if (odd !== -1) invalid(`${shown}, and ${takes}: dimension ${odd} must be ${expected[odd]}`);
  }
  const elements = shape.includes(0) ? 0 : product(shape);
  return Number.isSafeInteger(elements) ? elements : invalid(`${shown}, which has more elements than can be counted`);
}

function readOutputs(reader: JsonReader, signature: Signature): RequestedOutput[] | null {
  if (reader.takeNull()) return null;
  const outputs: RequestedOutput[] = [];
  reader.readList(() => {
    const output = readOutput(reader, signature, outputs.length);
    if (outputs.some(({ name }) => name === output.name)) invalid(`Output ${output.name} is asked for twice`);
    outputs.push(output);
  });
  return outputs.length === 0 ? null : outputs;
}

function readOutput(reader: JsonReader, signature: Signature, index: number): RequestedOutput {
  const seen = onceEach(`outputs[${index}]`);
  let name: string | undefined;
  let parameters = new Map<string, ParameterValue>();
  reader.readObject((key) => {
    switch (key) {
      case 'name':
        seen(key);
        name = textOr(undefined, readScalar(reader, `name of outputs[${index}]`), `name of outputs[${index}]`);
        return;
      case 'parameters':
        seen(key);
        parameters = readParameters(reader, `outputs[${index}]`);
        return;
      default:
        reader.skipValue();
    }
  });
  if (name === undefined) return invalid(`outputs[${index}] has no name`);
  const info = signature.outputs.find((each) => each.name === name);
  if (info === undefined) return invalid(`outputs[${index}] is ${JSON.stringify(name)}, and the model gives ${namesOf(signature.outputs)}`);
  refuseSharedMemory(parameters, `Output ${name}`);
  const take = takerOf(parameters, `output ${name}: parameter`);
  const classification = take.count('classification');
  if (classification > 0 && info.datatype === 'string') invalid(`Output ${name} is text, which has no largest elements; ask for it without classification`);
  return { name, binary: take.boolean('binary_data'), classification, parameters };
}

function refuseSharedMemory(parameters: Map<string, ParameterValue>, what: string): void {
  if (parameters.has('shared_memory_region')) invalid(`${what} is to lie in shared memory, which is not offered; send and ask for the tensor itself`);
}

// ---- small values

function readScalar(reader: JsonReader, what: string): JsonScalar {
  if (reader.isNested()) return invalid(`${what} is a list or an object, and must be a single value`);
  return reader.readScalar();
}

/** Null, as some clients write it, is absent. */
function textOr<Absent>(absent: Absent, value: JsonScalar, what: string): string | Absent {
  if (value === null) return absent;
  return typeof value === 'string' ? value : invalid(`${what} is ${String(value)}, and must be a string`);
}

function readParameters(reader: JsonReader, what: string): Map<string, ParameterValue> {
  const parameters = new Map<string, ParameterValue>();
  if (reader.takeNull()) return parameters;
  reader.readObject((name) => {
    const value = readScalar(reader, `Parameter ${name} of ${what}`);
    if (parameters.has(name)) invalid(`Parameter ${name} of ${what} is there twice`);
    if (typeof value === 'number' && !Number.isFinite(value)) invalid(`Parameter ${name} of ${what} is ${value}, which is no JSON`);
    if (value !== null) parameters.set(name, value);
  });
  return parameters;
}

/** Takes parameters out of the map, each as what it must be. */
function takerOf(parameters: Map<string, ParameterValue>, what: string) {
  const take = (name: string): ParameterValue | undefined => {
    const value = parameters.get(name);
    parameters.delete(name);
    return value;
  };
  return {
    boolean(name: string): boolean | null {
      const value = take(name) ?? null;
      return value === null || typeof value === 'boolean' ? value : invalid(`${what} ${name} is ${JSON.stringify(String(value))}, and must be true or false`);
    },
    count(name: string): number {
      const value = take(name) ?? 0;
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : invalid(`${what} ${name} is ${JSON.stringify(String(value))}, and must be a whole number of 0 to 2^53`);
    },
    /** Null for 0 and '', which are none. */
    sequenceId(name: string): string | bigint | null {
      const value = take(name) ?? '';
      if (typeof value === 'string') return value === '' ? null : value;
      const whole = typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)) ? BigInt(value) : -1n;
      if (whole < 0n || whole >= 2n ** 64n) return invalid(`${what} ${name} is ${String(value)}, and must be a string or a whole number of 0 to 2^64 - 1`);
      return whole === 0n ? null : whole;
    },
  };
}

function onceEach(what: string): (key: string) => void {
  const seen = new Set<string>();
  return (key) => {
    if (seen.has(key)) invalid(`${what} has ${key} twice`);
    seen.add(key);
  };
}

function namesOf(infos: readonly TensorInfo[]): string {
  return infos.map(({ name }) => name).join(', ') || 'none';
}

// ---- the binary part

function inputsOf(inputs: Input[], blobs: Uint8Array, headerAbsent: boolean, signature: Signature): TensorMap {
  let at = 0;
  for (const input of inputs) {
    if (input.binaryBytes === null) continue;
    if (input.binaryBytes > blobs.length - at) {
      invalid(`Input ${input.name}: its binary_data_size is ${input.binaryBytes}, and ${blobs.length - at} bytes are left for it${headerAbsent ? ', as without the header Inference-Header-Content-Length the whole body is JSON' : ''}`);
    }
    input.tensor = tensorFromBytes(blobs.subarray(at, at + input.binaryBytes), input);
    at += input.binaryBytes;
  }
  if (at !== blobs.length) invalid(`${blobs.length - at} bytes are left over behind the JSON and ${at} bytes of binary data; give every binary input its parameters.binary_data_size`);

  const tensors: TensorMap = new Map();
  for (const { name } of signature.inputs) {
    const tensor = inputs.find((each) => each.name === name)?.tensor;
    if (tensor != null) tensors.set(name, tensor);
  }
  const missing = signature.inputs.filter(({ name }) => !tensors.has(name));
  if (missing.length > 0) invalid(`${missing.length === 1 ? 'Input' : 'Inputs'} ${namesOf(missing)} ${missing.length === 1 ? 'is' : 'are'} missing; the model takes ${namesOf(signature.inputs)}`);
  checkSymbols(inputs);
  return tensors;
}

/** A symbol such as `batch` stands for one number throughout a model. */
function checkSymbols(inputs: readonly Input[]): void {
  const known = new Map<string, { name: string; dimension: number }>();
  for (const { name, shape, info } of inputs) {
    info.shape?.forEach((symbol, axis) => {
      if (typeof symbol !== 'string' || symbol === '') return;
      const first = known.get(symbol);
      if (first === undefined) known.set(symbol, { name, dimension: shape[axis] });
      else if (first.dimension !== shape[axis]) invalid(`Input ${name}: dimension ${axis} is ${shape[axis]}, and the same ${symbol} is ${first.dimension} in input ${first.name}`);
    });
  }
}

/** A body that is the elements of the only input and nothing else: one row, answered in binary. */
function rawRequest(body: Uint8Array, { inputs }: Signature, { elementsMax }: Limits): InferRequest {
  if (inputs.length !== 1) return invalid(`A body without JSON (Inference-Header-Content-Length: 0) is for models with one input; this one takes ${namesOf(inputs)}`);
  const [info] = inputs;
  const datatype = datatypeOf(info);
  const shape = rawShape(info, datatype, body.length);
  const elements = product(shape);
  const announced = { name: info.name, datatype, shape, elements };
  if (datatype === 'string') spend({ elements: elementsMax, max: elementsMax }, announced);
  const tensor = datatype === 'string' ? stringTensor([textFromBytes(body, info.name, 0)], shape) : tensorFromBytes(body, announced);
  return { id: '', parameters: new Map(), inputs: new Map([[info.name, tensor]]), outputs: null, binaryOutput: true, priority: 0, timeoutUs: 0, sequenceId: null, sequenceStart: false, sequenceEnd: false };
}

/** A first dimension that is free counts rows where others follow, and is 1; one other may be free, and is what the bytes make it. */
function rawShape({ name, shape }: TensorInfo, datatype: Datatype, bytes: number): number[] {
  const shown = `Input ${name}: its shape`;
  const send = 'send JSON with the shape before the bytes';
  if (shape === null) return invalid(`${shown} is not known to the model, so a body without JSON cannot say it; ${send}`);
  const row = shape.map((dimension, axis) => (typeof dimension === 'number' ? dimension : axis === 0 && shape.length > 1 ? 1 : null));
  const free = row.filter((dimension) => dimension === null).length;
  const known = row.reduce<number>((total, dimension) => total * (dimension ?? 1), 1);
  const written = `[${shape.map((dimension) => dimension ?? -1).join(', ')}]`;
  if (free > 1) return invalid(`${shown} ${written} cannot be told from the bytes, as ${free} dimensions are free; ${send}`);
  if (datatype === 'string') {
    if (known !== 1) return invalid(`${shown} ${written} holds ${known} elements a row, and a body without JSON is one; ${send}`);
    return row.map((dimension) => dimension ?? 1);
  }
  if (free === 0) return row.map((dimension) => dimension ?? 1);
  const part = known * arrayTypes[datatype].BYTES_PER_ELEMENT;
  if (part === 0 || bytes % part !== 0) return invalid(`${shown} ${written} in ${wordOf[datatype]} takes a multiple of ${part} bytes, and ${bytes} came`);
  return row.map((dimension) => dimension ?? bytes / part);
}
