import { bytesText, countText } from '../protocol/number-text.ts';
import type { BatchReport } from '../protocol/run.ts';
import { cutAt, cutText } from './cut-text.ts';
import { findingsPart } from './data-quality-section.ts';
import { driftPart } from './drift-section.ts';
import { svg } from './figure.ts';
import { markup, type Markup } from './markup.ts';
import { contents, page } from './page.ts';

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

/** One bar cut by state, most pressing first, with its counts in words. */
function stateStrip<State extends string>(of: string, states: State[], words: Record<State, string>): Markup | null {
  if (states.length === 0) return null;
  const width = 560;
  const counted = (Object.keys(words) as State[]).map((state) => ({ state, count: states.filter((each) => each === state).length })).filter(({ count }) => count > 0);
  const sentence = counted.map(({ state, count }) => `${countText(count)} ${words[state]}`).join(', ');
  let from = 0;
  return markup`<p class="states">${svg(
    { width, height: 12, finding: `${countText(states.length)} ${of}: ${sentence}` },
    counted.map(({ state, count }) => {
      const start = from;
      from += (count / states.length) * width;
      return markup`<rect class="state ${state}" x="${Math.round(start * 10) / 10}" y="0" width="${Math.max(1, Math.round((from - start - 2) * 10) / 10)}" height="12"/>`;
    }),
  )}<span>${countText(states.length)} ${of}: ${sentence}</span></p>`;
}

function evidenceOf({ profile, referenceProfile, id }: BatchReport): Markup {
  const rows: [string, string][] = [
    ['check', id],
    ['batch', `${profile.name} · ${bytesText(profile.bytes)} · sha256 ${profile.digest}`],
    ...(referenceProfile === null ? [] : ([['reference', `${referenceProfile.name} · ${bytesText(referenceProfile.bytes)} · sha256 ${referenceProfile.digest}`]] as [string, string][])),
  ];
  return markup`<section id="evidence"><h2>Evidence</h2><div class="scroll"><table><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td><code>${cutText(value, 300)}</code></td></tr>`)}</tbody></table></div></section>`;
}

