import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../protocol/feed.ts';
import type { BatchReport, RunReport, RunSummary } from '../../protocol/run.ts';
import { buildSlipway, makeWorkspace, type Ended, type Slipway } from './slipway.ts';
import { config, points, scorer, tinyWorkspace, writeFiles } from './tiny-workspace.ts';
import { readXml, type Element } from './xml.ts';

let slipway: Slipway;
let workspace: string;
let first: Ended;

beforeAll(async () => {
  slipway = await buildSlipway();
  workspace = await makeWorkspace(tinyWorkspace());
  first = await slipway.run(workspace, ['run', '--junit', 'out/gates.xml']);
});
afterAll(async () => {
  slipway.remove();
  await rm(workspace, { recursive: true });
});

const ask = (...args: string[]): Promise<Ended> => slipway.run(workspace, args);
const json = <T>({ stdout }: Ended): T => JSON.parse(stdout) as T;

async function inWorkspace<T>(files: Parameters<typeof makeWorkspace>[0], act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await makeWorkspace(files);
  try {
    return await act(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('slipway run', () => {
  it('judges every version, says which may replace the champion, and ends with 1 as one is blocked', () => {
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(/v1, the champion, still passes/);
    expect(first.stdout).toMatch(/v2 may replace v1/);
    expect(first.stdout).toMatch(/v3 is blocked/);
    expect(first.code).toBe(1);
    for (const version of ['v1', 'v2', 'v3']) expect(existsSync(join(workspace, `.slipway/reports/toy-${version}.html`))).toBe(true);
  });

  it('does nothing when nothing has changed, says so, and ends with the same code', async () => {
    const before = json<RunSummary[]>(await ask('runs', '--json'));
    const again = await ask('run');
    expect(again.stdout).toMatch(/Nothing has changed since these verdicts/);
    expect(again.code).toBe(1);
    expect(json<RunSummary[]>(await ask('runs', '--json'))).toEqual(before);
  });

  it('places what candidates did not pass at the lines of slipway.yaml, of standing verdicts too', async () => {
    const { stderr } = await ask('run', '--problems');
    const lines = stderr.trim().split('\n');
    expect(lines).not.toHaveLength(0);
    for (const line of lines) expect(line).toMatch(/^slipway\.yaml(:\d+)?: (error|warning|info): toy v3: .+ \[.+\]$/);
  });

  it('places what is wrong with slipway.yaml at line and column', async () => {
    const wrong = { ...tinyWorkspace(), 'slipway.yaml': config.replace('gates:', 'gatez:') };
    const { stderr, code } = await inWorkspace(wrong, (folder) => slipway.run(folder, ['run']));
    expect(stderr).toMatch(/^ {2}slipway\.yaml:\d+:1: error: `gatez` is not known here; did you mean `gates`\?$/m);
    expect(code).toBe(65);
  });

  it('ends with 0 when the versions asked for pass, and prints their reports as JSON lines', async () => {
    const { code, stdout } = await ask('run', 'toy', '--version-name', 'v2', '--json');
    const reports = stdout.trim().split('\n').map((line) => JSON.parse(line) as RunReport);
    expect(reports.map(({ schema, model }) => [schema, model.version])).toEqual([['slipway.run/1', 'v2']]);
    expect(reports[0].decision.verdict).toBe('pass');
    expect(code).toBe(0);
  });

  it('judges anew what a changed gate speaks of', async () => {
    await inWorkspace({ ...tinyWorkspace({ rows: 200 }), 'slipway.yaml': config.replace('min: 0.6', 'min: 0.99') }, async (folder) => {
      const strict = await slipway.run(folder, ['run', '--version-name', 'v2']);
      expect([strict.code, strict.stdout]).toEqual([1, expect.stringContaining('v2 is blocked')]);
      await writeFile(join(folder, 'slipway.yaml'), config);
      const eased = await slipway.run(folder, ['run', '--version-name', 'v2']);
      expect([eased.code, eased.stdout]).toEqual([0, expect.stringContaining('v2 may replace v1')]);
    });
  });

  it('ends with 2 when there is too little data to tell', async () => {
    const { code, stdout } = await inWorkspace({ ...tinyWorkspace({ rows: 30 }), 'slipway.yaml': config.replace('nonInferior: 0.05', 'nonInferior: 0.001').replace('  - {metric: roc_auc, min: 0.6}\n', '') }, (folder) => slipway.run(folder, ['run', '--version-name', 'v2']));
    expect(stdout).toMatch(/^\? v2/m);
    expect(code).toBe(2);
  });

  it('ends with 3 when the model cannot be measured, and judges that again the next time', async () => {
    await inWorkspace({ ...tinyWorkspace({ rows: 100 }), 'slipway.yaml': config.replace('target: label', 'target: label\n    inputs: {a: place}') }, async (folder) => {
      const once = await slipway.run(folder, ['run', '--version-name', 'v2']);
      const twice = await slipway.run(folder, ['run', '--version-name', 'v2']);
      expect([once.code, twice.code]).toEqual([3, 3]);
      expect(json<RunSummary[]>(await slipway.run(folder, ['runs', '--json'])).map(({ decision }) => decision.verdict)).toEqual(['error', 'error']);
    });
  });

  it.each([
    ['a model that is not there', ['run', 'tyo'], 'slipway.yaml has no model tyo; it has toy'],
    ['a version that is not there', ['run', '--version-name', 'v9'], 'toy has no version v9; it has v1, v2, v3'],
    ['a JUnit file that cannot be written', ['run', '--junit', 'slipway.yaml/gates.xml'], 'slipway.yaml/gates.xml cannot be written'],
  ])('ends with 65 on %s', async (_, args, message) => {
    const { code, stderr } = await ask(...args);
    expect(stderr).toContain(message);
    expect(code).toBe(65);
  });

  it('says of every mistake in slipway.yaml where it is and what was probably meant', async () => {
    const wrong = config.replace('task: binary', 'task: binry').replace('target:', 'targt:').replace('data/holdout.csv', 'data/holdut.csv');
    const { code, stderr } = await inWorkspace({ ...tinyWorkspace({ rows: 50 }), 'slipway.yaml': wrong }, (folder) => slipway.run(folder, ['run']));
    expect(stderr).toMatch(/slipway\.yaml has 3 errors/);
    for (const line of [/slipway\.yaml:3:11: error: .*binary/, /slipway\.yaml:4:5: error: .*`target`/, /slipway\.yaml:9:19: error: .*holdout\.csv/]) expect(stderr).toMatch(line);
    expect(code).toBe(65);
  });

  it('keeps no model from its verdict because another has none', async () => {
    const two = config.replace('models:\n', 'models:\n  other:\n    task: binary\n    target: label\n    champion: v1\n    files: models/toy/*/model.onnx\n    holdout: damaged\n').replace('datasets:\n  reference', 'datasets:\n  damaged: data/damaged.parquet\n  reference');
    const { code, stdout, stderr } = await inWorkspace({ ...tinyWorkspace({ rows: 100 }), 'slipway.yaml': two, 'data/damaged.parquet': 'PAR1 and nothing more' }, (folder) => slipway.run(folder, ['run']));
    expect(stderr).toContain('data/damaged.parquet');
    expect(stdout).toContain('v2 may replace v1');
    expect(code).toBe(65);
  });

  it('leaves a deleted version out of the verdict, and in the history', async () => {
    await inWorkspace(tinyWorkspace({ rows: 200 }), async (folder) => {
      expect((await slipway.run(folder, ['run'])).code).toBe(1);
      await rm(join(folder, 'models/toy/v3'), { recursive: true });
      expect((await slipway.run(folder, ['run'])).code).toBe(0);
      expect(json<Snapshot>(await slipway.run(folder, ['status', '--json'])).models.map(({ version }) => version)).toEqual(['v1', 'v2']);
      expect(json<RunSummary[]>(await slipway.run(folder, ['runs', '--json'])).map(({ version }) => version)).toEqual(['v3', 'v2', 'v1']);
    });
  });
});

describe('the JUnit file', () => {
  it('has a suite for each version and a case for each gate, and is red for what failed', async () => {
    const root = readXml(await readFile(join(workspace, 'out/gates.xml'), 'utf8'));
    expect([root.name, root.children.map(({ name, attributes }) => [name, attributes.name])]).toEqual(['testsuites', [['testsuite', 'toy v1'], ['testsuite', 'toy v2'], ['testsuite', 'toy v3']]]);
    const casesOf = (suite: Element) => suite.children.filter(({ name }) => name === 'testcase');
    for (const suite of root.children) expect(Number(suite.attributes.tests)).toBe(casesOf(suite).length);
    const [champion, better, worse] = root.children;
    expect([champion, better, worse].map(({ attributes }) => attributes.failures)).toEqual(['0', '0', '2']);
    const failures = casesOf(worse).filter(({ children }) => children.length > 0).map(({ attributes, children }) => [attributes.file, attributes.line, children[0].name, children[0].attributes.type]);
    expect(failures).toEqual([['slipway.yaml', '15', 'failure', 'fail'], ['slipway.yaml', '16', 'failure', 'fail']]);
  });

  it('holds the standing verdicts when nothing had to be judged', async () => {
    await ask('run', '--junit', 'out/again.xml');
    const [then, now] = await Promise.all(['gates', 'again'].map((name) => readFile(join(workspace, `out/${name}.xml`), 'utf8')));
    expect(now).toBe(then);
  });

  it('is written for one saved run too', async () => {
    const [run] = json<RunSummary[]>(await ask('runs', '--json', '--limit', '1'));
    expect((await ask('show', run.id, '--junit', 'out/one.xml')).code).toBe(1);
    expect(readXml(await readFile(join(workspace, 'out/one.xml'), 'utf8')).children.map(({ attributes }) => attributes.id)).toEqual([run.id]);
  });
});

describe('slipway check', () => {
  it('checks a batch of the current dataset and shows what moved', async () => {
    const { code, stdout } = await ask('check', 'data/current/2026-02.csv');
    expect(stdout).toMatch(/1 of 4 columns has moved: a/);
    expect(code).toBe(0);
  });

  it('prints the report as JSON', async () => {
    const report = json<BatchReport>(await ask('check', 'data/current/2026-02.csv', '--json'));
    expect(report).toMatchObject({ schema: 'slipway.batch/1', profile: { name: 'current/2026-02', rows: 600 }, drift: { moved: 1 } });
  });

  it('writes the report of a batch as one page, and prints plain text when piped, in a CI too', async () => {
    const { code, stdout } = await slipway.run(workspace, ['check', 'data/current/2026-02.csv', '--report', 'out/batch.html'], { env: { CI: 'true', NO_COLOR: undefined } });
    expect(code).toBe(0);
    expect(stdout).not.toContain('\u001b');
    const page = await readFile(join(workspace, 'out/batch.html'), 'utf8');
    expect(page).toContain('What moved');
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it('ends with 1 when a blocking check fails, and shows the rows behind it', async () => {
    await writeFile(join(workspace, 'data/broken.csv'), points(300, 9).replaceAll(',north,', ',moon,').replace(/^(9-7),.*$/m, '9-6,0.1,0.1,west,1'));
    const { code, stdout } = await ask('check', 'data/broken.csv');
    expect(stdout).toMatch(/✗ +allowed_values:place/);
    expect(stdout).toMatch(/✗ +unique:id/);
    expect(code).toBe(1);
    const rows = await ask('check', 'data/broken.csv', '--rows', 'unique:id', '--limit', '5');
    expect(rows.stdout).toMatch(/unique:id {2}\d of \d rows/);
    expect(rows.stdout).toMatch(/9-6/);
  });

  it('profiles a batch where there is no slipway.yaml, says what is missing, and calls it inconclusive', async () => {
    await inWorkspace({ 'batch.csv': points(50, 1) }, async (folder) => {
      const alone = await slipway.run(folder, ['check', 'batch.csv']);
      expect(alone.stdout).toMatch(/50 rows × 5 columns/);
      expect(alone.stdout).toMatch(/^place +varchar +3 /m);
      expect(alone.stdout).toMatch(/There is no slipway\.yaml here/);
      expect(alone.code).toBe(2);
      await writeFiles(folder, { 'before.csv': points(500, 2) });
      const compared = await slipway.run(folder, ['check', 'batch.csv', '--reference', 'before.csv']);
      expect(compared.stdout).toMatch(/checks hold/);
      expect(compared.code).toBe(0);
    });
  });

  it.each([
    ['a file that is not there', ['check', 'data/nothing.csv'], /data\/nothing\.csv cannot be read/],
    ['a file that is no data', ['check', 'slipway.yaml'], /slipway\.yaml: the name does not say a format/],
    ['P11: a file outside the workspace', ['check', '/etc/hostname'], /leads outside the workspace/],
    ['a reference that is not there', ['check', 'data/holdout.csv', '--reference', 'before'], /There is no dataset before; slipway\.yaml has reference, holdout, current/],
    ['a finding that is not there', ['check', 'data/holdout.csv', '--rows', 'nothing'], /There is no finding nothing on holdout; none fails; there are/],
  ])('ends with 65 on %s', async (_, args, message) => {
    const { code, stderr } = await ask(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(65);
  });
});

describe('slipway status, runs and show', () => {
  it('status lists the versions with their verdicts', async () => {
    const { code, stdout } = await ask('status');
    expect(stdout).toMatch(/★ +v1 +champion/);
    expect(stdout).toMatch(/✓ +v2 +promotable/);
    expect(stdout).toMatch(/✗ +v3 +blocked/);
    expect(code).toBe(0);
    const snapshot = json<Snapshot>(await ask('status', '--json'));
    expect(Object.keys(snapshot).sort()).toEqual(['active', 'batches', 'models', 'problem', 'refused', 'runs', 'serving']);
    expect(snapshot.models.map(({ version, champion, run }) => [version, champion, run?.decision.verdict])).toEqual([['v1', true, 'pass'], ['v2', false, 'pass'], ['v3', false, 'fail']]);
  });

  it('status shows what is saved even while slipway.yaml is broken, and says that it is', async () => {
    await inWorkspace({ 'slipway.yaml': 'models: [' }, async (folder) => {
      const { code, stdout, stderr } = await slipway.run(folder, ['status']);
      expect(stdout).toMatch(/No model version is known yet/);
      expect(stderr).toMatch(/slipway\.yaml:1:/);
      expect(code).toBe(65);
    });
  });

  it('runs lists the newest first, of one model where asked', async () => {
    const { code, stdout } = await ask('runs');
    expect(stdout.split('\n').slice(1, 4).map((line) => /toy +(v\d)/.exec(line)?.[1])).toEqual(['v3', 'v2', 'v1']);
    expect(code).toBe(0);
    expect(json<RunSummary[]>(await ask('runs', '--json', '--model', 'toy', '--limit', '2')).map(({ version }) => version)).toEqual(['v3', 'v2']);
    expect((await ask('runs', '--model', 'other')).stdout).toBe('No run of other is saved\n');
  });

  it('show judges again from the record, and ends with the code of its verdict', async () => {
    const [worse, better] = json<RunSummary[]>(await ask('runs', '--json'));
    const shown = await ask('show', better.id, '--report', 'out/better.html');
    expect(shown.stdout).toMatch(/judged again from the record: the same verdicts/);
    expect(shown.code).toBe(0);
    expect(await readFile(join(workspace, 'out/better.html'), 'utf8')).toContain('<svg');
    expect((await ask('show', worse.id)).code).toBe(1);
    expect(json<RunReport>(await ask('show', worse.id, '--json'))).toMatchObject({ schema: 'slipway.run/1', id: worse.id, decision: { verdict: 'fail' } });
    expect((await ask('show', worse.id, '--rows', 'nothing')).stderr).toMatch(/There is no finding nothing on current\/2026-02/);
  });

  it.each([
    ['a run that is not saved', ['show', 'r-1999'], /No run r-1999 is saved/],
    ['P14: the start of several runs', ['show', 'r-'], /r- names more than one of the saved runs/],
    ['a folder that is not there', ['-w', 'nowhere', 'status'], /There is no folder nowhere/],
  ])('end with 65 on %s', async (_, args, message) => {
    const { code, stderr } = await ask(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(65);
  });

  it('leave nothing behind where there is no workspace', async () => {
    await inWorkspace({}, async (folder) => {
      for (const command of [['run'], ['status'], ['runs'], ['show', 'r-1']]) {
        const { code, stderr } = await slipway.run(folder, command);
        expect([code, stderr]).toEqual([65, expect.stringContaining('There is no slipway.yaml here')]);
      }
      expect(existsSync(join(folder, '.slipway'))).toBe(false);
    });
  });
});

describe('slipway init and doctor', () => {
  it('init writes a slipway.yaml with which run works, and touches none that is there', async () => {
    const { 'slipway.yaml': _, ...files } = tinyWorkspace({ rows: 200 });
    await inWorkspace(files, async (folder) => {
      const printed = await slipway.run(folder, ['init', '--print']);
      expect([printed.code, existsSync(join(folder, 'slipway.yaml'))]).toEqual([0, false]);
      const written = await slipway.run(folder, ['init']);
      expect([written.code, await readFile(join(folder, 'slipway.yaml'), 'utf8')]).toEqual([0, printed.stdout]);
      expect([0, 1, 2]).toContain((await slipway.run(folder, ['run'])).code);
      const again = await slipway.run(folder, ['init']);
      expect([again.code, again.stderr]).toEqual([65, expect.stringContaining('slipway.yaml is already here')]);
    });
  });

  it('doctor runs a model on the processor, and says of every other provider why it cannot', async () => {
    const found = json<{ subject: string; verdict: string; message: string }[]>(await ask('doctor', '--json'));
    expect(found.map(({ subject }) => subject)).toEqual(['slipway', 'duckdb', 'cuda', 'tensorrt', 'webgpu', 'dml', 'coreml', 'cpu', 'slipway.yaml']);
    expect(found.find(({ subject }) => subject === 'cpu')?.verdict).toBe('pass');
    expect(found.every(({ message }) => message.length > 0)).toBe(true);
    expect((await ask('doctor')).code).toBe(0);
  });

  it('doctor names what is wrong with slipway.yaml', async () => {
    const { code, stdout } = await inWorkspace({ 'slipway.yaml': 'modells: {}\n' }, (folder) => slipway.run(folder, ['doctor']));
    expect(stdout).toMatch(/slipway\.yaml:1:1 .*`models`/);
    expect(code).toBe(65);
  });
});

describe('the command line', () => {
  it.each([
    ['an unknown command', ['runn'], /unknown command 'runn'[^]*run/],
    ['an unknown option', ['run', '--forse'], /unknown option '--forse'[^]*--force/],
    ['a missing argument', ['show'], /missing required argument 'run'/],
    ['a missing value', ['run', '--junit'], /argument missing/],
    ['a number that is none', ['runs', '--limit', 'many'], /whole number/],
    ['too many arguments', ['status', 'now'], /too many arguments/],
    ['no command at all', [], /Usage: slipway/],
  ])('ends with 64 on %s', async (_, args, message) => {
    const { code, stderr, stdout } = await ask(...args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(64);
  });

  it('writes no colour and no progress bar into a pipe', async () => {
    const { stdout, stderr } = await slipway.run(workspace, ['run', '--force', '--version-name', 'v2'], { env: { NO_COLOR: undefined, CI: undefined } });
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('finds the workspace from a folder within it', async () => {
    await mkdir(join(workspace, 'data/deep'), { recursive: true });
    expect((await slipway.run(join(workspace, 'data/deep'), ['status'])).stdout).toMatch(/v2 +promotable/);
  });

  it('judges versions that are columns of the data', async () => {
    const scored = points(300, 5).split('\n').map((line, row) => (line === '' ? line : row === 0 ? `${line},old,new` : `${line},${1 / (1 + Math.exp(-Number(line.split(',')[1])))},${1 / (1 + Math.exp(-2 * Number(line.split(',')[1]) - Number(line.split(',')[2])))}`)).join('\n');
    const columns = 'models:\n  scores:\n    task: binary\n    target: label\n    champion: old\n    predictions:\n      old: {score: old}\n      new: {score: new}\ndatasets:\n  holdout: data/scored.csv\ngates:\n  - {metric: roc_auc, min: 0.6}\n';
    await inWorkspace({ 'slipway.yaml': columns, 'data/scored.csv': scored }, async (folder) => {
      const { code, stdout, stderr } = await slipway.run(folder, ['run']);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain('new may replace old');
      expect((await slipway.run(folder, ['status'])).stdout).toMatch(/new +promotable/);
    });
  });

  it('stops quietly when its reader has gone away', async () => {
    const { code, stderr } = await slipway.run(workspace, ['runs', '--json'], { under: ['sh', '-c', '"$@" | true; exit "${PIPESTATUS:-0}"', 'sh'] });
    expect([code, stderr]).toEqual([0, '']);
  });
});

it('a model file that is a copy under another name is one more version of the same bytes', async () => {
  await inWorkspace({ ...tinyWorkspace({ rows: 100 }), 'models/toy/v4/model.onnx': scorer(2, 1) }, async (folder) => {
    await slipway.run(folder, ['run']);
    const { models } = json<Snapshot>(await slipway.run(folder, ['status', '--json']));
    expect(models.filter(({ version }) => version === 'v2' || version === 'v4').map(({ digest }) => digest)).toEqual([models[1].digest, models[1].digest]);
  });
});
