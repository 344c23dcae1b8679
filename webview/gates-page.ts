import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { casesSection } from '../figures/cases-section.ts';
import { flipsPart, gatedMetrics, metricsPart } from '../figures/comparison-section.ts';
import { dataQualitySection } from '../figures/data-quality-section.ts';
import { driftSection } from '../figures/drift-section.ts';
import { evidenceSection } from '../figures/evidence-section.ts';
import { fairnessPart } from '../figures/fairness-part.ts';
import { gatesSection } from '../figures/gates-section.ts';
import { judgedRows, metricsTable, qualityTiles, valuePart, weakSlicesPart } from '../figures/quality-section.ts';
import { reportHead } from '../figures/report-head.ts';
import { runtimeSection } from '../figures/runtime-section.ts';
import { summaryStrip } from '../figures/summary-strip.ts';
import type { EvaluationRole } from '../protocol/gates.ts';
import { countText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ask, type Asking } from './asking.ts';
import './elements/button.ts';
import { firstFlips, type FlipsChoice } from './elements/flip-rows.ts';
import './elements/problem-panel.ts';
import { firstChoice, type SlicesChoice } from './elements/slices-table.ts';
import { tabPanel, type Tab } from './elements/tabs.ts';
import './elements/textfield.ts';
import { waiting } from './elements/waiting.ts';
import { keepOpened } from './opened-details.ts';
import { drawn, PageElement } from './page-element.ts';
import type { PageState } from './page.ts';
import { runUnderWay } from './run-under-way.ts';

type TabId = 'gates' | 'flips' | 'slices' | 'quality' | 'runtime' | 'value' | 'data' | 'evidence';

interface GatesPageState {
  tab: TabId;
  filter: string;
  opened: string[];
  slices: Partial<Record<EvaluationRole, SlicesChoice>>;
  flips: Partial<Record<EvaluationRole, FlipsChoice>>;
}

const roles = ['holdout', 'current'] as const;
/** With fewer gates than this, looking is faster than typing. */
const filterFrom = 20;

/** One run: verdict, deciding figure, and the evidence in tabs; its steps while it is under way. */
@customElement('slip-gates-page')
export class GatesPageElement extends PageElement<Extract<ViewTarget, { view: 'gates' }>> {
  #run!: Asking<RunReport>;
  #state!: PageState<GatesPageState>;
  #seen = new WeakSet<HTMLDetailsElement>();
  /** The user asked for another run of this version: when it starts, it is shown. */
  #awaiting: { model: string; version: string } | null = null;

  protected begin(): void {
    const { context, target } = this;
    this.#state = context.state<GatesPageState>({ tab: 'gates', filter: '', opened: [], slices: {}, flips: {} });
    this.#run = ask(context, { ask: 'run', id: target.run }, () => this.redraw());
    this.#awaiting = null;
    this.follow((message) => {
      if (message.kind === 'run-started' && this.#awaiting?.model === message.model && this.#awaiting.version === message.version) context.act({ do: 'show', target: { view: 'gates', run: message.run } });
      if ((message.kind === 'run-finished' && message.run.id === target.run) || (message.kind === 'snapshot' && this.#run.now.state === 'refused')) this.#run.again();
      if (this.#run.now.state !== 'answered') this.redraw();
    });
  }

  protected override updated(): void {
    keepOpened(this, this.#state, this.#seen);
  }

  protected override render(): TemplateResult {
    const { now } = this.#run;
    switch (now.state) {
      case 'answered':
        return this.#report(now.answer);
      case 'waiting':
        return this.#underWay() ?? html`<h1 class="spoken">Run ${this.target.run}</h1>${waiting('Reading the run', this.context.connection)}`;
      case 'refused':
        return this.#underWay() ?? html`<h1 class="spoken">Run ${this.target.run}</h1><slip-problem .problem=${now.problem} @slip-again=${() => this.#run.again()}></slip-problem>`;
    }
  }

  #underWay(): TemplateResult | null {
    const { context, target } = this;
    const work = context.works.find(({ run }) => run?.id === target.run);
    return work === undefined ? null : runUnderWay(work, context.can.work ? () => context.act({ do: 'cancel', work: work.id }) : null);
  }

  #report(report: RunReport): TemplateResult {
    const { tab } = this.#state.value;
    return html`<div @click=${this.#follow}>
      <header>${drawn([report], () => reportHead(report))} ${this.#buttons(report)} ${drawn([report], () => summaryStrip(report))}</header>
      <slip-tabs label="Evidence" .tabs=${tabsOf(report)} .selected=${tab} @slip-select=${({ detail }: CustomEvent<TabId>) => this.#state.set({ tab: detail })}></slip-tabs>
      ${tabPanel(tab, this.#panel(tab, report))}
    </div>`;
  }

  #buttons(report: RunReport): TemplateResult {
    const { context, target } = this;
    const { model, lineage, shadows = [] } = report;
    const again = () => {
      this.#awaiting = { model: model.name, version: model.version };
      context.act({ do: 'run', command: { kind: 'run', models: [model.name], versions: [model.version], force: true } });
    };
    return html`<div class="bar">
      ${context.can.work ? html`<slip-button @click=${again}>Run Again</slip-button>` : nothing}
      ${lineage.champion === null ? nothing : html`<slip-button secondary @click=${() => this.#compare(report)}>Compare with ${lineage.champion.version}</slip-button>`}
      ${shadows.map(({ id, kind }) => html`<slip-button secondary @click=${() => context.act({ do: 'show', target: { view: 'shadow', model: model.name, id } })}>Open Shadow Comparison${shadows.length === 1 ? '' : ` (${kind})`}</slip-button>`)}
      ${context.can.editor ? html`<slip-button secondary @click=${() => context.act({ do: 'save-report', of: 'run', id: report.id })}>Save Report</slip-button>` : nothing}
      ${context.can.editor && context.can.work ? html`<slip-button secondary @click=${() => context.act({ do: 'open-in-browser', target })}>Open in Browser</slip-button>` : nothing}
    </div>`;
  }

  /** Against the champion's own run, if that is saved. */
  #compare({ id, model, lineage }: RunReport): void {
    const show = (runs: [string, string] | null) => this.context.act({ do: 'show', target: { view: 'compare', model: model.name, runs } });
    this.context.ask({ ask: 'runs', model: model.name, limit: 1_000 }).then(
      (runs) => {
        const champion = runs.find(({ digest }) => digest === lineage.champion?.digest);
        show(champion === undefined ? null : [champion.id, id]);
      },
      () => show(null),
    );
  }

  /** Lines of slipway.yaml open the file; the tiles of the summary open the tab that they sum up. */
  #follow = (event: Event): void => {
    const element = event.target instanceof Element ? event.target : null;
    const line = element?.closest<HTMLElement>('[data-line]')?.dataset.line;
    if (line !== undefined) return this.context.act({ do: 'open-file', path: 'slipway.yaml', line: Number(line) });
    const href = element?.closest('a')?.getAttribute('href') ?? '';
    const tab = (Object.entries(tabOfSection) as [string, TabId][]).find(([section]) => href.startsWith(`#${section}`))?.[1];
    if (tab === undefined) return;
    event.preventDefault();
    this.#state.set({ tab });
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${tab}`)?.focus());
  };

  #panel(tab: TabId, report: RunReport): unknown {
    switch (tab) {
      case 'gates':
        return this.#gates(report);
      case 'flips':
        return this.#perComparison(report, (role) => this.#flips(role, report));
      case 'slices':
        return this.#slices(report);
      case 'quality':
        return roles.map((role) => this.#quality(role, report));
      case 'runtime':
        return report.runtime === null ? absent('Runtime', report.missing.runtime ?? 'Nothing was timed.') : drawn([report], () => (report.runtime === null ? null : runtimeSection(report.runtime, report.recorded)));
      case 'value':
        return this.#value(report);
      case 'data':
        return this.#data(report);
      case 'evidence':
        return drawn([report], () => evidenceSection(report));
    }
  }

  #gates(report: RunReport): TemplateResult {
    const { filter } = this.#state.value;
    const { gates, decision, cases } = report;
    if (gates.length === 0) return absent('Gates', 'No gate applies to this run. Write some under `gates` in slipway.yaml; docs/gates.md shows what they can be.');
    const wanted = filter.trim().toLowerCase();
    const shown = wanted === '' ? gates : gates.filter(({ title, verdict, gate, reason }) => `${title} ${verdict} ${gate.id} ${reason}`.toLowerCase().includes(wanted));
    return html`${gates.length < filterFrom ? nothing : html`<div class="bar"><slip-textfield label="Filter gates" placeholder="Filter by name, verdict or reason" .value=${filter} @slip-input=${({ detail }: CustomEvent<string>) => this.#state.set({ filter: detail })}></slip-textfield><span class="quiet" role="status">${wanted === '' ? '' : `${countText(shown.length)} of ${countText(gates.length)}`}</span></div>`}
      ${drawn([report, wanted, this.context.can.editor], () => gatesSection({ gates: shown, decision }, { linked: this.context.can.editor }))} ${drawn([report], () => casesSection(cases))}`;
  }

  #perComparison(report: RunReport, draw: (role: EvaluationRole) => unknown): unknown {
    const compared = roles.filter((role) => report.comparisons[role] !== undefined);
    if (compared.length === 0) return absent('Nothing was compared', report.role === 'champion' ? 'This is the champion: it is what others are compared with.' : (report.missing['comparisons.holdout'] ?? report.missing['comparisons.current'] ?? 'There is no champion to compare with; name one under `champion` in slipway.yaml.'));
    return compared.map((role) => {
      const comparison = report.comparisons[role];
      const heading = html`<h2>${titleOf(role)} <span class="quiet">${comparison?.candidate.version} against ${comparison?.champion.version}, the same ${countText(comparison?.rows ?? 0)} rows</span></h2>`;
      return comparison?.refused === undefined ? html`<section>${heading}${draw(role)}</section>` : html`<section><h2>${titleOf(role)}</h2><p><span class="verdict error">! not compared</span>: ${comparison.refused}</p></section>`;
    });
  }

  #flips(role: EvaluationRole, report: RunReport): TemplateResult {
    const flips = report.comparisons[role]?.flips ?? null;
    if (flips === null) return html`<p class="quiet">Answers of this task do not flip.</p>`;
    return html`${drawn([flips], () => flipsPart(flips))}
      ${flips.examples.length === 0 ? nothing : html`<slip-flip-rows .context=${this.context} run=${report.id} .judgedOn=${role} .name=${titleOf(role)} .flips=${flips} .choice=${this.#state.value.flips[role] ?? firstFlips} @slip-choice=${({ detail }: CustomEvent<FlipsChoice>) => this.#state.set({ flips: { ...this.#state.value.flips, [role]: detail } })}></slip-flip-rows>`}`;
  }

  #slices(report: RunReport): unknown {
    const compared = this.#perComparison(report, (role) => {
      const comparison = report.comparisons[role];
      if (comparison === undefined || comparison.slices.length === 0) return html`<p class="quiet">No slices were declared or found.</p>`;
      const { gated, sliced } = gatedMetrics(report.policy, role);
      return html`<slip-slices .comparisons=${comparison.slices} .gated=${[...new Set([...sliced, ...gated])]} .choice=${this.#state.value.slices[role] ?? firstChoice} @slip-choice=${({ detail }: CustomEvent<SlicesChoice>) => this.#state.set({ slices: { ...this.#state.value.slices, [role]: detail } })}></slip-slices>`;
    });
    const alone = roles.flatMap((role) => {
      const evaluation = report.evaluations[role];
      if (evaluation === undefined || evaluation.weakSlices.length + evaluation.fairness.length === 0) return [];
      return [html`<section><h2>${titleOf(role)}, the candidate alone</h2>${drawn([evaluation], () => (evaluation.weakSlices.length === 0 ? null : weakSlicesPart(evaluation.weakSlices)))}${evaluation.fairness.map((each) => drawn([each], () => fairnessPart(each)))}</section>`];
    });
    return html`${compared}${alone}`;
  }

  #quality(role: EvaluationRole, report: RunReport): TemplateResult {
    const evaluation = report.evaluations[role];
    const comparison = report.comparisons[role];
    if (evaluation === undefined) return absent(titleOf(role), report.missing[`evaluations.${role}`] ?? 'There is no such dataset, or it has no labels yet.');
    if (evaluation.refused !== undefined) return html`<section><h2>${titleOf(role)}</h2><p><span class="verdict error">! not evaluated</span>: ${evaluation.refused}</p></section>`;
    return html`<section><h2>${titleOf(role)} ${drawn([evaluation], () => judgedRows(evaluation))}</h2>
      ${drawn([evaluation], () => qualityTiles(evaluation, report.championEvaluations[role]))}
      ${comparison === undefined || comparison.refused !== undefined ? nothing : html`<h3>Against ${comparison.champion.version}</h3>${drawn([comparison], () => metricsPart(role, comparison, report.policy))}`}
      ${drawn([evaluation], () => metricsTable(evaluation))}</section>`;
  }

  #value(report: RunReport): unknown {
    const valued = roles.filter((role) => report.evaluations[role]?.value !== undefined);
    if (valued.length === 0) return absent('Value', 'What an outcome is worth is not written. Put `value: {tp: …, fp: …, fn: …, tn: …, currency: …}` under the model in slipway.yaml.');
    return valued.map((role) => {
      const value = report.evaluations[role]?.value;
      return html`<section><h2>${titleOf(role)}</h2>${value === undefined ? nothing : drawn([value], () => valuePart(value))}</section>`;
    });
  }

  #data(report: RunReport): TemplateResult {
    return html`${
      report.batches.length === 0
        ? absent('Data', report.missing.batches ?? 'No dataset was read.')
        : html`<h2>Datasets</h2><ul class="plain">${report.batches.map(({ role, batch }) => html`<li><strong>${role}</strong>: ${batch.sentence} <button class="link" @click=${() => this.context.act({ do: 'show', target: { view: 'data', batch: batch.id } })}>Open ${batch.profile.name}</button></li>`)}</ul>`
    }
    ${drawn([report], () => driftSection(report))} ${drawn([report], () => dataQualitySection(report.batches))}`;
  }
}

const tabOfSection: Record<string, TabId> = { gates: 'gates', against: 'flips', quality: 'quality', drift: 'data', 'data-quality': 'data', runtime: 'runtime' };

function tabsOf({ decision: { counts }, comparisons, batches }: RunReport): (Tab & { id: TabId })[] {
  const open = counts.fail + counts.error + counts.inconclusive;
  const harmful = (comparisons.holdout ?? comparisons.current)?.flips?.harmful;
  const moved = batches.find(({ role }) => role === 'current')?.batch.drift?.moved;
  return [
    { id: 'gates', title: 'Gates', note: open === 0 ? '' : countText(open) },
    { id: 'flips', title: 'Flips', note: harmful === undefined ? '' : countText(harmful) },
    { id: 'slices', title: 'Slices & fairness' },
    { id: 'quality', title: 'Quality & calibration' },
    { id: 'runtime', title: 'Runtime' },
    { id: 'value', title: 'Value' },
    { id: 'data', title: 'Data', note: moved === undefined || moved === 0 ? '' : countText(moved) },
    { id: 'evidence', title: 'Evidence' },
  ];
}

function titleOf(role: EvaluationRole): string {
  return role === 'holdout' ? 'Holdout' : 'Current batch';
}

function absent(title: string, reason: string): TemplateResult {
  return html`<section><h2>${title}</h2><p class="quiet">${reason}</p></section>`;
}
