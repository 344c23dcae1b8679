import type { ConfigIssue } from '../protocol/config.ts';
import { problems, type ProblemBody, type ProblemCode } from '../protocol/problem.ts';

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

/** The one shape in which a problem leaves the server. Of a bug it says only that there was one. */
export function problemBody(error: unknown): ProblemBody {
  if (error instanceof Problem) {
    return { type: `urn:slipway:problem:${error.code}`, code: error.code, title: error.code.replaceAll('-', ' '), detail: error.message, hint: problems[error.code], status: statusOf(error.code), where: error.where, issues: error.issues };
  }
  const status = typeof error === 'object' && error !== null && 'status' in error && typeof error.status === 'number' ? error.status : 500;
  if (status < 500) {
    return { type: 'urn:slipway:problem:request-invalid', code: 'request-invalid', title: 'request invalid', detail: error instanceof Error ? error.message : String(error), hint: problems['request-invalid'], status };
  }
  // A bug: the stack goes to the log, not over the wire.
  return { type: 'urn:slipway:problem:internal', code: 'internal', title: 'internal', detail: 'Slipway failed; the log has the details', hint: problems.internal, status: 500 };
}

export function statusOf(code: ProblemCode): number {
  switch (code) {
    case 'key-missing':
      return 401;
    case 'unauthorized':
    case 'key-refused':
      return 403;
    case 'not-found':
    case 'model-not-served':
    case 'run-missing':
    case 'model-missing':
    case 'file-missing':
      return 404;
    case 'infer-too-large':
      return 413;
    case 'encoding-unsupported':
      return 415;
    case 'queue-full':
    case 'rate-limited':
      return 429;
    case 'remote-failed':
      return 502;
    case 'store-locked':
    case 'not-ready':
      return 503;
    case 'deadline-passed':
      return 504;
    case 'internal':
    case 'store-corrupt':
    case 'journal-corrupt':
      return 500;
    default:
      return 400;
  }
}
