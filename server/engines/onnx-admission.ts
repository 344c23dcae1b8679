import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import type { Admission, AdmissionFinding, AdmissionRule, ModelSummary, TensorInfo } from '../../protocol/registry.ts';
import { ExternalDataError, openExternal } from './onnx-external.ts';
import { bytesOf, expandedCost, functionKey, type Graph, intsOf, type Model, type Node, nodesIn, nodesOf, type Opset, readModel, smallValues, type SparseTensor, subgraphs, summarize, type TensorRecord, tensorsOf } from './onnx-graph.ts';
import { fileSource, type Source, WireError, type WireReader } from './onnx-wire.ts';
import { effectiveOutputs } from './onnx-zipmap.ts';
import { product } from './tensor.ts';

export interface AdmissionOptions {
  /** Operator domains beside ai.onnx, ai.onnx.ml and com.microsoft. */
  domains?: readonly string[];
  /** Largest tensor the graph may build from constants alone. */
  constantBytesMax?: number;
}

const GiB = 2 ** 30;
const modelBytesMax = 2 * GiB;
const externalBytesMax = 20 * GiB;
const constantBytesMaxDefault = GiB;
const expandedNodesMax = 200_000;
/** The runtime's graph passes take time that grows with the square of nodes nothing depends on. */
const unusedNodesMax = 2_000;
const nameLengthMax = 1_024;
const domainsAllowed = ['', 'ai.onnx.ml', 'com.microsoft'];
const irVersionMin = 3;

/** Operators that load native code or compiled graphs from elsewhere. */
const operatorsRefused = new Set(['com.microsoft EPContext', 'com.microsoft PythonOp', 'com.microsoft PyOp', 'com.microsoft ExternalCustomOp']);

const feedable = new Set(['float64', 'float32', 'float16', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64', 'bool', 'string']);

/** Names that mean something else as keys of a JavaScript object. */
const reservedNames = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype', '__proto__']);

/** Beginnings of files that people rename to .onnx. */
const otherFormats: [name: string, bytes: number[]][] = [
  ['a zip archive (a PyTorch or Keras file?)', [0x50, 0x4b, 0x03, 0x04]],
  ['an empty zip archive', [0x50, 0x4b, 0x05, 0x06]],
  ['a gzip file', [0x1f, 0x8b]],
  ['an HDF5 file (a Keras model?)', [0x89, 0x48, 0x44, 0x46]],
  ['a Python pickle', [0x80, 0x02]],
  ['a Python pickle', [0x80, 0x03]],
  ['a Python pickle', [0x80, 0x04]],
  ['a Python pickle', [0x80, 0x05]],
  ['a 7z archive', [0x37, 0x7a, 0xbc, 0xaf]],
  ['an xz file', [0xfd, 0x37, 0x7a, 0x58]],
  ['a bzip2 file', [0x42, 0x5a, 0x68]],
  ['a Zstandard file', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a Parquet file', [0x50, 0x41, 0x52, 0x31]],
  ['a GGUF file', [0x47, 0x47, 0x55, 0x46]],
  ['a program', [0x7f, 0x45, 0x4c, 0x46]],
  ['a program', [0x4d, 0x5a, 0x90]],
  ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
  ['a PDF document', [0x25, 0x50, 0x44, 0x46]],
  ['a Git LFS pointer; fetch the real file with git lfs pull', [...Buffer.from('version https://git-lfs')]],
  ['JSON or text', [0x7b, 0x22]],
];

/** Reads a model file and decides, without running anything in it, whether a host may load it. Steps over its weights. */
export function admit(file: string, options: AdmissionOptions = {}): Admission {
  let descriptor: number;
  try {
    // A named pipe would block an ordinary open until somebody writes to it.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    return refusal('regular-file', `The file cannot be opened: ${messageOf(error)}`);
  }
  try {
    return admitOpen(descriptor, file, options);
  } finally {
    closeSync(descriptor);
  }
}

/** The same of a file that is open already; `file` is where it lies, for the files beside it. */
export function admitOpen(descriptor: number, file: string, options: AdmissionOptions = {}): Admission {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) return refusal('regular-file', 'It is not a regular file');
  if (stat.size === 0) return refusal('truncated', 'The file is empty', true);
  if (stat.size > modelBytesMax) return refusal('size', `The file has ${stat.size} bytes; protobuf ends at ${modelBytesMax}. Export with external data`);
  const source = fileSource(descriptor, stat.size);
  try {
    return judge(file, source, options);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (error.fault === 'truncated') return refusal('truncated', error.message, true);
    if (error.fault === 'malformed' && isZeroFrom(source, error.offset)) return refusal('truncated', `From byte ${error.offset} on the file holds only zeros: its writer has not filled it yet`, true);
    return refusal(error.fault === 'malformed' ? 'wire-format' : error.fault, error.message);
  }
}

function judge(file: string, source: Source, options: AdmissionOptions): Admission {
  const head = source.read(0, Math.min(32, source.bytes));
  const other = otherFormats.find(([, bytes]) => bytes.every((byte, i) => head[i] === byte));
  if (other) return refusal('not-onnx', `It is ${other[0]}, not an ONNX model`);

  const parsed = readModel(source);
  const { model, reader } = parsed;
  const summary = summarize(parsed);
  const external = checkExternalData(file, model);
  const refusals = [
    ...checkVersions(model),
    ...checkNames(model.graph),
    ...checkInterface(summary),
    ...checkOperators(model, options.domains ?? []),
    ...checkSize(model),
    ...checkTensors(model),
    ...external.refusals,
    ...checkConstants(model, reader, options.constantBytesMax ?? constantBytesMaxDefault),
  ];
  const warnings = warn(model, reader);
  if (refusals.length > 0) return { admitted: false, incomplete: external.incomplete && refusals.length === external.refusals.length, refusals, warnings };
  return { admitted: true, summary, warnings };
}

function isZeroFrom(source: Source, offset: number): boolean {
  const piece = 2 ** 20;
  for (let at = offset; at < source.bytes; at += piece) {
    if (source.read(at, Math.min(piece, source.bytes - at)).some((byte) => byte !== 0)) return false;
  }
  return true;
}

function refusal(rule: AdmissionRule, message: string, incomplete = false): Admission {
  return { admitted: false, incomplete, refusals: [{ rule, message }], warnings: [] };
}

function checkVersions(model: Model): AdmissionFinding[] {
  const findings: AdmissionFinding[] = [];
  if (model.irVersion < irVersionMin) findings.push({ rule: 'ir-version', message: `IR version ${model.irVersion} is older than ${irVersionMin}, or missing` });
  const functionDomains = new Set(model.functions.map((body) => body.domain));
  findings.push(...checkOpsets('The model', model.opsets, nodesIn(model.graph.nodes), functionDomains));
  for (const body of model.functions) findings.push(...checkOpsets(`Function ${body.name}`, body.opsets, nodesIn(body.nodes), functionDomains));
  return findings;
}

function checkOpsets(owner: string, opsets: readonly Opset[], nodes: Iterable<Node>, functionDomains: ReadonlySet<string>): AdmissionFinding[] {
  const imported = new Map<string, number>();
  const findings: AdmissionFinding[] = [];
  for (const { domain, version } of opsets) {
    // Exporters do write one import twice; two versions leave open which operators are meant.
    const other = imported.get(domain) ?? version;
    if (other !== version) findings.push({ rule: 'opsets', message: `${owner} imports ${domain || 'ai.onnx'} at version ${other} and at ${version}` });
    if (!(version >= 1 && version <= 10_000)) findings.push({ rule: 'opsets', message: `${owner} imports ${domain || 'ai.onnx'} at version ${version}` });
    imported.set(domain, version);
  }
  const missing = new Set([...nodes].map((node) => node.domain).filter((domain) => !imported.has(domain) && !functionDomains.has(domain)));
  for (const domain of missing) findings.push({ rule: 'opsets', message: `${owner} uses operators of ${domain || 'ai.onnx'} and does not import it` });
  return findings;
}

function checkNames(graph: Graph): AdmissionFinding[] {
  const findings: AdmissionFinding[] = [];
  for (const [what, values] of [['input', graph.inputs], ['output', graph.outputs]] as const) {
    const seen = new Set<string>();
    for (const { name } of values) {
      const wrong =
        name === '' ? 'has no name'
        : name.length > nameLengthMax ? `has a name of ${name.length} characters`
        : reservedNames.has(name) ? 'has a name that scripts use for something else'
        : /[\u0000-\u001f\u007f]/.test(name) ? 'has control characters in its name'
        : seen.has(name) ? 'is there twice'
        : undefined;
      if (wrong) findings.push({ rule: 'names', message: `The ${what} ${JSON.stringify(name.slice(0, 80))} ${wrong}` });
      seen.add(name);
    }
  }
  return findings;
}

function checkInterface({ inputs, outputs, zipMaps }: ModelSummary): AdmissionFinding[] {
  const findings: AdmissionFinding[] = [];
  const describe = (info: TensorInfo): string => `${info.name} has type ${info.datatype}, which cannot enter or leave the runtime`;
  for (const input of inputs) if (!feedable.has(input.datatype)) findings.push({ rule: 'io-types', message: `Input ${describe(input)}` });
  const served = effectiveOutputs(outputs, zipMaps);
  for (const output of served) {
    if (!feedable.has(output.datatype) && !/^(sequence|map|optional)\(/.test(output.datatype)) findings.push({ rule: 'io-types', message: `Output ${describe(output)}` });
  }
  for (const { name, shape } of [...inputs, ...served]) {
    const wrong = shape?.find((dimension) => typeof dimension === 'number' && (dimension < 0 || !Number.isSafeInteger(dimension)));
    if (wrong !== undefined) findings.push({ rule: 'io-types', message: `${name} declares a dimension of ${wrong}` });
  }
  if (!served.some((output) => feedable.has(output.datatype))) findings.push({ rule: 'io-types', message: 'No output is a tensor' });
  return findings;
}

function checkOperators(model: Model, extraDomains: readonly string[]): AdmissionFinding[] {
  const allowed = new Set([...domainsAllowed, ...extraDomains]);
  const bodies = new Set<string>();
  const findings: AdmissionFinding[] = [];
  for (const body of model.functions) {
    const key = functionKey(body.domain, body.name, body.overload);
    if (bodies.has(key)) findings.push({ rule: 'functions', message: `Function ${body.domain}.${body.name} is defined twice` });
    if (domainsAllowed.includes(body.domain)) findings.push({ rule: 'functions', message: `Function ${body.name} takes the place of an operator of ${body.domain || 'ai.onnx'}` });
    bodies.add(key);
  }
  const refused = new Set<string>();
  for (const node of nodesOf(model)) {
    if (bodies.has(functionKey(node.domain, node.operator, node.overload))) continue;
    if (node.operator === '' || !allowed.has(node.domain) || operatorsRefused.has(`${node.domain} ${node.operator}`)) refused.add(`${node.domain || 'ai.onnx'}.${node.operator || '(no name)'}`);
  }
  for (const name of refused) findings.push({ rule: 'operators', message: `Operator ${name} is not on the list of allowed ones` });
  return findings;
}

function checkSize(model: Model): AdmissionFinding[] {
  const findings: AdmissionFinding[] = [];
  const cost = expandedCost(model);
  if (cost.nodes === Infinity) findings.push({ rule: 'functions', message: 'Functions call each other in a circle' });
  else if (cost.nodes > expandedNodesMax) findings.push({ rule: 'functions', message: `With every function call replaced by its body the graph has ${cost.nodes} nodes, more than ${expandedNodesMax}` });
  else if (cost.bytes > modelBytesMax) findings.push({ rule: 'functions', message: `With every function call replaced by its body the constants take ${cost.bytes} bytes, more than ${modelBytesMax}` });
  const unused = unusedNodes(model.graph);
  if (unused > unusedNodesMax) findings.push({ rule: 'unused-nodes', message: `${unused} nodes lead to no output, more than ${unusedNodesMax}` });
  return findings;
}

/** Nodes that no graph output depends on, in this graph and the ones inside it. */
function unusedNodes(graph: Graph): number {
  const producer = new Map<string, Node>();
  for (const node of graph.nodes) for (const output of node.outputs) producer.set(output, node);
  const used = new Set<Node>();
  const open = graph.outputs.map((output) => output.name);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producer.get(name);
    if (!node || used.has(node)) continue;
    used.add(node);
    for (const needed of namesUsed(node)) open.push(needed);
  }
  const inside = [...used].flatMap(subgraphs).reduce((total, inner) => total + unusedNodes(inner), 0);
  return graph.nodes.length - used.size + inside;
}

/** Inputs of a node, and all a graph inside it takes from the graph around. */
function* namesUsed(node: Node): Generator<string, void, void> {
  yield* node.inputs;
  for (const inner of subgraphs(node)) {
    for (const output of inner.outputs) yield output.name;
    for (const nested of inner.nodes) yield* namesUsed(nested);
  }
}

function checkTensors(model: Model): AdmissionFinding[] {
  const findings: AdmissionFinding[] = [];
  const names = new Set<string>();
  for (const tensor of model.graph.initializers) {
    if (names.has(tensor.name)) findings.push({ rule: 'initializers', message: `Initializer ${tensor.name} is there twice` });
    names.add(tensor.name);
  }
  for (const tensor of tensorsOf(model)) {
    const wrong = tensorFault(tensor);
    if (wrong) findings.push({ rule: 'initializers', message: `Tensor ${tensor.name || `at byte ${tensor.at}`} ${wrong}` });
    if (findings.length >= findingsMax) break;
  }
  return findings;
}

/** A hostile file can be wrong a million times over; nobody reads more than this. */
const findingsMax = 20;

function tensorFault(tensor: TensorRecord): string | undefined {
  if (tensor.elementBytes === 0 && tensor.datatype !== 'string') return `has the element type ${tensor.datatype}`;
  if (tensor.shape.some((dimension) => !Number.isSafeInteger(dimension) || dimension < 0)) return `has shape [${tensor.shape.join(', ')}]`;
  const count = product(tensor.shape);
  if (!Number.isSafeInteger(count)) return `has shape [${tensor.shape.join(', ')}]`;
  if (tensor.elements === null) return undefined;
  // Half-byte types round up to whole bytes.
  const held = tensor.elementBytes < 1 && tensor.datatype !== 'string' ? Math.abs(tensor.elements - count) < 1 / tensor.elementBytes : tensor.elements === count;
  return held ? undefined : `has shape [${tensor.shape.join(', ')}] for ${count} values, and holds ${tensor.elements}`;
}

function checkExternalData(file: string, model: Model): { refusals: AdmissionFinding[]; incomplete: boolean } {
  const byLocation = new Map<string, TensorRecord[]>();
  for (const tensor of tensorsOf(model)) {
    if (!tensor.external) continue;
    const location = tensor.external.get('location') ?? '';
    const tensors = byLocation.get(location);
    if (tensors) tensors.push(tensor);
    else byLocation.set(location, [tensor]);
  }
  const refusals: AdmissionFinding[] = [];
  let incomplete = true;
  let filesBytes = 0;
  let tensorsBytes = 0;
  const refuse = (location: string, message: string, maybeLater = false): void => {
    refusals.push({ rule: 'external-data', message: `External data ${JSON.stringify(location.slice(0, 200))}: ${message}` });
    incomplete &&= maybeLater;
  };
  for (const [location, tensors] of byLocation) {
    if (refusals.length >= findingsMax) break;
    let bytes: number;
    try {
      const opened = openExternal(file, location);
      closeSync(opened.descriptor);
      bytes = opened.bytes;
    } catch (error) {
      refuse(location, error instanceof ExternalDataError ? error.message : messageOf(error), error instanceof ExternalDataError && error.missing);
      continue;
    }
    filesBytes += bytes;
    for (const tensor of tensors) {
      tensorsBytes += bytesOf(tensor);
      const span = spanOf(tensor);
      if (typeof span === 'string') refuse(location, `Tensor ${tensor.name}: ${span}`);
      else if (span.end > bytes) refuse(location, `Tensor ${tensor.name} ends at byte ${span.end}, the file at ${bytes}`, true);
      if (refusals.length >= findingsMax) break;
    }
  }
  if (filesBytes > externalBytesMax) refuse('', `${filesBytes} bytes in all, more than ${externalBytesMax}`);
  // Tied weights share a place; a thousand tensors on one place are a way to fill memory.
  if (refusals.length === 0 && tensorsBytes > 2 * filesBytes) refuse('', `The tensors take ${tensorsBytes} bytes from files of ${filesBytes}`);
  return { refusals, incomplete: incomplete && refusals.length > 0 };
}

function spanOf(tensor: TensorRecord): { end: number } | string {
  const decimal = (key: string): number | undefined => {
    const text = tensor.external?.get(key);
    return text === undefined ? undefined : /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  };
  const offset = decimal('offset') ?? 0;
  const needed = bytesOf(tensor);
  const length = decimal('length') ?? needed;
  if (Number.isNaN(offset) || Number.isNaN(length)) return 'its offset or length is no number';
  if (tensor.datatype === 'string') return 'text cannot be outside the model';
  if (length !== needed) return `its shape needs ${needed} bytes, and it declares ${length}`;
  return { end: offset + length };
}

// ---- constants that grow

interface Scope {
  /** Constants already followed: a graph can lead to one in exponentially many ways. */
  known: Map<string, number[] | null>;
  initializers: Map<string, TensorRecord>;
  producers: Map<string, Node>;
  outer: Scope | null;
}

/** Refuses tensors that constants alone make too large: 155 bytes of file can ask for 16 GB. */
function checkConstants(model: Model, reader: WireReader, bytesMax: number): AdmissionFinding[] {
  const findings: AdmissionFinding[] = [];
  const visit = (nodes: readonly Node[], scope: Scope): void => {
    for (const node of nodes) {
      const bytes = constantBytes(node, scope, reader);
      if (bytes !== null && bytes > bytesMax && findings.length < findingsMax) {
        findings.push({ rule: 'memory', message: `${node.operator} for ${node.outputs[0]} makes a tensor of ${bytes} bytes from constants, more than ${bytesMax}` });
      }
      for (const sparse of node.attributes.flatMap((attribute) => attribute.sparseTensors)) findings.push(...checkSparse(sparse, bytesMax));
      for (const graph of subgraphs(node)) enter(graph, scope);
    }
  };
  const enter = (graph: Graph, outer: Scope | null): void => {
    for (const sparse of graph.sparseInitializers) findings.push(...checkSparse(sparse, bytesMax));
    visit(graph.nodes, scopeOf(graph.nodes, graph.initializers, outer));
  };
  enter(model.graph, null);
  for (const body of model.functions) visit(body.nodes, scopeOf(body.nodes, [], null));
  return findings;
}

/** The runtime writes sparse tensors out in full. */
function checkSparse(sparse: SparseTensor, bytesMax: number): AdmissionFinding[] {
  const bytes = product(sparse.shape) * Math.max(1, sparse.values?.elementBytes ?? 1);
  if (sparse.shape.every((dimension) => Number.isSafeInteger(dimension) && dimension >= 0) && bytes <= bytesMax) return [];
  return [{ rule: 'memory', message: `The sparse tensor at byte ${sparse.at} takes ${bytes} bytes when written out, more than ${bytesMax}` }];
}

function scopeOf(nodes: readonly Node[], initializers: readonly TensorRecord[], outer: Scope | null): Scope {
  return {
    known: new Map(),
    initializers: new Map(initializers.map((tensor) => [tensor.name, tensor])),
    producers: new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const))),
    outer,
  };
}

/** Bytes of a node's output as far as constants fix it; null when they do not. */
function constantBytes(node: Node, scope: Scope, reader: WireReader): number | null {
  if (node.domain !== '') return null;
  const input = (index: number): number[] | null => constantOf(node.inputs[index] ?? '', scope, reader);
  const attribute = (name: string): number[] | null => {
    const found = node.attributes.find((candidate) => candidate.name === name);
    return found === undefined ? null : intsOf(found, reader);
  };
  const sized = (shape: number[] | null, bytes = 4): number | null => (shape === null ? null : product(shape.map((dimension) => Math.max(0, dimension))) * bytes);
  switch (node.operator) {
    case 'ConstantOfShape':
      return sized(input(0), node.attributes.find((candidate) => candidate.name === 'value')?.tensors[0]?.elementBytes || 4);
    case 'Expand':
      return sized(input(1));
    case 'Tile': {
      const repeats = input(1);
      return sized(repeats && [...repeats, ...(shapeOf(node.inputs[0], scope) ?? [])]);
    }
    case 'Range': {
      const [start, limit, delta] = [input(0), input(1), input(2)];
      return start && limit && delta ? sized([Math.ceil((limit[0] - start[0]) / delta[0]) || 0], 8) : null;
    }
    case 'RandomNormal':
    case 'RandomUniform':
      return sized(attribute('shape'));
    case 'OneHot':
      return sized(input(1));
    case 'Pad': {
      const pads = input(1) ?? attribute('pads');
      const half = (pads?.length ?? 0) / 2;
      return sized(pads && pads.slice(0, half).map((pad, i) => Math.max(1, pad + pads[i + half])));
    }
    case 'Resize':
      return sized(input(3));
    default:
      return null;
  }
}

const constantElementsMax = 64;
const constantDepthMax = 64;

/** A short tensor whose values the file fixes, followed through the operators exporters put between constant and use. */
function constantOf(name: string, scope: Scope | null, reader: WireReader, depth = 0): number[] | null {
  if (!scope || name === '' || depth > constantDepthMax) return null;
  const known = scope.known.get(name);
  if (known !== undefined) return known;
  const tensor = scope.initializers.get(name);
  const node = scope.producers.get(name);
  const values = tensor ? smallValues(tensor, reader) : node ? computed(node, scope, reader, depth) : constantOf(name, scope.outer, reader, depth + 1);
  const kept = values && values.length <= constantElementsMax ? values : null;
  scope.known.set(name, kept);
  return kept;
}

function computed(node: Node, scope: Scope, reader: WireReader, depth: number): number[] | null {
  if (node.domain !== '') return null;
  const input = (index: number): number[] | null => constantOf(node.inputs[index] ?? '', scope, reader, depth + 1);
  switch (node.operator) {
    case 'Constant': {
      const value = node.attributes[0];
      if (value?.name === 'value' && value.tensors[0]) return smallValues(value.tensors[0], reader);
      return value?.name === 'value_ints' || value?.name === 'value_int' ? intsOf(value, reader) : null;
    }
    case 'Identity': case 'Cast': case 'Unsqueeze': case 'Squeeze': case 'Reshape': case 'Flatten':
      return input(0);
    case 'Concat': {
      if (node.inputs.length > constantElementsMax) return null;
      const parts = node.inputs.map((_, index) => input(index));
      return parts.every((part) => part !== null) ? parts.flat() : null;
    }
    case 'Mul': case 'Add': {
      const [a, b] = [input(0), input(1)];
      if (!a || !b || (a.length !== b.length && a.length !== 1 && b.length !== 1)) return null;
      const at = (values: number[], i: number): number => values[values.length === 1 ? 0 : i];
      return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => (node.operator === 'Mul' ? at(a, i) * at(b, i) : at(a, i) + at(b, i)));
    }
    default:
      return null;
  }
}

function shapeOf(name: string, scope: Scope): number[] | null {
  const node = scope.producers.get(name);
  const tensor = scope.initializers.get(name) ?? (node?.operator === 'Constant' ? node.attributes[0]?.tensors[0] : undefined);
  return tensor ? tensor.shape : null;
}

// ---- warnings

const sizedByInput: Record<string, number> = { ConstantOfShape: 0, Expand: 1, Tile: 1, Range: 1 };

function warn(model: Model, reader: WireReader): AdmissionFinding[] {
  const warnings: AdmissionFinding[] = [];
  const control = new Map<string, number>();
  for (const node of nodesOf(model)) {
    if (node.domain === '' && ['Loop', 'Scan', 'If'].includes(node.operator)) control.set(node.operator, (control.get(node.operator) ?? 0) + 1);
  }
  for (const [operator, count] of control) warnings.push({ rule: 'control-flow', message: `${count} ${operator} ${count === 1 ? 'node decides' : 'nodes decide'} at run time what is computed; a deadline is what bounds it` });

  const dynamic = new Map<string, number>();
  const visit = (nodes: readonly Node[], scope: Scope): void => {
    for (const node of nodes) {
      if (node.domain === '' && Object.hasOwn(sizedByInput, node.operator) && constantOf(node.inputs[sizedByInput[node.operator]] ?? '', scope, reader) === null) {
        dynamic.set(node.operator, (dynamic.get(node.operator) ?? 0) + 1);
      }
      for (const graph of subgraphs(node)) visit(graph.nodes, scopeOf(graph.nodes, graph.initializers, scope));
    }
  };
  visit(model.graph.nodes, scopeOf(model.graph.nodes, model.graph.initializers, null));
  for (const body of model.functions) visit(body.nodes, scopeOf(body.nodes, [], null));
  for (const [operator, count] of dynamic) warnings.push({ rule: 'dynamic-shape', message: `${count} ${operator} ${count === 1 ? 'node sizes its output' : 'nodes size their outputs'} by data; a memory cap is what bounds it` });

  const unused = unusedNodes(model.graph);
  if (unused > 0) warnings.push({ rule: 'unused-nodes', message: `${unused} nodes lead to no output` });
  return warnings;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
