import { openAnalysis, quoteLiteral } from '../../../server/engines/duckdb.ts';
import { readInput, reportWork } from '../report-work.ts';

const input = readInput<{ folder: string; file: string; threads: number; memoryMb: number }>();

await reportWork(async () => {
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads, memoryMb: input.memoryMb });
  const columns = await analysis.rows(`SUMMARIZE SELECT * FROM read_parquet(${quoteLiteral(input.file)})`);
  await analysis.close();
  return {
    columns: columns.map(({ column_name }) => String(column_name)),
    means: columns.map(({ column_type, avg }) => (/INT|DOUBLE/.test(String(column_type)) ? Number(avg) : 0)),
    nulls: columns.map(({ null_percentage }) => Number(null_percentage)),
  };
});
