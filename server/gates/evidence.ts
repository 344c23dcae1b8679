import type { DataQualityReport } from '../../protocol/data-quality.ts';
import type { ConceptDrift, DriftReport } from '../../protocol/drift.ts';
import type { CaseResult, ComparisonReport, EvaluationReport, PredictionFaults } from '../../protocol/evaluation.ts';
import type { DatasetRole, EvaluationRole } from '../../protocol/gates.ts';
import type { TensorInfo } from '../../protocol/registry.ts';
import type { ParityReport, RuntimeReport } from '../../protocol/runtime.ts';
import type { ShadowOutcome } from '../../protocol/shadow.ts';

/** Everything a policy is judged on. Each part is there, or says why it is not: no gate that needs it can then pass. */
export interface Evidence {
  role: 'champion' | 'candidate';
  candidate: ModelIdentity;
  /** Null when no champion is known; comparison gates are then inconclusive. Not read when `role` is `champion`. */
  champion: ModelIdentity | null;
  evaluations: Record<EvaluationRole, Part<EvaluationReport>>;
  comparisons: Record<EvaluationRole, Part<ComparisonReport>>;
  cases: Part<CaseResult[]>;
  /** One per dataset the candidate predicted on. */
  predictions: Part<{ on: string; faults: Part<PredictionFaults> }[]>;
  /** Current batch against the reference: features, label, all columns together. */
  drift: Part<DriftReport>;
  predictionDrift: Part<DriftReport>;
  concept: Part<ConceptDrift>;
  dataQuality: Record<DatasetRole, Part<DataQualityReport>>;
  runtime: Part<RuntimeReport>;
  /** Newest comparison with the champion of each kind and intent. */
  shadows: Part<(ShadowOutcome & { ageDays: number })[]>;
  /** Null for a side whose answers are columns of the data, which nobody calls: the gate then does not apply. */
  signatures: Part<{ candidate: Signature | null; champion: Signature | null }>;
  /** Empty where nothing was recorded beside the model file: the gate then does not apply. */
  recorded: Part<ParityReport[]>;
}

export type Part<T> = T | Missing;

/** Why a part of the evidence is not there: "prediction failed: the model host ran out of memory". */
export interface Missing {
  missing: string;
}

export interface ModelIdentity {
  version: string;
  digest: string;
}

export interface Signature {
  inputs: TensorInfo[];
  outputs: TensorInfo[];
}

/** Tells evidence from the reason for its absence. */
export function isMissing<T extends object>(part: Part<T>): part is Missing {
  return Object.hasOwn(part, 'missing') && typeof (part as Missing).missing === 'string';
}
