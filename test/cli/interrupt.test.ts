import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../protocol/feed.ts';
import type { StepName } from '../../protocol/run.ts';
import { openStore } from '../../server/store/open-store.ts';
import { buildSlipway, connectTo, descendantsOf, makeWorkspace, survivors, type Running, type Slipway } from './slipway.ts';
import { tinyWorkspace } from './tiny-workspace.ts';

let slipway: Slipway;
let workspace: string;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeEach(async () => void (workspace = await makeWorkspace(tinyWorkspace())));
afterEach(() => rm(workspace, { recursive: true }));

/** Sends the signal when the feed tells of it; gives back how many runs were told as saved by then. */
async function interruptAt(running: Running, moment: (message: FeedMessage) => boolean): Promise<{ children: number[]; told: number }> {
  const connection = await connectTo(workspace);
  let told = 0;
  const children = await new Promise<number[]>((resolve) => {
    connection.subscribe((message) => {
      if (message.kind === 'run-finished') told++;
      if (!moment(message)) return;
      resolve(process.platform === 'linux' ? descendantsOf(running.pid) : []);
      running.kill('SIGINT');
    });
  });
  await connection.close();
  return { children, told };
}

async function runsSaved(): Promise<number> {
  const store = await openStore(join(workspace, '.slipway'), () => new Date());
  expect(store.notes).toEqual([]);
  const runs = await store.runs();
  for (const { id } of runs) expect((await store.readRun(id)).id).toBe(id);
  await store.close();
  return runs.length;
}

const moments: [string, (message: FeedMessage) => boolean][] = [
  ['before anything is measured', (message) => message.kind === 'model-seen'],
  ...(['profile', 'check', 'detect drift', 'predict', 'evaluate', 'compare', 'trace'] as StepName[]).map((step): [string, (message: FeedMessage) => boolean] => [`after the first ${step} that is done`, (message) => message.kind === 'step' && message.outcome.step === step && message.outcome.state === 'done']),
  ...(['profile', 'detect drift', 'predict', 'evaluate', 'compare'] as StepName[]).map((step): [string, (message: FeedMessage) => boolean] => [`in the middle of ${step}`, (message) => message.kind === 'progress' && message.progress.step === step]),
  ['between two versions', (message) => message.kind === 'run-finished'],
];

describe('Ctrl-C', () => {
  it.each(moments)('%s: ends with 130, saves nothing by half and leaves no process behind', async (_, moment) => {
    const running = slipway.start(workspace, ['run']);
    const { children, told } = await interruptAt(running, moment);
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining('Cancelled: nothing half-done was saved')]);
    expect(await survivors(children)).toEqual([]);
    // The one that was being saved at that moment is there as a whole, or not at all.
    expect([told, told + 1]).toContain(await runsSaved());
    expect((await readdir(join(workspace, '.slipway'))).filter((name) => name === 'server.json')).toEqual([]);
  });

  it('a second one ends the process at once', async () => {
    const running = slipway.start(workspace, ['run']);
    const { children } = await interruptAt(running, (message) => message.kind === 'step' && message.outcome.step === 'predict');
    running.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
    expect(await survivors(children)).toEqual([]);
    await runsSaved();
  });

  it('stops a check, and what is run again afterwards is whole', async () => {
    const running = slipway.start(workspace, ['check', 'data/current/2026-02.csv']);
    await interruptAt(running, (message) => message.kind === 'work-started' || message.kind === 'progress');
    expect((await running.ended).code).toBe(130);
    expect((await slipway.run(workspace, ['check', 'data/current/2026-02.csv'])).code).toBe(0);
  });

  it('after one, the next run judges what is left', async () => {
    const running = slipway.start(workspace, ['run']);
    const { told } = await interruptAt(running, (message) => message.kind === 'run-finished');
    await running.ended;
    expect(told).toBe(1);
    expect((await slipway.run(workspace, ['run'])).code).toBe(1);
    expect(await runsSaved()).toBe(3);
  });
});
