import type { Task } from '../../protocol/evaluation.ts';
import type { Gate } from '../../protocol/gates.ts';

/** What the workspace has, so that no default gate asks for evidence nobody will make. */
export interface PolicySubject {
  task: Task;
  /** Columns declared as slices; crossed ones joined by ` × `. */
  slices: string[];
  /** Columns whose groups must be treated alike, one list per set of groups; binary task only. */
  groups: string[][];
  /** Whether there are curated cases, a current batch, values of outcomes. */
  cases: boolean;
  current: boolean;
  value: boolean;
}

/**
 * The gates of a workspace that has written none.
 *
 * Blocking: the headline metric is not inferior to the champion's; no declared slice is, with a wider margin, since
 * slices are small; every curated case is right; no blocking check fails. Errors in target units have no natural
 * margin, so regression is held by R². Warning: calibration, drift, the four-fifths rule for groups (customary, not
 * theory), value below the baseline, latency.
 * The built-in gates are added by `judge`.
 */
export function defaultPolicy({ task, slices, groups, cases, current, value }: PolicySubject): Gate[] {
  const { overall, bySlice } = quality[task];
  const interval = { alpha: 0.025, superior: false } as const;
  return [
    { id: `${overall.metric}.non_inferior`, severity: 'block', kind: 'non_inferior', ...overall, ...interval, on: 'holdout', minRows: 30 },
    ...slices.map((by): Gate => ({ id: `${bySlice.metric}.non_inferior.by.${by}`, severity: 'block', kind: 'non_inferior', ...bySlice, ...interval, by, on: 'holdout', minRows: 100 })),
    ...when(cases, { id: 'cases', severity: 'block', kind: 'cases', minShare: 1 }),
    { id: 'data_quality.holdout', severity: 'block', kind: 'data_quality', on: 'holdout', maxFailing: 0, severities: ['block'] },
    ...when(current, { id: 'data_quality.current', severity: 'block', kind: 'data_quality', on: 'current', maxFailing: 0, severities: ['block'] }),
    ...when(task === 'binary', { id: 'calibration_rms_debiased.max', severity: 'warn', kind: 'metric', metric: 'calibration_rms_debiased', on: 'holdout', max: 0.05, decide: 'point', minRows: 100 }),
    ...groups.map((by): Gate => ({ id: `demographic_parity_ratio.by.${by.join('.')}`, severity: 'warn', kind: 'fairness', measure: 'demographic_parity_ratio', on: 'holdout', by, min: 0.8, decide: 'interval', minRows: 30 })),
    ...when(value, { id: 'value.baseline', severity: 'warn', kind: 'value', on: 'holdout', min: 0, against: 'baseline', decide: 'interval' }),
    ...when(current, { id: 'drift.features', severity: 'warn', kind: 'drift', of: 'features', maxShare: 0.5 }),
    ...when(current, { id: 'drift.predictions', severity: 'warn', kind: 'drift', of: 'predictions' }),
    { id: 'latency.p95', severity: 'warn', kind: 'latency', quantile: 'p95', maxMs: 100, batch: 1 },
  ];
}

function when(condition: boolean, gate: Gate): Gate[] {
  return condition ? [gate] : [];
}

interface Quality {
  overall: { metric: string; margin: number };
  bySlice: { metric: string; margin: number };
}

/** Margins in the metric's own unit; the headline of each task, and what is held slice by slice. */
const quality: Record<Task, Quality> = {
  binary: { overall: { metric: 'roc_auc', margin: 0.01 }, bySlice: { metric: 'accuracy', margin: 0.05 } },
  multiclass: { overall: { metric: 'accuracy', margin: 0.01 }, bySlice: { metric: 'accuracy', margin: 0.05 } },
  regression: { overall: { metric: 'r2', margin: 0.02 }, bySlice: { metric: 'r2', margin: 0.05 } },
  ranking: { overall: { metric: 'ndcg_at_10', margin: 0.01 }, bySlice: { metric: 'ndcg_at_10', margin: 0.05 } },
  generation: { overall: { metric: 'chrf', margin: 1 }, bySlice: { metric: 'chrf', margin: 3 } },
};
