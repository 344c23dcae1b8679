import type { ReadinessCriterion, ReadinessState } from '../protocol/workspace.ts';
import { markup, type Markup } from './markup.ts';
import { verdictMark } from './verdict-mark.ts';

/** States as a strip counts them, most pressing first. */
export const readinessWords: Record<ReadinessState, string> = { fail: 'failing', error: 'not judged', missing: 'without evidence', inconclusive: 'with too few rows to tell', pass: 'met', off: 'off' };

const order = Object.keys(readinessWords) as ReadinessState[];
const rank = (state: ReadinessState): number => order.indexOf(state);

/** Sign and word of a state. */
export function readinessMark(state: ReadinessState): Markup {
  switch (state) {
    case 'missing':
      return markup`<span class="verdict inconclusive"><span class="sign" aria-hidden="true">?</span> missing</span>`;
    case 'off':
      return markup`<span class="quiet"><span class="sign" aria-hidden="true">–</span> off</span>`;
    default:
      return verdictMark(state);
  }
}

export interface CriterionGroup {
  group: string;
  /** Most pressing first. */
  criteria: ReadinessCriterion[];
}

/** The groups of a report, worst on top, in the report's order where they are alike. */
export function groupCriteria(criteria: readonly ReadinessCriterion[]): CriterionGroup[] {
  const names = [...new Set(criteria.map(({ group }) => group))];
  const groups = names.map((group): CriterionGroup => ({ group, criteria: criteria.filter((each) => each.group === group).sort((a, b) => rank(a.state) - rank(b.state)) }));
  return groups.sort((a, b) => worst(a) - worst(b));
}

/** A group without anything open is as good as any other such. */
function worst({ criteria: [first] }: CriterionGroup): number {
  return Math.min(rank(first.state), rank('pass'));
}

/** Whether it keeps the model from production. */
export function isOpen({ state }: Pick<ReadinessCriterion, 'state'>): boolean {
  return state !== 'pass' && state !== 'off';
}
