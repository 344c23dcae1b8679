import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { pageHtml } from '../../extension/page-html.ts';
import type { Request } from '../../protocol/feed.ts';
import type { ProblemBody } from '../../protocol/problem.ts';
import { addressOf, routeOf, type Action, type Answers, type HostMessage, type Powers, type Question, type ViewMessage, type ViewTarget } from '../../protocol/view.ts';
import { editorThemes, stylesheetOf, type EditorThemeName } from './editor-themes.ts';

/** Answers a question as the server would, or refuses it. */
export type Answerer = (question: Question) => { answer: Answers[keyof Answers] } | { problem: ProblemBody } | null;

export interface OpenedView {
  page: Page;
  /** What the page asked its host to do, in order. */
  actions: Action[];
  tell(message: HostMessage): Promise<void>;
  /** Violations of the content security policy, and errors nobody caught. */
  faults(): Promise<string[]>;
  close(): Promise<void>;
}

export interface ViewOptions {
  target: ViewTarget;
  answer: Answerer;
  theme?: EditorThemeName;
  width?: number;
  height?: number;
  can?: Powers;
  forcedColors?: boolean;
  /** Said after `show`; the state of the connection unless told otherwise. */
  first?: HostMessage[];
}

/** Debian's Chromium, or the one that Playwright has installed; null where there is neither. */
export function chromiumPath(): string | null {
  return [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', chromium.executablePath()].find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

export function launch(executablePath: string): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
}

const origin = 'http://view.test';
const nonce = 'r4nd0m';

/** The page as a webview of the editor has it: messages to a host, the editor's colours, its strict policy. */
export async function openView(browser: Browser, dist: string, { target, answer, theme = 'dark', width = 1100, height = 800, can = { work: true, editor: true }, forcedColors = false, first = [{ kind: 'connection', state: 'ready', reason: null }] }: ViewOptions): Promise<OpenedView> {
  const context = await newContext(browser, { width, height }, theme, forcedColors);
  const page = await context.newPage();
  const actions: Action[] = [];
  const faults = watchFaults(page);
  const tell = async (message: HostMessage): Promise<void> => page.evaluate<undefined>(`postMessage(${JSON.stringify(message)}, '*')`);
  await page.exposeFunction('slipwayHost', (message: ViewMessage) => {
    void hear(message).catch((error: unknown) => faults.push(String(error)));
  });
  await page.addInitScript(`
    const colours = new CSSStyleSheet();
    colours.replaceSync(${JSON.stringify(stylesheetOf(editorThemes[theme]))});
    document.adoptedStyleSheets = [colours];
    document.addEventListener('DOMContentLoaded', () => { document.body.className = ${JSON.stringify(editorThemes[theme].bodyClass)}; });
    window.acquireVsCodeApi = () => ({
      postMessage: (message) => slipwayHost(message),
      getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') ?? undefined,
      setState: (state) => sessionStorage.setItem('state', JSON.stringify(state)),
    });
  `);
  await serve(page, dist, null);

  async function hear(message: ViewMessage): Promise<void> {
    if (message.kind === 'act') actions.push(message.action);
    if (message.kind === 'ready') for (const each of [{ kind: 'show', target, can, folder: null } satisfies HostMessage, ...first]) await tell(each);
    if (message.kind === 'ask') {
      const answered = answer(message.question);
      if (answered !== null) await tell('answer' in answered ? { kind: 'answer', id: message.id, answer: answered.answer } : { kind: 'refused', id: message.id, problem: answered.problem });
    }
  }

  await page.goto(`${origin}/`);
  return { page, actions, tell, faults: () => Promise.resolve(faults), close: () => context.close() };
}

/** The same page in a browser: HTTP and a WebSocket. */
export async function openInBrowser(browser: Browser, dist: string, { target, answer, width = 1100, height = 800, colorScheme = 'light', refusal }: Pick<ViewOptions, 'target' | 'answer' | 'width' | 'height'> & { colorScheme?: 'light' | 'dark'; /** Answers every change. */ refusal?: ProblemBody }): Promise<OpenedView> {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const faults = watchFaults(page);
  await serve(page, dist, "'self'");
  const actions: Action[] = [];
  await page.route(`${origin}/v1/**`, async (route) => {
    const method = route.request().method();
    if (method !== 'GET') {
      if (refusal !== undefined) return route.fulfill({ status: refusal.status, json: refusal });
      const { pathname } = new URL(route.request().url());
      const request = route.request().postDataJSON() as Request | null;
      if (method === 'POST' && pathname === '/v1/work' && request?.command.kind === 'run' && /^[\w-]{8,64}$/.test(request.work)) actions.push({ do: 'run', command: request.command });
      if (method === 'DELETE') actions.push({ do: 'cancel', work: pathname.slice('/v1/work/'.length) });
      return route.fulfill({ status: 202, json: {} });
    }
    const asked = new URL(route.request().url());
    const answered = answer(questionAt(`${asked.pathname}${asked.search}`));
    if (answered === null) return;
    await route.fulfill('answer' in answered ? { json: answered.answer } : { status: answered.problem.status, json: answered.problem });
  });
  let say: (message: HostMessage) => void = () => undefined;
  await page.routeWebSocket(/\/v1\/feed$/, (socket) => {
    say = (message) => {
      if (message.kind === 'feed') socket.send(JSON.stringify(message.message));
    };
    socket.send(JSON.stringify({ kind: 'hello', protocol: 1, slipway: '0.1.0', workspace: '/w', sequence: 0 }));
  });
  await page.goto(`${origin}/#${addressOf(target)}`);
  return { page, actions, tell: (message) => Promise.resolve(say(message)), faults: () => Promise.resolve(faults), close: () => context.close() };
}

function questionAt(route: string): Question {
  const [, runs] = /^\/v1\/runs\?limit=(\d+)/.exec(route) ?? [];
  const address = new URL(route, origin);
  const model = address.searchParams.get('model');
  const known: Question[] = [{ ask: 'snapshot' }, { ask: 'outline' }, { ask: 'batches' }, ...(runs === undefined ? [] : [{ ask: 'runs' as const, model, limit: Number(runs) }])];
  const id = decodeURIComponent(address.pathname.split('/')[3] ?? '');
  known.push({ ask: 'run', id }, { ask: 'batch', id }, { ask: 'readiness', model: id });
  return known.find((question) => routeOf(question) === route) ?? { ask: 'snapshot' };
}

async function newContext(browser: Browser, viewport: { width: number; height: number }, theme: EditorThemeName, forcedColors: boolean): Promise<BrowserContext> {
  return browser.newContext({ viewport, colorScheme: theme.includes('light') ? 'light' : 'dark', forcedColors: forcedColors ? 'active' : 'none' });
}

function watchFaults(page: Page): string[] {
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
  // Chromium says every violation of the policy on its console, whatever the page listens to.
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  return faults;
}

async function serve(page: Page, dist: string, connect: string | null): Promise<void> {
  const inEditor = pageHtml({ source: origin, script: './view.js', style: './view.css', nonce, title: 'Slipway', language: 'en' });
  const html = connect === null ? inEditor : inEditor.replace("default-src 'none';", `default-src 'none'; connect-src ${connect};`);
  await page.route(`${origin}/**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === '/') return route.fulfill({ contentType: 'text/html', body: html });
    if (pathname === '/view.js' || pathname === '/view.css') return route.fulfill({ contentType: pathname.endsWith('.js') ? 'text/javascript' : 'text/css', body: await readFile(join(dist, pathname)) });
    return route.fulfill({ status: 404, body: '' });
  });
}
