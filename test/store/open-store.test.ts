import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BatchReport, BatchSummary, RunReport, RunSummary } from '../../protocol/run.ts';
import type { ShadowRecord } from '../../protocol/shadow.ts';
import { openDatabase } from '../../server/engines/duckdb.ts';
import { openStore } from '../../server/store/open-store.ts';

let folder: string;
const now = () => new Date('2026-01-02T03:04:05Z');

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'slipway-store-')), '.slipway');
});
afterEach(() => rm(join(folder, '..'), { recursive: true }));

function runOf(id: string): [RunReport, RunSummary] {
  const summary: RunSummary = {
    id,
    model: 'm',
    version: 'v1',
    digest: 'd',
    role: 'candidate',
    startedAt: '2026-01-02T03:04:05.000Z',
    milliseconds: 5,
    decision: { verdict: 'pass', sentence: `run ${id}`, blocking: [], warnings: [], counts: { pass: 1, fail: 0, inconclusive: 0, error: 0 } },
    headline: { 'holdout.roc_auc': 0.7 },
  };
  return [{ schema: 'slipway.run/1', id } as RunReport, summary];
}

async function saved(ids: string[]): Promise<void> {
  const store = await openStore(folder, now);
  for (const id of ids) await store.saveRun(...runOf(id), `key-${id}`);
  await store.close();
}

describe('the store', () => {
  it('finds a run by id, by a prefix of it and by what it rests on', async () => {
    await saved(['r-aa1', 'r-ab2']);
    const store = await openStore(folder, now);
    expect((await store.readRun('r-ab')).id).toBe('r-ab2');
    expect((await store.findRun('key-r-aa1'))?.id).toBe('r-aa1');
    expect(await store.findRun('key-none')).toBeNull();
    await expect(store.readRun('r-a')).rejects.toMatchObject({ code: 'run-missing' });
    await expect(store.readRun('r-zz')).rejects.toMatchObject({ code: 'run-missing' });
    expect((await store.runs()).map((run) => run.id)).toEqual(['r-ab2', 'r-aa1']);
    await store.close();
  });

  it('a second owner is refused while the first is open', async () => {
    const store = await openStore(folder, now);
    await expect(openStore(folder, now)).rejects.toMatchObject({ code: 'store-locked' });
    await store.close();
  });

  it('rebuilds a database that is lost, and says so', async () => {
    await saved(['r-1', 'r-2']);
    await rm(join(folder, 'slipway.duckdb'));
    const store = await openStore(folder, now);
    expect(store.notes).toEqual(['2 saved entries were re-applied from the journal']);
    expect((await store.runs()).map((run) => run.id)).toEqual(['r-2', 'r-1']);
    await store.close();
  });

  it.each([
    ['garbage in its place', async (path: string) => writeFile(path, 'not a database '.repeat(1000))],
    ['a flipped byte in its header', async (path: string) => flip(path, 20)],
    ['every byte of its first blocks zeroed', async (path: string) => zero(path)],
  ])('sets a database with %s aside and rebuilds it from the journal', async (_, damage) => {
    await saved(['r-1', 'r-2']);
    await damage(join(folder, 'slipway.duckdb'));
    const store = await openStore(folder, now);
    expect((await store.runs()).map((run) => run.id)).toEqual(['r-2', 'r-1']);
    expect(store.notes.join(' ')).toMatch(/set aside.*re-applied/s);
    await store.close();
    expect((await readdir(folder)).filter((name) => name.includes('.corrupt-')).length).toBeGreaterThan(0);
  });

  it('keeps statements of a model in their order, and has them again when the database is rebuilt', async () => {
    const statement = { model: 'm', criterion: 'encryption at rest', by: 'Ada', text: 'ticket 12', at: '2026-01-02T03:04:05.000Z', expires: null };
    const store = await openStore(folder, now);
    for (const each of [statement, { ...statement, model: 'other' }, { ...statement, text: 'ticket 13' }]) await store.saveStatement(each);
    await store.close();
    await rm(join(folder, 'slipway.duckdb'));
    const rebuilt = await openStore(folder, now);
    expect((await rebuilt.statements('m')).map(({ text }) => text)).toEqual(['ticket 12', 'ticket 13']);
    expect(await rebuilt.statements('nobody')).toEqual([]);
    await rebuilt.close();
  });

  it('keeps comparisons, the latest of each in place of what it was, also when the database is rebuilt', async () => {
    const record = (id: string, compared: number, candidate = 'c'): ShadowRecord =>
      ({ summary: { id, model: 'm', compared }, report: { production: { digest: 'p' }, candidate: { digest: candidate } }, worst: [], points: [], pointsOf: 0 }) as unknown as ShadowRecord;
    const store = await openStore(folder, now);
    for (const each of [record('s-1', 10), record('s-2', 5, 'other'), record('s-1', 20)]) await store.saveShadow(each);
    await store.close();
    await rm(join(folder, 'slipway.duckdb'));
    const rebuilt = await openStore(folder, now);
    expect((await rebuilt.shadows({ model: 'm' })).map(({ id, compared }) => [id, compared])).toEqual([['s-2', 5], ['s-1', 20]]);
    expect(await rebuilt.shadows({ model: 'nobody' })).toEqual([]);
    expect((await rebuilt.readShadow('s-1')).summary.compared).toBe(20);
    expect((await rebuilt.findShadow('m', 'p', 'c')).map(({ compared }) => compared)).toEqual([20]);
    expect(await rebuilt.findShadow('m', 'c', 'p')).toEqual([]);
    await expect(rebuilt.readShadow('s-')).rejects.toThrow(/more than one of the saved comparisons/);
    await rebuilt.close();
  });

  it('refuses a report whose bytes are not those that were saved', async () => {
    await saved(['r-1']);
    const blobs = join(folder, 'blobs', 'sha256');
    const [prefix] = await readdir(blobs);
    const [file] = await readdir(join(blobs, prefix));
    await flip(join(blobs, prefix, file), 30);
    const store = await openStore(folder, now);
    await expect(store.readRun('r-1')).rejects.toMatchObject({ code: 'store-corrupt' });
    await store.close();
  });

  it('says of a damaged batch report that there is none, so that it is made again', async () => {
    const store = await openStore(folder, now);
    const summary: BatchSummary = { id: 'b-1', name: 'current', dataset: 'current', digest: 'd', checkedAt: '2026-01-02T03:04:05.000Z', rows: 1, failing: 0, moved: 0, inconclusive: 0, effects: {} };
    const report = { schema: 'slipway.batch/1', id: 'b-1' } as BatchReport;
    await store.saveBatch(report, summary, 'key');
    expect(await store.findBatch('key')).toEqual(report);
    const blobs = join(folder, 'blobs', 'sha256');
    const [prefix] = await readdir(blobs);
    const [file] = await readdir(join(blobs, prefix));
    await flip(join(blobs, prefix, file), 30);
    expect(await store.findBatch('key')).toBeNull();
    await store.saveBatch(report, summary, 'key');
    expect(await store.findBatch('key')).toEqual(report);
    await store.close();
  });

  it('keeps decisions that are saved at the same time in one order, in journal and database', async () => {
    const store = await openStore(folder, now);
    await Promise.all(Array.from({ length: 20 }, (_, i) => store.saveRun(...runOf(`r-${i}`), `key-${i}`)));
    const order = (await store.runs()).map(({ id }) => id);
    await store.close();
    const again = await openStore(folder, now);
    expect(again.notes).toEqual([]);
    expect((await again.runs()).map(({ id }) => id)).toEqual(order);
    await again.close();
  });

  it('says what stands in the way where nothing can be saved, and takes no database for broken', async () => {
    await writeFile(folder, 'a file where the folder should be');
    await expect(openStore(folder, now)).rejects.toMatchObject({ code: 'file-unwritable', where: { path: folder } });
  });

  it('refuses a database that a newer Slipway has written, and leaves it as it is', async () => {
    await saved(['r-1']);
    const database = await openDatabase(join(folder, 'slipway.duckdb'));
    await database.run('INSERT INTO schema_version VALUES (99)');
    await database.close();
    await expect(openStore(folder, now)).rejects.toMatchObject({ code: 'store-newer' });
    expect((await readdir(folder)).filter((name) => name.includes('.corrupt-'))).toEqual([]);
  });

  it('keeps its folder private and out of git', async () => {
    await saved([]);
    expect((await stat(folder)).mode & 0o077).toBe(0);
    expect(await readdir(folder)).toContain('.gitignore');
  });
});

async function flip(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, offset);
  byte[0] ^= 0xff;
  await file.write(byte, 0, 1, offset);
  await file.close();
}

async function zero(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(12_288), 0, 12_288, 0);
  await file.close();
}
