import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { notebookMime, type NotebookReport } from '../../protocol/notebook.ts';
import type { RunReport } from '../../protocol/run.ts';
import { copyJudgedSample, startEditor, type Editor } from './editor.ts';

let editor: Editor;
beforeAll(async () => {
  editor = await startEditor();
});
afterAll(() => editor.close());

/** The newest saved run of a version, read as slipway.py reads it. */
async function savedRun(workspace: string, version: string): Promise<RunReport> {
  const journal = (await readFile(join(workspace, '.slipway', 'journal.jsonl'), 'utf8')).trim().split('\n');
  const runs = journal.map((line) => JSON.parse(line) as { kind: string; body: { summary: { version: string }; report: string } }).filter(({ kind, body }) => kind === 'run' && body.summary.version === version);
  const { report } = runs[runs.length - 1].body;
  return JSON.parse(gunzipSync(await readFile(join(workspace, '.slipway', 'blobs', 'sha256', report.slice(0, 2), `${report}.json.gz`))).toString('utf8')) as RunReport;
}

function notebook({ id, startedAt, role, model, gates, decision, lineage }: RunReport): string {
  const report: NotebookReport = { schema: 'slipway.report/1', id, startedAt, role, model, gates, decision, champion: lineage.champion, policy: lineage.policy, provider: lineage.provider };
  const output = { output_type: 'display_data', metadata: {}, data: { [notebookMime]: report, 'text/html': ['<p>a table</p>'], 'text/plain': [decision.sentence] } };
  return JSON.stringify({ cells: [{ cell_type: 'code', execution_count: 1, metadata: {}, source: ['slipway.show("flight-delay", "v3")'], outputs: [output] }], metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 });
}

it('a saved notebook shows the verdict as the report does, and leads there', async () => {
  const workspace = await copyJudgedSample();
  await writeFile(join(workspace, 'shown.ipynb'), notebook(await savedRun(workspace, 'v3')));
  const workbench = await editor.open(workspace);
  await workbench.openFile('shown.ipynb');
  const output = await workbench.frame('h1:has-text("v3 is blocked")');
  await workbench.screenshot('notebook-dark');
  await output.evaluate(`for (const element of document.querySelectorAll('*')) if (element.shadowRoot?.querySelector('main') != null) element.id = 'slipway-output';`);
  expect(await workbench.axe(output, '#slipway-output')).toEqual([]);
  await output.getByRole('button', { name: 'Open Report' }).click();
  await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});
