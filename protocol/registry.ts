/** What a model file says about itself, and whether it may be loaded: read from the file, never by running it. */

/** One input or output. A dimension is a number, a symbol, or null when the file leaves it open; a null shape has no known rank. */
export interface TensorInfo {
  name: string;
  /** `float32`, `int64`, `string`, …; other ONNX types are written out, such as `sequence(map(int64, float32))`. */
  datatype: string;
  shape: (number | string | null)[] | null;
}

export interface OperatorCount {
  domain: string;
  operator: string;
  count: number;
}

export interface InitializerInfo {
  name: string;
  datatype: string;
  shape: number[];
  bytes: number;
  /** Location of the external file that holds the values, relative to the model. */
  external?: string;
}

export interface ExternalFile {
  /** Path relative to the model's folder, as the model writes it. */
  location: string;
  /** Bytes the model needs of it: the largest offset + length. */
  bytesNeeded: number;
}

/** Class labels of a classifier. Integer labels are text too, so that 64 bits survive JSON. */
export interface ClassLabels {
  kind: 'string' | 'int64';
  labels: string[];
}

/** A sequence-of-maps output that is replaced on load by the probability tensor behind it. */
export interface ZipMapOutput {
  /** Name of the output in the file. */
  output: string;
  /** Name of the tensor that takes its place. */
  tensor: string;
  classes: ClassLabels;
}

export interface ModelSummary {
  bytes: number;
  externalBytes: number;
  irVersion: number;
  opsets: { domain: string; version: number }[];
  producer: { name: string; version: string };
  domain: string;
  modelVersion: string;
  description: string;
  metadata: { key: string; value: string }[];
  graph: string;
  inputs: TensorInfo[];
  outputs: TensorInfo[];
  zipMaps: ZipMapOutput[];
  /** From ZipMap, or from the classifier operator; null where the model names no classes. */
  classes: ClassLabels | null;
  /** Nodes in the main graph, its subgraphs and its functions as written. */
  nodeCount: number;
  /** The same with every function call replaced by its body. */
  nodeCountExpanded: number;
  parameterCount: number;
  /** Most frequent first. */
  operators: OperatorCount[];
  /** Largest first. */
  initializers: InitializerInfo[];
  externalFiles: ExternalFile[];
}

export type AdmissionRule =
  | 'not-onnx'
  | 'regular-file'
  | 'size'
  | 'wire-format'
  | 'depth'
  | 'limits'
  | 'ir-version'
  | 'opsets'
  | 'names'
  | 'io-types'
  | 'operators'
  | 'functions'
  | 'unused-nodes'
  | 'initializers'
  | 'external-data'
  | 'memory'
  | 'control-flow'
  | 'dynamic-shape'
  | 'truncated';

export interface AdmissionFinding {
  rule: AdmissionRule;
  message: string;
}

export type Admission =
  | { admitted: true; summary: ModelSummary; warnings: AdmissionFinding[] }
  /** `incomplete`: the file may still be being written; look again before calling it bad. */
  | { admitted: false; incomplete: boolean; refusals: AdmissionFinding[]; warnings: AdmissionFinding[] };
