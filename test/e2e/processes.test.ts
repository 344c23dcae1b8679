import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { descendantsOf, makeFolder, startEditor, type Editor, type Process } from './editor.ts';

let editor: Editor;
let restricted: Editor;
beforeAll(async () => {
  editor = await startEditor();
  restricted = await startEditor({ restricted: true });
});
afterAll(async () => {
  await editor.close();
  await restricted.close();
});

/** Processes of ours under an editor: the server and its children. */
async function ours(of: Editor): Promise<Process[]> {
  return (await descendantsOf(of.pid)).filter(({ command }) => /slipway\.slipway-[^/]*\/dist\//.test(command));
}

async function tiny(): Promise<string> {
  const folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  return folder;
}

it('in a folder without models, data or slipway.yaml nothing of Slipway is started or shown', async () => {
  const workbench = await editor.open(await makeFolder({ 'notes.txt': 'nothing here' }));
  await workbench.openFile('notes.txt');
  await workbench.command('Developer: Show Running Extensions');
  const list = workbench.page.locator('.runtime-extensions-editor');
  await list.getByText('Configuration Editing', { exact: false }).or(list.locator('.monaco-list-row').first()).first().waitFor();
  expect(await list.getByText('Slipway', { exact: true }).count()).toBe(0);
  expect(await ours(editor)).toEqual([]);
  expect(await workbench.notifications()).toEqual([]);
  expect(await workbench.statusBar()).not.toContainEqual(expect.stringMatching(/slipway/i));
  await workbench.close();
});

it('in Restricted Mode no process is started, and what was judged before can be read', async () => {
  const workspace = await tiny();
  const workbench = await restricted.open(workspace);
  await workbench.openSidePanel();
  await workbench.page.locator('.pane .welcome-view-content').getByRole('button', { name: 'Manage Trust' }).waitFor();
  await workbench.screenshot('restricted');
  expect(await workbench.palette('Slipway: Run')).not.toContain('Slipway: Run Gates');
  await workbench.openFile('slipway.yaml');
  expect(await ours(restricted)).toEqual([]);
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});
