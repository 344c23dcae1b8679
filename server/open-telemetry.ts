import type { IncomingHttpHeaders } from 'node:http';
import { type Attributes, type Context, type Link, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, TraceFlags, type Tracer } from '@opentelemetry/api';
import { parseTraceParent, TraceState } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, ParentBasedSampler, type ReadableSpan, type Sampler, SamplingDecision, type SpanProcessor, TraceIdRatioBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Provider } from '../protocol/runtime.ts';
import { problemBody } from './problem.ts';
import type { Answered, BatchRun } from './serving/batcher.ts';
import type { TraceSettings } from './trace-settings.ts';
import { version as slipwayVersion } from './version.ts';

/**
 * Traces of requests, in OpenTelemetry's form. Of a request: `decode`, `queue`, `run`, `encode` below it. A batch serves
 * requests of several traces, so it has one of its own, with links to all its members, and their `run` links to it.
 * Times are those of `performance.now()`.
 */
export interface Tracing {
  /** Null when the request is not sampled: nothing more is done for it then. */
  begin(name: string, headers: IncomingHttpHeaders, startMs: number): TracedRequest | null;
  batch(run: BatchRun, about: { model: string; version: string; digest: string }, hosted: { provider: Provider }): void;
  counts(): SpanCounts;
  /** Sends what is left, for as long as one export may take. */
  close(): Promise<void>;
}

export interface SpanCounts {
  exported: number;
  dropped: { 'queue-full': number; 'export-failed': number };
}

export class TracedRequest {
  /** Set when its batch has been computed. */
  batch: Link | null = null;
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;

  constructor(tracer: Tracer, span: Span) {
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(ROOT_CONTEXT, span);
  }

  get link(): Link {
    return { context: this.#span.spanContext() };
  }

  get id(): string {
    return this.#span.spanContext().traceId;
  }

  /** For the reply, so that a caller who began no trace can find this one. */
  get response(): string {
    const { traceId, spanId } = this.#span.spanContext();
    return `00-${traceId}-${spanId}-01`;
  }

  add(attributes: Attributes): void {
    this.#span.setAttributes(attributes);
  }

  ran({ queueUs, computeUs, batchRows, closedBy }: Answered, provider: Provider, endMs: number): void {
    const startMs = endMs - computeUs / 1000;
    this.stage('queue', startMs - queueUs / 1000, startMs);
    this.stage('run', startMs, endMs);
    this.add({ 'slipway.ep': provider, 'slipway.batch.size': batchRows, 'slipway.batch.close_reason': closedBy });
  }

  stage(name: 'decode' | 'queue' | 'run' | 'encode', startMs: number, endMs: number): void {
    const links = name === 'run' && this.batch !== null ? [this.batch] : [];
    this.#tracer.startSpan(name, { startTime: startMs, links }, this.#context).end(endMs);
  }

  end(endMs: number): void {
    this.#span.setAttribute('http.response.status_code', 200);
    this.#span.end(endMs);
  }

  /** The error's message stays here: it may quote what was sent. @param error null: the caller has left */
  fail(error: unknown, endMs: number): void {
    if (error === null) {
      this.#span.setAttribute('error.type', 'cancelled').end(endMs);
      return;
    }
    const { code, status } = problemBody(error);
    this.#span.setAttributes({ 'error.type': code, 'http.response.status_code': status });
    if (status >= 500) this.#span.setStatus({ code: SpanStatusCode.ERROR });
    this.#span.end(endMs);
  }
}

export interface ExportLimits {
  queueMax: number;
  exportMax: number;
  everyMs: number;
  timeoutMs: number;
}

const answerBytesMax = 65_536;
const limitsDefault: ExportLimits = { queueMax: 4096, exportMax: 512, everyMs: 1000, timeoutMs: 5000 };

export function openTracing({ url, headers, sample, serviceName }: TraceSettings, limits: Partial<ExportLimits> = {}): Tracing {
  const queue = openSpanQueue(url, headers, { ...limitsDefault, ...limits });
  const tracers = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': slipwayVersion }),
    sampler: new ParentBasedSampler({ root: samplerOf(sample) }),
    spanProcessors: [queue],
    spanLimits: { attributeValueLengthLimit: 1024, linkCountLimit: 4096 },
  });
  const tracer = tracers.getTracer('slipway', slipwayVersion);

  return {
    begin(name, sent, startMs) {
      const span = tracer.startSpan(name, { kind: SpanKind.SERVER, startTime: startMs }, parentOf(sent));
      return span.isRecording() ? new TracedRequest(tracer, span) : null;
    },
    batch({ rows, closedBy, inputUs, computeUs, outputUs, outcome, traces }, { model, version, digest }, { provider }) {
      const members = traces.filter((each) => each instanceof TracedRequest);
      if (members.length === 0) return;
      const endMs = performance.now();
      const computedMs = endMs - outputUs / 1000;
      const joinedMs = computedMs - computeUs / 1000;
      const span = tracer.startSpan('batch', { startTime: joinedMs - inputUs / 1000, attributes: { 'slipway.model.name': model, 'slipway.model.version': version, 'slipway.model.digest': `sha256:${digest}`, 'slipway.ep': provider, 'slipway.batch.size': rows, 'slipway.batch.close_reason': closedBy }, links: members.map(({ link }) => link) }, ROOT_CONTEXT);
      if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
      tracer.startSpan('run', { startTime: joinedMs }, trace.setSpan(ROOT_CONTEXT, span)).end(computedMs);
      span.end(endMs);
      for (const member of members) member.batch = { context: span.spanContext() };
    },
    counts: queue.counts,
    close: () => tracers.shutdown(),
  };
}

/** As the caller says; who says it wrongly begins a trace here. */
function parentOf({ traceparent, tracestate }: IncomingHttpHeaders): Context {
  const parent = typeof traceparent === 'string' ? parseTraceParent(traceparent) : null;
  if (parent === null) return ROOT_CONTEXT;
  const state = Array.isArray(tracestate) ? tracestate.join(',') : tracestate;
  return trace.setSpanContext(ROOT_CONTEXT, { ...parent, traceFlags: parent.traceFlags & TraceFlags.SAMPLED, isRemote: true, ...(typeof state === 'string' && { traceState: new TraceState(state) }) });
}

/** As OTLP says it beside a status of success; an answer that says nothing, or too much, refuses none. */
async function refusedIn(reply: Response): Promise<number> {
  const bytes = Number(reply.headers.get('content-length'));
  if (!(bytes > 0 && bytes <= answerBytesMax)) {
    await reply.body?.cancel();
    return 0;
  }
  const body = new Uint8Array(await reply.arrayBuffer());
  try {
    return Number(ProtobufTraceSerializer.deserializeResponse(body).partialSuccess?.rejectedSpans ?? 0);
  } catch {
    // It has them: sent again they would be there twice.
    return 0;
  }
}

/** By chance over trace ids; a batch is followed when one of its members is. */
function samplerOf(sample: number): Sampler {
  const byChance = sample === 1 ? new AlwaysOnSampler() : new TraceIdRatioBasedSampler(sample);
  return {
    shouldSample: (context, traceId, _name, _kind, _attributes, links) => (links.some(({ context: { traceFlags } }) => (traceFlags & TraceFlags.SAMPLED) !== 0) ? { decision: SamplingDecision.RECORD_AND_SAMPLED } : byChance.shouldSample(context, traceId)),
    toString: () => `Slipway{${sample}}`,
  };
}

// ---- the way out

/**
 * Holds spans until they are sent, by OTLP over HTTP. Written here and not taken from the SDK because losses must be
 * counted, and because the SDK's exporter sends the headers of the environment to any address it is given.
 */
function openSpanQueue(url: string, headers: Record<string, string>, { queueMax, exportMax, everyMs, timeoutMs }: ExportLimits): SpanProcessor & { counts(): SpanCounts } {
  const waiting: ReadableSpan[] = [];
  const dropped = { 'queue-full': 0, 'export-failed': 0 };
  let exported = 0;
  let sending: Promise<void> | null = null;
  /** Set when no more spans are taken: what is left has until then to leave. */
  let closing: AbortSignal | null = null;
  const timer = setInterval(() => void send(), everyMs).unref();

  /** One export at a time; false keeps the rest for the next. */
  function send(): Promise<void> {
    return (sending ??= sendAll().finally(() => (sending = null)));
  }

  async function sendAll(): Promise<void> {
    while (waiting.length > 0) {
      const spans = waiting.splice(0, exportMax);
      const outcome = await post(spans);
      if (typeof outcome === 'number') {
        exported += spans.length - outcome;
        dropped['export-failed'] += outcome;
      } else if (outcome === 'refused' || closing !== null) dropped['export-failed'] += spans.length;
      else {
        const room = Math.max(0, queueMax - waiting.length);
        waiting.unshift(...spans.slice(0, room));
        dropped['queue-full'] += Math.max(0, spans.length - room);
        return;
      }
    }
  }

  /** How many of them a collector that took the rest has refused, or what becomes of all. */
  async function post(spans: ReadableSpan[]): Promise<number | 'refused' | 'later'> {
    try {
      const body = ProtobufTraceSerializer.serializeRequest(spans);
      if (body === undefined) return 'refused';
      const reply = await fetch(url, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/x-protobuf' }, body: body as Uint8Array<ArrayBuffer>, redirect: 'error', signal: closing ?? AbortSignal.timeout(timeoutMs) });
      if (reply.ok) return Math.min(spans.length, await refusedIn(reply));
      await reply.body?.cancel();
      return [429, 502, 503, 504].includes(reply.status) ? 'later' : 'refused';
    } catch {
      // A collector that is down costs spans, which are counted, and nothing else.
      return 'later';
    }
  }

  return {
    onStart: () => undefined,
    onEnd(span) {
      if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return;
      if (closing !== null || waiting.length >= queueMax) dropped['queue-full']++;
      else waiting.push(span);
    },
    forceFlush: send,
    async shutdown() {
      clearInterval(timer);
      await sending;
      closing = AbortSignal.timeout(timeoutMs);
      await send();
    },
    counts: () => ({ exported, dropped: { ...dropped } }),
  };
}
