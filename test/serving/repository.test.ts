import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Tensor, TensorMap } from '../../server/engines/tensor.ts';
import { openRepository, type Repository } from '../../server/serving/repository.ts';
import type { ServedVersion, ServingSettings, VersionToServe } from '../../server/serving/served-version.ts';
import { scorer } from '../cli/tiny-workspace.ts';

const settings: ServingSettings = {
  batch: { maxBatchRows: 32, preferredBatchRows: [], maxQueueDelayUs: 0, preserveOrdering: false, maxQueueRows: { interactive: 256, batch: 256, shadow: 256 }, timeoutMs: 30_000, timeoutAction: 'reject' },
  hosts: 1,
  cached: false,
  providers: ['cpu'],
  threads: 1,
  deadlineMs: 30_000,
  memoryBytesMax: 1e9,
};
const clock = { nowUs: () => performance.now() * 1000, after: (us: number, act: () => void) => { const timer = setTimeout(act, us / 1000); return () => clearTimeout(timer); } };

let folder: string;
let repository: Repository;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'slipway-repository-'))));
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => void (repository = openRepository({ settings, clock, now: Date.now, onChange: () => {} })));
afterEach(() => repository.close());

async function version(model: string, name: string, bytes: Uint8Array): Promise<VersionToServe> {
  const digest = createHash('sha256').update(bytes).digest('hex');
  const file = join(folder, `${digest}.onnx`);
  await writeFile(file, bytes);
  return { model, version: name, digest, path: `models/${model}/${name}/model.onnx`, file, sha256: digest, externalSha256: new Map() };
}

const settled = (): Promise<unknown> => Promise.all(repository.models().flatMap((model) => repository.versions(model).map((served) => served.settled)));
const column = (value: number): Tensor => ({ datatype: 'float32', shape: [1, 1], data: Float32Array.of(value) });
const inputs: TensorMap = new Map([['a', column(1)], ['b', column(0)]]);
const score = async (served: ServedVersion): Promise<number> => Number((await served.infer({ inputs, outputs: null, priority: 'interactive', timeoutMs: null })).outputs.get('score')?.data[0 as never]);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

async function eventually(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !holds(); ) {
    if (Date.now() > end) throw new Error('it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a repository', () => {
  it('finds versions by name, number and digest, and says what it has where it has not', async () => {
    await repository.sync([await version('m', 'v10', scorer(1, 0)), await version('m', 'v2', scorer(2, 0)), await version('m', 'final', scorer(3, 0)), await version('m', 'v2-int8', scorer(4, 0))]);
    await settled();
    const named = repository.find('m', 'v2');
    expect(repository.find('m', '2')).toBe(named);
    expect(repository.find('m', `sha256:${named.about.digest}`)).toBe(named);
    expect(['final', 'v2', 'v2-int8', 'v10'].map((name) => repository.aliasOf(repository.find('m', name)))).toEqual([1, 2, 3, 10]);
    expect(() => repository.find('m', 'v3')).toThrow(expect.objectContaining({ code: 'model-not-served', message: expect.stringContaining('m has v10, v2, final, v2-int8') }));
    expect(() => repository.versions('n')).toThrow(expect.objectContaining({ code: 'model-not-served', message: 'n is not served: there are m' }));
  });

  it('serves the old form until the new one is ready, and goes back to it without loading', async () => {
    const [old, next] = [await version('m', 'v1', scorer(1, 0)), await version('m', 'v1', scorer(2, 0))];
    await repository.sync([old]);
    await settled();
    const first = repository.find('m', 'v1');
    await repository.sync([next]);
    expect(repository.find('m', 'v1')).toBe(first);
    await eventually(() => repository.find('m', 'v1') !== first);
    expect(await score(repository.find('m', 'v1'))).toBeCloseTo(sigmoid(2), 5);
    expect(await repository.restore('m', 'v1')).toBe(true);
    expect(repository.find('m', 'v1')).toBe(first);
    expect(await score(first)).toBeCloseTo(sigmoid(1), 5);
    // The file has not changed since somebody went back from it: looking at it again changes nothing.
    await repository.sync([next]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(repository.find('m', 'v1')).toBe(first);
  });

  it('keeps what works where what comes cannot be loaded', async () => {
    await repository.sync([await version('m', 'v1', scorer(1, 0))]);
    await settled();
    const first = repository.find('m', 'v1');
    await repository.sync([await version('m', 'v1', Buffer.from('no model'))]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(repository.find('m', 'v1')).toBe(first);
    expect(await score(first)).toBeCloseTo(sigmoid(1), 5);
  });

  it('says why a version cannot be served, in the name that people know', async () => {
    const broken = await version('m', 'v1', Buffer.from('no model'));
    await repository.sync([broken]);
    await settled();
    const [{ state, reason }] = repository.index();
    expect([state, reason]).toEqual(['UNAVAILABLE', expect.stringContaining('models/m/v1/model.onnx')]);
    expect(reason).not.toContain(folder);
    await expect(repository.load('m')).rejects.toMatchObject({ code: 'not-ready' });
  });

  it('answers what it has taken before it lets go of a model, and loads it again when asked', async () => {
    await repository.sync([await version('m', 'v1', scorer(1, 0))]);
    await settled();
    const served = repository.find('m', 'v1');
    const answers = Promise.all(Array.from({ length: 50 }, () => score(served)));
    await repository.unload('m');
    expect((await answers).every((answer) => Math.abs(answer - sigmoid(1)) < 1e-5)).toBe(true);
    expect(repository.index()).toEqual([{ name: 'm', version: 'v1', state: 'UNAVAILABLE', reason: 'unloaded' }]);
    expect(() => repository.find('m', 'v1')).toThrow(expect.objectContaining({ code: 'model-not-served', message: expect.stringContaining('the model was unloaded') }));
    await repository.load('m');
    expect(await score(repository.find('m', 'v1'))).toBeCloseTo(sigmoid(1), 5);
  });

  it('lets go of versions that have gone from the workspace', async () => {
    const [one, two] = [await version('m', 'v1', scorer(1, 0)), await version('n', 'v1', scorer(2, 0))];
    await repository.sync([one, two]);
    await settled();
    await repository.sync([one]);
    expect(repository.models()).toEqual(['m']);
  });
});
