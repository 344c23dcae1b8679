import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../protocol/feed.ts';
import type { LiveWindow } from '../../protocol/serving.ts';
import { notFound } from './answers.ts';
import { overflowOn, smallButtonsOn, violationsOn } from './check-page.ts';
import { editorThemes, type EditorThemeName } from './editor-themes.ts';
import { lastMs, liveWindow, quietVersion, sampleAt, servedVersion, servingOf } from './live-windows.ts';
import { chromiumPath, launch, openView, type OpenedView, type ViewOptions } from './open-view.ts';

const path = chromiumPath();
const six = liveWindow({ versions: ['v1', 'v2', 'v3', 'v4', 'v5', 'v6'] });
const two = liveWindow();
const troubled: LiveWindow = { ...two, serving: servingOf('<b>flight</b>', ['v1'], { keysNeeded: true, models: [{ ...servingOf('<b>flight</b>', ['v1']).models[0], versions: [servedVersion('v1', 1), servedVersion('v3', 3, { state: 'unavailable', reason: 'the file is not complete', provider: null })] }] }) };
const states: [string, LiveWindow][] = [
  ['six versions under load', six],
  ['a version that cannot be asked, and a key that is needed', troubled],
  ['nothing asked for', liveWindow({ quiet: true, seconds: 300 })],
  ['the first seconds', liveWindow({ seconds: 3 })],
  ['no second yet', { ...two, samples: [] }],
  ['nothing served', { serving: null, samples: [] }],
  ['more versions than are drawn', liveWindow({ versions: Array.from({ length: 9 }, (_, index) => `v${index + 1}`), seconds: 60 })],
];

describe.skipIf(path === null && process.env.CI === undefined)('the live page', { timeout: 60_000 }, () => {
  let browser: Browser;
  let dist: string;

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

  async function open(window: LiveWindow | (() => LiveWindow), options: Partial<ViewOptions> = {}): Promise<OpenedView> {
    const view = await openView(browser, dist, { target: { view: 'live' }, answer: (question) => (question.ask === 'live' ? { answer: typeof window === 'function' ? window() : window } : { problem: notFound(question) }), ...options });
    await view.page.waitForSelector('main h1:not(.spoken), main slip-problem');
    return view;
  }

  async function close(view: OpenedView): Promise<void> {
    expect(await view.faults()).toEqual([]);
    await view.close();
  }

  const told = (view: OpenedView, ...messages: FeedMessage[]): Promise<void[]> => Promise.all(messages.map((message) => view.tell({ kind: 'feed', message })));
  const second = (offset: number, requests: number): FeedMessage => ({ kind: 'live', sample: sampleAt(lastMs + offset * 1000, [{ ...quietVersion('flight-delay', 'v1'), requests }]) });
  const chart = (page: Page, label: string) => page.locator('slip-time-chart', { has: page.locator('h3', { hasText: label }) });
  const drawn = (page: Page) => page.locator('slip-time-chart .plot path.line[d^=M]').first().waitFor({ state: 'attached' });

  it.each(states)('of %s has no accessibility violation, unfolded, wide and at 300 pixels, where nothing is cut off', async (_, window) => {
    const view = await open(window, { theme: 'light' });
    await view.page.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true; })');
    expect(await violationsOn(view.page)).toEqual([]);
    expect(await smallButtonsOn(view.page)).toEqual([]);
    await view.page.setViewportSize({ width: 300, height: 700 });
    expect(await overflowOn(view.page)).toBe(0);
    expect(await violationsOn(view.page)).toEqual([]);
    await close(view);
  });

  it.each(Object.keys(editorThemes) as EditorThemeName[])('can be read in the theme %s', async (theme) => {
    for (const window of [six, troubled]) {
      const view = await open(window, { theme });
      expect(await violationsOn(view.page)).toEqual([]);
      await close(view);
    }
  });

  it('in forced colours tells its lines apart by their dashes', async () => {
    const view = await open(six, { forcedColors: true });
    await drawn(view.page);
    const lines = await view.page.evaluate<string[]>('[...document.querySelector("slip-time-chart").querySelectorAll(".plot path.line")].map((line) => { const { stroke, strokeDasharray } = getComputedStyle(line); return `${stroke} ${strokeDasharray}`; })');
    expect(new Set(lines).size).toBe(6);
    expect(new Set(lines.map((line) => line.slice(0, line.indexOf(')')))).size).toBe(1);
    expect(await violationsOn(view.page)).toEqual([]);
    await close(view);
  });

  it('of nothing served says how to serve, and no more', async () => {
    const view = await open({ serving: null, samples: [] });
    expect(await view.page.locator('h1').innerText()).toBe('Nothing is served');
    expect(await view.page.locator('main').innerText()).toContain('slipway serve');
    expect(await view.page.locator('slip-time-chart').count()).toBe(0);
    await close(view);
  });

  it('begins with what is served, and follows: seconds come, serving ends, what was seen stays', async () => {
    const view = await open({ ...two, samples: [] });
    const { page } = view;
    expect(await page.locator('h1').innerText()).toBe('Ready to be asked');
    await told(view, second(1, 5), second(2, 9));
    await page.locator('h1', { hasText: '7 requests a second over the last 2 seconds' }).waitFor();
    expect(await chart(page, 'Requests per second').locator('.digits').first().innerText()).toBe('9');
    await told(view, { kind: 'serving-changed', sequence: 1, serving: null });
    await page.locator('h1', { hasText: 'Nothing is served any more' }).waitFor();
    expect(await page.locator('slip-time-chart').count()).toBe(8);
    await close(view);
  });

  it('asks for the seconds it has missed, once it notices, and breaks its lines where there are none', async () => {
    let asked = 0;
    const known = liveWindow({ seconds: 5, quiet: true, versions: ['v1'] });
    const view = await open(() => (asked++, known));
    await drawn(view.page);
    await told(view, second(4, 1));
    await expect.poll(() => asked).toBe(2);
    await told(view, second(8, 1));
    await expect.poll(() => view.page.evaluate('document.querySelector("slip-time-chart .plot path.line").getAttribute("d").split("M").length - 1')).toBe(3);
    expect(asked).toBe(2);
    await close(view);
  });

  it('reads all series at the second that is pointed at, and lets go of it', async () => {
    const view = await open(two);
    const { page } = view;
    await drawn(page);
    const box = await chart(page, 'Requests per second').locator('.plot').boundingBox();
    if (box === null) throw new Error('There is no plot');
    await page.mouse.move(box.x + box.width * 0.72, box.y + 60);
    await page.locator('.cross').nth(7).waitFor({ state: 'attached' });
    const at = await page.locator('.bar.live .digits').innerText();
    const index = two.samples.findIndex((sample) => at === new Date(sample.at).toTimeString().slice(0, 8));
    expect(index).toBeGreaterThan(500);
    const [v1] = two.samples[index].versions;
    expect(await chart(page, 'Requests per second').locator('figcaption .digits').first().innerText()).toBe(v1.requests.toLocaleString('en'));
    expect(await chart(page, 'Rows that wait').locator('figcaption .digits').first().innerText()).toBe(String(v1.waiting));
    await page.mouse.move(5, 5);
    await expect.poll(() => page.locator('.cross').count()).toBe(0);
    await close(view);
  });

  it('is read and zoomed with the keys alone', async () => {
    const view = await open(two);
    const { page } = view;
    await drawn(page);
    const plot = chart(page, 'Requests per second').locator('.plot');
    await plot.focus();
    expect(await plot.getAttribute('aria-valuetext')).toBe('no second is chosen');
    for (const key of ['ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    const clock = (offset: number): string => new Date(lastMs + offset * 1000).toTimeString().slice(0, 8);
    const last = two.samples[two.samples.length - 2].versions;
    await expect.poll(() => plot.getAttribute('aria-valuetext')).toBe(`${clock(-1)}: v1 ${last[0].requests}, v2 ${last[1].requests}`);
    await page.keyboard.press('PageDown');
    await expect.poll(() => plot.getAttribute('aria-valuetext')).toContain(clock(-31));
    for (const key of ['+', '+', '+']) {
      const before = await plot.getAttribute('aria-valuemin');
      await page.keyboard.press(key);
      await expect.poll(() => plot.getAttribute('aria-valuemin')).not.toBe(before);
    }
    expect(Number(await plot.getAttribute('aria-valuemax')) - Number(await plot.getAttribute('aria-valuemin'))).toBeLessThan(140);
    expect(await page.locator('.cross').count()).toBe(8);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.cross').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('button', { name: 'Show All' }).count()).toBe(0);
    await close(view);
  });

  it('is zoomed by dragging, stays there while seconds come, and shows all again', async () => {
    const view = await open(two);
    const { page } = view;
    await drawn(page);
    const plot = chart(page, 'p99').locator('.plot');
    const box = await plot.boundingBox();
    if (box === null) throw new Error('There is no plot');
    await page.mouse.move(box.x + 150, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + 300, box.y + 50, { steps: 4 });
    await page.mouse.up();
    await page.getByText('Show All').waitFor();
    const range = async (): Promise<string> => `${await plot.getAttribute('aria-valuemin')} ${await plot.getAttribute('aria-valuemax')}`;
    const zoomed = await range();
    await told(view, second(1, 3), second(2, 3));
    await page.locator('.spoken[role=status]').waitFor({ state: 'attached' });
    expect(await range()).toBe(zoomed);
    await page.getByText('Show All').click();
    await expect.poll(range).toBe(`${(lastMs - 897_000) / 1000} ${(lastMs + 2000) / 1000}`);
    await close(view);
  });

  it('shows one version alone, and again after a reload', async () => {
    const view = await open(two);
    const { page } = view;
    await page.locator('select').selectOption({ label: 'v2' });
    await chart(page, 'Time to answer').waitFor();
    const [, v2] = two.samples[two.samples.length - 1].versions;
    const total = two.samples.reduce((sum, { versions }) => sum + versions[1].batches, 0);
    const counted = await page.locator('table.closed tbody td.number:nth-child(3)').allInnerTexts();
    expect(counted.reduce((sum, text) => sum + Number(text.replaceAll(',', '')), 0)).toBe(total);
    expect(await chart(page, 'Time to answer').locator('figcaption .digits').first().innerText()).toBe(v2.p99Ms?.toFixed(2));
    await expect.poll(() => page.evaluate('sessionStorage.getItem("state")')).toContain('only');
    await page.reload();
    await chart(page, 'Time to answer').waitFor();
    await close(view);
  });

  it('tells a screen reader no more than every ten seconds', async () => {
    const view = await open(two);
    const { page } = view;
    await drawn(page);
    await page.evaluate(`window.said = 0; new MutationObserver(() => said++).observe(document.querySelector('.spoken[role=status]'), { childList: true, characterData: true, subtree: true });
      window.named = 0; new MutationObserver(() => named++).observe(document.querySelector('.plot'), { attributes: true, attributeFilter: ['aria-label', 'aria-valuetext'] });`);
    for (let offset = 1; offset <= 8; offset++) await told(view, second(offset, 1_000 * offset));
    await chart(page, 'Requests per second').locator('figcaption .digits', { hasText: '8,000' }).waitFor();
    expect(await page.evaluate('[said, named]')).toEqual([0, 0]);
    await close(view);
  });

  it('gives the address and a line that asks, to be copied', async () => {
    const view = await open(troubled);
    const { page } = view;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    expect(await page.locator('.troubles').innerText()).toContain('v3 cannot be asked: the file is not complete');
    expect(await page.locator('.copyable code').allInnerTexts()).toEqual(['http://127.0.0.1:8000', expect.stringContaining('curl -s -H "Authorization: Bearer $SLIPWAY_KEY" http://127.0.0.1:8000/v1/models/%3Cb%3Eflight%3C%2Fb%3E/example | curl')]);
    await page.locator('.copyable slip-button').first().click();
    // Where there is no clipboard, as on a page that is not secure, the text is marked.
    await expect.poll(() => page.evaluate('getSelection().toString()')).toBe('http://127.0.0.1:8000');
    await close(view);
  });
});
