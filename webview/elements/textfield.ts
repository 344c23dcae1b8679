import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { css, html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

/** One line of text. Event `slip-input` with the text as its detail, as it is typed. */
@customElement('slip-textfield')
export class TextfieldElement extends LitElement {
  static override shadowRootOptions: ShadowRootInit = { ...LitElement.shadowRootOptions, delegatesFocus: true };
  static override styles = css`
    :host { display: inline-block; }
    vscode-textfield { width: 100%; }
  `;

  @property() label = '';
  @property() placeholder = '';
  @property() value = '';

  protected override render(): TemplateResult {
    return html`<vscode-textfield type="search" .label=${this.label} placeholder=${this.placeholder} .value=${this.value} @input=${this.#tell}></vscode-textfield>`;
  }

  #tell({ target }: Event): void {
    this.value = (target as HTMLInputElement).value;
    this.dispatchEvent(new CustomEvent('slip-input', { detail: this.value, bubbles: true }));
  }
}
