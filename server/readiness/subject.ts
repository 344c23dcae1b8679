import type { ModelConfig } from '../../protocol/config.ts';
import type { ModelVersionSummary } from '../../protocol/feed.ts';
import type { Gate } from '../../protocol/gates.ts';
import type { BatchReport, RunReport } from '../../protocol/run.ts';
import type { ReadinessCriterion, Statement } from '../../protocol/workspace.ts';

/** What is known of a model, as slipway.yaml and its files stand now. */
export interface ReadinessSubject {
  model: ModelConfig;
  /** Gates that every policy has without writing them. */
  builtInGates: readonly Gate[];
  /** The versions that are there, each with the latest verdict on these bytes. */
  versions: readonly ModelVersionSummary[];
  /** The whole record of the latest run of the version in question; null where it was never judged. */
  run: RunReport | null;
  /** The run was made under data, inputs or settings that slipway.yaml no longer gives. */
  settingsChanged: boolean;
  /** The newest files of the model's current data, and what was last found in them; null where there are none. */
  current: { files: string[]; report: BatchReport | null } | null;
  /** All that was ever stated about this model, oldest first. */
  statements: readonly Statement[];
  nowMs: number;
}

/** How a criterion stands. */
export type Standing = Pick<ReadinessCriterion, 'state' | 'text' | 'evidence' | 'next'>;

/** There is no evidence, or none that still holds. */
export function missing(text: string, next: string | null, evidence: Standing['evidence'] = null): Standing {
  return { state: 'missing', text, evidence, next };
}
