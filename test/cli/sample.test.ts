import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Snapshot } from '../../protocol/feed.ts';
import type { RunReport } from '../../protocol/run.ts';
import { buildSlipway, connectTo, descendantsOf, makeWorkspace, survivors, type Slipway } from './slipway.ts';
import { readXml } from './xml.ts';

const sample = fileURLToPath(new URL('../../samples/flight-delay', import.meta.url));
let slipway: Slipway;
let workspace: string;

beforeAll(async () => {
  slipway = await buildSlipway();
  workspace = await makeWorkspace({});
  await cp(sample, workspace, { recursive: true, filter: (path) => !/(^|[\\/])(\.slipway|bad-batch|notebook\.ipynb)$/.test(path) });
});
afterAll(async () => {
  slipway.remove();
  await rm(workspace, { recursive: true });
});

it('the flight-delay sample, as a user runs it: cancelled once, then judged to its end, the same for everybody who asks', { timeout: 300_000 }, async () => {
  const cancelled = slipway.start(workspace, ['run']);
  const connection = await connectTo(workspace);
  const children = await new Promise<number[]>((resolve) => {
    connection.subscribe((message) => {
      if (message.kind !== 'progress' || message.progress.step !== 'predict') return;
      resolve(process.platform === 'linux' ? descendantsOf(cancelled.pid) : []);
      cancelled.kill('SIGINT');
    });
  });
  await connection.close();
  expect((await cancelled.ended).code).toBe(130);
  expect(await survivors(children)).toEqual([]);

  const { code, stdout } = await slipway.run(workspace, ['run', '--json', '--junit', 'gates.xml']);
  const reports = stdout.trim().split('\n').map((line) => JSON.parse(line) as RunReport);
  expect(reports.map(({ model, decision }) => [model.version, decision.verdict === 'pass'])).toEqual([['v1', true], ['v2', true], ['v3', false], ['v4', false]]);
  expect(code).toBe(1);
  expect(readXml(await readFile(join(workspace, 'gates.xml'), 'utf8')).children.map(({ attributes }) => attributes.name)).toEqual(reports.map(({ model }) => `${model.name} ${model.version}`));
  const { models } = JSON.parse((await slipway.run(workspace, ['status', '--json'])).stdout) as Snapshot;
  expect(models.map(({ version, run }) => [version, run?.id])).toEqual(reports.map(({ model, id }) => [model.version, id]));
  for (const { id } of reports) expect((await slipway.run(workspace, ['show', id])).stdout).toMatch(/the same verdicts/);
});
