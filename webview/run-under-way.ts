import { html, nothing, type TemplateResult } from 'lit';
import { durationText } from '../protocol/number-text.ts';
import { steps, type StepName, type StepOutcome } from '../protocol/run.ts';
import type { Work } from './state.ts';
import { paceText } from './work-strip.ts';
import './elements/button.ts';

/** A run while it is being made: what is done, what is being done, what comes. */
export function runUnderWay(work: Work, cancel: (() => void) | null): TemplateResult {
  const { run, progress, problems } = work;
  const outcomes = run?.steps ?? [];
  const now = progress?.step ?? stepAfter(outcomes);
  const version = run?.version;
  return html`<header><p class="facts">${version === null || version === undefined ? 'A run' : html`<strong>${version.model} ${version.version}</strong>`} · under way</p>
    <h1>${version === null || version === undefined ? 'This version' : version.version} is being judged</h1></header>
    <ol class="steps">${steps.map((step) => stepLine(step, outcomes.filter((each) => each.step === step), now, work))}</ol>
    ${problems.map(({ title, detail, hint }) => html`<p><span class="verdict error">! ${title}</span>: ${detail} <span class="quiet">${hint}</span></p>`)}
    ${cancel === null ? nothing : html`<div class="bar"><slip-button secondary @click=${cancel}>Cancel Run</slip-button></div>`}`;
}

function stepLine(step: StepName, outcomes: StepOutcome[], now: StepName, { progress }: Work): TemplateResult {
  const failed = outcomes.find(({ state }) => state === 'failed');
  const order = steps.indexOf(step) - steps.indexOf(now);
  const state = failed !== undefined ? 'failed' : order === 0 ? 'now' : order < 0 ? (outcomes.length > 0 && outcomes.every((each) => each.state === 'skipped') ? 'skipped' : 'done') : 'next';
  const took = outcomes.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const subjects = [...new Set(outcomes.flatMap(({ subject }) => (subject === undefined ? [] : [subject])))];
  return html`<li class=${state} aria-current=${state === 'now' ? 'step' : nothing}>
    <span class="sign" aria-hidden="true">${signs[state]}</span> <span class="step">${step}</span><span class="spoken">${words[state]}</span>
    <span class="quiet">${state === 'now' && progress?.step === step ? progress.subject : subjects.slice(0, 3).join(', ')}${subjects.length > 3 ? ` and ${subjects.length - 3} more` : ''}</span>
    <span class="quiet digits took">${took > 0 ? durationText(took) : ''}</span>
    ${state === 'now' && progress?.step === step ? html`<span class="pace">${progress.total === null ? html`<progress aria-label=${`${step}: under way`} max="1"></progress>` : html`<progress aria-label=${step} max=${progress.total} .value=${progress.done}></progress>`}<span class="quiet digits">${paceText(progress)}</span></span>` : nothing}
    ${failed === undefined ? nothing : html`<span class="why">${failed.problem?.detail ?? 'It failed'} <span class="quiet">${failed.problem?.hint ?? ''}</span></span>`}
  </li>`;
}

const signs = { done: '✓', skipped: '–', failed: '!', now: '▸', next: '·' };
const words = { done: ', done', skipped: ', not needed', failed: ', failed', now: ', under way', next: ', to come' };

/** Before the next progress is told, the step after the last that ended. */
function stepAfter(outcomes: StepOutcome[]): StepName {
  const last = Math.max(-1, ...outcomes.map(({ step }) => steps.indexOf(step)));
  return steps[Math.min(last + 1, steps.length - 1)];
}
