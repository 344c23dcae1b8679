import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { BenchCase, Facts, Medians, Run, Side } from './bench-case.ts';
import type { Programs } from './bundle-programs.ts';
import { median } from './median.ts';
import type { Peers } from './peers.ts';
import type { Outcome, SideOutcome } from './report.ts';
import { runProcess } from './run-process.ts';

export interface MeasureCaseOptions {
  /** Null: Python peers are left out. */
  peers: Peers | null;
  programs: Programs;
  repeats: number;
  onRun(text: string): void;
}

/** Runs every side in turn, again and again, so that whatever else the machine does falls on all of them alike. */
export async function measureCase(benchCase: BenchCase, { peers, programs, repeats, onRun }: MeasureCaseOptions): Promise<Outcome> {
  await benchCase.prepare();
  const sides = benchCase.sides.filter(({ program }) => peers !== null || !program.endsWith('.py'));
  const runs = new Map<string, Run[]>(sides.map(({ name }) => [name, []]));
  const times = Math.min(repeats, benchCase.repeatsMax ?? repeats);
  const loads: number[] = [];
  for (let time = 1; time <= times; time++) {
    for (const side of sides) {
      await warmFileCache(side);
      loads.push(loadavg()[0]);
      const [command, program] = side.program.endsWith('.py') && peers !== null ? [peers.python, fileURLToPath(new URL(side.program, import.meta.url))] : [process.execPath, programs.pathOf(side.program)];
      const run = await runProcess(command, [program, JSON.stringify(side.input)]);
      runs.get(side.name)!.push(run);
      onRun(`${benchCase.id} ${time}/${times} ${side.name}: ${run.workSeconds.toFixed(2)} s, ${Math.round((run.peakBytes ?? 0) / 2 ** 20)} MB`);
    }
  }
  const outcomes = sides.map((side) => summarise(side, runs.get(side.name)!));
  const of = (name: string): Medians | null => outcomes.find((side) => side.name === name)?.median ?? null;
  const factsOf = (name: string): Facts | null => runs.get(name)?.at(-1)?.facts ?? null;
  return {
    id: benchCase.id,
    title: benchCase.title,
    work: benchCase.work,
    measuredAt: new Date().toISOString(),
    load: median(loads),
    ...(benchCase.rows !== undefined && { rows: benchCase.rows }),
    sides: outcomes,
    goals: benchCase.goals.map(({ text, measured, unit, atLeast, atMost }) => {
      const value = measured(of);
      const met = value === null ? null : value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity);
      return { text, unit, measured: value, needed: (atLeast ?? atMost)!, met };
    }),
    disagreements: benchCase.disagreements(factsOf),
    leftOut: benchCase.sides.filter((side) => !sides.includes(side)).map(({ name }) => name),
  };
}

/** All sides find the file in the page cache, not only those that come second. */
async function warmFileCache({ input }: Side): Promise<void> {
  for (const key of ['file', 'reference', 'current']) if (typeof input[key] === 'string') await readFile(input[key]);
}

function summarise({ name, role }: Side, runs: Run[]): SideOutcome {
  const work = runs.map(({ workSeconds }) => workSeconds);
  return {
    name,
    role,
    runs: runs.length,
    median: { workSeconds: median(work), wallSeconds: median(runs.map((run) => run.wallSeconds)), cpuSeconds: medianSeen(runs.map((run) => run.cpuSeconds)), peakBytes: medianSeen(runs.map((run) => run.peakBytes)) },
    spread: { lowest: Math.min(...work), highest: Math.max(...work) },
  };
}

function medianSeen(values: (number | null)[]): number | null {
  const seen = values.filter((value) => value !== null);
  return seen.length === 0 ? null : median(seen);
}
