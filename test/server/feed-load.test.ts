import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { FeedMessage, Snapshot } from '../../protocol/feed.ts';
import { followSnapshot } from '../../protocol/follow-snapshot.ts';
import { openFeed, type Feed, type Told } from '../../server/feed.ts';
import { openControlPlane, type ControlPlane } from '../../server/http.ts';
import { ask } from './ask.ts';
import { fakeSlipway } from './fake-slipway.ts';

const token = 'a-token-of-this-test';
let folder: string;
let plane: ControlPlane;
let feed: Feed;
/** What the server knows; its feed and its snapshots tell of this. */
let known: Snapshot;

beforeEach(async () => {
  known = { problem: null, models: [], refused: [], runs: [], batches: [], active: [], serving: null };
  feed = openFeed({
    slipway: '0.0.0',
    workspace: '/workspace',
    // As a database does, it takes a few turns to answer, with what is there at the end of them.
    async snapshot() {
      for (let turn = 0; turn < 5; turn++) await nextTurn();
      return known;
    },
  });
  feed.subscribe((message) => (known = followSnapshot(known, message)));
  folder = await mkdtemp(join(tmpdir(), 'slipway-feed-'));
  plane = await openControlPlane({ slipway: { ...fakeSlipway().slipway, feed }, socket: join(folder, 's'), token });
});
afterEach(async () => {
  await plane.close();
  feed.close();
  await rm(folder, { recursive: true });
});

/** A client that follows the feed by its rules, from whenever it comes. */
function follow(): { until(sequence: number): Promise<Snapshot>; told(): number } {
  const socket = new WebSocket(`ws+unix://${plane.socket}:/v1/feed`, { headers: { host: 'localhost', authorization: `Bearer ${token}` } });
  let snapshot: Snapshot | null = null;
  let sequence = -1;
  let told = 0;
  let early: FeedMessage[] = [];
  let notice = (): void => {};
  const hear = (message: FeedMessage): void => {
    if (snapshot === null || message.kind === 'hello') return;
    if ('sequence' in message) {
      if (message.sequence <= sequence) return;
      expect(message.sequence).toBe(sequence + 1);
      sequence = message.sequence;
    }
    snapshot = followSnapshot(snapshot, message);
  };
  socket.on('message', (data: Buffer) => {
    told++;
    const message = JSON.parse(data.toString()) as FeedMessage;
    if (message.kind === 'snapshot') {
      ({ snapshot, sequence } = message);
      for (const waited of early) hear(waited);
      early = [];
    } else if (snapshot === null) early.push(message);
    else hear(message);
    notice();
  });
  return {
    told: () => told,
    until: (wanted) =>
      new Promise((resolve, reject) => {
        socket.once('close', () => reject(new Error('the feed closed')));
        notice = () => {
          if (sequence < wanted || snapshot === null) return;
          resolve(snapshot);
          socket.terminate();
        };
        notice();
      }),
  };
}

/** One in three is progress; the others begin and end work, refuse files and judge batches. */
function message(index: number): Told | null {
  const work = `work-${Math.floor(index / 12)}`;
  switch (index % 12) {
    case 0:
      return { kind: 'work-started', work, command: { kind: 'run' } };
    case 1:
      return { kind: 'run-started', work, run: `run-${index}`, model: 'm', version: 'v1' };
    case 4:
      return { kind: 'model-refused', work, file: { path: `models/${index % 7}.onnx`, code: 'model-refused', message: `for the ${index}th time` } };
    case 7:
      return { kind: 'batch-checked', work, batch: { id: `batch-${index % 40}`, name: 'current', dataset: 'current', digest: '', checkedAt: '', rows: index, failing: 0, moved: 0, inconclusive: 0, effects: {} } };
    case 9:
      return { kind: 'config-changed', problem: null };
    case 11:
      return Math.floor(index / 12) % 3 === 0 ? null : { kind: 'work-finished', work, state: 'done', runs: [], batches: [] };
    default:
      return null;
  }
}

describe('the feed under a thousand messages at a time', () => {
  it('P18, P19, P22: brings every client to the same state, whenever it came, and lets others be served', async () => {
    const clients = [follow()];
    let sequence = 0;
    let served = 0;
    let over = false;
    const others = (async () => {
      while (!over) if ((await ask({ address: { socket: plane.socket, token } }, 'GET', '/v1/outline')).status === 200) served++;
    })();
    for (let index = 0; index < 4_800; index++) {
      const told = message(index);
      if (told === null) feed.progress({ work: `work-${Math.floor(index / 12)}`, step: 'predict', subject: 'holdout', done: index, total: 4_800, unit: 'rows' });
      else {
        feed.tell(told);
        sequence++;
      }
      if (index % 600 === 300) clients.push(follow());
      if (index % 50 === 0) await nextTurn();
    }
    const states = await Promise.all(clients.map((client) => client.until(sequence)));
    over = true;
    await others;
    expect(clients.length).toBe(9);
    expect(known.active.length).toBeGreaterThan(50);
    const settled = ({ active, ...rest }: Snapshot) => ({ ...rest, active: active.map(({ work, run }) => ({ work, run })) });
    for (const state of states) expect(settled(state)).toEqual(settled(known));
    expect(served).toBeGreaterThan(2);
  });

  it('is written out once for all clients', async () => {
    const clients = Array.from({ length: 8 }, follow);
    await Promise.all(clients.map(async (client) => {
      while (client.told() < 2) await nextTurn();
    }));
    let written = 0;
    const file = { path: 'models/a.onnx', code: 'model-refused' as const, message: '', toJSON: () => ((written++, { path: 'models/a.onnx', code: 'model-refused', message: '' })) };
    feed.tell({ kind: 'model-refused', work: 'w', file });
    const states = await Promise.all(clients.map((client) => client.until(1)));
    expect(written).toBe(1);
    expect(states.every(({ refused }) => refused.length === 1)).toBe(true);
  });
});
