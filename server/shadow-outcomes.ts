import type { Gate } from '../protocol/gates.ts';
import type { ShadowOutcome, ShadowRecord, ShadowSummary } from '../protocol/shadow.ts';
import { Problem } from './problem.ts';
import type { Store } from './store/open-store.ts';

/** What gates are told of comparisons, or why it could not be read. */
export type ShadowOutcomes = ShadowOutcome[] | { missing: string };

/** Newest saved comparison of two files of each kind and intent, newest first. Null where no gate asks. */
export async function findShadowOutcomes(store: Store, policy: readonly Gate[], of: { model: string; production: string; candidate: string }): Promise<ShadowOutcomes | null> {
  if (!policy.some(({ kind }) => kind === 'shadow')) return null;
  try {
    const newest = new Map<string, ShadowSummary>();
    for (const summary of await store.findShadow(of.model, of.production, of.candidate)) {
      const sort = `${summary.kind} ${summary.intent}`;
      if (!newest.has(sort)) newest.set(sort, summary);
    }
    const records = await Promise.all([...newest.values()].map(({ id }) => store.readShadow(id)));
    return records.map(outcomeOf).sort((a, b) => (a.at < b.at ? 1 : -1));
  } catch (error) {
    if (error instanceof Problem) return { missing: error.message };
    throw error;
  }
}

export function outcomeOf({ summary, report }: ShadowRecord): ShadowOutcome {
  const { id, kind, intent, startedAt, endedAt } = summary;
  const { verdict, sentence, pairs, disagreement, labels, errors, settings, production, candidate } = report;
  const labelled = labels !== null && labels.nonInferior && labels.pairs >= settings.minLabels;
  return {
    id,
    kind,
    intent,
    verdict,
    sentence,
    // What is replayed may be years old, and is judged today.
    at: (kind === 'live' ? report.source.to : endedAt) ?? startedAt,
    compared: pairs.compared,
    disagreement,
    nonInferior: labelled && pairs.compared >= settings.minPairs && errors.test.decision === 'acceptable',
    digests: { production: production.digest, candidate: candidate.digest },
  };
}

/** Gates that hold a comparison too old now, by what they are called: evidence ages without anything being saved. */
export function tooOld(policy: readonly Gate[], outcomes: ShadowOutcomes | null, nowMs: number): string[] {
  if (outcomes === null || 'missing' in outcomes) return [];
  return policy.flatMap((gate) => (gate.kind === 'shadow' && gate.maxAgeDays !== undefined ? outcomes.filter(({ at }) => ageInDays(at, nowMs) > (gate.maxAgeDays ?? Infinity)).map(({ id }) => `${gate.id} ${id}`) : []));
}

export function ageInDays(at: string, nowMs: number): number {
  return (nowMs - Date.parse(at)) / 86_400_000;
}
