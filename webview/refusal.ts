import type { ProblemBody } from '../protocol/problem.ts';

/** What the server, or the way to it, answered instead of what was asked for. */
export class Refusal extends Error {
  readonly problem: ProblemBody;

  constructor(problem: ProblemBody) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Whatever was thrown, as a problem that can be shown. */
export function problemOf(thrown: unknown): ProblemBody {
  if (thrown instanceof Refusal) return thrown.problem;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return { type: 'urn:slipway:problem:internal', code: 'internal', title: 'This page failed', detail, hint: 'Try again; if it fails again, please report it', status: 500 };
}

export function unreachable(detail: string): Refusal {
  return new Refusal({ type: 'urn:slipway:problem:server-unreachable', code: 'server-unreachable', title: 'Slipway does not answer', detail, hint: 'It is asked again as soon as it is back', status: 503 });
}
