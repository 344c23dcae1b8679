import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { copyJudgedSample, copySample, descendantsOf, makeFolder, startEditor, type Editor, type Process } from './editor.ts';

const eventually = { timeout: 150_000, interval: 100 };

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

/** The server of a workspace, as the editor started it. */
async function serversOf(workspace: string): Promise<Process[]> {
  return (await descendantsOf(editor.pid)).filter(({ command }) => command.includes('server.js') && command.includes(workspace));
}

it('in a folder without models, data or slipway.yaml nothing of Slipway is started or shown', async () => {
  const folder = await makeFolder({ 'notes.txt': 'nothing here' });
  const workbench = await editor.open(folder);
  await workbench.openFile('notes.txt');
  await workbench.command('Developer: Show Running Extensions');
  const list = workbench.page.locator('.runtime-extensions-editor');
  await list.locator('.monaco-list-row').first().waitFor();
  expect(await list.getByText('Slipway', { exact: true }).count()).toBe(0);
  expect(await serversOf(folder)).toEqual([]);
  expect(await workbench.notifications()).toEqual([]);
  expect(await workbench.statusBar()).not.toContainEqual(expect.stringMatching(/slipway/i));
  await workbench.close();
});

it('a server that is killed in the middle of a run is back, and the run is brought to its end', { timeout: 600_000 }, async () => {
  const workspace = await copySample('flight-delay', ['models/flight-delay/v3', 'models/flight-delay/v4']);
  const workbench = await editor.open(workspace);
  await workbench.openSidePanel();
  await workbench.command('Slipway: Run Gates');
  await workbench.page.locator('.statusbar-item').filter({ hasText: /v\d: / }).waitFor();
  const [server] = await serversOf(workspace);
  process.kill(server.pid, 'SIGKILL');
  await expect.poll(async () => (await serversOf(workspace)).filter(({ pid }) => pid !== server.pid), eventually).toHaveLength(1);
  // What was under way is asked for again by the editor, not by the user.
  await expect.poll(() => workbench.rows('Models'), { timeout: 400_000, interval: 500 }).toContainEqual(expect.stringMatching(/v2 may replace v1/));
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});

it('when the window is closed, the server and its children are gone', async () => {
  const workspace = await makeFolder({});
  await writeFiles(workspace, tinyWorkspace());
  const workbench = await editor.open(workspace);
  await workbench.openSidePanel();
  await expect.poll(() => serversOf(workspace), eventually).toHaveLength(1);
  const [{ pid }] = await serversOf(workspace);
  const pids = new Set([pid, ...(await descendantsOf(pid)).map((child) => child.pid)]);
  await workbench.close();
  await expect.poll(async () => (await descendantsOf(1)).filter((each) => pids.has(each.pid)), eventually).toEqual([]);
});

it('a window that is loaded again shows what it showed', async () => {
  const workbench = await editor.open(await copyJudgedSample());
  await workbench.openSidePanel();
  await workbench.row('Models', 'v3').click();
  const before = await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
  await before.getByRole('tab', { name: /^Flips/ }).click();
  await before.getByRole('tab', { name: /^Flips/, selected: true }).waitFor();
  await workbench.reload();
  const after = await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
  await after.getByRole('tab', { name: /^Flips/, selected: true }).waitFor();
  await workbench.row('Models', 'v3').waitFor();
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});

it('in Restricted Mode no process is started, and what was judged before can be read', async () => {
  const workspace = await copyJudgedSample();
  const before = new Set((await descendantsOf(restricted.pid)).map(({ pid }) => pid));
  const started = new Map<number, string>();
  const look = async (): Promise<void> => {
    for (const { pid, command } of await descendantsOf(restricted.pid)) if (!before.has(pid)) started.set(pid, command);
  };
  const looking = setInterval(() => void look(), 50);
  const workbench = await restricted.open(workspace);
  await workbench.openSidePanel();
  await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/v3 is blocked/));
  expect(await workbench.palette('Slipway: Run')).not.toContain('Slipway: Run Gates');
  await workbench.row('Models', 'v3').click();
  await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
  await workbench.screenshot('restricted');
  clearInterval(looking);
  await look();
  // The editor and its own extensions start theirs; ours would start what is in our folder, or work in the workspace.
  expect([...started.values()].filter((command) => /slipway\.slipway/.test(command) || command.includes(workspace))).toEqual([]);
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});
