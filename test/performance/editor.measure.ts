import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunReport } from '../../protocol/run.ts';
import { copyJudgedSample, copySample, descendantsOf, makeFolder, runSlipway, startEditor, type Editor } from '../e2e/editor.ts';
import { runInHost } from '../e2e/run-in-host.ts';
import type { Workbench } from '../e2e/workbench.ts';
import { chromiumPath, launch } from '../webview/open-view.ts';
import { interactiveScript, measurePages } from './measure-pages.ts';
import { writeFigures, type Figure } from './write-figures.ts';

const figures: Figure[] = [];

function note(what: string, values: readonly number[], unit: Figure['unit'], budget: number | null): void {
  figures.push({ what, values: [...values], unit, budget });
}

/** What a user sees first after a command: the item in the status bar, progress over a view, or a notification. */
const watchFeedback = `
  addEventListener('DOMContentLoaded', () => {
    const shown = '[id="slipway.slipway.slipway.status"], [id*="slipway"].statusbar-item, .monaco-progress-container.active, .notification-list-item';
    const look = () => [...document.querySelectorAll(shown)].map((each) => each.className + each.textContent).join();
    let began = null, before = '';
    addEventListener('keydown', ({ key }) => { if (key === 'Enter') { began = performance.now(); before = look(); window.feedbackMs = undefined; } }, true);
    new MutationObserver(() => {
      if (began === null || look() === before) return;
      window.feedbackMs = performance.now() - began;
      began = null;
    }).observe(document.documentElement, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class'] });
  });`;

describe.sequential('figures', () => {
  let editor: Editor;
  beforeAll(async () => {
    editor = await startEditor();
  });
  afterAll(async ({}, suite) => {
    await editor.close();
    await writeFigures(figures, suite.tasks.every(({ result }) => result?.state === 'pass'));
  });

  it('sizes', async () => {
    const dist = join(inject('bench').extension, 'dist');
    const zipped = async (file: string): Promise<number> => gzipSync(await readFile(join(dist, file))).length / 1024;
    note('extension.cjs, loaded on activation', [(await stat(join(dist, 'extension.cjs'))).size / 1024], 'KB', 250);
    note('all pages together (view.js), gzip', [await zipped('view.js')], 'KB', 150);
    note('their styles (view.css), gzip', [await zipped('view.css')], 'KB', null);
    note('notebook renderer, gzip', [await zipped('renderer.js')], 'KB', 150);
  });

  it('activation', async () => {
    const found: { milliseconds: number; nativeModules: string[] }[] = [];
    for (let time = 0; time < 11; time++) {
      const [{ error, value }] = await runInHost(editor, 'measure-activation', await makeFolder({ 'notes.txt': 'nothing of Slipway' }));
      if (error !== null) throw new Error(error);
      found.push(value as (typeof found)[number]);
    }
    note('activation as another extension waits for it, in a window that is still opening', found.map(({ milliseconds }) => milliseconds), 'ms', null);
    note('native modules in the extension host', [Math.max(...found.map(({ nativeModules }) => nativeModules.length))], 'count', 0);
  });

  it('activation as the editor counts it', async () => {
    const workspace = await copySample('flight-delay');
    const found: number[] = [];
    for (let time = 0; time < 11; time++) {
      const workbench = await editor.open(workspace);
      await workbench.openSidePanel();
      await workbench.command('Developer: Show Running Extensions');
      const row = workbench.page.locator('.runtime-extensions-editor .monaco-list-row').filter({ hasText: 'Slipway' });
      await row.waitFor();
      const told = await row.innerText();
      const [, milliseconds] = /(\d+)\s*ms/.exec(told) ?? [];
      expect(milliseconds, told).toBeDefined();
      found.push(Number(milliseconds));
      await workbench.close();
    }
    note('activation as the editor counts it: code read and run', found, 'ms', 50);
  });

  it('first report of a workspace that is new', async () => {
    const whole: number[] = [];
    for (let time = 0; time < 3; time++) {
      const workspace = await copySample('flight-delay', ['slipway.yaml', 'models/flight-delay/v4', 'expected.json', 'README.md', 'notebook.ipynb', 'bad-batch']);
      const workbench = await editor.open(workspace);
      await workbench.openSidePanel();
      const began = performance.now();
      await workbench.page.locator('.pane .welcome-view-content').getByRole('button', { name: 'Set Up Workspace' }).click();
      await expect.poll(async () => (await workbench.rows('Models')).some((row) => /^Version/.test(row) && !/not judged yet/.test(row)), { timeout: 120_000, interval: 50 }).toBe(true);
      const judged = (await workbench.rows('Models')).find((row) => /^Version/.test(row) && !/not judged yet/.test(row)) ?? '';
      await workbench.page.getByRole('treeitem', { name: judged, exact: true }).click();
      await workbench.frame('slip-gates-page [role=tab]');
      whole.push((performance.now() - began) / 1000);
      await workbench.close();
    }
    note('Set Up Workspace pressed → first report open (flight-delay, 3 versions)', whole, 's', 15);
  });

  it('a server that is killed', async () => {
    const found: number[] = [];
    for (let time = 0; time < 3; time++) {
      const workspace = await copySample('flight-delay', ['models/flight-delay/v3', 'models/flight-delay/v4']);
      const workbench = await editor.open(workspace);
      await workbench.openSidePanel();
      await workbench.command('Slipway: Run Gates');
      const underWay = workbench.page.locator('.statusbar-item').filter({ hasText: /v\d: / });
      await underWay.waitFor();
      const [server] = (await descendantsOf(editor.pid)).filter(({ command }) => command.includes('server.js') && command.includes(workspace));
      const began = performance.now();
      process.kill(server.pid, 'SIGKILL');
      await underWay.waitFor({ state: 'hidden' });
      await underWay.waitFor();
      found.push((performance.now() - began) / 1000);
      await workbench.close();
    }
    note('server killed in the middle of a run → the run is under way again', found, 's', 3);
  });

  it('feedback and reports in the editor', async () => {
    const workspace = await copyJudgedSample();
    const cold: number[] = [];
    for (let time = 0; time < 3; time++) {
      const workbench = await openWatched(editor, workspace);
      cold.push(await feedbackOf(workbench));
      await workbench.close();
    }
    note('Run Gates → first feedback, server not started yet', cold, 'ms', 100);

    const workbench = await openWatched(editor, workspace);
    await workbench.openSidePanel();
    await feedbackOf(workbench);
    const warm: number[] = [];
    for (let time = 0; time < 5; time++) {
      await idle(workbench);
      warm.push(await feedbackOf(workbench));
    }
    note('Run Gates → first feedback, server ready', warm, 'ms', 100);

    await idle(workbench);
    const paint: number[] = [];
    const interactive: number[] = [];
    const clicked: number[] = [];
    for (let time = 0; time < 12; time++) {
      const began = await workbench.page.evaluate<number>('performance.timeOrigin + performance.now()');
      await workbench.row('Models', time % 2 === 0 ? 'v3' : 'v2').click();
      const frame = await workbench.frame(`slip-gates-page h1:has-text("${time % 2 === 0 ? 'v3' : 'v2'}")`);
      const times = await frame.evaluate<{ origin: number; paint: number; interactive: number }>(
        '(async () => { while (window.interactiveAt === undefined) await new Promise((next) => setTimeout(next, 5)); return { origin: performance.timeOrigin, paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN, interactive: interactiveAt }; })()',
      );
      paint.push(times.paint);
      interactive.push(times.interactive - times.origin);
      clicked.push(times.interactive - began);
      await workbench.command('View: Close All Editors');
    }
    // The first opening registers the editor's service worker, once for a user.
    note('report in the editor: its document → first paint', paint.slice(1), 'ms', 300);
    note('report in the editor: its document → interactive', interactive.slice(1), 'ms', 500);
    note('version clicked in the side panel → report interactive', clicked.slice(1), 'ms', null);
    await workbench.close();
  });

  it('pages by themselves', async () => {
    const workspace = await copyJudgedSample();
    const runs = JSON.parse(await runSlipway(workspace, ['runs', '--json'])) as { id: string; version: string }[];
    const report = JSON.parse(await runSlipway(workspace, ['show', runs.find(({ version }) => version === 'v3')?.id ?? '', '--json'], 1)) as RunReport;
    const path = chromiumPath();
    if (path === null) throw new Error('Chromium is not installed');
    const browser = await launch(path);
    const pages = await measurePages(browser, join(inject('bench').extension, 'dist'), report, 11).finally(() => browser.close());
    note('report page alone: first paint', pages.report.firstPaintMs, 'ms', 300);
    note('report page alone: interactive', pages.report.interactiveMs, 'ms', 500);
    note('10,000 runs: first paint', pages.runs.firstPaintMs, 'ms', 300);
    note('10,000 runs: interactive', pages.runs.interactiveMs, 'ms', 500);
    note('10,000 runs: sorted by another column', [pages.sortingMs], 'ms', null);
    note('10,000 runs: longest gap between frames while scrolling', [pages.scrolling.longestMs], 'ms', null);
    note('feed of 1,000 messages/s for 5 s: 95 % of gaps between frames', [pages.feed.p95Ms], 'ms', 50);
    note('feed of 1,000 messages/s for 5 s: longest gap between frames', [pages.feed.longestMs], 'ms', null);
    expect(pages.feed.told).toContain('5,000');
  });
});

async function openWatched(editor: Editor, workspace: string): Promise<Workbench> {
  return editor.open(workspace, [watchFeedback, interactiveScript]);
}

/** Runs the command as a user does, and says how long nothing was to be seen. */
async function feedbackOf({ page }: Workbench): Promise<number> {
  const row = page.locator('.quick-input-list .monaco-list-row.focused').filter({ hasText: 'Run Gates' });
  for (;;) {
    await page.keyboard.press('F1');
    await page.locator('.quick-input-widget input').first().fill('>Slipway: Run Gates');
    // The palette lists what was known when it was opened.
    if (await row.waitFor({ timeout: 2_000 }).then(() => true, () => false)) break;
    await page.keyboard.press('Escape');
  }
  await page.keyboard.press('Enter');
  return feedback(page);
}

async function feedback(page: Page): Promise<number> {
  return page.evaluate<number>('(async () => { for (const end = performance.now() + 5000; window.feedbackMs === undefined && performance.now() < end; ) await new Promise((next) => setTimeout(next, 5)); return window.feedbackMs ?? NaN; })()');
}

async function idle(workbench: Workbench): Promise<void> {
  await expect.poll(async () => (await workbench.statusBar()).some((text) => /v\d (blocked|promotable)/.test(text)), { timeout: 20_000 }).toBe(true);
}
