import type { DatasetProfile } from './datasets.ts';
import type { DataQualityReport } from './data-quality.ts';
import type { ConceptDrift, DriftReport, PerformanceEstimate } from './drift.ts';
import type { CaseResult, ComparisonReport, EvaluationReport, PredictionFaults } from './evaluation.ts';
import type { DatasetRole, Decision, EvaluationRole, Gate, GateResult } from './gates.ts';
import type { Lineage } from './lineage.ts';
import type { ProblemBody } from './problem.ts';
import type { TensorInfo } from './registry.ts';
import type { ParityReport, RuntimeReport } from './runtime.ts';
import type { ShadowOutcome } from './shadow.ts';

/** Steps of a run, in order. A step that fails is missing evidence, not a missing run. */
export const steps = ['identify', 'profile', 'check', 'detect drift', 'predict', 'evaluate', 'compare', 'judge', 'trace', 'save'] as const;
export type StepName = (typeof steps)[number];

export interface StepOutcome {
  step: StepName;
  state: 'done' | 'failed' | 'skipped';
  /** What it worked on, e.g. "holdout". */
  subject?: string;
  milliseconds: number;
  problem?: Omit<ProblemBody, 'type' | 'status'>;
  /** Why it was skipped. */
  reason?: string;
}

/** One batch of data judged alone: story of `slipway check` and first half of a run. Cached by digests. */
export interface BatchReport {
  schema: 'slipway.batch/1';
  id: string;
  checkedAt: string;
  profile: DatasetProfile;
  referenceProfile: DatasetProfile | null;
  dataQuality: DataQualityReport;
  drift: DriftReport | null;
  /** Why there is no drift report. */
  driftMissing: string | null;
  sentence: string;
}

/** Everything a verdict rests on. Saved whole; `slipway show` replays it from here. */
export interface RunReport {
  schema: 'slipway.run/1';
  id: string;
  startedAt: string;
  finishedAt: string;
  role: 'champion' | 'candidate';
  model: { name: string; version: string; digest: string };
  lineage: Lineage;
  steps: StepOutcome[];
  /** By dataset name; the full batch reports are saved beside. */
  batches: { role: DatasetRole; batch: BatchReport }[];
  /** Earlier batches of `current`, oldest first, for trends. */
  history: BatchSummary[];
  predictions: { role: DatasetRole; faults: PredictionFaults; drift: DriftReport | null }[];
  evaluations: Partial<Record<EvaluationRole, EvaluationReport>>;
  championEvaluations: Partial<Record<EvaluationRole, EvaluationReport>>;
  comparisons: Partial<Record<EvaluationRole, ComparisonReport>>;
  cases: CaseResult[];
  concept: ConceptDrift | null;
  estimates: PerformanceEstimate[];
  runtime: RuntimeReport | null;
  /** Against the answers recorded beside the model file when it was exported; absent or empty where nothing was. */
  recorded?: ParityReport[];
  /** Newest comparison with the champion of each kind and intent; absent where no gate asks for one. */
  shadows?: ShadowOutcome[];
  /** Null for a side whose answers are columns of the data: nobody calls it. */
  signatures: { candidate: ModelSignature | null; champion: ModelSignature | null } | null;
  /** Evidence that is not there, and why: `evaluations.holdout` → "prediction failed: …". */
  missing: Record<string, string>;
  /** The gates as they stood before the run; `gates` are their results. */
  policy: Gate[];
  gates: GateResult[];
  decision: Decision;
}

export interface ModelSignature {
  inputs: TensorInfo[];
  outputs: TensorInfo[];
}

export interface BatchSummary {
  id: string;
  /** The dataset, and where that comes in batches the file too: `current/2013-07`; of a file that is no dataset's, its own name. */
  name: string;
  /** Dataset of slipway.yaml that the batch is, or is a part of; null where it is no dataset's. */
  dataset: string | null;
  digest: string;
  checkedAt: string;
  rows: number;
  failing: number;
  moved: number;
  inconclusive: number;
  /** Effect of the deciding statistic by column. */
  effects: Record<string, number | null>;
}

export interface RunSummary {
  id: string;
  model: string;
  version: string;
  digest: string;
  role: 'champion' | 'candidate';
  startedAt: string;
  milliseconds: number;
  decision: Pick<Decision, 'verdict' | 'sentence' | 'blocking' | 'warnings' | 'counts'>;
  /** A few headline metrics by `role.metric`. */
  headline: Record<string, number | null>;
  /** Low and high end of their 95 % intervals, by the same names; absent where there is none, and in runs saved before these were kept. */
  intervals?: Record<string, [low: number, high: number]>;
  /** Check of the newest current batch that the run judged; absent in runs saved before it was kept. */
  currentBatch?: string | null;
}
