import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildSlipway, makeWorkspace, type Running, type Slipway } from './slipway.ts';
import { float, graph, model, node, value } from '../hostile/onnx-writer.ts';
import { config, scorer, tinyWorkspace, writeFiles } from './tiny-workspace.ts';

let slipway: Slipway;
let workspace: string;
let serving: Running | null;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeEach(async () => {
  workspace = await makeWorkspace(tinyWorkspace({ rows: 30 }));
  serving = null;
});
afterEach(async () => {
  serving?.kill('SIGINT');
  await serving?.ended;
  await rm(workspace, { recursive: true });
});

async function serve(...args: string[]): Promise<string> {
  serving = slipway.start(workspace, ['serve', '--json', ...args]);
  return (JSON.parse((await serving.says('"url"')).trim()) as { url: string }).url;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const rows = [{ a: 1, b: 2 }, { a: -1, b: 0.5 }, { a: 0, b: 0 }];

interface Predictions {
  model: string;
  version: string;
  predictions: { label: string; score: number }[];
}

async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<{ status: number; headers: Headers; body: unknown }> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body), headers });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

const predict = async (url: string, version?: string, headers?: Record<string, string>): Promise<Predictions> => (await post(`${url}/v1/models/toy${version === undefined ? '' : `/versions/${version}`}/predict`, { rows }, headers)).body as Predictions;

async function eventually<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 20_000; ; ) {
    const value = await look();
    if (holds(value) || Date.now() > end) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('slipway serve', () => {
  it('answers rows with the champion, any version by name, number and digest, and says which it was', async () => {
    const url = await serve();
    const answer = await predict(url);
    expect([answer.model, answer.version]).toEqual(['toy', 'v1']);
    for (const [index, { a }] of rows.entries()) {
      expect(answer.predictions[index].score).toBeCloseTo(sigmoid(a), 6);
      expect(answer.predictions[index].label).toBe(sigmoid(a) >= 0.5 ? '1' : '0');
    }
    const second = await predict(url, 'v2');
    expect(second.predictions.map(({ score }) => score)).toEqual(rows.map(({ a, b }) => expect.closeTo(sigmoid(2 * a + b), 5) as number));
    expect((await predict(url, '2')).version).toBe('v2');
    const digest = (second as unknown as { digest: string }).digest;
    expect((await predict(url, encodeURIComponent(digest))).version).toBe('v2');
    const tensors = await post(`${url}/v2/models/toy/versions/v3/infer`, { inputs: ['a', 'b'].map((name) => ({ name, datatype: 'FP32', shape: [3, 1], data: rows.map((row) => row[name as 'a' | 'b']) })) });
    expect(tensors.body).toMatchObject({ model_name: 'toy', model_version: 'v3', outputs: [{ name: 'score', shape: [3, 1], datatype: 'FP32', data: rows.map(({ a }) => expect.closeTo(sigmoid(-a), 5) as number) }] });
    expect(tensors.headers.get('slipway-model-digest')).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('prints lines that ask for a prediction, and ends with 0 at Ctrl-C', async () => {
    serving = slipway.start(workspace, ['serve']);
    const text = await serving.says('Ctrl-C ends');
    expect(text).toMatch(/toy +v1 +ready +100% of all +CPU, up to 32 rows together/);
    const [, address, body] = /curl -s (\S+) -d '(.*)'/.exec(text) ?? [];
    const answer = await fetch(address, { method: 'POST', body });
    expect(((await answer.json()) as Predictions).predictions[0].score).toBeGreaterThan(0);
    serving.kill('SIGINT');
    expect((await serving.ended).code).toBe(0);
    await expect(fetch(address)).rejects.toThrow();
  });

  it.each([
    ['a model that is not there', '/v1/models/nobody/predict', { rows }, 404, /nobody is not served: there are toy/],
    ['a version that is not there', '/v1/models/toy/versions/v9/predict', { rows }, 404, /toy v9 is not served: toy has v1, v2, v3/],
    ['no rows', '/v1/models/toy/predict', { rows: [] }, 400, /at least one row/],
    ['a row that is none', '/v1/models/toy/predict', { rows: [1] }, 400, /Row 1 is no object/],
    ['a column that is missing', '/v1/models/toy/predict', { rows: [{ a: 1 }] }, 400, /"b"/],
    ['text for a number', '/v1/models/toy/predict', { rows: [{ a: 'x', b: 1 }] }, 400, /a/],
    ['a list for a value', '/v1/models/toy/predict', { rows: [{ a: [1], b: 1 }] }, 400, /Row 1: a holds \[1\]/],
    ['a tensor too short', '/v2/models/toy/infer', { inputs: [{ name: 'a', datatype: 'FP32', shape: [2, 1], data: [1] }, { name: 'b', datatype: 'FP32', shape: [2, 1], data: [1, 2] }] }, 400, /a/],
    ['inputs of different heights', '/v2/models/toy/infer', { inputs: [{ name: 'a', datatype: 'FP32', shape: [1, 1], data: [1] }, { name: 'b', datatype: 'FP32', shape: [2, 1], data: [1, 2] }] }, 400, /a|b/],
  ])('%s is told', async (_, path, body, status, message) => {
    const url = await serve();
    const answer = await post(`${url}${path}`, body);
    expect([answer.status, (answer.body as { error: string }).error]).toEqual([status, expect.stringMatching(message)]);
  });

  it('rows are run as the model was judged: one by one where they influence each other, in full runs where it takes so many', async () => {
    const centred = model({ graph: graph({ nodes: [node('ReduceMean', ['a'], ['mean'], { keepdims: { int: 1 } }), node('Sub', ['a', 'mean'], ['value'])], inputs: [value('a', float, ['N', 1])], outputs: [value('value', float, ['N', 1])] }) });
    const doubled = model({ graph: graph({ nodes: [node('Add', ['a', 'a'], ['value'])], inputs: [value('a', float, [4, 1])], outputs: [value('value', float, [4, 1])] }) });
    await writeFiles(workspace, { 'slipway.yaml': 'models:\n  centred: {task: regression}\n  doubled: {task: regression}\n', 'models/centred/v1/model.onnx': centred, 'models/doubled/v1/model.onnx': doubled });
    const url = await serve();
    const values = async (name: string): Promise<number[]> => ((await post(`${url}/v1/models/${name}/predict`, { rows: [1, 2, 3, 4, 5, 6].map((a) => ({ a })) })).body as { predictions: { value: number }[] }).predictions.map(({ value: each }) => each);
    expect(await values('centred')).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await values('doubled')).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it('a file that changes is served without a gap, and what cannot be loaded never takes the place of what works', async () => {
    const url = await serve();
    let asking = true;
    const failures: unknown[] = [];
    const seen = new Set<string>();
    const asked = (async () => {
      while (asking) {
        const { status, body } = await post(`${url}/v1/models/toy/predict`, { rows });
        if (status === 200) seen.add((body as Predictions).predictions[0].score.toFixed(4));
        else failures.push(body);
      }
    })();
    const replace = async (bytes: Uint8Array): Promise<void> => {
      await writeFile(join(workspace, 'new.part'), bytes);
      await rename(join(workspace, 'new.part'), join(workspace, 'models/toy/v1/model.onnx'));
    };
    await replace(scorer(3, 0));
    const now = await eventually(() => predict(url), ({ predictions }) => Math.abs(predictions[0].score - sigmoid(3)) < 1e-4);
    expect(now.predictions[0].score).toBeCloseTo(sigmoid(3), 4);
    await replace(scorer(3, 0).subarray(0, 60));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await predict(url)).predictions[0].score).toBeCloseTo(sigmoid(3), 4);
    asking = false;
    await asked;
    expect(failures).toEqual([]);
    expect([...seen].sort()).toEqual([sigmoid(1).toFixed(4), sigmoid(3).toFixed(4)].sort());
  });

  it('a version goes back to the file it had before at once, loses no request by it, and stays there', async () => {
    const url = await serve();
    const restore = (version = 'v1'): ReturnType<typeof post> => post(`${url}/v1/models/toy/versions/${version}/restore`, {});
    const before = (await post(`${url}/v1/models/toy/predict`, { rows })).headers.get('slipway-model-digest');
    const nothing = await restore();
    expect([nothing.status, nothing.body]).toEqual([404, { error: expect.stringContaining('has no earlier file that is kept warm') as string }]);
    await writeFile(join(workspace, 'new.part'), scorer(3, 0));
    await rename(join(workspace, 'new.part'), join(workspace, 'models/toy/v1/model.onnx'));
    await eventually(() => predict(url), ({ predictions }) => Math.abs(predictions[0].score - sigmoid(3)) < 1e-4);
    const asking = Array.from({ length: 50 }, () => post(`${url}/v1/models/toy/predict`, { rows }));
    const restored = await restore();
    expect([restored.status, restored.body]).toEqual([200, { model: 'toy', version: 'v1', digest: before }]);
    expect((await predict(url)).predictions[0].score).toBeCloseTo(sigmoid(1), 4);
    expect(new Set((await Promise.all(asking)).map(({ status }) => status))).toEqual(new Set([200]));
    // A change elsewhere has the files looked at again.
    await writeFile(join(workspace, 'slipway.yaml'), `${config}\n`);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await predict(url)).predictions[0].score).toBeCloseTo(sigmoid(1), 4);
    expect((await restore()).status).toBe(200);
    expect((await predict(url)).predictions[0].score).toBeCloseTo(sigmoid(3), 4);
  });

  it('a route divides requests by their shares, keeps sticky keys together, and follows slipway.yaml', async () => {
    const routed = (weights: string): string => config.replace('    champion: v1\n', `    champion: v1\n    route: {weights: ${weights}}\n`);
    await writeFile(join(workspace, 'slipway.yaml'), routed('{v1: 50%, v2: 50%}'));
    const url = await serve();
    const versions = await Promise.all(Array.from({ length: 200 }, () => predict(url).then(({ version }) => version)));
    const share = versions.filter((version) => version === 'v2').length / versions.length;
    // Six standard errors around a half.
    expect(share).toBeGreaterThan(0.29);
    expect(share).toBeLessThan(0.71);
    for (const key of ['ada', 'grace', 'alan']) expect(new Set(await Promise.all(Array.from({ length: 10 }, () => predict(url, undefined, { 'slipway-sticky-key': key }).then(({ version }) => version)))).size).toBe(1);
    await writeFile(join(workspace, 'slipway.yaml'), routed('{v1: 0%, v2: 100%}'));
    const all = () => Promise.all(Array.from({ length: 50 }, () => predict(url).then(({ version }) => version)));
    expect(new Set(await eventually(all, (versions) => versions.every((version) => version === 'v2')))).toEqual(new Set(['v2']));
  });

  it('answers through the process that owns the workspace, and takes over where it ends', async () => {
    const owner = slipway.start(workspace, ['run', '--watch', '--json']);
    await owner.says('"v3"');
    const url = await serve();
    expect((await predict(url)).version).toBe('v1');
    owner.kill('SIGKILL');
    await owner.ended;
    const after = await eventually(() => predict(url).catch(() => null), (answer) => answer?.version !== undefined);
    expect(after?.version).toBe('v1');
  });

  it('a cache answers what was asked before', async () => {
    await writeFile(join(workspace, 'slipway.yaml'), `${config}serving: {cacheMb: 1}\n`);
    const url = await serve();
    const first = await predict(url);
    expect(await predict(url)).toEqual(first);
    const { model_stats: [stats] } = (await (await fetch(`${url}/v2/models/toy/versions/v1/stats`)).json()) as { model_stats: { execution_count: number; inference_stats: { cache_hit: { count: number }; success: { count: number } } }[] };
    expect([stats.execution_count, stats.inference_stats.cache_hit.count, stats.inference_stats.success.count]).toEqual([1, 1, 2]);
  });

  it('describes every route in its OpenAPI document', async () => {
    const url = await serve();
    const { openapi, paths } = (await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string; paths: Record<string, object> };
    expect(openapi).toMatch(/^3\.1/);
    for (const path of ['/v2/models/{model}/infer', '/v2/models/{model}/versions/{version}/infer', '/v1/models/{model}/predict', '/v2/repository/index']) expect(Object.keys(paths)).toContain(path);
  });
});

describe('slipway keys', () => {
  it('a key is shown once, opens what it is for, and nothing when it was taken away', async () => {
    const { stdout: key } = await slipway.run(workspace, ['keys', 'add', 'ci']);
    expect(key.trim()).toMatch(/^slip_[\w-]{43}$/);
    const file = join(workspace, '.slipway/keys.json');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const url = await serve();
    const asked = async (authorization?: string): Promise<number> => (await post(`${url}/v1/models/toy/predict`, { rows }, authorization === undefined ? {} : { authorization })).status;
    expect(await asked()).toBe(401);
    expect(await asked('Bearer slip_wrong')).toBe(403);
    expect(await asked(`Bearer ${key.trim()}`)).toBe(200);
    expect((await fetch(`${url}/v2/health/ready`)).status).toBe(200);
    expect((await post(`${url}/v2/repository/models/toy/unload`, {}, { authorization: `Bearer ${key.trim()}` })).status).toBe(403);
    expect(await slipway.run(workspace, ['keys', 'list'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/ci +infer, read/) });
    expect((await slipway.run(workspace, ['keys', 'list'])).stdout).not.toContain(key.trim());
    expect((await slipway.run(workspace, ['keys', 'remove', 'ci'])).code).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await asked(`Bearer ${key.trim()}`)).toBe(403);
  });

  it('requests beyond a key’s rate are told when to come again', async () => {
    const { stdout: key } = await slipway.run(workspace, ['keys', 'add', 'slow', '--rate', '1']);
    const url = await serve();
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(`${url}/v1/models/toy/predict`, { rows }, { authorization: `Bearer ${key.trim()}` })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 429, 429, 429, 429]);
    expect(Number(answers.find(({ status }) => status === 429)?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  });

  it.each([
    [['add', 'ci', '--scope', 'all'], 64, /all is no scope; there are infer, read, admin/],
    [['add', 'ci', '--rate', '0'], 64, /number above 0/],
    [['remove', 'nobody'], 65, /no key called nobody/],
  ])('keys %s is a clear error', async (args, code, message) => {
    expect(await slipway.run(workspace, ['keys', ...args])).toMatchObject({ code, stderr: expect.stringMatching(message) });
  });
});
