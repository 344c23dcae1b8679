/** What a column means, decided once by the profile: it picks tests, bins and plots. */
export type ColumnKind = 'numeric' | 'categorical' | 'boolean' | 'datetime' | 'text' | 'identifier' | 'nested';

export type DatasetFormat = 'parquet' | 'csv' | 'csv.gz' | 'jsonl' | 'jsonl.gz';

export interface DatasetFile {
  path: string;
  bytes: number;
  rows: number;
}

/** How a CSV file was read: found once on the first file, then the same for every file and every byte. */
export interface CsvDialect {
  delimiter: ',' | ';' | '\t' | '|';
  quote: '"';
  header: boolean;
}

/** Where one file of a dataset differs from the first. Its missing columns are read as null. */
export interface SchemaDifference {
  path: string;
  missing: string[];
  extra: string[];
  changed: { column: string; type: string; firstType: string }[];
}

/** Quantiles are given at these probabilities, by linear interpolation between order statistics (type 7). */
export const quantileProbabilities = [0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99] as const;

export interface DatasetProfile {
  name: string;
  files: DatasetFile[];
  format: DatasetFormat;
  dialect: CsvDialect | null;
  bytes: number;
  /** sha256 over the files' bytes in order, hex. */
  digest: string;
  rows: number;
  columns: ColumnProfile[];
  differences: SchemaDifference[];
  scannedMs: number;
}

export interface ColumnProfile {
  name: string;
  /** Type as the source says it, in DuckDB's names. */
  type: string;
  kind: ColumnKind;
  rows: number;
  nulls: number;
  nans: number;
  infinities: { positive: number; negative: number };
  negativeZeros: number;
  emptyStrings: number;
  /** Different values, null not one of them, NaN and each infinity one. Null for nested columns. */
  distinct: { value: number; exact: boolean } | null;
  /** Over finite values. Integers beyond 2^53 and decimals that a double would round are text; times are ISO 8601. */
  minimum: number | string | null;
  maximum: number | string | null;
  /** Over finite values; null for text. Of times: milliseconds since 1970 UTC. */
  mean: number | null;
  /** With n − 1. */
  standardDeviation: number | null;
  /** At `quantileProbabilities`, exact. */
  quantiles: number[] | null;
  /** Equal-width bins from minimum to maximum, the last one closed; `edges` has one more entry than `counts`. */
  histogram: { edges: number[]; counts: number[] } | null;
  /** Why one of the four above is null. */
  undefinedReason: string | null;
  /** The most frequent values, most frequent first, ties by value; null when the column has too many different ones to count. */
  topValues: { value: string; count: number }[] | null;
  /** Of text, in Unicode code points. */
  length: { minimum: number; mean: number; maximum: number } | null;
  /** Of text: how many values would also parse as something stricter. */
  looksLike: { number: number; datetime: number } | null;
  /** Order of the non-null values in file order: never falling, never rising, or neither. Null where values have no order, or fewer than two. */
  monotone: 'increasing' | 'decreasing' | 'constant' | 'none' | null;
}
