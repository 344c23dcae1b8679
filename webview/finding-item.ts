import { html, nothing, type TemplateResult } from 'lit';
import { safeText } from '../figures/markup.ts';
import { verdictMark } from '../figures/verdict-mark.ts';
import type { Finding } from '../protocol/data-quality.ts';
import { countText } from '../protocol/number-text.ts';
import { configLine } from './elements/config-line.ts';
import { placed, foreignText } from './elements/foreign-text.ts';
import { firstRows } from './finding-rows.ts';
import type { PageContext } from './page.ts';
import './elements/button.ts';

export interface FindingActions {
  context: PageContext;
  batch: string;
  /** How many rows of which finding are shown; absent: none. */
  rows: Readonly<Record<string, number>>;
  showRows(finding: string, limit: number | null): void;
}

/** One finding: what was found, what was needed, its rows on demand, and what to write to accept it. */
export function findingItem(finding: Finding, { context, batch, rows, showRows }: FindingActions): TemplateResult {
  const { id, verdict, severity, message, measured, needed, check, failing, next } = finding;
  const limit = rows[id];
  const behind = verdict === 'pass' ? 0 : (failing?.rows ?? 0);
  const press = limit !== undefined ? 'Hide the Rows' : behind === 1 ? 'Show the Row' : `Show the ${countText(behind)} Rows`;
  return html`<li class="finding">
    <p>${placed(verdictMark(verdict))} ${foreignText(message, 300)}</p>
    <p class="quiet"><code>${foreignText(id, 80)}</code>${severity === 'block' ? nothing : html` <span class="tag">${severity}</span>`}
      ${measured === '' ? nothing : html`· measured <span class="digits">${foreignText(measured, 60)}</span>`}${needed === '' ? nothing : html` · needs <span class="digits">${foreignText(needed, 60)}</span>`}
      · ${check.line === undefined ? html`suggested by the reference` : configLine(check.line, context)}</p>
    ${behind === 0 ? nothing : html`<slip-button secondary label=${`${press} of ${safeText(id)}`} @click=${() => showRows(id, limit === undefined ? firstRows : null)}>${press}</slip-button>`}
    ${limit === undefined ? nothing : html`<slip-finding-rows .context=${context} batch=${batch} finding=${id} .about=${columnsOf(finding)} .limit=${limit} @slip-more=${({ detail }: CustomEvent<number>) => showRows(id, detail)}></slip-finding-rows>`}
    ${next === undefined || verdict === 'pass' ? nothing : nextPart(finding, next, batch, context)}
  </li>`;
}

function nextPart({ id, check }: Finding, next: string, batch: string, context: PageContext): TemplateResult {
  const { words, yaml } = splitNext(next);
  // New values are added to those that are allowed, which the words say without spelling the list.
  const acceptable = yaml !== null || check.kind === 'allowed_values';
  return html`<div class="accept"><p>${foreignText(words, 400)}</p>
    ${yaml === null ? nothing : html`<pre>${foreignText(yaml, 400)}</pre>`}
    ${acceptable && context.can.work && context.can.editor ? html`<slip-button secondary label=${`Write to slipway.yaml to accept ${safeText(id)}`} @click=${() => context.act({ do: 'accept-finding', batch, finding: id })}>Write to slipway.yaml</slip-button>` : nothing}</div>`;
}

/** What to do about a finding, apart from what to write to accept it. */
export function splitNext(next: string): { words: string; yaml: string | null } {
  const [, words, yaml] = /^(.*?write under checks: )(- \{.*\})$/s.exec(next) ?? [];
  return yaml === undefined ? { words: next, yaml: null } : { words: words.trim(), yaml };
}

/** Columns that a finding is about. */
export function columnsOf({ check, column }: Finding): string[] {
  const named = check.kind === 'unique' || check.kind === 'overlap' ? (check.columns ?? []) : [];
  return [...new Set([...(column === undefined ? [] : [column]), ...named])];
}
