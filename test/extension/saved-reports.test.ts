import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { savedReports } from '../../extension/saved-reports.ts';
import type { BatchReport, BatchSummary, RunReport, RunSummary } from '../../protocol/run.ts';
import { openStore } from '../../server/store/open-store.ts';

const now = () => new Date('2026-11-23T02:00:00Z');
const digest = 'a'.repeat(64);
const summary = (id: string, verdict: 'pass' | 'fail'): RunSummary => ({ id, model: 'flight-delay', version: 'v2', digest, role: 'candidate', startedAt: now().toISOString(), milliseconds: 1, decision: { verdict, sentence: `v2: ${verdict}`, blocking: [], warnings: [], counts: { pass: 1, fail: 0, inconclusive: 0, error: 0 } }, headline: {} });
const batch: BatchSummary = { id: 'b-1', name: 'reference', dataset: 'reference', digest, checkedAt: now().toISOString(), rows: 5, failing: 0, moved: 0, inconclusive: 0, effects: {} };

let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'slipway-saved-')), '.slipway');
  const store = await openStore(folder, now);
  await store.saveModel({ model: 'flight-delay', version: 'v2', digest, path: 'models/flight-delay/v2/model.onnx', bytes: 10, seenAt: now().toISOString(), summary: null });
  await store.saveBatch({ id: 'b-1', sentence: 'clean' } as BatchReport, batch, 'k1');
  await store.saveRun({ id: 'r-1', gates: [] } as unknown as RunReport, summary('r-1', 'fail'), 'k2');
  await store.saveRun({ id: 'r-2', gates: [] } as unknown as RunReport, summary('r-2', 'pass'), 'k3');
  await store.close();
});
afterEach(() => rm(join(folder, '..'), { recursive: true, force: true }));

it('what a store saved is read from its plain files', async () => {
  const saved = savedReports(folder);
  const snapshot = await saved.snapshot();
  expect(snapshot.runs.map(({ id }) => id)).toEqual(['r-2', 'r-1']);
  expect(snapshot.batches).toEqual([batch]);
  expect(snapshot.models).toEqual([{ model: 'flight-delay', version: 'v2', digest, path: 'models/flight-delay/v2/model.onnx', bytes: 10, seenAt: now().toISOString(), summary: null, champion: false, run: summary('r-2', 'pass') }]);
  expect(await saved.readRun('r-1')).toEqual({ id: 'r-1', gates: [] });
  expect(await saved.readBatch('b-1')).toEqual({ id: 'b-1', sentence: 'clean' });
});

it('a folder in which nothing was saved is empty', async () => {
  expect(await savedReports(join(folder, 'elsewhere')).snapshot()).toEqual({ problem: null, models: [], refused: [], runs: [], batches: [], active: [], serving: null });
});

it('torn, foreign and hostile lines are passed over', async () => {
  const path = join(folder, 'journal.jsonl');
  const lines = ['{"kind":"run","body":{"sum', '[]', '{"kind":"run","body":null}', '{"kind":"run","body":{"summary":{"id":"x"},"report":"y"}}', '{"kind":"later","body":{}}', 'null'];
  await writeFile(path, `${await readFile(path, 'utf8')}${lines.join('\n')}`);
  expect((await savedReports(folder).snapshot()).runs.map(({ id }) => id)).toEqual(['r-2', 'r-1']);
});

it('a report that is not the one that was saved is refused', async () => {
  const path = join(folder, 'journal.jsonl');
  const text = await readFile(path, 'utf8');
  const reports = [...text.matchAll(/"report":"([0-9a-f]{64})"/g)].map(([, report]) => report);
  const [first, second] = reports.slice(1);
  await rm(blobOf(second));
  await writeFile(blobOf(second), await readFile(blobOf(first)));
  await expect(savedReports(folder).readRun('r-2')).rejects.toMatchObject({ body: { code: 'store-corrupt' } });
});

it('the digest of a report cannot lead out of its folder', async () => {
  const path = join(folder, 'journal.jsonl');
  await writeFile(path, (await readFile(path, 'utf8')).replace(/"report":"[0-9a-f]{64}"/g, '"report":"../../../../etc/passwd"'));
  await expect(savedReports(folder).readRun('r-1')).rejects.toMatchObject({ body: { code: 'store-corrupt' } });
});

it('an id nobody saved is run-missing', async () => {
  await expect(savedReports(folder).readRun('r-9')).rejects.toMatchObject({ body: { code: 'run-missing' } });
});

const blobOf = (report: string): string => join(folder, 'blobs', 'sha256', report.slice(0, 2), `${report}.json.gz`);
