import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, startEditor, type Editor } from './editor.ts';
import type { Workbench } from './workbench.ts';

let editor: Editor;
let workbench: Workbench;
const within = { timeout: 120_000, interval: 500 };

beforeAll(async () => {
  editor = await startEditor();
  const folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  workbench = await editor.open(folder);
});
afterAll(() => editor.close());

it('a model can be run from the Test Explorer before anything was judged', async () => {
  await workbench.openFile('slipway.yaml');
  // The palette knows the Test Explorer only when there is something in it.
  await workbench.page.locator('.codelens-decoration').first().waitFor();
  await expect.poll(() => workbench.tests(), within).toEqual([expect.stringMatching(/^toy \(Not yet run\)/)]);
});

it('every gate of every version then stands there with its verdict, and the champion is named', async () => {
  await workbench.command('Test: Run All Tests');
  await expect.poll(() => workbench.tests(), within).toEqual(expect.arrayContaining([expect.stringMatching(/^toy \(Failed\)/)]));
  await workbench.unfoldTest(/toy/);
  await expect.poll(() => workbench.tests(), within).toEqual(expect.arrayContaining([expect.stringMatching(/^v1 \(champion\) \(Passed\)/), expect.stringMatching(/^v2 \(Passed\)/), expect.stringMatching(/^v3 \(Failed\)/)]));
  await workbench.unfoldTest(/^v3/);
  await expect.poll(() => workbench.tests(), within).toEqual(expect.arrayContaining([expect.stringMatching(/^every prediction is sound \(Passed\)/), expect.stringMatching(/^AUC: ≥ 0\.600 \(Failed\)/)]));
  await workbench.screenshot('test-explorer');
});

it('a failed gate tells what was needed and what was measured', async () => {
  await workbench.command('Test Results: Focus on Test Results View');
  const results = workbench.page.locator('.test-output-peek-tree');
  await expect.poll(() => results.allInnerTexts(), within).toEqual([expect.stringMatching(/AUC/)]);
  expect(workbench.faults).toEqual([]);
  expect(await workbench.notifications()).toEqual([]);
});
