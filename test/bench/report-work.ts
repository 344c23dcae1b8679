import type { Facts } from './bench-case.ts';

/** What the case handed to this program. */
export function readInput<T>(): T {
  return JSON.parse(process.argv[2]) as T;
}

/** Does the work once, and tells the bench how long it took and what came out. */
export async function reportWork(work: () => Promise<Facts>): Promise<void> {
  const started = performance.now();
  const facts = await work();
  report((performance.now() - started) / 1000, facts);
}

export function report(seconds: number, facts: Facts): void {
  process.stdout.write(`${JSON.stringify({ seconds, facts })}\n`);
}
