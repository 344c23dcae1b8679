import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { barsFigure } from '../figures/bars-figure.ts';
import { cutAt } from '../figures/cut-text.ts';
import { distributionThumbnail } from '../figures/distribution-figure.ts';
import { driftWords } from '../figures/drift-words.ts';
import { effectFigure } from '../figures/effect-figure.ts';
import { safeText } from '../figures/markup.ts';
import type { DriftReport } from '../protocol/drift.ts';
import type { FeedMessage } from '../protocol/feed.ts';
import { bytesText, countText, numberText, shareText } from '../protocol/number-text.ts';
import type { BatchReport, BatchSummary, RunReport, RunSummary } from '../protocol/run.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ageText } from './age-text.ts';
import { ask, type Asking } from './asking.ts';
import { historyOf, newerCheck } from './batch-history.ts';
import { columnPanel } from './column-panel.ts';
import { columnRows, countMatters, filterRows, findingsOfAll, matters, wordsOf, type ColumnRow, type Matter } from './column-rows.ts';
import { foreignText } from './elements/foreign-text.ts';
import { waiting } from './elements/waiting.ts';
import { findingItem, type FindingActions } from './finding-item.ts';
import { drawn } from './page-element.ts';
import type { PageContext } from './page.ts';
import { predictionRows, predictionsOf, runsOnBatch, type VersionPredictions } from './prediction-rows.ts';
import { ResizedPage } from './resized-page.ts';
import './batch-strip.ts';
import './elements/button.ts';
import './elements/near-drawing.ts';
import './elements/problem-panel.ts';
import './elements/textfield.ts';
import './finding-rows.ts';

interface DataState {
  /** Matters whose columns are shown; none: all, the fine ones folded. */
  show: Matter[];
  search: string;
  /** Columns whose row is open. */
  open: string[];
  /** Whether the fine ones are unfolded. */
  fine: boolean;
  /** How many rows are shown of which finding. */
  rows: Record<string, number>;
  /** Whether the column that the target names has been shown. */
  shown: boolean;
}

/** What the drawings of a row are; each says in words for itself what it shows. */
const legend = html`<div class="legend" aria-hidden="true"><span><i class="reference"></i> reference <i class="current"></i> this batch</span><span><i class="band"></i> chance <i class="floor"></i> floor ▲ moved</span></div>`;

/** What the panel of a row is about. */
interface Panel {
  batch: BatchReport;
  history: readonly BatchSummary[];
  actions: FindingActions;
}

const openMax = 12;
/** Of which those that judged this batch are looked at. */
const runsMax = 1_000;
const matterWords: Record<Matter, string> = { failing: '✗ failing', moved: '▲ moved', unsure: '? unsure', fine: '✓ fine' };

/** One batch: what its checks found and how its columns moved, a row for each column, most trouble on top. */
@customElement('slip-data-page')
export class DataPageElement extends ResizedPage<Extract<ViewTarget, { view: 'data' }>> {
  #batch!: Asking<BatchReport>;
  #batches!: Asking<BatchSummary[]>;
  #runs!: Asking<RunSummary[]>;
  /** Runs that judged this batch, by their ids. */
  #judged = new Map<string, Asking<RunReport>>();
  #state!: ReturnType<PageContext['state']> & { readonly value: DataState; set(change: Partial<DataState>): void };
  #rows: { of: BatchReport; rows: ColumnRow[] } | null = null;

  protected begin(): void {
    const { batch, column } = this.target;
    this.#state = this.context.state<DataState>({ show: [], search: '', open: column === undefined ? [] : [column], fine: false, rows: {}, shown: false });
    this.#batch = ask(this.context, { ask: 'batch', id: batch }, () => this.redraw());
    this.#batches = ask(this.context, { ask: 'batches' }, () => this.redraw());
    this.#judged.clear();
    this.#runs = ask(this.context, { ask: 'runs', model: null, limit: runsMax }, () => this.#askJudged());
    this.follow((message) => this.#hear(message));
  }

  /** Each run that judged this batch is asked once: a saved run does not change. */
  #askJudged(): void {
    const { now } = this.#runs;
    if (now.state !== 'answered') return;
    for (const { id } of runsOnBatch(now.answer, this.target.batch)) if (!this.#judged.has(id)) this.#judged.set(id, ask(this.context, { ask: 'run', id }, () => this.redraw()));
    this.redraw();
  }

  #predictions(): VersionPredictions[] {
    const { now } = this.#runs;
    if (now.state !== 'answered') return [];
    return runsOnBatch(now.answer, this.target.batch).flatMap(({ id }) => {
      const run = this.#judged.get(id)?.now;
      return run?.state === 'answered' ? (predictionsOf(run.answer) ?? []) : [];
    });
  }

  #hear(message: FeedMessage): void {
    if (message.kind === 'run-finished' || message.kind === 'snapshot') this.#runs.again();
    if (message.kind === 'batch-checked' || message.kind === 'snapshot') this.#batches.again();
    if (message.kind === 'snapshot' && this.#batch.now.state === 'refused') this.#batch.again();
  }

  protected override render(): TemplateResult {
    const { now } = this.#batch;
    switch (now.state) {
      case 'waiting':
        return html`<h1 class="spoken">Data quality and drift</h1>${waiting('Reading what was found in this batch', this.context.connection)}`;
      case 'refused':
        return html`<h1 class="spoken">Data quality and drift</h1><slip-problem .problem=${now.problem} @slip-again=${() => this.#batch.again()}></slip-problem>`;
      case 'answered':
        return this.#report(now.answer);
    }
  }

  protected override updated(): void {
    const { column } = this.target;
    if (column === undefined || this.#batch.now.state !== 'answered' || this.#state.value.shown) return;
    this.#state.set({ shown: true });
    this.querySelector(`[data-column="${CSS.escape(column)}"]`)?.scrollIntoView({ block: 'start' });
  }

  #report(batch: BatchReport): TemplateResult {
    if (this.#rows?.of !== batch) this.#rows = { of: batch, rows: columnRows(batch) };
    const { rows } = this.#rows;
    const batches = this.#batches.now.state === 'answered' ? this.#batches.now.answer : [];
    const history = historyOf(batches, { id: batch.id, name: batch.profile.name });
    const actions: FindingActions = { context: this.context, batch: batch.id, rows: this.#state.value.rows, showRows: (finding, limit) => this.#showRows(finding, limit) };
    const together = multivariatePart(batch.drift, this.width);
    // What no column shows by itself is what matters then.
    const onlyTogether = batch.drift?.moved === 0 && batch.drift.multivariate?.verdict === 'moved';
    return html`${this.#head(batch, newerCheck(batches, { id: batch.id, name: batch.profile.name, checkedAt: batch.checkedAt }))}
      ${history.length < 2 ? nothing : html`<slip-batch-strip .batches=${history} current=${batch.id} @slip-open=${({ detail }: CustomEvent<string>) => this.#openBatch(detail)}></slip-batch-strip>`}
      ${wholePart(batch, findingsOfAll(batch), actions)} ${onlyTogether ? together : nothing}
      ${this.#answers(rows, { batch, history, actions })}
      <section class="columns" aria-labelledby="columns-title">
        <h2 id="columns-title">Columns</h2>
        ${rows.length === 0 ? html`<p class="quiet">This batch has no columns.</p>` : this.#columns(rows.filter((row) => !isLabel(row)), { batch, history, actions })}
      </section>
      ${onlyTogether ? nothing : together}
      <footer>
        ${this.context.can.editor ? html`<slip-button secondary @click=${() => this.context.act({ do: 'save-report', of: 'batch', id: batch.id })}>Save Report</slip-button>` : nothing}
        <p class="quiet">${batch.id} · ${foreignText(batch.profile.files.map(({ path }) => path).join(', '), 120)} · ${bytesText(batch.profile.bytes)} · sha256 <code>${batch.profile.digest.slice(0, 12)}</code></p>
      </footer>`;
  }

  #head({ profile, referenceProfile, sentence, checkedAt, driftMissing, drift }: BatchReport, newer: BatchSummary | null): TemplateResult {
    return html`<header>
      <p class="facts"><strong>${foreignText(profile.name, 80)}</strong> · ${countText(profile.rows)} rows × ${countText(profile.columns.length)} columns${referenceProfile === null ? nothing : html` against ${countText(referenceProfile.rows)} rows of ${foreignText(referenceProfile.name, 80)}`} · checked <time datetime=${checkedAt} title=${checkedAt}>${ageText(checkedAt, Date.now())}</time></p>
      <h1>${foreignText(sentence, 400)}</h1>
      ${newer === null ? nothing : html`<p class="notice">This batch has been checked again since. <button class="link" @click=${() => this.#openBatch(newer.id)}>Show the newest check</button></p>`}
      ${drift === null && driftMissing !== null ? html`<p class="quiet">No drift is told: ${foreignText(driftMissing, 300)}.</p>` : nothing}
    </header>`;
  }

  /** What is predicted, and what came true: how the label and the answers of each version moved, in the drawing of the columns. */
  #answers(rows: ColumnRow[], panel: Panel): TemplateResult | typeof nothing {
    const labels = rows.filter(isLabel);
    const versions = this.#predictions();
    if (labels.length + versions.length === 0) return nothing;
    const models = new Set(versions.map(({ model }) => model)).size;
    const open = (row: ColumnRow) => this.#state.value.open.includes(row.column);
    return html`<section class="columns" aria-labelledby="answers-title">
      <h2 id="answers-title">Label and predictions</h2>
      ${legend}
      <ul class="rows" @keydown=${this.#move}>
        ${labels.map((row) => this.#row(row, open(row), panel))}
        ${versions.map((of) =>
          predictionRows(of, models).map((row) =>
            // Its own report has what its p-values were corrected over; batches before it were not asked.
            this.#row(row, open(row), { ...panel, batch: { ...panel.batch, drift: of.drift }, history: [] }, of),
          ),
        )}
      </ul>
    </section>`;
  }

  #columns(rows: ColumnRow[], panel: Panel): TemplateResult {
    const { show, search, fine, open } = this.#state.value;
    const counts = countMatters(rows);
    const found = filterRows(rows, { show, search });
    const sought = show.length > 0 || search.trim() !== '';
    const folded = sought ? [] : found.filter((row) => row.matters[0] === 'fine');
    const listed = folded.length === 0 ? found : found.filter((row) => row.matters[0] !== 'fine');
    const unfolded = fine || folded.some(({ column }) => column === this.target.column);
    const item = (row: ColumnRow) => this.#row(row, open.includes(row.column), panel);
    return html`<div class="bar">
        <div class="chips" role="group" aria-label="Show columns that are">
          ${matters.map((matter) => html`<button class="chip ${matter}" aria-pressed=${show.includes(matter) ? 'true' : 'false'} ?disabled=${counts[matter] === 0} @click=${() => this.#toggle(matter)}>${matterWords[matter]} <span class="count">${countText(counts[matter])}</span></button>`)}
        </div>
        <slip-textfield label="Find a column" placeholder="Find a column" .value=${search} @slip-input=${({ detail }: CustomEvent<string>) => this.#state.set({ search: detail })}></slip-textfield>
        <span class="quiet digits" role="status">${sought ? `${countText(found.length)} of ${countText(rows.length)}` : ''}</span>
      </div>
      ${listed.length === 0 ? html`<p class="quiet">${sought ? 'No column is like that.' : 'No column needs a look.'} ${sought ? html`<button class="link" @click=${() => this.#state.set({ show: [], search: '' })}>Show all</button>` : nothing}</p>` : html`${listed.some(({ drift }) => drift !== null) ? legend : nothing}<ul class="rows" @keydown=${this.#move}>${repeat(listed, ({ column }) => column, item)}</ul>`}
      ${
        folded.length === 0
          ? nothing
          : html`<button class="fold" aria-expanded=${unfolded ? 'true' : 'false'} @click=${() => this.#state.set({ fine: !unfolded })}><span aria-hidden="true">${unfolded ? '▾' : '▸'}</span> ${countText(folded.length)} ${folded.length === 1 ? 'column is' : 'columns are'} fine</button>
              ${unfolded ? html`<ul class="rows" @keydown=${this.#move}>${repeat(folded, ({ column }) => column, item)}</ul>` : nothing}`
      }`;
  }

  #row(row: ColumnRow, open: boolean, { batch, history, actions }: Panel, answered: VersionPredictions | null = null): TemplateResult {
    const { column, drift, matters: of } = row;
    return html`<li class="column" data-column=${column}>
      <div class="head" @click=${() => this.#turn(column)}>
        <p class="marks">${of.map((matter) => html`<span class="verdict ${matter}">${matterWords[matter]}</span> `)}</p>
        <h3><button class="name" aria-expanded=${open ? 'true' : 'false'}><span class="turn" aria-hidden="true">${open ? '▾' : '▸'}</span> ${foreignText(column, 60)}</button>${drift === null || drift.role === 'feature' ? nothing : html` <span class="tag">${drift.role}</span>`}${answered?.champion === true ? html` <span class="tag">★ champion</span>` : nothing}</h3>
        <div class="words">${wordsOf(row).map((words) => html`<p>${foreignText(unbroken(words), 240)}</p>`)}</div>
        ${drift === null ? nothing : html`<slip-near-drawing .drawing=${{ of: drift, draw: () => distributionThumbnail(drift) }}></slip-near-drawing><slip-near-drawing .drawing=${{ of: drift, draw: () => effectFigure(drift) }}></slip-near-drawing>`}
      </div>
      ${open ? html`<div class="panel">${answered === null ? nothing : html`<p>What ${foreignText(`${answered.model} ${answered.version}`, 80)} answers on this batch, against its answers on the reference. <button class="link" aria-label=${safeText(`Open the run of ${answered.model} ${answered.version}`)} @click=${() => this.context.act({ do: 'show', target: { view: 'gates', run: answered.run } })}>Open the run</button></p>`}${columnPanel(row, { batch, history, width: this.width, actions })}</div>` : nothing}
    </li>`;
  }

  /** The mouse opens a row wherever it presses it, but not where it marks text. */
  #turn(column: string): void {
    if ((getSelection()?.toString() ?? '') !== '') return;
    const { open } = this.#state.value;
    this.#state.set({ open: open.includes(column) ? open.filter((each) => each !== column) : [...open, column].slice(-openMax) });
  }

  #toggle(matter: Matter): void {
    const { show } = this.#state.value;
    this.#state.set({ show: show.includes(matter) ? show.filter((each) => each !== matter) : [...show, matter] });
  }

  #showRows(finding: string, limit: number | null): void {
    const { [finding]: _, ...others } = this.#state.value.rows;
    this.#state.set({ rows: limit === null ? others : { ...others, [finding]: limit } });
  }

  #openBatch(batch: string): void {
    this.context.act({ do: 'show', target: { view: 'data', batch } });
  }

  /** Arrows go from column to column, as in a list of the editor. */
  #move(event: KeyboardEvent): void {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const name = (event.target as HTMLElement).closest('button.name');
    const item = name?.closest('li');
    const next = event.key === 'ArrowDown' ? item?.nextElementSibling : item?.previousElementSibling;
    if (name === null || next === null || next === undefined) return;
    event.preventDefault();
    next.querySelector<HTMLElement>('button.name')?.focus();
  }
}

function isLabel({ drift }: ColumnRow): boolean {
  return drift?.role === 'label';
}

/** A number stays on one line with what belongs to it: "0.1 %", "p < 1e-9". */
export function unbroken(text: string): string {
  return text.replaceAll(' %', '\u00a0%').replace(/\bp ([<=]) ([\d.e-]+)/g, (_, sign: string, value: string) => `p\u00a0${sign}\u00a0${value.replace('-', '\u2011')}`);
}

/** What is said about the batch as a whole. */
function wholePart({ profile }: BatchReport, findings: ReturnType<typeof findingsOfAll>, actions: FindingActions): TemplateResult | typeof nothing {
  const open = findings.filter(({ verdict }) => verdict !== 'pass');
  if (open.length === 0 && profile.differences.length === 0) return nothing;
  return html`<section aria-labelledby="whole-title">
    <h2 id="whole-title">The batch as a whole</h2>
    <ul class="findings">${open.map((finding) => findingItem(finding, actions))}</ul>
    ${profile.differences.slice(0, differencesMax).map(({ path, missing, extra, changed }) => html`<p class="quiet">${foreignText(path, 80)} differs from the first file: ${foreignText([...missing.map((column) => `${column} is missing`), ...extra.map((column) => `${column} is new`), ...changed.map(({ column, type, firstType }) => `${column} is ${type}, not ${firstType}`)].join(', '), 300)}</p>`)}
    ${profile.differences.length > differencesMax ? html`<p class="quiet">${countText(profile.differences.length - differencesMax)} more files differ</p>` : nothing}
  </section>`;
}

const differencesMax = 20;
const weightsMax = 10;

/** All columns at once: a classifier that tells the two apart, and what it looks at. */
function multivariatePart(drift: DriftReport | null, width: number): TemplateResult | typeof nothing {
  const multivariate = drift?.multivariate ?? null;
  if (multivariate === null) return nothing;
  const { verdict, message, columns, sample, auc } = multivariate;
  const strongest = columns.slice(0, weightsMax);
  return html`<section aria-labelledby="together-title">
    <h2 id="together-title">All columns together</h2>
    <p><span class="verdict ${verdict}">${driftWords[verdict]}</span> ${foreignText(message, 300)}</p>
    ${
      strongest.length === 0
        ? nothing
        : html`<details><summary>What tells them apart</summary>
            ${drawn([multivariate, width], () => barsFigure({ width, head: ['column', 'weight'], finding: `Weight of the ${strongest.length} columns that tell the two apart best, ${cutAt(safeText(strongest[0].column), 60)} first`, bars: strongest.map(({ column, weight }) => ({ label: column, value: weight, text: shareText(weight) })) }))}
            <p class="quiet">AUC ${auc.value === null ? 'not defined' : numberText(auc.value)}${auc.interval === undefined ? '' : ` [${numberText(auc.interval.low)}, ${numberText(auc.interval.high)}]`}; 0.5 means it cannot tell them apart. Drawn for it: ${countText(sample.reference)} of ${countText(sample.of)} reference and ${countText(sample.current)} of ${countText(sample.ofCurrent)} current rows, seed ${sample.seed}.</p>
          </details>`
    }
  </section>`;
}
