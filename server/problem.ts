import type { ConfigIssue } from '../protocol/config.ts';
import type { ProblemCode } from '../protocol/problem.ts';

/** A failure a person can act on. Bugs stay plain errors. `hint` comes from the table in protocol/problem.ts. */
export class Problem extends Error {
  readonly code: ProblemCode;
  /** Where it is: path, and for text files line and column (1-based). */
  readonly where?: { path?: string; line?: number; column?: number };

  /** All that is wrong with slipway.yaml, for `config-invalid`. */
  readonly issues?: ConfigIssue[];

  constructor(code: ProblemCode, message: string, options: { cause?: unknown; where?: Problem['where']; issues?: ConfigIssue[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.code = code;
    this.where = options.where;
    this.issues = options.issues;
  }
}
