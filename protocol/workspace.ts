import type { Task } from './evaluation.ts';
import type { DatasetRole } from './gates.ts';
import type { Severity, Verdict } from './measured.ts';
import type { Admission, OperatorCount, TensorInfo } from './registry.ts';
import type { RunSummary } from './run.ts';

/** Where the things of slipway.yaml stand, so that an editor can put verdicts beside them. Lines are 1-based. */
export interface ConfigOutline {
  models: { name: string; line: number; task: Task | null; files: string[]; champion: string | null; datasets: Record<DatasetRole, string | null>; gates: { id: string; line: number; severity: Severity }[] }[];
  datasets: { name: string; line: number; files: string[] }[];
}

/** Rows of a dataset's files, fetched when somebody wants to see them. `row` is 0-based, in file order. */
export interface RowTable {
  columns: string[];
  rows: { row: number; path: string; values: (string | number | boolean | null)[] }[];
  /** How many rows there are in all, of which these are the first. */
  total: number;
}

/** A model file read without loading its weights, with what is known of its bytes. */
export interface ModelFileReport {
  path: string;
  bytes: number;
  admission: Admission;
  /** Versions whose file this is, with their latest verdicts. */
  versions: { model: string; version: string; digest: string; champion: boolean; run: RunSummary | null }[];
}

/** What differs between two model files; `null` of a side is "not there". */
export interface ModelFileDifference {
  path: string;
  against: string;
  inputs: Difference<TensorInfo>[];
  outputs: Difference<TensorInfo>[];
  operators: { operator: string; before: OperatorCount | null; after: OperatorCount | null }[];
  metadata: Difference<string>[];
  /** Initializers of the same name, shape and type whose values differ, by how much; and those only one side has. */
  weights: { name: string; shape: number[]; before: WeightStatistics | null; after: WeightStatistics | null; relativeChange: number | null }[];
}

export interface Difference<T> {
  name: string;
  before: T | null;
  after: T | null;
}

export interface WeightStatistics {
  count: number;
  mean: number | null;
  standardDeviation: number | null;
  minimum: number | null;
  maximum: number | null;
  notFinite: number;
}

/** Whether a model may go into production: every criterion with its evidence, its statement, or what would produce one. */
export interface ReadinessReport {
  model: string;
  /** The version that is asked about: the newest promotable candidate, else the newest, else the champion. */
  version: string | null;
  ready: boolean;
  /** "Not ready for production: 2 of 11 criteria lack evidence, 1 fails." */
  sentence: string;
  criteria: ReadinessCriterion[];
}

export interface ReadinessCriterion {
  id: string;
  /** Heading it stands under: Business, Quality, Data, Latency, Security … */
  group: string;
  title: string;
  /** Line in slipway.yaml, where it is written there. */
  line?: number;
  /** `missing`: there is neither evidence nor a statement, or it has expired. Only `pass` is met. */
  state: Verdict | 'missing';
  /** What was measured or stated, or what is lacking, in a sentence. */
  text: string;
  evidence: ReadinessEvidence | null;
  /** What would produce the evidence. */
  next: string | null;
}

export type ReadinessEvidence =
  | { kind: 'gate'; run: string; gate: string }
  | { kind: 'batch'; batch: string }
  | { kind: 'config'; line: number }
  | { kind: 'statement'; by: string; at: string; expires: string | null; text: string };
