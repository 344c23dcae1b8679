import { problems, type ProblemBody, type ProblemCode } from '../protocol/problem.ts';
import { ProblemError } from './session.ts';

/** A problem found on this side, in the shape of those the server tells. */
export function problemOf(code: ProblemCode, detail: string, where?: ProblemBody['where']): ProblemBody {
  return { type: `urn:slipway:problem:${code}`, code, title: code.replaceAll('-', ' '), detail, hint: problems[code], status: 500, ...(where === undefined ? {} : { where }) };
}

/** Whatever was thrown, as a problem. Of a bug it says only that there was one; the log has the rest. */
export function problemIn(error: unknown): ProblemBody {
  return error instanceof ProblemError ? error.body : problemOf('internal', error instanceof Error ? error.message : String(error));
}
