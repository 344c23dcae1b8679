import { countText, durationText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { cutText } from './cut-text.ts';
import { lineageFigure } from './lineage-figure.ts';
import { markup, type Markup } from './markup.ts';

const configMax = 40_000;
const stepsMax = 200;
const missingMax = 60;

/** What the verdict rests on: enough to make it again, and to see that nothing was swapped. */
export function evidenceSection(report: Pick<RunReport, 'id' | 'lineage' | 'steps' | 'decision' | 'missing'>): Markup {
  const { id, lineage, steps, missing } = report;
  const { model, champion, datasets, policy, config, code, versions } = lineage;
  const absent = Object.entries(missing);
  const rows: [string, string][] = [
    ['run', id],
    ['model', `${model.path} · sha256 ${model.digest}`],
    ['champion', champion === null ? 'none' : `${champion.version} · sha256 ${champion.digest}`],
    ...Object.entries(datasets).flatMap(([role, dataset]): [string, string][] => (dataset === undefined ? [] : [[role, `${dataset.files.slice(0, 5).join(', ')}${dataset.files.length > 5 ? ` and ${countText(dataset.files.length - 5)} more` : ''} · ${countText(dataset.rows)} rows · sha256 ${dataset.digest}`]])),
    ['policy', `sha256 ${policy.digest}, fixed ${policy.fixedAt}`],
    ['slipway.yaml', `sha256 ${config.digest}`],
    ['code', code.revision === null ? 'not in a git checkout' : `${code.revision}${code.dirty === true ? ', with uncommitted changes' : ''}${code.repository === null ? '' : ` of ${code.repository}`}`],
    ['versions', Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(' · ')],
  ];
  return markup`<section id="evidence"><h2>Evidence</h2><div class="scroll wide" tabindex="0" role="region" aria-label="What the verdict rests on">${lineageFigure(report)}</div>
<details><summary>Digests and versions</summary><div class="scroll"><table><tbody>${rows.map(([name, value]) => markup`<tr><th scope="row">${name}</th><td><code>${cutText(value, 400)}</code></td></tr>`)}</tbody></table></div></details>
${absent.length === 0 ? null : markup`<details><summary>${countText(absent.length)} pieces of evidence are missing</summary><div class="scroll"><table><tbody>${absent.slice(0, missingMax).map(([name, reason]) => markup`<tr><th scope="row">${cutText(name, 80)}</th><td>${cutText(reason, 300)}</td></tr>`)}</tbody></table></div></details>`}
<details><summary>Steps</summary><div class="scroll"><table><tbody>${steps.slice(0, stepsMax).map((step) => markup`<tr><th scope="row">${step.step}</th><td>${cutText(step.subject ?? '', 80)}</td><td>${step.state}</td><td class="number">${durationText(step.milliseconds)}</td><td class="quiet">${cutText(step.reason ?? step.problem?.detail ?? '', 240)}</td></tr>`)}</tbody></table></div></details>
<details><summary>slipway.yaml as it was</summary><pre tabindex="0">${config.text.length > configMax ? `${config.text.slice(0, configMax)}\n… ${countText(config.text.length - configMax)} more characters are in the record` : config.text}</pre></details></section>`;
}
