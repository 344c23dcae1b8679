import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../server/config.ts';
import { init } from '../../server/init.ts';
import { judgeWorkspace } from './judge-workspace.ts';
import { modelBytes } from './models.ts';

const samples = join(import.meta.dirname, '../../samples');
const signal = new AbortController().signal;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-init-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

async function copyOf(sample: string): Promise<void> {
  await cp(join(samples, sample), folder, { recursive: true, filter: (path) => !/slipway\.yaml$|\.slipway$/.test(path) });
}

const scored = `id,x,label\n${Array.from({ length: 60 }, (_, row) => `${row + 1},${(((row * 37) % 60) + 0.5) / 60},${(row * 37) % 60 > 25 ? 1 : 0}`).join('\n')}\n`;

describe('on the samples', () => {
  it.each<[sample: string, expected: { task: string; target: string | null; champion: string; roles: string[]; gates: string[] }]>([
    ['flight-delay', { task: 'binary', target: 'late', champion: 'v1', roles: ['reference', 'holdout', 'current', 'cases'], gates: ['roc_auc.non_inferior', 'accuracy.non_inferior.by.carrier', 'accuracy.non_inferior.by.origin', 'cases', 'data_quality.current', 'drift.features'] }],
    ['income', { task: 'binary', target: 'high_income', champion: 'v1', roles: ['reference', 'holdout', 'current'], gates: ['roc_auc.non_inferior', 'accuracy.non_inferior.by.class_of_worker', 'accuracy.non_inferior.by.education', 'demographic_parity_ratio.by.sex', 'data_quality.current', 'drift.features'] }],
    ['digits', { task: 'multiclass', target: 'digit', champion: 'v1', roles: ['reference', 'holdout', 'current'], gates: ['accuracy.non_inferior', 'data_quality.current', 'drift.features'] }],
    ['arrival-delay', { task: 'regression', target: 'arr_delay', champion: 'v1', roles: ['reference', 'holdout', 'current'], gates: ['r2.non_inferior', 'data_quality.current', 'drift.features'] }],
    ['ranking', { task: 'ranking', target: 'relevance', champion: 'v1', roles: ['holdout'], gates: ['ndcg_at_10.non_inferior'] }],
    ['generation', { task: 'generation', target: 'reference', champion: 'v1', roles: ['holdout'], gates: ['chrf.non_inferior'] }],
  ])('finds what %s is about, in a file that loads without a warning', async (sample, expected) => {
    await copyOf(sample);
    const { text, notes } = await init({ workspace: folder, write: true, signal });
    const { models, datasets } = await loadConfig(folder);
    expect(models.map(({ task, target, champion, datasets: roles, gates }) => ({ task, target, champion, roles: Object.keys(roles).filter((role) => roles[role as keyof typeof roles] !== null), gates: gates?.map(({ id }) => id) }))).toEqual([expected]);
    expect(datasets.map(({ name }) => name)).toEqual(expected.roles);
    expect(text.split('\n').length).toBeLessThan(30);
    expect(notes.some((note) => note.startsWith('Is `v1` the version in production?'))).toBe(true);
  });

  it('asks for the threshold where the positive class is rare', async () => {
    await copyOf('flight-delay');
    const { notes } = await init({ workspace: folder, write: false, signal });
    expect(notes).toContain('From which score on is a row predicted `1`? From 0.5, unless `threshold` says otherwise; it is the answer in 25 % of the rows.');
  });

  it('writes what runs as it is: the better version passes', { timeout: 240_000 }, async () => {
    await copyOf('ranking');
    await init({ workspace: folder, write: true, signal });
    const { runs, problems } = await judgeWorkspace(folder);
    expect(problems).toEqual([]);
    expect(runs.get('predictions/v2')?.decision.verdict).toBe('pass');
  });

  it('takes another build beside a model for a version of its own', { timeout: 240_000 }, async () => {
    await copyOf('digits');
    await init({ workspace: folder, write: true, signal });
    const { runs } = await judgeWorkspace(folder);
    expect([...runs].map(([name, run]) => [name, run.decision.verdict]).sort()).toEqual([['digits/v1', 'pass'], ['digits/v2', 'pass'], ['digits/v2-int8', 'pass']]);
  });
});

describe('in odd folders', () => {
  it('says that an empty folder holds nothing', async () => {
    await expect(init({ workspace: folder, write: true, signal })).rejects.toMatchObject({ code: 'model-missing' });
  });

  it('never touches a slipway.yaml that is there', async () => {
    await put({ 'slipway.yaml': '# mine\n', 'data/holdout.csv': scored });
    await expect(init({ workspace: folder, write: true, signal })).rejects.toMatchObject({ code: 'config-exists' });
    expect(await readFile(join(folder, 'slipway.yaml'), 'utf8')).toBe('# mine\n');
  });

  it('leaves out what is broken, and says why', async () => {
    await put({ 'models/m/v1/model.onnx': modelBytes('identity'), 'models/m/v2/model.onnx': modelBytes('garbage'), 'data/holdout.csv': scored, 'data/broken.parquet': 'PAR1 and nothing more', 'data/empty.csv': '' });
    const { notes } = await init({ workspace: folder, write: true, signal });
    expect(notes.filter((note) => note.includes('is left out')).map((note) => note.split(' ')[0])).toEqual(['models/m/v2/model.onnx', 'data/broken.parquet', 'data/empty.csv']);
    expect((await loadConfig(folder)).models.map(({ name, target }) => [name, target])).toEqual([['m', 'label']]);
  });

  it('keeps two models on two kinds of data apart', async () => {
    await put({
      'models/score/v1/model.onnx': modelBytes('identity'),
      'models/lookup/v1/model.onnx': modelBytes('int-input'),
      'score/holdout.csv': scored,
      'lookup/holdout.csv': scored.replace('x', 'tenths').replaceAll(/,0\.\d+,/g, ',3,'),
    });
    await init({ workspace: folder, write: true, signal });
    const { models, datasets } = await loadConfig(folder);
    expect(models.map(({ name, datasets: { holdout } }) => [name, datasets.find((dataset) => dataset.name === holdout)?.files])).toEqual([['lookup', ['lookup/holdout.csv']], ['score', ['score/holdout.csv']]]);
  });

  it('writes names that YAML would misread, and files that no pattern may name', async () => {
    await put({ 'models/yes/1.10/model.onnx': modelBytes('identity'), 'data/hold out.csv': scored, 'data/100%.csv': scored, "data/it's [new].csv": scored });
    const { text } = await init({ workspace: folder, write: true, signal });
    const { models } = await loadConfig(folder);
    expect(models.map(({ name, champion }) => [name, champion]), text).toEqual([['yes', '1.10']]);
  });

  it('writes the datasets where there is no model, and says how to add one', async () => {
    await put({ 'train.csv': scored, 'test.csv': scored });
    const { notes } = await init({ workspace: folder, write: true, signal });
    const { models, datasets } = await loadConfig(folder);
    expect(models).toEqual([]);
    expect(datasets.map(({ name }) => name)).toEqual(['reference', 'holdout']);
    expect(notes.join('\n')).toMatch(/There is no model yet; export one .* or name the columns that hold its answers under `predictions`/);
  });
});
