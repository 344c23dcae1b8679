import type { Check, CheckRule, Finding } from '../../protocol/data-quality.ts';
import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import type { MeasurementResult } from '../../protocol/measurements.ts';
import type { CheckEvidence } from '../../server/data-quality/check-evidence.ts';
import { judgeChecks } from '../../server/data-quality/judge-checks.ts';

export const now = Date.parse('2026-01-31T12:00:00Z');

/** A numeric column of 1,000 rows from 0 to 99, unless told otherwise. */
export function numeric(name: string, changes: Partial<ColumnProfile> = {}): ColumnProfile {
  return {
    name, type: 'DOUBLE', kind: 'numeric', rows: 1000, nulls: 0, nans: 0, infinities: { positive: 0, negative: 0 }, negativeZeros: 0, emptyStrings: 0,
    distinct: { value: 100, exact: true }, minimum: 0, maximum: 99, mean: 49.5, standardDeviation: 28.9,
    quantiles: [1, 5, 10, 25, 50, 75, 90, 95, 98], histogram: null, undefinedReason: null, topValues: null, length: null, looksLike: null, monotone: 'none',
    ...changes,
  };
}

/** A categorical column of 1,000 rows, half "a" and half "b", unless told otherwise. */
export function categorical(name: string, changes: Partial<ColumnProfile> = {}): ColumnProfile {
  return numeric(name, {
    type: 'VARCHAR', kind: 'categorical', distinct: { value: 2, exact: true }, minimum: 'a', maximum: 'b', mean: null, standardDeviation: null, quantiles: null,
    topValues: [{ value: 'a', count: 500 }, { value: 'b', count: 500 }], length: { minimum: 1, mean: 1, maximum: 1 }, looksLike: { number: 0, datetime: 0 },
    ...changes,
  });
}

export function datetime(name: string, maximum: string | null, changes: Partial<ColumnProfile> = {}): ColumnProfile {
  return numeric(name, { type: 'TIMESTAMP', kind: 'datetime', minimum: '2026-01-01T00:00:00Z', maximum, ...changes });
}

export function profile(columns: ColumnProfile[], changes: Partial<DatasetProfile> = {}): DatasetProfile {
  const rows = columns[0]?.rows ?? 0;
  return {
    name: 'current', files: [{ path: 'current.parquet', bytes: 1, rows }], format: 'parquet', dialect: null, bytes: 1, digest: 'digest', rows, columns,
    differences: [], scannedMs: 0, ...changes,
  };
}

export function check(rule: CheckRule, changes: Partial<Check> = {}): Check {
  return { severity: 'block', ...rule, ...changes } as Check;
}

/** The finding of a single check; `rows` is what counting would answer. */
export function judgeOne(rule: CheckRule, evidence: Partial<CheckEvidence> & Pick<CheckEvidence, 'profile'>, rows?: number | MeasurementResult, referenceRows?: number): Finding {
  const result = (answer: number | MeasurementResult): MeasurementResult => (typeof answer === 'number' ? { rows: answer } : answer);
  const id = judgeChecks([check(rule)], { measurements: new Map(), now, ...evidence })[0].id;
  return judgeChecks([check(rule)], {
    measurements: new Map(rows === undefined ? [] : [[id, result(rows)]]),
    referenceMeasurements: new Map(referenceRows === undefined ? [] : [[id, { rows: referenceRows }]]),
    now,
    ...evidence,
  })[0];
}
