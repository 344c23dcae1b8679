import '@vscode-elements/elements/dist/vscode-button/index.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ifDefined } from 'lit/directives/if-defined.js';

/** A button in the editor's own look. `label` is its accessible name where its text alone says too little. */
@customElement('slip-button')
export class ButtonElement extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = css`
    :host { display: inline-block; }
    vscode-button { width: 100%; }
  `;

  @property({ type: Boolean }) secondary = false;
  @property({ type: Boolean, reflect: true }) disabled = false;
  @property() label?: string;

  protected override render(): TemplateResult {
    return html`<vscode-button ?secondary=${this.secondary} ?disabled=${this.disabled} aria-disabled=${this.disabled ? 'true' : 'false'} aria-label=${ifDefined(this.label)} @keydown=${keepPage} @click=${this.#pass}><slot></slot></vscode-button>`;
  }

  /** A press of a key is a click that ends at the shadow root it was made in; it is made again for who listens outside. */
  #pass(event: Event): void {
    if (event.composed && !this.disabled) return;
    event.stopPropagation();
    if (!this.disabled) this.dispatchEvent(new MouseEvent('click', { bubbles: true, composed: true, cancelable: true }));
  }
}

/** The space bar presses the button; it must not scroll the page as well. */
function keepPage(event: KeyboardEvent): void {
  if (event.key === ' ') event.preventDefault();
}
