import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { config, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, startEditor, type Editor } from './editor.ts';
import type { Workbench } from './workbench.ts';

let editor: Editor;
let workbench: Workbench;
let folder: string;
const eventually = { timeout: 150_000, interval: 250 };

beforeAll(async () => {
  editor = await startEditor();
  folder = await makeFolder({});
  await writeFiles(folder, Object.fromEntries(Object.entries(tinyWorkspace()).filter(([path]) => path !== 'slipway.yaml')));
  workbench = await editor.open(folder);
});
afterAll(() => editor.close());

/** A command as it is typed: the palette puts the one of this name first. */
async function type(title: string): Promise<void> {
  const { keyboard } = workbench.page;
  await keyboard.press('F1');
  await workbench.page.locator('.quick-input-widget input:focus').first().waitFor();
  await keyboard.type(title);
  await workbench.page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: title }).waitFor();
  await keyboard.press('Enter');
}

describe.sequential('without a pointer', () => {
  it('a folder is set up and judged', async () => {
    await type('Slipway: Set Up Workspace');
    await expect.poll(() => workbench.tabs(), eventually).toContainEqual(expect.stringMatching(/^slipway\.yaml/));
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/^Version v3 of toy, v3 is blocked/));
  });

  it('its gates are run under another policy', async () => {
    await writeFile(join(folder, 'slipway.yaml'), config);
    await type('Slipway: Run Gates');
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/^Version v3 of toy, v3 is blocked.*needs ≥ 0\.600/));
  });

  it('a report is opened and read tab by tab', async () => {
    await type('Slipway: Open Report');
    await workbench.page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: 'v3' }).waitFor();
    await workbench.page.keyboard.press('Enter');
    const report = await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
    const isTab = (): Promise<boolean> =>
      report.evaluate(`(() => {
        let element = document.activeElement;
        while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
        return element?.getAttribute('role') === 'tab';
      })()`);
    for (let presses = 0; presses < 20 && !(await isTab()); presses++) await workbench.page.keyboard.press('Tab');
    expect(await isTab()).toBe(true);
    await workbench.page.keyboard.press('ArrowRight');
    await report.getByRole('tab', { name: /^Flips/, selected: true }).waitFor();
    await workbench.screenshot('keyboard-report');
  });

  it('the failing gate is found at its line', async () => {
    await type('Slipway: Focus on Gates & Readiness View');
    const { keyboard } = workbench.page;
    const list = workbench.page.locator('.pane:has(.pane-header[aria-label^="Gates"]) .monaco-list:focus');
    const current = list.locator('.monaco-list-row.focused');
    await list.waitFor();
    for (let presses = 0; presses < 8 && (await current.filter({ hasText: 'AUC' }).count()) === 0; presses++) await keyboard.press('ArrowDown');
    expect(await current.getAttribute('aria-label')).toMatch(/fails/);
    await keyboard.press('Enter');
    const line = config.split('\n').findIndex((text) => text.includes('roc_auc')) + 1;
    await expect.poll(() => workbench.statusBar(), eventually).toContainEqual(expect.stringMatching(new RegExp(`Ln ${line},`)));
    expect(await workbench.page.locator('.tab.active').getAttribute('aria-label')).toMatch(/slipway\.yaml/);
    expect(workbench.faults).toEqual([]);
  });
});
