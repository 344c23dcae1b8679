import { join } from 'node:path';
import { type BenchCase, differ, ratio } from '../bench-case.ts';
import { normal, writeParquet } from '../write-parquet.ts';

/** One long table of mixed columns, against the summary that the database itself offers. */
export function profileCase(folder: string, threads: number, rows: number): BenchCase {
  const file = join(folder, `profile-${rows}.parquet`);
  const input = { folder, file, threads, memoryMb: 1024 };
  return {
    id: 'profile',
    title: `Profile of ${rows.toLocaleString('en')} × 8 columns`,
    work: 'An integer key, a timestamp, four doubles (one with 2 % nulls), a text column of 16 values and a boolean. Slipway: verify the file, its SHA-256, then counts, exact quantiles, histogram, distinct and most frequent values of every column. DuckDB: `SUMMARIZE` through the same Node client in a process of its own, with the same number of threads and the same memory limit; its quantiles and distinct counts are approximate.',
    sides: [
      { name: 'Slipway', role: 'ours', program: 'profile/slipway.ts', input },
      { name: 'DuckDB SUMMARIZE', role: 'peer', program: 'profile/summarize.ts', input },
      { name: 'bare scan', role: 'limit', program: 'checks/scan.ts', input },
    ],
    goals: [
      { text: 'no slower than SUMMARIZE', unit: '×', atLeast: 1, measured: (of) => ratio(of('DuckDB SUMMARIZE')?.workSeconds, of('Slipway')?.workSeconds) },
      { text: 'at most 2 GB of memory', unit: 'MB', atMost: 2048, measured: (of) => ratio(of('Slipway')?.peakBytes ?? undefined, 2 ** 20) },
    ],
    prepare: () => writeParquet(file, tableOf(rows)),
    disagreements(factsOf) {
      const [ours, theirs] = [factsOf('Slipway'), factsOf('DuckDB SUMMARIZE')];
      if (ours === null || theirs === null) return [];
      return (ours.columns as string[]).flatMap((name, index) => [
        ...differ(`mean of ${name}`, (ours.means as number[])[index], (theirs.means as number[])[index], 1e-9),
        ...differ(`nulls of ${name} in percent`, (ours.nulls as number[])[index], (theirs.nulls as number[])[index], 0.006),
      ]);
    },
  };
}

function tableOf(rows: number): string {
  return `SELECT
    i AS id,
    TIMESTAMP '2024-01-01' + to_milliseconds(CAST(i * 3000 + floor(random() * 60000) AS BIGINT)) AS time,
    exp(3 + ${normal}) AS price,
    round(15 + 8 * ${normal}, 1) AS temperature,
    CAST(floor(-4 * ln(1 - random())) AS DOUBLE) AS quantity,
    CASE WHEN random() >= 0.02 THEN 12 * ${normal} END AS delay,
    'carrier ' || CAST(floor(16 * random() * random()) AS INTEGER) AS carrier,
    random() < 0.3 AS paid
  FROM range(${rows}) AS rows(i)`;
}
