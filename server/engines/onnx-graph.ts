import type { ClassLabels, ExternalFile, InitializerInfo, ModelSummary, OperatorCount, TensorInfo, ZipMapOutput } from '../../protocol/registry.ts';
import { type Field, type Source, WireError, WireReader } from './onnx-wire.ts';
import { product } from './tensor.ts';

/** An ONNX file as written, without its weights. Field numbers below are those of onnx.proto. */
export interface Model {
  bytes: number;
  irVersion: number;
  producerName: string;
  producerVersion: string;
  domain: string;
  modelVersion: bigint;
  description: string;
  metadata: { key: string; value: string }[];
  opsets: Opset[];
  graph: Graph;
  functions: FunctionBody[];
}

export interface Opset {
  domain: string;
  version: number;
}

export interface Graph {
  name: string;
  nodes: Node[];
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  valueInfos: ValueSpan[];
  initializers: TensorRecord[];
  sparseInitializers: SparseTensor[];
}

export interface ValueSpan {
  name: string;
  field: Field;
}

export interface FunctionBody {
  name: string;
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  opsets: Opset[];
  nodes: Node[];
}

export interface Node {
  field: Field;
  operator: string;
  /** '' for ai.onnx. */
  domain: string;
  overload: string;
  inputs: string[];
  outputs: string[];
  attributes: Attribute[];
}

export interface Attribute {
  name: string;
  field: Field;
  tensors: TensorRecord[];
  sparseTensors: SparseTensor[];
  graphs: Graph[];
}

export interface TensorRecord {
  name: string;
  shape: number[];
  datatype: string;
  /** Bytes per element in memory; 0 where it depends on the values (string) or the type is unknown. */
  elementBytes: number;
  /** Elements held in the file; null when the values are outside it. */
  elements: number | null;
  /** Payload of `raw_data`, or of the typed list. */
  values: Field | null;
  external: Map<string, string> | null;
  /** Where its message begins, tag and all, and ends. */
  at: number;
  end: number;
}

export interface SparseTensor {
  values: TensorRecord | null;
  shape: number[];
  at: number;
}

export interface ParsedModel {
  model: Model;
  reader: WireReader;
}

/** ONNX element types by number: name and bytes per element (half bytes for packed 4-bit types). */
const elementTypes: Record<number, [name: string, bytes: number]> = {
  1: ['float32', 4], 2: ['uint8', 1], 3: ['int8', 1], 4: ['uint16', 2], 5: ['int16', 2], 6: ['int32', 4], 7: ['int64', 8],
  8: ['string', 0], 9: ['bool', 1], 10: ['float16', 2], 11: ['float64', 8], 12: ['uint32', 4], 13: ['uint64', 8],
  14: ['complex64', 8], 15: ['complex128', 16], 16: ['bfloat16', 2], 17: ['float8e4m3fn', 1], 18: ['float8e4m3fnuz', 1],
  19: ['float8e5m2', 1], 20: ['float8e5m2fnuz', 1], 21: ['uint4', 0.5], 22: ['int4', 0.5], 23: ['float4e2m1', 0.5], 24: ['float8e8m0', 1],
  25: ['uint2', 0.25], 26: ['int2', 0.25],
};

const nameBytesMax = 64 * 1024;
const textBytesMax = 16 * 2 ** 20;
/** Nodes, their ends, attributes, tensors, values: everything that is kept in memory. The largest exported graphs have some 500,000. */
const itemsMax = 2_000_000;
const metadataBytesMax = 64 * 2 ** 20;
const callDepthMax = 64;
const rankMax = 64;

/** Reads the whole structure of an ONNX file and steps over its weights. Throws WireError where it does not parse. */
export function readModel(source: Source): ParsedModel {
  const reader = new WireReader(source);
  return { reader, model: new ModelParser(reader).model(source.bytes) };
}

export function summarize({ model, reader }: ParsedModel): ModelSummary {
  const { graph } = model;
  const nodes = [...nodesOf(model)];
  const tensors = [...graph.initializers];
  const zipMaps = zipMapsOf(graph, reader);
  const externalFiles = externalFilesOf(tensorsOf(model));
  const initialized = new Set(graph.initializers.map((tensor) => tensor.name));
  return {
    bytes: model.bytes,
    externalBytes: externalFiles.reduce((total, file) => total + file.bytesNeeded, 0),
    irVersion: model.irVersion,
    opsets: model.opsets.map(({ domain, version }) => ({ domain: domain || 'ai.onnx', version })),
    producer: { name: model.producerName, version: model.producerVersion },
    domain: model.domain,
    modelVersion: String(model.modelVersion),
    description: model.description,
    metadata: model.metadata,
    graph: graph.name,
    inputs: graph.inputs.filter((input) => !initialized.has(input.name)),
    outputs: graph.outputs,
    zipMaps,
    classes: zipMaps[0]?.classes ?? classifierLabels(nodes, reader),
    nodeCount: nodes.length,
    nodeCountExpanded: expandedCost(model).nodes,
    parameterCount: tensors.reduce((total, tensor) => total + product(tensor.shape), 0),
    operators: countOperators(nodes),
    initializers: tensors.map(initializerInfo).sort((a, b) => b.bytes - a.bytes),
    externalFiles,
  };
}

/** Every node of the main graph, of subgraphs and of functions, as written. */
export function* nodesOf(model: Model): Generator<Node, void, void> {
  yield* nodesIn(model.graph.nodes);
  for (const body of model.functions) yield* nodesIn(body.nodes);
}

export function* nodesIn(nodes: readonly Node[]): Generator<Node, void, void> {
  for (const node of nodes) {
    yield node;
    for (const graph of subgraphs(node)) yield* nodesIn(graph.nodes);
  }
}

export function subgraphs(node: Node): Graph[] {
  return node.attributes.flatMap((attribute) => attribute.graphs);
}

/** Every tensor in the file: initializers at any depth, constants in attributes, values of sparse tensors. */
export function* tensorsOf(model: Model): Generator<TensorRecord, void, void> {
  yield* tensorsInGraph(model.graph);
  for (const body of model.functions) yield* tensorsInNodes(body.nodes);
}

function* tensorsInGraph(graph: Graph): Generator<TensorRecord, void, void> {
  yield* graph.initializers;
  for (const sparse of graph.sparseInitializers) if (sparse.values) yield sparse.values;
  yield* tensorsInNodes(graph.nodes);
}

function* tensorsInNodes(nodes: readonly Node[]): Generator<TensorRecord, void, void> {
  for (const node of nodes) {
    for (const attribute of node.attributes) {
      yield* attribute.tensors;
      for (const sparse of attribute.sparseTensors) if (sparse.values) yield sparse.values;
      for (const graph of attribute.graphs) yield* tensorsInGraph(graph);
    }
  }
}

export function bytesOf(tensor: TensorRecord): number {
  return Math.ceil(product(tensor.shape) * tensor.elementBytes);
}

export function functionKey(domain: string, name: string, overload: string): string {
  return JSON.stringify([domain, name, overload]);
}

/**
 * Nodes and constant bytes after every call of a model-local function is replaced by its body, computed without
 * replacing any. Infinity when functions call each other in a circle, or too deep to follow.
 */
export function expandedCost(model: Model): { nodes: number; bytes: number } {
  const bodies = new Map(model.functions.map((body) => [functionKey(body.domain, body.name, body.overload), body]));
  const known = new Map<FunctionBody, { nodes: number; bytes: number }>();
  const open = new Set<FunctionBody>();

  const costOf = (nodes: readonly Node[]): { nodes: number; bytes: number } => {
    const total = { nodes: 0, bytes: 0 };
    for (const node of nodes) {
      const body = bodies.get(functionKey(node.domain, node.operator, node.overload));
      const cost = body ? costOfBody(body) : { nodes: 1, bytes: 0 };
      total.nodes += cost.nodes;
      total.bytes += cost.bytes;
      for (const attribute of node.attributes) {
        for (const tensor of attribute.tensors) total.bytes += bytesOf(tensor);
        for (const graph of attribute.graphs) {
          const inner = costOf(graph.nodes);
          total.nodes += inner.nodes;
          total.bytes += inner.bytes + graph.initializers.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
        }
      }
    }
    return total;
  };
  const costOfBody = (body: FunctionBody): { nodes: number; bytes: number } => {
    const seen = known.get(body);
    if (seen) return seen;
    if (open.has(body) || open.size >= callDepthMax) return { nodes: Infinity, bytes: Infinity };
    open.add(body);
    const cost = costOf(body.nodes);
    open.delete(body);
    known.set(body, cost);
    return cost;
  };
  return costOf(model.graph.nodes);
}

/** ZipMap nodes behind a graph output, with the tensor each one wraps. */
export function zipMapsOf(graph: Graph, reader: WireReader): ZipMapOutput[] {
  const byOutput = new Map(graph.nodes.filter((node) => node.operator === 'ZipMap' && node.domain === 'ai.onnx.ml').map((node) => [node.outputs[0], node]));
  return graph.outputs.flatMap((output) => {
    const node = byOutput.get(output.name);
    const classes = node && labelsOf(node, reader);
    return node && classes && node.inputs.length === 1 ? [{ output: output.name, tensor: node.inputs[0], classes }] : [];
  });
}

function classifierLabels(nodes: readonly Node[], reader: WireReader): ClassLabels | null {
  for (const node of nodes) {
    if (node.domain !== 'ai.onnx.ml' || !node.operator.endsWith('Classifier')) continue;
    const labels = labelsOf(node, reader);
    if (labels) return labels;
  }
  return null;
}

const labelsMax = 100_000;

/** `classlabels_strings`, or one of the two spellings of its integer twin. */
function labelsOf(node: Node, reader: WireReader): ClassLabels | null {
  const labels: string[] = [];
  const find = (name: string): Attribute | undefined => node.attributes.find((attribute) => attribute.name === name);
  const add = (field: Field, label: string): void => {
    if (labels.length === labelsMax) throw new WireError('limits', `More than ${labelsMax} class labels`, field.at);
    labels.push(label);
  };
  const strings = find('classlabels_strings');
  for (const field of strings ? fieldsOf(strings, reader) : []) if (field.number === 9) add(field, reader.text(field, nameBytesMax));
  if (labels.length > 0) return { kind: 'string', labels };
  const integers = find('classlabels_int64s') ?? find('classlabels_ints');
  for (const field of integers ? fieldsOf(integers, reader) : []) {
    if (field.number === 8) for (const label of reader.int64s(field, labelsMax + 1)) add(field, String(label));
  }
  return labels.length > 0 ? { kind: 'int64', labels } : null;
}

function fieldsOf(attribute: Attribute, reader: WireReader): Generator<Field, void, void> {
  return reader.fields(attribute.field.start, attribute.field.end, 1);
}

/** Values of a small constant as numbers; null when it is large, outside the file, or not numeric. */
export function smallValues(tensor: TensorRecord, reader: WireReader, most = 64): number[] | null {
  const count = product(tensor.shape);
  if (tensor.values === null || count > most || tensor.elements !== count) return count === 0 ? [] : null;
  if (tensor.values.number !== 9) {
    return tensor.values.number === 7 || tensor.values.number === 5 ? reader.int64s(tensor.values, most).map(Number) : null;
  }
  const raw = reader.bytes(tensor.values, most * 16);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const at = (index: number): number => {
    switch (tensor.datatype) {
      case 'int64': return Number(view.getBigInt64(index * 8, true));
      case 'int32': return view.getInt32(index * 4, true);
      case 'float32': return view.getFloat32(index * 4, true);
      case 'float64': return view.getFloat64(index * 8, true);
      default: return NaN;
    }
  };
  const values = Array.from({ length: count }, (_, index) => at(index));
  return values.some(Number.isNaN) ? null : values;
}

/** Values of an `int` or a short `ints` attribute; null when it has more. */
export function intsOf(attribute: Attribute, reader: WireReader, most = 64): number[] | null {
  const values: number[] = [];
  for (const field of fieldsOf(attribute, reader)) {
    if (field.number === 3 || field.number === 8) values.push(...reader.int64s(field, most + 1).map(Number));
    if (values.length > most) return null;
  }
  return values;
}

export function externalFilesOf(tensors: Iterable<TensorRecord>): ExternalFile[] {
  const needed = new Map<string, number>();
  for (const tensor of tensors) {
    if (!tensor.external) continue;
    const location = tensor.external.get('location') ?? '';
    const end = Number(tensor.external.get('offset') ?? 0) + bytesOf(tensor);
    needed.set(location, Math.max(needed.get(location) ?? 0, end));
  }
  return [...needed].map(([location, bytesNeeded]) => ({ location, bytesNeeded }));
}

function initializerInfo(tensor: TensorRecord): InitializerInfo {
  const info: InitializerInfo = { name: tensor.name, datatype: tensor.datatype, shape: tensor.shape, bytes: tensor.datatype === 'string' && tensor.values ? tensor.values.end - tensor.values.start : bytesOf(tensor) };
  const location = tensor.external?.get('location');
  return location === undefined ? info : { ...info, external: location };
}

function countOperators(nodes: readonly Node[]): OperatorCount[] {
  const counts = new Map<string, OperatorCount>();
  for (const { domain, operator } of nodes) {
    const key = JSON.stringify([domain, operator]);
    const entry = counts.get(key) ?? { domain: domain || 'ai.onnx', operator, count: 0 };
    entry.count++;
    counts.set(key, entry);
  }
  return [...counts.values()].sort((a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1));
}

/** Walks the messages of onnx.proto. A message field that may occur once must: protobuf would merge two, and readers differ in how. */
class ModelParser {
  #reader: WireReader;
  #items = 0;
  #metadataBytes = 0;

  constructor(reader: WireReader) {
    this.#reader = reader;
  }

  model(bytes: number): Model {
    const reader = this.#reader;
    const model: Partial<Model> & Pick<Model, 'metadata' | 'opsets' | 'functions'> = { metadata: [], opsets: [], functions: [] };
    const once = new Once();
    for (const field of reader.fields(0, bytes, 1)) {
      switch (field.number) {
        case 1: model.irVersion = reader.number(field); break;
        case 2: model.producerName = reader.text(field, nameBytesMax); break;
        case 3: model.producerVersion = reader.text(field, nameBytesMax); break;
        case 4: model.domain = reader.text(field, nameBytesMax); break;
        case 5: model.modelVersion = reader.int64(field); break;
        case 6: model.description = reader.text(field, textBytesMax); break;
        case 7: model.graph = this.#graph(once.see(field), 2); break;
        case 8: model.opsets.push(this.#opset(this.#keep(field))); break;
        case 14:
          this.#metadataBytes += field.end - field.start;
          if (this.#metadataBytes > metadataBytesMax) throw new WireError('limits', `More than ${metadataBytesMax} bytes of metadata`, field.at);
          model.metadata.push(this.#entry(this.#keep(field), 2));
          break;
        case 20: throw new WireError('malformed', 'Training information, which is not for inference,', field.at);
        case 25: model.functions.push(this.#function(this.#keep(field))); break;
      }
    }
    if (!model.graph || model.opsets.length === 0) {
      throw new WireError('truncated', model.graph ? 'The operator set versions are missing; the file ends' : 'The graph is missing; the file ends', bytes);
    }
    return { bytes, irVersion: 0, producerName: '', producerVersion: '', domain: '', modelVersion: 0n, description: '', ...model, graph: model.graph };
  }

  #graph(field: Field, depth: number): Graph {
    const reader = this.#reader;
    const graph: Graph = { name: '', nodes: [], inputs: [], outputs: [], valueInfos: [], initializers: [], sparseInitializers: [] };
    for (const part of this.#message(field, depth)) {
      switch (part.number) {
        case 1: graph.nodes.push(this.#node(this.#keep(part), depth + 1)); break;
        case 2: graph.name = reader.text(part, nameBytesMax); break;
        case 5: graph.initializers.push(this.#tensor(this.#keep(part), depth + 1)); break;
        case 11: graph.inputs.push(this.#value(this.#keep(part), depth + 1)); break;
        case 12: graph.outputs.push(this.#value(this.#keep(part), depth + 1)); break;
        case 13: graph.valueInfos.push({ name: this.#value(this.#keep(part), depth + 1).name, field: part }); break;
        case 15: graph.sparseInitializers.push(this.#sparse(this.#keep(part), depth + 1)); break;
      }
    }
    return graph;
  }

  #function(field: Field): FunctionBody {
    const reader = this.#reader;
    const body: FunctionBody = { name: '', domain: '', overload: '', inputs: [], outputs: [], opsets: [], nodes: [] };
    for (const part of this.#message(field, 2)) {
      switch (part.number) {
        case 1: body.name = reader.text(part, nameBytesMax); break;
        case 4: body.inputs.push(reader.text(this.#keep(part), nameBytesMax)); break;
        case 5: body.outputs.push(reader.text(this.#keep(part), nameBytesMax)); break;
        case 7: body.nodes.push(this.#node(this.#keep(part), 3)); break;
        case 9: body.opsets.push(this.#opset(this.#keep(part))); break;
        case 10: body.domain = domainOf(reader.text(part, nameBytesMax)); break;
        case 13: body.overload = reader.text(part, nameBytesMax); break;
      }
    }
    return body;
  }

  #node(field: Field, depth: number): Node {
    const reader = this.#reader;
    const node: Node = { field, operator: '', domain: '', overload: '', inputs: [], outputs: [], attributes: [] };
    for (const part of this.#message(field, depth)) {
      switch (part.number) {
        case 1: node.inputs.push(reader.text(this.#keep(part), nameBytesMax)); break;
        case 2: node.outputs.push(reader.text(this.#keep(part), nameBytesMax)); break;
        case 4: node.operator = reader.text(part, nameBytesMax); break;
        case 5: node.attributes.push(this.#attribute(this.#keep(part), depth + 1)); break;
        case 7: node.domain = domainOf(reader.text(part, nameBytesMax)); break;
        case 8: node.overload = reader.text(part, nameBytesMax); break;
      }
    }
    return node;
  }

  #attribute(field: Field, depth: number): Attribute {
    const attribute: Attribute = { name: '', field, tensors: [], sparseTensors: [], graphs: [] };
    const once = new Once();
    for (const part of this.#message(field, depth)) {
      switch (part.number) {
        case 1: attribute.name = this.#reader.text(part, nameBytesMax); break;
        case 5: attribute.tensors.push(this.#tensor(once.see(part), depth + 1)); break;
        case 6: attribute.graphs.push(this.#graph(once.see(part), depth + 1)); break;
        case 10: attribute.tensors.push(this.#tensor(this.#keep(part), depth + 1)); break;
        case 11: attribute.graphs.push(this.#graph(this.#keep(part), depth + 1)); break;
        case 22: attribute.sparseTensors.push(this.#sparse(once.see(part), depth + 1)); break;
        case 23: attribute.sparseTensors.push(this.#sparse(this.#keep(part), depth + 1)); break;
      }
    }
    return attribute;
  }

  #tensor(field: Field, depth: number): TensorRecord {
    const reader = this.#reader;
    const tensor: TensorRecord = { name: '', shape: [], datatype: 'undefined', elementBytes: 0, elements: 0, values: null, external: null, at: field.at, end: field.end };
    const external = new Map<string, string>();
    let isExternal = false;
    let elements = 0;
    let rawBytes = 0;
    for (const part of this.#message(field, depth)) {
      switch (part.number) {
        case 1:
          tensor.shape.push(...reader.int64s(part, rankMax + 1).map(Number));
          if (tensor.shape.length > rankMax) throw new WireError('limits', `A tensor of more than ${rankMax} dimensions`, part.at);
          break;
        case 2: [tensor.datatype, tensor.elementBytes] = elementTypes[reader.number(part)] ?? [`type ${reader.number(part)}`, 0]; break;
        case 3: throw new WireError('malformed', 'A tensor in segments', part.at);
        case 4: elements += part.wire === 5 ? 1 : (part.end - part.start) / 4; tensor.values = part; break;
        case 10: elements += part.wire === 1 ? 1 : (part.end - part.start) / 8; tensor.values = part; break;
        case 5: case 7: case 11: elements += reader.countVarints(part); tensor.values = part; break;
        case 6: reader.expectBytes(part); elements++; tensor.values = part; break;
        case 8: tensor.name = reader.text(part, nameBytesMax); break;
        case 9: reader.expectBytes(part); rawBytes = part.end - part.start; tensor.values = part; break;
        case 13: {
          const { key, value } = this.#entry(this.#keep(part), depth + 1);
          external.set(key, value);
          break;
        }
        case 14: isExternal = reader.number(part) === 1; break;
      }
    }
    if (isExternal || external.size > 0) return { ...tensor, external, elements: null };
    // Raw bytes win over typed lists, as in every reader; 4-bit types are packed in both.
    if (tensor.values?.number === 9 && tensor.elementBytes > 0) elements = rawBytes / tensor.elementBytes;
    else if (tensor.elementBytes > 0 && tensor.elementBytes < 1) elements /= tensor.elementBytes;
    else if (tensor.datatype.startsWith('complex')) elements /= 2;
    return { ...tensor, elements };
  }

  #sparse(field: Field, depth: number): SparseTensor {
    const sparse: SparseTensor = { values: null, shape: [], at: field.at };
    const once = new Once();
    for (const part of this.#message(field, depth)) {
      switch (part.number) {
        case 1: sparse.values = this.#tensor(once.see(part), depth + 1); break;
        case 2: this.#tensor(once.see(part), depth + 1); break;
        case 3: sparse.shape.push(...this.#reader.int64s(part, rankMax).map(Number)); break;
      }
    }
    return sparse;
  }

  #value(field: Field, depth: number): TensorInfo {
    const info: TensorInfo = { name: '', datatype: 'undefined', shape: null };
    const once = new Once();
    for (const part of this.#message(field, depth)) {
      if (part.number === 1) info.name = this.#reader.text(part, nameBytesMax);
      if (part.number === 2) Object.assign(info, this.#type(once.see(part), depth + 1));
    }
    return info;
  }

  #type(field: Field, depth: number): Pick<TensorInfo, 'datatype' | 'shape'> {
    let type: Pick<TensorInfo, 'datatype' | 'shape'> = { datatype: 'undefined', shape: null };
    const once = new Once();
    const inner = (part: Field, number: number): string => {
      const nested = [...this.#message(part, depth + 1)].find((candidate) => candidate.number === number);
      return nested ? this.#type(nested, depth + 2).datatype : 'undefined';
    };
    for (const part of this.#message(field, depth)) {
      switch (part.number) {
        case 1: type = this.#tensorType(once.see(part), depth + 1); break;
        case 4: type = { datatype: `sequence(${inner(once.see(part), 1)})`, shape: null }; break;
        case 5: {
          const key = [...this.#message(once.see(part), depth + 1)].find((candidate) => candidate.number === 1);
          type = { datatype: `map(${key ? elementName(this.#reader.number(key)) : 'undefined'}, ${inner(part, 2)})`, shape: null };
          break;
        }
        case 8: type = { datatype: `sparse(${this.#tensorType(once.see(part), depth + 1).datatype})`, shape: null }; break;
        case 9: type = { datatype: `optional(${inner(once.see(part), 1)})`, shape: null }; break;
      }
    }
    return type;
  }

  #tensorType(field: Field, depth: number): Pick<TensorInfo, 'datatype' | 'shape'> {
    const type: Pick<TensorInfo, 'datatype' | 'shape'> = { datatype: 'undefined', shape: null };
    const once = new Once();
    for (const part of this.#message(field, depth)) {
      if (part.number === 1) type.datatype = elementName(this.#reader.number(part));
      if (part.number === 2) {
        type.shape = [...this.#message(once.see(part), depth + 1)].filter((dimension) => dimension.number === 1).map((dimension) => this.#dimension(dimension, depth + 2));
        if (type.shape.length > rankMax) throw new WireError('limits', `A shape of more than ${rankMax} dimensions`, part.at);
      }
    }
    return type;
  }

  #dimension(field: Field, depth: number): number | string | null {
    let dimension: number | string | null = null;
    for (const part of this.#message(field, depth)) {
      if (part.number === 1) dimension = this.#reader.number(part);
      if (part.number === 2) dimension = this.#reader.text(part, nameBytesMax) || null;
    }
    return dimension;
  }

  #opset(field: Field): Opset {
    const opset: Opset = { domain: '', version: 0 };
    for (const part of this.#message(field, 3)) {
      if (part.number === 1) opset.domain = domainOf(this.#reader.text(part, nameBytesMax));
      if (part.number === 2) opset.version = this.#reader.number(part);
    }
    return opset;
  }

  #entry(field: Field, depth: number): { key: string; value: string } {
    const entry = { key: '', value: '' };
    for (const part of this.#message(field, depth)) {
      if (part.number === 1) entry.key = this.#reader.text(part, nameBytesMax);
      if (part.number === 2) entry.value = this.#reader.text(part, textBytesMax);
    }
    return entry;
  }

  /** Counts what will be kept. */
  #keep(field: Field): Field {
    if (++this.#items > itemsMax) throw new WireError('limits', `More than ${itemsMax} nodes, tensors and names`, field.at);
    return field;
  }

  #message(field: Field, depth: number): Generator<Field, void, void> {
    this.#reader.expectBytes(field);
    return this.#reader.fields(field.start, field.end, depth);
  }
}

class Once {
  #seen = new Set<number>();

  see(field: Field): Field {
    if (this.#seen.has(field.number)) throw new WireError('malformed', `Field ${field.number} occurs twice where once is allowed`, field.at);
    this.#seen.add(field.number);
    return field;
  }
}

function elementName(type: number): string {
  return elementTypes[type]?.[0] ?? `type ${type}`;
}

function domainOf(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}
