import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSlipway, type Slipway } from '../../server/main.ts';
import { openMetrics, type MetricsParts } from '../../server/metrics.ts';
import { openStatistics } from '../../server/serving/statistics.ts';
import { scorer, writeFiles } from '../cli/tiny-workspace.ts';
import { makeWorkspace } from '../cli/slipway.ts';
import { type Exposition, parseExposition } from './exposition.ts';

const hostile = 'a"b{c="d"} 1 # é';
const slipwayYaml = `serving: {cacheMb: 1}\nmodels:\n  toy: {}\n  '${hostile}': {files: models/odd/*/model.onnx}\n`;

const nothing: MetricsParts = { repository: { models: () => [], versions: () => [], status: () => [], statistics: () => [] }, routeOf: () => ({ reason: '' }), providers: ['cpu'], spans: () => null, predictions: () => null, shadows: () => [] };

function textOf(parts: Partial<MetricsParts>): string {
  const metrics = openMetrics({ ...nothing, ...parts });
  try {
    return metrics.text();
  } finally {
    metrics.close();
  }
}

function valueOf({ samples }: Exposition, name: string, labels: Record<string, string> = {}): number | null {
  const found = samples.filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value));
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
}

describe('the text form', () => {
  it('every name has HELP and TYPE before anything was served', () => {
    const { types } = parseExposition(textOf({}));
    expect(types.get('nv_inference_request_success')).toBe('counter');
    expect(types.get('slipway_request_duration_seconds')).toBe('histogram');
    expect([...types].filter(([name, type]) => name.endsWith('_total') && type !== 'counter')).toEqual([]);
  });

  it.each(['v"1', 'back\\slash', 'two\nlines', 'v1"} 99\nnv_inference_count{model="x', 'ключ 🚀', '\\n', '\\"'])('a version called %j is one label and nothing else', (version) => {
    const statistics = openStatistics(() => 0);
    statistics.success({ rows: 3, queueUs: 1, inputUs: 2, inferUs: 3, outputUs: 4 });
    const page = parseExposition(textOf({ repository: { ...nothing.repository, statistics: () => [{ model: 'm', version, statistics }] } }));
    expect(page.samples.filter(({ name }) => name === 'nv_inference_count')).toEqual([{ name: 'nv_inference_count', labels: { model: 'm', version }, value: 3 }]);
  });

  it('buckets of a histogram grow up to its count, and hold what was measured', () => {
    const statistics = openStatistics(() => 0);
    for (const ms of [0.2, 3, 3, 70, 20_000]) statistics.success({ rows: 1, queueUs: 0, inputUs: 0, inferUs: ms * 1000, outputUs: 0 });
    for (const rows of [1, 1, 2, 3, 33, 5000]) statistics.batch({ rows, requests: 1, priority: 'interactive', closedBy: 'alone', queueUs: 0, inputUs: 0, computeUs: 1, outputUs: 0, outcome: 'answered', unbatched: null, traces: [] });
    const page = parseExposition(textOf({ repository: { ...nothing.repository, statistics: () => [{ model: 'm', version: 'v1', statistics }] } }));
    const buckets = (name: string): Record<string, number> => Object.fromEntries(page.samples.filter((sample) => sample.name === `${name}_bucket`).map(({ labels: { le }, value }) => [le, value]));
    expect(buckets('slipway_request_duration_seconds')).toMatchObject({ '0.0005': 1, '0.0025': 1, '0.005': 3, '0.05': 3, '0.1': 4, '10': 4, '+Inf': 5 });
    expect(buckets('slipway_batch_rows')).toEqual({ '1': 2, '2': 3, '4': 4, '8': 4, '16': 4, '32': 4, '64': 5, '128': 5, '256': 5, '512': 5, '1024': 5, '+Inf': 6 });
    expect([valueOf(page, 'slipway_request_duration_seconds_count'), valueOf(page, 'slipway_batch_rows_count'), valueOf(page, 'slipway_batch_rows_sum')]).toEqual([5, 6, 5040]);
    expect(valueOf(page, 'slipway_request_duration_seconds_sum')).toBeCloseTo(20.0762, 6);
  });
});

describe('the dashboard', () => {
  it('asks for no metric that is not exposed, and is tidy', async () => {
    const { types } = parseExposition(textOf({}));
    const known = new Set([...types].flatMap(([name, type]) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
    const board = JSON.parse(await readFile(new URL('../../docs/grafana-dashboard.json', import.meta.url), 'utf8')) as { panels: { id: number; type: string; title: string; targets?: { expr: string }[] }[]; templating: { list: { query?: string | { query: string } }[] } };
    const queries = [...board.panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr)), ...board.templating.list.flatMap(({ query }) => (typeof query === 'string' ? query : (query?.query ?? [])))].filter((query) => /[_(]/.test(query));
    const asked = queries.flatMap((query) => query.match(/\b(?:nv|slipway|process|nodejs)_[a-z0-9_]+/g) ?? []);
    expect(queries.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
    expect(queries.filter((query) => !/\b(?:nv|slipway|process|nodejs)_[a-z0-9_]+/.test(query))).toEqual([]);
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length);
    expect(board.panels.filter(({ type }) => type === 'row').map(({ title }) => title)).toEqual(['Traffic', 'Latency', 'Errors', 'Batches', 'Cache', 'Hosts']);
  });
});

describe('of models that are asked', () => {
  let workspace: string;
  let slipway: Slipway;
  let url: string;

  beforeAll(async () => {
    workspace = await makeWorkspace({ 'slipway.yaml': slipwayYaml, 'models/toy/v1/model.onnx': scorer(1, 0), 'models/toy/v2/model.onnx': scorer(2, 1), 'models/odd/v1/model.onnx': scorer(1, 1) });
    slipway = await openSlipway({ workspace, now: () => new Date() });
    url = (await slipway.serve({ host: '127.0.0.1', port: 0 })).url ?? '';
  });
  afterAll(async () => {
    await slipway.close();
    await rm(workspace, { recursive: true });
  });

  const look = async (): Promise<Exposition> => parseExposition(await (await fetch(`${url}/metrics`)).text());
  async function infer(model: string, values: number[], version = 'v1'): Promise<number> {
    const input = (name: string) => ({ name, datatype: 'FP32', shape: [values.length, 1], data: values });
    const answer = await fetch(`${url}/v2/models/${encodeURIComponent(model)}/versions/${version}/infer`, { method: 'POST', body: JSON.stringify({ inputs: [input('a'), input('b')] }) });
    await answer.arrayBuffer();
    return answer.status;
  }

  it('counters add up with what was asked, whatever the model is called', async () => {
    expect((await fetch(`${url}/metrics`)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect([await infer('toy', [1, 2, 3]), await infer('toy', [4]), await infer('toy', [4]), await infer(hostile, [1, 2])]).toEqual([200, 200, 200, 200]);
    expect((await fetch(`${url}/v2/models/toy/versions/v1/infer`, { method: 'POST', body: '{' })).status).toBe(400);
    const page = await look();
    const v1 = { model: 'toy', version: 'v1' };
    expect(['nv_inference_request_success', 'nv_inference_count', 'nv_inference_exec_count', 'nv_cache_num_hits_per_model', 'nv_cache_num_misses_per_model', 'nv_inference_pending_request_count', 'slipway_batch_rows_sum', 'slipway_batch_close_reason_total', 'slipway_request_duration_seconds_count', 'slipway_model_ready'].map((name) => valueOf(page, name, v1))).toEqual([3, 4, 2, 1, 2, 0, 4, 2, 3, 1]);
    expect(valueOf(page, 'nv_inference_request_failure', { ...v1, reason: 'OTHER' })).toBe(1);
    expect(valueOf(page, 'nv_inference_request_failure', v1)).toBe(1);
    expect(valueOf(page, 'nv_inference_request_success', { model: hostile, version: 'v1' })).toBe(1);
    expect([valueOf(page, 'slipway_route_weight', { model: 'toy' }), valueOf(page, 'slipway_route_weight', { model: 'toy', version: 'v2' })]).toEqual([1, 1]);
    expect(valueOf(page, 'slipway_ep_info', { ...v1, requested: 'cpu', active: 'cpu' })).toBe(1);
    expect(valueOf(page, 'slipway_host_rss_bytes', v1)).toBeGreaterThan(1e6);
    expect(valueOf(page, 'nv_inference_compute_infer_duration_us', v1)).toBeGreaterThan(0);
  });

  it.runIf(process.platform === 'linux')('a process that ended by itself is counted, and its version answers again', async () => {
    const crashes = async (): Promise<number> => valueOf(await look(), 'slipway_host_restarts_total', { model: 'toy', version: 'v1', reason: 'crash' }) ?? 0;
    expect(await crashes()).toBe(0);
    for (const pid of hostsOf(process.pid)) process.kill(pid, 'SIGKILL');
    while ((await crashes()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await infer('toy', [7])).toBe(200);
    expect(await crashes()).toBe(1);
  });

  it('no counter goes back when another file takes the version’s name, nor when the model is unloaded', async () => {
    const before = await look();
    const digest = (page: Exposition): string => page.samples.find(({ name, labels }) => name === 'slipway_model_info' && labels.model === 'toy' && labels.version === 'v2')?.labels.digest ?? '';
    await infer('toy', [1], 'v2');
    await writeFiles(workspace, { [join('models', 'toy', 'v2', 'model.onnx')]: scorer(3, 3) });
    let page = await look();
    while (digest(page) === digest(before)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      page = await look();
    }
    await infer('toy', [1], 'v2');
    expect(valueOf(await look(), 'nv_inference_request_success', { model: 'toy', version: 'v2' })).toBe(2);
    expect((await fetch(`${url}/v2/repository/models/toy/unload`, { method: 'POST' })).status).toBe(200);
    page = await look();
    expect(valueOf(page, 'nv_inference_request_success', { model: 'toy', version: 'v2' })).toBe(2);
    expect(valueOf(page, 'slipway_model_ready', { model: 'toy' })).toBe(null);
    const counters = before.samples.filter(({ name }) => before.types.get(name) === 'counter');
    expect(counters.filter(({ name, labels, value }) => (valueOf(page, name, labels) ?? -1) < value)).toEqual([]);
  });
});

function hostsOf(parent: number): number[] {
  return readdirSync('/proc').map(Number).filter((pid) => {
    if (!Number.isInteger(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/status`, 'utf8').includes(`\nPPid:\t${parent}\n`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('onnx-host');
    } catch {
      return false; // It ended while we looked.
    }
  });
}
