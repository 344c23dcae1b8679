import { rm } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serving } from '../../server/config/schema.ts';
import { openSlipway, type Slipway } from '../../server/main.ts';
import { openTracing, type Tracing } from '../../server/open-telemetry.ts';
import { traceSettings } from '../../server/trace-settings.ts';
import { makeWorkspace } from '../cli/slipway.ts';
import { scorer } from '../cli/tiny-workspace.ts';
import { openOtlpCollector, type OtlpCollector, type ReceivedSpan } from './otlp-collector.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

describe('where spans go', () => {
  const nowhere = { endpoint: null, sample: 1 };
  const here = { endpoint: 'http://here:4318/', sample: 0.5 };
  it.each([
    ['nobody says', nowhere, {}, null],
    ['slipway.yaml', here, {}, { url: 'http://here:4318/v1/traces', headers: {}, sample: 0.5, serviceName: 'slipway' }],
    ['the environment', nowhere, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://there:4318', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20key,x=1,none', OTEL_SERVICE_NAME: 'fraud' }, { url: 'http://there:4318/v1/traces', headers: { authorization: 'Bearer key', x: '1' }, sample: 1, serviceName: 'fraud' }],
    ['the environment, for traces alone', nowhere, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://there', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces/as-is' }, { url: 'http://traces/as-is', headers: {}, sample: 1, serviceName: 'slipway' }],
    ['both: a workspace gets no credentials of the environment', here, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://there', OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret' }, { url: 'http://here:4318/v1/traces', headers: {}, sample: 0.5, serviceName: 'slipway' }],
    ['the environment turns it off', here, { OTEL_SDK_DISABLED: 'true' }, null],
  ])('%s', (_, config, env, expected) => {
    expect(traceSettings(config, env)).toEqual(expected);
  });
});

it.each(['http://user:password@here:4318', 'ftp://here', 'here:4318', 'http://here?key=1', 'http://here/#x', 'http://he re', '', 4318])('slipway.yaml cannot send them to %j', (endpoint) => {
  expect(serving.safeParse({ trace: { endpoint } }).success).toBe(false);
});

describe('against a stand-in for a collector', () => {
  let collector: OtlpCollector;
  let tracing: Tracing | null;
  const open = (sample = 1, limits: Parameters<typeof openTracing>[1] = {}): Tracing => (tracing = openTracing({ url: `${collector.url}/v1/traces`, headers: { authorization: 'Bearer key' }, sample, serviceName: 'slipway' }, { everyMs: 5, ...limits }));

  beforeEach(async () => {
    collector = await openOtlpCollector();
    tracing = null;
  });
  afterEach(async () => {
    await tracing?.close();
    await collector.close();
  });

  it.each([
    ['too short', '00-0af7-b7ad-01'],
    ['upper case', traceparent.toUpperCase()],
    ['an id of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['a parent of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['version ff', traceparent.replace(/^00/, 'ff')],
    ['more than version 00 has', `${traceparent}-extra`],
    ['two of them', `${traceparent}, ${traceparent}`],
    ['no hexadecimals', traceparent.replace('0af7', 'zzzz')],
    ['a line break', `${traceparent}\r\nx: y`],
    ['a long one', 'a'.repeat(100_000)],
  ])('a traceparent that is wrong (%s) begins a new trace', async (_, wrong) => {
    open().begin('predict', { traceparent: wrong, tracestate: 'a=1' }, 1)?.end(2);
    await tracing?.close();
    expect(collector.spans).toMatchObject([{ parentId: '', traceState: '' }]);
    expect(collector.spans[0].traceId).not.toBe(traceId);
  });

  it('a right one is followed, with its state; members of the state that are wrong are left out', async () => {
    open().begin('predict', { traceparent, tracestate: 'vendor=1,UPPER=2,other=x y,bad,é=1' }, 1)?.end(2);
    await tracing?.close();
    expect(collector.spans).toMatchObject([{ traceId, parentId: 'b7ad6b7169203331', traceState: 'vendor=1,other=x y', kind: 2 }]);
    expect(collector.requests).toMatchObject([{ path: '/v1/traces', headers: { 'content-type': 'application/x-protobuf', authorization: 'Bearer key' } }]);
  });

  it('the caller’s choice is kept, and without one the share of requests decides', () => {
    expect(open(1).begin('predict', { traceparent: traceparent.replace(/01$/, '00') }, 1)).toBe(null);
    const few = open(0.25);
    let followed = 0;
    for (let request = 0; request < 4000; request++) if (few.begin('predict', {}, 1) !== null) followed++;
    expect(followed / 4000).toBeGreaterThan(0.2);
    expect(followed / 4000).toBeLessThan(0.3);
    expect(open(0).begin('predict', { traceparent }, 1)).not.toBe(null);
  });

  it('what does not fit into the queue is dropped and counted', () => {
    collector.answer(null);
    const few = open(1, { queueMax: 3, everyMs: 60_000, timeoutMs: 20 });
    for (let request = 0; request < 10; request++) few.begin('predict', {}, 1)?.end(2);
    expect(few.counts()).toEqual({ exported: 0, dropped: { 'queue-full': 7, 'export-failed': 0 } });
  });

  it('a collector that is busy gets the spans again; one that refuses them does not', async () => {
    collector.answer(503);
    open().begin('predict', {}, 1)?.end(2);
    await until(() => collector.requests.length >= 2);
    collector.answer(200);
    await until(() => tracing?.counts().exported === 1);
    collector.answer(400);
    tracing?.begin('predict', {}, 1)?.end(2);
    await until(() => tracing?.counts().dropped['export-failed'] === 1);
    expect(collector.spans).toHaveLength(1);
  });

  it('spans that a collector leaves out while it takes others are counted as lost', async () => {
    // ExportTraceServiceResponse { partial_success { rejected_spans: 2 } }
    collector.answer(200, Uint8Array.of(0x0a, 0x02, 0x08, 0x02));
    open();
    for (let request = 0; request < 5; request++) tracing?.begin('predict', {}, 1)?.end(2);
    await tracing?.close();
    expect(tracing?.counts()).toEqual({ exported: 3, dropped: { 'queue-full': 0, 'export-failed': 2 } });
  });

  it('an answer that cannot be read does not make it send them again', async () => {
    collector.answer(200, Uint8Array.of(0x0a, 0x7f, 0x08));
    open().begin('predict', {}, 1)?.end(2);
    await until(() => tracing?.counts().exported === 1);
    await tracing?.close();
    expect(collector.spans).toHaveLength(1);
  });

  it('one that never answers does not keep it from closing', async () => {
    collector.answer(null);
    open(1, { timeoutMs: 50 }).begin('predict', {}, 1)?.end(2);
    await tracing?.close();
    expect(tracing?.counts()).toEqual({ exported: 0, dropped: { 'queue-full': 0, 'export-failed': 1 } });
  });
});

describe('of requests that are served', () => {
  let collector: OtlpCollector;
  let workspace: string;
  let slipway: Slipway;
  let url: string;

  beforeAll(async () => {
    collector = await openOtlpCollector();
    workspace = await makeWorkspace({ 'slipway.yaml': `serving: {maxQueueDelayMs: 1000, preferredBatchRows: [3], trace: {endpoint: '${collector.url}'}}\nmodels:\n  toy: {}\n`, 'models/toy/v1/model.onnx': scorer(1, 0) });
    slipway = await openSlipway({ workspace, now: () => new Date() });
    url = (await slipway.serve({ host: '127.0.0.1', port: 0 })).url ?? '';
  });
  afterAll(async () => {
    await slipway.close();
    await collector.close();
    await rm(workspace, { recursive: true });
  });

  const infer = (rows: number, headers: Record<string, string> = {}): Promise<Response> => {
    const input = (name: string) => ({ name, datatype: 'FP32', shape: [rows, 1], data: Array.from({ length: rows }, () => 1) });
    return fetch(`${url}/v2/models/toy/infer`, { method: 'POST', body: JSON.stringify({ inputs: [input('a'), input('b')] }), headers });
  };
  const named = (name: string): ReceivedSpan[] => collector.spans.filter((span) => span.name === name);

  it('a request’s parts lie below it, and its batch names all members', async () => {
    const answers = await Promise.all([infer(1, { traceparent }), infer(2)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await until(() => named('predict').length === 2 && named('batch').length === 1);
    const requests = named('predict');
    const ours = requests.find((span) => span.traceId === traceId);
    expect(ours?.parentId).toBe('b7ad6b7169203331');
    expect(answers[0].headers.get('traceresponse')).toBe(`00-${traceId}-${ours?.spanId}-01`);
    const [batch] = named('batch');
    const linkTo = ({ traceId: trace, spanId }: ReceivedSpan) => ({ traceId: trace, spanId });
    expect(batch.links).toHaveLength(2);
    expect(batch.links).toEqual(expect.arrayContaining(requests.map(linkTo)));
    expect(requests.map(({ traceId: trace }) => trace)).not.toContain(batch.traceId);
    for (const request of requests) {
      const parts = collector.spans.filter(({ parentId }) => parentId === request.spanId);
      expect(parts.map(({ name }) => name)).toEqual(['decode', 'queue', 'run', 'encode']);
      expect(parts[2].links).toEqual([linkTo(batch)]);
      expect(parts.every(({ startNs, endNs }) => startNs <= endNs)).toBe(true);
      expect(request.attributes).toMatchObject({ 'slipway.model.name': 'toy', 'slipway.model.version': 'v1', 'slipway.ep': 'cpu', 'slipway.batch.size': 3, 'slipway.variant': 'v1', 'feature_flag.key': 'slipway.route.toy', 'feature_flag.result.variant': 'v1', 'http.response.status_code': 200 });
      expect(request.attributes['slipway.model.digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
    }
    expect(named('run').filter(({ parentId }) => parentId === batch.spanId)).toHaveLength(1);
    expect(batch.attributes).toMatchObject({ 'slipway.batch.size': 3, 'slipway.batch.close_reason': 'preferred' });
  });

  it('a request that is wrong says of what kind, and nothing of what was sent', async () => {
    const before = named('predict').length;
    expect((await fetch(`${url}/v2/models/toy/infer`, { method: 'POST', body: '{"inputs": "secret"}' })).status).toBe(400);
    await until(() => named('predict').length > before);
    const [failed] = named('predict').slice(before);
    expect(failed.attributes).toMatchObject({ 'error.type': 'infer-invalid', 'http.response.status_code': 400 });
    expect(JSON.stringify(failed.attributes)).not.toContain('secret');
    expect(failed.status).toBe(0);
  });

  it('predictions go on as before while the collector is away, and the metrics count what was sent', async () => {
    collector.answer(null);
    expect((await infer(3)).status).toBe(200);
    collector.answer(200);
    const page = await (await fetch(`${url}/metrics`)).text();
    expect(Number(/^slipway_trace_spans_exported_total (\d+)$/m.exec(page)?.[1])).toBeGreaterThan(5);
  });
});
