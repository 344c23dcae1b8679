import type { ReadinessReport } from '../protocol/workspace.ts';
import { cutText } from './cut-text.ts';
import { markup } from './markup.ts';
import { page } from './page.ts';
import { readinessSection } from './readiness-section.ts';
import { readinessWords } from './readiness-states.ts';
import { stateStrip } from './state-strip.ts';
import { verdictMark } from './verdict-mark.ts';

/** What is known about each model's way to production, to be kept or handed on. */
export function readinessPage(reports: readonly ReadinessReport[], madeAt: string): string {
  return page(
    'Readiness for production',
    markup`${reports.map(
      (report) => markup`<article><header><p class="facts"><strong>${cutText(`${report.model}${report.version === null ? '' : ` ${report.version}`}`, 80)}</strong>${report.digest === null ? null : markup` · sha256 <code>${report.digest}</code>`} · ${madeAt.slice(0, 16).replace('T', ' ')} UTC</p>
<h1>${verdictMark(report.ready ? 'pass' : 'fail')} ${cutText(report.sentence, 400)}</h1>
${stateStrip('criteria', report.criteria.map(({ state }) => state), readinessWords)}</header>
${readinessSection(report)}</article>`,
    )}`,
  );
}
