import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { pageHtml } from '../../extension/page-html.ts';
import type { RunReport } from '../../protocol/run.ts';
import type { ViewTarget } from '../../protocol/view.ts';
import { manySummaries, summaryOf } from '../webview/answers.ts';
import { editorThemes, stylesheetOf } from '../webview/editor-themes.ts';

export interface PageTimes {
  firstPaintMs: number[];
  interactiveMs: number[];
}

export interface Frames {
  frames: number;
  longestMs: number;
  p95Ms: number;
}

export interface PageFigures {
  report: PageTimes;
  runs: PageTimes;
  /** 1,000 messages a second for five seconds. */
  feed: Frames & { told: string };
  scrolling: Frames & { rowsInDocument: number };
  sortingMs: number;
}

/**
 * How fast the pages are by themselves: the host is in the page, so that what is measured is the page and not the way to it.
 * `dist` is the folder of the built pages.
 */
export async function measurePages(browser: Browser, dist: string, report: RunReport, times: number): Promise<PageFigures> {
  const nonce = 'm345ur3';
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    if (path === '/') return response.setHeader('content-type', 'text/html').end(pageHtml({ source: "'self'", script: './view.js', style: './view.css', nonce, title: 'Slipway', language: 'en' }));
    if (path !== '/view.js' && path !== '/view.css') return response.writeHead(404).end();
    return response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/css').end(readFileSync(join(dist, path)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  /** Each page is given the answers it asks for, and no others: reading them is a part of its time. */
  const hostScript = (target: ViewTarget, answers: object) => `
    const colours = new CSSStyleSheet();
    colours.replaceSync(${JSON.stringify(stylesheetOf(editorThemes.dark))});
    document.adoptedStyleSheets = [colours];
    const answers = JSON.parse(${JSON.stringify(JSON.stringify(answers))});
    const tell = (data) => window.postMessage(data, '*');
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => {
        if (message.kind === 'ready') { tell({ kind: 'show', target: ${JSON.stringify(target)}, can: { work: true, editor: true }, folder: null }); tell({ kind: 'connection', state: 'ready', reason: null }); }
        if (message.kind === 'ask') tell({ kind: 'answer', id: message.id, answer: answers[message.question.ask] });
      },
      getState: () => undefined,
      setState: () => undefined,
    });
    ${interactiveScript}
  `;
  const targets = {
    report: [{ view: 'gates', run: report.id }, { run: report }],
    runs: [{ view: 'runs', model: null }, { run: report, runs: [summaryOf(report), ...manySummaries(9_999)] }],
  } as const satisfies Record<string, [ViewTarget, object]>;

  async function open([target, answers]: readonly [ViewTarget, object]): Promise<Page> {
    const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
    await page.addInitScript(hostScript(target, answers));
    await page.goto(address);
    await page.waitForSelector('[role=tab], table.long tbody.rows tr');
    // Asked in the page: the policy forbids the evaluation that waiting for an expression would need.
    await page.evaluate('(async () => { while (window.interactiveAt === undefined) await new Promise((next) => setTimeout(next, 5)); })()');
    return page;
  }

  async function opening(target: readonly [ViewTarget, object]): Promise<PageTimes> {
    const found: PageTimes = { firstPaintMs: [], interactiveMs: [] };
    for (let time = 0; time < times; time++) {
      const page = await open(target);
      found.firstPaintMs.push(await page.evaluate<number>('performance.getEntriesByName("first-contentful-paint")[0].startTime'));
      found.interactiveMs.push(await page.evaluate<number>('interactiveAt - performance.timeOrigin'));
      await page.close();
    }
    return found;
  }

  try {
    const figures = { report: await opening(targets.report), runs: await opening(targets.runs) };

    const followed = await open(targets.report);
    const frames = await followed.evaluate<Frames>(
      framesDuring(`
        const tell = (data) => window.postMessage(data, '*');
        tell({ kind: 'feed', message: { kind: 'work-started', sequence: 1, work: 'work-0001', command: { kind: 'run' } } });
        for (let sent = 0, began = performance.now(); sent < 5000; ) {
          const due = Math.min(5000, Math.floor(performance.now() - began));
          for (; sent < due; sent++) tell({ kind: 'feed', message: { kind: 'progress', progress: { work: 'work-0001', step: 'predict', subject: 'holdout', done: sent + 1, total: 5000, unit: 'rows' } } });
          await new Promise((next) => setTimeout(next, 4));
        }`),
    );
    const told = await followed.evaluate<string>('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector(".work .digits").textContent.trim()))))');

    const table = await open(targets.runs);
    const scrolled = await table.evaluate<Frames>(framesDuring('for (let top = 0; top < 60; top++) { scrollTo(0, top * 5000); await new Promise(requestAnimationFrame); }'));
    const rowsInDocument = await table.locator('table.long tbody.rows tr').count();
    const sortingMs = await table.evaluate<number>(`(async () => { const began = performance.now(); [...document.querySelectorAll('th button')].find((each) => each.textContent.includes('took')).click(); await new Promise((next) => requestAnimationFrame(() => setTimeout(next))); return performance.now() - began; })()`);
    return { ...figures, feed: { ...frames, told }, scrolling: { ...scrolled, rowsInDocument }, sortingMs };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Says when the page shows what it was opened for and has come to rest, in milliseconds of the wall clock. */
export const interactiveScript = `
  new MutationObserver((_, observer) => {
    if (document.querySelector('[role=tab], table.long tbody.rows tr') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.interactiveAt = performance.timeOrigin + performance.now(); }));
  }).observe(document, { childList: true, subtree: true });`;

/** Gaps between frames while something goes on: what a person would feel as a stall. */
const framesDuring = (work: string): string => `new Promise((done) => {
  const gaps = []; let before = performance.now(), over = false;
  const frame = (now) => { gaps.push(now - before); before = now; over ? done({ frames: gaps.length, longestMs: Math.max(...gaps.slice(1)), p95Ms: gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.95)] }) : requestAnimationFrame(frame); };
  requestAnimationFrame((now) => { before = now; requestAnimationFrame(frame); });
  (async () => { ${work} })().finally(() => { over = true; });
})`;
