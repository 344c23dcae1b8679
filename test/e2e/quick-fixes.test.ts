import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { config, points, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, startEditor, type Editor } from './editor.ts';
import { pictureFailures } from './picture-failures.ts';
import type { Workbench } from './workbench.ts';

const eventually = { timeout: 40_000, interval: 250 };

/** A key is misspelt, a bound is out of reach for v2, and a dataset brings a place that is not on the list. */
const policy = config
  .replace('task: binary', 'taks: binary')
  .replace('min: 0.6}', 'min: 0.99}  # agreed in May')
  .replace('dataQuality: holdout', 'dataQuality: current')
  .replace('drift:', 'checks:\n  - {column: place, values: [north, south, west], on: current}  # by sales\n\ndrift:');

let editor: Editor;
let workbench: Workbench;
let folder: string;

beforeAll(async () => {
  editor = await startEditor({ settings: { 'files.autoSave': 'off' } });
  folder = await makeFolder({});
  await writeFiles(folder, tinyWorkspace());
  await rm(join(folder, 'models', 'toy', 'v3'), { recursive: true });
  await writeFile(join(folder, 'data', 'current', '2026-02.csv'), points(600, 4).replaceAll(/north(?=,.*\n.*\n.*,north)/g, 'harbour'));
  await writeFile(join(folder, 'slipway.yaml'), policy);
  workbench = await editor.open(folder);
});
afterAll(() => editor.close());
pictureFailures(() => workbench);

const lineOf = (text: string): number => policy.split('\n').findIndex((line) => line.includes(text)) + 1;

/** Opens the light bulb on a line, and takes the fix of this title. */
async function fix(line: number, column: number, title: RegExp): Promise<void> {
  const { page } = workbench;
  await page.keyboard.press('Control+P');
  await page.locator('.quick-input-widget input').first().fill(`:${line}:${column}`);
  await page.keyboard.press('Enter');
  const action = page.locator('.action-widget .monaco-list-row').filter({ hasText: title });
  // Fixes come with what was judged, which may be on its way yet.
  await expect.poll(async () => {
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+.');
    return action.first().waitFor({ timeout: 1_500 }).then(() => true, () => false);
  }, eventually).toBe(true);
  await workbench.screenshot(`quick-fix-${line}`);
  await action.first().click();
  await action.first().waitFor({ state: 'detached' });
}

async function save(): Promise<string> {
  await workbench.page.keyboard.press('Control+S');
  await workbench.page.locator('.tab.active:not(.dirty)').waitFor();
  return readFile(join(folder, 'slipway.yaml'), 'utf8');
}

describe.sequential('through the light bulb', () => {
  it('a misspelt key is put right, and the gates can run', async () => {
    await workbench.openFile('slipway.yaml');
    await expect.poll(() => workbench.problems(), eventually).toContainEqual(expect.stringMatching(/taks/));
    await workbench.openFile('slipway.yaml');
    await fix(lineOf('taks'), 6, /^Change to task$/);
    expect(await save()).toBe(policy.replace('taks', 'task'));
    await workbench.openSidePanel();
    await workbench.command('Slipway: Run Gates');
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/^Version v2 of toy, v2 is blocked/));
  });

  it('the bound of a gate is moved to what was measured', async () => {
    await workbench.openFile('slipway.yaml');
    await fix(lineOf('min: 0.99'), 8, /^Set min to 0\.\d+: v2 measured 0\.\d+, and its 95 % interval ends there$/);
    expect(await save()).toMatch(/\n {2}- \{metric: roc_auc, min: 0\.[78]\d+\} {2}# agreed in May\n/);
  });

  it('a new category is accepted where it came from', async () => {
    await fix(lineOf('current: {'), 4, /^Accept in current\/2026-02: .*place/);
    expect(await save()).toContain('  - {column: place, values: [north, south, west, harbour], on: current}  # by sales\n');
  });

  it('and the run passes', async () => {
    await workbench.command('Slipway: Run Gates');
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/^Version v2 of toy, v2 may replace v1/));
    await expect.poll(() => workbench.problems(), eventually).not.toContainEqual(expect.stringMatching(/toy v2/));
    await workbench.screenshot('quick-fixes-passed');
    expect(workbench.faults).toEqual([]);
  });
});
