import type { ReadinessCriterion, ReadinessState } from '../protocol/workspace.ts';
import { groupBy } from './group-by.ts';

export interface CriterionGroup {
  group: string;
  /** Most pressing first. */
  criteria: ReadinessCriterion[];
}

const rank: Record<ReadinessState, number> = { fail: 0, error: 1, missing: 2, inconclusive: 3, pass: 4, off: 5 };

/** The groups of a report, worst on top, in the report's order where they are alike. */
export function groupCriteria(criteria: readonly ReadinessCriterion[]): CriterionGroup[] {
  const groups = [...groupBy(criteria, ({ group }) => group)].map(([group, of]): CriterionGroup => ({ group, criteria: [...of].sort((a, b) => rank[a.state] - rank[b.state]) }));
  return groups.sort((a, b) => worst(a) - worst(b));
}

/** A group without anything open is as good as any other such. */
function worst({ criteria: [first] }: CriterionGroup): number {
  return Math.min(rank[first.state], rank.pass);
}

/** Whether it keeps the model from production. */
export function isOpen({ state }: ReadinessCriterion): boolean {
  return state !== 'pass' && state !== 'off';
}
