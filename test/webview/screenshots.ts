import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FeedMessage } from '../../protocol/feed.ts';
import type { RunReport } from '../../protocol/run.ts';
import type { ViewTarget } from '../../protocol/view.ts';
import { answersOf, manySummaries } from './answers.ts';
import { editorThemes, type EditorThemeName } from './editor-themes.ts';
import { chromiumPath, launch, openView } from './open-view.ts';

/**
 * `tsx test/webview/screenshots.ts <dist> <records> <out> [only]`: every state of the pages on real runs, for people to
 * look at. `records` holds runs as `slipway show <run> --json` writes them.
 */
const [dist, records, out, only = ''] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const runs = readdirSync(records).map((file) => JSON.parse(readFileSync(join(records, file), 'utf8')) as RunReport);
const named = (version: string, error = false) => runs.find((run) => run.model.version === version && (run.decision.counts.error > 5) === error && run.role === (version === 'v1' ? 'champion' : 'candidate'));
const blocked = named('v3') ?? runs[0];
const tabs = ['gates', 'flips', 'slices', 'quality', 'runtime', 'value', 'data', 'evidence'];

const underWay: FeedMessage[] = [
  { kind: 'work-started', sequence: 1, work: 'work-0001', command: { kind: 'run' } },
  { kind: 'run-started', sequence: 2, work: 'work-0001', run: 'r-under-way', model: 'flight-delay', version: 'v5' },
  ...blocked.steps.slice(0, 6).map((outcome): FeedMessage => ({ kind: 'step', sequence: 3, work: 'work-0001', run: 'r-under-way', outcome })),
  { kind: 'progress', progress: { work: 'work-0001', step: 'predict', subject: 'v5 on holdout', done: 12_400, total: 24_814, unit: 'rows' } },
];

const shots: { name: string; target: ViewTarget; tab?: string; width?: number; press?: string; feed?: FeedMessage[] }[] = [
  { name: 'under-way', target: { view: 'gates', run: 'r-under-way' }, feed: underWay },
  { name: 'under-way-narrow', target: { view: 'gates', run: 'r-under-way' }, width: 300, feed: underWay },
  ...tabs.map((tab) => ({ name: `gates-${tab}`, target: { view: 'gates' as const, run: blocked.id }, tab })),
  ...['v1', 'v2', 'v4'].map((version) => ({ name: `gates-of-${version}`, target: { view: 'gates' as const, run: (named(version) ?? named(version, true) ?? blocked).id } })),
  { name: 'gates-flips-inputs', target: { view: 'gates', run: blocked.id }, tab: 'flips', press: 'Show Their Inputs' },
  { name: 'gates-narrow', target: { view: 'gates', run: blocked.id }, width: 300 },
  { name: 'gates-narrow-slices', target: { view: 'gates', run: blocked.id }, tab: 'slices', width: 300 },
  { name: 'gates-missing', target: { view: 'gates', run: 'r-none' } },
  { name: 'compare', target: { view: 'compare', model: 'flight-delay', runs: [(named('v1') ?? blocked).id, blocked.id] } },
  { name: 'compare-apart', target: { view: 'compare', model: 'flight-delay', runs: [(named('v2') ?? blocked).id, blocked.id] } },
  { name: 'compare-narrow', target: { view: 'compare', model: 'flight-delay', runs: [(named('v1') ?? blocked).id, blocked.id] }, width: 300 },
  { name: 'runs', target: { view: 'runs', model: 'flight-delay' } },
  { name: 'runs-all', target: { view: 'runs', model: null } },
  { name: 'runs-narrow', target: { view: 'runs', model: null }, width: 300 },
];

const path = chromiumPath();
if (path === null) throw new Error('Chromium is not installed');
const browser = await launch(path);
for (const { name, target, tab, width = 1100, press, feed = [] } of shots.filter((shot) => shot.name.startsWith(only))) {
  for (const theme of name === 'gates-gates' || name === 'compare' || name === 'runs' || process.argv.includes('--all') ? (Object.keys(editorThemes) as EditorThemeName[]) : ((process.env.THEMES?.split(',') as EditorThemeName[] | undefined ?? ['dark', 'light'] as const))) {
    const view = await openView(browser, dist, { target, answer: answersOf(runs, manySummaries(300)), theme, width, height: 900 });
    await view.page.waitForSelector('h1, .problem', { timeout: 10_000 });
    for (const message of feed) await view.tell({ kind: 'feed', message });
    if (tab !== undefined) await view.page.click(`#tab-${tab}`);
    if (press !== undefined) await view.page.getByRole('button', { name: press }).first().click();
    await view.page.waitForTimeout(150);
    await view.page.screenshot({ path: join(out, `${name}-${theme}.png`), fullPage: !name.startsWith('runs') });
    const faults = await view.faults();
    if (faults.length > 0) console.log(name, theme, faults);
    await view.close();
  }
}
await browser.close();
