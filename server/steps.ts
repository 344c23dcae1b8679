import { problems, type ProblemCode } from '../protocol/problem.ts';
import type { StepName, StepOutcome } from '../protocol/run.ts';
import { Problem } from './problem.ts';

/** Runs steps one by one and remembers how each ended. A step that fails is missing evidence: it never stops the next. */
export interface Steps {
  readonly outcomes: StepOutcome[];
  /** Part of the evidence → why it is not there. */
  readonly missing: Record<string, string>;
  /** The result, or null with the reason under `part`. Only a cancel is thrown on. */
  attempt<T>(step: StepName, subject: string, part: string, act: () => Promise<T>): Promise<T | null>;
  skip(step: StepName, subject: string, part: string, reason: string): null;
}

export function openSteps({ signal, now, told, log }: { signal: AbortSignal; now: () => number; told: (outcome: StepOutcome) => void; log: (message: string, error: unknown) => void }): Steps {
  const outcomes: StepOutcome[] = [];
  const missing: Record<string, string> = {};
  const record = (outcome: StepOutcome): void => {
    outcomes.push(outcome);
    told(outcome);
  };
  return {
    outcomes,
    missing,
    async attempt(step, subject, part, act) {
      signal.throwIfAborted();
      const start = now();
      try {
        const result = await act();
        signal.throwIfAborted();
        record({ step, subject, state: 'done', milliseconds: Math.round(now() - start) });
        return result;
      } catch (error) {
        signal.throwIfAborted();
        const code: ProblemCode = error instanceof Problem ? error.code : 'internal';
        if (!(error instanceof Problem)) log(`${step} ${subject} failed`, error);
        const detail = error instanceof Error ? error.message : String(error);
        missing[part] = `${step} ${subject} failed: ${detail}`;
        record({ step, subject, state: 'failed', milliseconds: Math.round(now() - start), problem: { code, title: code.replaceAll('-', ' '), detail, hint: problems[code], where: error instanceof Problem ? error.where : undefined } });
        return null;
      }
    },
    skip(step, subject, part, reason) {
      missing[part] = reason;
      record({ step, subject, state: 'skipped', milliseconds: 0, reason });
      return null;
    },
  };
}
