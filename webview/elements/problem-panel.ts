import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ProblemBody } from '../../protocol/problem.ts';
import './button.ts';

/** A problem as a person can act on it: what, why, what to do, and a button (event `slip-again`). */
@customElement('slip-problem')
export class ProblemPanelElement extends LitElement {
  @property({ attribute: false }) problem!: ProblemBody;
  @property() press = 'Try Again';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const { title, detail, hint, where, issues } = this.problem;
    const place = where?.path === undefined ? null : `${where.path}${where.line === undefined ? '' : `:${where.line}`}`;
    return html`<div class="problem" role="alert">
      <h2><span class="verdict error" aria-hidden="true">!</span> ${title}</h2>
      <p>${detail}${place === null ? nothing : html` <code>${place}</code>`}</p>
      ${issues === undefined || issues.length === 0 ? nothing : html`<ul>${issues.slice(0, 10).map(({ line, message }) => html`<li>line ${line}: ${message}</li>`)}</ul>`}
      <p class="quiet">${hint}</p>
      <slip-button secondary @click=${() => this.dispatchEvent(new CustomEvent('slip-again', { bubbles: true }))}>${this.press}</slip-button>
    </div>`;
  }
}
