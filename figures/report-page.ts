import type { RunReport } from '../protocol/run.ts';
import { casesSection } from './cases-section.ts';
import { comparisonSection } from './comparison-section.ts';
import { cutAt, cutText } from './cut-text.ts';
import { dataQualitySection } from './data-quality-section.ts';
import { driftSection } from './drift-section.ts';
import { evidenceSection } from './evidence-section.ts';
import { gatesSection } from './gates-section.ts';
import { markup } from './markup.ts';
import { contents, page } from './page.ts';
import { qualitySection } from './quality-section.ts';
import { reportHead } from './report-head.ts';
import { runtimeSection } from './runtime-section.ts';
import { summaryStrip } from './summary-strip.ts';

/**
 * A run as one file: the verdict as a sentence, the figure that carries it, then the evidence, trouble on top. Only
 * aggregates are in it; whatever is cut says how much, so that it stays below 2 MB.
 */
export function reportPage(report: RunReport): string {
  const { model, decision, gates, runtime, cases, batches, policy } = report;
  const sections = [
    { id: 'gates', title: 'Gates', content: gates.length === 0 ? null : gatesSection(report) },
    ...(['holdout', 'current'] as const).flatMap((role) => {
      const comparison = report.comparisons[role];
      return comparison === undefined ? [] : [{ id: `against-${role}`, title: `Against ${cutAt(comparison.champion.version, 20)} on ${role}`, content: comparisonSection(role, comparison, policy) }];
    }),
    { id: 'cases', title: 'Cases', content: casesSection(cases) },
    ...(['holdout', 'current'] as const).flatMap((role) => {
      const evaluation = report.evaluations[role];
      return evaluation === undefined ? [] : [{ id: `quality-${role}`, title: `Quality on ${role}`, content: qualitySection(role, evaluation, report.championEvaluations[role]) }];
    }),
    { id: 'drift', title: 'Drift', content: driftSection(report) },
    { id: 'data-quality', title: 'Data quality', content: dataQualitySection(batches) },
    { id: 'runtime', title: 'Runtime', content: runtime === null ? null : runtimeSection(runtime, report.recorded) },
    { id: 'evidence', title: 'Evidence', content: evidenceSection(report) },
  ];
  return page(
    `${cutAt(model.name, 60)} ${cutAt(model.version, 40)}: ${decision.verdict}`,
    markup`<header>${reportHead(report)}
${summaryStrip(report)}
${contents(sections)}</header>
${sections.map(({ content }) => content)}
<footer><p class="quiet">Slipway ${cutText(report.lineage.versions.slipway, 20)} · ${cutText(report.id, 60)} · the whole record: <code>slipway show ${cutText(report.id, 60)} --json</code></p></footer>`,
  );
}
