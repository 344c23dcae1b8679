import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { numberText } from '../../protocol/number-text.ts';
import type { RunReport } from '../../protocol/run.ts';
import type { ShadowRecord } from '../../protocol/shadow.ts';
import type { ViewTarget } from '../../protocol/view.ts';
import { promotableRun } from '../figures/report-fixture.ts';
import { overflowOn, smallButtonsOn, violationsOn } from './check-page.ts';
import { editorThemes, type EditorThemeName } from './editor-themes.ts';
import { notFound, snapshotOf } from './answers.ts';
import { chromiumPath, launch, openView, type OpenedView, type ViewOptions } from './open-view.ts';
import { shadowRecords } from './shadow-records.ts';

const path = chromiumPath();
const records = await shadowRecords();
const answer: ViewOptions['answer'] = (question) => {
  if (question.ask === 'snapshot') return { answer: snapshotOf([]) };
  if (question.ask === 'shadows') return { answer: question.model === 'none' ? [] : records.map(({ summary }) => summary) };
  const record = question.ask === 'shadow' ? records.find(({ summary }) => summary.id === question.id) : undefined;
  return record === undefined ? { problem: notFound(question) } : { answer: record };
};
const states: [string, ViewTarget][] = [
  ...records.map(({ summary: { id } }): [string, ViewTarget] => [id, { view: 'shadow', model: 'toy', id }]),
  ['a model that was compared with nothing', { view: 'shadow', model: 'none', id: null }],
  ['a comparison that is not there', { view: 'shadow', model: 'toy', id: 's-none' }],
];

describe.skipIf(path === null && process.env.CI === undefined)('the page of a shadow', { timeout: 60_000 }, () => {
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

  async function open(options: Partial<ViewOptions> & { target: ViewTarget }): Promise<OpenedView> {
    const view = await openView(browser, dist, { answer, ...options });
    await view.page.waitForSelector('main h1:not(.spoken), main slip-problem');
    return view;
  }

  async function close(view: OpenedView): Promise<void> {
    expect(await view.faults()).toEqual([]);
    await view.close();
  }

  it.each(states)('of %s says its finding and has no accessibility violation, unfolded, wide and at 300 pixels', async (_, target) => {
    const view = await open({ target, theme: 'light' });
    await view.page.evaluate('document.querySelectorAll("details").forEach((each) => { each.open = true; })');
    expect(await violationsOn(view.page)).toEqual([]);
    expect(await smallButtonsOn(view.page)).toEqual([]);
    expect(await view.page.evaluate('[...document.querySelectorAll("main svg:not([aria-hidden])")].filter((svg) => !svg.getAttribute("aria-label")).length')).toBe(0);
    await view.page.setViewportSize({ width: 300, height: 700 });
    expect(await overflowOn(view.page)).toBe(0);
    await close(view);
  });

  it.each(Object.keys(editorThemes) as EditorThemeName[])('can be read in the theme %s', async (theme) => {
    const view = await open({ target: { view: 'shadow', model: 'toy', id: 'worse' }, theme });
    expect(await violationsOn(view.page)).toEqual([]);
    await close(view);
  });

  it('opens the newest where none is named, leads to the others, and unfolds the inputs of a row', async () => {
    const view = await open({ target: { view: 'shadow', model: 'toy', id: null } });
    expect(await view.page.locator('h1 .verdict').innerText()).toContain('keep going');
    await view.page.getByRole('button', { name: 'What is served' }).click();
    expect(view.actions).toContainEqual({ do: 'show', target: { view: 'live' } });
    await view.page.getByRole('button', { name: 'v2 beside v1' }).first().click();
    expect(view.actions).toContainEqual({ do: 'show', target: { view: 'shadow', model: 'toy', id: records[1].summary.id } });
    await close(view);
    const worse = await open({ target: { view: 'shadow', model: 'toy', id: 'worse' } });
    expect(await worse.page.getByRole('button', { name: 'What is served' }).count()).toBe(0);
    const first = worse.page.locator('section:has(h2:text("Worst")) tbody tr').first();
    await first.locator('summary').click();
    expect(await first.locator('table.data').innerText()).toContain('north');
    await close(worse);
  });

  it('is opened from a run that was judged on it', async () => {
    const run: RunReport = { ...promotableRun(), shadows: [{ id: 'worse', kind: 'replay', intent: 'new-model', verdict: 'worse', sentence: 'Worse.', at: '2026-11-02T09:00:00Z', compared: 3_000, disagreement: { value: 0.34, rows: 3_000 }, digests: { production: null, candidate: null }, nonInferior: false }] };
    const view = await open({ target: { view: 'gates', run: run.id }, answer: (question) => (question.ask === 'run' ? { answer: run } : answer(question)) });
    await view.page.getByRole('button', { name: 'Open Shadow Comparison' }).click();
    expect(view.actions).toContainEqual({ do: 'show', target: { view: 'shadow', model: run.model.name, id: 'worse' } });
    await close(view);
  });

  it('says when a row came and how far it changed, how large changes are, and that the ends of the histogram are open', async () => {
    const { report } = records.find(({ summary }) => summary.id === 'keep-going') as ShadowRecord;
    const [worst] = report.worst;
    const view = await open({ target: { view: 'shadow', model: 'toy', id: 'keep-going' } });
    const { page } = view;
    expect(await page.locator('section:has(h2:text("Worst")) tbody tr').first().innerText()).toMatch(new RegExp(`${worst.at.slice(0, 19).replace('T', ' ')}.*${numberText(worst.absolute ?? NaN)}`, 's'));
    expect(await page.locator('section', { has: page.locator('h2', { hasText: 'How large' }) }).innerText()).toContain(`largest ${numberText(report.change.difference?.maxAbsolute ?? NaN)}, of 900 pairs`);
    expect(await page.locator('header .facts').innerText()).toMatch(/live, 50\.0 % of the requests, lately 1(\.\d+)? pairs\/s/);
    const histogram = page.locator('figure', { has: page.locator('svg[aria-label^="Differences"]') });
    await histogram.locator('summary').click();
    const cells = await histogram.locator('tbody tr').evaluateAll((rows) => rows.map((each) => each.textContent));
    expect(cells.at(0)).toMatch(/^any less/);
    expect(cells.at(-1)).toContain('any more');
    await close(view);
  });

  it('of answers that hold no number says how alike they are', async () => {
    const view = await open({ target: { view: 'shadow', model: 'toy', id: 'vectors' } });
    expect(await view.page.locator('section', { has: view.page.locator('h2', { hasText: 'How large' }) }).innerText()).toMatch(/cosine.*of 500 pairs; 1 is the same/s);
    await close(view);
  });

  it('follows what is told, and keeps what was unfolded', async () => {
    const known = structuredClone(records.find(({ summary }) => summary.id === 'keep-going')) as ShadowRecord;
    const view = await open({ target: { view: 'shadow', model: 'toy', id: 'keep-going' }, answer: (question) => (question.ask === 'shadow' ? { answer: structuredClone(known) } : answer(question)) });
    await view.page.locator('summary', { hasText: 'Settings' }).click();
    known.report.pairs.compared = 12_345;
    known.report.sentence = 'Keep going: 12,345 pairs so far.';
    await view.tell({ kind: 'feed', message: { kind: 'shadow-changed', sequence: 2, work: 'serving', shadow: known.summary } });
    await view.page.locator('h1', { hasText: '12,345 pairs so far' }).waitFor();
    expect(await view.page.getByText('margin of disagreement').isVisible()).toBe(true);
    await close(view);
  });
});
