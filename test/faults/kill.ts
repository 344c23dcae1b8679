/**
 * Kills `slipway run` at random moments, again and again in one workspace, and looks after each kill whether anything was
 * lost, saved by half, or left running.
 *
 *     npx tsx test/faults/kill.ts --kills 200
 *     npx tsx test/faults/kill.ts --kills 100 --signal SIGINT
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { BatchReport, RunReport } from '../../protocol/run.ts';
import { connect } from '../../server/connection.ts';
import { rejudge } from '../../server/rejudge.ts';
import { openStore } from '../../server/store/open-store.ts';
import { buildSlipway, descendantsOf, makeWorkspace, survivors, type Slipway } from '../cli/slipway.ts';
import { tinyWorkspace } from '../cli/tiny-workspace.ts';

export interface KillsReport {
  kills: number;
  signal: NodeJS.Signals;
  seed: number;
  /** Processes that ended by themselves before the signal came; none of the kills. */
  endedBefore: number;
  /** Kills while a model host was running. */
  withHost: number;
  runsSaved: number;
  batchesSaved: number;
  /** Everything below must be empty. */
  lost: string[];
  broken: string[];
  survivors: string[];
  /** From the signal to the end of the process. */
  endedMs: number[];
  /** Time to open the workspace again, with the recovery of its database and the check of its journal. */
  reopenedMs: number[];
}

interface Known {
  /** Runs that were told as saved. */
  told: Set<string>;
  /** Runs and batches that were read once already. */
  read: Set<string>;
}

export async function killAgainAndAgain({ slipway, kills, signal = 'SIGKILL', seed = 1, told = () => {} }: { slipway: Slipway; kills: number; signal?: NodeJS.Signals; seed?: number; told?: (text: string) => void }): Promise<KillsReport> {
  const workspace = await makeWorkspace(tinyWorkspace({ rows: 300 }));
  const report: KillsReport = { kills, signal, seed, endedBefore: 0, withHost: 0, runsSaved: 0, batchesSaved: 0, lost: [], broken: [], survivors: [], endedMs: [], reopenedMs: [] };
  const random = uniform(seed);
  const known: Known = { told: new Set(), read: new Set() };
  try {
    // One run to its end, to learn how long one takes; on a busy machine that changes.
    let typicalMs = await timed(() => slipway.run(workspace, ['run', '--force']));
    await lookAt(workspace, known, report, 'before the first kill');
    for (let kill = 1; kill <= kills; ) {
      // Every few times from nothing, so that the first opening of a workspace is hit too.
      if (kill % 10 === 0) {
        await rm(join(workspace, '.slipway'), { recursive: true });
        known.told.clear();
      }
      const started = performance.now();
      const running = slipway.start(workspace, ['run', '--force', '--json']);
      const waitMs = random() * typicalMs;
      const over = await Promise.race([running.ended.then(() => true), new Promise<false>((resolve) => setTimeout(() => resolve(false), waitMs))]);
      const children = over ? [] : descendantsOf(running.pid);
      const signalled = performance.now();
      if (!over) running.kill(signal);
      const { stdout } = await running.ended;
      // What was printed had been told as saved. The last line may be cut.
      for (const line of stdout.split('\n').slice(0, -1)) known.told.add((JSON.parse(line) as RunReport).id);
      if (over) {
        report.endedBefore++;
        typicalMs = (typicalMs + performance.now() - started) / 2;
        continue;
      }
      report.endedMs.push(performance.now() - signalled);
      if (children.length > 0) report.withHost++;
      for (const pid of await survivors(children)) report.survivors.push(`kill ${kill}: process ${pid}`);
      await lookAt(workspace, known, report, `kill ${kill}, after ${waitMs.toFixed(0)} ms`);
      told(`${kill++}/${kills}`);
    }
  } finally {
    await rm(workspace, { recursive: true });
  }
  return report;
}

/** Opens the workspace as the next command would, reads all that is saved, and judges it again. */
async function lookAt(workspace: string, known: Known, report: KillsReport, when: string): Promise<void> {
  const start = performance.now();
  // As the command line does: a dead owner has left its address and its socket.
  const connection = await connect(workspace);
  report.reopenedMs.push(performance.now() - start);
  if (connection.remote) report.broken.push(`${when}: somebody else owns the workspace`);
  await connection.close();
  const store = await openStore(join(workspace, '.slipway'), () => new Date());
  try {
    const runs = await store.runs();
    const ids = new Set(runs.map(({ id }) => id));
    for (const id of known.told) if (!ids.has(id)) report.lost.push(`${when}: run ${id}`);
    for (const { id, decision } of runs) {
      if (known.read.has(id)) continue;
      known.read.add(id);
      const run = await readOr(() => store.readRun(id), report, `${when}: run ${id}`);
      if (run === null) continue;
      const again = rejudge(run);
      if (!again.same || run.decision.verdict !== decision.verdict) report.broken.push(`${when}: run ${id} is judged differently from its record: ${again.differing.join(', ')}`);
      // Seen once, it must be there for ever.
      known.told.add(id);
      report.runsSaved++;
    }
    for (const { id } of await store.batches()) {
      if (known.read.has(id)) continue;
      known.read.add(id);
      const batch = await readOr<BatchReport>(() => store.readBatch(id), report, `${when}: batch ${id}`);
      if (batch !== null) report.batchesSaved++;
    }
  } finally {
    await store.close();
  }
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await act();
  return performance.now() - start;
}

async function readOr<T>(read: () => Promise<T>, report: KillsReport, what: string): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    report.broken.push(`${what}: ${String(error)}`);
    return null;
  }
}

/** mulberry32. */
function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function quantiles(values: number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => `${(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(0)} ms`;
  return `median ${at(0.5)}, 95 % ${at(0.95)}, longest ${at(1)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { kills: { type: 'string', default: '200' }, signal: { type: 'string', default: 'SIGKILL' }, seed: { type: 'string', default: '1' } } });
  const slipway = await buildSlipway();
  try {
    const report = await killAgainAndAgain({ slipway, kills: Number(values.kills), signal: values.signal as NodeJS.Signals, seed: Number(values.seed), told: (text) => process.stderr.write(`\r${text} `) });
    console.log(`\n${report.kills} × ${report.signal}, seed ${report.seed}: ${report.withHost} of them while a model host ran (and ${report.endedBefore} runs that ended by themselves first)`);
    console.log(`to the end of the process: ${quantiles(report.endedMs)}`);
    console.log(`to open the workspace again: ${quantiles(report.reopenedMs)}`);
    console.log(`${report.runsSaved} runs read and judged again, ${report.batchesSaved} batch reports read`);
    for (const [name, found] of Object.entries({ lost: report.lost, 'half-saved': report.broken, 'left running': report.survivors })) console.log(`${name}: ${found.length}${found.map((text) => `\n  ${text}`).join('')}`);
    process.exitCode = report.lost.length + report.broken.length + report.survivors.length > 0 ? 1 : 0;
  } finally {
    slipway.remove();
  }
}
