import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, FeedMessage, Snapshot } from '../../protocol/feed.ts';
import { followSnapshot } from '../../protocol/follow-snapshot.ts';
import type { ProblemBody } from '../../protocol/problem.ts';
import { routeOf, type Answer, type Question } from '../../protocol/view.ts';
import type { ConfigOutline } from '../../protocol/workspace.ts';
import { connect, type Connection } from '../../server/connection.ts';
import { config, points, tinyWorkspace, writeFiles } from '../cli/tiny-workspace.ts';
import { ask } from './ask.ts';

let workspace: string;
let owner: Connection;
const messages: FeedMessage[] = [];
let works = 0;

beforeAll(async () => {
  workspace = await realpath(await mkdtemp(join(tmpdir(), 'slipway-routes-')));
  await writeFiles(workspace, tinyWorkspace({ rows: 200 }));
  owner = await connect(workspace);
  owner.subscribe((message) => messages.push(message));
});
afterAll(async () => {
  await owner.close();
  await rm(workspace, { recursive: true });
});

async function answer<Q extends Question>(question: Q): Promise<Answer<Q>> {
  const { status, body } = await ask<Answer<Q>>(owner, 'GET', routeOf(question));
  expect([status, body]).toEqual([200, body]);
  return body;
}

const refusal = async (path: string): Promise<ProblemBody> => (await ask<ProblemBody>(owner, 'GET', path)).body;
const checked = async (text: string): Promise<ProblemBody | null> => (await ask<ProblemBody | null>(owner, 'POST', '/v1/config', JSON.stringify({ text }))).body;

/** What is told about a piece of work, to its end. */
async function perform(command: Command): Promise<FeedMessage[]> {
  const work = `routes-${++works}-work`;
  const from = messages.length;
  const finished = new Promise<void>((resolve) => {
    const unsubscribe = owner.subscribe((message) => {
      if (message.kind !== 'work-finished' || message.work !== work) return;
      unsubscribe();
      resolve();
    });
  });
  await owner.submit(work, command);
  await finished;
  return messages.slice(from);
}

describe('the outline of slipway.yaml', () => {
  it('says at which lines models, their gates and datasets stand', async () => {
    const outline = await answer({ ask: 'outline' });
    expect(outline.models).toEqual([
      {
        name: 'toy', line: 2, task: 'binary', files: ['models/toy/*/*.onnx'], champion: 'v1',
        datasets: { reference: 'reference', holdout: 'holdout', current: 'current', cases: null },
        gates: [expect.objectContaining({ line: 15, severity: 'block' }), expect.objectContaining({ id: 'roc_auc.min', line: 16 }), expect.objectContaining({ line: 17 })],
      },
    ]);
    expect(outline.datasets).toEqual([{ name: 'reference', line: 8, files: ['data/reference.csv'] }, { name: 'holdout', line: 9, files: ['data/holdout.csv'] }, { name: 'current', line: 10, files: ['data/current/*.csv'] }]);
  });

  it('is that of the file as it is now, and its problem is in the snapshot', async () => {
    await writeFile(join(workspace, 'slipway.yaml'), `# a line more\n${config}`);
    expect((await answer({ ask: 'outline' })).models[0].line).toBe(3);
    expect((await answer({ ask: 'snapshot' })).problem).toBeNull();
    await writeFile(join(workspace, 'slipway.yaml'), config.replace('task: binary', 'task: binry'));
    expect(await refusal('/v1/outline')).toMatchObject({ code: 'config-invalid', status: 400, issues: [expect.objectContaining({ line: 3, suggestion: 'binary' })] });
    expect((await answer({ ask: 'snapshot' })).problem).toMatchObject({ code: 'config-invalid' });
    await writeFile(join(workspace, 'slipway.yaml'), config);
    expect((await answer({ ask: 'snapshot' })).problem).toBeNull();
  });
});

describe('a slipway.yaml that is not saved', () => {
  it('is null when nothing is wrong with it', async () => {
    expect(await checked(config)).toBeNull();
  });

  it('has all that is wrong with it at once, each at its place', async () => {
    const problem = await checked(config.replace('task: binary', 'task: binry').replace('data/holdout.csv', 'data/holdut.csv').replace('min: 0.6', 'min: much'));
    expect(problem).toMatchObject({ code: 'config-invalid', where: { path: 'slipway.yaml' } });
    expect(problem?.issues?.map(({ line, key }) => [line, key])).toEqual([[3, 'models.toy.task'], [9, 'datasets.holdout.path'], [16, 'gates[1].min']]);
    expect(await checked('models:\n  toy: [')).toMatchObject({ code: 'config-syntax', issues: [expect.objectContaining({ line: expect.any(Number) })] });
    expect(await checked('')).toMatchObject({ code: 'config-invalid' });
  });

  it('P11: may name no file outside the workspace, and is told nothing about one', async () => {
    for (const path of ['../secret.csv', '/etc/passwd', '..\\secret.csv', 'C:/secret.csv', '~/secret.csv']) {
      const problem = await checked(config.replace('data/holdout.csv', JSON.stringify(path)));
      expect(problem).toMatchObject({ code: 'config-invalid' });
      expect(JSON.stringify(problem)).not.toContain('root:');
    }
  });

  it('P10: is refused past 1 MiB, and as anything but a text', async () => {
    expect((await ask(owner, 'POST', '/v1/config', JSON.stringify({ text: '#'.repeat(1 << 20) }))).status).toBe(413);
    for (const body of ['{}', '{"text":3}', '[]', '{"text":"","__proto__":{}}', `{"text":${'['.repeat(70)}${']'.repeat(70)}}`]) expect((await ask(owner, 'POST', '/v1/config', body)).status).toBe(400);
  });

  it('a YAML bomb does not keep the server from answering', async () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]', ...'bcdefghij'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index]}`).join(',')}]`)].join('\n');
    expect(await checked(bomb)).toMatchObject({ code: expect.stringMatching(/^config-/) });
  });
});

describe('a run and the rows it judged', () => {
  let runs: string[];
  let told: FeedMessage[];

  beforeAll(async () => {
    told = await perform({ kind: 'run' });
    runs = told.flatMap((message) => (message.kind === 'run-finished' && message.run.version === 'v3' ? [message.run.id] : []));
  }, 120_000);

  it('the snapshot says to which dataset each batch belongs', async () => {
    const { batches } = await answer({ ask: 'snapshot' });
    expect(new Set(batches.map(({ name, dataset }) => `${name} of ${dataset}`))).toEqual(new Set(['reference of reference', 'holdout of holdout', 'current/2026-01 of current', 'current/2026-02 of current']));
    await writeFiles(workspace, { 'data/other.csv': points(120, 9) });
    const [batch] = (await perform({ kind: 'check', path: join(workspace, 'data/other.csv') })).flatMap((message) => (message.kind === 'batch-checked' ? [message.batch] : []));
    expect(batch).toMatchObject({ name: 'other.csv', dataset: null });
  });

  it('rows are fetched by number, as the file has them', async () => {
    const lines = (await readFile(join(workspace, 'data/holdout.csv'), 'utf8')).split('\n');
    const table = await answer({ ask: 'run-rows', run: runs[0], role: 'holdout', rows: [7, 0, 199, 200] });
    expect(table.columns).toEqual(lines[0].split(','));
    expect(table.rows.map(({ row, path, values }) => [row, path, values.join(',')])).toEqual([0, 7, 199].map((row) => [row, 'data/holdout.csv', lines[row + 1].split(',').map((cell) => (Number.isNaN(Number(cell)) ? cell : String(Number(cell)))).join(',')]));
    expect(table.total).toBe(4);
  });

  it('the rows of a flip are those that flipped', async () => {
    const report = await answer({ ask: 'run', id: runs[0] });
    const flips = report.comparisons.holdout?.flips?.examples.slice(0, 20) ?? [];
    expect(flips.length).toBeGreaterThan(5);
    const { columns, rows } = await answer({ ask: 'run-rows', run: runs[0], role: 'holdout', rows: flips.map(({ row }) => row) });
    const values = new Map(rows.map((row) => [row.row, row.values]));
    for (const { row, label, key } of flips) expect([String(values.get(row)?.[columns.indexOf('label')]), values.get(row)?.[columns.indexOf('id')]]).toEqual([label, key ?? expect.anything()]);
  });

  it('the rows behind a finding carry the number they have in the file', async () => {
    await writeFiles(workspace, { 'data/broken.csv': points(120, 9).replace(/^9-3,[^,]*/m, '9-3,') });
    await writeFile(join(workspace, 'slipway.yaml'), `${config}\nchecks:\n  - {column: a, maxNulls: 0}\n`);
    const [batch] = (await perform({ kind: 'check', path: join(workspace, 'data/broken.csv') })).flatMap((message) => (message.kind === 'batch-checked' ? [message.batch] : []));
    const { dataQuality } = await answer({ ask: 'batch', id: batch.id });
    const finding = dataQuality.findings.find(({ check, verdict }) => check.kind === 'nulls' && check.column === 'a' && verdict === 'fail');
    const table = await answer({ ask: 'finding-rows', batch: batch.id, finding: finding?.id ?? '', limit: 5 });
    expect(table).toMatchObject({ total: 1, rows: [{ row: 3, path: 'data/broken.csv' }] });
    expect(table.rows[0].values.slice(0, 2)).toEqual(['9-3', null]);
    await writeFile(join(workspace, 'slipway.yaml'), config);
  });

  it.each([
    ['role=cases&rows=1', 400, 'request-invalid'],
    ['role=holdout', 400, 'request-invalid'],
    ['role=holdout&rows=', 400, 'request-invalid'],
    ['role=holdout&rows=1&rows=2', 400, 'request-invalid'],
    ['role=holdout&rows=-1', 400, 'request-invalid'],
    ['role=holdout&rows=1.5', 400, 'request-invalid'],
    ['role=holdout&rows=1)%20OR%20(1=1', 400, 'request-invalid'],
    [`role=holdout&rows=${Array(1001).fill(1).join(',')}`, 400, 'request-invalid'],
    ['role=holdout&rows=0x10', 400, 'request-invalid'],
  ])('no rows are fetched for %.40s', async (query, status, code) => {
    expect(await refusal(`/v1/runs/${runs[0]}/rows?${query}`)).toMatchObject({ status, code });
  });

  it('no rows are fetched of a run that is not there, or from data that has changed', async () => {
    expect(await refusal('/v1/runs/none/rows?role=holdout&rows=1')).toMatchObject({ code: 'run-missing', status: 404 });
    const text = await readFile(join(workspace, 'data/holdout.csv'), 'utf8');
    await writeFile(join(workspace, 'data/holdout.csv'), text.replace('north', 'south'));
    expect(await refusal(routeOf({ ask: 'run-rows', run: runs[0], role: 'holdout', rows: [1] }))).toMatchObject({ code: 'dataset-changed', where: { path: 'data/holdout.csv' } });
    await writeFile(join(workspace, 'data/holdout.csv'), text);
  });

  it('P18: who comes late is told the run that is under way and how far it is', async () => {
    const seen: Promise<Snapshot>[] = [];
    const unsubscribe = owner.subscribe((message) => {
      if (message.kind === 'progress' && seen.length < 40) seen.push(owner.snapshot());
    });
    await perform({ kind: 'run', versions: ['v2'], force: true });
    unsubscribe();
    const active = (await Promise.all(seen)).flatMap((snapshot) => snapshot.active);
    expect(active.filter(({ run, progress }) => run?.version === 'v2' && progress !== null && progress.subject !== '').length).toBeGreaterThan(0);
    expect((await answer({ ask: 'snapshot' })).active).toEqual([]);
  }, 120_000);

  it('P19: a snapshot that is followed says what a new one says', async () => {
    let followed = await owner.snapshot();
    const unsubscribe = owner.subscribe((message) => (followed = followSnapshot(followed, message)));
    await perform({ kind: 'run', versions: ['v2'], force: true });
    unsubscribe();
    const { models, runs: saved, batches, active, problem } = await owner.snapshot();
    expect([followed.models, followed.runs, followed.active, followed.problem]).toEqual([models, saved, active, problem]);
    expect(new Set(followed.batches.map(({ id }) => id))).toEqual(new Set(batches.map(({ id }) => id)));
  }, 120_000);
});

describe('work that watches', () => {
  it('P20: tells that slipway.yaml has changed once its outline can be read, and what is wrong with it', async () => {
    const heard: { message: Extract<FeedMessage, { kind: 'config-changed' }>; outline: Promise<{ body: ConfigOutline }> }[] = [];
    let notice = (): void => {};
    const unsubscribe = owner.subscribe((message) => {
      if (message.kind === 'config-changed') heard.push({ message, outline: ask<ConfigOutline>(owner, 'GET', '/v1/outline') });
      notice();
    });
    const until = async (isMet: () => boolean): Promise<void> => {
      while (!isMet()) await new Promise<void>((resolve) => (notice = resolve));
    };
    await owner.submit('watch-config', { kind: 'run', watch: true });
    await until(() => messages.some((message) => message.kind === 'run-kept' && message.work === 'watch-config' && message.run.version === 'v3'));
    await writeFile(join(workspace, 'slipway.yaml'), `# a line more\n${config}`);
    await until(() => heard.some(({ message }) => message.problem === null));
    expect((await heard[0].outline).body.models[0].line).toBe(3);
    await writeFile(join(workspace, 'slipway.yaml'), config.replace('task: binary', 'task: binry'));
    await until(() => heard.some(({ message }) => message.problem?.code === 'config-invalid'));
    await owner.cancel('watch-config');
    await until(() => messages.some((message) => message.kind === 'work-finished' && message.work === 'watch-config'));
    unsubscribe();
    await writeFile(join(workspace, 'slipway.yaml'), config);
  }, 120_000);
});
