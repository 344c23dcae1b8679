import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

export interface Tab {
  id: string;
  title: string;
  /** Told beside the title: how many things stand behind it. */
  note?: string;
}

/**
 * A list of tabs, of which one is on: arrows, Home and End go from one to the next, Tab goes past them. Event
 * `slip-select` with the id as its detail. What a tab stands for is a `tabPanel` in the page.
 */
@customElement('slip-tabs')
export class TabsElement extends LitElement {
  @property() label = '';
  @property({ attribute: false }) tabs: Tab[] = [];
  @property() selected = '';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<div role="tablist" aria-label=${this.label} @keydown=${this.#move}>
      ${this.tabs.map(({ id, title, note }) => {
        const on = id === this.selected;
        return html`<button role="tab" id=${`tab-${id}`} aria-selected=${on ? 'true' : 'false'} aria-controls=${on ? `panel-${id}` : nothing} tabindex=${on ? 0 : -1} @click=${() => this.#select(id)}>${title}${note === undefined || note === '' ? nothing : html` <span class="note">${note}</span>`}</button>`;
      })}
    </div>`;
  }

  #move(event: KeyboardEvent): void {
    const at = this.tabs.findIndex(({ id }) => id === this.selected);
    const last = this.tabs.length - 1;
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at === 0 ? last : at - 1, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const { id } = this.tabs[next];
    this.#select(id);
    this.querySelector<HTMLElement>(`#tab-${id}`)?.focus();
  }

  #select(id: string): void {
    this.selected = id;
    this.dispatchEvent(new CustomEvent('slip-select', { detail: id, bubbles: true }));
  }
}

/** What the selected tab stands for. */
export function tabPanel(id: string, content: unknown): TemplateResult {
  return html`<div role="tabpanel" id=${`panel-${id}`} aria-labelledby=${`tab-${id}`} tabindex="0">${content}</div>`;
}
