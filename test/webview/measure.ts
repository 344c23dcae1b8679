import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { pageHtml } from '../../extension/page-html.ts';
import type { RunReport } from '../../protocol/run.ts';
import type { ViewTarget } from '../../protocol/view.ts';
import { manySummaries, summaryOf } from './answers.ts';
import { editorThemes, stylesheetOf } from './editor-themes.ts';
import { chromiumPath, launch } from './open-view.ts';

/**
 * `tsx test/webview/measure.ts <dist> <run.json> [times]`: how large the pages are, and how fast on this machine. The host
 * is in the page itself, so that what is measured is the page and not the way to it.
 */
const [dist, record, times = '11'] = process.argv.slice(2);
const report = JSON.parse(readFileSync(record, 'utf8')) as RunReport;
const answers = { run: report, runs: [summaryOf(report), ...manySummaries(9_999)] };

const nonce = 'm345ur3';
const server = createServer((request, response) => {
  const path = request.url ?? '/';
  if (path === '/') return response.setHeader('content-type', 'text/html').end(pageHtml({ source: "'self'", script: './view.js', style: './view.css', nonce, title: 'Slipway', language: 'en' }));
  if (path !== '/view.js' && path !== '/view.css') return response.writeHead(404).end();
  return response.setHeader('content-type', path.endsWith('.js') ? 'text/javascript' : 'text/css').end(readFileSync(join(dist, path)));
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

const hostScript = (target: ViewTarget) => `
  const colours = new CSSStyleSheet();
  colours.replaceSync(${JSON.stringify(stylesheetOf(editorThemes.dark))});
  document.adoptedStyleSheets = [colours];
  const answers = ${JSON.stringify(answers)};
  const tell = (data) => window.postMessage(data, '*');
  window.acquireVsCodeApi = () => ({
    postMessage: (message) => {
      if (message.kind === 'ready') { tell({ kind: 'show', target: ${JSON.stringify(target)}, can: { act: true } }); tell({ kind: 'connection', state: 'ready', reason: null }); }
      if (message.kind === 'ask') tell({ kind: 'answer', id: message.id, answer: answers[message.question.ask] });
    },
    getState: () => undefined,
    setState: () => undefined,
  });
  new MutationObserver((_, observer) => {
    if (document.querySelector('[role=tab], table.long tbody.rows tr') === null) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.interactiveMs = performance.now(); }));
  }).observe(document, { childList: true, subtree: true });
`;

async function openMeasured(browser: Browser, target: ViewTarget): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } });
  await page.addInitScript(hostScript(target));
  await page.goto(address);
  await page.waitForSelector('[role=tab], table.long tbody.rows tr');
  // Asked in the page: the policy forbids the evaluation that waiting for an expression would need.
  await page.evaluate('(async () => { while (window.interactiveMs === undefined) await new Promise((next) => setTimeout(next, 5)); })()');
  return page;
}

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Gaps between frames while something goes on: what a person would feel as a stall. */
const framesDuring = (work: string) => `new Promise((done) => {
  const gaps = []; let before = performance.now(), over = false;
  const frame = (now) => { gaps.push(now - before); before = now; over ? done({ frames: gaps.length, longestMs: Math.max(...gaps.slice(1)), p95Ms: gaps.sort((a, b) => a - b)[Math.floor(gaps.length * 0.95)] }) : requestAnimationFrame(frame); };
  requestAnimationFrame((now) => { before = now; requestAnimationFrame(frame); });
  (async () => { ${work} })().finally(() => { over = true; });
})`;

const path = chromiumPath();
if (path === null) throw new Error('Chromium is not installed');
const browser = await launch(path);
const results: Record<string, unknown> = {};

for (const file of ['view.js', 'view.css']) results[file] = { bytes: readFileSync(join(dist, file)).length, zipped: gzipSync(readFileSync(join(dist, file))).length };

const views: [string, ViewTarget][] = [['report', { view: 'gates', run: report.id }], ['10,000 runs', { view: 'runs', model: null }]];
for (const [name, target] of views) {
  const paints: number[] = [];
  const ready: number[] = [];
  for (let time = 0; time < Number(times); time++) {
    const page = await openMeasured(browser, target);
    paints.push(await page.evaluate<number>('performance.getEntriesByName("first-contentful-paint")[0].startTime'));
    ready.push(await page.evaluate<number>('interactiveMs'));
    await page.close();
  }
  results[name] = { firstPaintMs: Math.round(median(paints)), interactiveMs: Math.round(median(ready)), worstInteractiveMs: Math.round(Math.max(...ready)) };
}

const feed = await openMeasured(browser, { view: 'gates', run: report.id });
results['1,000 messages a second for 5 s'] = await feed.evaluate(
  framesDuring(`
    const tell = (data) => window.postMessage(data, '*');
    tell({ kind: 'feed', message: { kind: 'work-started', sequence: 1, work: 'work-0001', command: { kind: 'run' } } });
    for (let sent = 0, began = performance.now(); sent < 5000; ) {
      const due = Math.min(5000, Math.floor(performance.now() - began));
      for (; sent < due; sent++) tell({ kind: 'feed', message: { kind: 'progress', progress: { work: 'work-0001', step: 'predict', subject: 'holdout', done: sent, total: 5000, unit: 'rows' } } });
      await new Promise((next) => setTimeout(next, 4));
    }`),
);
results['told after them'] = await feed.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector(".work .digits").textContent.trim()))))');

const table = await openMeasured(browser, { view: 'runs', model: null });
results['scrolling 10,000 runs'] = await table.evaluate(framesDuring(`for (let top = 0; top < 60; top++) { scrollTo(0, top * 5000); await new Promise(requestAnimationFrame); }`));
results['rows in the document'] = await table.locator('table.long tbody.rows tr').count();
results['sorting 10,000 runs, ms'] = await table.evaluate(`(async () => { const began = performance.now(); [...document.querySelectorAll('th button')].find((each) => each.textContent.includes('took')).click(); await new Promise((next) => requestAnimationFrame(() => setTimeout(next))); return Math.round(performance.now() - began); })()`);
await browser.close();
server.close();
console.log(JSON.stringify(results, null, 2));
