import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ViewTarget } from '../../protocol/view.ts';
import { overflowOn, smallButtonsOn, violationsOn } from './check-page.ts';
import { dataAnswers, modelFiles, readinessOf } from './data-answers.ts';
import { editorThemes, type EditorThemeName } from './editor-themes.ts';
import { chromiumPath, launch, openView, type OpenedView, type ViewOptions } from './open-view.ts';

const path = chromiumPath();
const [v2, bare, refused, half] = modelFiles.map((file) => file.path);
const july: ViewTarget = { view: 'data', batch: 'b-july' };
const unfold = 'document.querySelectorAll("details").forEach((each) => { each.open = true; })';
const states: [string, ViewTarget][] = [
  ['a batch', july],
  ['a batch with a column open', { view: 'data', batch: 'b-july', column: 'carrier' }],
  ['a batch that was judged', { view: 'data', batch: 'b-judged' }],
  ['a batch without a reference', { view: 'data', batch: 'b-alone' }],
  ['a batch with hostile names', { view: 'data', batch: 'b-hostile' }],
  ['a batch that is not there', { view: 'data', batch: 'b-none' }],
  ['readiness', { view: 'readiness', model: 'flight-delay' }],
  ['readiness of a model that is ready', { view: 'readiness', model: 'ready' }],
  ['readiness of a model that is not there', { view: 'readiness', model: 'none' }],
  ['a model file', { view: 'model-file', path: v2, against: null }],
  ['a model file with little in it', { view: 'model-file', path: bare, against: null }],
  ['a refused model file', { view: 'model-file', path: refused, against: null }],
  ['an incomplete model file', { view: 'model-file', path: half, against: null }],
  ['two model files', { view: 'model-file', path: v2, against: 'models/v1/model.onnx' }],
];

describe.skipIf(path === null && process.env.CI === undefined)('pages of data, readiness and model files', () => {
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

  async function open(target: ViewTarget, options: Partial<ViewOptions> = {}): Promise<OpenedView> {
    const view = await openView(browser, dist, { answer: dataAnswers, target, ...options });
    await view.page.waitForSelector('main h1');
    return view;
  }

  /** Nothing may break the policy or throw, whatever a test has done. */
  async function close(view: OpenedView): Promise<void> {
    expect(await view.faults()).toEqual([]);
    await view.close();
  }

  describe.each(Object.keys(editorThemes) as EditorThemeName[])('in the theme %s', (theme) => {
    it.each(states)('%s has no accessibility violation, everything unfolded', async (_, target) => {
      const view = await open(target, { theme });
      await view.page.evaluate(unfold);
      expect(await violationsOn(view.page)).toEqual([]);
      await close(view);
    });
  });

  it.each(states)('%s loses nothing at 300 pixels in forced colours, and says what each drawing shows', async (_, target) => {
    const view = await open(target, { forcedColors: true, width: 300 });
    await view.page.evaluate(unfold);
    expect(await smallButtonsOn(view.page)).toEqual([]);
    expect(await overflowOn(view.page)).toBe(0);
    expect(await view.page.evaluate('[...document.querySelectorAll("main svg:not([aria-hidden])")].filter((svg) => !svg.getAttribute("aria-label")).length')).toBe(0);
    expect(await violationsOn(view.page)).toEqual([]);
    await close(view);
  });

  it('a column opens by the keyboard, and arrows go to the next', async () => {
    const view = await open(july);
    const { page } = view;
    await page.locator('button.name').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await page.locator('button.name[aria-expanded=true]').allTextContents()).toEqual([expect.stringContaining('temp')]);
    expect(await page.locator('li[data-column=temp] .panel').textContent()).toContain('Reference and current');
    await page.keyboard.press('Enter');
    expect(await page.locator('.panel').count()).toBe(0);
    await close(view);
  });

  it('columns are shown by what is the matter with them and by name, and what is fine is folded with its count', async () => {
    const view = await open(july);
    const { page } = view;
    const columns = () => page.locator('li.column').evaluateAll((items) => items.map((item) => item.getAttribute('data-column')));
    expect(await columns()).toEqual(['humid', 'temp', 'time', 'visib', 'dest', 'hour']);
    await page.getByRole('button', { name: '2 columns are fine' }).click();
    expect(await columns()).toHaveLength(8);
    await page.getByRole('button', { name: /failing 2/ }).click();
    expect(await columns()).toEqual(['humid', 'temp']);
    await page.getByRole('searchbox', { name: 'Find a column' }).fill('te');
    await expect.poll(columns).toEqual(['temp']);
    await page.getByRole('searchbox', { name: 'Find a column' }).fill('nothing like it');
    await page.getByRole('button', { name: 'Show all' }).click();
    expect(await columns()).toHaveLength(8);
    await close(view);
  });

  it('what is predicted stands above the columns: the label, and what the newest run of each version answers, champion first', async () => {
    const view = await open({ view: 'data', batch: 'b-judged' });
    const { page } = view;
    const section = page.locator('section:has(#answers-title)');
    await expect.poll(() => section.locator('li.column').evaluateAll((items) => items.map((item) => item.getAttribute('data-column')))).toEqual(['late', 'v1 · score', 'v3 · score']);
    expect(await section.locator('h3 .tag').allTextContents()).toEqual(['label', 'prediction', '★ champion', 'prediction']);
    expect(await page.locator('section:has(#columns-title) li[data-column=late]').count()).toBe(0);
    // The same drawing as of a column: the thumbnail and how far it moved.
    expect(await section.locator('li.column svg').count()).toBe(6);
    await section.getByRole('button', { name: 'v3 · score', exact: true }).click();
    expect(await section.locator('.panel').textContent()).toContain('How far it moved');
    expect(await violationsOn(page)).toEqual([]);
    await section.getByRole('button', { name: 'Open the run of flight-delay v3' }).click();
    await expect.poll(() => view.actions).toEqual([{ do: 'show', target: { view: 'gates', run: 'r-v3-again' } }]);
    await close(view);
  });

  it('a batch that no run judged, without a label, has no such part', async () => {
    const view = await open(july);
    expect(await view.page.locator('#answers-title').count()).toBe(0);
    await close(view);
  });

  it('a target that names a column shows it open, also a fine one', async () => {
    const view = await open({ view: 'data', batch: 'b-july', column: 'carrier' });
    await view.page.waitForSelector('li[data-column=carrier] .panel');
    expect(await view.page.locator('li[data-column=carrier] .panel').textContent()).toContain('9E-X');
    await close(view);
  });

  it('the rows behind a finding are read when they are asked for, and more of them on demand', async () => {
    const asked: string[] = [];
    const view = await open({ view: 'data', batch: 'b-july', column: 'humid' }, {
      answer: (question) => {
        if (question.ask === 'finding-rows') asked.push(`${question.finding} ${question.limit}`);
        return dataAnswers(question);
      },
    });
    const { page } = view;
    const panel = page.locator('li[data-column=humid] .panel');
    expect(asked).toEqual([]);
    await panel.getByRole('button', { name: 'Show the 2,324 Rows' }).click();
    await expect.poll(() => panel.locator('.scroll.rows tbody tr').count()).toBe(20);
    expect(await panel.locator('.scroll.rows thead th').allTextContents()).toEqual(['row', 'humid', 'carrier', 'temp']);
    await panel.getByRole('button', { name: 'Show 80 More' }).click();
    await expect.poll(() => panel.locator('.scroll.rows tbody tr').count()).toBe(100);
    expect(asked).toEqual(['nulls:humid 20', 'nulls:humid 100']);
    await panel.getByRole('button', { name: 'Hide the Rows' }).click();
    expect(await panel.locator('.scroll.rows').count()).toBe(0);
    await close(view);
  });

  it('what accepts a finding is shown, and written by its button', async () => {
    const view = await open({ view: 'data', batch: 'b-july', column: 'humid' });
    const { page } = view;
    const panel = page.locator('li[data-column=humid] .panel');
    expect(await panel.locator('pre').textContent()).toBe('- {column: "humid", maxNulls: 8%}');
    await panel.getByRole('button', { name: 'Write to slipway.yaml' }).click();
    await expect.poll(() => view.actions).toEqual([{ do: 'accept-finding', batch: 'b-july', finding: 'nulls:humid' }]);
    await close(view);
  });

  it('a column that moved is accepted by a higher floor', async () => {
    const view = await open({ view: 'data', batch: 'b-july', column: 'temp' });
    const panel = view.page.locator('li[data-column=temp] .panel');
    expect(await panel.locator('pre').allTextContents()).toContain('columns: {"temp": 0.72}');
    await panel.getByRole('button', { name: 'Write to slipway.yaml to accept the drift of temp' }).click();
    await expect.poll(() => view.actions).toEqual([{ do: 'accept-finding', batch: 'b-july', finding: 'drift:temp' }]);
    await close(view);
  });

  it('another batch of its history opens, also by the keyboard', async () => {
    const view = await open(july);
    const { page } = view;
    await page.locator('button.batch[tabindex="0"]').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Enter');
    await expect.poll(() => view.actions).toEqual([{ do: 'show', target: { view: 'data', batch: 'b-may' } }]);
    await close(view);
  });

  it('a name that is long, markup, and turns the words around it stays text that can be read', async () => {
    const view = await open({ view: 'data', batch: 'b-hostile' });
    const { page } = view;
    await page.locator('button.name').click();
    await page.waitForSelector('.panel');
    expect(await page.locator('main img').count()).toBe(0);
    const readable = await page.evaluate<string>('[document.querySelector("main").textContent, ...[...document.querySelectorAll("main [title], main [aria-label]")].map((each) => each.title + each.ariaLabel)].join(" ")');
    expect(readable).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(await overflowOn(page)).toBe(0);
    await close(view);
  });

  it('of a thousand columns only the drawings near the window are made', async () => {
    const view = await open({ view: 'data', batch: 'b-wide' });
    const { page } = view;
    expect(await page.locator('li.column').count()).toBe(934);
    await page.waitForSelector('slip-near-drawing svg');
    expect(await page.locator('slip-near-drawing svg').count()).toBeLessThan(200);
    await page.evaluate('document.querySelector("li.column:last-child").scrollIntoView()');
    await page.waitForSelector('li.column:last-child slip-near-drawing svg');
    await close(view);
  });

  it('what was opened and sought is there again after a reload', async () => {
    const view = await open(july);
    const { page } = view;
    await page.locator('button.name').first().click();
    await page.getByRole('searchbox', { name: 'Find a column' }).fill('hum');
    await expect.poll(() => page.evaluate('JSON.parse(sessionStorage.getItem("state")).pages["view=data&batch=b-july"].search')).toBe('hum');
    await page.reload();
    await page.waitForSelector('li[data-column=humid] .panel');
    expect(await page.locator('li.column').count()).toBe(1);
    await close(view);
  });

  it('nothing can be started, written or stated where nothing may be', async () => {
    for (const [target, buttons] of [[{ view: 'data', batch: 'b-july', column: 'humid' }, /Write to|Save Report|slipway\.yaml:/], [{ view: 'readiness', model: 'flight-delay' }, /State…|^Run flight|slipway\.yaml:/], [{ view: 'model-file', path: v2, against: null }, /Check Model/]] as [ViewTarget, RegExp][]) {
      const view = await open(target, { can: { work: false, editor: false } });
      expect(await view.page.getByRole('button', { name: buttons }).count()).toBe(0);
      await close(view);
    }
  });

  it('operators are measured when somebody asks for it, and drawn by their share of the time', async () => {
    const asked: string[] = [];
    const view = await openView(browser, dist, {
      target: { view: 'model-file', path: v2, against: null },
      answer: (question) => {
        asked.push(question.ask);
        return dataAnswers(question);
      },
    });
    const { page } = view;
    await page.getByRole('button', { name: 'Measure Operators' }).waitFor();
    expect(asked).not.toContain('operator-times');
    await page.getByRole('button', { name: 'Measure Operators' }).click();
    await page.getByRole('img', { name: 'Time by operator: TreeEnsembleClassifier takes 76.3 %' }).waitFor();
    expect(await violationsOn(page)).toEqual([]);
    await close(view);
    for (const [target, can] of [[{ view: 'model-file', path: v2, against: null }, { work: false, editor: true }], [{ view: 'model-file', path: bare, against: null }, { work: true, editor: true }]] as const) {
      const without = await open(target, { can });
      expect(await without.page.getByRole('button', { name: 'Measure Operators' }).count()).toBe(0);
      await close(without);
    }
  });

  it('readiness leads to its evidence, and asks for the statement that is missing', async () => {
    const view = await open({ view: 'readiness', model: 'flight-delay' });
    const { page } = view;
    await page.getByRole('button', { name: /^State… that encryption at rest/ }).click();
    await page.getByRole('button', { name: 'Run flight-delay' }).click();
    await page.getByRole('button', { name: 'Data quality and drift of b-july' }).click();
    await page.getByRole('button', { name: 'slipway.yaml:52' }).click();
    await expect.poll(() => view.actions).toEqual([
      { do: 'state-criterion', model: 'flight-delay', criterion: 'encryption at rest' },
      { do: 'run', command: { kind: 'run', models: ['flight-delay'] } },
      { do: 'show', target: { view: 'data', batch: 'b-july' } },
      { do: 'open-file', path: 'slipway.yaml', line: 52 },
    ]);
    await close(view);
  });

  it('readiness follows what is stated elsewhere', async () => {
    let report = readinessOf();
    const view = await open({ view: 'readiness', model: 'flight-delay' }, { answer: (question) => (question.ask === 'readiness' ? { answer: report } : dataAnswers(question)) });
    await view.page.waitForSelector('h1:has-text("not ready")');
    report = readinessOf(report.criteria.map((criterion) => ({ ...criterion, state: criterion.state === 'off' ? 'off' : 'pass' })));
    await view.tell({ kind: 'feed', message: { kind: 'stated', sequence: 1, work: 'work-0001', statement: { model: 'flight-delay', criterion: 'encryption at rest', by: 'Ada', text: 'done', at: '2026-11-02T10:00:00Z', expires: null } } });
    await view.page.waitForSelector('h1:has-text("v2 is ready")');
    expect(await view.page.locator('details:not([open])').count()).toBe(0);
    await close(view);
  });

  it('a model file is checked, leads to its run, and is compared with the one that is chosen', async () => {
    const view = await open({ view: 'model-file', path: v2, against: null });
    const { page } = view;
    await page.getByRole('button', { name: 'Check Model' }).click();
    await page.getByRole('button', { name: 'Open run r-1' }).click();
    await page.getByRole('combobox', { name: 'Compare with' }).selectOption('models/v1/model.onnx');
    await expect.poll(() => view.actions).toEqual([
      { do: 'run', command: { kind: 'run', models: ['flight-delay'], versions: ['v2'], force: true } },
      { do: 'show', target: { view: 'gates', run: 'r-1' } },
      { do: 'show', target: { view: 'model-file', path: v2, against: 'models/v1/model.onnx' } },
    ]);
    await close(view);
  });

  it('an input that no column feeds is marked', async () => {
    const view = await open({ view: 'model-file', path: v2, against: null });
    expect(await view.page.locator('tr:has(th:has-text("humidity"))').textContent()).toContain('no column');
    await close(view);
  });

  it('a page that waits says for what, but not before a blink has passed', async () => {
    const view = await openView(browser, dist, { target: july, answer: () => null });
    const waiting = view.page.locator('.waiting');
    await waiting.waitFor({ state: 'attached' });
    await waiting.waitFor({ state: 'visible' });
    expect(await waiting.textContent()).toContain('Reading what was found in this batch');
    expect(await view.page.evaluate('getComputedStyle(document.querySelector(".waiting")).animationDelay')).toBe('0.2s');
    await close(view);
  });
});
