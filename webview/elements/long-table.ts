import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';

/** Rows above and below the window that are there already when it is scrolled. */
const spareRows = 12;

/**
 * A table of any length of which only the rows near the window are in the document. Rows are one line high, all alike;
 * screen readers are told the number of all rows and which of them these are.
 */
@customElement('slip-long-table')
export class LongTableElement<Row = unknown> extends LitElement {
  @property() label = '';
  @property({ attribute: false }) rows: readonly Row[] = [];
  /** The `<tr>` of the head. */
  @property({ attribute: false }) head: TemplateResult = html``;
  /** The cells of a row. */
  @property({ attribute: false }) cells: (row: Row, index: number) => TemplateResult = () => html``;
  @property({ attribute: false }) columns = 1;

  #rowPixels = 33;
  #from = 0;
  #to = 40;
  #look = (): void => this.#lookAgain();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('scroll', this.#look, { passive: true });
    window.addEventListener('resize', this.#look);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener('scroll', this.#look);
    window.removeEventListener('resize', this.#look);
  }

  protected override render(): TemplateResult {
    const to = Math.min(this.#to, this.rows.length);
    const from = Math.min(this.#from, to);
    return html`<div class="scroll"><table class="long" aria-label=${this.label} aria-rowcount=${this.rows.length + 1}>
      <thead>${this.head}</thead>
      <tbody class="space" aria-hidden="true"><tr><td colspan=${this.columns}></td></tr></tbody>
      <tbody class="rows">${this.rows.slice(from, to).map((row, index) => html`<tr aria-rowindex=${from + index + 2}>${this.cells(row, from + index)}</tr>`)}</tbody>
      <tbody class="space" aria-hidden="true"><tr><td colspan=${this.columns}></td></tr></tbody>
    </table></div>`;
  }

  protected override updated(changed: PropertyValues): void {
    const [above, below] = this.querySelectorAll<HTMLElement>('tbody.space td');
    const to = Math.min(this.#to, this.rows.length);
    above.style.height = `${Math.min(this.#from, to) * this.#rowPixels}px`;
    below.style.height = `${(this.rows.length - to) * this.#rowPixels}px`;
    if (changed.size > 0) this.#lookAgain();
  }

  #lookAgain(): void {
    const body = this.querySelector('tbody.rows');
    if (body === null) return;
    const row = body.firstElementChild;
    if (row !== null) this.#rowPixels = row.getBoundingClientRect().height || this.#rowPixels;
    const top = this.querySelector('tbody.space')!.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(-top / this.#rowPixels) - spareRows);
    const to = Math.min(this.rows.length, Math.ceil((window.innerHeight - top) / this.#rowPixels) + spareRows);
    if (from === this.#from && to === this.#to) return;
    this.#from = Math.min(from, Math.max(0, this.rows.length - 1));
    this.#to = Math.max(to, this.#from);
    this.requestUpdate();
  }
}
