import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, startEditor, type Editor } from './editor.ts';

const patiently = { timeout: 90_000 };

let editor: Editor;
beforeAll(async () => {
  editor = await startEditor();
});
afterAll(() => editor.close());

async function tiny(): Promise<string> {
  const folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  return folder;
}

it('the side panel leads from models to verdicts, gates, data and the report', async () => {
  const folder = await tiny();
  const workbench = await editor.open(folder);
  await workbench.openSidePanel();
  await expect.poll(() => workbench.rows('Models'), patiently).toContainEqual('Model toy, champion v1 · not judged yet');
  await workbench.screenshot('panel-before');
  await workbench.command('Slipway: Run Gates');
  await expect.poll(() => workbench.rows('Models'), patiently).toContainEqual(expect.stringMatching(/^Version v3 of toy, v3 is blocked/));
  await expect.poll(() => workbench.rows('Gates & Readiness'), patiently).toContainEqual(expect.stringMatching(/^Gate .* fails/));
  expect(await workbench.rows('Models')).toContainEqual(expect.stringMatching(/^Version v2 of toy, v2 may replace/));
  await expect.poll(() => workbench.rows('Data'), patiently).toContainEqual(expect.stringMatching(/^Dataset current, batch current\/2026-02/));
  await workbench.screenshot('panel-judged');

  await workbench.row('Gates & Readiness', 'AUC').click();
  await expect.poll(() => workbench.tabs(), patiently).toContainEqual(expect.stringMatching(/^slipway\.yaml/));
  await workbench.screenshot('panel-gate');
  await workbench.row('Models', 'v3').click();
  const page = await workbench.frame('slip-gates-page h1:not(.spoken)');
  expect(await page.locator('h1').first().innerText()).toMatch(/v3/);
  await workbench.screenshot('panel-report');

  await workbench.command('Slipway: Set Champion…');
  await workbench.choose('v2');
  await expect.poll(() => workbench.page.locator('.monaco-editor .view-line').allInnerTexts(), patiently).toContainEqual(expect.stringMatching(/champion:\sv2/));
  expect(await readFile(join(folder, 'slipway.yaml'), 'utf8')).toContain('champion: v1');
  await workbench.screenshot('panel-champion');
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});

it('an error in slipway.yaml is told where it can be mended', async () => {
  const folder = await tiny();
  await writeFile(join(folder, 'slipway.yaml'), 'modles:\n  toy: {}\n');
  const workbench = await editor.open(folder);
  await workbench.openSidePanel();
  const buttons = workbench.page.locator('.pane .welcome-view-content .monaco-button');
  await expect.poll(() => buttons.allInnerTexts(), patiently).toEqual(['Open slipway.yaml']);
  await workbench.screenshot('welcome-error');
  await workbench.close();
});
