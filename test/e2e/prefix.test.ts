import { afterAll, beforeAll, expect, it } from 'vitest';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, startEditor, type Editor } from './editor.ts';

let editor: Editor;
beforeAll(async () => {
  editor = await startEditor({ prefix: '/team/editor' });
});
afterAll(() => editor.close());

it('served under a path of another server, gates run and the report opens', async () => {
  const folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  const workbench = await editor.open(folder);
  expect(new URL(workbench.page.url()).pathname).toBe('/team/editor/');
  await workbench.openSidePanel();
  await workbench.command('Slipway: Run Gates');
  await expect.poll(() => workbench.rows('Models'), { timeout: 150_000 }).toContainEqual(expect.stringMatching(/^Version v3 of toy, v3 is blocked/));
  await workbench.row('Models', 'v3').click();
  await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});
