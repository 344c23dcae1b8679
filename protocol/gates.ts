import type { Measured, Severity, Verdict } from './measured.ts';
import type { ShadowIntent } from './shadow.ts';

/** One rule of the policy. Which key is present says which kind it is; docs/gates.md explains each. */
export type Gate = GateBase & GateRule;

export interface GateBase {
  /** Stable: written `name`, else built from the rule, e.g. `roc_auc.min`. Unique in a policy. */
  id: string;
  severity: Severity;
  /** Line in slipway.yaml; absent for a built-in gate. */
  line?: number;
}

export type GateRule =
  /** A metric of the candidate against a bound. `decide: interval` needs the whole interval on the right side. */
  | { kind: 'metric'; metric: string; on: EvaluationRole; min?: number; max?: number; decide: 'point' | 'interval'; slice?: string; by?: string; minRows: number }
  /** Candidate against champion, point difference. `min` is the smallest allowed improvement (negative: allowed loss). */
  | { kind: 'change'; metric: string; on: EvaluationRole; min: number; relative: boolean; slice?: string; by?: string; minRows: number }
  /** One-sided: the interval of the paired difference must stay above −margin. `superior` also needs it above 0. */
  | { kind: 'non_inferior'; metric: string; on: EvaluationRole; margin: number; alpha: number; superior: boolean; slice?: string; by?: string; minRows: number }
  | { kind: 'fairness'; measure: string; on: EvaluationRole; by: string[]; max?: number; min?: number; minRows: number; decide: 'point' | 'interval' }
  | { kind: 'cases'; minShare: number }
  | { kind: 'flips'; on: EvaluationRole; maxHarmfulShare: number; decide: 'point' | 'interval' }
  | { kind: 'drift'; maxColumns?: number; maxShare?: number; columns?: string[]; of: 'features' | 'predictions' | 'label' | 'multivariate' | 'concept' }
  | { kind: 'data_quality'; on: DatasetRole; maxFailing: number; severities: Severity[] }
  | { kind: 'latency'; quantile: 'p50' | 'p95' | 'p99'; maxMs: number; batch: number }
  | { kind: 'throughput'; minRowsPerSecond: number; batch: number }
  | { kind: 'size'; maxMb: number }
  | { kind: 'parity'; providers: 'available' | string[]; sibling?: string; relative: number; absolute: number; maxDecisionsChanged: number }
  /** The newest saved comparison of exactly these two files. `nonInferior` also takes one that labels show to lose less than its margin. */
  | { kind: 'shadow'; needs: 'better' | 'equivalent' | 'nonInferior'; intent?: ShadowIntent; source: 'live' | 'replay' | 'any'; maxDisagreement?: number; minPairs?: number; maxAgeDays?: number }
  | { kind: 'value'; on: EvaluationRole; min: number; against: 'baseline' | 'champion'; decide: 'point' | 'interval' }
  /** Built in: every prediction is a finite number of the declared shape. Cannot be turned off. */
  | { kind: 'outputs' }
  /** Built in: the candidate takes the inputs and gives the outputs the champion did. */
  | { kind: 'signature' }
  /** Built in, where test data lies beside the model file: it answers as it did where it was made. */
  | { kind: 'export' };

export type GateKind = GateRule['kind'];
export type DatasetRole = 'reference' | 'holdout' | 'current' | 'cases';
export type EvaluationRole = 'holdout' | 'current';

export interface GateResult {
  gate: Gate;
  /** "recall, carrier = AA" */
  title: string;
  verdict: Verdict;
  /** A sentence: what was measured, what was needed, and for anything but a pass what is missing. */
  reason: string;
  champion: Measured | null;
  candidate: Measured | null;
  difference: Measured | null;
  /** "≥ 0.70", "≥ −1.0 pt". */
  needs: string;
  unit: 'share' | 'ms' | 'rows/s' | 'MB' | 'money' | 'count' | 'metric';
  /** Bound on the quantity that decides, in its own unit, for drawing. */
  bound: { on: 'candidate' | 'difference'; min?: number; max?: number } | null;
  rows: number | null;
  /** One per slice or group when the gate is `by` something; the gate's verdict is the worst of them. */
  parts: GatePart[];
  /** Approximate further rows needed for a verdict, when inconclusive for lack of data. */
  rowsNeeded?: number;
}

export interface GatePart {
  title: string;
  verdict: Verdict;
  reason: string;
  champion: Measured | null;
  candidate: Measured | null;
  difference: Measured | null;
  rows: number;
}

export interface Decision {
  verdict: Verdict;
  /** "v3 is blocked: better on average (+4.3 pt AUC), worse for carrier AA (−20.0 pt recall)." */
  sentence: string;
  /** Ids of block-severity gates that did not pass. */
  blocking: string[];
  warnings: string[];
  /** Ids of gates that say nothing here: of the champion itself, its comparisons with itself; of answers in columns, the signature. */
  notApplicable: string[];
  counts: Record<Verdict, number>;
}
