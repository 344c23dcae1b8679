import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, startEditor, type Editor } from './editor.ts';
import { pictureFailures } from './picture-failures.ts';
import type { Workbench } from './workbench.ts';

const eventually = { timeout: 40_000, interval: 250 };

let editor: Editor;
let workbench: Workbench;

beforeAll(async () => {
  editor = await startEditor();
  workbench = await editor.open('');
});
afterAll(() => editor.close());
pictureFailures(() => workbench);

/** Titles of the steps that are ticked. */
async function done(page: Page): Promise<string[]> {
  const steps = page.locator('.getting-started-step').filter({ has: page.locator('.codicon-getting-started-step-checked') });
  return steps.locator('h3.step-title').allInnerTexts();
}

async function openWalkthrough(): Promise<void> {
  await workbench.command('Welcome: Open Walkthrough...');
  await workbench.choose('Judge a Model with Slipway');
  await workbench.page.locator('.getting-started-step').first().waitFor();
}

describe.sequential('the walkthrough, in a window without a folder', () => {
  it('opens with five steps, none of them done', async () => {
    await openWalkthrough();
    expect(await workbench.page.locator('.getting-started-step h3.step-title').allInnerTexts()).toEqual(['Bring models and data', 'Set up the workspace', 'Judge the models', 'See what blocks a version', 'Look at the data']);
    expect(await done(workbench.page)).toEqual([]);
    const described = await workbench.page.locator('.getting-started-step .step-description-container').allTextContents();
    expect(described.join('\n'), 'marks of Markdown that the editor does not read here').not.toMatch(/[`*_]{1,2}\w/);
    await workbench.frame('svg');
    await workbench.screenshot('walkthrough');
  });

  it('its button copies the sample where the user says, and opens it', async () => {
    const parent = join(await makeFolder({}), 'work');
    await mkdir(parent);
    await workbench.page.locator('.getting-started-step.expanded').getByRole('button', { name: 'Open the Sample' }).click();
    const dialog = workbench.page.locator('.quick-input-widget');
    await dialog.getByText('Folder for the Sample').waitFor();
    // It lists the user's home first, and then what is typed.
    await dialog.locator('.monaco-list-row').filter({ hasText: 'share' }).waitFor();
    await dialog.locator('input').first().fill(`${parent}/`);
    await dialog.locator('.monaco-list-row').filter({ hasText: 'share' }).waitFor({ state: 'detached' });
    const loaded = workbench.page.waitForEvent('load');
    await dialog.getByRole('button', { name: 'Copy Sample Here' }).click();
    await loaded;
    await workbench.openSidePanel();
    expect(new URL(workbench.page.url()).searchParams.get('folder')).toBe(join(parent, 'flight-delay'));
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual('Model flight-delay, champion v1 · not judged yet');
  });

  it('and its steps complete themselves by what the user does', async () => {
    await openWalkthrough();
    await expect.poll(() => done(workbench.page), eventually).toContain('Bring models and data');
    await workbench.command('Slipway: Run Gates');
    await expect.poll(() => done(workbench.page), { timeout: 200_000, interval: 250 }).toEqual(['Bring models and data', 'Set up the workspace', 'Judge the models']);
    await workbench.command('Slipway: Open Report');
    await workbench.choose('v1');
    await workbench.frame('slip-gates-page h1:has-text("v1")');
    await workbench.command('Slipway: Open Data Quality');
    await workbench.choose('current/');
    await workbench.frame('slip-data-page h1:not(.spoken)');
    await openWalkthrough();
    await expect.poll(() => done(workbench.page), eventually).toHaveLength(5);
    await workbench.screenshot('walkthrough-done');
    expect(workbench.faults).toEqual([]);
  });
});
