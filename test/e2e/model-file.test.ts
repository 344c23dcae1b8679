import { afterAll, beforeAll, expect, it } from 'vitest';
import { copySample, startEditor, type Editor } from './editor.ts';

let editor: Editor;
beforeAll(async () => {
  editor = await startEditor();
});
afterAll(() => editor.close());

it('an .onnx file opens as what is in it', async () => {
  const workbench = await editor.open(await copySample('flight-delay'));
  await workbench.page.keyboard.press('Control+P');
  await workbench.page.keyboard.type('v2/model.onnx');
  await workbench.page.locator('.quick-input-list').getByText('model.onnx').first().waitFor();
  await workbench.page.keyboard.press('Enter');
  const page = await workbench.frame('slip-app');
  await page.getByText('carrier', { exact: true }).first().waitFor();
  await workbench.screenshot('model-file');
  expect(await workbench.axe(page)).toEqual([]);
  expect(workbench.faults).toEqual([]);
  await workbench.close();
});
