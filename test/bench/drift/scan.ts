import { openAnalysis, quoteLiteral } from '../../../server/engines/duckdb.ts';
import { readInput, reportWork } from '../report-work.ts';

const input = readInput<{ folder: string; reference: string; current: string; threads: number }>();

await reportWork(async () => {
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads });
  let cells = 0;
  for (const path of [input.reference, input.current]) {
    for await (const chunk of analysis.stream(`SELECT * FROM read_parquet(${quoteLiteral(path)})`)) cells += chunk.rows * chunk.columns.length;
  }
  await analysis.close();
  return { cells };
});
