import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Command, FeedMessage } from '../../protocol/feed.ts';
import { openSlipway, type Slipway } from '../../server/main.ts';
import { config, points, writeFiles } from '../cli/tiny-workspace.ts';

let workspace: string;
let slipway: Slipway;
let told: FeedMessage[];
const now = () => new Date('2026-01-02T03:04:05Z');
const stated: Command = { kind: 'state', model: 'toy', criterion: 'encryption at rest', by: 'Ada', text: 'ticket 12', expires: null };

beforeEach(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'slipway-readiness-')));
  await writeFiles(workspace, { 'slipway.yaml': `${config}readiness: [{criterion: encryption at rest, by: Ada}]\n`, 'data/reference.csv': points(200, 1), 'data/holdout.csv': points(200, 2), 'data/current/1.csv': points(200, 3) });
  slipway = await openSlipway({ workspace, now });
  told = [];
  slipway.feed.subscribe((message) => told.push(message));
});
afterEach(async () => {
  await slipway.close();
  await rm(workspace, { recursive: true });
});

describe('a statement', () => {
  it('is saved, told, and counts at once', async () => {
    slipway.submit('work-1', stated);
    await slipway.idle();
    expect(told.map(({ kind }) => kind)).toEqual(['work-started', 'stated', 'work-finished']);
    expect(told[1]).toMatchObject({ work: 'work-1', statement: { model: 'toy', criterion: 'encryption at rest', by: 'Ada', text: 'ticket 12', at: '2026-01-02T03:04:05.000Z', expires: null } });
    const { criteria } = await slipway.readiness('toy');
    expect(criteria.find(({ criterion }) => criterion === 'encryption at rest')).toMatchObject({ state: 'pass' });
  });

  it('P17: does not wait for the work that is under way', async () => {
    slipway.submit('work-1', { kind: 'check', path: join(workspace, 'data/current/1.csv') });
    slipway.submit('work-2', stated);
    await slipway.idle();
    const kinds = told.map((message) => ('work' in message ? `${message.kind} ${message.work}` : message.kind));
    expect(kinds.indexOf('stated work-2')).toBeGreaterThan(kinds.indexOf('work-started work-1'));
    expect(kinds.indexOf('stated work-2')).toBeLessThan(kinds.indexOf('work-finished work-1'));
  });

  it('that nobody asks for is refused, and nothing is saved', async () => {
    slipway.submit('work-1', { ...stated, by: 'Bob' });
    slipway.submit('work-2', { ...stated, model: 'nobody' });
    await slipway.idle();
    const problems = told.flatMap((message) => (message.kind === 'problem' ? [message.problem.code] : []));
    expect(problems.sort()).toEqual(['model-missing', 'statement-refused']);
    expect(told.flatMap((message) => (message.kind === 'work-finished' ? [message.state] : []))).toEqual(['failed', 'failed']);
    expect(await slipway.store.statements('toy')).toEqual([]);
  });
});

describe('readiness', () => {
  it('of a model nobody wrote down is refused', async () => {
    await expect(slipway.readiness('nobody')).rejects.toMatchObject({ code: 'model-missing' });
  });

  it('takes the newest batch as evidence before any model is there', async () => {
    const stateOf = async () => (await slipway.readiness('toy')).criteria.find(({ criterion }) => criterion === 'data quality of current');
    expect(await stateOf()).toMatchObject({ state: 'missing', text: 'data/current/1.csv has not been checked', next: '`slipway check data/current/1.csv`' });
    slipway.submit('work-1', { kind: 'check', path: join(workspace, 'data/current/1.csv') });
    await slipway.idle();
    expect(await stateOf()).toMatchObject({ state: 'pass', evidence: { kind: 'batch' } });
    await writeFiles(workspace, { 'data/current/2.csv': points(200, 4) });
    expect(await stateOf()).toMatchObject({ state: 'missing', text: 'data/current/2.csv has not been checked' });
  });
});
