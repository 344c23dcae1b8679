/** A program that does the work of a case once, in a process of its own, and says how long it took. */
export interface Side {
  /** Unique in its case; a column of the table. */
  name: string;
  /** `limit`: what the machine could do if nothing but the unavoidable part were left. */
  role: 'ours' | 'peer' | 'limit';
  /** TypeScript or Python, relative to this folder. */
  program: string;
  /** Handed to the program as JSON. */
  input: Record<string, string | number | string[]>;
}

export interface BenchCase {
  id: string;
  title: string;
  /** What is measured of each side, in a sentence. */
  work: string;
  sides: Side[];
  goals: Goal[];
  /** Rows scored, for cases that are told as a rate. */
  rows?: number;
  /** Runs of each side where the usual number would take too long. */
  repeatsMax?: number;
  /** Makes the files that the sides read, unless they are there. */
  prepare(): Promise<void>;
  /** Whether two sides did the same work, from what they reported; a sentence for each disagreement. */
  disagreements(factsOf: (side: string) => Facts | null): string[];
}

export interface Goal {
  text: string;
  /** Null when a side it needs was not run. */
  measured(of: (side: string) => Medians | null): number | null;
  atLeast?: number;
  atMost?: number;
  unit: '×' | 'MB';
}

/** What a program found, so that the sides can be compared by result. */
export type Facts = Record<string, number | string | number[] | string[]>;

export interface Medians {
  /** From the first byte read to the result, inside the process: interpreters and imports are not in it. */
  workSeconds: number;
  /** From the start of the process to its end. */
  wallSeconds: number;
  /** Of all processors, over the same time; null where it cannot be seen. */
  cpuSeconds: number | null;
  /** Most resident memory of the process and its children together; null where it cannot be seen. */
  peakBytes: number | null;
}

export interface Run extends Medians {
  facts: Facts;
}

export function ratio(of: number | undefined, to: number | undefined): number | null {
  return of === undefined || to === undefined || to === 0 ? null : of / to;
}

/** A disagreement in numbers that should be equal up to rounding. */
export function differ(what: string, ours: number, theirs: number, tolerance: number): string[] {
  const apart = Math.abs(ours - theirs) > tolerance * Math.max(1, Math.abs(ours), Math.abs(theirs));
  return apart ? [`${what}: ${ours} here, ${theirs} there`] : [];
}
