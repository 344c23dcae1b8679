import type { ProblemCode } from '../../protocol/problem.ts';
import { Problem } from '../problem.ts';

/** A problem that is over by itself; the endpoint tells the seconds in Retry-After. */
export class RetryLater extends Problem {
  readonly retryAfterSeconds: number;

  constructor(code: ProblemCode, message: string, retryAfterSeconds: number) {
    super(code, message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
