import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AxeResults } from 'axe-core';
import type { BrowserContext, Frame, Locator, Page } from 'playwright-core';
import { themes, type Theme } from './themes.ts';

/** One window of the editor, as somebody uses it: keyboard first. */
export interface Workbench {
  page: Page;
  /** Runs a command by the title that the palette shows, such as `Slipway: Run Gates`. */
  command(title: string): Promise<void>;
  /** Takes a row of the list that a command has opened. */
  choose(text: string | RegExp): Promise<void>;
  /** Titles that the palette offers for these words. */
  palette(words: string): Promise<string[]>;
  /** Opens a file by its name, or by as much of its path as tells it from others. */
  openFile(path: string): Promise<void>;
  /** Shows the Slipway container. */
  openSidePanel(): Promise<void>;
  /** What the rows of a side panel view say, from top to bottom. */
  rows(view: string): Promise<string[]>;
  row(view: string, text: string | RegExp): Locator;
  /** Rows of the Problems view. */
  problems(): Promise<string[]>;
  /** Rows of the Test Explorer. */
  tests(): Promise<string[]>;
  /** Opens a row of the Test Explorer, which shows only what is not folded away. */
  unfoldTest(text: RegExp): Promise<void>;
  /** Every notification since the window was loaded, also those that have gone. */
  notifications(): Promise<string[]>;
  tabs(): Promise<string[]>;
  statusBar(): Promise<string[]>;
  /** The frame of a page of ours that has this in it: a webview, a custom editor or a notebook's output. */
  frame(selector: string): Promise<Frame>;
  /** What axe finds wrong in a frame, or in a part of it; best given a frame that has settled. */
  axe(frame: Frame, within?: string): Promise<string[]>;
  /** Breaches of a content security policy and errors in our own frames since the window was opened. */
  faults: string[];
  /** Kept in .cache/screenshots, or the folder that $SLIPWAY_SCREENSHOTS names. */
  screenshot(name: string): Promise<void>;
  /** Picks a theme, for all windows of this user. */
  useTheme(theme: Theme): Promise<void>;
  reload(): Promise<void>;
  /** As a user closes a tab: the editor is told. */
  close(): Promise<void>;
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = fileURLToPath(new URL('../../.cache/screenshots', import.meta.url));
const waitMs = 60_000;

/** Toasts go by themselves: what stood in one is kept. */
const rememberNotifications = `
  globalThis.slipwayNotifications = [];
  addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
    for (const { textContent } of document.querySelectorAll('.notifications-toasts .notification-list-item-message')) {
      if (textContent !== '' && !slipwayNotifications.includes(textContent)) slipwayNotifications.push(textContent);
    }
  }).observe(document.body, { subtree: true, childList: true }));`;

export async function openWorkbench(context: BrowserContext, address: string): Promise<Workbench> {
  const page = await context.newPage();
  page.setDefaultTimeout(waitMs);
  const faults: string[] = [];
  page.on('console', (message) => {
    const { url } = message.location();
    if (/Content Security Policy/i.test(message.text()) || (message.type() === 'error' && isOurs(url))) faults.push(`${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => {
    if (/slipway/i.test(error.stack ?? '')) faults.push(error.stack ?? error.message);
  });
  const slipwayTab = page.locator('.activitybar [role=tab]').filter({ has: page.locator('[aria-label^="Slipway"]') }).or(page.locator('.activitybar [role=tab][aria-label^="Slipway"]')).first();
  await page.addInitScript(rememberNotifications);
  await page.goto(address);
  await settle();

  /** The window is there, with what stands in its side bar where it has one, and knows the extension. */
  async function settle(): Promise<void> {
    const isEmpty = new URL(page.url()).searchParams.has('ew');
    await page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor();
    if (!isEmpty) await page.locator('.part.sidebar .pane-body').first().waitFor({ state: 'attached' });
    await slipwayTab.waitFor();
  }

  async function activated(): Promise<void> {
    await page.locator('.statusbar-item').filter({ hasText: 'Activating Extensions' }).waitFor({ state: 'detached' });
  }

  const quickInput = page.locator('.quick-input-widget');
  const quickRows = quickInput.locator('.quick-input-list [role=option], .quick-input-list [role=treeitem]');

  /**
   * What the palette lists is what was known when it was opened, and it closes when a page that has just opened takes
   * the focus: it is opened again until its row could be clicked.
   */
  async function pick(typed: string, row: Locator): Promise<void> {
    const end = Date.now() + waitMs;
    for (;;) {
      await page.keyboard.press('F1');
      await quickInput.locator('input').first().fill(typed);
      if (await row.click({ timeout: 3_000 }).then(() => true, () => false)) break;
      await page.keyboard.press('Escape');
      if (Date.now() > end) throw new Error(`The palette does not offer ${typed}`);
    }
    await row.waitFor({ state: 'hidden' });
  }

  const command = (title: string): Promise<void> => pick(`>${title}`, quickRows.filter({ has: page.locator('.label-name, .monaco-icon-label').getByText(title, { exact: true }) }).first());

  const pane = (view: string): Locator => page.locator('.pane').filter({ has: page.locator(`.pane-header[aria-label^="${view}"]`) });
  const itemsOf = (tree: Locator): Locator => tree.locator('[role=treeitem]');
  const labels = async (items: Locator): Promise<string[]> => items.evaluateAll((rows) => rows.map((row) => row.getAttribute('aria-label') ?? row.textContent ?? ''));

  return {
    page,
    faults,
    command,
    async choose(text) {
      await quickRows.filter({ hasText: text }).first().click();
    },
    async palette(words) {
      await page.keyboard.press('F1');
      await quickInput.locator('input').first().fill(`>${words}`);
      await quickRows.first().waitFor();
      const titles = await quickRows.evaluateAll((rows) => rows.map((row) => (row.querySelector('.label-name') ?? row).textContent ?? ''));
      await page.keyboard.press('Escape');
      return titles;
    },
    async openFile(path) {
      const name = path.split('/').at(-1) ?? path;
      await pick(path, quickRows.filter({ hasText: name }).first());
      await page.locator('.tab.active').filter({ hasText: name }).waitFor();
    },
    async openSidePanel() {
      if ((await slipwayTab.getAttribute('aria-selected')) !== 'true') await slipwayTab.click();
      await pane('Models').waitFor();
      await activated();
    },
    rows: (view) => labels(itemsOf(pane(view))),
    row: (view, text) => itemsOf(pane(view)).filter({ hasText: text }).first(),
    async problems() {
      await command('Problems: Focus on Problems View');
      return labels(itemsOf(page.locator('.markers-panel')));
    },
    async tests() {
      await command('Testing: Focus on Test Explorer View');
      return labels(itemsOf(page.locator('.test-explorer')));
    },
    async unfoldTest(text) {
      await itemsOf(page.locator('.test-explorer')).filter({ hasText: text }).first().click();
      await page.keyboard.press('ArrowRight');
    },
    notifications: () => page.evaluate<string[]>('slipwayNotifications'),
    tabs: () => page.locator('.tabs-container .tab').evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('aria-label') ?? '')),
    statusBar: () => page.locator('.part.statusbar .statusbar-item').evaluateAll((items) => items.map((item) => item.getAttribute('aria-label') ?? item.textContent ?? '')),
    async frame(selector) {
      const end = Date.now() + waitMs;
      for (;;) {
        for (const frame of page.frames()) {
          if (frame === page.mainFrame()) continue;
          if ((await frame.locator(selector).count().catch(() => 0)) > 0) return frame;
        }
        if (Date.now() > end) throw new Error(`No frame has ${selector}; there are ${page.frames().map((frame) => frame.url()).join(', ')}`);
        await page.waitForTimeout(50);
      }
    },
    async axe(frame, within) {
      await frame.evaluate(axeSource);
      const { violations } = await frame.evaluate<Pick<AxeResults, 'violations'>>(`axe.run(${within === undefined ? 'document' : JSON.stringify(within)}, { resultTypes: ['violations'] })`);
      return violations.map(({ id, impact, help, nodes }) => `${id} (${impact ?? 'unknown'}): ${help}: ${nodes.map(({ target, failureSummary }) => `${target.join(' ')} ${failureSummary ?? ''}`).join(' | ')}`);
    },
    async screenshot(name) {
      // What the pointer happens to rest on is no part of the picture, and a hover that stays is no failure.
      await page.mouse.move(0, 0);
      await page.locator('.workbench-hover').first().waitFor({ state: 'hidden', timeout: 2_000 }).catch(() => undefined);
      await page.screenshot({ path: join(process.env.SLIPWAY_SCREENSHOTS ?? screenshots, `${name}.png`) });
    },
    async useTheme(theme) {
      await command('Preferences: Color Theme');
      await quickInput.locator('input').first().fill(theme);
      await quickRows.filter({ hasText: theme }).first().click();
      await page.locator(`.monaco-workbench.vscode-theme-defaults-themes-${themes[theme].file}-json`).waitFor();
    },
    async reload() {
      // The editor's own command: it keeps what it has to keep before it goes.
      const loaded = page.waitForEvent('load');
      await command('Developer: Reload Window');
      await loaded;
      await settle();
    },
    async close() {
      await page.close({ runBeforeUnload: true });
      await context.close();
    },
  };
}

const isOurs = (url: string): boolean => /slipway[.-]/.test(url);
