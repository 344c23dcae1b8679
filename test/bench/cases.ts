import type { BenchCase } from './bench-case.ts';
import { checksCase } from './checks/case.ts';
import { driftCase } from './drift/case.ts';
import { profileCase } from './profile/case.ts';
import { scoringCase } from './scoring/case.ts';

const million = 1_000_000;

export function casesOf(folder: string, threads: number, quick: boolean): BenchCase[] {
  const sizes = quick ? [1000] : [10_000, 100_000, million, 10 * million];
  return [
    driftCase(folder, threads, quick ? { rows: 2000, columns: 12 } : { rows: 100_000, columns: 200 }),
    checksCase(folder, threads),
    profileCase(folder, threads, quick ? 5000 : 10 * million),
    ...(['trees', 'dense'] as const).flatMap((kind) => sizes.map((rows) => scoringCase(folder, threads, kind, rows, { goal: rows === million, ...(rows > million && { repeatsMax: 3 }) }))),
  ];
}
