import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ShadowRecord, ShadowSummary } from '../../protocol/shadow.ts';
import { float, graph, model, node, value } from '../hostile/onnx-writer.ts';
import { buildSlipway, makeWorkspace, type Slipway } from './slipway.ts';
import { points, scorer, tinyWorkspace } from './tiny-workspace.ts';

const sample = fileURLToPath(new URL('../../samples/flight-delay', import.meta.url));

let slipway: Slipway;
let workspace: string;

beforeAll(async () => void (slipway = await buildSlipway()));
afterAll(() => slipway.remove());
beforeEach(async () => void (workspace = await makeWorkspace(tinyWorkspace({ rows: 2_000 }))));
afterEach(() => rm(workspace, { recursive: true }));

async function replay(candidate: string, ...args: string[]): Promise<ShadowRecord & { code: number | null }> {
  const { code, stdout, stderr } = await slipway.run(workspace, ['shadow', '--replay', 'current', '--candidate', candidate, '--json', ...args]);
  if (stdout.trim() === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as ShadowRecord), code };
}

describe('slipway shadow --replay', () => {
  it('calls a candidate better that is right more often, and one with its sign turned round worse, by the labels in the data', async () => {
    const better = await replay('v2');
    expect([better.code, better.report.verdict]).toEqual([0, 'better']);
    expect(better.report.pairs.compared).toBe(4_000);
    expect(better.report.labels).toMatchObject({ pairs: 4_000, metric: 'accuracy' });
    expect(better.report.source).toMatchObject({ kind: 'replay', recording: 'current', ended: true });
    expect(better.report.noise?.runs.map(({ how }) => how)).toEqual(['alone', 'other-batch']);
    expect(better.report.noise?.share.value).toBe(0);
    const worse = await replay('v3');
    expect([worse.code, worse.report.verdict]).toEqual([1, 'worse']);
    // Of the worst the inputs are there, in the words of the data.
    expect(Object.keys(worse.worst[0].inputs ?? {}).sort()).toEqual(['a', 'b']);
    expect(worse.points).toHaveLength(2_000);
  });

  it('calls the same model in another file equivalent, whether as another build or as a new model', async () => {
    await writeFile(join(workspace, 'models/toy/v2/model.onnx'), scorer(1, 1e-7));
    const build = await replay('v2', '--intent', 'same-build');
    expect([build.code, build.report.verdict, build.report.pairs.differ]).toEqual([0, 'equivalent', 0]);
    expect((await replay('v2')).report.verdict).toBe('equivalent');
  });

  it('as another build, every decision that moves is a fault', async () => {
    const { code, report } = await replay('v2', '--intent', 'same-build');
    expect([code, report.verdict]).toEqual([1, 'worse']);
  });

  it('judges decisions by what they are worth where slipway.yaml says it', async () => {
    const { 'slipway.yaml': written } = tinyWorkspace();
    // Who never predicts 1 loses nothing here, so that a model with more of it is worse although it is right more often.
    await writeFile(join(workspace, 'slipway.yaml'), String(written).replace('    champion: v1', '    champion: v1\n    value: {tp: 0, fp: -100, fn: 0, tn: 1, currency: EUR}'));
    const { report } = await replay('v2');
    expect(report.labels?.metric).toBe('value');
    expect(report.settings.value).toEqual({ tp: 0, fp: -100, fn: 0, tn: 1, currency: 'EUR' });
    const { production, candidate, difference } = report.labels ?? {};
    expect((candidate?.value ?? NaN) - (production?.value ?? NaN)).toBeCloseTo(difference?.value ?? NaN, 9);
    expect(report.sentence).toMatch(/worth .* EUR/);
  });

  it('of a candidate that does not take these inputs, says that it answers none', async () => {
    const renamed = model({ graph: graph({ nodes: [node('Mul', ['x', 'y'], ['product']), node('Sigmoid', ['product'], ['score'])], inputs: [value('x', float, ['N', 1]), value('y', float, ['N', 1])], outputs: [value('score', float, ['N', 1])] }) });
    await writeFile(join(workspace, 'models/toy/v2/model.onnx'), renamed);
    const { code, report } = await replay('v2');
    expect([code, report.verdict]).toEqual([1, 'worse']);
    expect(report.pairs).toMatchObject({ compared: 4_000, candidateFailed: 4_000 });
  });

  it('takes a file, and is repeated to the letter', async () => {
    await writeFile(join(workspace, 'week.csv'), points(700, 9));
    const asked = (): Promise<{ stdout: string }> => slipway.run(workspace, ['shadow', '--replay', 'week.csv', '--candidate', 'v2', '--json']);
    const [first, second] = [JSON.parse((await asked()).stdout) as ShadowRecord, JSON.parse((await asked()).stdout) as ShadowRecord];
    expect(first.report.pairs.compared).toBe(700);
    const plain = ({ report, worst, points: drawn }: ShadowRecord): object => ({ ...report, latency: null, sentence: '', worst, drawn });
    expect(plain(second)).toEqual(plain(first));
  });

  it('says what is wrong with what was asked', async () => {
    const refused = async (...args: string[]): Promise<{ code: number | null; stderr: string }> => slipway.run(workspace, ['shadow', ...args]);
    expect(await refused('--replay', 'current', '--candidate', 'v9')).toMatchObject({ code: 65, stderr: expect.stringContaining('toy has no version v9') });
    expect(await refused('--replay', 'nothing', '--candidate', 'v2')).toMatchObject({ code: 65, stderr: expect.stringContaining('No dataset is called nothing') });
    expect(await refused('--replay', 'current/2027-01', '--candidate', 'v2')).toMatchObject({ code: 65, stderr: expect.stringContaining('it has current/2026-01, current/2026-02') });
    expect(await refused('--replay', 'log', '--candidate', 'v2')).toMatchObject({ code: 65, stderr: expect.stringContaining('recorded') });
    expect(await refused('--replay', 'current', '--candidate', 'v2', '--pace', 'fast')).toMatchObject({ code: 64 });
    expect(await refused('--replay', 'current')).toMatchObject({ code: 64 });
    expect(await refused('--candidate', 'v2')).toMatchObject({ code: 64 });
  });
});

describe('slipway shadow', () => {
  it('lists what was compared, and shows it again', async () => {
    expect((await slipway.run(workspace, ['shadow'])).stdout).toMatch(/Nothing was compared yet/);
    const { summary } = await replay('v2');
    const listed = JSON.parse((await slipway.run(workspace, ['shadow', '--json'])).stdout) as ShadowSummary[];
    expect(listed).toEqual([summary]);
    const shown = await slipway.run(workspace, ['shadow', summary.id]);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/toy v2 beside v1 .*replay of current/);
    expect(shown.stdout).toContain('Better: ');
    expect((await slipway.run(workspace, ['shadow', 's-none'])).code).toBe(65);
  });
});

describe('on real flights', () => {
  it.each([
    ['v2', 0, 'better', /worth .* USD/],
    ['v3', 0, 'better', /worth .* USD/],
    ['v4', 1, 'worse', /not a finite number/],
  ])('a month of them says of %s what it is', async (candidate, code, verdict, sentence) => {
    await rm(workspace, { recursive: true });
    workspace = await makeWorkspace({});
    await cp(sample, workspace, { recursive: true });
    const outcome = await slipway.run(workspace, ['shadow', '--replay', 'current/2013-07', '--candidate', candidate, '--json']);
    const { report } = JSON.parse(outcome.stdout) as ShadowRecord;
    expect([outcome.code, report.verdict]).toEqual([code, verdict]);
    expect(report.sentence).toMatch(sentence);
    expect(report.pairs.compared).toBe(28_293);
    expect(report.pairs.dropped).toEqual([]);
  });
});
