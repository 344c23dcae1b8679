import { html, nothing, type TemplateResult } from 'lit';
import { categoriesTable, profileTable, quantileTable, statisticTable } from '../figures/column-tables.ts';
import { cutAt } from '../figures/cut-text.ts';
import { distributionFigure, distributionLegend } from '../figures/distribution-figure.ts';
import { statisticNames } from '../figures/drift-words.ts';
import { effectScaleFigure } from '../figures/effect-figure.ts';
import { safeText } from '../figures/markup.ts';
import { trendFigure } from '../figures/trend-figure.ts';
import type { ColumnDrift } from '../protocol/drift.ts';
import type { Measured } from '../protocol/measured.ts';
import { countText, numberText, pText, shareText } from '../protocol/number-text.ts';
import type { BatchReport, BatchSummary } from '../protocol/run.ts';
import { shortName } from './batch-history.ts';
import type { ColumnRow } from './column-rows.ts';
import { foreignText } from './elements/foreign-text.ts';
import { findingItem, type FindingActions } from './finding-item.ts';
import { drawn } from './page-element.ts';
import './elements/button.ts';

export interface ColumnPanelOptions {
  batch: BatchReport;
  /** Oldest first. */
  history: readonly BatchSummary[];
  /** Width of a drawing, in pixels. */
  width: number;
  actions: FindingActions;
}

/** All there is to know about one column: shapes, numbers, missing values, checks with their rows, the test, the batches before. */
export function columnPanel(row: ColumnRow, { batch, history, width, actions }: ColumnPanelOptions): TemplateResult {
  const { column, drift, findings, profile, referenceProfile, skipped } = row;
  const open = findings.filter(({ verdict }) => verdict !== 'pass');
  const passing = findings.filter(({ verdict }) => verdict === 'pass');
  return html`${column.length > 40 ? html`<p class="whole" tabindex="0" role="region" aria-label="Whole name"><code>${foreignText(column, 2000)}</code></p>` : nothing}
    ${open.length === 0 ? nothing : html`<ul class="findings">${open.map((finding) => findingItem(finding, actions))}</ul>`}
    ${drift === null ? notCompared(batch, skipped) : driftParts(drift, { batch, history, width, actions })}
    <div class="parts">
      ${drift === null ? nothing : part('Quantiles', drawn([drift], () => quantileTable(drift)), drift.quantiles !== undefined)}
      ${part('Profile', drawn([profile, referenceProfile], () => profileTable(referenceProfile, profile)), profile !== null || referenceProfile !== null)}
    </div>
    ${passing.length === 0 ? nothing : html`<details><summary>${passing.length === 1 ? 'One check of it passes' : `${passing.length} checks of it pass`}</summary><ul class="findings">${passing.map((finding) => findingItem(finding, actions))}</ul></details>`}`;
}

function part(title: string, content: unknown, there = true): TemplateResult | typeof nothing {
  return there ? html`<div class="part"><h4>${title}</h4>${content}</div>` : nothing;
}

function notCompared({ drift, driftMissing }: BatchReport, skipped: string | null): TemplateResult {
  const reason = skipped ?? driftMissing ?? (drift === null ? 'no reason given' : 'it is not in both');
  return html`<p class="quiet">Not compared with the reference: ${foreignText(reason, 300)}</p>`;
}

function driftParts(drift: ColumnDrift, { batch, history, width, actions }: ColumnPanelOptions): TemplateResult {
  const trend = history.filter(({ effects }) => effects[drift.column] !== undefined);
  return html`
    <div class="parts">
      <div class="part">
        <h4>Reference and current</h4>
        ${drawn([drift, width], () => distributionFigure(drift, { width, height: Math.min(240, Math.round(width * 0.45)) }))}
        ${drift.distributions === null ? html`<p class="quiet">There is no drawing of this column: ${foreignText(drift.message, 200)}</p>` : drawn([], distributionLegend)}
      </div>
      <div class="part">
        <h4>How far it moved</h4>
        ${drawn([drift, width], () => effectScaleFigure(drift, width))}
        <p>${verdictSentence(drift, batch)}</p>
        ${drift.rowsNeeded === undefined ? nothing : html`<p>About ${countText(drift.rowsNeeded)} more current rows would decide.</p>`}
        ${missingPart(drift)}
        ${drawn([drift], () => categoriesTable(drift))}
        ${trend.length < 2 ? nothing : html`<h4>Batch by batch</h4>${drawn([drift, trend.length, width], () => trendOf(drift, trend, width))}`}
        ${drift.verdict === 'moved' ? acceptance(drift, actions) : nothing}
      </div>
    </div>
    <details><summary>How it is measured</summary>
      <p class="quiet">Chance alone: ${foreignText(drift.effect.bandMethod, 200)}. p-values are corrected together over the columns of this batch (Benjamini–Hochberg); a column has moved when p is below ${numberText(batch.drift?.alpha ?? 0.05)} and the effect reaches its floor.</p>
      ${drawn([drift], () => statisticTable(drift))}
    </details>`;
}

/** What the drawing shows: effect against floor and chance, and the p-value that was corrected. */
function verdictSentence({ effect, test, rows }: ColumnDrift, { drift }: BatchReport): TemplateResult {
  const { value, floor, band, reason } = effect;
  const name = statisticNames[effect.name];
  const sizes = `${countText(rows.reference)} and ${countText(rows.current)} rows`;
  if (value === null) return html`${name} is not defined: ${foreignText(reason ?? 'no reason given', 200)}`;
  const against = value >= floor ? `reaches its floor ${numberText(floor)}` : `stays below its floor ${numberText(floor)}`;
  const chance = band === null ? '' : value > band ? `; chance alone reaches ${numberText(band)} at ${sizes}` : `, and chance alone reaches ${numberText(band)} at ${sizes}`;
  const p = test.adjustedP === null ? '' : ` ${pText(test.adjustedP).replace(/^p/, statisticNames[test.name] === name ? 'Corrected p' : `Corrected p of ${statisticNames[test.name]}`)} over ${countText(drift?.columns.length ?? 1)} ${drift?.columns.length === 1 ? 'column' : 'columns'}.`;
  return html`${name} ${numberText(value)} ${against}${chance}.${p}`;
}

function missingPart({ nulls }: ColumnDrift): TemplateResult | typeof nothing {
  const [before, after] = [nulls.reference.value ?? 0, nulls.current.value ?? 0];
  if (before === 0 && after === 0) return nothing;
  const p = nulls.adjustedP === null ? '' : `, corrected ${pText(nulls.adjustedP)}`;
  return html`<p><strong>Missing values</strong> ${shareWithInterval(nulls.reference)} → ${shareWithInterval(nulls.current)} <span class="quiet">${nulls.moved ? 'moved' : 'as before'}${p}</span></p>`;
}

function shareWithInterval({ value, interval }: Measured): string {
  if (value === null) return 'not defined';
  return `${shareText(value)}${interval === undefined ? '' : ` [${shareText(interval.low)}, ${shareText(interval.high)}]`}`;
}

function trendOf({ column, effect }: ColumnDrift, history: readonly BatchSummary[], width: number) {
  return trendFigure({
    width,
    points: history.map(({ name, effects }) => ({ name: cutAt(shortName(name), 80), value: effects[column] })),
    limit: { value: effect.floor, label: `floor ${numberText(effect.floor)}` },
    finding: `${statisticNames[effect.name]} of ${cutAt(column, 60)} over ${countText(history.length)} batches${effect.value === null ? '' : `, now ${numberText(effect.value)}`}, floor ${numberText(effect.floor)}`,
  });
}

/** A floor that this much does not exceed. */
function acceptance({ column, effect, role }: ColumnDrift, { context, batch }: FindingActions): TemplateResult | typeof nothing {
  if (effect.value === null || effect.value < effect.floor || role !== 'feature') return nothing;
  const floor = Math.min(1, Math.ceil(effect.value * 100) / 100);
  return html`<div class="accept"><p>To call this much no drift, raise its floor under <code>drift</code> in slipway.yaml:</p>
    <pre>columns: {${foreignText(JSON.stringify(column), 120)}: ${floor}}</pre>
    ${context.can.work && context.can.editor ? html`<slip-button secondary label=${safeText(`Write to slipway.yaml to accept the drift of ${column}`)} @click=${() => context.act({ do: 'accept-finding', batch, finding: `drift:${column}` })}>Write to slipway.yaml</slip-button>` : nothing}</div>`;
}
