import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { copySample, descendantsOf, makeFolder, startEditor, type Editor, type Process } from './editor.ts';

const eventually = { timeout: 120_000, interval: 100 };

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

it('a server that is killed in the middle of a run is back, and the run is brought to its end', async () => {
  const workspace = await copySample('flight-delay', ['models/flight-delay/v3', 'models/flight-delay/v4']);
  const workbench = await editor.open(workspace);
  await workbench.openSidePanel();
  await workbench.command('Slipway: Run Gates');
  await workbench.page.locator('.statusbar-item').filter({ hasText: /v\d: / }).waitFor();
  const [server] = (await ours(editor)).filter(({ command }) => command.includes('server.js'));
  process.kill(server.pid, 'SIGKILL');
  await expect.poll(async () => (await ours(editor)).filter(({ pid, command }) => command.includes('server.js') && pid !== server.pid).length, eventually).toBe(1);
  await workbench.screenshot('server-killed');
  await workbench.command('Slipway: Run Gates');
  await expect.poll(() => workbench.rows('Models'), { timeout: 400_000, interval: 500 }).toContainEqual(expect.stringMatching(/v2 may replace v1/));
  expect((await readFile(join(workspace, '.slipway', 'journal.jsonl'), 'utf8')).trim().split('\n').map((line) => (JSON.parse(line) as object) !== null)).not.toContain(false);
  expect(workbench.faults).toEqual([]);
  await workbench.close();
}, 450_000);

it('when the window is closed, the server and its children are gone', async () => {
  const workbench = await editor.open(await tiny());
  await workbench.openSidePanel();
  await expect.poll(() => ours(editor), eventually).not.toEqual([]);
  const before = await ours(editor);
  await workbench.close();
  await expect.poll(() => ours(editor), eventually).toEqual([]);
  expect(before.length).toBeGreaterThan(0);
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
