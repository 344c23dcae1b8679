import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { findingOf, gainOf, isTold, toneOf } from '../../figures/comparison-tone.ts';
import { dumbbellAxis, dumbbellFigure } from '../../figures/dumbbell-figure.ts';
import { intervalAxis, intervalFigure, rulerFigure } from '../../figures/interval-figure.ts';
import { differenceCell, measuredCell } from '../../figures/measured-cell.ts';
import { pairAxis, pairFigure } from '../../figures/pair-figure.ts';
import type { MetricComparison } from '../../protocol/evaluation.ts';
import { countText } from '../../protocol/number-text.ts';
import { drawn } from '../page-element.ts';
import './button.ts';
import './select.ts';
import { sorted, sortHeader, type Sort } from './sort-header.ts';

type Column = 'slice' | 'champion' | 'candidate' | 'difference' | 'rows';

/** What the user chose; kept by the page. */
export interface SlicesChoice {
  metric: string | null;
  sort: Sort<Column>;
  all: boolean;
}

export const firstChoice: SlicesChoice = { metric: null, sort: { by: 'difference', down: false }, all: false };

const shownFirst = 20;
const sortTexts: Record<Column, string> = { difference: 'harm', slice: 'slice', rows: 'rows', champion: 'champion', candidate: 'candidate' };

/** One metric in every slice, champion against candidate, most harm on top. Event `slip-choice` with what the user changed. */
@customElement('slip-slices')
export class SlicesTableElement extends LitElement {
  @property({ attribute: false }) comparisons: readonly MetricComparison[] = [];
  /** Metrics that a gate is about; they come first. */
  @property({ attribute: false }) gated: readonly string[] = [];
  @property({ attribute: false }) choice: SlicesChoice = firstChoice;
  @property({ attribute: false }) names: { champion: string; candidate: string } = { champion: 'champion', candidate: 'candidate' };

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const metrics = [...new Set(this.comparisons.map(({ metric }) => metric))].sort((a, b) => this.#rank(a) - this.#rank(b));
    const metric = metrics.find((each) => each === this.choice.metric) ?? metrics[0];
    const rows = sorted(this.comparisons.filter((row) => row.metric === metric), this.#key(), this.choice.sort.down);
    const defined = rows.filter(({ difference }) => difference.value !== null);
    const worse = defined.filter((row) => toneOf(row) === 'fail').length;
    const shown = this.choice.all ? rows : rows.slice(0, Math.max(shownFirst, Math.min(rows.length, worse)));
    const { by } = this.choice.sort;
    return html`<div class="bar">
        <slip-select label="Metric" .value=${metric} .options=${metrics.map((value) => ({ value, text: this.gated.includes(value) ? `${value} (gated)` : value }))} @slip-change=${({ detail }: CustomEvent<string>) => this.#change({ metric: detail })}></slip-select>
        <slip-select class="narrow-only" label="Sorted by" .value=${by} .options=${Object.entries(sortTexts).map(([value, text]) => ({ value, text }))} @slip-change=${({ detail }: CustomEvent<string>) => this.#change({ sort: { by: detail as Column, down: detail === 'rows' } })}></slip-select>
        <span class="quiet">${defined.length === 0 ? 'not defined in any slice' : !defined.some(isTold) ? `${countText(defined.length)} slices, each value with its own interval` : worse === 0 ? `none of ${countText(defined.length)} slices is worse` : `${countText(worse)} of ${countText(defined.length)} slices ${worse === 1 ? 'is' : 'are'} worse`}</span>
      </div>
      ${this.#table(shown, defined)}
      ${rows.length > shown.length ? html`<p><slip-button secondary @click=${() => this.#change({ all: true })}>Show All ${countText(rows.length)} Slices</slip-button></p>` : nothing}`;
  }

  #table(rows: MetricComparison[], defined: MetricComparison[]): TemplateResult {
    // What was measured apart is drawn as two values with their doubt; what was measured on the same rows as one difference with its own.
    const paired = defined.some(isTold);
    const values = paired ? dumbbellAxis(defined) : pairAxis(defined);
    const differences = intervalAxis(defined.map(({ difference }) => ({ measured: difference, bound: null })));
    const { sort } = this.choice;
    const head = (column: Column, title: string, number: boolean, firstDown: boolean) => sortHeader({ column, title, sort, number, firstDown, change: (changed) => this.#change({ sort: changed }) });
    return html`<div class="scroll"><table class="cards"><thead><tr>
      ${head('slice', 'slice', false, false)} ${head('champion', `■ ${this.names.champion}`, true, false)} ${head('candidate', `● ${this.names.candidate}`, true, false)}
      <th scope="col">${drawn([values.domain.join()], () => rulerFigure(values, { finding: 'Axis of values' }))}</th>
      ${head('difference', 'difference', true, false)}
      ${paired ? html`<th scope="col">${drawn([differences.domain.join()], () => rulerFigure(differences, { finding: 'Axis of differences' }))}</th>` : nothing}
      ${head('rows', 'rows', true, true)}
    </tr></thead><tbody>${rows.map(
      (row) => html`<tr><th scope="row">${row.slice.name}${row.slice.source === 'found' ? html` <span class="tag">found</span>` : nothing}</th>
        <td class="number" data-label=${this.names.champion}>${drawn([row], () => measuredCell(row.champion))}</td>
        <td class="number" data-label=${this.names.candidate}>${drawn([row], () => measuredCell(row.candidate))}</td>
        <td class="drawing">${drawn([row, values.domain.join()], () => (paired ? dumbbellFigure(row, values) : pairFigure(row, this.names, values)))}</td>
        <td class="number" data-label="difference">${drawn([row], () => differenceCell(row.difference))}${row.difference.value === null ? html`<div class="quiet reason">${row.difference.reason ?? row.candidate.reason ?? row.champion.reason ?? nothing}</div>` : nothing}</td>
        ${paired ? html`<td class="drawing">${drawn([row, differences.domain.join()], () => intervalFigure({ measured: row.difference, bound: null, verdict: toneOf(row), finding: findingOf(row) }, differences))}</td>` : nothing}
        <td class="number" data-label="rows">${countText(row.candidate.rows)}</td></tr>`,
    )}</tbody></table></div>`;
  }

  #key(): (row: MetricComparison) => number | string | null {
    switch (this.choice.sort.by) {
      case 'slice':
        return ({ slice }) => slice.name;
      case 'rows':
        return ({ candidate }) => candidate.rows;
      case 'champion':
        return ({ champion }) => champion.value;
      case 'candidate':
        return ({ candidate }) => candidate.value;
      case 'difference':
        return (row) => (row.difference.value === null ? null : gainOf(row));
    }
  }

  #rank(metric: string): number {
    const index = this.gated.indexOf(metric);
    return index === -1 ? this.gated.length : index;
  }

  #change(change: Partial<SlicesChoice>): void {
    this.dispatchEvent(new CustomEvent('slip-choice', { detail: { ...this.choice, ...change }, bubbles: true }));
  }
}
