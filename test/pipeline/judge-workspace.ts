import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { RefusedFile } from '../../protocol/feed.ts';
import type { ProblemBody } from '../../protocol/problem.ts';
import type { RunReport } from '../../protocol/run.ts';
import { openSlipway } from '../../server/main.ts';

export interface Judged {
  /** By model and version: `flight-delay/v2`. */
  runs: Map<string, RunReport>;
  problems: ProblemBody[];
  refused: RefusedFile[];
}

/** `slipway run`, in this process, on a copy of a folder; the copy is gone afterwards. */
export async function judgeCopy(folder: string, prepare: (copy: string) => Promise<void> = async () => {}): Promise<Judged> {
  const parent = await mkdtemp(join(tmpdir(), 'slipway-pipeline-'));
  const copy = join(parent, basename(folder));
  try {
    await cp(folder, copy, { recursive: true, filter: (path) => basename(path) !== '.slipway' });
    await prepare(copy);
    return await judgeWorkspace(copy);
  } finally {
    await rm(parent, { recursive: true, force: true });
  }
}

export async function judgeWorkspace(workspace: string): Promise<Judged> {
  const slipway = await openSlipway({ workspace, now: () => new Date('2026-01-01T00:00:00Z') });
  const judged: Judged = { runs: new Map(), problems: [], refused: [] };
  const finished = new Promise<void>((resolve) => {
    slipway.feed.subscribe((message) => {
      if (message.kind === 'problem') judged.problems.push(message.problem);
      if (message.kind === 'model-refused') judged.refused.push(message.file);
      if (message.kind === 'work-finished') resolve();
    });
  });
  try {
    slipway.submit('test-work', { kind: 'run' });
    await finished;
    for (const { id, model, version } of await slipway.store.runs()) judged.runs.set(`${model}/${version}`, await slipway.store.readRun(id));
    return judged;
  } finally {
    await slipway.close();
  }
}

/** Verdict of every gate of a run, by id. */
export function verdictsOf({ gates }: RunReport): Record<string, string> {
  return Object.fromEntries(gates.map(({ gate, verdict }) => [gate.id, verdict]));
}
