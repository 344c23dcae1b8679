import type { Finding } from '../../protocol/data-quality.ts';
import type { DatasetProfile } from '../../protocol/datasets.ts';
import type { MeasurementResult } from '../../protocol/measurements.ts';
import type { Table } from '../stats/vector.ts';

/** Everything the checks are judged on. Values only: reading them was somebody else's work. */
export interface CheckEvidence {
  profile: DatasetProfile;
  reference?: DatasetProfile;
  /** Answers to `planMeasurements`, by id: for the batch, and for the reference. */
  measurements: ReadonlyMap<string, MeasurementResult>;
  referenceMeasurements?: ReadonlyMap<string, MeasurementResult>;
  /** Rows of the batch and of the reference; label checks need them and say so when they are missing. */
  tables?: { current?: Table; reference?: Table };
  /** Milliseconds since 1970 UTC. */
  now: number;
}

/** What judging one check gives; identity and severity are added around it. `severity` only ever lowers the check's own. */
export type Judgement = Pick<Finding, 'verdict' | 'message' | 'measured' | 'needed' | 'failing'> & Partial<Pick<Finding, 'value' | 'next' | 'severity' | 'column'>>;
