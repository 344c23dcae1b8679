import { afterAll, beforeAll, expect, it } from 'vitest';
import { copySample, startEditor, type Editor } from './editor.ts';

let editor: Editor;
beforeAll(async () => {
  editor = await startEditor();
});
afterAll(() => editor.close());

it('opening a folder with models shows nothing that was not asked for, and a command answers', async () => {
  const workbench = await editor.open(await copySample('flight-delay'));
  expect(await workbench.notifications()).toEqual([]);
  expect(await workbench.tabs()).toEqual([]);
  await workbench.openSidePanel();
  await workbench.screenshot('side-panel');
  await workbench.command('Slipway: Show Log');
  await workbench.screenshot('log');
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});
