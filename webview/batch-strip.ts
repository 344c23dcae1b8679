import { html, LitElement, svg, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { safeText } from '../figures/markup.ts';
import { countText } from '../protocol/number-text.ts';
import type { BatchSummary } from '../protocol/run.ts';
import { shortName } from './batch-history.ts';
import { foreignText } from './elements/foreign-text.ts';

const drawnMax = 60;
const [width, height] = [24, 56];
const ground = height - 14;

/** The batches that follow one another, a bar for each: how many columns moved, and a cross where checks fail. Event `slip-open` with the id of the one that is chosen. */
@customElement('slip-batch-strip')
export class BatchStripElement extends LitElement {
  /** Oldest first. */
  @property({ attribute: false }) batches: BatchSummary[] = [];
  @property() current = '';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    if (this.batches.length === 0) return html``;
    const drawn = this.batches.slice(-drawnMax);
    const most = Math.max(1, ...drawn.map(({ moved }) => moved));
    const at = Math.max(0, drawn.findIndex(({ id }) => id === this.current));
    return html`<figure class="batches">
      <figcaption class="quiet">${countText(this.batches.length)} batches, oldest left: columns that moved, <span class="sign" aria-hidden="true">✗</span> where checks fail</figcaption>
      <div class="scroll"><div role="toolbar" aria-label="Batches" @keydown=${this.#move}>${drawn.map((batch, index) => this.#bar(batch, most, index === at))}</div>
        <p class="ends quiet digits"><span>${foreignText(shortName(drawn[0].name), 24)}</span><span>${foreignText(shortName(drawn[drawn.length - 1].name), 24)}</span></p></div>
      <details class="data"><summary>Show as table</summary><div class="scroll" tabindex="0" role="region" aria-label="Batches as a table">${this.#table()}</div></details>
    </figure>`;
  }

  #bar(batch: BatchSummary, most: number, here: boolean): TemplateResult {
    const tall = batch.moved === 0 ? 2 : Math.max(4, Math.round((batch.moved / most) * (ground - 6)));
    return html`<button class="batch" tabindex=${here ? 0 : -1} aria-current=${here ? 'true' : 'false'} aria-label=${toldOf(batch)} title=${toldOf(batch)} @click=${() => this.#open(batch.id)}>
      <svg viewBox="0 0 ${width} ${height}" width=${width} height=${height} aria-hidden="true">${svg`<rect class=${here ? 'here' : 'other'} x="3" y=${ground - tall} width=${width - 6} height=${tall}></rect>${batch.failing > 0 ? svg`<path class="mark cross fail" d=${`M${width / 2 - 3} ${ground + 4}l6 6m0-6l-6 6`}></path>` : ''}`}</svg>
    </button>`;
  }

  #table(): TemplateResult {
    return html`<table class="data"><thead><tr><th scope="col">batch</th><th scope="col" class="number">rows</th><th scope="col" class="number">checks failing</th><th scope="col" class="number">columns moved</th><th scope="col" class="number">too few rows</th></tr></thead>
      <tbody>${this.batches.map(
        ({ id, name, rows, failing, moved, inconclusive }) => html`<tr><th scope="row">${id === this.current ? html`<strong>${foreignText(shortName(name), 60)}</strong>` : html`<button class="link" @click=${() => this.#open(id)}>${foreignText(shortName(name), 60)}</button>`}</th><td class="number">${countText(rows)}</td><td class="number">${countText(failing)}</td><td class="number">${countText(moved)}</td><td class="number">${countText(inconclusive)}</td></tr>`,
      )}</tbody></table>`;
  }

  #move(event: KeyboardEvent): void {
    const buttons = [...this.querySelectorAll<HTMLElement>('button.batch')];
    const at = buttons.indexOf(event.target as HTMLElement);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (at === -1 || next === undefined) return;
    event.preventDefault();
    buttons[Math.min(buttons.length - 1, Math.max(0, next))].focus();
  }

  #open(id: string): void {
    if (id !== this.current) this.dispatchEvent(new CustomEvent('slip-open', { detail: id, bubbles: true }));
  }
}

function toldOf({ name, failing, moved, rows }: BatchSummary): string {
  return safeText(`${shortName(name).slice(0, 80)}: ${countText(moved)} ${moved === 1 ? 'column' : 'columns'} moved, ${countText(failing)} ${failing === 1 ? 'check fails' : 'checks fail'}, ${countText(rows)} rows`);
}
