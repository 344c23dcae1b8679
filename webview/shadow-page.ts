import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { shadowHead, shadowMark, shadowSection } from '../figures/shadow-section.ts';
import { countText } from '../protocol/number-text.ts';
import type { ShadowRecord, ShadowSummary } from '../protocol/shadow.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ask, type Asking } from './asking.ts';
import './elements/problem-panel.ts';
import { waiting } from './elements/waiting.ts';
import { keepOpened } from './opened-details.ts';
import { drawn, PageElement } from './page-element.ts';
import type { PageState } from './page.ts';

interface ShadowPageState {
  opened: string[];
}

const spokenHeading = html`<h1 class="spoken">Shadow and production</h1>`;

/** A candidate beside production on the same inputs: what it came to, where and for whom they differ, and the rows. */
@customElement('slip-shadow-page')
export class ShadowPageElement extends PageElement<Extract<ViewTarget, { view: 'shadow' }>> {
  #all!: Asking<ShadowSummary[]>;
  #record: { id: string; asked: Asking<ShadowRecord> } | null = null;
  #state!: PageState<ShadowPageState>;
  #seen = new WeakSet<HTMLDetailsElement>();

  protected begin(): void {
    const { context, target } = this;
    this.#state = context.state<ShadowPageState>({ opened: [] });
    this.#record = null;
    this.#all = ask(context, { ask: 'shadows', model: target.model }, () => this.redraw());
    // Told at most once a second; what stands here stays until there is newer.
    this.follow((message) => {
      if (message.kind !== 'snapshot' && !(message.kind === 'shadow-changed' && message.shadow.model === target.model)) return;
      this.#all.again();
      if (message.kind === 'snapshot' || message.shadow.id === this.#record?.id) this.#record?.asked.again();
    });
  }

  protected override updated(): void {
    keepOpened(this, this.#state, this.#seen);
  }

  protected override render(): TemplateResult {
    const { now } = this.#all;
    if (now.state === 'waiting') return html`${spokenHeading}${waiting('Reading the comparisons', this.context.connection)}`;
    if (now.state === 'refused') return html`${spokenHeading}<slip-problem .problem=${now.problem} @slip-again=${() => this.#all.again()}></slip-problem>`;
    const id = this.target.id ?? now.answer.at(0)?.id;
    if (id === undefined) return this.#empty();
    if (this.#record?.id !== id) this.#record = { id, asked: ask(this.context, { ask: 'shadow', id }, () => this.redraw()) };
    const { asked } = this.#record;
    const others = now.answer.filter((each) => each.id !== id);
    if (asked.now.state === 'refused') return html`${spokenHeading}<slip-problem .problem=${asked.now.problem} @slip-again=${() => asked.again()}></slip-problem>${this.#others(others)}`;
    if (asked.now.state === 'waiting') return html`${spokenHeading}${waiting('Reading the comparison', this.context.connection)}`;
    const record = asked.now.answer;
    return html`<header>${drawn([record], () => shadowHead(record))}${record.summary.kind === 'live' && record.summary.endedAt === null ? html`<p><button class="link" @click=${() => this.context.act({ do: 'show', target: { view: 'live' } })}>What is served</button></p>` : nothing}</header>${drawn([record], () => shadowSection(record))}${this.#others(others)}`;
  }

  #empty(): TemplateResult {
    return html`<header><h1>Nothing was compared with production yet</h1></header>
      <p>Replay what was recorded: <code>slipway shadow --replay current --candidate &lt;version&gt;</code>. Or serve the model with a shadow: <code>route: {shadows: {&lt;version&gt;: 10%}}</code> under ${this.target.model} in slipway.yaml.</p>`;
  }

  #others(others: readonly ShadowSummary[]): TemplateResult | typeof nothing {
    if (others.length === 0) return nothing;
    return html`<section><h2>Other comparisons <span class="quiet">of ${this.target.model}, newest first</span></h2><div class="scroll"><table class="narrow"><thead><tr><th scope="col">comparison</th><th scope="col">verdict</th><th scope="col" class="number">pairs</th><th scope="col">began</th></tr></thead><tbody>${others.map(
      ({ id, model, candidate, production, kind, verdict, compared, startedAt, endedAt }) =>
        html`<tr><th scope="row"><button class="link" @click=${() => this.context.act({ do: 'show', target: { view: 'shadow', model, id } })}>${candidate} beside ${production}</button> <span class="quiet">${kind}${endedAt === null ? ', under way' : ''}</span></th><td>${drawn([verdict], () => shadowMark(verdict))}</td><td class="number">${countText(compared)}</td><td>${startedAt.slice(0, 16).replace('T', ' ')}</td></tr>`,
    )}</tbody></table></div></section>`;
  }
}
