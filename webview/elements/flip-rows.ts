import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { ComparisonReport, Flip, SliceCondition } from '../../protocol/evaluation.ts';
import type { EvaluationRole } from '../../protocol/gates.ts';
import { columnText, countText, numberText, rowText } from '../../protocol/number-text.ts';
import type { RowTable } from '../../protocol/workspace.ts';
import { ask, type Asking } from '../asking.ts';
import type { PageContext } from '../page.ts';
import './button.ts';
import './problem-panel.ts';
import './select.ts';

/** What the user chose; kept by the page. */
export interface FlipsChoice {
  side: 'all' | 'wrong' | 'right';
  slice: string;
  inputs: boolean;
  all: boolean;
}

export const firstFlips: FlipsChoice = { side: 'all', slice: '', inputs: false, all: false };

const shownFirst = 25;
/** Rows are named in the address of the request, which has its limits. */
const askedMax = 200;

/** The rows whose answer changed, both answers, and on demand what the models were told about them. Event `slip-choice`. */
@customElement('slip-flip-rows')
export class FlipRowsElement extends LitElement {
  @property({ attribute: false }) context!: PageContext;
  @property() run = '';
  @property() judgedOn: EvaluationRole = 'holdout';
  /** Of the dataset, for who hears the page. */
  @property() name = '';
  @property({ attribute: false }) flips!: NonNullable<ComparisonReport['flips']>;
  @property({ attribute: false }) choice: FlipsChoice = firstFlips;

  #inputs: { of: unknown; asking: Asking<RowTable> } | null = null;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    if (!this.choice.inputs || this.#inputs?.of === this.flips) return;
    const rows = this.flips.examples.slice(0, askedMax).map(({ row }) => row);
    this.#inputs = { of: this.flips, asking: ask(this.context, { ask: 'run-rows', run: this.run, role: this.judgedOn, rows }, () => this.requestUpdate()) };
  }

  protected override render(): TemplateResult {
    const { examples, harmful, helpful, concentrations } = this.flips;
    const asked = this.choice.inputs ? (this.#inputs?.asking.now ?? null) : null;
    const table = asked?.state === 'answered' ? asked.answer : null;
    const inputs = new Map(table?.rows.map(({ row, values }) => [row, values]));
    const slice = concentrations.find((each) => each.slice.name === this.choice.slice)?.slice ?? null;
    const rows = examples.filter((flip) => isOnSide(flip, this.choice.side) && (slice === null || table === null || holds(slice.where, table.columns, inputs.get(flip.row))));
    const shown = this.choice.all ? rows : rows.slice(0, shownFirst);
    return html`<h3>The rows <span class="quiet">${countText(examples.length)} of ${countText(harmful + helpful)}, the surest on top</span></h3>
      <div class="bar">
        <slip-select label="Show" .value=${this.choice.side} .options=${[{ value: 'all', text: 'all flips' }, { value: 'wrong', text: 'now wrong' }, { value: 'right', text: 'now right' }]} @slip-change=${({ detail }: CustomEvent<string>) => this.#change({ side: detail as FlipsChoice['side'] })}></slip-select>
        ${table === null ? nothing : html`<slip-select label="in" .value=${this.choice.slice} .options=${[{ value: '', text: 'all slices' }, ...concentrations.map((each) => ({ value: each.slice.name, text: each.slice.name }))]} @slip-change=${({ detail }: CustomEvent<string>) => this.#change({ slice: detail })}></slip-select>`}
        ${this.choice.inputs ? nothing : html`<slip-button secondary @click=${() => this.#change({ inputs: true })}>Show Their Inputs</slip-button>`}
        <span class="quiet" role="status">${asked?.state === 'waiting' ? 'Reading the rows…' : rows.length === examples.length ? '' : `${countText(rows.length)} of ${countText(examples.length)}`}</span>
      </div>
      ${asked?.state === 'refused' ? html`<slip-problem .problem=${asked.problem} @slip-again=${() => this.#inputs?.asking.again()}></slip-problem>` : nothing}
      ${flipTable(shown, table, inputs, this.name)}
      ${rows.length > shown.length ? html`<p><slip-button secondary @click=${() => this.#change({ all: true })}>Show All ${countText(rows.length)} Rows</slip-button></p>` : nothing}`;
  }

  #change(change: Partial<FlipsChoice>): void {
    this.dispatchEvent(new CustomEvent('slip-choice', { detail: { ...this.choice, ...change }, bubbles: true }));
  }
}

type Values = RowTable['rows'][number]['values'];

function flipTable(flips: Flip[], table: RowTable | null, inputs: Map<number, Values>, name: string): TemplateResult {
  const columns = table?.columns ?? [];
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${`Rows that flipped, ${name}`}><table class="rows"><thead><tr>
    <th scope="col" class="number">row</th><td></td><th scope="col">label</th><th scope="col">champion → candidate</th><th scope="col" class="number">scores</th>
    ${columns.length === 0 ? html`<th scope="col">key</th>` : columns.map((column) => html`<th scope="col">${column}</th>`)}
  </tr></thead><tbody>${flips.map((flip) => {
    const now = flip.candidate === flip.label ? 'right' : flip.champion === flip.label ? 'wrong' : null;
    return html`<tr><th scope="row" class="number">${rowText(flip.row)}</th>
      <td>${now === null ? nothing : html`<span class=${`verdict ${now === 'right' ? 'pass' : 'fail'}`}>${now === 'right' ? '✓ now right' : '✗ now wrong'}</span>`}</td>
      <td>${flip.label}</td><td>${flip.champion} → ${flip.candidate}</td>
      <td class="number">${flip.championScore === null ? '' : columnText(flip.championScore)} → ${flip.candidateScore === null ? '' : columnText(flip.candidateScore)}</td>
      ${columns.length === 0 ? html`<td>${flip.key ?? ''}</td>` : columns.map((_, index) => cell(inputs.get(flip.row)?.[index]))}</tr>`;
  })}</tbody></table></div>`;
}

function cell(value: Values[number] | undefined): TemplateResult {
  if (value === null || value === undefined) return html`<td class="quiet">missing</td>`;
  return typeof value === 'number' ? html`<td class="number">${Number.isInteger(value) ? String(value) : numberText(value, 4)}</td>` : html`<td>${String(value)}</td>`;
}

function isOnSide({ label, candidate, champion }: Flip, side: FlipsChoice['side']): boolean {
  return side === 'all' || (side === 'right' ? candidate === label : champion === label && candidate !== label);
}

/** Whether a row lies in a slice, by the values it was fetched with. */
export function holds(where: SliceCondition[], columns: string[], values: Values | undefined): boolean {
  if (values === undefined) return false;
  return where.every(({ column, value, values: several, low, high }) => {
    const own = values[columns.indexOf(column)] ?? null;
    const text = own === null ? null : String(own);
    if (several !== undefined) return several.includes(text);
    if (low !== undefined || high !== undefined) return typeof own === 'number' && (low === undefined || own >= low) && (high === undefined || own < high);
    return value === undefined || value === text;
  });
}
