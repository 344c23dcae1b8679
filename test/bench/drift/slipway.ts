import { openDataset } from '../../../server/datasets/open-dataset.ts';
import { profileDataset } from '../../../server/datasets/profile-dataset.ts';
import { readTable } from '../../../server/datasets/read-columns.ts';
import { detectDrift } from '../../../server/drift/detect-drift.ts';
import { openAnalysis } from '../../../server/engines/duckdb.ts';
import { readInput, reportWork } from '../report-work.ts';

const input = readInput<{ folder: string; reference: string; current: string; threads: number }>();

await reportWork(async () => {
  const analysis = await openAnalysis({ directories: [input.folder], threads: input.threads });
  const digests = new Map<string, string>();
  const side = async (name: string, path: string) => {
    const dataset = await openDataset(analysis, { name, files: path, root: input.folder });
    const profile = await profileDataset(dataset, { digests, now: () => performance.now() });
    const kinds = new Map(profile.columns.map((column) => [column.name, column.kind]));
    const table = await readTable(dataset, profile.columns.map((column) => column.name), { kinds });
    return { dataset: { name, files: [path], digest: profile.digest, rows: profile.rows }, table };
  };
  const reference = await side('reference', input.reference);
  const current = await side('current', input.current);
  const report = await detectDrift({ reference, current }, {}, { multivariate: null });
  await analysis.close();
  return {
    moved: report.moved,
    columns: report.columns.map(({ column }) => column),
    wassersteinNormed: report.columns.map(({ others }) => others.find(({ name }) => name === 'wasserstein_normed')?.value ?? Number.NaN),
  };
});
