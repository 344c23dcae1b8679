import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { countText, rowText } from '../protocol/number-text.ts';
import type { RowTable } from '../protocol/workspace.ts';
import { ask, type Asking } from './asking.ts';
import { foreignText } from './elements/foreign-text.ts';
import { waiting } from './elements/waiting.ts';
import type { PageContext } from './page.ts';
import './elements/button.ts';
import './elements/problem-panel.ts';

export const firstRows = 20;
const columnsMax = 24;

/** The rows behind a finding, read from the file when somebody wants to see them. Event `slip-more` asks for more of them. */
@customElement('slip-finding-rows')
export class FindingRowsElement extends LitElement {
  @property({ attribute: false }) context!: PageContext;
  @property() batch = '';
  @property() finding = '';
  /** Columns the finding is about; they come first. */
  @property({ attribute: false }) about: readonly string[] = [];
  @property({ attribute: false }) limit = firstRows;

  #rows: Asking<RowTable> | null = null;
  /** Stands until there are more. */
  #shown: RowTable | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('batch') || changed.has('finding')) this.#shown = null;
    if (changed.has('batch') || changed.has('finding') || changed.has('limit')) this.#rows = ask(this.context, { ask: 'finding-rows', batch: this.batch, finding: this.finding, limit: this.limit }, () => this.requestUpdate());
    if (this.#rows?.now.state === 'answered') this.#shown = this.#rows.now.answer;
  }

  protected override render(): TemplateResult {
    const now = this.#rows?.now;
    if (now?.state === 'refused') return html`<slip-problem .problem=${now.problem} @slip-again=${() => this.#rows?.again()}></slip-problem>`;
    const reading = now?.state === 'waiting';
    if (this.#shown === null) return waiting('Reading the rows from the file', this.context.connection);
    const { rows, total } = this.#shown;
    if (total === 0) return html`<p class="quiet">No single rows are behind this finding.</p>`;
    const left = total - rows.length;
    return html`${this.#table(this.#shown)}
      <p class="quiet">${left > 0 ? `The first ${countText(rows.length)} of ${countText(total)} rows` : total === 1 ? 'One row' : `All ${countText(total)} rows`}${this.#shown.columns.length > columnsMax ? `, ${columnsMax} of ${countText(this.#shown.columns.length)} columns` : ''}
        ${left > 0 ? html`<slip-button secondary ?disabled=${reading} @click=${() => this.#more()}>Show ${countText(Math.min(left, nextRows(rows.length) - rows.length))} More</slip-button>` : nothing}</p>`;
  }

  #table({ columns, rows }: RowTable): TemplateResult {
    const order = orderColumns(columns, this.about).slice(0, columnsMax);
    const files = new Set(rows.map(({ path }) => path)).size > 1;
    return html`<div class="scroll rows" tabindex="0" role="region" aria-label=${`Rows behind ${this.finding}`}><table>
      <thead><tr><th scope="col" class="number">row</th>${files ? html`<th scope="col">file</th>` : nothing}${order.map((index) => html`<th scope="col" class=${this.about.includes(columns[index]) ? 'about' : ''}>${foreignText(columns[index], 40)}</th>`)}</tr></thead>
      <tbody>${rows.map(({ row, path, values }) => html`<tr><th scope="row" class="number digits">${rowText(row)}</th>${files ? html`<td>${foreignText(path, 40)}</td>` : nothing}${order.map((index) => html`<td class=${this.about.includes(columns[index]) ? 'about digits' : 'digits'}>${cell(values[index])}</td>`)}</tr>`)}</tbody>
    </table></div>`;
  }

  #more(): void {
    this.dispatchEvent(new CustomEvent('slip-more', { detail: nextRows(this.#shown?.rows.length ?? 0), bubbles: true }));
  }
}

/** 20, 100, 500, 2,500 … */
export function nextRows(shown: number): number {
  return Math.max(firstRows, shown) * 5;
}

/** Positions of the columns: those the finding is about, then the others as the file has them. */
export function orderColumns(columns: readonly string[], about: readonly string[]): number[] {
  const positions = columns.map((_, index) => index);
  return [...positions.filter((index) => about.includes(columns[index])), ...positions.filter((index) => !about.includes(columns[index]))];
}

function cell(value: string | number | boolean | null): unknown {
  if (value === null) return html`<em class="quiet">null</em>`;
  if (value === '') return html`<em class="quiet">empty</em>`;
  return foreignText(String(value), 60);
}
