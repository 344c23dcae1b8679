import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from 'playwright-core';
import { copyJudgedSample, startEditor, type Editor } from './editor.ts';
import { themes, type Theme } from './themes.ts';
import type { Workbench } from './workbench.ts';

let editor: Editor;
let workbench: Workbench;

beforeAll(async () => {
  editor = await startEditor();
  workbench = await editor.open(await copyJudgedSample());
  await workbench.openSidePanel();
  await workbench.row('Models', 'v3').waitFor();
}, 450_000);
afterAll(() => editor.close());

const tabs = ['Gates', 'Flips', 'Slices', 'Quality', 'Runtime', 'Value', 'Data', 'Evidence'];

const pages: { name: string; open: () => Promise<unknown>; selector: string; tabs: string[] }[] = [
  { name: 'report', open: () => workbench.row('Models', 'v3').click(), selector: 'slip-gates-page h1:not(.spoken):has-text("v3 is blocked")', tabs },
  { name: 'report-refused', open: () => workbench.row('Models', 'v4').click(), selector: 'slip-gates-page h1:not(.spoken):has-text("v4 is blocked")', tabs: [] },
  { name: 'data', open: () => workbench.row('Data', 'current').click(), selector: 'slip-data-page h1:not(.spoken)', tabs: [] },
  { name: 'compare', open: () => workbench.command('Slipway: Compare Versions'), selector: 'slip-compare-page h1:not(.spoken)', tabs: [] },
  { name: 'readiness', open: () => workbench.command('Slipway: Open Readiness'), selector: 'slip-readiness-page h1:not(.spoken)', tabs: [] },
  { name: 'runs', open: () => workbench.command('Slipway: Show Runs over Time'), selector: 'slip-runs-page h1:not(.spoken)', tabs: [] },
  { name: 'model-file', open: () => workbench.openFile('v2/model.onnx'), selector: 'slip-model-file-page h1:not(.spoken)', tabs: [] },
];

/** Nothing is waited for any more, and what came last has been painted. */
const settled = `new Promise((resolve) => {
  const painted = (frames) => requestAnimationFrame(() => (frames === 0 ? resolve(document.fonts.status === 'loaded' && document.querySelector('.waiting, .connection p') === null) : painted(frames - 1)));
  painted(3);
})`;

async function look(frame: Frame, name: string, within?: string): Promise<void> {
  await expect.poll(() => frame.evaluate(settled), { timeout: 30_000 }).toBe(true);
  await workbench.screenshot(name);
  expect(await workbench.axe(frame, within)).toEqual([]);
}

describe.each(Object.keys(themes) as Theme[])('in %s', (theme) => {
  beforeAll(() => workbench.useTheme(theme));

  it.each(pages)('the page of $name can be read by everybody, and breaks no policy', async ({ name, open, selector, tabs }) => {
    await open();
    const frame = await workbench.frame(selector);
    await look(frame, `${name}-${themes[theme].slug}`);
    for (const tab of tabs.slice(1)) {
      await frame.getByRole('tab', { name: new RegExp(`^${tab}`) }).click();
      await frame.getByRole('tab', { name: new RegExp(`^${tab}`), selected: true }).waitFor();
      // What stands around the tabs was looked at with the first of them.
      await look(frame, `${name}-${tab.toLowerCase()}-${themes[theme].slug}`, '[role=tabpanel]');
    }
    if (tabs.length > 0) await frame.getByRole('tab', { name: new RegExp(`^${tabs[0]}`) }).click();
    expect(workbench.faults).toEqual([]);
  });
});
