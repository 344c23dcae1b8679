import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copySample, startEditor, type Editor } from './editor.ts';
import type { Workbench } from './workbench.ts';

let editor: Editor;
let workbench: Workbench;

beforeAll(async () => {
  editor = await startEditor();
  workbench = await editor.open(await copySample('flight-delay'));
  await workbench.openFile('slipway.yaml');
});
afterAll(() => editor.close());

const within = { timeout: 120_000, interval: 500 };
const lenses = (): Promise<string[]> => workbench.page.locator('.codelens-decoration').allInnerTexts();

/** Opens what is folded in the Test Explorer, down to the gates of a version. */
async function unfold(version: string): Promise<void> {
  const row = (text: string | RegExp) => workbench.page.locator('.test-explorer [role=treeitem]').filter({ hasText: text }).first();
  for (const text of [/flight-delay/, new RegExp(`^${version}`)]) {
    await row(text).click();
    await workbench.page.keyboard.press('ArrowRight');
  }
}

describe('slipway.yaml in the editor', () => {
  it('offers to run each gate, model and dataset before anything was judged', async () => {
    await expect.poll(lenses, within).toEqual(expect.arrayContaining([expect.stringMatching(/Run/), expect.stringMatching(/Check/)]));
  });

  it('lists every gate of every version as a test that was not run', async () => {
    await expect.poll(() => workbench.tests(), within).toEqual([expect.stringMatching(/flight-delay/)]);
    await unfold('v3');
    await expect.poll(() => workbench.tests()).toEqual(expect.arrayContaining([expect.stringMatching(/v1.*champion/), expect.stringMatching(/recall\.min/)]));
    await workbench.screenshot('test-explorer-before');
  });

  it('runs them, and shows which failed with what was needed', async () => {
    await workbench.command('Test: Run All Tests');
    await expect.poll(() => workbench.tests(), within).toEqual(expect.arrayContaining([expect.stringMatching(/v2.*Passed/), expect.stringMatching(/v3.*Failed/), expect.stringMatching(/AA.*Failed/)]));
    await workbench.screenshot('test-explorer-after');
  });

  it('underlines the gates that the newest version did not pass, and only those', async () => {
    const problems = (): Promise<string[]> => workbench.problems();
    await expect.poll(problems, within).toEqual(expect.arrayContaining([expect.stringMatching(/flight-delay v4: every prediction is sound/)]));
    expect((await problems()).filter((row) => /flight-delay v[123]/.test(row))).toEqual([]);
    await workbench.screenshot('problems');
  });

  it('says over each gate what was measured last', async () => {
    await workbench.openFile('slipway.yaml');
    await expect.poll(lenses, within).toEqual(expect.arrayContaining([expect.stringMatching(/v2 promotable/), expect.stringMatching(/v4: (last|not measured).*needs/)]));
    await workbench.screenshot('code-lens');
    expect(workbench.faults).toEqual([]);
  });
});
