import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../protocol/feed.ts';
import { steps, type RunReport } from '../../protocol/run.ts';
import type { ViewTarget } from '../../protocol/view.ts';
import { blockedRun, emptyRun, errorRun, promotableRun } from '../figures/report-fixture.ts';
import { answersOf, manySummaries, notFound, snapshotOf, summaryOf } from './answers.ts';
import { overflowOn, smallButtonsOn, violationsOn } from './check-page.ts';
import { editorThemes, type EditorThemeName } from './editor-themes.ts';
import { chromiumPath, launch, openInBrowser, openView, type OpenedView, type ViewOptions } from './open-view.ts';

const path = chromiumPath();
if (path === null && process.env.CI === undefined) console.log('The pages are not tested: there is no Chromium here. Install it, or name it in CHROMIUM.');

const blocked = { ...blockedRun(), id: 'r-blocked' };
const championRun: RunReport = { ...promotableRun(), id: 'r-champion', role: 'champion', comparisons: {}, startedAt: '2026-11-01T09:00:00Z', model: { ...blocked.model, version: 'v1', digest: 'c0'.repeat(32) } };
const many: RunReport = { ...blocked, id: 'r-many', gates: Array.from({ length: 300 }, (_, index) => ({ ...blocked.gates[index % blocked.gates.length], gate: { ...blocked.gates[index % blocked.gates.length].gate, id: `gate-${index}`, line: index + 1 }, title: `gate ${index}` })) };
const runs: RunReport[] = [blocked, championRun, many, { ...errorRun(), id: 'r-error' }, { ...emptyRun(), id: 'r-empty' }, { ...promotableRun(), id: 'r-promotable' }];
const answer = answersOf(runs, manySummaries(10_000));
const tabs = ['gates', 'flips', 'slices', 'quality', 'runtime', 'value', 'data', 'evidence'];
const states: [string, ViewTarget][] = [
  ...runs.map(({ id }): [string, ViewTarget] => [`the run ${id}`, { view: 'gates', run: id }]),
  ['a run that is not there', { view: 'gates', run: 'r-none' }],
  ['a comparison', { view: 'compare', model: blocked.model.name, runs: ['r-champion', 'r-blocked'] }],
  ['runs of all models', { view: 'runs', model: null }],
  ['runs of a model without any', { view: 'runs', model: 'none' }],
];

// Looking at every element of 300 gates takes its time on a busy machine.
describe.skipIf(path === null && process.env.CI === undefined)('pages', { timeout: 90_000 }, () => {
  let browser: Browser;
  let dist: string;
  const opened: OpenedView[] = [];

  beforeAll(async () => {
    if (path === null) throw new Error('Chromium is needed here');
    dist = mkdtempSync(join(tmpdir(), 'slipway-view-'));
    execFileSync(process.execPath, ['--import', 'tsx', 'build.ts', dist]);
    browser = await launch(path);
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(dist, { recursive: true, force: true });
  });

  async function open(options: Partial<ViewOptions> & { target: ViewTarget }): Promise<OpenedView> {
    const view = await openView(browser, dist, { answer, ...options });
    opened.push(view);
    await view.page.waitForSelector('main h1');
    return view;
  }

  /** Nothing may break the policy or throw, whatever a test has done. */
  async function close(view: OpenedView): Promise<void> {
    expect(await view.faults()).toEqual([]);
    await view.close();
  }

  it('are one script of at most 150 KB and one stylesheet of at most 15 KB, zipped', () => {
    const zipped = (file: string) => gzipSync(readFileSync(join(dist, file))).length;
    expect(zipped('view.js')).toBeLessThanOrEqual(150 * 1024);
    expect(zipped('view.css')).toBeLessThanOrEqual(15 * 1024);
  });

  describe.each(Object.keys(editorThemes) as EditorThemeName[])('in the theme %s', (theme) => {
    it.each(states)('%s has no accessibility violation, wide and at 300 pixels, where nothing is cut off', async (_, target) => {
      const view = await open({ target, theme });
      expect(await violationsOn(view.page)).toEqual([]);
      expect(await smallButtonsOn(view.page)).toEqual([]);
      await view.page.setViewportSize({ width: 300, height: 700 });
      expect(await overflowOn(view.page)).toBe(0);
      // The same in another theme has the same elements.
      if (theme === 'light') expect(await violationsOn(view.page)).toEqual([]);
      await close(view);
    });
  });

  it.each(tabs)('the tab %s of a run has no accessibility violation, also unfolded', async (tab) => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' }, theme: 'light' });
    await view.page.click(`#tab-${tab}`);
    await view.page.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true; })');
    expect(await violationsOn(view.page)).toEqual([]);
    await view.page.setViewportSize({ width: 300, height: 700 });
    expect(await overflowOn(view.page)).toBe(0);
    await close(view);
  });

  it('every drawing says its finding, and colours of its own survive forced ones', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' }, forcedColors: true });
    for (const tab of tabs) {
      await view.page.click(`#tab-${tab}`);
      expect(await view.page.evaluate('[...document.querySelectorAll("main svg:not([aria-hidden])")].filter((svg) => !svg.getAttribute("aria-label")).length')).toBe(0);
    }
    expect(await violationsOn(view.page)).toEqual([]);
    await close(view);
  });

  it('tabs are walked by arrows, one stop for the Tab key', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' } });
    const { page } = view;
    await page.focus('#tab-gates');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.id')).toBe('tab-flips');
    await page.keyboard.press('End');
    expect(await page.evaluate('document.activeElement.id')).toBe('tab-evidence');
    await page.keyboard.press('ArrowRight');
    expect(await page.evaluate('document.activeElement.id')).toBe('tab-gates');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.id')).toBe('panel-gates');
    expect(await page.locator('[role=tab][tabindex="0"]').count()).toBe(1);
    await close(view);
  });

  it('a gate opens its line, a tile its tab, and a button does what it says', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' } });
    const { page, actions } = view;
    await page.click('[data-line="31"]');
    await page.click('.stat[href="#runtime"]');
    expect(await page.getAttribute('#tab-runtime', 'aria-selected')).toBe('true');
    await page.getByRole('button', { name: 'Save Report' }).click();
    await page.getByRole('button', { name: 'Compare with v1' }).focus();
    await page.keyboard.press('Space');
    expect(actions.slice(0, 2)).toEqual([
      { do: 'open-file', path: 'slipway.yaml', line: 31 },
      { do: 'save-report', of: 'run', id: 'r-blocked' },
    ]);
    await expect.poll(() => actions.at(-1)?.do).toBe('show');
    await close(view);
  });

  it('nothing can be started where nothing may be', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' }, can: { work: false, editor: false } });
    expect(await view.page.getByRole('button', { name: /Run Again|Save Report|Open in Browser|slipway\.yaml/ }).count()).toBe(0);
    await close(view);
  });

  it('300 gates are filtered by what is typed', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-many' } });
    await view.page.getByRole('searchbox', { name: 'Filter gates' }).fill('gate 299');
    await expect.poll(() => view.page.locator('#gates tbody tr th:has-text("gate 299")').count()).toBe(1);
    await expect.poll(() => view.page.locator('#gates tbody tr th:has-text("gate 298")').count()).toBe(0);
    await close(view);
  });

  it('rows that flipped are fetched with their inputs when they are asked for, and not before', async () => {
    const asked: string[] = [];
    const view = await open({
      target: { view: 'gates', run: 'r-blocked' },
      answer: (question) => {
        asked.push(question.ask);
        return answer(question);
      },
    });
    await view.page.click('#tab-flips');
    expect(asked).not.toContain('run-rows');
    // Counted from 1, as the rows behind a finding are.
    expect((await view.page.locator('table.rows tbody th').allTextContents()).slice(0, 2)).toEqual(['1', '2']);
    await view.page.getByRole('button', { name: 'Show Their Inputs' }).first().click();
    await view.page.waitForSelector('th:has-text("wind_speed")');
    await view.page.getByRole('combobox', { name: 'Show' }).first().selectOption('wrong');
    await expect.poll(() => view.page.locator('.verdict.pass:has-text("now right")').count()).toBe(0);
    await close(view);
  });

  it('slices are sorted by their heads, and say so', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' } });
    const { page } = view;
    await page.click('#tab-slices');
    const head = page.locator('th:has(button:text("rows"))').first();
    await page.locator('th button:text("rows")').first().click();
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    await page.locator('th button:text("rows")').first().click();
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    await close(view);
  });

  it('a run fills in while it is made, can be cancelled, and is a report when it is finished', async () => {
    const saved = answersOf([]);
    let finished = false;
    const view = await open({ target: { view: 'gates', run: 'r-blocked' }, answer: (question) => (finished ? answer(question) : saved(question)) });
    const feed = (message: FeedMessage) => view.tell({ kind: 'feed', message });
    await feed({ kind: 'snapshot', sequence: 0, snapshot: snapshotOf([]) });
    await feed({ kind: 'work-started', sequence: 1, work: 'work-0001', command: { kind: 'run' } });
    await feed({ kind: 'run-started', sequence: 2, work: 'work-0001', run: 'r-blocked', model: 'flight-delay', version: 'v3' });
    for (const [index, step] of steps.slice(0, 4).entries()) await feed({ kind: 'step', sequence: 3 + index, work: 'work-0001', run: 'r-blocked', outcome: { step, state: 'done', subject: 'holdout', milliseconds: 120 } });
    await feed({ kind: 'progress', progress: { work: 'work-0001', step: 'predict', subject: 'holdout', done: 12_400, total: 24_814, unit: 'rows' } });
    await view.page.waitForSelector('.steps .now:has-text("predict")');
    expect(await view.page.locator('.steps .done').count()).toBe(4);
    expect(await view.page.textContent('.steps .pace')).toContain('12,400 of 24,814 rows');
    expect(await violationsOn(view.page)).toEqual([]);
    await view.page.getByRole('button', { name: 'Cancel Run', exact: true }).click();
    expect(view.actions).toEqual([{ do: 'cancel', work: 'work-0001' }]);
    finished = true;
    await feed({ kind: 'run-finished', sequence: 9, work: 'work-0001', run: summaryOf(blocked) });
    await view.page.waitForSelector('h1:has-text("v3")');
    await view.page.waitForSelector('#tab-gates');
    await close(view);
  });

  it('a lost connection is told, and what is shown stays', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' } });
    await view.tell({ kind: 'connection', state: 'lost', reason: 'exit code 9' });
    await view.page.waitForSelector('.connection p:has-text("exit code 9")');
    expect(await view.page.locator('#tab-gates').count()).toBe(1);
    expect(await violationsOn(view.page)).toEqual([]);
    await view.tell({ kind: 'connection', state: 'ready', reason: null });
    await view.page.waitForSelector('.connection p', { state: 'detached' });
    await close(view);
  });

  it('tab, unfolded parts and scroll are as they were after a reload', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' }, height: 500 });
    const { page } = view;
    await page.click('#tab-evidence');
    await page.locator('summary:has-text("Steps")').click();
    await page.evaluate('window.scrollTo(0, 400)');
    await expect.poll(() => page.evaluate('JSON.parse(sessionStorage.getItem("state")).pages["view=gates&run=r-blocked"].scroll')).toBe(400);
    await page.reload();
    await page.waitForSelector('#tab-evidence[aria-selected=true]');
    await expect.poll(() => page.evaluate('window.scrollY')).toBe(400);
    expect(await page.locator('details[open]:has(summary:has-text("Steps"))').count()).toBe(1);
    await close(view);
  });

  it('of 10,000 runs only those near the window are in the document, and any can be reached', async () => {
    const view = await open({ target: { view: 'runs', model: null } });
    const { page } = view;
    expect(await page.getAttribute('table.long', 'aria-rowcount')).toBe('10001');
    expect(await page.locator('table.long tbody.rows tr').count()).toBeLessThan(100);
    await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
    await page.waitForSelector('tr[aria-rowindex="10001"]');
    expect(await page.locator('table.long tbody.rows tr').count()).toBeLessThan(100);
    await close(view);
  });

  it('runs are filtered by verdict, and two of a model are picked to be compared', async () => {
    const view = await open({ target: { view: 'runs', model: blocked.model.name } });
    const { page } = view;
    await page.getByRole('combobox', { name: 'Verdict' }).selectOption('fail');
    await expect.poll(() => page.locator('table.long tbody.rows .verdict:not(.fail)').count()).toBe(0);
    await page.locator('input[type=checkbox]').nth(0).check();
    await page.locator('input[type=checkbox]').nth(1).check();
    await page.getByRole('button', { name: /^Compare .+ with/ }).click();
    expect(view.actions.map((action) => action.do)).toEqual(['show']);
    await close(view);
  });

  it('a feed of a thousand messages is drawn at most once a frame', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-none' } });
    await view.tell({ kind: 'feed', message: { kind: 'snapshot', sequence: 0, snapshot: { ...snapshotOf([]), active: [{ work: 'work-0001', command: { kind: 'run' }, run: null, progress: null }] } } });
    await view.page.waitForSelector('.work');
    const { drawings, frames } = await view.page.evaluate<{ drawings: number; frames: number }>(`new Promise((done) => {
      let drawings = 0, frames = 0, sent = 0;
      new MutationObserver(() => drawings++).observe(document.querySelector('slip-work-strip'), { subtree: true, childList: true, characterData: true, attributes: true });
      const frame = () => { frames++; requestAnimationFrame(frame); };
      requestAnimationFrame(frame);
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        if (sent++ === 1000) return setTimeout(() => done({ drawings, frames }), 100);
        dispatchEvent(new MessageEvent('message', { data: { kind: 'feed', message: { kind: 'progress', progress: { work: 'work-0001', step: 'predict', subject: 'holdout', done: sent, total: 1000, unit: 'rows' } } } }));
        channel.port2.postMessage(0);
      };
      channel.port2.postMessage(0);
    })`);
    expect(await view.page.textContent('.work')).toContain('1,000 of 1,000 rows');
    expect(drawings).toBeLessThanOrEqual(frames + 1);
    await close(view);
  });

  it('a folder that is not trusted is read by an editor: its lines open and reports are saved, but nothing runs', async () => {
    const view = await open({ target: { view: 'gates', run: 'r-blocked' }, can: { work: false, editor: true } });
    expect(await view.page.getByRole('button', { name: /Run Again|Open in Browser/ }).count()).toBe(0);
    expect(await view.page.getByRole('button', { name: 'Save Report' }).count()).toBe(1);
    await view.page.click('[data-line="31"]');
    expect(view.actions).toEqual([{ do: 'open-file', path: 'slipway.yaml', line: 31 }]);
    await close(view);
  });

  it('the same page in a browser reads by HTTP, follows by its socket, starts and cancels work, and has no button of an editor', async () => {
    const view = await openInBrowser(browser, dist, { target: { view: 'gates', run: 'r-blocked' }, answer });
    const { page, actions } = view;
    await page.waitForSelector('#tab-gates');
    expect(await page.getByRole('button', { name: /Save Report|Open in Browser|slipway\.yaml:/ }).count()).toBe(0);
    await page.getByRole('button', { name: 'Run Again' }).click();
    const command = { kind: 'run' as const, models: ['flight-delay'], versions: ['v3'], force: true };
    await expect.poll(() => actions).toEqual([{ do: 'run', command }]);
    await view.tell({ kind: 'feed', message: { kind: 'snapshot', sequence: 0, snapshot: { ...snapshotOf(runs), active: [{ work: 'work-0001', command, run: null, progress: null }] } } });
    await page.waitForSelector('.work');
    expect(await violationsOn(page)).toEqual([]);
    await page.getByRole('button', { name: 'Cancel Run' }).click();
    await expect.poll(() => actions.at(-1)).toEqual({ do: 'cancel', work: 'work-0001' });
    expect(await view.faults()).toEqual([]);
    await view.close();
  });

  it('what a browser asked for and cannot be done is told on the page until it is read', async () => {
    const refusal = { ...notFound({ ask: 'snapshot' }), title: 'Too much waits', detail: '32 pieces of work wait already' };
    const view = await openInBrowser(browser, dist, { target: { view: 'gates', run: 'r-blocked' }, answer, refusal });
    await view.page.getByRole('button', { name: 'Run Again' }).click();
    await view.page.waitForSelector('.problem:has-text("32 pieces of work wait already")');
    expect(await violationsOn(view.page)).toEqual([]);
    await view.page.getByRole('button', { name: 'Dismiss' }).click();
    await view.page.waitForSelector('.problem', { state: 'detached' });
    await view.close();
  });
});
