import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { safeText } from '../figures/markup.ts';
import { groupCriteria, isOpen, readinessMark, readinessWords, type CriterionGroup } from '../figures/readiness-states.ts';
import { stateStrip } from '../figures/state-strip.ts';
import { verdictMark } from '../figures/verdict-mark.ts';
import type { FeedMessage } from '../protocol/feed.ts';
import { countText } from '../protocol/number-text.ts';
import type { ViewTarget } from '../protocol/view.ts';
import type { ReadinessCriterion, ReadinessEvidence, ReadinessReport } from '../protocol/workspace.ts';
import { ask, type Asking } from './asking.ts';
import { configLine } from './elements/config-line.ts';
import { foreignText, placed } from './elements/foreign-text.ts';
import { waiting } from './elements/waiting.ts';
import { drawn, PageElement } from './page-element.ts';
import './elements/button.ts';
import './elements/problem-panel.ts';

const title = 'Readiness for production';

/** Whether a model may go into production: each criterion with its evidence, its statement, or what would produce one. */
@customElement('slip-readiness-page')
export class ReadinessPageElement extends PageElement<Extract<ViewTarget, { view: 'readiness' }>> {
  #report!: Asking<ReadinessReport>;

  protected begin(): void {
    this.#report = ask(this.context, { ask: 'readiness', model: this.target.model }, () => this.redraw());
    this.follow((message) => {
      if (mayChange(message)) this.#report.again();
      if (message.kind === 'work-started' || message.kind === 'work-finished') this.redraw();
    });
  }

  protected override render(): TemplateResult {
    const { now } = this.#report;
    switch (now.state) {
      case 'waiting':
        return html`<h1 class="spoken">${title}</h1>${waiting('Putting the evidence together', this.context.connection)}`;
      case 'refused':
        return html`<h1 class="spoken">${title}</h1><slip-problem .problem=${now.problem} @slip-again=${() => this.#report.again()}></slip-problem>`;
      case 'answered':
        return this.#draw(now.answer);
    }
  }

  #draw(report: ReadinessReport): TemplateResult {
    const { model, version, digest, ready, sentence, counts, criteria } = report;
    const groups = groupCriteria(criteria);
    return html`<header>
        <p class="facts"><strong>${foreignText(model, 60)}${version === null ? nothing : html` ${foreignText(version, 40)}`}</strong>${digest === null ? nothing : html` · sha256 <code>${digest.slice(0, 12)}</code>`} · ${countText(counts.met)} of ${countText(counts.of)} criteria met</p>
        <h1>${placed(verdictMark(ready ? 'pass' : 'fail'))} ${foreignText(sentence, 400)}</h1>
        ${drawn([report], () => stateStrip('criteria', criteria.map(({ state }) => state), readinessWords))}
      </header>
      ${criteria.length === 0 ? html`<p class="quiet">There are no criteria.</p>` : groups.map((group) => this.#group(group, ready))}`;
  }

  /** What is met is folded away, unless all is: then it is what one came to read. */
  #group({ group, criteria }: CriterionGroup, ready: boolean): TemplateResult {
    const open = criteria.filter(isOpen);
    const rest = criteria.filter((criterion) => !isOpen(criterion));
    const list = (of: ReadinessCriterion[]) => (of.length === 0 ? nothing : html`<ul class="criteria">${of.map((criterion) => this.#criterion(criterion))}</ul>`);
    return html`<section>
      <h2>${foreignText(group, 60)} <span class="quiet">${countText(rest.filter(({ state }) => state === 'pass').length)} of ${countText(criteria.filter(({ state }) => state !== 'off').length)} met</span></h2>
      ${list(open)}
      ${rest.length === 0 ? nothing : html`<details ?open=${ready}><summary>${toldOf(rest)}</summary>${list(rest)}</details>`}
    </section>`;
  }

  #criterion(criterion: ReadinessCriterion): TemplateResult {
    const { state, criterion: name, text, evidence, next, line } = criterion;
    // Its button asks for what the command line is told.
    const stated = criterion.kind === 'statement';
    return html`<li class="criterion">
      <p>${placed(readinessMark(state))}</p>
      <div>
        <h3>${foreignText(name, 80)}</h3>
        <p>${foreignText(text, 400)}</p>
        ${evidence === null || state === 'off' || isTold(evidence, text) ? nothing : html`<p class="quiet">${this.#evidence(evidence, line)}</p>`}
        ${next === null || (stated && this.#canState()) ? nothing : html`<p class="next"><span aria-hidden="true">→</span> ${withCode(next)}</p>`}
        ${this.#button(criterion)}
      </div>
      <p class="where">${line === undefined ? nothing : configLine(line, this.context)}</p>
    </li>`;
  }

  #evidence(evidence: ReadinessEvidence, line: number | undefined): TemplateResult | typeof nothing {
    const show = (target: ViewTarget, words: TemplateResult) => html`<button class="link" @click=${() => this.context.act({ do: 'show', target })}>${words}</button>`;
    switch (evidence.kind) {
      case 'run':
        return show({ view: 'gates', run: evidence.run }, html`Run ${foreignText(evidence.run, 60)}`);
      case 'gate':
        return show({ view: 'gates', run: evidence.run }, html`Gate ${foreignText(evidence.gate, 60)} in run ${foreignText(evidence.run, 60)}`);
      case 'batch':
        return show({ view: 'data', batch: evidence.batch }, html`Data quality and drift of ${foreignText(evidence.batch, 60)}`);
      case 'config':
        return line === evidence.line ? nothing : configLine(evidence.line, this.context);
      case 'statement':
        return html`Stated by ${foreignText(evidence.by, 80)} on <time datetime=${evidence.at}>${dayOf(evidence.at)}</time>${evidence.expires === null ? ', for as long as slipway.yaml lets it' : html`, counts until <time datetime=${evidence.expires}>${dayOf(evidence.expires)}</time>`}`;
    }
  }

  /** The editor asks who states it. */
  #canState(): boolean {
    const { work, editor } = this.context.can;
    return work && editor;
  }

  #button({ criterion, kind, state, next }: ReadinessCriterion): TemplateResult | typeof nothing {
    const { model } = this.target;
    if (state === 'pass' || state === 'off') return nothing;
    if (kind === 'statement') return !this.#canState() ? nothing : html`<slip-button label=${safeText(`State… that ${criterion} is met`)} @click=${() => this.context.act({ do: 'state-criterion', model, criterion })}>State…</slip-button>`;
    if (!this.context.can.work || next === null || !next.includes('slipway run')) return nothing;
    const running = this.context.works.some(({ command }) => command.kind === 'run');
    return html`<slip-button ?disabled=${running} label=${safeText(`Run ${model}`)} @click=${() => this.context.act({ do: 'run', command: { kind: 'run', models: [model] } })}>Run</slip-button>${running ? html` <span class="quiet">a run is under way</span>` : nothing}`;
  }
}

/** Whoever stated it may be in the sentence already, with the day and the end. */
function isTold(evidence: ReadinessEvidence, text: string): boolean {
  return evidence.kind === 'statement' && text.includes(evidence.by);
}

function mayChange({ kind }: FeedMessage): boolean {
  return kind === 'snapshot' || kind === 'run-finished' || kind === 'run-kept' || kind === 'batch-checked' || kind === 'stated';
}

/** "✓ 2 met: latency, fairness · – off: throughput". */
function toldOf(criteria: readonly ReadinessCriterion[]): TemplateResult {
  const [met, off] = [criteria.filter(({ state }) => state === 'pass'), criteria.filter(({ state }) => state === 'off')];
  const names = (of: readonly ReadinessCriterion[]) => foreignText(of.map(({ criterion }) => criterion).join(', '), 200);
  return html`${met.length === 0 ? nothing : html`<span class="verdict pass">✓ ${countText(met.length)} met</span> ${names(met)}`}${off.length === 0 ? nothing : html`${met.length === 0 ? '' : ' · '}– off: ${names(off)}`}`;
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

/** What stands between backticks is code. */
function withCode(text: string): unknown[] {
  return text.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${foreignText(part, 200)}</code>` : foreignText(part, 400)));
}
