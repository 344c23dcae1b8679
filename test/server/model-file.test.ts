import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, mkdir, mkdtemp, open, realpath, rename, rm, symlink, truncate, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProblemBody } from '../../protocol/problem.ts';
import { routeOf } from '../../protocol/view.ts';
import type { ModelFileDifference, ModelFileReport, OperatorTimes, WeightStatistics } from '../../protocol/workspace.ts';
import { connect, type Connection } from '../../server/connection.ts';
import { openModelFile } from '../../server/registry/open-model-file.ts';
import { config, scorer, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { float, floats, graph, integers, int64, join as bytesOf, message, model, node, number, tensor, text, value, varint } from '../hostile/onnx-writer.ts';
import { ask } from './ask.ts';

let outside: string;
let workspace: string;
let shared: string;
let owner: Connection;

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'slipway-model-file-')));
  workspace = join(outside, 'workspace');
  shared = join(outside, 'shared');
  await mkdir(shared);
  await writeFiles(workspace, { ...tinyWorkspace({ rows: 200 }), 'slipway.yaml': `${config}\nallow: [../shared]\n` });
  await writeFiles(outside, { 'secret.onnx': scorer(41, 42), 'shared/allowed.onnx': scorer(3, 4) });
  owner = await connect(workspace);
});
afterAll(async () => {
  await owner.close();
  await rm(outside, { recursive: true });
});

const report = async (path: string): Promise<ModelFileReport> => {
  const { status, body } = await ask<ModelFileReport>(owner, 'GET', routeOf({ ask: 'model-file', path }));
  expect([status, body]).toEqual([200, body]);
  return body;
};
const refused = async (path: string): Promise<ProblemBody> => (await ask<ProblemBody>(owner, 'GET', routeOf({ ask: 'model-file', path }))).body;
const difference = async (path: string, against: string): Promise<ModelFileDifference> => {
  const { status, body } = await ask<ModelFileDifference>(owner, 'GET', routeOf({ ask: 'model-file-difference', path, against }));
  expect([status, body]).toEqual([200, body]);
  return body;
};

/** A model that adds a weight to its input. */
function adder(weight: Uint8Array, ...more: Uint8Array[]): Uint8Array {
  return model({ graph: graph({ nodes: [node('Add', ['x', 'w'], ['y'])], inputs: [value('x', float, ['N', 1])], outputs: [value('y', float, ['N', 1])], initializers: [weight, ...more] }) });
}

describe('a model file', () => {
  it('is told with what it takes and gives, and with the versions that these bytes are', async () => {
    await new Promise<void>((resolve) => {
      owner.subscribe((told) => told.kind === 'work-finished' && resolve());
      void owner.submit('model-file-run', { kind: 'run' });
    });
    const { path, bytes, admission, versions } = await report('models/toy/v3/model.onnx');
    expect([path, bytes]).toEqual(['models/toy/v3/model.onnx', scorer(-1, 0).length]);
    expect(admission).toMatchObject({ admitted: true, summary: { inputs: [{ name: 'a', datatype: 'float32', shape: ['N', 1] }, { name: 'b' }], outputs: [{ name: 'score' }] } });
    expect(versions).toEqual([expect.objectContaining({ model: 'toy', version: 'v3', champion: false, digest: createHash('sha256').update(scorer(-1, 0)).digest('hex'), run: expect.objectContaining({ version: 'v3', headline: expect.objectContaining({ 'holdout.roc_auc': expect.any(Number) }), intervals: expect.objectContaining({ 'holdout.roc_auc': [expect.any(Number), expect.any(Number)] }), currentBatch: expect.stringMatching(/./), decision: expect.objectContaining({ verdict: 'fail' }) }) })]);
    expect((await report('models/toy/v1/model.onnx')).versions).toMatchObject([{ version: 'v1', champion: true }]);
    const [low, high] = versions[0].run?.intervals?.['holdout.roc_auc'] ?? [];
    expect(low).toBeLessThan(versions[0].run?.headline['holdout.roc_auc'] ?? NaN);
    expect(high).toBeGreaterThan(versions[0].run?.headline['holdout.roc_auc'] ?? NaN);
    expect((await owner.snapshot()).batches.find(({ id }) => id === versions[0].run?.currentBatch)).toMatchObject({ name: 'current/2026-02' });
  }, 120_000);

  it('is told with the columns that feed its inputs, by slipway.yaml and the data that were checked', async () => {
    expect((await report('models/toy/v1/model.onnx')).versions).toMatchObject([{ columns: { a: ['a'], b: ['b'] } }]);
    await writeFiles(workspace, { 'slipway.yaml': `${config.replace('task: binary', 'task: binary\n    inputs: {a: b, b: gone}')}\nallow: [../shared]\n` });
    expect((await report('models/toy/v1/model.onnx')).versions).toMatchObject([{ columns: { a: ['b'], b: [] } }]);
    await writeFiles(workspace, { 'slipway.yaml': `${config}\nallow: [../shared]\n` });
  });

  it('tells where the time of a version goes, by operator, and runs nothing that was not judged', async () => {
    const path = 'models/toy/v1/model.onnx';
    const { body } = await ask<OperatorTimes>(owner, 'GET', routeOf({ ask: 'operator-times', path }));
    expect(body).toMatchObject({ rows: 64, runs: 30 });
    expect(body.operators.map(({ operator }) => operator)).toContain('Sigmoid');
    const times = body.operators.map(({ ms }) => ms);
    expect(times).toEqual([...times].sort((a, b) => b - a));
    expect(times.every((ms) => ms >= 0)).toBe(true);
    await writeFiles(workspace, { 'copies/strange.onnx': scorer(7, 7) });
    for (const [wrong, code] of [['copies/strange.onnx', 'not-found'], ['../secret.onnx', 'path-outside-workspace'], ['models/none.onnx', 'file-missing']]) {
      expect((await ask<ProblemBody>(owner, 'GET', routeOf({ ask: 'operator-times', path: wrong }))).body).toMatchObject({ code });
    }
  }, 60_000);

  it('has no verdict once it is another, and has it wherever the same bytes lie', async () => {
    await writeFiles(workspace, { 'copies/elsewhere.onnx': scorer(-1, 0), 'copies/other.onnx': scorer(-1, 0.5) });
    expect((await report('copies/elsewhere.onnx')).versions).toMatchObject([{ version: 'v3' }]);
    expect((await report('copies/other.onnx')).versions).toEqual([]);
  });

  it('that would be refused says why', async () => {
    await writeFiles(workspace, { 'bad/text.onnx': '{"a": 1}', 'bad/half.onnx': scorer(1, 2).subarray(0, 100), 'bad/empty.onnx': '' });
    expect(await report('bad/text.onnx')).toMatchObject({ admission: { admitted: false, incomplete: false, refusals: [{ rule: 'not-onnx' }] }, versions: [] });
    expect(await report('bad/half.onnx')).toMatchObject({ admission: { admitted: false, incomplete: true } });
    expect(await report('bad/empty.onnx')).toMatchObject({ bytes: 0, admission: { admitted: false, incomplete: true } });
  });
});

describe('P11: the path of a model file', () => {
  it.each([
    '../secret.onnx', './../secret.onnx', 'models/../../secret.onnx', 'models/toy/../../../secret.onnx', '..//secret.onnx', '..\\secret.onnx', 'models\\..\\..\\secret.onnx',
    '%2e%2e/secret.onnx', '..%2fsecret.onnx', '%2e%2e%2fsecret.onnx', '..%252fsecret.onnx', '..;/secret.onnx', '.../secret.onnx', '..%c0%afsecret.onnx',
    '/etc/passwd', '/dev/zero', '/dev/zero.onnx', '/proc/self/environ', '//etc/passwd', 'C:/secret.onnx', 'c:secret.onnx', '\\\\server\\share\\m.onnx', '\\\\?\\C:\\m.onnx', 'file:///etc/passwd',
    '~/secret.onnx', '$HOME/secret.onnx', 'models/toy/v1/model.onnx\0.txt', 'models/toy/v1/model.onnx\0', '.slipway/server.json', '.slipway/journal.jsonl', 'slipway.yaml', 'data/holdout.csv', '.', '..', 'models', 'models/toy/v1',
    'models/toy/v1/model.onnx.', 'models/toy/v1/model.onnx ', 'models/toy/v1/model.onnx/', 'models/toy/v1/model.onnx/..', 'x.onnx', 'data/holdout.csv/x.onnx',
  ])('is refused as %j', async (path) => {
    const problem = await refused(path);
    expect(problem).toMatchObject({ status: expect.toSatisfy((status: number) => status === 400 || status === 404), code: expect.stringMatching(/^(path-outside-workspace|file-missing|file-unreadable)$/) });
    expect(JSON.stringify(problem)).not.toContain('admission');
    for (const [one, other] of [[path, 'models/toy/v1/model.onnx'], ['models/toy/v1/model.onnx', path]]) {
      const { status } = await ask(owner, 'GET', routeOf({ ask: 'model-file-difference', path: one, against: other }));
      expect([400, 404]).toContain(status);
    }
  });

  it.each(['', '?path=', '?path=a.onnx&path=b.onnx', '?path[]=a.onnx', '?path[x]=a.onnx', `?path=${'a'.repeat(5000)}.onnx`])('is one text, not %.40j', async (query) => {
    expect((await ask<ProblemBody>(owner, 'GET', `/v1/model-file${query}`)).body).toMatchObject({ status: 400 });
  });

  it('may lead through links and into a folder that is allowed, but not out of them', async () => {
    await writeFiles(workspace, { 'links/.keep': '' });
    await symlink('../models/toy/v1/model.onnx', join(workspace, 'links/inside.onnx'));
    await symlink('../../secret.onnx', join(workspace, 'links/outside.onnx'));
    await symlink(outside, join(workspace, 'links/folder'));
    await symlink('../data/holdout.csv', join(workspace, 'links/data.onnx'));
    await symlink('loop.onnx', join(workspace, 'links/loop.onnx'));
    expect((await report('links/inside.onnx')).versions).toMatchObject([{ version: 'v1' }]);
    expect((await report('../shared/allowed.onnx')).admission.admitted).toBe(true);
    for (const path of ['links/outside.onnx', 'links/folder/secret.onnx', '../shared/../secret.onnx']) expect(await refused(path)).toMatchObject({ code: 'path-outside-workspace' });
    expect(await refused('links/data.onnx')).toMatchObject({ code: 'file-unreadable' });
    expect(await refused('links/loop.onnx')).toMatchObject({ code: 'file-missing' });
  });

  it('is never a hard link, a pipe, a device or a folder', async () => {
    await link(join(outside, 'secret.onnx'), join(workspace, 'hard.onnx'));
    expect(await refused('hard.onnx')).toMatchObject({ code: 'file-unreadable', detail: expect.stringContaining('2 names') });
    await rm(join(workspace, 'hard.onnx'));
    execFileSync('mkfifo', [join(workspace, 'pipe.onnx')]);
    expect(await refused('pipe.onnx')).toMatchObject({ code: 'file-unreadable', detail: expect.stringContaining('regular') });
    await symlink('/dev/zero', join(workspace, 'device.onnx'));
    expect(await refused('device.onnx')).toMatchObject({ code: 'path-outside-workspace' });
    await mkdir(join(workspace, 'folder.onnx'));
    expect(await refused('folder.onnx')).toMatchObject({ code: 'file-unreadable' });
  });

  it('leads nowhere else while somebody swaps file and link', async () => {
    await writeFiles(workspace, { 'swap/good.onnx': scorer(1, 0), 'swap/model.onnx': scorer(1, 0) });
    await symlink(join(outside, 'secret.onnx'), join(workspace, 'swap/bad.onnx'));
    const swapper = spawn(process.execPath, ['-e', `const fs = require('node:fs'); process.chdir(${JSON.stringify(join(workspace, 'swap'))}); for (let i = 0; ; i++) { const next = i % 2 === 0 ? 'bad.onnx' : 'good.onnx'; if (i % 2 === 0) fs.symlinkSync(fs.readlinkSync('bad.onnx'), 'next'); else fs.copyFileSync('good.onnx', 'next'); fs.renameSync('next', 'model.onnx'); }`], { stdio: 'ignore' });
    const seen = { inside: 0, refused: 0 };
    try {
      for (let attempt = 0; attempt < 3_000; attempt++) {
        try {
          const opened = await openModelFile('swap/model.onnx', { workspace, allow: [] });
          const bytes = readFileSync(opened.descriptor);
          opened.close();
          expect(bytes.equals(Buffer.from(scorer(1, 0)))).toBe(true);
          seen.inside++;
        } catch (error) {
          expect(error).toMatchObject({ name: 'Problem' });
          seen.refused++;
        }
      }
    } finally {
      swapper.kill('SIGKILL');
    }
    expect(seen.inside).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  }, 120_000);
});

describe('a model of several gigabytes', () => {
  /** Bytes this process has asked its system for so far; Linux counts them. */
  const bytesRead = (): number => Number(/^rchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
  const GiB = 2 ** 30;

  it.runIf(process.platform === 'linux').each(['in a file of its own', 'inside the model'])('is told without reading its weights, which lie %s', async (where) => {
    const path = where === 'inside the model' ? 'big/inside.onnx' : 'big/outside.onnx';
    const weights = where === 'inside the model' ? 1.9 * GiB : 3 * GiB;
    const rows = Math.floor(weights / 4096);
    if (where === 'inside the model') await writeEmbedded(join(workspace, path), rows);
    else {
      await writeFiles(workspace, { [path]: adder(tensor({ name: 'w', shape: [rows, 1024], external: { location: 'weights.bin', length: String(rows * 4096) } })), 'big/weights.bin': '' });
      await truncate(join(workspace, 'big/weights.bin'), rows * 4096);
    }
    const before = bytesRead();
    const { admission } = await report(path);
    expect(admission).toMatchObject({ admitted: true, summary: { parameterCount: rows * 1024, initializers: [{ name: 'w', bytes: rows * 4096 }] } });
    expect(bytesRead() - before).toBeLessThan(2 ** 20);
  });

  /** Its bytes are a hole in the file: only what stands around them is written. */
  async function writeEmbedded(path: string, rows: number): Promise<void> {
    const raw = rows * 4096;
    const wrapped = (field: number, length: number): Uint8Array => bytesOf(varint((field << 3) | 2), varint(length));
    const head = bytesOf(number(1, rows), number(1, 1024), number(2, float), text(8, 'w'), wrapped(9, raw));
    const rest = graph({ nodes: [node('Add', ['x', 'w'], ['y'])], inputs: [value('x', float, ['N', 1])], outputs: [value('y', float, ['N', 1])], initializers: [] });
    const initializer = bytesOf(wrapped(5, head.length + raw), head);
    const start = bytesOf(number(1, 8), message(8, text(1, ''), number(2, 17)), wrapped(7, rest.length + initializer.length + raw), rest, initializer);
    const file = await open(path, 'w');
    await file.write(start);
    await file.truncate(start.length + raw);
    await file.close();
  }

  it('has the verdict of its version only as long as it has not been written since', async () => {
    const path = join(workspace, 'models/toy/v2/model.onnx');
    const external = adder(tensor({ name: 'w', shape: [1], external: { location: 'w.bin', length: '4' } }));
    const seen = { models: [{ model: 'toy', version: 'v2', digest: 'd', path: 'models/toy/v2/model.onnx', bytes: external.length + 4, seenAt: '2026-01-02T00:00:00.000Z', champion: false, summary: { bytes: external.length } as never, run: null }] };
    await writeFiles(workspace, { 'models/toy/v2/next.tmp': external, 'models/toy/v2/w.bin': floats(1) });
    await rename(join(workspace, 'models/toy/v2/next.tmp'), path);
    const { reportModelFile } = await import('../../server/model-file.ts');
    const versions = async (at: string): Promise<number> => {
      await utimes(path, new Date(at), new Date(at));
      return (await reportModelFile('models/toy/v2/model.onnx', { workspace, allow: [] }, seen, null)).versions.length;
    };
    expect([await versions('2026-01-01T00:00:00Z'), await versions('2026-01-03T00:00:00Z')]).toEqual([1, 0]);
  });
});

describe('two model files side by side', () => {
  const halves = (...bits: number[]): Uint8Array => new Uint8Array(Uint16Array.from(bits).buffer);
  const statistics = (values: number[], notFinite = 0): WeightStatistics => {
    const mean = values.reduce((sum, each) => sum + each, 0) / values.length;
    return { count: values.length + notFinite, mean: expect.closeTo(mean, 6), standardDeviation: expect.closeTo(Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length), 6), minimum: Math.min(...values), maximum: Math.max(...values), notFinite } as WeightStatistics;
  };

  it('differ in the weights that were trained, by how much', async () => {
    await writeFiles(workspace, {
      'pair/before.onnx': adder(tensor({ name: 'w', shape: [4], raw: floats(1, 2, -2, 4) }), tensor({ name: 'same', shape: [2], raw: floats(5, 6) }), tensor({ name: 'gone', shape: [1], raw: floats(7) }), tensor({ name: 'zero', shape: [1], raw: floats(0) })),
      'pair/after.onnx': adder(tensor({ name: 'w', shape: [4], raw: floats(1, 2, -2, 7) }), tensor({ name: 'same', shape: [2], raw: floats(5, 6) }), tensor({ name: 'new', shape: [2], raw: floats(8, NaN) }), tensor({ name: 'zero', shape: [1], raw: floats(1) })),
    });
    const { path, against, weights, inputs } = await difference('pair/after.onnx', 'pair/before.onnx');
    expect([path, against, inputs]).toEqual(['pair/after.onnx', 'pair/before.onnx', [{ name: 'x', before: { name: 'x', datatype: 'float32', shape: ['N', 1] }, after: { name: 'x', datatype: 'float32', shape: ['N', 1] } }]]);
    expect(weights).toEqual([
      { name: 'w', shape: [4], before: statistics([1, 2, -2, 4]), after: statistics([1, 2, -2, 7]), relativeChange: 3 / 5 },
      { name: 'new', shape: [2], before: null, after: statistics([8], 1), relativeChange: null },
      { name: 'zero', shape: [1], before: statistics([0]), after: statistics([1]), relativeChange: null },
      { name: 'gone', shape: [1], before: statistics([7]), after: null, relativeChange: null },
    ]);
  });

  it.each<[string, number, Uint8Array, Uint8Array, number[], number[]]>([
    ['float16', 10, halves(0x3c00, 0xc000, 0x0001, 0x7bff), halves(0x3c00, 0xc000, 0x0001, 0x0000), [1, -2, 2 ** -24, 65504], [1, -2, 2 ** -24, 0]],
    ['bfloat16', 16, halves(0x3f80, 0xc000), halves(0x3f80, 0x4049), [1, -2], [1, 3.140625]],
    ['int64', int64, integers(3, -4), integers(3, 4), [3, -4], [3, 4]],
    ['int8', 3, Uint8Array.of(255, 2), Uint8Array.of(1, 2), [-1, 2], [1, 2]],
    ['float64', 11, new Uint8Array(Float64Array.of(0.1, 1e300).buffer), new Uint8Array(Float64Array.of(0.2, 1e300).buffer), [0.1, 1e300], [0.2, 1e300]],
  ])('are compared as %s', async (_, type, one, other, was, is) => {
    const used = tensor({ name: 'w', shape: [1], raw: floats(1) });
    await writeFiles(workspace, { 'pair/one.onnx': adder(used, tensor({ name: 't', type, shape: [was.length], raw: one })), 'pair/other.onnx': adder(used, tensor({ name: 't', type, shape: [is.length], raw: other })) });
    const { weights } = await difference('pair/other.onnx', 'pair/one.onnx');
    expect(weights).toMatchObject([{ name: 't', before: { minimum: Math.min(...was), maximum: Math.max(...was), count: was.length, notFinite: 0 }, after: { minimum: Math.min(...is), maximum: Math.max(...is) } }]);
  });

  it('differ in shape, in operators, in metadata, and not in what was only written another way', async () => {
    const packed = message(4, floats(1, 2, 3));
    const metadata = (key: string, value: string): Uint8Array => message(14, text(1, key), text(2, value));
    await writeFiles(workspace, {
      'pair/typed.onnx': bytesOf(adder(tensor({ name: 'w', shape: [3], extra: packed }), tensor({ name: 's', shape: [1], raw: floats(1) })), metadata('trained', 'May'), metadata('by', 'Ada')),
      'pair/raw.onnx': bytesOf(model({ graph: graph({ nodes: [node('Mul', ['x', 'w'], ['y'])], inputs: [value('x', float, ['N', 2])], outputs: [value('y', float, ['N', 1])], initializers: [tensor({ name: 'w', shape: [3], raw: floats(1, 2, 3) }), tensor({ name: 's', shape: [2], raw: floats(1, 2) })] }) }), metadata('trained', 'June')),
    });
    const { inputs, operators, metadata: lines, weights } = await difference('pair/raw.onnx', 'pair/typed.onnx');
    expect(inputs).toMatchObject([{ name: 'x', before: { shape: ['N', 1] }, after: { shape: ['N', 2] } }]);
    expect(operators).toEqual([{ operator: 'Mul', before: null, after: { domain: 'ai.onnx', operator: 'Mul', count: 1 } }, { operator: 'Add', before: { domain: 'ai.onnx', operator: 'Add', count: 1 }, after: null }]);
    expect(lines.filter(({ before, after }) => before !== after)).toEqual([{ name: 'trained', before: 'May', after: 'June' }, { name: 'by', before: 'Ada', after: null }]);
    expect(weights).toMatchObject([{ name: 's', shape: [2], relativeChange: null, before: { count: 1 }, after: { count: 2 } }]);
  });

  it('are refused where one of them is no model', async () => {
    await writeFiles(workspace, { 'bad/text.onnx': '{"a": 1}' });
    const { body } = await ask<ProblemBody>(owner, 'GET', routeOf({ ask: 'model-file-difference', path: 'bad/text.onnx', against: 'models/toy/v1/model.onnx' }));
    expect(body).toMatchObject({ code: 'model-refused', detail: expect.stringContaining('not an ONNX model') });
  });

  it('of many megabytes let others be served, and end with who asked', async () => {
    const rows = 16_384;
    const big = (last: number): Uint8Array => {
      const values = new Float32Array(rows * 1024).fill(0.5);
      values[values.length - 1] = last;
      return new Uint8Array(values.buffer);
    };
    for (const [name, last] of [['left', 0.5], ['right', 0.75]] as const) await writeFiles(workspace, { [`pair/${name}.onnx`]: adder(tensor({ name: 'w', shape: [rows, 1024], external: { location: `${name}.bin` } })), [`pair/${name}.bin`]: big(last) });
    let served = 0;
    let over = false;
    const others = (async () => {
      while (!over) if ((await ask(owner, 'GET', '/v1/outline')).status === 200) served++;
    })();
    const { weights } = await difference('pair/right.onnx', 'pair/left.onnx');
    over = true;
    await others;
    expect(weights).toMatchObject([{ name: 'w', before: { mean: 0.5, standardDeviation: 0, notFinite: 0 }, after: { maximum: 0.75 } }]);
    expect(served).toBeGreaterThan(2);
    const gone = new AbortController();
    const { compareModels } = await import('../../server/model-file.ts');
    const comparing = compareModels('pair/right.onnx', 'pair/left.onnx', { workspace, allow: [] }, gone.signal);
    setImmediate(() => gone.abort());
    await expect(comparing).rejects.toMatchObject({ name: 'AbortError' });
  });
});
