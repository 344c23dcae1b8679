import { openDataset } from '../../../server/datasets/open-dataset.ts';
import { profileDataset } from '../../../server/datasets/profile-dataset.ts';
import { openAnalysis } from '../../../server/engines/duckdb.ts';
import { readInput, reportWork } from '../report-work.ts';

const input = readInput<{ folder: string; file: string; threads: number; memoryMb: number }>();

await reportWork(async () => {
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads, memoryMb: input.memoryMb });
  const dataset = await openDataset(analysis, { name: 'data', files: input.file, root: input.folder });
  const { columns, rows } = await profileDataset(dataset, { digests: new Map(), now: () => performance.now() });
  await analysis.close();
  return {
    columns: columns.map(({ name }) => name),
    means: columns.map(({ kind, mean }) => (kind === 'numeric' || kind === 'identifier' ? (mean ?? 0) : 0)),
    nulls: columns.map(({ nulls }) => (100 * nulls) / rows),
  };
});
