import type { Finding } from '../protocol/data-quality.ts';
import { countText } from '../protocol/number-text.ts';
import type { BatchReport } from '../protocol/run.ts';
import { cutText } from './cut-text.ts';
import { markup, type Markup } from './markup.ts';
import { verdictMark, verdictRank } from './verdict-mark.ts';

const troubleMax = 200;
const passedMax = 200;
const batchesMax = 12;

/** Findings of each dataset, broken rules on top. */
export function dataQualitySection(batches: { role: string; batch: BatchReport }[]): Markup | null {
  if (batches.length === 0) return null;
  return markup`<section id="data-quality"><h2>Data quality</h2>${[...batches].sort((a, b) => troubles(b.batch) - troubles(a.batch)).slice(0, batchesMax).map(({ role, batch }) => markup`<h3>${role} <span class="quiet">${cutText(batch.profile.name, 60)}, ${countText(batch.profile.rows)} rows × ${countText(batch.profile.columns.length)} columns</span></h3>${findingsPart(batch)}`)}${batches.length > batchesMax ? markup`<p class="quiet">${countText(batches.length - batchesMax)} more datasets are in the record</p>` : null}</section>`;
}

function troubles({ dataQuality }: BatchReport): number {
  return dataQuality.findings.filter(({ verdict }) => verdict !== 'pass').length;
}

/** Findings of one batch. */
export function findingsPart({ dataQuality, profile }: Pick<BatchReport, 'dataQuality' | 'profile'>): Markup {
  const severity = { block: 0, warn: 1, info: 2 };
  const findings = [...dataQuality.findings].sort((a, b) => severity[a.severity] - severity[b.severity] || verdictRank[a.verdict] - verdictRank[b.verdict]);
  const trouble = findings.filter(({ verdict }) => verdict !== 'pass');
  const passed = findings.filter(({ verdict }) => verdict === 'pass');
  return markup`${profile.differences.slice(0, 20).map(({ path, missing, extra, changed }) => markup`<p class="quiet">${cutText(path.split('/').pop() ?? path, 80)} differs from the first file: ${cutText([...missing.map((column) => `${column} is missing`), ...extra.map((column) => `${column} is new`), ...changed.map(({ column, type, firstType }) => `${column} is ${type}, not ${firstType}`)].join(', '), 300)}</p>`)}${findings.length === 0 ? markup`<p class="quiet">No checks apply.</p>` : null}${findingTable(trouble.slice(0, troubleMax))}${trouble.length > troubleMax ? markup`<p class="quiet">${countText(trouble.length - troubleMax)} more findings are in the record</p>` : null}${
    passed.length === 0 ? null : markup`<details><summary>${countText(passed.length)} ${passed.length === 1 ? 'check passes' : 'checks pass'}</summary>${findingTable(passed.slice(0, passedMax))}${passed.length > passedMax ? markup`<p class="quiet">${countText(passed.length - passedMax)} more are in the record</p>` : null}</details>`
  }`;
}

function findingTable(findings: Finding[]): Markup | null {
  if (findings.length === 0) return null;
  return markup`<div class="scroll"><table class="cards"><thead><tr><th scope="col">verdict</th><th scope="col">check</th><th scope="col">finding</th><th scope="col" class="number">measured</th><th scope="col" class="number">needs</th></tr></thead><tbody>${findings.map(
    ({ verdict, id, severity, message, measured, needed, next }) => markup`<tr><td>${verdictMark(verdict)}</td><th scope="row"><code>${cutText(id, 60)}</code>${severity === 'block' ? null : markup` <span class="tag">${severity}</span>`}</th><td>${cutText(message, 240)}${verdict === 'pass' || next === undefined ? null : markup`<div class="why">${cutText(next, 300)}</div>`}</td><td class="number" data-label="measured">${cutText(measured, 40)}</td><td class="number" data-label="needs">${cutText(needed, 40)}</td></tr>`,
  )}</tbody></table></div>`;
}
