import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { registerModel, registerModels, registerWhenComplete, type Registration } from '../../server/registry/register-model.ts';
import { scorer } from '../cli/tiny-workspace.ts';
import { float, graph, model, node, tensor, value } from '../hostile/onnx-writer.ts';

let folder: string;
let into: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-registry-'));
  into = join(folder, 'copies');
  path = join(folder, 'model.onnx');
});
afterEach(() => rm(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Big enough that a copy takes several reads. */
function large(seed: number): Uint8Array {
  const weights = new Float32Array(1 << 20).fill(seed);
  return model({ graph: graph({ nodes: [node('Add', ['x', 'w'], ['y'])], inputs: [value('x', float, ['N', 1 << 20])], outputs: [value('y', float, ['N', 1 << 20])], initializers: [tensor({ name: 'w', shape: [1 << 20], raw: new Uint8Array(weights.buffer) })] }) });
}

/** The copy is there, and is what its digest says. */
async function expectWhole(registration: Registration, bytes: Uint8Array): Promise<void> {
  expect(registration).toMatchObject({ kind: 'registered', model: { digest: sha256(bytes), bytes: bytes.length } });
  if (registration.kind === 'registered') expect(sha256(await readFile(registration.model.file))).toBe(sha256(bytes));
}

/** No copy is anything but a whole model, and nothing half-done is left beside them. */
async function expectOnlyWholeCopies(): Promise<void> {
  for (const name of await readdir(into)) {
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    expect(sha256(await readFile(join(into, name, 'model.onnx')))).toBe(name);
  }
}

/** What a writer does while somebody waits for the file, one act for each wait. */
function during(...acts: (() => Promise<unknown>)[]): { delaysMs: number[]; sleep: () => Promise<void> } {
  const rest = [...acts];
  return { delaysMs: [1, 2, 3, 4, 5], sleep: async () => void (await rest.shift()?.()) };
}

describe('registering a model file', () => {
  it('waits for a file that is written slowly, and takes it once it is whole', async () => {
    const bytes = large(1);
    const part = (share: number) => async () => writeFile(path, bytes.subarray(0, Math.floor(bytes.length * share)));
    await part(0.1)();
    await expectWhole(await registerWhenComplete(path, into, during(part(0.4), part(0.7), part(1))), bytes);
    await expectOnlyWholeCopies();
  });

  it('waits for a file that was given its size first and is filled afterwards', async () => {
    const bytes = large(2);
    const file = await open(path, 'w');
    await file.truncate(bytes.length);
    await expectWhole(await registerWhenComplete(path, into, during(() => file.write(bytes, 0, bytes.length / 2, 0), () => file.write(bytes, 0, bytes.length, 0))), bytes);
    await file.close();
  });

  it('takes a file that replaces another by rename, whole', async () => {
    await writeFile(path, scorer(1, 1).subarray(0, 50));
    const bytes = scorer(2, 2);
    await writeFile(`${path}.tmp`, bytes);
    await expectWhole(await registerWhenComplete(path, into, during(() => rename(`${path}.tmp`, path))), bytes);
  });

  it('says of a file that stays half-written that it is incomplete, and looks no more than twice', async () => {
    await writeFile(path, large(3).subarray(0, 1000));
    let waits = 0;
    const registration = await registerWhenComplete(path, into, { delaysMs: [1, 2, 3, 4, 5], sleep: async () => void waits++ });
    expect(registration.kind).toBe('incomplete');
    expect(waits).toBeLessThanOrEqual(2);
    expect(await readdir(into)).toEqual([]);
  });

  it('takes, of two versions that replace each other all the time, only whole ones', async () => {
    const versions = [large(4), large(5)];
    await writeFile(path, versions[0]);
    let replacing = true;
    const writer = (async () => {
      for (let turn = 0; replacing; turn++) {
        await writeFile(`${path}.tmp`, versions[turn % 2]);
        await rename(`${path}.tmp`, path);
      }
    })();
    const seen = new Set<string>();
    for (let look = 0; look < 20; look++) {
      const registration = await registerModel(path, into);
      seen.add(registration.kind === 'registered' ? registration.model.digest : registration.kind);
    }
    replacing = false;
    await writer;
    expect([...seen].filter((each) => each !== 'incomplete' && !versions.map(sha256).includes(each))).toEqual([]);
    await expectOnlyWholeCopies();
  });

  it('never takes a mixture of two writers who write over each other in place', async () => {
    const versions = [large(6), large(7)];
    await writeFile(path, versions[0]);
    const file = await open(path, 'r+');
    let writing = true;
    const writer = (async () => {
      for (let turn = 0; writing; turn++) for (let at = 0; at < versions[0].length && writing; at += 1 << 16) await file.write(versions[turn % 2], at, Math.min(1 << 16, versions[0].length - at), at);
    })();
    const found: Registration[] = [];
    for (let look = 0; look < 10; look++) found.push(await registerModel(path, into));
    writing = false;
    await writer;
    await file.close();
    expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['incomplete']));
    await expectOnlyWholeCopies();
  });

  it('registers the files of ten writers at once, each whole', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, async (_, index) => {
      const bytes = scorer(index, 1);
      const file = join(folder, `m${index}.onnx`);
      await writeFile(file, bytes.subarray(0, 100));
      return { file, bytes };
    }));
    let finished: Promise<unknown> | undefined;
    const finishAll = () => (finished ??= Promise.all(all.map(({ file, bytes }) => writeFile(file, bytes))));
    const registrations = await registerModels(all.map(({ file }) => file), into, new Map(), { delaysMs: [1, 2, 3], sleep: async () => void (await finishAll()) });
    for (const [index, registration] of registrations.entries()) await expectWhole(registration, all[index].bytes);
    await expectOnlyWholeCopies();
  });

  it('keeps one copy of the same bytes, however often they are registered', async () => {
    await writeFile(path, scorer(1, 2));
    await Promise.all(Array.from({ length: 8 }, () => registerModel(path, into)));
    expect(await readdir(into)).toEqual([sha256(scorer(1, 2))]);
  });

  it('counts external weights as part of the version, and both must be there', async () => {
    const weights = join(folder, 'weights.bin');
    const bytes = model({ graph: graph({ nodes: [node('Add', ['x', 'w'], ['y'])], inputs: [value('x', float, ['N', 4])], outputs: [value('y', float, ['N', 4])], initializers: [tensor({ name: 'w', shape: [4], external: { location: 'weights.bin' } })] }) });
    await writeFile(path, bytes);
    await writeFile(weights, new Uint8Array(16));
    const first = await registerModel(path, into);
    await writeFile(weights, new Uint8Array(16).fill(1));
    const second = await registerModel(path, into);
    expect([first.kind, second.kind]).toEqual(['registered', 'registered']);
    if (first.kind === 'registered' && second.kind === 'registered') {
      expect(first.model.digest).not.toBe(second.model.digest);
      expect(first.model.sha256).toBe(second.model.sha256);
    }
    await writeFile(weights, new Uint8Array(8));
    expect((await registerModel(path, into)).kind).not.toBe('registered');
  });

  it('reads a file again when it has changed, and only then', async () => {
    await writeFile(path, scorer(1, 2));
    const known = new Map();
    const [first] = await registerModels([path], into, known);
    const [same] = await registerModels([path], into, known);
    expect(same).toBe(first);
    await writeFile(path, scorer(2, 1));
    await expectWhole((await registerModels([path], into, known))[0], scorer(2, 1));
  });

  it('copies a file again whose copy is gone', async () => {
    await writeFile(path, scorer(1, 2));
    const known = new Map();
    await registerModels([path], into, known);
    await rm(into, { recursive: true });
    await expectWhole((await registerModels([path], into, known))[0], scorer(1, 2));
  });

  it('says of a file that is gone before it is read that it is incomplete', async () => {
    expect(await registerModel(path, into)).toEqual({ kind: 'incomplete', reason: 'model.onnx is gone' });
  });

  it('leaves nothing behind when it is cancelled', async () => {
    await writeFile(path, large(8));
    await mkdir(into);
    const cancel = new AbortController();
    const registering = registerModel(path, into, { signal: cancel.signal });
    cancel.abort();
    await expect(registering).rejects.toThrow();
    expect(await readdir(into)).toEqual([]);
  });
});
