import { quoteLiteral } from '../engines/duckdb.ts';

/** DuckDB reads `*`, `?` and `[` in a path as wild cards; inside brackets each stands for itself. */
export function escapeGlob(path: string): string {
  return path.replace(/[*?[]/g, (character) => `[${character}]`);
}

/** The one place that says how Parquet files are read. `withRows` adds `filename` and `file_row_number`. */
export function parquetRelation(paths: readonly string[], withRows = false): string {
  const list = paths.map((path) => quoteLiteral(escapeGlob(path))).join(', ');
  return `read_parquet([${list}], union_by_name = ${paths.length > 1}, hive_partitioning = false${withRows ? ', file_row_number = true, filename = true' : ''})`;
}
