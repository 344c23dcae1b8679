import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import { duckdbVersion } from '../../server/engines/duckdb.ts';
import type { Medians, Side } from './bench-case.ts';
import type { Peers } from './peers.ts';

export interface SideOutcome {
  name: string;
  role: Side['role'];
  runs: number;
  median: Medians;
  /** Of the work's seconds. */
  spread: { lowest: number; highest: number };
}

export interface Outcome {
  id: string;
  title: string;
  work: string;
  measuredAt: string;
  /** Median of the one-minute load average before each run. */
  load: number;
  rows?: number;
  sides: SideOutcome[];
  goals: { text: string; unit: '×' | 'MB'; measured: number | null; needed: number; met: boolean | null }[];
  disagreements: string[];
  /** Sides that could not be run here. */
  leftOut: string[];
}

export interface Machine {
  processor: string;
  cores: number;
  memoryGb: number;
  system: string;
  versions: string[];
}

export async function describeMachine(peers: Peers | null): Promise<Machine> {
  const onnxruntime = (await import('onnxruntime-node/package.json', { with: { type: 'json' } })).default as { version: string };
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${arch()}`,
    versions: [`Node ${process.versions.node}`, `DuckDB ${duckdbVersion()}`, `onnxruntime-node ${onnxruntime.version}`, ...(peers?.versions ?? [])],
  };
}

/** One case as text for a terminal. */
export function tableOf(outcome: Outcome): string {
  const rows = rowsOf(outcome);
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join('  '));
  return [outcome.title, ...lines, ...goalLines(outcome), ...outcome.disagreements.slice(0, 10).map((text) => `DISAGREES: ${text}`), ...leftOutLines(outcome)].join('\n');
}

/** All cases as a part of docs/benchmarks.md. */
export function markdownOf(machine: Machine, outcomes: readonly Outcome[]): string {
  const single = outcomes.filter(({ rows }) => rows === undefined);
  const scoring = outcomes.filter(({ rows }) => rows !== undefined);
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.system}. ${machine.versions.join(', ')}.`,
    '',
    ...single.flatMap((outcome) => [`### ${outcome.title}`, '', outcome.work, '', ...markdownTable(rowsOf(outcome)), '', ...noteLines(outcome), '']),
    ...(scoring.length === 0 ? [] : ['### Scoring a Parquet file', '', scoring[0].work, '', ...markdownTable(scoringRows(scoring)), '', ...scoring.flatMap((outcome) => [...goalLines(outcome), ...outcome.disagreements].map((text) => `- ${outcome.title}. ${text}`)), '']),
  ].join('\n').trimEnd();
}

function rowsOf({ sides }: Outcome): string[][] {
  const ours = sides.find(({ role }) => role === 'ours')!;
  return [
    ['', 'work, median', 'lowest … highest', 'runs', 'whole process', 'processor time', 'peak memory', 'time ÷ ours', 'memory ÷ ours'],
    ...sides.map(({ name, runs, median, spread }) => [
      name,
      secondsText(median.workSeconds),
      `${secondsText(spread.lowest)} … ${secondsText(spread.highest)}`,
      String(runs),
      secondsText(median.wallSeconds),
      median.cpuSeconds === null ? 'not seen' : secondsText(median.cpuSeconds),
      megabytesText(median.peakBytes),
      (median.workSeconds / ours.median.workSeconds).toFixed(2),
      median.peakBytes === null || ours.median.peakBytes === null ? 'not seen' : (median.peakBytes / ours.median.peakBytes).toFixed(2),
    ]),
  ];
}

/** The curve: one row per size. */
function scoringRows(outcomes: readonly Outcome[]): string[][] {
  const rate = (outcome: Outcome, role: Side['role']): number | null => {
    const side = outcome.sides.find((each) => each.role === role);
    return side === undefined ? null : outcome.rows! / side.median.workSeconds;
  };
  const thousands = (value: number | null): string => (value === null ? 'not run' : `${Math.round(value / 1000).toLocaleString('en')} k`);
  return [
    ['', 'Slipway, rows/s', 'Python, rows/s', 'bare loop, rows/s', 'Slipway ÷ Python', 'Slipway ÷ bare loop', 'Slipway, s', 'Python, s', 'memory, Slipway', 'memory, Python', 'runs', 'load'],
    ...outcomes.map((outcome) => {
      const [ours, theirs, limit] = [rate(outcome, 'ours'), rate(outcome, 'peer'), rate(outcome, 'limit')];
      const side = (role: Side['role']) => outcome.sides.find((each) => each.role === role);
      const span = (role: Side['role']) => {
        const found = side(role);
        return found === undefined ? 'not run' : `${secondsText(found.median.workSeconds)} (${found.spread.lowest.toFixed(2)} … ${found.spread.highest.toFixed(2)})`;
      };
      return [
        outcome.title,
        thousands(ours),
        thousands(theirs),
        thousands(limit),
        ours === null || theirs === null ? 'not run' : (ours / theirs).toFixed(2),
        ours === null || limit === null ? 'not run' : (ours / limit).toFixed(2),
        span('ours'),
        span('peer'),
        megabytesText(side('ours')?.median.peakBytes ?? null),
        megabytesText(side('peer')?.median.peakBytes ?? null),
        String(side('ours')?.runs ?? 0),
        outcome.load.toFixed(1),
      ];
    }),
  ];
}

function markdownTable([head, ...rows]: string[][]): string[] {
  return [`| ${head.join(' | ')} |`, `|${head.map((_, column) => (column === 0 ? '---' : '--:')).join('|')}|`, ...rows.map((row) => `| ${row.join(' | ')} |`)];
}

function noteLines(outcome: Outcome): string[] {
  return [...goalLines(outcome), ...outcome.disagreements.map((text) => `Disagrees: ${text}`), ...leftOutLines(outcome), `Measured ${outcome.measuredAt.slice(0, 10)}, load average ${outcome.load.toFixed(1)}`].map((text) => `- ${text}.`);
}

function goalLines({ goals }: Outcome): string[] {
  return goals.map(({ text, unit, measured, needed, met }) => {
    const bound = unit === 'MB' ? `${needed} MB` : `${Number(needed.toFixed(2))} ×`;
    if (measured === null) return `Goal, ${text}: not measured`;
    return `Goal, ${text}: ${met ? 'met' : 'NOT met'}, ${unit === 'MB' ? `${Math.round(measured)} MB` : `${measured.toFixed(2)} ×`} of ${bound}`;
  });
}

function leftOutLines({ leftOut }: Outcome): string[] {
  return leftOut.length === 0 ? [] : [`Not run here: ${leftOut.join(', ')}`];
}

function secondsText(seconds: number): string {
  return `${seconds.toFixed(2)} s`;
}

function megabytesText(bytes: number | null): string {
  return bytes === null ? 'not seen' : `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MB`;
}
