/**
 * Typed column vectors: what the datasets room reads and what statistics and judging rooms compute on.
 * A null is a database null. NaN, ±Infinity and "" are values, kept apart from null and counted apart.
 */
export interface NumericVector {
  kind: 'numeric';
  /** Value per row; 0 where `nulls[i] === 1`. Dates and timestamps are milliseconds since 1970 UTC. */
  values: Float64Array;
  /** 1 where the row is null. Absent when no row is. */
  nulls?: Uint8Array;
  /** Exact values, present when the source is a 64-bit (or wider) integer with values beyond ±2^53. */
  exact?: BigInt64Array | BigUint64Array;
}

export interface CategoricalVector {
  kind: 'categorical';
  /** Index into `dictionary` per row; -1 where the row is null. */
  codes: Int32Array;
  /** Distinct values in order of first appearance. */
  dictionary: string[];
}

export type Vector = NumericVector | CategoricalVector;

/** What a column means, decided once by the profile: it picks tests, bins and plots. */
export type ColumnKind = 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'identifier' | 'nested';

export interface Column {
  name: string;
  kind: ColumnKind;
  /** Type as the data source says it (DuckDB type name). */
  type: string;
  vector: Vector;
}

export interface Table {
  rows: number;
  columns: Column[];
}
