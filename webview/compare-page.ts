import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { gatedMetrics } from '../figures/comparison-section.ts';
import { findingOf, gainOf, isUnitless, toneMark, toneOf, toneRank } from '../figures/comparison-tone.ts';
import { dumbbellAxis, dumbbellFigure } from '../figures/dumbbell-figure.ts';
import { intervalAxis, intervalFigure, rulerFigure } from '../figures/interval-figure.ts';
import { differenceCell, measuredCell } from '../figures/measured-cell.ts';
import { pairAxis, pairFigure } from '../figures/pair-figure.ts';
import type { Scale } from '../figures/scale.ts';
import { verdictMark } from '../figures/verdict-mark.ts';
import type { MetricComparison } from '../protocol/evaluation.ts';
import type { EvaluationRole } from '../protocol/gates.ts';
import type { Verdict } from '../protocol/measured.ts';
import { countText, intervalText } from '../protocol/number-text.ts';
import type { RunReport, RunSummary } from '../protocol/run.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ask, type Asking } from './asking.ts';
import './elements/button.ts';
import './elements/problem-panel.ts';
import './elements/select.ts';
import { firstChoice, type SlicesChoice } from './elements/slices-table.ts';
import { waiting } from './elements/waiting.ts';
import { keepOpened } from './opened-details.ts';
import { drawn, PageElement } from './page-element.ts';
import type { PageState } from './page.ts';
import { compareEvaluations, gateChanges, inputChanges, lineChanges, type ComparedOn, type GateChange } from './run-difference.ts';

interface ComparePageState {
  /** Ids of the two runs, once the user has picked others than the target names. */
  runs: [string, string] | null;
  slices: Partial<Record<EvaluationRole, SlicesChoice>>;
  opened: string[];
}

const runsMax = 1_000;

const spokenHeading = html`<h1 class="spoken">Compare two runs</h1>`;

/** Two runs of a model side by side: what is better and worse, in which slices, which gates say so, and what went in. */
@customElement('slip-compare-page')
export class ComparePageElement extends PageElement<Extract<ViewTarget, { view: 'compare' }>> {
  #runs!: Asking<RunSummary[]>;
  #state!: PageState<ComparePageState>;
  #reports: { ids: [string, string]; asked: [Asking<RunReport>, Asking<RunReport>] } | null = null;
  #differences: { of: [RunReport, RunReport]; on: ComparedOn[] } | null = null;
  #seen = new WeakSet<HTMLDetailsElement>();

  protected begin(): void {
    const { context, target } = this;
    this.#state = context.state<ComparePageState>({ runs: null, slices: {}, opened: [] });
    this.#reports = null;
    this.#runs = ask(context, { ask: 'runs', model: target.model, limit: runsMax }, () => this.redraw());
    this.follow((message) => {
      if (message.kind === 'snapshot' || (message.kind === 'run-finished' && message.run.model === target.model)) this.#runs.again();
    });
  }

  protected override updated(): void {
    keepOpened(this, this.#state, this.#seen);
  }

  protected override render(): TemplateResult {
    const { now } = this.#runs;
    if (now.state === 'waiting') return html`${spokenHeading}${waiting('Reading the runs', this.context.connection)}`;
    if (now.state === 'refused') return html`${spokenHeading}<slip-problem .problem=${now.problem} @slip-again=${() => this.#runs.again()}></slip-problem>`;
    const ids = this.#state.value.runs ?? this.target.runs ?? firstPair(now.answer);
    if (ids === null) return html`<header><h1>There are not two runs of ${this.target.model} to compare</h1></header><p class="quiet">Judge another version: put its file beside the others and run.</p>`;
    const [first, second] = this.#ask(ids).map((asking) => asking.now);
    const pickers = this.#pickers(now.answer, ids);
    const refused = [first, second].find((each) => each.state === 'refused');
    if (refused?.state === 'refused') return html`${spokenHeading}${pickers}<slip-problem .problem=${refused.problem} @slip-again=${() => this.#ask(ids).forEach((asking) => asking.again())}></slip-problem>`;
    if (first.state !== 'answered' || second.state !== 'answered') return html`${spokenHeading}${pickers}${waiting('Reading both runs', this.context.connection)}`;
    return this.#comparison(first.answer, second.answer, pickers);
  }

  #ask(ids: [string, string]): [Asking<RunReport>, Asking<RunReport>] {
    if (this.#reports?.ids.join() !== ids.join()) {
      const asking = (id: string) => ask(this.context, { ask: 'run', id }, () => this.redraw());
      this.#reports = { ids, asked: [asking(ids[0]), asking(ids[1])] };
    }
    return this.#reports.asked;
  }

  #pickers(runs: RunSummary[], ids: [string, string]): TemplateResult {
    const options = runs.map((run) => ({ value: run.id, text: `${run.version}${run.role === 'champion' ? ' ★' : ''} · ${run.startedAt.slice(0, 16).replace('T', ' ')} · ${run.decision.verdict}` }));
    const known = (id: string) => (options.some(({ value }) => value === id) ? options : [{ value: id, text: id }, ...options]);
    const pick = (runs: [string, string]) => this.#state.set({ runs });
    return html`<div class="bar">
      <slip-select label="Before" .value=${ids[0]} .options=${known(ids[0])} @slip-change=${({ detail }: CustomEvent<string>) => pick([detail, ids[1]])}></slip-select>
      <slip-select label="After" .value=${ids[1]} .options=${known(ids[1])} @slip-change=${({ detail }: CustomEvent<string>) => pick([ids[0], detail])}></slip-select>
      <slip-button secondary label="Swap before and after" @click=${() => pick([ids[1], ids[0]])}>Swap</slip-button>
    </div>`;
  }

  #comparison(first: RunReport, second: RunReport, pickers: TemplateResult): TemplateResult {
    if (this.#differences?.of[0] !== first || this.#differences.of[1] !== second) this.#differences = { of: [first, second], on: compareEvaluations(first, second) };
    const { on } = this.#differences;
    const gates = gateChanges(first, second);
    return html`<header><p class="facts"><strong>${first.model.name}</strong> · ${first.model.version} → ${second.model.version}</p>
      <h1>${sentenceOf(first, second, on, gates.changed.length)}</h1>${pickers}
      <p>${[first, second].map(({ id, model, decision }) => html`${drawn([decision], () => verdictMark(decision.verdict))} ${decision.sentence} <button class="link" @click=${() => this.context.act({ do: 'show', target: { view: 'gates', run: id } })}>Open the run of ${model.version}</button><br>`)}</p></header>
      ${on.length === 0 ? html`<section><h2>Metrics</h2><p class="quiet">They were not both evaluated on any dataset${reasonMissing(first, second)}.</p></section>` : on.map((each) => this.#metrics(each, first, second))}
      ${gateSection(gates, first, second)} ${this.#inputs(first, second)}`;
  }

  #metrics(on: ComparedOn, first: RunReport, second: RunReport): TemplateResult {
    const { role, how, metrics, slices } = on;
    const { gated, sliced } = gatedMetrics(second.policy, role);
    const names = { champion: first.model.version, candidate: second.model.version };
    const rows = metrics.map((row) => ({ row, tone: toneOf(row) })).sort((a, b) => toneRank[a.tone] - toneRank[b.tone] || Number(gated.includes(b.row.metric)) - Number(gated.includes(a.row.metric)) || gainOf(a.row) - gainOf(b.row));
    return html`<section><h2>${role === 'holdout' ? 'Holdout' : 'Current batch'} <span class="quiet">${how.kind === 'paired' ? `the same ${countText(how.comparison.rows)} rows, paired` : how.reason}</span></h2>
      ${metricRows(rows.map(({ row }) => row), names, gated, how.kind === 'paired')}
      ${slices.length === 0 ? nothing : html`<h3>By slice <span class="quiet">most harm on top</span></h3><slip-slices .comparisons=${slices} .gated=${[...new Set([...sliced, ...gated])]} .names=${names} .choice=${this.#state.value.slices[role] ?? firstChoice} @slip-choice=${({ detail }: CustomEvent<SlicesChoice>) => this.#state.set({ slices: { ...this.#state.value.slices, [role]: detail } })}></slip-slices>`}
    </section>`;
  }

  #inputs(first: RunReport, second: RunReport): TemplateResult {
    const { changed, same } = inputChanges(first, second);
    const config = first.lineage.config.digest === second.lineage.config.digest ? [] : lineChanges(first.lineage.config.text, second.lineage.config.text);
    return html`<section><h2>What went in <span class="quiet">${same.length === 0 ? '' : `${countText(same.length)} inputs are the same`}</span></h2>
      ${changed.length === 0 ? html`<p class="quiet">Everything is the same.</p>` : html`<div class="scroll"><table class="cards"><thead><tr><th scope="col">input</th><th scope="col">${first.model.version}</th><th scope="col">${second.model.version}</th></tr></thead><tbody>${changed.map(({ name, before, after }) => html`<tr><th scope="row">${name}</th><td data-label=${first.model.version}><code>${before}</code></td><td data-label=${second.model.version}><code>${after}</code></td></tr>`)}</tbody></table></div>`}
      ${config === null ? html`<p class="quiet">slipway.yaml is too long to compare line by line.</p>` : config.length === 0 ? nothing : html`<h3>slipway.yaml</h3><pre tabindex="0">${config.map(({ sign, line, text }) => html`<span class=${sign === '+' ? 'added' : 'removed'}>${sign} ${String(line).padStart(4)}  ${text}\n</span>`)}</pre>`}
      ${same.length === 0 ? nothing : html`<p class="quiet">The same: ${same.join(', ')}</p>`}</section>`;
  }
}

/** The champion's newest run and that of the newest candidate; without a champion the two newest of different bytes. */
function firstPair(runs: RunSummary[]): [string, string] | null {
  const candidate = runs.find(({ role }) => role === 'candidate');
  const champion = runs.find(({ role, digest }) => role === 'champion' && digest !== candidate?.digest);
  if (candidate !== undefined && champion !== undefined) return [champion.id, candidate.id];
  const [newest] = runs;
  const other = runs.find(({ digest }) => digest !== newest.digest) ?? runs[1];
  return newest === undefined || other === undefined ? null : [other.id, newest.id];
}

function sentenceOf(first: RunReport, second: RunReport, on: ComparedOn[], gatesChanged: number): string {
  const names = `${second.model.version} against ${first.model.version}`;
  const gates = gatesChanged === 0 ? 'no gate changes its verdict' : `${countText(gatesChanged)} ${gatesChanged === 1 ? 'gate changes its' : 'gates change their'} verdict`;
  const [main] = on;
  if (main === undefined) return `${names}: nothing was measured on both; ${gates}`;
  const worseSlices = new Set(main.slices.filter((row) => toneOf(row) === 'fail').map(({ slice }) => slice.name)).size;
  if (main.how.kind === 'apart') return `${names}: ${gates}; they were not judged row by row, so look at both intervals`;
  const count = (tone: string) => main.metrics.filter((row) => toneOf(row) === tone).length;
  return `${names} on ${main.role}: ${countText(count('pass'))} metrics better, ${countText(count('fail'))} worse, ${worseSlices === 0 ? 'no slice worse' : `${countText(worseSlices)} ${worseSlices === 1 ? 'slice' : 'slices'} worse in some metric`}; ${gates}`;
}

function reasonMissing(first: RunReport, second: RunReport): string {
  const reason = first.missing['evaluations.holdout'] ?? second.missing['evaluations.holdout'] ?? first.evaluations.holdout?.refused ?? second.evaluations.holdout?.refused;
  return reason === undefined ? '' : `: ${reason}`;
}

/** Metrics without a unit share their axes, which the head tells; each of the others has its own. */
function metricRows(rows: MetricComparison[], names: { champion: string; candidate: string }, gated: string[], paired: boolean): TemplateResult {
  const valuesOf = (of: MetricComparison[]) => (paired ? dumbbellAxis(of) : pairAxis(of));
  const differencesOf = (of: MetricComparison[]) => intervalAxis(of.map(({ difference }) => ({ measured: difference, bound: null })));
  const alike = rows.filter(isUnitless);
  const shared = { values: valuesOf(alike), differences: differencesOf(alike) };
  const ruler = (of: 'values' | 'differences', scale: Scale) => drawn([of, scale.domain.join()], () => rulerFigure(scale, { finding: `Axis of ${of}` }));
  return html`<div class="scroll"><table class="cards"><thead><tr>${paired ? html`<td></td>` : nothing}<th scope="col">metric</th><th scope="col" class="number">■ ${names.champion}</th><th scope="col" class="number">● ${names.candidate}</th><th scope="col">${ruler('values', shared.values)}</th><th scope="col" class="number">difference</th>${paired ? html`<th scope="col">${ruler('differences', shared.differences)}</th>` : nothing}</tr></thead><tbody>${rows.map((row) => {
    const own = !isUnitless(row);
    const { values, differences } = own ? { values: valuesOf([row]), differences: differencesOf([row]) } : shared;
    return html`<tr>${paired ? html`<td>${drawn([row], () => toneMark(toneOf(row)))}</td>` : nothing}<th scope="row">${row.metric}${gated.includes(row.metric) ? html` <span class="tag">gated</span>` : nothing}${row.direction === 'lower' ? html` <span class="quiet">lower is better</span>` : nothing}</th>
      ${[row.champion, row.candidate].map((measured, index) => html`<td class="number" data-label=${index === 0 ? names.champion : names.candidate}>${drawn([measured], () => measuredCell(measured))}${paired || measured.interval === undefined ? nothing : html`<div class="quiet">${intervalText(measured, 'metric', 'value')}</div>`}</td>`)}
      <td class="drawing">${own ? ruler('values', values) : nothing}${drawn([row, values.domain.join()], () => (paired ? dumbbellFigure(row, values) : pairFigure(row, names, values)))}</td>
      <td class="number" data-label="difference">${drawn([row], () => differenceCell(row.difference))}</td>
      ${paired ? html`<td class="drawing">${own ? ruler('differences', differences) : nothing}${drawn([row, differences.domain.join()], () => intervalFigure({ measured: row.difference, bound: null, verdict: toneOf(row), finding: findingOf(row) }, differences))}</td>` : nothing}</tr>`;
  })}</tbody></table></div>`;
}

function gateSection({ changed, oneSided, same }: ReturnType<typeof gateChanges>, first: RunReport, second: RunReport): TemplateResult {
  const names: [string, string] = [first.model.version, second.model.version];
  const champion = [first, second].find(({ role }) => role === 'champion');
  return html`<section><h2>Gates that changed <span class="quiet">${countText(same)} did not</span></h2>
    ${changed.length === 0 ? html`<p class="quiet">Every gate that both were asked says the same of both.</p>` : gateRows(changed, names)}
    ${oneSided.length === 0 ? nothing : html`<details><summary>${countText(oneSided.length)} ${oneSided.length === 1 ? 'gate was' : 'gates were'} asked of one of them only${champion === undefined ? '' : `: what is compared with the champion says nothing of ${champion.model.version} itself`}</summary>${gateRows(oneSided, names)}</details>`}
  </section>`;
}

function gateRows(gates: GateChange[], [first, second]: [string, string]): TemplateResult {
  const mark = (verdict: Verdict | null) => (verdict === null ? html`<span class="quiet">not asked</span>` : drawn([verdict], () => verdictMark(verdict)));
  return html`<div class="scroll"><table class="cards"><thead><tr><th scope="col">gate</th><th scope="col">${first}</th><th scope="col">${second}</th><th scope="col">why</th></tr></thead><tbody>${gates.map(
    ({ title, severity, before, after, reason }) => html`<tr><th scope="row">${title}${severity === 'block' ? nothing : html` <span class="tag">${severity}</span>`}</th><td data-label=${first}>${mark(before)}</td><td data-label=${second}>${mark(after)}</td><td class="quiet">${reason}</td></tr>`,
  )}</tbody></table></div>`;
}
