import { execFile, spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installPeers } from '../bench/peers.ts';
import { cacheFolder } from '../cache-folder.ts';
import { buildSlipway, makeWorkspace, type Running, type Slipway } from '../cli/slipway.ts';
import { interopWorkspace } from './interop-workspace.ts';

const exec = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

const hasPython = spawnSync(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', '--help']).status === 0;
if (!hasPython) console.warn('Skipped: there is no Python with venv on this machine, and the real client is written in it. The captures in test/serving/captures hold what it sends.');

let slipway: Slipway;
let workspace: string;
let serving: Running;
let python: string;
beforeAll(async () => {
  if (!hasPython) return;
  [slipway, { python }] = await Promise.all([buildSlipway(), installPeers(cacheFolder(), join(here, 'requirements.txt'))]);
  workspace = await makeWorkspace(interopWorkspace());
  serving = slipway.start(workspace, ['serve', '--json']);
}, 300_000);
afterAll(async () => {
  if (!hasPython) return;
  serving.kill('SIGINT');
  await serving.ended;
  await rm(workspace, { recursive: true });
  slipway.remove();
});

it.skipIf(!hasPython)('the real tritonclient, gevent and aio, asks for everything it can and reads every answer', { timeout: 120_000 }, async () => {
  const { url } = JSON.parse((await serving.says('"url"')).trim()) as { url: string };
  const { stdout } = await exec(python, [join(here, 'tritonclient_cases.py'), url], { maxBuffer: 1 << 24 });
  const cases = stdout.trim().split('\n').map((line) => JSON.parse(line) as { case: string; error: string | null });
  expect(cases.filter(({ error }) => error !== null)).toEqual([]);
  expect(cases.length).toBe(2 * 14 + 1);
});
