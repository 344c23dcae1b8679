import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { config, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { makeFolder, runSlipway, startEditor, type Editor } from './editor.ts';
import { pictureFailures } from './picture-failures.ts';
import type { Workbench } from './workbench.ts';

const eventually = { timeout: 40_000, interval: 250 };

let editor: Editor;
let workbench: Workbench;
let folder: string;

beforeAll(async () => {
  // A terminal that draws by GPU draws a picture, in which no text can be found.
  editor = await startEditor({ settings: { 'files.autoSave': 'off', 'terminal.integrated.gpuAcceleration': 'off' } });
  folder = await makeFolder({});
  await writeFiles(folder, { ...tinyWorkspace(), 'slipway.yaml': `${config}\nreadiness:\n  - {criterion: encryption at rest, group: Security, by: security lead}\n` });
  await runSlipway(folder, ['run'], 1);
  workbench = await editor.open(folder);
  await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await workbench.openSidePanel();
  await workbench.row('Models', 'v3').waitFor();
});
afterAll(() => editor.close());
pictureFailures(() => workbench);

const journal = async (): Promise<string> => readFile(join(folder, '.slipway', 'journal.jsonl'), 'utf8');
const clipboard = (): Promise<string> => workbench.page.evaluate<string>('navigator.clipboard.readText()');

describe.sequential('commands', () => {
  it('Open in Browser shows the same report in a page of its own, live', async () => {
    await workbench.row('Models', 'v3').click();
    const report = await workbench.frame('slip-gates-page h1:has-text("v3 is blocked")');
    const verdict = await report.locator('h1').first().innerText();
    const opened = workbench.page.context().waitForEvent('page');
    await report.getByRole('button', { name: 'Open in Browser' }).click();
    const page = await opened;
    const faults: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text());
    });
    await page.locator('slip-gates-page h1:has-text("v3 is blocked")').waitFor();
    expect(await page.locator('h1').first().innerText()).toBe(verdict);
    expect(await page.getByRole('tab').allInnerTexts()).toEqual(await report.getByRole('tab').allInnerTexts());
    expect(page.url(), 'the ticket is used up and gone from the address').not.toContain('ticket');
    await page.screenshot({ path: join(process.env.SLIPWAY_SCREENSHOTS ?? '.cache/screenshots', 'open-in-browser.png') });
    await page.reload();
    await page.locator('slip-gates-page h1:has-text("v3 is blocked")').waitFor();
    expect(faults).toEqual([]);
    await page.close();
  });

  it('Compare with Production by Replay asks both the same rows, and shows what came of it', async () => {
    await workbench.command('Slipway: Compare with Production by Replay…');
    await workbench.choose('v2');
    await workbench.choose('current');
    // 1,200 rows decide it: v2 is the function that the labels follow.
    const page = await workbench.frame('slip-shadow-page h1 .verdict:has-text("better")');
    expect(await page.locator('h1').innerText()).toMatch(/1,200 labelled pairs/);
    await page.locator('svg[aria-label^="They agree on"]').waitFor();
    expect(await workbench.axe(page)).toEqual([]);
    await workbench.screenshot('shadow');
    await workbench.command('Slipway: Open Shadow Comparison');
    await workbench.frame('slip-shadow-page h1 .verdict:has-text("better")');
  });

  it('State Criterion asks who, what and until when, and the readiness page then names it', async () => {
    await workbench.command('Slipway: Open Readiness');
    const page = await workbench.frame('slip-readiness-page h1:not(.spoken)');
    await page.getByText('encryption at rest').first().waitFor();
    await workbench.command('Slipway: State Criterion…');
    const { keyboard } = workbench.page;
    const ask = workbench.page.locator('.quick-input-widget');
    await workbench.choose('encryption at rest');
    await ask.getByText('State that “encryption at rest” is met').waitFor();
    for (const [prompt, answer] of [['Who states it', 'Ada Lovelace, security lead'], ['What is stated', 'volume keys, ticket 4711'], ['Until when', '2099-01-31']]) {
      await ask.getByText(prompt).first().waitFor();
      await keyboard.type(answer);
      await workbench.screenshot('state-criterion');
      await keyboard.press('Enter');
    }
    await page.getByText('Ada Lovelace').first().waitFor({ state: 'attached' });
    expect(await journal()).toContain('volume keys, ticket 4711');
    await workbench.screenshot('stated');
  });

  it('Copy Diagnostics tells versions and states, and nothing secret', async () => {
    const { token } = JSON.parse(await readFile(join(folder, '.slipway', 'server.json'), 'utf8')) as { token: string };
    await workbench.command('Slipway: Copy Diagnostics');
    await expect.poll(clipboard, eventually).toMatch(/^Slipway 0\.\d+\.\d+ \(linux-x64\)\nEditor: code-server/);
    const text = await clipboard();
    expect(text).toMatch(/^Folder 1: ready; 3 versions, 3 runs/m);
    expect(text).not.toContain(token);
    expect(text).not.toMatch(/ticket=(?!‹redacted›)/);
    expect(text).not.toContain('Ada Lovelace');
  });

  it('Set Champion changes one word, which the user looks at and saves', async () => {
    await workbench.command('Slipway: Set Champion…');
    await workbench.choose('v2');
    await workbench.page.locator('.tab.active.dirty').filter({ hasText: 'slipway.yaml' }).waitFor();
    const before = await readFile(join(folder, 'slipway.yaml'), 'utf8');
    expect(before).toContain('champion: v1');
    await workbench.page.keyboard.press('Control+S');
    await workbench.page.locator('.tab.active:not(.dirty)').waitFor();
    expect(await readFile(join(folder, 'slipway.yaml'), 'utf8')).toBe(before.replace('champion: v1', 'champion: v2'));
    await expect.poll(() => workbench.rows('Models'), eventually).toContainEqual(expect.stringMatching(/^Model toy, champion v2/));
    expect(workbench.faults).toEqual([]);
  });
});

describe.sequential('tasks', () => {
  it('the task that runs the gates names those that fail in its terminal, and they stand in Problems at their lines', async () => {
    const policy = await readFile(join(folder, 'slipway.yaml'), 'utf8');
    await writeFile(join(folder, 'slipway.yaml'), policy.replace('min: 0.6', 'min: 0.99'));
    await workbench.command('Tasks: Run Task');
    const { page } = workbench;
    await workbench.choose('slipway');
    await workbench.choose('slipway: run');
    const line = policy.split('\n').findIndex((text) => text.includes('min: 0.6')) + 1;
    await expect.poll(() => page.locator('.terminal .xterm-rows').allInnerTexts(), eventually).toContainEqual(expect.stringMatching(new RegExp(`slipway\\.yaml:${line}:\\serror:\\stoy\\sv3`)));
    await expect.poll(() => workbench.problems(), eventually).toContainEqual(expect.stringMatching(new RegExp(`^Error: toy v3.*0\\.990.*${line}`)));
    await workbench.command('Terminal: Focus Terminal');
    await workbench.screenshot('task-problems');
  });
});
