import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, FeedMessage } from '../../protocol/feed.ts';
import type { ProblemBody } from '../../protocol/problem.ts';
import type { ShadowRecord, ShadowSummary } from '../../protocol/shadow.ts';
import { connect, type Connection } from '../../server/connection.ts';
import { tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { ask } from './ask.ts';

let workspace: string;
let owner: Connection;
const messages: FeedMessage[] = [];
let works = 0;

beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'slipway-shadows-')));
  await writeFiles(workspace, tinyWorkspace({ rows: 300 }));
  owner = await connect(workspace);
  owner.subscribe((message) => messages.push(message));
});
afterAll(async () => {
  await owner.close();
  await rm(workspace, { recursive: true });
});

const command: Extract<Command, { kind: 'replay' }> = { kind: 'replay', model: 'toy', candidate: 'v2', production: null, source: { of: 'dataset', name: 'current' }, intent: 'new-model', pace: null };

/** What is told about a piece of work, to its end. */
async function perform(given: Command, meanwhile: (work: string) => Promise<unknown> = async () => undefined): Promise<FeedMessage[]> {
  const work = `shadows-${++works}-work`;
  const from = messages.length;
  const finished = new Promise<void>((resolve) => {
    const unsubscribe = owner.subscribe((message) => {
      if (message.kind !== 'work-finished' || message.work !== work) return;
      unsubscribe();
      resolve();
    });
  });
  await owner.submit(work, given);
  await meanwhile(work);
  await finished;
  return messages.slice(from);
}

const saved = async (model?: string): Promise<ShadowSummary[]> => (await ask<ShadowSummary[]>(owner, 'GET', `/v1/shadows${model === undefined ? '' : `?model=${model}`}`)).body;

describe('a replay', () => {
  it('that is cancelled saves nothing', async () => {
    const told = await perform(command, (work) => owner.cancel(work));
    expect(told.some(({ kind }) => kind === 'shadow-changed')).toBe(false);
    expect(await saved()).toEqual([]);
  });

  it('is told once it is saved, listed by its model and read by the first letters of its id', async () => {
    const told = await perform(command);
    const changed = told.find((message) => message.kind === 'shadow-changed');
    const [summary] = await saved('toy');
    expect(changed).toMatchObject({ shadow: summary });
    expect(summary).toMatchObject({ model: 'toy', production: 'v1', candidate: 'v2', kind: 'replay', compared: 600 });
    const { body } = await ask<ShadowRecord>(owner, 'GET', `/v1/shadows/${summary.id.slice(0, 20)}`);
    expect(body.summary).toEqual(summary);
    expect(await saved('other')).toEqual([]);
    expect(await ask<ProblemBody>(owner, 'GET', '/v1/shadows/s-none')).toMatchObject({ status: 404, body: { code: 'run-missing' } });
  });

  it.each([
    ['without a source', { source: undefined }],
    ['of no kind of source', { source: { of: 'queue', name: 'x' } }],
    ['of a log whose times are none', { source: { of: 'log', from: 'yesterday' } }],
    ['with another intent', { intent: 'curious' }],
    ['at no pace', { pace: 0 }],
    ['without a candidate', { candidate: 4 }],
  ])('%s is refused before anything is done', async (_title, change) => {
    const { status, body } = await ask<ProblemBody>(owner, 'POST', '/v1/work', JSON.stringify({ work: 'refused-work', command: { ...command, ...change } }));
    expect([status, body.code]).toEqual([400, 'request-invalid']);
  });
});
