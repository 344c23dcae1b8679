import type { Check } from './data-quality.ts';
import type { SliceCondition, Task } from './evaluation.ts';
import type { DatasetRole, Gate } from './gates.ts';
import type { Provider } from './runtime.ts';
import type { ShadowIntent } from './shadow.ts';

/** One thing wrong in slipway.yaml, placed so that an editor can underline it. Lines and columns are 1-based; `endColumn` is exclusive. */
export interface ConfigIssue {
  /** The file, as the caller named it. */
  path: string;
  line: number;
  column: number;
  endColumn: number;
  /** Where in the file's structure: `models.flight-delay.threshold`, `gates[2].metric`. */
  key: string;
  message: string;
  /** Text that would be right in place of what stands between `column` and `endColumn`. */
  suggestion?: string;
  severity: 'error' | 'warning';
}

/** What slipway.yaml says, with every default filled in. Lists keep the order of the file. */
export interface Config {
  version: 1;
  seed: number;
  models: ModelConfig[];
  datasets: DatasetConfig[];
  /** Whether checks are also derived from the reference. */
  suggestChecks: boolean;
  drift: DriftConfig;
  resources: ResourcesConfig;
  serving: ServingConfig;
  /** Folders outside the workspace that may be read: absolute, links followed; as written when no workspace was given. */
  allow: string[];
}

export interface ModelConfig {
  name: string;
  line: number;
  /** Patterns of model files, relative to the workspace. */
  files: string[];
  /** Null: read it from the model. */
  task: Task | null;
  /** Label column; for ranking the relevance grade. Null when nothing can be scored against. */
  target: string | null;
  /** Generation: every column with an accepted text. Otherwise the target alone. */
  references: string[];
  /** Ranking: rows with the same value are one list. */
  query: string | null;
  /** Ranking: what is ranked; names rows in findings. */
  item: string | null;
  /** Label of the positive class as text; null when the model or the data must say. */
  positive: string | null;
  threshold: number;
  /** Regression: how far from the expected value a curated case is still right; null where none is written. */
  tolerance: number | null;
  /** Labels in the order of the probabilities; null: read it from the model. */
  classes: string[] | null;
  /** Version name, or `sha256:` and a digest. */
  champion: string | null;
  inputs: { input: string; columns: string[] }[];
  outputs: ModelOutputs;
  /** Versions that are columns of the data and not files. */
  predictions: PredictionColumns[];
  /** Dataset by role; null where there is none. */
  datasets: Record<DatasetRole, string | null>;
  /** Columns, or combinations of columns, whose values make groups for fairness. */
  groups: string[][];
  slices: DeclaredSlice[];
  value: OutcomeValue | null;
  business: BusinessGoal | null;
  /** Null: none are written for this model, so the default ones hold. */
  gates: Gate[] | null;
  readiness: ReadinessPolicy;
  route: RouteConfig;
}

/** Who answers requests that name no version. */
export interface RouteConfig {
  line: number;
  /** Shares that sum to 1; null: all go to the champion, or to the last version where none is named. */
  weights: { version: string; share: number }[] | null;
  /** Asked along unseen; `share` is of the requests. */
  shadows: { version: string; share: number; intent: ShadowIntent }[];
}

/** Names of the model's outputs; null means found by looking at them. */
export interface ModelOutputs {
  score: string | null;
  probabilities: string | null;
  label: string | null;
  value: string | null;
}

export interface PredictionColumns {
  version: string;
  /** Score of the positive class, or of an item in its list. */
  score: string | null;
  /** One column per class, in the order of `classes`. */
  probabilities: string[];
  label: string | null;
  value: string | null;
  text: string | null;
}

export type DeclaredSlice =
  /** One slice per value, or per combination of values. */
  | { kind: 'by'; columns: string[] }
  /** Rows for which all conditions hold. */
  | { kind: 'where'; name: string; where: SliceCondition[] };

/** Value of one prediction by its outcome. */
export interface OutcomeValue {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
  currency: string;
  /** What is done without a model: predict nobody, or everybody. */
  baseline: 'negative' | 'positive';
}

/** What must hold before a model goes into production, beside what is built in. */
export interface ReadinessPolicy {
  criteria: WrittenCriterion[];
  /** Built-in criteria that do not count here, and why. */
  off: { criterion: Exclude<BuiltInCriterion, 'blocking gates'>; reason: string; line: number }[];
}

export type WrittenCriterion = { criterion: string; group: string; line: number } & (
  /** Met while this gate passes. */
  | { kind: 'gate'; gate: string }
  /** Met while somebody stands by it: one of these names or roles, or anybody when none is listed. */
  | { kind: 'statement'; by: string[]; /** Null: a statement does not grow old. */ expiresHours: number | null }
);

/** What every model must show before production, without being written. The last of them cannot be turned off. */
export const builtInCriteria = [
  'business goal',
  'value of outcomes',
  'quality on holdout',
  'quality on current',
  'regression cases',
  'fairness',
  'data quality of current',
  'drift of current',
  'latency',
  'throughput',
  'runtime parity',
  'blocking gates',
] as const;
export type BuiltInCriterion = (typeof builtInCriteria)[number];

/** The business problem a model was made for, agreed before it was built. */
export interface BusinessGoal {
  line: number;
  problem: string | null;
  metric: string | null;
  baseline: string | null;
  target: string | null;
  owner: string | null;
  signed: string | null;
}

export interface DatasetConfig {
  name: string;
  line: number;
  /** Files or patterns, relative to the workspace. */
  files: string[];
  /** Column that says when a row happened. */
  time: string | null;
  /** Columns that name a row; empty when none do. */
  key: string[];
  /** Label column where it differs from the model's. */
  target: string | null;
  /** Written checks that hold for this dataset. */
  checks: Check[];
}

export interface DriftConfig {
  alpha: number;
  /** Smallest effect that counts, by what moves. */
  floors: { numeric: number; categorical: number; text: number; output: number; missing: number };
  columnFloors: { column: string; floor: number }[];
  /** Columns compared although their kind is left out by default. */
  include: string[];
  exclude: string[];
  multivariate: boolean;
}

export interface ResourcesConfig {
  /** Tried in order; the first that starts is used. */
  providers: Provider[];
  /** Null: as many as the machine has physical cores. */
  threads: number | null;
  memoryMb: number;
  deadlineMs: number;
  batchRows: number;
}

/** How requests for predictions are answered. */
export interface ServingConfig {
  maxBatchRows: number;
  maxQueueDelayMs: number;
  preferredBatchRows: number[];
  preserveOrder: boolean;
  queueRows: number;
  timeoutMs: number;
  timeoutAction: 'reject' | 'delay';
  hosts: number;
  /** 0: no answers are kept. */
  cacheMb: number;
  bodyMb: number;
  jsonElements: number;
  statusCodes: 'slipway' | 'triton';
  log: PredictionLogConfig;
  shadow: { queueRows: number; queueMb: number; concurrency: number; noise: number };
  trace: TraceConfig;
}

/** What is recorded of predictions. */
export interface PredictionLogConfig {
  enabled: boolean;
  share: number;
  errors: boolean;
  slowMs: number | null;
  inputs: 'all' | 'hash' | 'none';
  redact: string[];
  waitingRows: number;
  waitingMb: number;
  fileRows: number;
  fileMb: number;
  fileSeconds: number;
  keepDays: number;
  keepMb: number;
}

export interface TraceConfig {
  /** Null: as the environment says. */
  endpoint: string | null;
  /** Of the requests that come without a trace, 0 … 1. */
  sample: number;
}
