import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, startEditor, type Editor } from './editor.ts';
import { pictureFailures } from './picture-failures.ts';
import type { Workbench } from './workbench.ts';

const eventually = { timeout: 40_000, interval: 250 };
const unjudged = 'Model toy, champion v1 · not judged yet';

let editor: Editor;
let workbench: Workbench;
let root: string;

beforeAll(async () => {
  editor = await startEditor();
  root = await makeFolder({ 'both.code-workspace': JSON.stringify({ folders: [{ path: 'north' }, { path: 'south' }] }) });
  for (const folder of ['north', 'south']) {
    await mkdir(join(root, folder));
    await writeFiles(join(root, folder), tinyWorkspace());
  }
  workbench = await editor.open(join(root, 'both.code-workspace'));
});
afterAll(() => editor.close());
pictureFailures(() => workbench);

// The two folders name their models alike: nothing but the folder tells them apart.
describe.sequential('two folders in one window', () => {
  it('both stand in the side panel, each with its model', async () => {
    await workbench.openSidePanel();
    await expect.poll(() => workbench.rows('Models'), eventually).toEqual(['Folder north', unjudged, 'Folder south', unjudged]);
  });

  it('running one of them leaves the other alone', async () => {
    await workbench.command('Slipway: Run Gates');
    await workbench.choose('south');
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/^Version v3 of toy, v3 is blocked/));
    await expect.poll(() => workbench.rows('Gates & Readiness'), eventually).toContainEqual(expect.stringMatching(/^Gate .* fails/));
    const rows = await workbench.rows('Models');
    expect(rows.slice(0, rows.indexOf('Folder south'))).toEqual(['Folder north', unjudged]);
    expect(await workbench.rows('Gates & Readiness')).not.toContain('Folder north');
    expect(await readFile(join(root, 'north', '.slipway', 'journal.jsonl'), 'utf8')).not.toContain('"kind":"run"');
    await workbench.screenshot('multi-root');
  });

  it('the status bar speaks of the folder of the active tab, be it a file or a page', async () => {
    await workbench.openFile('north/slipway.yaml');
    await expect.poll(() => workbench.statusBar(), eventually).toContain('Slipway: Slipway');
    await workbench.row('Models', /^v2/).click();
    await workbench.frame('slip-gates-page h1:has-text("v2 may replace")');
    await expect.poll(() => workbench.statusBar(), eventually).toContain('Slipway: v3 blocked · CPU');
    await workbench.openFile('north/slipway.yaml');
    await expect.poll(() => workbench.statusBar(), eventually).toContain('Slipway: Slipway');
  });

  it('each folder has its own tests and its own problems', async () => {
    await expect.poll(() => workbench.tests(), eventually).toEqual(expect.arrayContaining([expect.stringMatching(/^north \(Not yet run\)/), expect.stringMatching(/^south \(Failed\)/)]));
    expect(await workbench.problems()).toEqual([expect.stringMatching(/^2 problems in file slipway\.yaml/), expect.stringMatching(/toy v3/), expect.stringMatching(/toy v3/)]);
    expect(workbench.faults).toEqual([]);
    expect(await workbench.notifications()).not.toContainEqual(expect.stringMatching(/error/i));
  });
});
