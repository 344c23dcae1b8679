import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BatchReport } from '../../protocol/run.ts';
import type { Snapshot } from '../../protocol/feed.ts';
import { writeHostileModels } from '../hostile/make.ts';
import { buildSlipway, descendantsOf, makeWorkspace, survivors, type Slipway } from './slipway.ts';
import { config, points, scorer, tinyWorkspace, writeFiles } from './tiny-workspace.ts';

let slipway: Slipway;
let workspace: string;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeEach(async () => void (workspace = await makeWorkspace(tinyWorkspace({ rows: 200 }))));
afterEach(() => rm(workspace, { recursive: true }));

describe('a folder full of hostile models', () => {
  it('ends nothing: each is refused with its reason, or held, and the healthy one is judged', { timeout: 240_000 }, async () => {
    const eager = `${config.replace('champion: v1', 'champion: v1\n    files: [models/toy/*/model.onnx, hostile/**/*.onnx]').replace('  - {metric: roc_auc, nonInferior: 0.05}\n', '')}\nresources: {deadlineMs: 1500, memoryMb: 1024}\n`;
    const { 'models/toy/v3/model.onnx': _, ...files } = tinyWorkspace({ rows: 100 });
    await rm(workspace, { recursive: true });
    workspace = await makeWorkspace({ ...files, 'slipway.yaml': eager });
    await mkdir(join(workspace, 'hostile'));
    const hostile = writeHostileModels(join(workspace, 'hostile'));
    const running = slipway.start(workspace, ['run', '--json']);
    await running.says('"version":"v2"');
    const children = descendantsOf(running.pid);
    const { code, signal, stdout, stderr } = await running.ended;
    // Those that are held have another signature than the champion, which is a failure and not only an error.
    expect([code, signal]).toEqual([1, null]);
    expect(await survivors(children)).toEqual([]);

    const verdicts = new Map(stdout.trim().split('\n').map((line) => JSON.parse(line) as { model: { version: string }; decision: { verdict: string } }).map(({ model, decision }) => [model.version, decision.verdict]));
    expect([verdicts.get('v1'), verdicts.get('v2')]).toEqual(['pass', 'pass']);
    const pathOf = (file: string) => file.slice(workspace.length + 1);
    const refusals = new Map([...stderr.matchAll(/^✗ (\S+): (.+)$/gm)].map(([, path, reason]) => [path, reason]));
    // Pipes, devices and folders under a model's name are no files, so no pattern matches them.
    const unexplained = hostile.filter(({ expected }) => expected.outcome !== 'contained' && !('rule' in expected && expected.rule === 'regular-file')).filter(({ file }) => (refusals.get(pathOf(file)) ?? '').length < 10);
    expect(unexplained.map(({ name }) => name)).toEqual([]);
    const contained = hostile.filter(({ expected }) => expected.outcome === 'contained').map(({ name }) => [name, verdicts.get(name)]);
    expect(contained.length).toBeGreaterThan(5);
    expect(contained.filter(([, verdict]) => verdict === 'pass' || verdict === undefined)).toEqual([]);
    expect(hostile.length).toBeGreaterThanOrEqual(60);

    const status = JSON.parse((await slipway.run(workspace, ['status', '--json'])).stdout) as Snapshot;
    expect(status.refused.length).toBe(refusals.size);
  });
});

describe('damaged data', () => {
  const parquet = Buffer.from('PAR1');
  const wide = [Array.from({ length: 5000 }, (_, column) => `c${column}`).join(','), ...Array.from({ length: 3 }, (_, row) => Array.from({ length: 5000 }, (_, column) => row * column).join(','))].join('\n');

  it.each<[string, string, string | Uint8Array, number, RegExp]>([
    ['a Parquet file that is cut off', 'cut.parquet', Buffer.concat([parquet, Buffer.alloc(500, 7)]), 65, /cut\.parquet/],
    ['a Parquet file of its magic bytes alone', 'magic.parquet', parquet, 65, /magic\.parquet/],
    ['a zip that calls itself CSV', 'zip.csv', Buffer.from('504b0304140000000800', 'hex'), 65, /zip\.csv/],
    ['an empty file', 'empty.csv', '', 65, /empty\.csv/],
    ['a header without rows', 'header.csv', 'id,a,b,place,label\n', 2, /0 rows/],
    ['a CSV with a torn quote', 'torn.csv', `${points(20, 1)}"x,1,1,west,0\n`, 65, /torn\.csv/],
    ['JSON nested too deep', 'deep.jsonl', `{"a":${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`, 65, /deep\.jsonl/],
    ['a file of 5,000 columns', 'wide.csv', wide, 1, /5,?000 columns/],
  ])('%s: check ends with a finding or an error that names it, and never crashes', async (_, name, bytes, code, message) => {
    await writeFile(join(workspace, name), bytes);
    const ended = await slipway.run(workspace, ['check', name]);
    expect([ended.code, ended.signal]).toEqual([code, null]);
    expect(code === 65 ? ended.stderr : ended.stdout).toMatch(message);
    expect(ended.stderr).not.toMatch(/This is a bug/);
  });

  it.each([['holdout', 'data/holdout.csv'], ['current', 'data/current/2026-02.csv']])('%s of nothing but its name: run says which file it is', async (_, path) => {
    await writeFile(join(workspace, path), '');
    const { code, stderr } = await slipway.run(workspace, ['run']);
    expect(stderr).toContain(path);
    expect(code).toBe(65);
  });

  it('current without rows: no version passes', async () => {
    await writeFile(join(workspace, 'data/current/2026-02.csv'), 'id,a,b,place,label\n');
    await writeFile(join(workspace, 'slipway.yaml'), config.replace('dataQuality: holdout', 'dataQuality: current'));
    const { code, stderr } = await slipway.run(workspace, ['run']);
    expect([1, 3, 65]).toContain(code);
    expect(stderr).not.toMatch(/This is a bug/);
  });

  it('a current file that is replaced again and again while it is read is judged as one of its versions, or said to change', async () => {
    const path = join(workspace, 'data/current/2026-02.csv');
    const versions = [points(3000, 4), points(4000, 5)];
    let replacing = true;
    const writer = (async () => {
      for (let turn = 0; replacing; turn++) {
        await writeFile(`${path}.tmp`, versions[turn % 2]);
        await rename(`${path}.tmp`, path);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    for (let look = 0; look < 4; look++) {
      const { code, signal, stdout, stderr } = await slipway.run(workspace, ['check', 'data/current/2026-02.csv', '--json']);
      expect(signal).toBeNull();
      if (code === 65) expect(stderr).toMatch(/changed/);
      else expect([3000, 4000]).toContain((JSON.parse(stdout) as BatchReport).profile.rows);
    }
    replacing = false;
    await writer;
    expect((await slipway.run(workspace, ['check', 'data/current/2026-02.csv'])).code).toBe(0);
  });
});

describe('a .slipway that is damaged or cannot be written', () => {
  it('is refused with the reason when it is a file', async () => {
    await writeFile(join(workspace, '.slipway'), '');
    const { code, stderr } = await slipway.run(workspace, ['run']);
    expect([code, stderr]).toEqual([65, expect.stringMatching(/Nothing can be saved in \.slipway[^]*Make room on the disk/)]);
  });

  it.skipIf(process.getuid?.() === 0)('is refused with the reason when it may only be read', async () => {
    await slipway.run(workspace, ['check', 'data/holdout.csv']);
    await chmod(join(workspace, '.slipway'), 0o500);
    const { code, stderr } = await slipway.run(workspace, ['status']);
    await chmod(join(workspace, '.slipway'), 0o700);
    expect([code, stderr]).toEqual([65, expect.stringMatching(/Nothing can be saved in \.slipway: EACCES/)]);
  });

  it('tells of a full disk, saves nothing by half, and goes on when there is room', async () => {
    await slipway.run(workspace, ['check', 'data/holdout.csv']);
    const before = await readFile(join(workspace, '.slipway/journal.jsonl'), 'utf8');
    // Files may grow to 4 KiB: as if the disk were full for whatever is written next.
    const { code, stderr } = await slipway.run(workspace, ['run', '--version-name', 'v2'], { under: ['sh', '-c', 'trap "" XFSZ; ulimit -f 8; exec "$@"', 'sh'] });
    expect(code).not.toBe(0);
    expect(stderr.length).toBeGreaterThan(0);
    expect((await readFile(join(workspace, '.slipway/journal.jsonl'), 'utf8')).startsWith(before)).toBe(true);
    expect((await slipway.run(workspace, ['run', '--version-name', 'v2'])).code).toBe(0);
  });

  it.each<[string, () => Promise<void>]>([
    ['its database is deleted', () => rm(join(workspace, '.slipway/slipway.duckdb'))],
    ['its database is overwritten', () => writeFile(join(workspace, '.slipway/slipway.duckdb'), 'no database '.repeat(2000))],
    ['its journal ends in half a line', async () => writeFile(join(workspace, '.slipway/journal.jsonl'), `${await readFile(join(workspace, '.slipway/journal.jsonl'), 'utf8')}{"sequence":99,"at":"20`)],
  ])('keeps every verdict when %s', async (_, damage) => {
    await slipway.run(workspace, ['run', '--version-name', 'v2']);
    const before = (await slipway.run(workspace, ['runs', '--json'])).stdout;
    await damage();
    const after = await slipway.run(workspace, ['runs', '--json']);
    expect([after.code, after.stdout]).toEqual([0, before]);
    expect((await slipway.run(workspace, ['run', '--version-name', 'v2'])).stdout).toMatch(/Nothing has changed/);
  });

  it('names the line of a journal that somebody has edited, and changes nothing', async () => {
    await slipway.run(workspace, ['check', 'data/holdout.csv']);
    const path = join(workspace, '.slipway/journal.jsonl');
    const edited = (await readFile(path, 'utf8')).replace('"rows":200', '"rows":201');
    await writeFile(path, edited);
    const { code, stderr } = await slipway.run(workspace, ['status']);
    expect([code, stderr]).toEqual([65, expect.stringMatching(/\.slipway\/journal\.jsonl:1.*hash/)]);
    expect(await readFile(path, 'utf8')).toBe(edited);
  });
});

it('P2: the token of a running server is in no log, database, journal, report or process list', async () => {
  await writeFiles(workspace, { 'models/toy/v4/model.onnx': scorer(5, 5).subarray(0, 60) });
  const running = slipway.start(workspace, ['run', '--watch']);
  await running.says('v3 is blocked');
  const { token } = JSON.parse(await readFile(join(workspace, '.slipway/server.json'), 'utf8')) as { token: string };
  await slipway.run(workspace, ['status']);
  await slipway.run(workspace, ['show', 'nothing']);
  const commands = process.platform === 'linux' ? await Promise.all([running.pid, ...descendantsOf(running.pid)].flatMap((pid) => ['cmdline', 'environ'].map((name) => readFile(`/proc/${pid}/${name}`, 'latin1').catch(() => '')))) : [];
  running.kill('SIGTERM');
  const { code, stdout, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(token.length).toBeGreaterThan(40);
  const files = (await readdir(join(workspace, '.slipway'), { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(files.some(({ name }) => name.endsWith('.jsonl')) && files.some(({ name }) => name.endsWith('.duckdb'))).toBe(true);
  const texts = [stdout, stderr, ...commands, ...(await Promise.all(files.map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1'))))];
  const spellings = [token, Buffer.from(token).toString('base64'), encodeURIComponent(token)];
  expect(texts.filter((text) => spellings.some((spelling) => text.includes(spelling)))).toEqual([]);
});

it('the log tells what a bug report needs: what was opened, asked, done and refused', async () => {
  await writeFiles(workspace, { 'models/toy/v4/model.onnx': 'no model at all' });
  await slipway.run(workspace, ['run', '--version-name', 'v2']);
  const [name] = await readdir(join(workspace, '.slipway/logs'));
  const entries = (await readFile(join(workspace, '.slipway/logs', name), 'utf8')).trim().split('\n').map((line) => JSON.parse(line) as { message: string });
  expect(new Set(entries.map(({ message }) => message))).toEqual(new Set(['opened', 'work started', 'model seen', 'model refused', 'run started', 'step', 'run finished', 'work finished', 'closed']));
  expect(entries[0]).toMatchObject({ message: 'opened', slipway: expect.stringMatching(/^\d+\.\d+/), node: process.versions.node });
});
