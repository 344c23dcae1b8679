import type { ReadinessCriterion, ReadinessState } from '../protocol/workspace.ts';
import { groupBy } from './group-by.ts';

export interface CriterionGroup {
  group: string;
  /** Most pressing first. */
  criteria: ReadinessCriterion[];
}

const rank: Record<ReadinessState, number> = { fail: 0, error: 1, missing: 2, inconclusive: 3, pass: 4, off: 5 };

/** The groups of a report, those with something open on top, in the report's order otherwise. */
export function groupCriteria(criteria: readonly ReadinessCriterion[]): CriterionGroup[] {
  const groups = [...groupBy(criteria, ({ group }) => group)].map(([group, of]): CriterionGroup => ({ group, criteria: [...of].sort((a, b) => rank[a.state] - rank[b.state]) }));
  return groups.sort((a, b) => Number(b.criteria.some(isOpen)) - Number(a.criteria.some(isOpen)));
}

/** Whether it keeps the model from production. */
export function isOpen({ state }: ReadinessCriterion): boolean {
  return state !== 'pass' && state !== 'off';
}
