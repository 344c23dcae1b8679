import { countText, durationText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { casesSection } from './cases-section.ts';
import { comparisonSection } from './comparison-section.ts';
import { cutAt, cutText } from './cut-text.ts';
import { dataQualitySection } from './data-quality-section.ts';
import { decidingFigure } from './deciding-figure.ts';
import { driftSection } from './drift-section.ts';
import { evidenceSection } from './evidence-section.ts';
import { gatesSection } from './gates-section.ts';
import { markup, type Markup } from './markup.ts';
import { contents, page } from './page.ts';
import { qualitySection } from './quality-section.ts';
import { runtimeSection } from './runtime-section.ts';
import { summaryStrip } from './summary-strip.ts';
import { verdictMark } from './verdict-mark.ts';

/**
 * A run as one file: the verdict as a sentence, the figure that carries it, then the evidence, trouble on top. Only
 * aggregates are in it; whatever is cut says how much, so that it stays below 2 MB.
 */
export function reportPage(report: RunReport): string {
  const { model, decision, gates, runtime, cases, batches, steps, policy } = report;
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
    markup`<header><p class="facts">${factsOf(report)}</p>
<h1>${verdictMark(decision.verdict)} ${cutText(decision.sentence, 400)}</h1>
${failedSteps(steps)}
${decidingFigure(report)}
${summaryStrip(report)}
${contents(sections)}</header>
${sections.map(({ content }) => content)}
<footer><p class="quiet">Slipway ${cutText(report.lineage.versions.slipway, 20)} · ${cutText(report.id, 60)} · the whole record: <code>slipway show ${cutText(report.id, 60)} --json</code></p></footer>`,
  );
}

function factsOf({ model, role, lineage, startedAt, finishedAt }: RunReport): Markup {
  const against = role === 'champion' ? markup` ★ champion` : lineage.champion === null ? null : markup` against champion ${cutText(lineage.champion.version, 40)}`;
  const took = Date.parse(finishedAt) - Date.parse(startedAt);
  return markup`<strong>${cutText(model.name, 60)} ${cutText(model.version, 40)}</strong>${against} · ${startedAt.slice(0, 16).replace('T', ' ')} UTC${Number.isFinite(took) ? ` · ${durationText(took)}` : ''} · policy <code>${lineage.policy.digest.slice(0, 8)}</code> fixed before the run · seed ${lineage.seed} · ${lineage.provider.toUpperCase()}`;
}

/** One line for each way in which a step failed; often several steps fail alike. */
function failedSteps(steps: RunReport['steps']): Markup {
  const alike = new Map<string, RunReport['steps']>();
  for (const step of steps.filter(({ state }) => state === 'failed')) {
    const key = `${step.step} ${step.problem?.detail ?? ''}`;
    alike.set(key, [...(alike.get(key) ?? []), step]);
  }
  return markup`${[...alike.values()].slice(0, 10).map(
    ([step, ...others]) => markup`<p><span class="verdict error">! ${step.step} failed</span>${step.subject === undefined ? null : ` for ${cutAt(step.subject, 80)}`}${others.length > 0 ? ` and ${countText(others.length)} more` : ''}: ${cutText(step.problem?.detail ?? '', 300)} <span class="quiet">${cutText(step.problem?.hint ?? '', 200)}</span></p>`,
  )}`;
}
