import { openAnalysis, quoteLiteral } from '../../../server/engines/duckdb.ts';
import { readInput, reportWork } from '../report-work.ts';

const input = readInput<{ folder: string; file: string; threads: number }>();

await reportWork(async () => {
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads });
  let rows = 0;
  for await (const chunk of analysis.stream(`SELECT * FROM read_parquet(${quoteLiteral(input.file)})`)) rows += chunk.rows;
  await analysis.close();
  return { rows };
});
