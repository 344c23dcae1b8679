import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunSummary } from '../../protocol/run.ts';
import { buildSlipway, makeWorkspace, type Running, type Slipway } from './slipway.ts';
import { tinyWorkspace } from './tiny-workspace.ts';

// Processes are started one after the other.
vi.setConfig({ testTimeout: 120_000 });

let slipway: Slipway;
let workspace: string;
const started: Running[] = [];

beforeAll(async () => {
  slipway = await buildSlipway();
  workspace = await makeWorkspace(tinyWorkspace());
  await slipway.run(workspace, ['run', 'toy', '--version-name', 'v2']);
});
afterAll(async () => {
  for (const running of started) running.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
  slipway.remove();
  await rm(workspace, { recursive: true });
});

/** The printed address, and what a browser that opened it may ask with. */
async function view(...args: string[]): Promise<{ running: Running; url: URL; ask: (path: string) => Promise<Response> }> {
  const running = slipway.start(workspace, ['view', ...args]);
  started.push(running);
  const url = new URL(/http:[^\s"]+/.exec(await running.says('#view='))?.[0] ?? '');
  const entered = await fetch(url);
  expect(entered.status).toBe(200);
  const cookie = (entered.headers.get('set-cookie') ?? '').split(';')[0];
  return { running, url, ask: (path) => fetch(new URL(path, url), { headers: { cookie } }) };
}

describe('slipway view', () => {
  it('prints an address whose pages answer, until Ctrl-C', async () => {
    const { running, url, ask } = await view();
    expect([url.hostname, url.hash]).toEqual(['127.0.0.1', '#view=runs']);
    expect((await ask('/view.js')).headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    const [run] = (await (await ask('/v1/runs')).json()) as RunSummary[];
    expect(run.version).toBe('v2');
    expect(existsSync(join(workspace, '.slipway/server.json'))).toBe(true);
    running.kill('SIGINT');
    const { code, stdout, stderr } = await running.ended;
    expect([code, stdout.trim().split('\n').length, stderr]).toEqual([0, 1, 'Opens once, within five minutes; Ctrl-C closes the pages\n']);
    await expect(fetch(url)).rejects.toThrow();
  });

  it('shows a run or a batch by its id, and prints JSON alone when asked to', async () => {
    const [run] = JSON.parse((await slipway.run(workspace, ['runs', '--json'])).stdout) as RunSummary[];
    const { running, url, ask } = await view(run.id.slice(0, -1), '--json');
    expect(url.hash).toBe(`#view=gates&run=${run.id}`);
    const [batch] = (await (await ask('/v1/batches')).json()) as { id: string }[];
    running.kill('SIGINT');
    const { stdout, stderr } = await running.ended;
    expect([Object.keys(JSON.parse(stdout) as object), stderr]).toEqual([['url'], '']);
    const second = await view(batch.id);
    expect(second.url.hash).toBe(`#view=data&batch=${batch.id}`);
    second.running.kill('SIGINT');
    expect((await second.running.ended).code).toBe(0);
  });

  it('says that nothing of that name is saved, and opens nothing', async () => {
    const { code, stdout, stderr } = await slipway.run(workspace, ['view', 'r-nothing']);
    expect([code, stdout, stderr.includes('No batch r-nothing is saved')]).toEqual([65, '', true]);
  });

  it('goes on at the same address when the process that owned the workspace is killed', async () => {
    const owner = await view();
    const other = await view();
    expect((await other.ask('/v1/snapshot')).status).toBe(200);
    owner.running.kill('SIGKILL');
    await other.running.says('going on without it');
    // The new owner opens the database first; until then the answer is that nobody answers.
    let status = 0;
    for (const deadline = Date.now() + 60_000; status !== 200 && Date.now() < deadline; ) status = (await other.ask('/v1/snapshot')).status;
    expect(status).toBe(200);
    other.running.kill('SIGINT');
    expect((await other.running.ended).code).toBe(0);
  });
});
