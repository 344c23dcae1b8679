import type { ProblemBody } from '../protocol/problem.ts';
import type { Answer, Question } from '../protocol/view.ts';
import type { PageContext } from './page.ts';
import { problemOf } from './refusal.ts';

export type Asked<T> = { state: 'waiting' } | { state: 'answered'; answer: T } | { state: 'refused'; problem: ProblemBody };

/** Where a question of a page stands. Asked again on demand; what was answered stays until there is a newer answer. */
export interface Asking<T> {
  readonly now: Asked<T>;
  again(): void;
}

/** @param changed called when `now` is another one */
export function ask<Q extends Question>(context: Pick<PageContext, 'ask'>, question: Q, changed: () => void): Asking<Answer<Q>> {
  let now: Asked<Answer<Q>> = { state: 'waiting' };
  let latest = 0;

  function again(): void {
    const mine = ++latest;
    if (now.state === 'refused') now = { state: 'waiting' };
    context.ask(question).then(
      (answer) => settle(mine, { state: 'answered', answer }),
      (thrown: unknown) => settle(mine, { state: 'refused', problem: problemOf(thrown) }),
    );
  }

  function settle(mine: number, asked: Asked<Answer<Q>>): void {
    if (mine !== latest) return;
    if (asked.state === 'refused' && now.state === 'answered') return;
    now = asked;
    changed();
  }

  again();
  return {
    get now() {
      return now;
    },
    again() {
      again();
      changed();
    },
  };
}
