import type { GatePart, GateResult } from '../../protocol/gates.ts';
import type { Verdict } from '../../protocol/measured.ts';

/** What a gate came to, before it is given its title and bound. What is absent was not measured. */
export interface Judgement extends Pick<GateResult, 'verdict' | 'reason'>, Partial<Pick<GateResult, 'champion' | 'candidate' | 'difference' | 'rows' | 'rowsNeeded'>> {
  parts?: GatePart[];
}

/** The evidence is not there, or contradicts itself. */
export function error(reason: string): Judgement {
  return { verdict: 'error', reason };
}

/** The evidence is there and cannot tell. */
export function inconclusive(reason: string, rowsNeeded?: number): Judgement {
  return rowsNeeded === undefined ? { verdict: 'inconclusive', reason } : { verdict: 'inconclusive', reason, rowsNeeded };
}

export function fail(reason: string): Judgement {
  return { verdict: 'fail', reason };
}

export function pass(reason: string): Judgement {
  return { verdict: 'pass', reason };
}

/** Most serious first. A failure is known whatever else is missing, so it comes before an error. */
export const verdictsBySeriousness = ['fail', 'error', 'inconclusive', 'pass'] as const satisfies readonly Verdict[];

/** The most serious of some verdicts; `error` when there are none, since nothing has been shown. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  return verdictsBySeriousness.find((verdict) => verdicts.includes(verdict)) ?? 'error';
}

/**
 * One judgement from several that must all hold.
 *
 * @param parts in the order of the evidence
 * @returns the most serious verdict, with the measurement it rests on; the parts with trouble on top
 */
export function judgeTogether(parts: readonly { title: string; judgement: Judgement }[]): Judgement {
  if (parts.length === 0) return error('nothing was measured');
  const ordered = verdictsBySeriousness.flatMap((verdict) => parts.filter(({ judgement }) => judgement.verdict === verdict));
  const { title, judgement: worst } = ordered[0];
  const alike = parts.filter(({ judgement }) => judgement.verdict === worst.verdict).length;
  const reason = parts.length === 1 ? `${title}: ${worst.reason}` : worst.verdict === 'pass' ? `all ${parts.length} pass; ${title}: ${worst.reason}` : `${alike} of ${parts.length} ${inWords[worst.verdict]}; ${title}: ${worst.reason}`;
  return {
    ...worst,
    reason,
    parts: ordered.map(({ title, judgement: { verdict, reason, champion, candidate, difference, rows } }) => ({
      title,
      verdict,
      reason,
      champion: champion ?? null,
      candidate: candidate ?? null,
      difference: difference ?? null,
      rows: rows ?? 0,
    })),
  };
}

const inWords = { fail: 'fail', error: 'could not be judged', inconclusive: 'cannot be told yet', pass: 'pass' } satisfies Record<Verdict, string>;
