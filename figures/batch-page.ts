import { bytesText, countText } from '../protocol/number-text.ts';
import type { BatchReport } from '../protocol/run.ts';
import { cutAt, cutText } from './cut-text.ts';
import { findingsPart } from './data-quality-section.ts';
import { driftPart } from './drift-section.ts';
import { markup, type Markup } from './markup.ts';
import { contents, page } from './page.ts';
import { stateStrip } from './state-strip.ts';

/** One batch judged alone: which checks fail and which columns moved, by the same parts as a run's report. */
export function batchPage(batch: BatchReport): string {
  const { profile, dataQuality, drift, driftMissing, referenceProfile } = batch;
  const sections = [
    { id: 'data-quality', title: 'Checks', content: markup`<section id="data-quality"><h2>Checks</h2>${findingsPart(batch)}</section>` },
    {
      id: 'drift',
      title: 'Drift',
      content: drift === null ? markup`<section id="drift"><h2>Drift</h2><p class="quiet">Not measured: ${cutText(driftMissing ?? 'no reason given', 300)}</p></section>` : markup`<section id="drift"><h2>What moved</h2>${driftPart(drift, null)}</section>`,
    },
    { id: 'evidence', title: 'Evidence', content: evidenceOf(batch) },
  ];
  return page(
    `${cutAt(profile.name, 80)}: data quality and drift`,
    markup`<header><p class="facts"><strong>${cutText(profile.name, 80)}</strong> · ${countText(profile.rows)} rows × ${countText(profile.columns.length)} columns${referenceProfile === null ? null : markup` against ${countText(referenceProfile.rows)} rows of ${cutText(referenceProfile.name, 80)}`} · ${batch.checkedAt.slice(0, 16).replace('T', ' ')} UTC</p>
<h1>${cutText(batch.sentence, 400)}</h1>
${stateStrip('checks', dataQuality.findings.map(({ verdict }) => verdict), { fail: 'fail', error: 'could not be checked', inconclusive: 'too few rows', pass: 'pass' })}
${drift === null ? null : stateStrip('columns', drift.columns.map((column) => column.verdict), { moved: 'moved', error: 'could not be compared', inconclusive: 'too few rows to tell', still: 'still' })}
${contents(sections)}</header>
${sections.map(({ content }) => content)}
<footer><p class="quiet">${cutText(batch.id, 60)} · sha256 <code>${profile.digest.slice(0, 12)}</code></p></footer>`,
  );
}

function evidenceOf({ profile, referenceProfile, id }: BatchReport): Markup {
  const rows: [string, string][] = [
    ['check', id],
    ['batch', `${profile.name} · ${bytesText(profile.bytes)} · sha256 ${profile.digest}`],
    ...(referenceProfile === null ? [] : ([['reference', `${referenceProfile.name} · ${bytesText(referenceProfile.bytes)} · sha256 ${referenceProfile.digest}`]] as [string, string][])),
  ];
  return markup`<section id="evidence"><h2>Evidence</h2><div class="scroll"><table><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td><code>${cutText(value, 300)}</code></td></tr>`)}</tbody></table></div></section>`;
}

