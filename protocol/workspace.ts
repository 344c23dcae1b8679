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

/**
 * Rows of a dataset, fetched when somebody wants to see them. `row` is 0-based, in file order over all its files; people see
 * it counted from 1. `path` is the file it lies in.
 */
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
  /** Versions that these bytes are, with their latest verdicts. `columns`: those that feed each input, by the input's name; empty where none does; absent where no data of the model was checked yet. */
  versions: { model: string; version: string; digest: string; champion: boolean; columns?: Record<string, string[]>; run: RunSummary | null }[];
}

/** Where the time of a model goes, measured on made-up rows: by operator as the runtime runs them, the longest first. */
export interface OperatorTimes {
  /** Rows in one run, and how many runs there were. */
  rows: number;
  runs: number;
  operators: { operator: string; nodes: number; /** Over all runs. */ ms: number }[];
}

/** Two model files side by side, name by name; `null` of a side is "not there". */
export interface ModelFileDifference {
  /** "after". */
  path: string;
  /** "before". */
  against: string;
  inputs: Difference<TensorInfo>[];
  outputs: Difference<TensorInfo>[];
  operators: { operator: string; before: OperatorCount | null; after: OperatorCount | null }[];
  metadata: Difference<string>[];
  /**
   * Initializers whose values, shape or type differ, and those only one side has. `relativeChange` is ‖after − before‖ ÷ ‖before‖;
   * null where these cannot be taken, or `before` is zero.
   */
  weights: { name: string; shape: number[]; before: WeightStatistics | null; after: WeightStatistics | null; relativeChange: number | null }[];
}

export interface Difference<T> {
  name: string;
  before: T | null;
  after: T | null;
}

/** Over the finite values; null where there are none, or where the file does not hold them as an array of real numbers. */
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
  /** Of the bytes that were judged, in hex. */
  digest: string | null;
  ready: boolean;
  /** "flight-delay v2 is not ready for production: 1 of 11 criteria fails, 2 lack evidence." */
  sentence: string;
  /** Those that count and are met, and those that count. */
  counts: { met: number; of: number };
  /** Group by group; the groups that were written come after the built-in ones. */
  criteria: ReadinessCriterion[];
}

export interface ReadinessCriterion {
  /** What it is called, everywhere: `quality on holdout`, `encryption at rest`. */
  criterion: string;
  /** Heading it stands under: Business, Quality, Data, Runtime, Security … */
  group: string;
  /** Where its evidence comes from: what is built in, a gate that slipway.yaml names, or somebody's statement. */
  kind: 'built-in' | 'gate' | 'statement';
  /** Line in slipway.yaml, where it is written there. */
  line?: number;
  state: ReadinessState;
  /** What was measured or stated, or what is lacking, in a sentence. */
  text: string;
  evidence: ReadinessEvidence | null;
  /** What would produce the evidence. */
  next: string | null;
}

/**
 * Only `pass` is met. `missing`: there is neither evidence nor a statement, or it has expired, or something it rests on
 * has changed. `off`: slipway.yaml turns a built-in criterion off, with a reason; it does not count.
 */
export type ReadinessState = Verdict | 'missing' | 'off';

export type ReadinessEvidence =
  | { kind: 'run'; run: string }
  | { kind: 'gate'; run: string; gate: string }
  | { kind: 'batch'; batch: string }
  | { kind: 'config'; line: number }
  | ({ kind: 'statement' } & Pick<Statement, 'by' | 'at' | 'expires' | 'text'>);

/** Somebody's word that a criterion is met, where nothing can be measured. Kept in the journal; the latest counts. */
export interface Statement {
  model: string;
  criterion: string;
  /** Name, and role where slipway.yaml asks for one: "Ada Lovelace, security lead". */
  by: string;
  text: string;
  at: string;
  /** No longer counts from here on; null: as long as slipway.yaml lets it. */
  expires: string | null;
}
