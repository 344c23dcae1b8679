import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { config, scorer, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { copySample, makeFolder, startEditor, type Editor } from './editor.ts';
import { pictureFailures } from './picture-failures.ts';
import type { Workbench } from './workbench.ts';

let editor: Editor;
let workbench: Workbench;
let folder: string;
const within = { timeout: 40_000, interval: 500 };

beforeAll(async () => {
  editor = await startEditor();
  folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  workbench = await editor.open(folder);
});
afterAll(() => editor.close());
pictureFailures(() => workbench);

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

it('with continuous run on, what changes is judged by itself, until it is switched off', async () => {
  const runs = async (): Promise<number> => (await readFile(join(folder, '.slipway', 'journal.jsonl'), 'utf8')).split('\n').filter((line) => line.includes('"kind":"run"')).length;
  const watching = workbench.page.locator('.statusbar-item[aria-label*="Slipway"]');
  await workbench.command('Test: Start Continuous Run');
  await expect.poll(() => watching.getAttribute('aria-label'), within).toMatch(/v\d/);
  const version = join(folder, 'models', 'toy', 'v4');
  await mkdir(version);
  await writeFile(join(version, 'model.onnx'), scorer(2, 1.1));
  await expect.poll(() => workbench.tests(), within).toContainEqual(expect.stringMatching(/^v4 \(Passed\)/));
  await writeFile(join(folder, 'slipway.yaml'), config.replace('min: 0.6', 'min: 0.99'));
  await expect.poll(() => workbench.tests(), within).toContainEqual(expect.stringMatching(/^v4 \(Failed\)/));
  await workbench.screenshot('continuous-run');

  await workbench.command('Test: Stop Continuous Run');
  const before = await runs();
  await writeFile(join(folder, 'slipway.yaml'), config.replace('min: 0.6', 'min: 0.5'));
  // What was judged is out of date now, and stays so: nobody judges it.
  await expect.poll(() => workbench.tests(), within).toContainEqual(expect.stringMatching(/^v4 .*outdated/i));
  expect(await runs()).toBe(before);
});

it('a run that is cancelled in the Test Explorer ends, and what it did not judge stays as it was', async () => {
  const other = await editor.open(await copySample('flight-delay', ['models/flight-delay/v3', 'models/flight-delay/v4']));
  await other.openFile('slipway.yaml');
  await other.page.locator('.codelens-decoration').first().waitFor();
  await expect.poll(() => other.tests(), within).toEqual([expect.stringMatching(/^flight-delay \(Not yet run\)/)]);
  await other.command('Test: Run All Tests');
  await other.page.locator('.statusbar-item').filter({ hasText: /v\d: / }).waitFor();
  await other.command('Test: Cancel Test Run');
  await other.page.locator('.statusbar-item').filter({ hasText: /v\d: / }).waitFor({ state: 'detached' });
  await expect.poll(() => other.tests(), within).not.toContainEqual(expect.stringMatching(/Running|Queued|Passed|Failed|Errored/));
  await other.openSidePanel();
  await expect.poll(() => other.rows('Models'), within).toContainEqual(expect.stringMatching(/^Version v2 of flight-delay, not judged yet/));
  expect(other.faults).toEqual([]);
  await other.close();
});
