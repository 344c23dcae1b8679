import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copySample, startEditor, type Editor } from './editor.ts';
import { pictureFailures } from './picture-failures.ts';
import type { Workbench } from './workbench.ts';

// One user, one window, one afternoon: each part goes on where the one before ended.
describe.sequential('from a folder of models to a version that may be promoted', { timeout: 450_000 }, () => {
  let editor: Editor;
  let workspace: string;
  let workbench: Workbench;
  let policy: string;
  const eventually = { timeout: 400_000, interval: 250 };
  const version = (name: string): string => join(workspace, 'models', 'flight-delay', name);

  beforeAll(async () => {
    editor = await startEditor();
    workspace = await copySample('flight-delay', ['models/flight-delay/v4', 'expected.json', 'README.md', 'notebook.ipynb', 'bad-batch']);
    policy = await readFile(join(workspace, 'slipway.yaml'), 'utf8');
    await rename(join(workspace, 'slipway.yaml'), join(editor.home, 'policy.yaml'));
    workbench = await editor.open(workspace);
  });
  pictureFailures(() => workbench);
  afterAll(() => editor.close());

  it('nothing pops up, and one button is offered', async () => {
    await workbench.openSidePanel();
    const welcome = workbench.page.locator('.pane .welcome-view-content');
    await welcome.getByRole('button', { name: 'Set Up Workspace' }).waitFor();
    expect(await welcome.getByRole('button').count()).toBe(1);
    await workbench.screenshot('welcome-dark');
    expect(await workbench.notifications()).toEqual([]);
    expect(await workbench.tabs()).toEqual([]);
  });

  it('setting up writes slipway.yaml, and models stand in the side panel with their verdicts', async () => {
    await workbench.page.locator('.pane .welcome-view-content').getByRole('button', { name: 'Set Up Workspace' }).click();
    await expect.poll(() => workbench.tabs(), eventually).toContainEqual(expect.stringMatching(/slipway\.yaml/));
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/v3/));
    await workbench.screenshot('setting-up-dark');
    await expect.poll(async () => (await workbench.rows('Models')).filter((row) => /^Version/.test(row) && !/not judged yet/.test(row)).length, eventually).toBe(3);
    await expect.poll(() => workbench.rows('Data'), eventually).not.toEqual([]);
    await workbench.screenshot('set-up-dark');
  });

  it('with the policy of the sample, a run fills in while it is watched and names the failing slice', async () => {
    await writeFile(join(workspace, 'slipway.yaml'), policy);
    await workbench.command('Slipway: Run Gates');
    await workbench.page.locator('.statusbar-item').filter({ hasText: /v\d: / }).waitFor();
    await workbench.screenshot('running-dark');
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/v3 is blocked.*carrier AA/));
    await expect.poll(() => workbench.statusBar(), eventually).toContainEqual(expect.stringMatching(/v3 blocked/));
    await workbench.screenshot('judged-dark');
  });

  it('the failing gate is a problem at its line and a failed test', async () => {
    const line = policy.split('\n').findIndex((text) => text.includes('carrier = AA')) + 1;
    await expect.poll(() => workbench.problems(), eventually).toContainEqual(expect.stringMatching(new RegExp(`AA.*${line}`)));
    await workbench.screenshot('problems-dark');
    await expect.poll(() => workbench.tests(), eventually).toContainEqual(expect.stringMatching(/flight-delay.*Failed/));
    await workbench.unfoldTest(/flight-delay/);
    await workbench.unfoldTest(/^v3/);
    await expect.poll(() => workbench.tests(), eventually).toEqual(expect.arrayContaining([expect.stringMatching(/v2.*Passed/), expect.stringMatching(/AA.*Failed/)]));
    await workbench.screenshot('test-explorer-dark');
  });

  it('the report says why, with the rows that flipped, and the data-quality view shows what has moved', async () => {
    await workbench.openSidePanel();
    await workbench.row('Models', 'v3').click();
    const report = await workbench.frame('slip-gates-page h1:not(.spoken)');
    await expect.poll(() => report.locator('h1').first().innerText()).toMatch(/v3 is blocked.*carrier AA/);
    expect(await workbench.axe(report)).toEqual([]);
    await workbench.screenshot('report-dark');
    await report.getByRole('tab', { name: /Flips/ }).click();
    await report.locator('slip-flip-rows, table').first().waitFor();
    expect(await workbench.axe(report)).toEqual([]);
    await workbench.screenshot('flips-dark');

    await workbench.row('Data', 'current').click();
    const data = await workbench.frame('slip-data-page h1:not(.spoken)');
    await expect.poll(() => data.locator('h1').first().innerText()).toMatch(/9 of \d+ columns/);
    expect(await workbench.axe(data)).toEqual([]);
    await workbench.screenshot('data-dark');
  });

  it('a version that was fixed passes, and its problems are gone', async () => {
    await mkdir(version('v4'));
    // The good model, exported once more with a note in it (field 6 of a model: its doc_string).
    const note = Buffer.from('trained again, with the flights of AA');
    await writeFile(join(version('v4'), 'model.onnx'), Buffer.concat([await readFile(join(version('v2'), 'model.onnx')), Buffer.from([0x32, note.length]), note]));
    await workbench.openSidePanel();
    await workbench.command('Slipway: Run Gates');
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/v4 may replace v1/));
    await expect.poll(() => workbench.problems(), eventually).not.toContainEqual(expect.stringMatching(/recall/));
    await workbench.screenshot('fixed-dark');
    expect(workbench.faults).toEqual([]);
  });
});
