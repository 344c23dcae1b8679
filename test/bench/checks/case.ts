import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quoteLiteral } from '../../../server/engines/duckdb.ts';
import { type BenchCase, ratio } from '../bench-case.ts';
import { writeParquet } from '../write-parquet.ts';

const flights = fileURLToPath(new URL('../../../samples/flight-delay/data/', import.meta.url));

/** The same 25 expectations of a year of flights. */
export function checksCase(folder: string, threads: number): BenchCase {
  const file = join(folder, 'flights.parquet');
  const input = { folder, file, threads };
  return {
    id: 'checks',
    title: '25 checks on a year of flights',
    work: 'The flight-delay sample’s reference and all its monthly batches in one Parquet file, and the same 25 rules for both. Slipway: open and verify the file, profile it, count, judge. Great Expectations: read with pandas, an ephemeral context with the pandas engine, validate one suite.',
    sides: [
      { name: 'Slipway', role: 'ours', program: 'checks/slipway.ts', input },
      { name: 'Great Expectations', role: 'peer', program: 'checks/expectations.py', input },
      { name: 'bare scan', role: 'limit', program: 'checks/scan.ts', input },
    ],
    goals: [
      { text: 'Great Expectations takes at least 10 times as long', unit: '×', atLeast: 10, measured: (of) => ratio(of('Great Expectations')?.workSeconds, of('Slipway')?.workSeconds) },
      { text: 'the same from the start of the process to its end', unit: '×', atLeast: 10, measured: (of) => ratio(of('Great Expectations')?.wallSeconds, of('Slipway')?.wallSeconds) },
    ],
    prepare: () => writeParquet(file, `SELECT * FROM read_parquet([${monthsOfFlights().map(quoteLiteral).join(', ')}])`),
    disagreements(factsOf) {
      const [ours, theirs] = [factsOf('Slipway'), factsOf('Great Expectations')];
      if (ours === null || theirs === null) return [];
      const answers = theirs.checks as string[];
      return (ours.checks as string[]).flatMap((check, index) => (check === answers[index] ? [] : [`${check} here, ${answers[index]} there`]));
    },
  };
}

export function monthsOfFlights(): string[] {
  const current = readdirSync(join(flights, 'current')).sort();
  return [join(flights, 'reference.parquet'), ...current.map((name) => join(flights, 'current', name))];
}
