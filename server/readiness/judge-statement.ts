import type { WrittenCriterion } from '../../protocol/config.ts';
import type { Statement } from '../../protocol/workspace.ts';
import { missing, type Standing } from './subject.ts';

export type StatedCriterion = Extract<WrittenCriterion, { kind: 'statement' }>;

/**
 * Whether somebody's word for a criterion still counts.
 *
 * @param statements all about this model, oldest first; the last one about this criterion counts, whatever came before
 * @param nowMs      milliseconds since 1970
 * @returns `pass` while the one who states it may, and neither the statement's own term nor the criterion's has passed;
 *   both are measured against slipway.yaml as it is now, so a rule that was tightened since holds at once. Else `missing`.
 */
export function judgeStatement(criterion: StatedCriterion, model: string, statements: readonly Statement[], nowMs: number): Standing {
  const next = `somebody states it: \`slipway state ${quoted(criterion.criterion)} --model ${quoted(model)} --text "…"${criterion.by.length === 0 ? '' : ` --by "…, ${criterion.by[0]}"`}\``;
  const latest = statements.findLast((statement) => statement.criterion === criterion.criterion && statement.model === model);
  if (latest === undefined) return missing(`nobody has stated it${criterion.by.length === 0 ? '' : `; ${criterion.by.join(' or ')} may`}`, next);
  const stated = `${latest.by} stated on ${dayOf(latest.at)}: ${latest.text}`;
  const expires = expiryOf(criterion, latest);
  const evidence = { kind: 'statement', by: latest.by, at: latest.at, expires, text: latest.text } as const;
  if (!mayState(criterion, latest.by)) return missing(`only ${criterion.by.join(' or ')} may state it; ${stated}`, next, evidence);
  if (expires !== null && !(nowMs < Date.parse(expires))) return missing(`expired on ${dayOf(expires)}; ${stated}`, next, evidence);
  return { state: 'pass', text: `${stated}${expires === null ? '' : ` (until ${dayOf(expires)})`}`, evidence, next: null };
}

/**
 * Whether somebody is among those who may state a criterion.
 *
 * @param by name and roles as they were given, apart by commas, semicolons or brackets: "Ada Lovelace, security lead"
 * @returns true when the criterion lists nobody, or when one of those parts is on its list, upper or lower case alike
 */
export function mayState({ by: allowed }: Pick<StatedCriterion, 'by'>, by: string): boolean {
  const parts = by.split(/[,;()<>]/).map(plain);
  return allowed.length === 0 || allowed.some((each) => parts.includes(plain(each)));
}

/** The earlier of what the statement says itself and what the criterion allows; null when neither sets an end. */
function expiryOf({ expiresHours }: StatedCriterion, { at, expires }: Statement): string | null {
  const term = expiresHours === null ? null : new Date(Date.parse(at) + expiresHours * 3_600_000).toISOString();
  if (term === null || expires === null) return term ?? expires;
  return Date.parse(term) < Date.parse(expires) ? term : expires;
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

function plain(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ').toLowerCase();
}

function quoted(text: string): string {
  return /^[\w.-]+$/.test(text) ? text : `"${text.replaceAll('"', '\\"')}"`;
}
