import type { EvaluationRole } from '../protocol/gates.ts';
import type { RowTable } from '../protocol/workspace.ts';
import { digestDataset } from './datasets/digest-dataset.ts';
import { openDataset } from './datasets/open-dataset.ts';
import { readRows } from './datasets/read-rows.ts';
import type { House } from './house.ts';
import { Problem } from './problem.ts';
import { rowTable } from './row-table.ts';

/** Rows of the data that a run judged, by their numbers. They are read from the files as they were judged; if these have changed since, that is said instead. */
export async function rowsOfRun({ workspace, analysis, digests, store }: House, runId: string, role: EvaluationRole, rows: readonly number[]): Promise<RowTable> {
  const report = await store.readRun(runId);
  const judged = report.evaluations[role]?.dataset;
  if (judged === undefined) throw new Problem('not-found', `Run ${report.id} judged no ${role} data`);
  const dataset = await openDataset(analysis, { name: judged.name, files: judged.files, root: workspace });
  try {
    if ((await digestDataset(dataset.files, digests)) !== judged.digest) throw new Problem('dataset-changed', `${judged.name} has changed since it was judged; run again to see its rows`, { where: { path: judged.files[0] } });
    return rowTable(await readRows(dataset, rows), rows.length, (path) => judged.files[dataset.files.findIndex((file) => file.path === path)]);
  } finally {
    await dataset.close();
  }
}
