import { open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../server/connection.ts';
import type { FeedMessage } from '../../protocol/feed.ts';
import { buildSlipway, connectTo, makeWorkspace, type Running, type Slipway } from './slipway.ts';
import { config, scorer, tinyWorkspace, writeFiles } from './tiny-workspace.ts';

let slipway: Slipway;
let workspace: string;
let watching: Running;
let connection: Connection;
const messages: FeedMessage[] = [];

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());

beforeEach(async () => {
  const { 'models/toy/v2/model.onnx': _v2, 'models/toy/v3/model.onnx': _v3, ...files } = tinyWorkspace({ rows: 100 });
  // Nothing that takes long: what is looked at is which files become versions.
  workspace = await makeWorkspace({ ...files, 'slipway.yaml': `${config.replace('  - {metric: roc_auc, nonInferior: 0.05}\n', '')}` });
  messages.length = 0;
  watching = slipway.start(workspace, ['run', '--watch', '--json']);
  connection = await connectTo(workspace);
  connection.subscribe((message) => messages.push(message));
  // Judged before we came, or about to be.
  if ((await connection.runs({})).length === 0) await until((message) => message.kind === 'run-finished');
});
afterEach(async () => {
  await connection.close();
  watching.kill('SIGINT');
  expect((await watching.ended).code).toBe(130);
  await rm(workspace, { recursive: true });
});

/** The first message from now on, or of those that came, that is meant. */
function until(isMeant: (message: FeedMessage) => boolean): Promise<FeedMessage> {
  return new Promise((resolve) => {
    const seen = messages.find(isMeant);
    if (seen !== undefined) return resolve(seen);
    const unsubscribe = connection.subscribe((message) => {
      if (!isMeant(message)) return;
      unsubscribe();
      resolve(message);
    });
  });
}

const verdictOn = (version: string, bytes: Uint8Array) => until((message) => message.kind === 'run-finished' && message.run.version === version && message.run.digest === sha256(bytes));
const refusalOf = (path: string) => until((message) => message.kind === 'model-refused' && message.file.path === path);

/** Every version that was ever seen is bytes that some writer meant to write. */
async function expectOnlyWhole(meant: Uint8Array[]): Promise<void> {
  const digests = new Set(meant.map(sha256));
  const seen = messages.flatMap((message) => (message.kind === 'model-seen' ? [message.version.digest] : []));
  expect(seen.filter((digest) => !digests.has(digest))).toEqual([]);
  for (const name of await readdir(join(workspace, '.slipway/models'))) expect(sha256(await readFile(join(workspace, '.slipway/models', name, 'model.onnx')))).toBe(name);
}

const first = scorer(1, 0);

describe('run --watch', () => {
  it('judges a model that appears by temp file and rename', async () => {
    const bytes = scorer(2, 1);
    await writeFiles(workspace, { 'models/toy/v2/model.tmp': bytes });
    await rename(join(workspace, 'models/toy/v2/model.tmp'), join(workspace, 'models/toy/v2/model.onnx'));
    expect(await verdictOn('v2', bytes)).toMatchObject({ run: { decision: { verdict: 'pass' } } });
    await expectOnlyWhole([first, bytes]);
  });

  it('tells of a half-written model once, and judges it when its writer has finished', async () => {
    const bytes = scorer(2, 1);
    await writeFiles(workspace, { 'models/toy/v2/model.onnx': bytes.subarray(0, 120) });
    expect(await refusalOf('models/toy/v2/model.onnx')).toMatchObject({ file: { code: 'model-incomplete' } });
    await writeFile(join(workspace, 'models/toy/v2/model.onnx'), bytes);
    await verdictOn('v2', bytes);
    expect(messages.filter(({ kind }) => kind === 'model-refused').length).toBe(1);
    await expectOnlyWhole([first, bytes]);
  });

  it('judges a model that is written in ten slow pieces only as a whole', async () => {
    const bytes = scorer(2, 1);
    await writeFiles(workspace, { 'models/toy/v2/model.onnx': new Uint8Array(0) });
    const file = await open(join(workspace, 'models/toy/v2/model.onnx'), 'w');
    for (let piece = 0; piece < 10; piece++) {
      await file.write(bytes, Math.floor((bytes.length * piece) / 10), Math.floor((bytes.length * (piece + 1)) / 10) - Math.floor((bytes.length * piece) / 10));
      await file.sync();
      // The writer's pace is what is tested.
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    await file.close();
    await verdictOn('v2', bytes);
    await expectOnlyWhole([first, bytes]);
  });

  it('judges what ten writers write at once, each file', async () => {
    const all = Array.from({ length: 10 }, (_, index) => ({ version: `w${index}`, bytes: scorer(1 + index, 1) }));
    await Promise.all(all.map(async ({ version, bytes }, index) => {
      const path = `models/toy/${version}/model.onnx`;
      if (index % 2 === 0) {
        await writeFiles(workspace, { [`${path}.tmp`]: bytes });
        await rename(join(workspace, `${path}.tmp`), join(workspace, path));
      } else await writeFiles(workspace, { [path]: bytes });
    }));
    for (const { version, bytes } of all) await verdictOn(version, bytes);
    await expectOnlyWhole([first, ...all.map(({ bytes }) => bytes)]);
  }, 120_000);

  it('judges a version anew when its file is replaced, and when a gate changes', async () => {
    const bytes = scorer(3, 2);
    await writeFile(join(workspace, 'models/toy/v1/model.onnx'), bytes);
    await verdictOn('v1', bytes);
    await writeFile(join(workspace, 'slipway.yaml'), config.replace('  - {metric: roc_auc, nonInferior: 0.05}\n', '').replace('min: 0.6', 'min: 0.99'));
    await until((message) => message.kind === 'run-finished' && message.run.digest === sha256(bytes) && message.run.decision.verdict === 'fail');
  });

  it('says what is wrong with a slipway.yaml saved half-way, and goes on when it is right again', async () => {
    await writeFile(join(workspace, 'slipway.yaml'), 'models:\n  toy: [');
    await until((message) => message.kind === 'problem' && message.problem.code === 'config-syntax');
    const bytes = scorer(2, 1);
    await writeFiles(workspace, { 'models/toy/v2/model.onnx': bytes, 'slipway.yaml': config });
    await verdictOn('v2', bytes);
  });
});
