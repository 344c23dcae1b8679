import { mkdtemp, readdir, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../protocol/feed.ts';
import { routeOf } from '../../protocol/view.ts';
import type { ConfigOutline } from '../../protocol/workspace.ts';
import { connect, type Connection } from '../../server/connection.ts';
import { config, points, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { ask } from './ask.ts';

let workspace: string;
let owner: Connection;

beforeEach(async () => void (workspace = await realpath(await mkdtemp(join(tmpdir(), 'slipway-set-up-')))));
afterEach(async () => {
  await owner.close();
  await rm(workspace, { recursive: true });
});

/** All that is told of one set-up, to its end; `each` may act on what it hears. */
async function setUp(each: (message: FeedMessage) => void = () => {}): Promise<FeedMessage[]> {
  owner = await connect(workspace);
  const told: FeedMessage[] = [];
  const finished = new Promise<void>((resolve) => {
    owner.subscribe((message) => {
      told.push(message);
      each(message);
      if (message.kind === 'work-finished') resolve();
    });
  });
  await owner.submit('set-up-work', { kind: 'set-up' });
  await finished;
  return told;
}

const of = <K extends FeedMessage['kind']>(told: FeedMessage[], kind: K): Extract<FeedMessage, { kind: K }>[] => told.filter((message): message is Extract<FeedMessage, { kind: K }> => message.kind === kind);
const ending = (told: FeedMessage[]): string | undefined => of(told, 'work-finished')[0]?.state;

describe('the command that sets a workspace up', () => {
  it('writes a slipway.yaml that can be judged by, says what it guessed, and how far it is', async () => {
    const { 'slipway.yaml': _, ...files } = tinyWorkspace({ rows: 200 });
    await writeFiles(workspace, files);
    const told = await setUp();
    expect(ending(told)).toBe('done');
    expect(of(told, 'was-set-up')).toEqual([expect.objectContaining({ path: join(workspace, 'slipway.yaml'), notes: expect.any(Array) })]);
    const progress = of(told, 'progress').map((message) => message.progress);
    expect(progress.map(({ done, total, unit, step }) => [done, total, unit, step])).toEqual([0, 1, 2, 3].map((done) => [done, 4, 'files', 'profile']));
    expect(progress.map(({ subject }) => subject)).toContain('data/holdout.csv');
    // In this order: it is there, then its outline can be read.
    expect(told.filter(({ kind }) => kind === 'was-set-up' || kind === 'config-changed' || kind === 'work-finished').map(({ kind }) => kind)).toEqual(['was-set-up', 'config-changed', 'work-finished']);
    expect(of(told, 'config-changed')).toMatchObject([{ problem: null }]);
    const { body } = await ask<ConfigOutline>(owner, 'GET', routeOf({ ask: 'outline' }));
    expect(body.models.map(({ name }) => name)).toEqual(['toy']);
    expect((await owner.snapshot()).problem).toBeNull();
  });

  it('never touches a slipway.yaml that is there', async () => {
    await writeFiles(workspace, { ...tinyWorkspace({ rows: 100 }), 'slipway.yaml': `# mine\n${config}` });
    const told = await setUp();
    expect([ending(told), of(told, 'problem').map(({ problem }) => problem.code), of(told, 'was-set-up')]).toEqual(['failed', ['config-exists'], []]);
    expect(await readFile(join(workspace, 'slipway.yaml'), 'utf8')).toBe(`# mine\n${config}`);
  });

  it('says of an empty folder that there is nothing to judge, and writes nothing', async () => {
    const told = await setUp();
    expect([ending(told), of(told, 'problem').map(({ problem }) => problem.code)]).toEqual(['failed', ['model-missing']]);
    expect(await readdir(workspace)).toEqual(['.slipway']);
  });

  it('leaves out what cannot be read, and says why', async () => {
    const { 'slipway.yaml': _, ...files } = tinyWorkspace({ rows: 100 });
    await writeFiles(workspace, { ...files, 'models/toy/v9/model.onnx': '{"not": "a model"}', 'data/empty.csv': '' });
    const told = await setUp();
    expect(ending(told)).toBe('done');
    const [{ notes }] = of(told, 'was-set-up');
    for (const path of ['models/toy/v9/model.onnx', 'data/empty.csv']) expect(notes.filter((note) => note.startsWith(`${path} is left out: `))).toHaveLength(1);
  });

  it('writes nothing when it is cancelled, whenever that is', async () => {
    await writeFiles(workspace, { 'data/a.csv': points(2_000, 1), 'data/b.csv': points(2_000, 2), 'data/c.csv': points(2_000, 3) });
    for (const cancelledAt of ['data/a.csv', 'data/c.csv']) {
      const told = await setUp((message) => {
        if (message.kind === 'progress' && message.progress.subject === cancelledAt) void owner.cancel('set-up-work');
      });
      expect([ending(told), of(told, 'was-set-up'), of(told, 'problem')]).toEqual(['cancelled', [], []]);
      expect((await readdir(workspace)).sort()).toEqual(['.slipway', 'data']);
      await owner.close();
    }
    // And can be asked for again.
    expect(ending(await setUp())).toBe('done');
  });

  it('waits its turn, so that two of them write one file', async () => {
    await writeFiles(workspace, { 'data/a.csv': points(500, 1) });
    owner = await connect(workspace);
    const states = new Map<string, string>();
    const both = new Promise<void>((resolve) => {
      owner.subscribe((message) => {
        if (message.kind === 'work-finished') states.set(message.work, message.state);
        if (states.size === 2) resolve();
      });
    });
    await Promise.all(['set-up-one', 'set-up-two'].map((work) => owner.submit(work, { kind: 'set-up' })));
    await both;
    expect([...states]).toEqual([['set-up-one', 'done'], ['set-up-two', 'failed']]);
  });
});
