import type { CheckRule } from './data-quality.ts';

/**
 * What a check needs to know about the rows beyond the profile. The data-quality room asks, the datasets room answers; it
 * is data, so that many questions are answered in one scan and any of them can be asked again for the rows themselves.
 */
export type Measurement =
  /** Rows that break a rule about rows. */
  | { id: string; kind: 'rows_breaking'; rule: CheckRule }
  /** Rows whose number is below `low` or above `high`; NaN is neither. Of times: milliseconds since 1970 UTC. */
  | { id: string; kind: 'rows_beyond'; column: string; low: number; high: number }
  /** Rows whose value is on the wrong side of the last value before it. With `strict`, also those equal to it. */
  | { id: string; kind: 'rows_out_of_order'; column: string; direction: 'increasing' | 'decreasing'; strict: boolean };

/** A count, or why there is none. */
export type MeasurementResult = { rows: number } | { error: string };
