import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { safeText } from '../figures/markup.ts';
import { bytesText, columnText, countText, noNumber, numberText, shareText } from '../protocol/number-text.ts';
import type { LiveSample, LiveVersion, LiveWindow, ServedModelStatus, ServedVersionStatus, ServingStatus } from '../protocol/serving.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ageText } from './age-text.ts';
import { ask, type Asking } from './asking.ts';
import './elements/button.ts';
import { foreignText } from './elements/foreign-text.ts';
import './elements/problem-panel.ts';
import './elements/select.ts';
import { waiting } from './elements/waiting.ts';
import { closedByIn, keyOf, mergedSeconds, secondsWithin, totalsOf, type LiveSecond, type TimeRange, type VersionTotals } from './live-seconds.ts';
import { closeReasonText, curlLine, liveSentence, servingTroubles, shadowsOf } from './live-sentence.ts';
import { keepOpened } from './opened-details.ts';
import { PageElement } from './page-element.ts';
import type { PageState } from './page.ts';
import { clockText, type ChartLine } from './time-chart.ts';

interface LivePageState {
  /** Key of the version that is shown alone; empty for all. */
  only: string;
  opened: string[];
}

/** As many as can be told apart. */
const drawnMax = 6;
const rangeLeastMs = 120_000;
const spokenMs = 10_000;
const askedAgainMs = 10_000;
const megabyte = 1e6;

interface Chart {
  label: string;
  lines: ChartLine[];
}

/** What is made of the seconds; made again when there is another second, range or choice. */
interface Drawn {
  of: readonly unknown[];
  range: TimeRange;
  within: LiveSecond[];
  times: number[];
  keys: string[];
  totals: ReadonlyMap<string, VersionTotals>;
  charts: Chart[];
}

/** What is served, second by second: how much, how fast, what fails, what waits, and what it takes. */
@customElement('slip-live-page')
export class LivePageElement extends PageElement<Extract<ViewTarget, { view: 'live' }>> {
  #asked!: Asking<LiveWindow>;
  #taken: LiveWindow | null = null;
  #askedMs = -Infinity;
  #serving: ServingStatus | null = null;
  #seconds: LiveSecond[] = [];
  #state!: PageState<LivePageState>;
  #seen = new WeakSet<HTMLDetailsElement>();
  #zoom: TimeRange | null = null;
  #at: number | null = null;
  #drawn: Drawn | null = null;
  /** What a screen reader is told, and what the charts are called: at most every ten seconds. */
  #spoken: { atMs: number; sentence: string; findings: Map<string, string> } = { atMs: -Infinity, sentence: '', findings: new Map() };
  #copied: string | null = null;

  protected begin(): void {
    const { context } = this;
    this.#state = context.state<LivePageState>({ only: '', opened: [] });
    this.#asked = ask(context, { ask: 'live' }, () => this.#take());
    this.follow((message) => {
      if (message.kind === 'live') this.#hear(message.sample);
      else if (message.kind === 'serving-changed') {
        this.#serving = message.serving;
        // What is on its way may be older.
        if (this.#asked.now.state === 'waiting') this.#asked.again();
      }
      // Whoever is told everything anew has missed something.
      else if (message.kind === 'snapshot' && this.#asked.now.state !== 'waiting') this.#asked.again();
      else return;
      this.redraw();
    });
  }

  #take(): void {
    const { now } = this.#asked;
    if (now.state === 'answered' && now.answer !== this.#taken) {
      this.#taken = now.answer;
      this.#serving = now.answer.serving;
      this.#seconds = mergedSeconds(this.#seconds, now.answer.samples);
    }
    this.redraw();
  }

  #hear(sample: LiveSample): void {
    const lastMs = this.#seconds.at(-1)?.atMs;
    this.#seconds = mergedSeconds(this.#seconds, [sample]);
    const atMs = Date.parse(sample.at);
    // Seconds may be dropped on their way here; the server has them.
    if (lastMs === undefined || atMs - lastMs <= 1000 || performance.now() - this.#askedMs < askedAgainMs || this.#asked.now.state !== 'answered') return;
    this.#askedMs = performance.now();
    this.#asked.again();
  }

  protected override updated(): void {
    keepOpened(this, this.#state, this.#seen);
  }

  protected override render(): TemplateResult {
    const { now } = this.#asked;
    if (now.state === 'waiting') return html`<h1 class="spoken">Live</h1>${waiting('Reading what is served', this.context.connection)}`;
    if (now.state === 'refused') return html`<h1 class="spoken">Live</h1><slip-problem .problem=${now.problem} @slip-again=${() => this.#asked.again()}></slip-problem>`;
    const serving = this.#serving;
    const sentence = liveSentence(serving, this.#seconds);
    const drawn = this.#draw();
    this.#speak(sentence, drawn);
    return html`<header>${serving === null ? nothing : this.#facts(serving)}<h1>${sentence}</h1></header>
      <p class="spoken" role="status">${this.#spoken.sentence}</p>
      ${serving === null ? html`<p>${this.#seconds.length === 0 ? '' : `The last second was ${clockText(this.#seconds[this.#seconds.length - 1].atMs)}. `}Serve the models of this workspace with <code>slipway serve</code> in a terminal; what is asked of them is then shown here, second by second.</p>` : this.#troubles(serving)}
      ${this.#seconds.length === 0 ? nothing : html`${this.#controls(drawn)}${this.#charts(drawn)}${this.#closed(drawn)}${this.#table(drawn)}${this.#dropped()}`}
      ${serving === null ? nothing : this.#how(serving)}`;
  }

  #speak(sentence: string, { charts }: Drawn): void {
    const nowMs = performance.now();
    if (nowMs - this.#spoken.atMs < spokenMs && this.#spoken.sentence !== '') return;
    this.#spoken = { atMs: nowMs, sentence, findings: new Map(charts.map(({ label, lines }) => [label, findingOf(lines)])) };
  }

  #facts({ url, startedAt, models }: ServingStatus): TemplateResult {
    return html`<p class="facts">${models.map(({ model }, index) => html`${index === 0 ? '' : ', '}<strong>${foreignText(model, 60)}</strong>`)} · ${url === null ? 'the port is being opened' : html`<code>${url}</code>`} · began ${ageText(startedAt, Date.now())}</p>`;
  }

  #troubles(serving: ServingStatus): TemplateResult | typeof nothing {
    const troubles = servingTroubles(serving);
    return troubles.length === 0 ? nothing : html`<ul class="plain troubles">${troubles.map((text) => html`<li><span class="verdict fail"><span class="sign" aria-hidden="true">!</span></span> ${safeText(text.slice(0, 400))}</li>`)}</ul>`;
  }

  #draw(): Drawn {
    const { only } = this.#state.value;
    const of = [this.#seconds, this.#serving, this.#zoom, only];
    if (this.#drawn?.of.every((each, index) => each === of[index])) return this.#drawn;
    const all = this.#seconds;
    const lastMs = all.at(-1)?.atMs ?? 0;
    const firstMs = Math.min(all.at(0)?.atMs ?? 0, lastMs - rangeLeastMs);
    if (this.#zoom !== null && this.#zoom[1] < firstMs) this.#zoom = null;
    const range: TimeRange = this.#zoom === null ? [firstMs, lastMs] : [Math.max(firstMs, this.#zoom[0]), Math.min(lastMs, this.#zoom[1])];
    const within = secondsWithin(all, range);
    if (this.#at !== null && (this.#at < range[0] || this.#at > range[1])) this.#at = null;
    const keys = this.#keys();
    const known = keys.includes(only) ? only : '';
    this.#drawn = { of: [all, this.#serving, this.#zoom, only], range, within, times: within.map(({ atMs }) => atMs), keys, totals: new Map(keys.map((key) => [key, totalsOf(within, key)])), charts: known === '' ? this.#chartsOfAll(within, keys) : this.#chartsOf(within, known) };
    return this.#drawn;
  }

  /** Versions that are served, in the order of the server, and those that were. */
  #keys(): string[] {
    const served = this.#serving?.models.flatMap(({ model, versions }) => versions.map(({ version }) => keyOf({ model, version }))) ?? [];
    return [...new Set([...served, ...this.#seconds.flatMap(({ versions }) => [...versions.keys()])])];
  }

  #nameOf(key: string): string {
    const [model, version] = JSON.parse(key) as [string, string];
    const several = new Set(this.#drawn?.keys.map((each) => (JSON.parse(each) as [string, string])[0]) ?? []).size > 1;
    return cut(several ? `${model} ${version}` : version);
  }

  #chartsOfAll(within: readonly LiveSecond[], keys: readonly string[]): Chart[] {
    const several = new Set(keys.map((key) => (JSON.parse(key) as string[])[0])).size > 1;
    const shown = mostAsked(this.#seconds, keys);
    const lines = (of: (version: LiveVersion) => number | null): ChartLine[] =>
      shown.map((key, stroke) => {
        const [model, version] = JSON.parse(key) as [string, string];
        return { name: cut(several ? `${model} ${version}` : version), stroke, values: within.map(({ versions }) => valueOf(versions.get(key), of)) };
      });
    const sums = (of: (version: LiveVersion) => number): number[] => within.map(({ versions }) => [...versions.values()].reduce((sum, version) => sum + of(version), 0));
    return [
      { label: 'Requests per second', lines: lines(({ requests }) => requests) },
      { label: 'p99, ms', lines: lines(({ p99Ms }) => p99Ms) },
      { label: 'Failed per second', lines: [{ name: 'the queue was full', stroke: 0, values: sums(({ rejected }) => rejected) }, { name: 'otherwise', stroke: 1, values: sums(failedOtherwise) }] },
      { label: 'Rows that wait', lines: lines(({ waiting: rows }) => rows) },
      { label: 'Rows per batch', lines: lines(rowsPerBatch) },
      { label: 'Answers from the cache, %', lines: lines(hitPercent) },
      { label: 'Processor, cores', lines: [...lines(({ cpuShare }) => cpuShare), { name: 'server process', stroke: 'house', values: within.map(({ sample }) => sample.server.cpuShare) }] },
      { label: 'Memory, MB', lines: [...lines(memory), { name: 'server process', stroke: 'house', values: within.map(({ sample }) => sample.server.rssBytes / megabyte) }] },
    ];
  }

  #chartsOf(within: readonly LiveSecond[], key: string): Chart[] {
    const line = (name: string, stroke: number, of: (version: LiveVersion) => number | null): ChartLine => ({ name, stroke, values: within.map(({ versions }) => valueOf(versions.get(key), of)) });
    return [
      { label: 'Requests per second', lines: [line('requests', 0, ({ requests }) => requests), line('rows', 1, ({ rows }) => rows)] },
      { label: 'Time to answer, ms', lines: [line('p99', 0, ({ p99Ms }) => p99Ms), line('p95', 1, ({ p95Ms }) => p95Ms), line('p50', 2, ({ p50Ms }) => p50Ms)] },
      { label: 'Failed per second', lines: [line('the queue was full', 0, ({ rejected }) => rejected), line('otherwise', 1, failedOtherwise)] },
      { label: 'Rows that wait', lines: [line('rows', 0, ({ waiting: rows }) => rows)] },
      { label: 'Rows per batch', lines: [line('rows', 0, rowsPerBatch)] },
      { label: 'Answers from the cache, %', lines: [line('share', 0, hitPercent)] },
      { label: 'Processor, cores', lines: [line('model', 0, ({ cpuShare }) => cpuShare)] },
      { label: 'Memory, MB', lines: [line('model', 0, memory)] },
    ];
  }

  #controls({ keys, range }: Drawn): TemplateResult {
    const { only } = this.#state.value;
    const left = keys.length - drawnMax;
    return html`<div class="bar live">
      ${keys.length < 2 ? nothing : html`<slip-select label="Version" .value=${keys.includes(only) ? only : ''} .options=${[{ value: '', text: `all (${countText(keys.length)})` }, ...keys.map((value) => ({ value, text: this.#nameOf(value) }))]} @slip-change=${({ detail }: CustomEvent<string>) => this.#state.set({ only: detail })}></slip-select>`}
      <span class="digits">${this.#at === null ? `${clockText(range[0])} – ${clockText(range[1])}` : clockText(this.#at)}</span>
      ${this.#zoom === null ? nothing : html`<slip-button secondary @click=${() => this.#show(null)}>Show All</slip-button>`}
      <span class="quiet">${left > 0 && only === '' ? `${countText(drawnMax)} of ${countText(keys.length)} versions are drawn, those asked most. ` : ''}Point at a chart, or use ← →, to read a second; drag, or press + and −, to zoom.</span>
    </div>`;
  }

  #show(range: TimeRange | null): void {
    const [first, last] = [this.#seconds.at(0)?.atMs ?? 0, this.#seconds.at(-1)?.atMs ?? 0];
    this.#zoom = range === null || (range[0] <= first && range[1] >= last) ? null : range;
    // Before the next key is pressed.
    this.requestUpdate();
  }

  #charts({ charts, times, range }: Drawn): TemplateResult {
    return html`<section><h2 class="spoken">Second by second</h2><div class="charts" @slip-at=${({ detail }: CustomEvent<number | null>) => this.#read(detail)} @slip-range=${({ detail }: CustomEvent<TimeRange | null>) => this.#show(detail)}>
      ${charts.map(({ label, lines }) => html`<slip-time-chart .label=${label} .finding=${this.#spoken.findings.get(label) ?? findingOf(lines)} .times=${times} .lines=${lines} .range=${range} .at=${this.#at}></slip-time-chart>`)}
    </div></section>`;
  }

  #read(at: number | null): void {
    if (at === this.#at) return;
    this.#at = at;
    this.requestUpdate();
  }

  #closed({ within, keys }: Drawn): TemplateResult {
    const { only } = this.#state.value;
    const at = within.filter(({ atMs }) => atMs === this.#at);
    const counted = closedByIn(at.length === 0 ? within : at, keys.includes(only) ? only : null);
    const total = counted.reduce((sum, [, batches]) => sum + batches, 0);
    return html`<section><h2>Why batches were closed <span class="quiet">${at.length === 0 ? 'in the time that is shown' : `at ${clockText(at[0].atMs)}`}</span></h2>${
      total === 0
        ? html`<p class="quiet">There were no batches.</p>`
        : html`<table class="narrow closed"><thead><tr><th scope="col">no larger, because</th><th scope="col" class="number">share</th><th scope="col" class="number">batches</th><td></td></tr></thead><tbody>${counted.map(
            ([reason, batches]) => html`<tr><th scope="row">${closeReasonText(reason)}</th><td class="number">${shareText(batches / total)}</td><td class="number">${countText(batches)}</td><td class="drawing"><svg width="120" height="10" viewBox="0 0 120 10" aria-hidden="true">${svg`<rect class="beyond" width=${Math.max(1, Math.round((120 * batches) / total))} height="10"></rect>`}</svg></td></tr>`,
          )}</tbody></table>`
    }</section>`;
  }

  #table({ totals: all, times }: Drawn): TemplateResult {
    const shadows = this.#serving === null ? new Set<string>() : shadowsOf(this.#serving);
    const rows = [...all].map(([key, totals]) => ({ key, ...this.#statusOf(key), totals })).sort((a, b) => b.totals.failures - a.totals.failures || b.totals.requests - a.totals.requests);
    const head = ['requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'worst', 'failed', 'queue full', 'waited', 'rows/batch', 'cached', 'cores', 'memory'];
    return html`<section><h2>By version <span class="quiet">${times.length === 0 ? '' : `${clockText(times[0])} – ${clockText(times[times.length - 1])}; `}percentiles of the middle second, the worst p99 of any, the most rows that waited at once</span></h2>
      <div class="scroll" tabindex="0" role="region" aria-label="By version"><table class="rows versions"><thead><tr><th scope="col">version</th><th scope="col">asked</th><th scope="col">runs on</th>${head.map((text) => html`<th scope="col" class="number">${text}</th>`)}</tr></thead>
      <tbody>${rows.map(({ key, model, version, totals }) => {
        const { requestsPerSecond, p50Ms, p95Ms, p99Ms, worstP99Ms, failures, rejected, waitingMax, rowsPerBatch: perBatch, hitShare, cpu, rssBytes, provider } = totals;
        const cells = [columnText(requestsPerSecond), ...[p50Ms, p95Ms, p99Ms, worstP99Ms].map((ms) => optional(ms, columnText)), countText(failures), countText(rejected), countText(waitingMax), optional(perBatch, columnText), optional(hitShare, shareText), optional(cpu, (share) => columnText(share, 2)), optional(rssBytes, bytesText)];
        return html`<tr><th scope="row">${safeText(this.#nameOf(key))}</th><td>${askedText(model, version, shadows.has(key))}</td><td>${(version?.provider ?? provider)?.toUpperCase() ?? noNumber}</td>${cells.map((text) => html`<td class="number">${text}</td>`)}</tr>`;
      })}</tbody></table></div></section>`;
  }

  #statusOf(key: string): { model: ServedModelStatus | null; version: ServedVersionStatus | null } {
    const [model, version] = JSON.parse(key) as [string, string];
    const served = this.#serving?.models.find((each) => each.model === model) ?? null;
    return { model: served, version: served?.versions.find((each) => each.version === version) ?? null };
  }

  #dropped(): TemplateResult | typeof nothing {
    const dropped = this.#seconds.at(-1)?.sample.dropped;
    const parts = dropped === undefined ? [] : [...(dropped.log === 0 ? [] : [`${countText(dropped.log)} rows could not be recorded`]), ...(dropped.shadow === 0 ? [] : [`${countText(dropped.shadow)} comparisons with a shadow were left out`])];
    return parts.length === 0 ? nothing : html`<p>Since serving began ${parts.join(', and ')}.</p>`;
  }

  #how({ url, keysNeeded, models }: ServingStatus): TemplateResult | typeof nothing {
    if (url === null) return nothing;
    return html`<section><h2>Ask for a prediction</h2><ul class="plain">
      ${this.#copyable('Address', url)}${models.map(({ model }) => this.#copyable(models.length === 1 ? 'With a row of your data' : model, curlLine(url, model, keysNeeded)))}
    </ul>${keysNeeded ? html`<p class="quiet">A key is needed: <code>slipway keys add &lt;name&gt;</code> makes one, and shows it once.</p>` : nothing}</section>`;
  }

  #copyable(name: string, text: string): TemplateResult {
    return html`<li class="copyable"><span class="quiet">${foreignText(name, 60)}</span><code>${text}</code><slip-button secondary label=${safeText(`Copy ${cut(name)}`)} @click=${(event: Event) => this.#copy(event, text)}>${this.#copied === text ? 'Copied' : 'Copy'}</slip-button></li>`;
  }

  /** Where the clipboard is out of reach the text is marked, to be copied by hand. */
  #copy(event: Event, text: string): void {
    const code = (event.currentTarget as Element).parentElement?.querySelector('code');
    const mark = (): void => {
      if (code !== null && code !== undefined) getSelection()?.selectAllChildren(code);
    };
    if (!('clipboard' in navigator)) return mark();
    navigator.clipboard.writeText(text).then(() => {
      this.#copied = text;
      this.redraw();
    }, mark);
  }
}

/** Those that were asked most, in the order given, so that each keeps its stroke. */
function mostAsked(seconds: readonly LiveSecond[], keys: readonly string[]): string[] {
  if (keys.length <= drawnMax) return [...keys];
  const requests = new Map(keys.map((key) => [key, seconds.reduce((sum, { versions }) => sum + (versions.get(key)?.requests ?? 0), 0)]));
  const most = new Set([...keys].sort((a, b) => (requests.get(b) ?? 0) - (requests.get(a) ?? 0)).slice(0, drawnMax));
  return keys.filter((key) => most.has(key));
}

function valueOf(version: LiveVersion | undefined, of: (version: LiveVersion) => number | null): number | null {
  return version === undefined ? null : of(version);
}

function failedOtherwise({ failures, rejected }: LiveVersion): number {
  return failures - rejected;
}

function rowsPerBatch({ batchRows, batches }: LiveVersion): number | null {
  return batches === 0 ? null : batchRows / batches;
}

function hitPercent({ cacheHits, cacheMisses }: LiveVersion): number | null {
  return cacheHits + cacheMisses === 0 ? null : (100 * cacheHits) / (cacheHits + cacheMisses);
}

function memory({ rssBytes }: LiveVersion): number | null {
  return rssBytes === null ? null : rssBytes / megabyte;
}

function findingOf(lines: readonly ChartLine[]): string {
  return lines
    .map(({ name, values }) => {
      const known = values.filter((value) => value !== null);
      const last = values.at(-1) ?? null;
      return known.length === 0 ? `${name} nothing` : `${name} ${last === null ? noNumber : numberText(last)} now, ${numberText(Math.min(...known))} to ${numberText(Math.max(...known))}`;
    })
    .join('; ');
}

/** Who asks it: a share of the requests, requests that are shown to it unseen, those that name it, or nobody. */
function askedText(model: ServedModelStatus | null, version: ServedVersionStatus | null, shadow: boolean): string {
  if (version === null) return 'no longer served';
  if (version.state !== 'ready') return version.state;
  const share = model?.route?.weights.find((each) => each.version === version.version)?.share ?? 0;
  if (share > 0) return `${shareText(share)} of requests`;
  return shadow ? 'as a shadow' : 'by its name';
}

function optional(value: number | null, text: (value: number) => string): string {
  return value === null ? noNumber : text(value);
}

function cut(name: string): string {
  return name.length <= 32 ? name : `${name.slice(0, 31)}…`;
}
