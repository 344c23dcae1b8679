import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { gatesSection } from '../figures/gates-section.ts';
import type { RunReport } from '../protocol/run.ts';
import type { ViewTarget } from '../protocol/view.ts';
import { ask, type Asking } from './asking.ts';
import { drawn, PageElement } from './page-element.ts';
import './elements/problem-panel.ts';

/** One run: verdict, deciding figure, and the evidence in tabs; its steps while it is under way. */
@customElement('slip-gates-page')
export class GatesPageElement extends PageElement<Extract<ViewTarget, { view: 'gates' }>> {
  #run!: Asking<RunReport>;

  protected begin(): void {
    this.#run = ask(this.context, { ask: 'run', id: this.target.run }, () => this.redraw());
  }

  protected override render(): TemplateResult {
    const { now } = this.#run;
    switch (now.state) {
      case 'waiting':
        return html`<p class="quiet">Reading the run…</p>`;
      case 'refused':
        return html`<slip-problem .problem=${now.problem} @slip-again=${() => this.#run.again()}></slip-problem>`;
      case 'answered':
        return html`${drawn([now.answer], () => gatesSection(now.answer))}`;
    }
  }
}
