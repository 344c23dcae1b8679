import { countText, durationText } from '../protocol/number-text.ts';
import type { RunReport } from '../protocol/run.ts';
import { cutAt, cutText } from './cut-text.ts';
import { decidingFigure } from './deciding-figure.ts';
import { markup, type Markup } from './markup.ts';
import { verdictMark } from './verdict-mark.ts';

/** Of whom it is told and when, the verdict as a sentence, what went wrong on the way, and the figure that carries it. */
export function reportHead(report: RunReport): Markup {
  const { decision, steps } = report;
  return markup`<p class="facts">${factsOf(report)}</p>
<h1>${verdictMark(decision.verdict)} ${cutText(decision.sentence, 400)}</h1>
${failedSteps(steps)}
${decidingFigure(report)}`;
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
