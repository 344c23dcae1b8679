import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LiveSample, LiveVersion } from '../../protocol/serving.ts';
import type { ShadowRecord, ShadowSummary } from '../../protocol/shadow.ts';
import { buildSlipway, connectTo, makeWorkspace, type Running, type Slipway } from './slipway.ts';
import { config, tinyWorkspace } from './tiny-workspace.ts';

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
  await stop();
  await rm(workspace, { recursive: true });
});

async function serve(yaml: string): Promise<string> {
  await writeFile(join(workspace, 'slipway.yaml'), yaml);
  serving = slipway.start(workspace, ['serve', '--json']);
  return (JSON.parse((await serving.says('"url"')).trim()) as { url: string }).url;
}

async function stop(): Promise<void> {
  serving?.kill('SIGINT');
  await serving?.ended;
  serving = null;
}

/** `route` goes under the model. */
const withRoute = (route: string, rest = ''): string => `${config.replace('    champion: v1', `    champion: v1\n    route: ${route}`)}${rest}`;

async function ask(url: string, id: string, a: number, b: number, path = '/v1/models/toy/predict'): Promise<{ status: number; version: string | undefined; score: number | undefined }> {
  const answer = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify({ rows: [{ a, b }] }), headers: { 'x-request-id': id } });
  const body = (await answer.json()) as { version?: string; predictions?: { score: number }[] };
  expect(answer.headers.get('x-request-id')).toBe(answer.status === 200 ? id : null);
  return { status: answer.status, version: body.version, score: body.predictions?.[0].score };
}

/** Neither is ever 0. */
const pointOf = (index: number): [a: number, b: number] => [Math.sin(index + 1), 2 * Math.cos(3 * index + 1)];

async function askMany(url: string, count: number, from = 0): Promise<void> {
  for (let at = 0; at < count; at += 20) await Promise.all(Array.from({ length: Math.min(20, count - at) }, (_, index) => ask(url, `q${from + at + index}`, ...pointOf(from + at + index))));
}

async function shadows(): Promise<ShadowSummary[]> {
  return JSON.parse((await slipway.run(workspace, ['shadow', '--json'])).stdout) as ShadowSummary[];
}

async function record(id: string): Promise<ShadowRecord> {
  return JSON.parse((await slipway.run(workspace, ['shadow', id, '--json'])).stdout) as ShadowRecord;
}

async function eventually<T>(look: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (const end = Date.now() + 20_000; ; ) {
    const found = await look();
    if (holds(found) || Date.now() > end) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const metric = async (url: string, name: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

describe('predictions that are served', () => {
  it('are recorded with who answered, replayed into a candidate, and find their labels by request', async () => {
    const url = await serve(config);
    await askMany(url, 450);
    expect((await ask(url, 'wrong', 1, NaN)).status).toBe(200);
    await stop();
    const files = (await readdir(join(workspace, '.slipway/predictions'), { recursive: true })).filter((name) => name.endsWith('.parquet'));
    expect(files).toHaveLength(1);
    await writeFile(join(workspace, 'labels.csv'), ['request_id,label', ...Array.from({ length: 450 }, (_, at) => `q${at},${2 * pointOf(at)[0] + pointOf(at)[1] > 0 ? 1 : 0}`), 'nobody,1'].join('\n'));
    const imported = await slipway.run(workspace, ['labels', 'import', 'labels.csv', '--json']);
    expect(JSON.parse(imported.stdout)).toEqual({ given: 451, unmatched: 1, labelled: 450 });
    const replayed = await slipway.run(workspace, ['shadow', '--replay', 'log', '--candidate', 'v2', '--json']);
    const { report } = JSON.parse(replayed.stdout) as ShadowRecord;
    expect(report.pairs.compared).toBe(451);
    expect(report.labels?.pairs).toBe(450);
    // v2 is 2a + b, which is what these labels are.
    expect(report.labels?.candidate.value).toBe(1);
    expect(report.sentence, JSON.stringify(report.errors)).toMatch(/^Better/);
    expect([replayed.code, report.verdict]).toEqual([0, 'better']);
  });

  it('leave nothing on the disk where slipway.yaml says so, and no inputs where it says that', async () => {
    const url = await serve(`${config}serving: {log: {enabled: false}}\n`);
    await askMany(url, 20);
    await stop();
    expect(await readdir(join(workspace, '.slipway'))).not.toContain('predictions');
    await askMany(await serve(`${config}serving: {log: {inputs: none}}\n`), 20);
    await stop();
    const replayed = await slipway.run(workspace, ['shadow', '--replay', 'log', '--candidate', 'v2']);
    expect(replayed).toMatchObject({ code: 65, stderr: expect.stringContaining('inputs: all under serving.log') });
  });
});

describe('a live shadow', () => {
  it('is asked after the reply, compared, told while it runs, and kept when serving ends', async () => {
    const url = await serve(withRoute('{shadows: {v2: 100%, v3: {share: 100%, intent: same-build}}}'));
    await askMany(url, 400);
    const accounted = async (): Promise<number> => (await metric(url, 'slipway_shadow_pairs_total')) + (await metric(url, 'slipway_shadow_dropped_total'));
    expect(await eventually(accounted, (rows) => rows === 800)).toBe(800);
    // A machine that stands still for a second makes shadows miss their deadline, which costs pairs and nothing else.
    const seen = await eventually(shadows, (all) => all.length === 2 && all.every(({ compared }) => compared === 400));
    for (const { compared } of seen) expect(compared).toBeGreaterThan(300);
    expect(seen.map(({ candidate, kind, intent, endedAt }) => ({ candidate, kind, intent, endedAt })).sort((a, b) => a.candidate.localeCompare(b.candidate))).toEqual([
      { candidate: 'v2', kind: 'live', intent: 'new-model', endedAt: null },
      { candidate: 'v3', kind: 'live', intent: 'same-build', endedAt: null },
    ]);
    const turned = await record(seen.find(({ candidate }) => candidate === 'v3')?.id ?? '');
    // v3 has the sign of v1 turned round: it never decides alike.
    expect(turned.report.verdict).toBe('worse');
    expect(turned.report.pairs.agree).toBe(0);
    expect(turned.worst[0].inputs).toHaveProperty('a');
    expect(turned.report.noise?.share.value).toBe(0);
    expect(await metric(url, 'slipway_shadow_pairs_total')).toBe(seen[0].compared + seen[1].compared);
    expect(await metric(url, 'slipway_shadow_disagreement_total')).toBeGreaterThanOrEqual(turned.report.pairs.compared);
    expect(await metric(url, 'slipway_predictions_dropped_total')).toBe(0);
    await stop();
    const ended = await shadows();
    expect(ended.map(({ id }) => id).sort()).toEqual(seen.map(({ id }) => id).sort());
    for (const { id, endedAt, compared } of ended) expect([typeof endedAt, compared]).toEqual(['string', seen.find((each) => each.id === id)?.compared]);
    expect(await readdir(join(workspace, '.slipway/shadows')).catch(() => [])).toEqual([]);
  });

  it('and what is served are told second by second', async () => {
    const url = await serve(withRoute('{shadows: {v2: 100%}}', 'serving: {cacheMb: 1}\n'));
    const connection = await connectTo(workspace);
    try {
      const samples: LiveSample[] = [];
      connection.subscribe((message) => {
        if (message.kind === 'live') samples.push(message.sample);
      });
      await askMany(url, 120);
      await askMany(url, 20);
      const of = (version: string): LiveVersion[] => samples.flatMap(({ versions }) => versions.filter((each) => each.version === version));
      const sum = (version: string, what: 'requests' | 'rows' | 'batchRows' | 'cacheHits' | 'cacheMisses' | 'failures'): number => of(version).reduce((total, each) => total + each[what], 0);
      await eventually(async () => sum('v1', 'requests'), (requests) => requests === 140);
      expect([sum('v1', 'requests'), sum('v1', 'rows'), sum('v1', 'cacheHits'), sum('v1', 'cacheMisses'), sum('v1', 'failures')]).toEqual([140, 140, 20, 120, 0]);
      // What shadows compute is nobody's request.
      await eventually(async () => sum('v2', 'batchRows'), (rows) => rows > 0);
      expect(sum('v2', 'requests')).toBe(0);
      const busy = of('v1').filter(({ requests }) => requests > 0);
      for (const { p50Ms, p99Ms, provider, rssBytes } of busy) {
        expect(p50Ms ?? NaN).toBeGreaterThan(0);
        expect(p99Ms ?? NaN).toBeGreaterThanOrEqual(p50Ms ?? NaN);
        expect(provider).toBe('cpu');
        expect(rssBytes ?? NaN).toBeGreaterThan(1e6);
      }
      expect(samples.some(({ server }) => server.cpuShare > 0 && server.rssBytes > 1e6)).toBe(true);
      const ats = samples.map(({ at }) => at);
      expect(ats).toEqual([...new Set(ats)].sort());
      expect((await connection.live()).samples.slice(-samples.length).map(({ at }) => at)).toEqual(expect.arrayContaining(ats.slice(0, -1)));
    } finally {
      await connection.close();
    }
  });

  it('sees no request that names its version, and only its share of the others', async () => {
    const url = await serve(withRoute('{shadows: {v2: 25%}}'));
    await askMany(url, 400);
    for (let at = 0; at < 20; at++) await ask(url, `named${at}`, 1, 1, '/v1/models/toy/versions/v1/predict');
    const [{ compared }] = await eventually(shadows, ([one]) => one !== undefined && one.compared > 60);
    // The same requests every time, as they are picked by their ids.
    expect(compared).toBeGreaterThan(60);
    expect(compared).toBeLessThan(140);
  });

  it('that cannot keep up changes nothing for those who ask, and every row is accounted for', async () => {
    const url = await serve(withRoute('{shadows: {v3: 100%}}', 'serving: {shadow: {queueRows: 4, concurrency: 1}}\n'));
    const answers: Awaited<ReturnType<typeof ask>>[] = [];
    for (let from = 0; from < 300; from += 100) answers.push(...(await Promise.all(Array.from({ length: 100 }, (_, at) => ask(url, `q${from + at}`, Math.sin(from + at), 1)))));
    for (const [at, { status, version, score }] of answers.entries()) {
      expect([status, version]).toEqual([200, 'v1']);
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-Math.sin(at))), 5);
    }
    const settled = await eventually(
      async () => ({ pairs: await metric(url, 'slipway_shadow_pairs_total'), dropped: await metric(url, 'slipway_shadow_dropped_total') }),
      ({ pairs, dropped }) => pairs + dropped === 300,
    );
    expect(settled.pairs + settled.dropped).toBe(300);
    expect(settled.dropped).toBeGreaterThan(0);
  });

  it('of a server that is killed is kept as it was last written down', async () => {
    const url = await serve(withRoute('{shadows: {v2: 100%}}'));
    await askMany(url, 200);
    const [{ id }] = await eventually(shadows, ([one]) => one !== undefined && one.compared > 100);
    await eventually(() => readdir(join(workspace, '.slipway/shadows')).catch(() => []), (names) => (names as string[]).includes(`${id}.json`));
    serving?.kill('SIGKILL');
    await serving?.ended;
    const written = JSON.parse(await readFile(join(workspace, '.slipway/shadows', `${id}.json`), 'utf8')) as ShadowRecord;
    // As it was when it was first written down, which is within a second or so of the first pair.
    expect(written.summary.compared).toBeGreaterThan(0);
    await writeFile(join(workspace, '.slipway/shadows/torn.json'), '{"summary":');
    const again = await serve(config);
    expect((await fetch(`${again}/v2/health/live`)).status).toBe(200);
    const kept = (await shadows()).find((each) => each.id === id);
    expect(kept?.compared).toBe(written.summary.compared);
    expect(kept?.endedAt).not.toBeNull();
    // What cannot be read keeps nothing from being served, and stays.
    expect(await readdir(join(workspace, '.slipway/shadows'))).toEqual(['torn.json.unreadable']);
  });
});
