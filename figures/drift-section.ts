import type { ColumnDrift, DriftReport, DriftVerdict, PerformanceEstimate } from '../protocol/drift.ts';
import type { Measured } from '../protocol/measured.ts';
import { columnText, countText, intervalText, numberText, pText, shareText } from '../protocol/number-text.ts';
import type { BatchSummary, RunReport } from '../protocol/run.ts';
import { cutAt, cutText } from './cut-text.ts';
import { distributionFigure, distributionLegend } from './distribution-figure.ts';
import { effectFigure } from './effect-figure.ts';
import { estimateFigure } from './estimate-figure.ts';
import { markup, type Markup } from './markup.ts';
import { measuredCell } from './measured-cell.ts';
import { driftWords, statisticNames } from './drift-words.ts';
import { tile } from './tile.ts';
import { trendFigure } from './trend-figure.ts';

const drawnMax = 12;
const listedMax = 250;
const trendsMax = 6;
const skippedMax = 40;

const rank: Record<DriftVerdict, number> = { moved: 0, error: 1, inconclusive: 2, still: 3 };

/** What moved between the reference and the current batch: moved columns drawn, the others in one folded table. */
export function driftSection(run: Pick<RunReport, 'batches' | 'history' | 'predictions' | 'concept' | 'estimates'>): Markup | null {
  const batch = run.batches.find(({ role }) => role === 'current')?.batch;
  const outputs = run.predictions.find(({ role }) => role === 'current')?.drift ?? null;
  const drift = batch?.drift ?? null;
  if (drift === null && outputs === null && run.estimates.length === 0) {
    return typeof batch?.driftMissing !== 'string' ? null : markup`<section id="drift"><h2>Drift</h2><p class="quiet">Not measured: ${cutText(batch.driftMissing, 300)}</p></section>`;
  }
  return markup`<section id="drift"><h2>What moved</h2>${drift === null ? null : driftPart(drift, outputs)}${drift === null ? null : historyPart(run.history, drift)}${withoutLabels(run)}</section>`;
}

/** The columns of one drift report, with the model's own outputs beside them. */
export function driftPart(drift: DriftReport, outputs: DriftReport | null): Markup {
  const columns = [...(outputs?.columns ?? []), ...drift.columns].sort((a, b) => rank[a.verdict] - rank[b.verdict] || Number(b.role !== 'feature') - Number(a.role !== 'feature') || strength(b) - strength(a));
  const moved = columns.filter(({ verdict }) => verdict === 'moved');
  const listed = columns.slice(0, listedMax);
  return markup`<p>${countText(drift.moved)} of ${countText(drift.columns.length)} columns moved${drift.inconclusive > 0 ? `, ${countText(drift.inconclusive)} ${drift.inconclusive === 1 ? 'has' : 'have'} too few rows to tell` : ''}${drift.errors > 0 ? `, ${countText(drift.errors)} could not be compared` : ''}: ${countText(drift.current.rows)} rows of ${cutText(drift.current.name, 60)} against ${countText(drift.reference.rows)} of ${cutText(drift.reference.name, 60)}. <span class="quiet">Moved means: p after correction is below ${numberText(drift.alpha)}, and the effect reaches its floor.</span></p>
${multivariatePart(drift)}
${moved.length === 0 ? null : markup`${distributionLegend()}<div class="grid">${moved.slice(0, drawnMax).map((column) => columnTile(column))}</div>`}${moved.length > drawnMax ? markup`<p class="quiet">The ${drawnMax} that moved most are drawn; ${countText(moved.length - drawnMax)} more are listed below.</p>` : null}
<details><summary>All ${countText(columns.length)} columns</summary>${columnTable(listed)}${columns.length > listed.length ? markup`<p class="quiet">${countText(columns.length - listed.length)} more columns are in the record</p>` : null}${
    drift.skipped.length === 0 ? null : markup`<p class="quiet">Not compared: ${drift.skipped.slice(0, skippedMax).map(({ column, reason }, index) => markup`${index === 0 ? '' : ', '}${cutText(column, 40)} (${cutText(reason, 80)})`)}${drift.skipped.length > skippedMax ? ` and ${countText(drift.skipped.length - skippedMax)} more` : ''}</p>`
  }</details>`;
}

function columnTile(column: ColumnDrift): Markup {
  return markup`<div class="tile"><h3><span class="${column.verdict}">${column.verdict === 'moved' ? '▲' : '?'}</span> ${cutText(column.column, 40)}${column.role === 'feature' ? null : markup` <span class="tag">${column.role}</span>`}${column.nulls.moved ? markup` <span class="tag">missing values moved</span>` : null}</h3><p class="quiet">${cutText(column.message, 200)}</p>${effectFigure(column, 320)}${distributionFigure(column)}</div>`;
}

function columnTable(columns: ColumnDrift[]): Markup {
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">verdict</th><th scope="col">column</th><th scope="col" class="number">effect</th><td></td><th scope="col" class="number">chance ≤</th><th scope="col" class="number">floor</th><th scope="col" class="number">p corrected</th><th scope="col" class="number">missing</th></tr></thead><tbody>${columns.map(
    (column) => markup`<tr><td><span class="verdict ${column.verdict}">${driftWords[column.verdict]}</span></td><th scope="row">${cutText(column.column, 50)}${column.role === 'feature' ? null : markup` <span class="tag">${column.role}</span>`}<div class="why">${cutText(column.message, 140)}</div></th><td class="number" data-label="effect" title="${cutAt(column.effect.definition, 200)}">${statisticNames[column.effect.name]} ${column.effect.value === null ? 'not defined' : columnText(column.effect.value)}</td><td class="drawing">${effectFigure(column)}</td><td class="number" data-label="chance ≤">${column.effect.band === null ? null : columnText(column.effect.band)}</td><td class="number" data-label="floor">${numberText(column.effect.floor)}</td><td class="number" data-label="p corrected">${column.test.adjustedP === null ? null : pText(column.test.adjustedP).replace(/^p (= )?/, '')}</td><td class="number" data-label="missing">${missingText(column)}</td></tr>`,
  )}</tbody></table></div>`;
}

function missingText({ nulls }: ColumnDrift): string {
  const [before, after] = [nulls.reference.value ?? 0, nulls.current.value ?? 0];
  return before === 0 && after === 0 ? '' : `${shareText(before)} → ${shareText(after)}`;
}

function multivariatePart({ multivariate }: DriftReport): Markup | null {
  if (multivariate === null) return null;
  const { sample, verdict, message } = multivariate;
  return markup`<p><span class="verdict ${verdict}">${driftWords[verdict]}</span> All columns together: ${cutText(message, 240)}. <span class="quiet">Drawn for the classifier: ${countText(sample.reference)} of ${countText(sample.of)} reference and ${countText(sample.current)} of ${countText(sample.ofCurrent)} current rows, seed ${sample.seed}.</span></p>`;
}

const strength = ({ effect }: ColumnDrift): number => (effect.value ?? 0) / (effect.floor > 0 ? effect.floor : 1);

function historyPart(history: BatchSummary[], drift: DriftReport): Markup | null {
  if (history.length < 2) return null;
  const columns = [...drift.columns].filter(({ effect }) => effect.value !== null).sort((a, b) => strength(b) - strength(a)).slice(0, trendsMax);
  const trends = columns.map(({ column, effect }) =>
    tile(
      cutAt(column, 40),
      trendFigure({
        points: history.map(({ name, effects }) => ({ name: cutAt(name.split('/').pop() ?? name, 80), value: effects[column] ?? null })),
        limit: { value: effect.floor, label: `floor ${numberText(effect.floor)}` },
        finding: `${statisticNames[effect.name]} of ${cutAt(column, 60)} over ${countText(history.length)} batches, now ${numberText(effect.value ?? 0)}, floor ${numberText(effect.floor)}`,
      }),
    ),
  );
  return markup`<h3>Batch by batch <span class="quiet">${countText(history.length)} batches, oldest left</span></h3><div class="grid">${tile('columns that moved', trendFigure({ points: history.map(({ name, moved }) => ({ name: cutAt(name.split('/').pop() ?? name, 80), value: moved })), finding: `Columns that moved in each of ${countText(history.length)} batches` }))}${trends}</div>`;
}

function withoutLabels({ concept, estimates }: Pick<RunReport, 'concept' | 'estimates'>): Markup | null {
  if (concept === null && estimates.length === 0) return null;
  return markup`<h3>Quality on the current batch <span class="quiet">estimated without labels, and realised where there are labels</span></h3>${concept === null ? null : markup`<p><span class="verdict ${concept.verdict}">${driftWords[concept.verdict]}</span> ${cutText(concept.message, 300)}</p>`}${estimates.length === 0 ? null : estimateTable(estimates.slice(0, 20))}`;
}

function estimateTable(estimates: PerformanceEstimate[]): Markup {
  const cell = (measured: Measured | undefined) => (measured === undefined ? null : markup`${measuredCell(measured)}<div class="quiet">${intervalText(measured, 'share', 'value')}</div>`);
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">metric</th><th scope="col" class="number">holdout</th><th scope="col" class="number">estimated</th><th scope="col" class="number">realised</th><th scope="col"><span class="quiet">┊ holdout &nbsp; ○ estimated &nbsp; ● realised</span></th></tr></thead><tbody>${estimates.map(
    (estimate) => markup`<tr><th scope="row" title="${cutAt(estimate.definition, 300)}">${cutText(estimate.metric, 40)}</th><td class="number" data-label="holdout">${cell(estimate.reference)}</td><td class="number" data-label="estimated">${cell(estimate.estimated)}</td><td class="number" data-label="realised">${cell(estimate.realised)}</td><td class="drawing">${estimateFigure(estimate)}</td></tr>`,
  )}</tbody></table></div>`;
}
