import { randomUUID } from 'node:crypto';
import type { Config } from '../protocol/config.ts';
import type { RouteStatus } from '../protocol/serving.ts';
import { answersOf, inputsOf, parseRows, type KnownRows, type Row } from './answer-rows.ts';
import type { EndpointReply, EndpointRequest, EndpointRoute } from './endpoint.ts';
import type { BatchInfo } from './engines/onnx-probe.ts';
import type { TensorMap } from './engines/tensor.ts';
import { metricsContentType, type Metrics } from './metrics.ts';
import type { Tracing } from './open-telemetry.ts';
import { openApi } from './openapi.ts';
import { Problem } from './problem.ts';
import type { Priority } from './serving/batcher.ts';
import { chooseRoute } from './serving/choose-route.ts';
import { decodeRequest, parseHeaderLength, type Limits } from './serving/decode-request.ts';
import { configurationOf, metadataOf } from './serving/describe-model.ts';
import { encodeResponse } from './serving/encode-response.ts';
import type { InferRequest } from './serving/infer-request.ts';
import type { Repository } from './serving/repository.ts';
import type { ServedVersion } from './serving/served-version.ts';
import { cacheKeyOf, type ResponseCache } from './serving/response-cache.ts';
import type { FailureReason } from './serving/statistics.ts';
import { version as slipwayVersion } from './version.ts';

export interface InferenceParts {
  repository: Repository;
  config: () => Config;
  routeOf: (model: string) => RouteStatus | { reason: string };
  /** Of a model's data; asked for when first needed. */
  rowsOf: (model: string) => Promise<KnownRows>;
  /** Null: no answers are kept. */
  cache: ResponseCache | null;
  metrics: Metrics;
  /** Null: nobody is told. */
  tracing: Tracing | null;
  /** What becomes of a request once its reply has gone: it is recorded, and asked of shadows. */
  afterwards: Afterwards;
  keysNeeded: boolean;
}

/** A request on its way, once it is known who answers it. */
export interface Call {
  served: ServedVersion;
  /** Versions that are asked along. */
  shadows: readonly string[];
  /** As the caller named it, else made up. */
  requestId: string;
}

/** What one run of the model was asked and answered. */
export interface Answer {
  inputs: TensorMap;
  /** May be fewer than the tensors hold, where a model takes a fixed number. */
  rows: number;
  wanted: readonly string[] | null;
  outputs: TensorMap;
  queueUs: number;
  computeUs: number;
  /** 0 where the answer was kept from before. */
  batchRows: number;
}

export interface Ended {
  call: Call;
  /** Name of the key that was shown. */
  caller: string | null;
  /** Milliseconds since 1970 at which it came. */
  atMs: number;
  totalUs: number;
  traceId: string | null;
}

export interface Afterwards {
  answered(request: Ended & { headers: EndpointRequest['headers']; answers: readonly Answer[] }): void;
  failed(request: Ended & { rows: number; error: string }): void;
}

/** What is announced is what clients may use; shared memory, tracing and log settings are Triton's own. */
const extensions = ['binary_tensor_data', 'parameters', 'model_repository', 'model_repository(unload_dependents)', 'schedule_policy', 'model_configuration', 'statistics', 'classification'];
const depthMax = 100;

/** The Open Inference Protocol with Triton's extensions of it, and what stands beside it. */
export function inferenceRoutes(parts: InferenceParts): EndpointRoute[] {
  const { repository } = parts;
  const routes: EndpointRoute[] = [];
  const add = (method: EndpointRoute['method'], paths: readonly string[], about: string, scope: EndpointRoute['scope'], handle: EndpointRoute['handle'], schemas: Pick<EndpointRoute, 'takes' | 'gives'> = {}): void => {
    for (const path of paths) routes.push({ method, path, about, scope, handle, ...schemas });
  };
  /** With and without a version. */
  const ofModel = (suffix = '', root = '/v2'): string[] => [`${root}/models/{model}${suffix}`, `${root}/models/{model}/versions/{version}${suffix}`];

  add('POST', ofModel('/infer'), 'Predict from tensors.', 'infer', (request) => infer(parts, request), { takes: 'InferRequest', gives: 'InferResponse' });
  add('POST', ofModel('/predict', '/v1'), 'Predict from plain rows by column name.', 'infer', (request) => predictRows(parts, request), { takes: 'Rows', gives: 'Predictions' });
  add('GET', ['/v1/models/{model}/example'], 'A row of the model’s data, to be tried with.', 'read', (request) => exampleRow(parts, request), { gives: 'Rows' });

  // Whoever watches over processes has no key.
  add('GET', ['/v2/health/live'], 'Whether the process answers.', null, () => json({ live: true }));
  add('GET', ['/v2/health/ready'], 'Whether models can be asked.', null, () => (isReady(parts) ? json({ live: true, ready: true }) : { ...json({ error: 'Models are being loaded' }), status: 503 }));
  add('GET', ['/v2'], 'Name, version and extensions of the server.', 'read', () => json({ name: 'slipway', version: slipwayVersion, extensions }));
  add('GET', ['/v2/models/stats'], 'Counts and durations of all models.', 'read', () => json({ model_stats: repository.models().flatMap((model) => repository.versions(model).map(statisticsOf)) }));
  add('GET', ofModel(), 'Inputs, outputs and versions.', 'read', (request) => {
    const served = asked(parts, request);
    const versions = request.parameters.has('version') ? [nameOf(served, request)] : repository.versions(served.about.model).map(({ about }) => about.version);
    return json(metadataOf({ model: served.about.model, versions, hosted: served.model() }));
  });
  add('GET', ofModel('/ready'), 'Whether a model, or a version of it, can be asked.', 'read', (request) => {
    const served = asked(parts, request);
    return served.state === 'ready' ? json({ name: served.about.model, ready: true }) : { ...json({ error: served.status(0).reason }), status: 503 };
  });
  add('GET', ofModel('/config'), 'The configuration, as Triton writes it.', 'read', (request) => {
    const served = asked(parts, request);
    return json(configurationOf({ model: served.about.model, hosted: served.model(), ...served.settings() }));
  });
  add('GET', ofModel('/stats'), 'Counts and durations of a model, or of a version.', 'read', (request) => json({ model_stats: (request.parameters.has('version') ? [asked(parts, request)] : repository.versions(modelIn(request))).map(statisticsOf) }));
  add('POST', ['/v2/repository/index'], 'All versions and their states.', 'read', (request) => {
    const { ready = false } = bodyOf(request);
    return json(repository.index().filter(({ state }) => ready !== true || state === 'READY'));
  });
  add('POST', ['/v2/repository/models/{model}/load'], 'Load a model as it lies in the workspace, and wait until it is ready.', 'admin', async (request) => {
    const { parameters = {} } = bodyOf(request);
    const given = Object.keys(parameters as object);
    if (given.length > 0) throw new Problem('infer-invalid', `Models are loaded as they lie in the workspace: ${given.map((name) => JSON.stringify(name)).join(', ')} cannot be given. Change slipway.yaml, or put the file into the workspace`);
    await repository.load(modelIn(request));
    return json({});
  });
  add('POST', ['/v2/repository/models/{model}/unload'], 'Answer what was taken, and serve the model no more.', 'admin', async (request) => {
    bodyOf(request);
    await repository.unload(modelIn(request));
    return json({});
  });
  add('POST', ['/v1/models/{model}/versions/{version}/restore'], 'Answer again from the file that this version had before, which is still warm.', 'admin', async (request) => {
    bodyOf(request);
    const { model, version } = asked(parts, request).about;
    if (!(await repository.restore(model, version))) throw new Problem('model-not-served', `${model} ${version} has no earlier file that is kept warm`);
    return json({ model, version, digest: `sha256:${repository.find(model, version).about.digest}` });
  });
  add('GET', ['/metrics'], 'Counters and gauges for Prometheus.', 'read', () => ({ headers: { 'Content-Type': metricsContentType }, body: parts.metrics.text(), compressible: true }));
  add('GET', ['/openapi.json'], 'This document.', 'read', () => json(openApi(routes, parts.keysNeeded)));
  return routes;
}

/** Story 3: decode → route → batch → host → reply ─▶ log ─▶ mirror → pair → evidence. */
async function infer(parts: InferenceParts, asking: EndpointRequest): Promise<EndpointReply> {
  const call = routed(parts, asking);
  const { served } = call;
  return counted(parts, call, asking, async (timed) => {
    const jsonBytes = parseHeaderLength(textOf(asking.headers['inference-header-content-length']), asking.body.length);
    const request = decodeRequest(asking.body, jsonBytes, served.signature(), limitsOf(parts.config()));
    if (request.id !== '') call.requestId = request.id;
    const outputs = await timed.compute(request.inputs, served.rowsOf(request.inputs), request);
    const reply = encodeResponse({ modelName: served.about.model, modelVersion: nameOf(served, asking), id: request.id, outputs, requested: request.outputs, binaryOutput: request.binaryOutput, classLabels: served.model().classes?.labels });
    return { headers: { ...reply.headers, ...told(call) }, body: reply.pieces, compressible: true };
  });
}

/** Plain rows by column name, for people and for clients that know the data and not the tensors. */
async function predictRows(parts: InferenceParts, asking: EndpointRequest): Promise<EndpointReply> {
  const call = routed(parts, asking);
  const { served } = call;
  const { model, version, digest } = served.about;
  const config = parts.config().models.find(({ name }) => name === model);
  if (config === undefined) throw new Problem('model-not-served', `slipway.yaml has no model ${model} any more`);
  const { features, labels } = await parts.rowsOf(model);
  return counted(parts, call, asking, async (timed) => {
    const rows = parseRows(asking.body);
    const hosted = served.model();
    const predictions: object[] = [];
    for (const { taken, filled } of runsOf(rows, hosted.batch)) {
      const outputs = await timed.compute(inputsOf(filled, hosted, config, features), taken, null);
      for (const answer of answersOf(outputs, taken, hosted, config, labels)) predictions.push(answer);
    }
    return { ...json({ model, version, digest: `sha256:${digest}`, predictions }), headers: told(call), compressible: true };
  });
}

/** As the model was judged: all rows together where they do not influence each other, else as many as a run takes, the last one filled up. */
function* runsOf(rows: readonly Row[], { batchable, axis, fixedRows }: BatchInfo): Generator<{ taken: number; filled: readonly Row[] }> {
  const rowsPerRun = fixedRows ?? (batchable && axis === 0 ? rows.length : 1);
  for (let from = 0; from < rows.length; from += rowsPerRun) {
    const part = rows.slice(from, from + rowsPerRun);
    yield { taken: part.length, filled: part.length === rowsPerRun || fixedRows === null ? part : [...part, ...Array.from({ length: rowsPerRun - part.length }, () => part[0])] };
  }
}

interface Timed {
  compute(inputs: TensorMap, rows: number, request: Pick<InferRequest, 'outputs' | 'priority' | 'timeoutUs' | 'sequenceId'> | null): Promise<TensorMap>;
}

/** Counts a request and its parts, however it ends; an answer that is kept is given again. */
async function counted({ cache, tracing, afterwards }: InferenceParts, call: Call, { signal, headers, parameters, caller }: EndpointRequest, act: (timed: Timed) => Promise<EndpointReply>): Promise<EndpointReply> {
  const { served } = call;
  const { statistics, about } = served;
  const atMs = Date.now();
  const answers: Answer[] = [];
  const beganMs = performance.now();
  const trace = tracing?.begin('predict', headers, beganMs) ?? null;
  trace?.add(tracedAs(served, parameters));
  const sinceUs = (ms: number): number => (performance.now() - ms) * 1000;
  const done = { rows: 0, inputUs: 0, queueUs: 0, inferUs: 0, lookupUs: 0, computed: false };
  let answeredMs = beganMs;
  try {
    const reply = await act({
      async compute(inputs, rows, asked) {
        done.rows += rows;
        done.inputUs += sinceUs(answeredMs);
        trace?.stage('decode', answeredMs, performance.now());
        // A shadow's answer is compared with all that production says.
        const outputs = call.shadows.length > 0 ? null : (asked?.outputs?.map(({ name }) => name) ?? null);
        const lookupMs = performance.now();
        const key = cache === null ? null : cacheKeyOf({ modelDigest: about.digest, version: about.version, provider: served.model().provider, inputs, outputs, sequenceId: asked?.sequenceId ?? null });
        const kept = key === null ? undefined : cache?.get(key);
        const lookupUs = sinceUs(lookupMs);
        done.lookupUs += lookupUs;
        if (kept !== undefined) {
          answeredMs = performance.now();
          answers.push({ inputs, rows, wanted: outputs, outputs: kept, queueUs: 0, computeUs: 0, batchRows: 0 });
          trace?.add({ 'slipway.cache.hit': true });
          return kept;
        }
        const answered = await served.infer({ inputs, outputs, priority: priorityOf(asked?.priority ?? 0), timeoutMs: asked === null || asked.timeoutUs === 0 ? null : asked.timeoutUs / 1000, signal, ...(trace !== null && { trace }) });
        answeredMs = performance.now();
        trace?.ran(answered, served.model().provider, answeredMs);
        if (key !== null) {
          cache?.set(key, answered.outputs);
          statistics.cacheMiss(lookupUs + sinceUs(answeredMs));
        }
        done.queueUs += answered.queueUs;
        done.inferUs += answered.computeUs;
        done.computed = true;
        answers.push({ inputs, rows, wanted: outputs, outputs: answered.outputs, queueUs: answered.queueUs, computeUs: answered.computeUs, batchRows: answered.batchRows });
        return answered.outputs;
      },
    });
    if (done.computed) statistics.success({ ...done, outputUs: sinceUs(answeredMs) });
    else statistics.cacheHit({ rows: done.rows, us: sinceUs(beganMs), lookupUs: done.lookupUs });
    const traceId = trace?.id ?? null;
    const after = (): void => afterwards.answered({ call, caller, atMs, totalUs: sinceUs(beganMs), traceId, headers, answers });
    if (trace === null) return { ...reply, after };
    trace.stage('encode', answeredMs, performance.now());
    trace.end(performance.now());
    return { ...reply, after, headers: { ...reply.headers, traceresponse: trace.response } };
  } catch (error) {
    afterwards.failed({ call, caller, atMs, totalUs: sinceUs(beganMs), traceId: trace?.id ?? null, rows: done.rows, error: error instanceof Problem ? error.code : 'internal' });
    statistics.failure(reasonOf(error, signal), sinceUs(beganMs));
    trace?.fail(signal.aborted ? null : error, performance.now());
    throw error;
  }
}

/** A route's choice is told as that of a feature flag; who it was made for is not. */
function tracedAs({ about: { model, version, digest } }: ServedVersion, parameters: EndpointRequest['parameters']): Record<string, string> {
  const chosen: Record<string, string> = parameters.has('version') ? {} : { 'slipway.variant': version, 'feature_flag.key': `slipway.route.${model}`, 'feature_flag.provider.name': 'slipway', 'feature_flag.result.variant': version };
  return { 'http.request.method': 'POST', 'slipway.model.name': model, 'slipway.model.version': version, 'slipway.model.digest': `sha256:${digest}`, ...chosen };
}

function reasonOf(error: unknown, signal: AbortSignal): FailureReason {
  if (signal.aborted) return 'CANCELED';
  if (!(error instanceof Problem)) return 'OTHER';
  if (error.code === 'queue-full' || error.code === 'deadline-passed') return 'REJECTED';
  return error.code === 'model-failed' || error.code.startsWith('host-') ? 'BACKEND' : 'OTHER';
}

/** Every prediction says which version made it. */
function told({ served: { about }, requestId }: Call): Record<string, string> {
  return { 'X-Request-Id': encodeURIComponent(requestId), 'Slipway-Model-Version': encodeURIComponent(about.version), 'Slipway-Model-Digest': `sha256:${about.digest}` };
}

async function exampleRow({ repository, rowsOf }: InferenceParts, request: EndpointRequest): Promise<EndpointReply> {
  const model = modelIn(request);
  // An unknown model says so here.
  repository.versions(model);
  const { example } = await rowsOf(model);
  if (example === null) throw new Problem('not-found', `slipway.yaml has no data for ${model} to take a row from`);
  return json({ rows: [example] });
}

/** The version that a request names, else the one its route leads to. */
function asked(parts: InferenceParts, request: EndpointRequest): ServedVersion {
  return routed(parts, request).served;
}

/** Only requests that follow the route are shown to shadows: who names a version wants that one. */
function routed({ repository, routeOf }: InferenceParts, { parameters, headers }: EndpointRequest): Call {
  const requestId = requestIdIn(headers['x-request-id']) ?? randomUUID();
  const model = parameters.get('model') ?? '';
  const named = parameters.get('version');
  if (named !== undefined) return { served: repository.find(model, named), shadows: noShadows, requestId };
  // An unknown model says so here.
  repository.versions(model);
  const route = routeOf(model);
  if ('reason' in route) throw new Problem('not-ready', route.reason);
  const { version, shadows } = chooseRoute({ ...route, salt: model }, { requestId, stickyKey: textOf(headers['slipway-sticky-key']) ?? null });
  return { served: repository.find(model, version), shadows, requestId };
}

const noShadows: readonly string[] = [];

/** As the caller named it, where that is a name that can be written down. */
function requestIdIn(header: string | string[] | undefined): string | undefined {
  const text = textOf(header);
  return text !== undefined && /^[\x21-\x7e]{1,128}$/.test(text) ? text : undefined;
}

/** In the words of the caller, who may have asked for it by its number. */
function nameOf({ about }: ServedVersion, { parameters }: EndpointRequest): string {
  return parameters.get('version') ?? about.version;
}

function isReady({ repository }: InferenceParts): boolean {
  const all = repository.index();
  return all.length > 0 && all.every(({ state }) => state !== 'LOADING') && all.some(({ state }) => state === 'READY');
}

function statisticsOf(served: ServedVersion): object {
  return { name: served.about.model, version: served.about.version, ...served.statistics.triton() };
}

function limitsOf({ serving }: Config): Limits {
  return { jsonBytesMax: serving.bodyMb * 1e6, elementsMax: serving.jsonElements, depthMax };
}

/** 1 is the highest; 0 leaves it to the server. What comes over the wire never waits with the shadows. */
function priorityOf(priority: number): Priority {
  return priority <= 1 ? 'interactive' : 'batch';
}

function modelIn({ parameters }: EndpointRequest): string {
  return parameters.get('model') ?? '';
}

/** The JSON object of a request that may have no body at all. */
function bodyOf({ body }: EndpointRequest): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, as of any body that is no object.
  }
  throw new Problem('infer-invalid', 'The body must be empty, or a JSON object');
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function json(value: object): EndpointReply {
  return { body: JSON.stringify(value) };
}
