/**
 * What a check needs to know about the rows beyond the profile. The data-quality room asks, the datasets room answers;
 * it is data, so that many questions are answered in one scan and any of them can be asked again for the rows themselves.
 */
export type Measurement =
  | { id: string; kind: 'rows_where'; where: Predicate }
  /** Rows equal to an earlier row in these columns; all columns when null. Rows with a null in a named column do not count. */
  | { id: string; kind: 'repeated_rows'; columns: string[] | null }
  /** Rows whose value is on the wrong side of the last non-null value before them. With `strict`, also those equal to it. */
  | { id: string; kind: 'rows_out_of_order'; column: string; direction: 'increasing' | 'decreasing'; strict: boolean }
  /** Rows with a non-null value that the named dataset does not have in `inColumn`. */
  | { id: string; kind: 'rows_without_match'; column: string; dataset: string; inColumn: string }
  /** Rows that the named dataset has, too, by these columns (nulls equal); by all columns that both have when null. */
  | { id: string; kind: 'rows_shared'; dataset: string; columns: string[] | null };

/** A condition on one row. A null value satisfies none but `is_null`; NaN satisfies none but `is_nan`. */
export type Predicate =
  | { op: 'is_null' | 'is_nan' | 'is_infinite' | 'is_empty'; column: string }
  /** Numbers, or text that the column's own type reads: "2013-07-01", "9223372036854775807". */
  | { op: 'below' | 'above'; column: string; value: number | string }
  | { op: 'not_in'; column: string; values: (string | number | boolean)[] }
  /** The whole value, as an RE2 expression. */
  | { op: 'not_matching'; column: string; pattern: string }
  /** In Unicode code points, both ends allowed. */
  | { op: 'length_outside'; column: string; min?: number; max?: number }
  | { op: 'not_format'; column: string; format: 'integer' | 'number' | 'date' | 'timestamp' | 'uuid' | 'email' | 'json' }
  /** The expression is false; where it is null the row is not counted, as in an SQL CHECK constraint. */
  | { op: 'not_holding'; expression: string }
  | { op: 'any'; of: Predicate[] };

/** A count, or why there is none. */
export type MeasurementResult = { rows: number } | { error: string };
