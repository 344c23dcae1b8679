import { join } from 'node:path';
import type { BatchReport } from '../protocol/run.ts';
import type { RowTable } from '../protocol/workspace.ts';
import { planFailingRows } from './data-quality/plan-measurements.ts';
import { failingRows } from './datasets/measure.ts';
import type { Dataset } from './datasets/open-dataset.ts';
import type { House } from './house.ts';
import { Problem } from './problem.ts';
import { rowTable } from './row-table.ts';
import { openWorkspaceData } from './workspace-data.ts';

/** The rows are looked up in the files as they were judged; if these have changed since, that is said instead. */
export async function failingRowsOf(house: House, batchId: string, findingId: string, limit: number): Promise<RowTable> {
  const { workspace, config, analysis, digests, store } = house;
  const report = await store.readBatch(batchId);
  const finding = report.dataQuality.findings.find(({ id }) => id === findingId);
  if (finding === undefined) throw new Problem('not-found', `There is no finding ${findingId} on ${report.profile.name}${choiceOf(report)}`);
  const data = openWorkspaceData({ workspace, allow: config.allow, datasets: config.datasets, analysis, digests, signal: new AbortController().signal, onProgress: () => {} });
  try {
    const { files, digest } = report.dataQuality.dataset;
    if (files.length !== 1) throw new Problem('dataset-unsupported', `${report.profile.name} is ${files.length} files; check them one by one to see their rows`);
    const batch = await data.file(join(workspace, files[0]));
    if ((await batch.ref()).digest !== digest) throw new Problem('dataset-changed', `${files[0]} has changed since it was checked; check it again`, { where: { path: files[0] } });
    const question = planFailingRows(finding, { profile: report.profile, reference: report.referenceProfile ?? undefined, now: Date.parse(report.checkedAt) });
    if (question === null) return { total: 0, columns: [], rows: [] };
    const others = new Map<string, Dataset>();
    if (question.kind === 'rows_breaking' && 'dataset' in question.rule) others.set(question.rule.dataset, await (await data.whole(question.rule.dataset)).open());
    const found = await failingRows(await batch.open(), question, limit, { otherDatasets: others });
    // A batch is one file, so a place in the file is a place in the batch.
    return rowTable(found.rows.map(({ row, path, values }) => ({ row: row - 1, path, values })), found.count, () => files[0]);
  } finally {
    await data.close();
  }
}

function choiceOf({ dataQuality: { findings } }: BatchReport): string {
  if (findings.length === 0) return ', as it has no checks';
  const failing = findings.filter(({ verdict }) => verdict === 'fail');
  return failing.length > 0 ? `; those that fail: ${failing.map(({ id }) => id).join(', ')}` : `; none fails; there are ${findings.slice(0, 10).map(({ id }) => id).join(', ')}${findings.length > 10 ? ', …' : ''}`;
}
