import { html, LitElement, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

/**
 * One of several, with its name before it. Event `slip-change` with the value as its detail. The browser's own control:
 * the list of vscode-elements hides its options from screen readers while it is closed.
 */
@customElement('slip-select')
export class SelectElement extends LitElement {
  @property() label = '';
  @property({ attribute: false }) options: { value: string; text: string }[] = [];
  @property() value = '';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<label class="select"><span class="quiet">${this.label}</span> <select @change=${this.#tell}>${this.options.map(({ value, text }) => html`<option value=${value} ?selected=${value === this.value}>${text}</option>`)}</select></label>`;
  }

  #tell(event: Event): void {
    event.stopPropagation();
    this.value = (event.target as HTMLSelectElement).value;
    this.dispatchEvent(new CustomEvent('slip-change', { detail: this.value, bubbles: true }));
  }
}
