import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { runTrendFigure } from '../figures/run-trend-figure.ts';
import { verdictMark, verdictRank } from '../figures/verdict-mark.ts';
import type { Verdict } from '../protocol/measured.ts';
import { columnText, countText, durationText, numberText } from '../protocol/number-text.ts';
import type { RunSummary } from '../protocol/run.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ask, type Asking } from './asking.ts';
import './elements/button.ts';
import './elements/long-table.ts';
import './elements/problem-panel.ts';
import './elements/select.ts';
import { sorted, sortHeader, type Sort } from './elements/sort-header.ts';
import { waiting } from './elements/waiting.ts';
import { keepOpened } from './opened-details.ts';
import { drawn, PageElement } from './page-element.ts';
import type { PageState } from './page.ts';

interface RunsPageState {
  model: string;
  verdict: Verdict | '';
  sort: Sort<string>;
  picked: string[];
  opened: string[];
}

const runsMax = 10_000;
/** More than this cannot be told apart in a drawing. */
const drawnMax = 80;
const metricsMax = 3;
const modelsMax = 6;

/** Runs over time: how the headline metrics went, which verdicts there were, and every run to open or to compare. */
@customElement('slip-runs-page')
export class RunsPageElement extends PageElement<Extract<ViewTarget, { view: 'runs' }>> {
  #asked!: Asking<RunSummary[]>;
  /** Told since the question was answered, newest first. */
  #told: RunSummary[] = [];
  #state!: PageState<RunsPageState>;
  #seen = new WeakSet<HTMLDetailsElement>();
  #all: RunSummary[] = [];
  #listed: { of: unknown[]; rows: RunSummary[] } | null = null;

  protected begin(): void {
    const { context, target } = this;
    this.#state = context.state<RunsPageState>({ model: target.model ?? '', verdict: '', sort: { by: 'when', down: true }, picked: [], opened: [] });
    this.#told = [];
    this.#asked = ask(context, { ask: 'runs', model: target.model, limit: runsMax }, () => {
      this.#told = [];
      this.#merge();
    });
    this.follow((message) => {
      if (message.kind === 'snapshot') return this.#asked.again();
      if (message.kind !== 'run-finished' || (target.model !== null && message.run.model !== target.model)) return;
      this.#told = [message.run, ...this.#told];
      this.#merge();
    });
  }

  #merge(): void {
    const { now } = this.#asked;
    this.#all = [...this.#told, ...(now.state === 'answered' ? now.answer : [])];
    this.redraw();
  }

  protected override updated(): void {
    keepOpened(this, this.#state, this.#seen);
  }

  protected override render(): TemplateResult {
    const { now } = this.#asked;
    if (now.state === 'waiting') return html`<h1 class="spoken">Runs</h1>${waiting('Reading the runs', this.context.connection)}`;
    if (now.state === 'refused') return html`<h1 class="spoken">Runs</h1><slip-problem .problem=${now.problem} @slip-again=${() => this.#asked.again()}></slip-problem>`;
    if (this.#all.length === 0) return this.#empty();
    const { model } = this.#state.value;
    const ofModel = model === '' ? this.#all : this.#all.filter((run) => run.model === model);
    return html`<header><p class="facts"><strong>${model === '' ? 'All models' : model}</strong> · runs over time · <button class="link" @click=${() => this.context.act({ do: 'show', target: { view: 'live' } })}>What is served</button></p><h1>${sentenceOf(ofModel, model)}</h1></header>
      ${this.#trends(ofModel, model)} ${this.#controls(ofModel)} ${this.#table(ofModel, model)}`;
  }

  #empty(): TemplateResult {
    const { context, target } = this;
    return html`<header><h1>No runs yet${target.model === null ? '' : ` of ${target.model}`}</h1></header>
      <p>A run judges every version that has not been judged on this data and these gates.</p>
      ${context.can.work ? html`<slip-button @click=${() => context.act({ do: 'run', command: { kind: 'run', ...(target.model === null ? {} : { models: [target.model] }) } })}>Run</slip-button>` : nothing}`;
  }

  #trends(runs: RunSummary[], model: string): unknown {
    const models = model === '' ? [...new Set(runs.map((run) => run.model))].slice(0, modelsMax) : [model];
    const tiles = models.flatMap((name) => {
      const own = runs.filter((run) => run.model === name);
      const latest = own.slice(0, drawnMax).reverse();
      const metrics = metricsOf(own).slice(0, model === '' ? 1 : metricsMax);
      return metrics.map((metric) => ({ title: model === '' ? `${name}: ${nameOf(metric)}` : nameOf(metric), note: roleOf(metric), latest, metric, of: own.length }));
    });
    return html`<div class="grid large">${tiles.map(
      ({ title, note, latest, metric, of }) => html`<div class="tile"><h2 class="small">${title} <span class="quiet">${note}${of > latest.length ? ` · the latest ${latest.length} of ${countText(of)} runs` : ''}</span></h2>${drawn([metric, latest[0]?.id, latest.at(-1)?.id, latest.length], () => trendOf(latest, metric))}</div>`,
    )}</div>
    ${tiles.length === 0 ? nothing : legend()}`;
  }

  #controls(runs: RunSummary[]): TemplateResult {
    const { context, target } = this;
    const { model, verdict, picked } = this.#state.value;
    const models = [...new Set(this.#all.map((run) => run.model))];
    const chosen = picked.flatMap((id) => this.#all.find((run) => run.id === id) ?? []);
    const [first, second] = chosen;
    const fit = chosen.length === 2 && first.model === second.model;
    const count = (of: Verdict) => runs.filter(({ decision }) => decision.verdict === of).length;
    return html`<div class="bar">
      ${target.model !== null || models.length < 2 ? nothing : html`<slip-select label="Model" .value=${model} .options=${[{ value: '', text: 'all models' }, ...models.map((value) => ({ value, text: value }))]} @slip-change=${({ detail }: CustomEvent<string>) => this.#state.set({ model: detail, picked: [] })}></slip-select>`}
      <slip-select label="Verdict" .value=${verdict} .options=${[{ value: '', text: `all (${countText(runs.length)})` }, ...(Object.keys(verdictRank) as Verdict[]).map((value) => ({ value, text: `${value} (${countText(count(value))})` }))]} @slip-change=${({ detail }: CustomEvent<Verdict | ''>) => this.#state.set({ verdict: detail })}></slip-select>
      <slip-button secondary ?disabled=${!fit} @click=${() => (fit ? context.act({ do: 'show', target: { view: 'compare', model: first.model, runs: [first.id, second.id] } }) : undefined)}>${fit ? `Compare ${first.version} with ${second.version}` : 'Compare'}</slip-button>
      <span class="quiet" role="status">${chosen.length === 0 ? 'Pick two runs to compare' : chosen.length === 1 ? `Pick one more beside ${first.version}` : fit ? '' : 'Runs of two models cannot be compared'}</span>
    </div>`;
  }

  #table(runs: RunSummary[], model: string): TemplateResult {
    const { verdict, sort, picked } = this.#state.value;
    const metrics = metricsOf(runs).slice(0, metricsMax);
    const of = [this.#all, model, verdict, sort.by, sort.down];
    if (this.#listed === null || this.#listed.of.some((each, index) => each !== of[index])) this.#listed = { of, rows: sorted(verdict === '' ? runs : runs.filter(({ decision }) => decision.verdict === verdict), keyOf(sort.by), sort.down) };
    const head = (column: string, title: string, number = false, firstDown = false) => sortHeader({ column, title, sort, number, firstDown, change: (changed) => this.#state.set({ sort: changed }) });
    return html`<slip-long-table label="Runs" .rows=${this.#listed.rows} .columns=${7 + metrics.length}
      .head=${html`<tr><td></td>${head('verdict', 'verdict')}${model === '' ? head('model', 'model') : nothing}${head('version', 'version')}${head('when', 'when', false, true)}${metrics.map((metric) => head(metric, nameOf(metric), true, true))}${head('gates', 'gates that pass', true)}${head('took', 'took', true, true)}<th scope="col" class="sentence">in a sentence</th></tr>`}
      .cells=${(run: RunSummary) => html`<td><input type="checkbox" aria-label=${`Compare ${run.version} of ${whenText(run)}`} .checked=${picked.includes(run.id)} ?disabled=${picked.length >= 2 && !picked.includes(run.id)} @change=${() => this.#pick(run.id)}></td>
        <td>${drawn([run.decision.verdict], () => verdictMark(run.decision.verdict))}</td>${model === '' ? html`<td>${run.model}</td>` : nothing}
        <th scope="row"><button class="link" @click=${() => this.context.act({ do: 'show', target: { view: 'gates', run: run.id } })}>${run.version}</button>${run.role === 'champion' ? html` <span title="champion" role="img" aria-label="champion">★</span>` : nothing}</th>
        <td class="digits">${whenText(run)}</td>${metrics.map((metric) => html`<td class="number">${valueText(run.headline[metric])}${intervalPart(run, metric)}</td>`)}
        <td class="number">${countText(run.decision.counts.pass)}/${countText(gatesOf(run))}</td><td class="number">${durationText(run.milliseconds)}</td><td class="sentence quiet" title=${run.decision.sentence}>${run.decision.sentence}</td>`}
    ></slip-long-table>`;
  }

  #pick(id: string): void {
    const { picked } = this.#state.value;
    this.#state.set({ picked: picked.includes(id) ? picked.filter((each) => each !== id) : [...picked, id] });
  }
}

function sentenceOf(runs: RunSummary[], model: string): string {
  const [latest] = runs;
  if (latest === undefined) return `No runs of ${model}`;
  const passing = runs.filter(({ decision }) => decision.verdict === 'pass').length;
  return `${countText(runs.length)} ${runs.length === 1 ? 'run' : 'runs'}, ${countText(passing)} of them promotable. The latest: ${latest.decision.sentence}`;
}

/** Headline metrics by how many of the latest runs have them; those of the holdout first. */
function metricsOf(runs: RunSummary[]): string[] {
  const seen = new Map<string, number>();
  for (const { headline } of runs.slice(0, drawnMax)) for (const [metric, value] of Object.entries(headline)) if (value !== null) seen.set(metric, (seen.get(metric) ?? 0) + 1);
  return [...seen].sort(([a, ofA], [b, ofB]) => ofB - ofA || Number(b.startsWith('holdout.')) - Number(a.startsWith('holdout.'))).map(([metric]) => metric);
}

function nameOf(metric: string): string {
  return metric.slice(metric.indexOf('.') + 1);
}

function roleOf(metric: string): string {
  return metric.includes('.') ? metric.slice(0, metric.indexOf('.')) : '';
}

function trendOf(latest: RunSummary[], metric: string) {
  const known = latest.flatMap(({ headline }) => headline[metric] ?? []);
  const [first, last] = [known[0], known[known.length - 1]];
  const finding = `${nameOf(metric)} on ${roleOf(metric)} over ${countText(latest.length)} runs: ${first === undefined ? 'never measured' : `from ${numberText(first)} to ${numberText(last)}, lowest ${numberText(Math.min(...known))}, highest ${numberText(Math.max(...known))}`}`;
  return runTrendFigure({ points: latest.map((run) => ({ name: `${run.version}, ${whenText(run).slice(0, 10)}`, value: run.headline[metric] ?? null, interval: run.intervals?.[metric] ?? null, verdict: run.decision.verdict, champion: run.role === 'champion' })), metric: nameOf(metric), finding });
}

function legend(): TemplateResult {
  return html`<p class="quiet">● pass · ✗ fail or error · ◆ inconclusive · ring: the champion · whiskers, or a band where runs are many: the 95 % interval</p>`;
}

function keyOf(column: string): (run: RunSummary) => number | string | null {
  switch (column) {
    case 'verdict':
      return ({ decision }) => verdictRank[decision.verdict];
    case 'model':
      return ({ model }) => model;
    case 'version':
      return ({ version }) => version;
    case 'when':
      return ({ startedAt }) => Date.parse(startedAt);
    case 'gates':
      return (run) => run.decision.counts.pass / Math.max(1, gatesOf(run));
    case 'took':
      return ({ milliseconds }) => milliseconds;
    default:
      return ({ headline }) => headline[column] ?? null;
  }
}

function gatesOf({ decision: { counts } }: RunSummary): number {
  return counts.pass + counts.fail + counts.inconclusive + counts.error;
}

function whenText({ startedAt }: RunSummary): string {
  return startedAt.slice(0, 16).replace('T', ' ');
}

function intervalPart({ headline, intervals }: RunSummary, metric: string): TemplateResult | typeof nothing {
  const interval = intervals?.[metric];
  if (interval === undefined || (headline[metric] ?? null) === null) return nothing;
  return html` <span class="quiet interval">[${columnText(interval[0])}, ${columnText(interval[1])}]</span>`;
}

function valueText(value: number | null | undefined): string {
  return value === null || value === undefined ? '—' : columnText(value);
}
