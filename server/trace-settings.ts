import type { TraceConfig } from '../protocol/config.ts';

/** Where spans go. */
export interface TraceSettings {
  /** Of the collector: spans are posted to exactly this address. */
  url: string;
  headers: Record<string, string>;
  /** Share of the requests that begin a trace here, 0 … 1; those within a trace of the caller's follow it. */
  sample: number;
  serviceName: string;
}

/**
 * slipway.yaml first, then the variables that all OpenTelemetry programs know; null when neither says where to. Headers,
 * which hold credentials, come from the environment and go only where the environment says: a workspace cannot have them
 * sent elsewhere.
 */
export function traceSettings({ endpoint, sample }: TraceConfig, env: NodeJS.ProcessEnv): TraceSettings | null {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return null;
  const serviceName = env.OTEL_SERVICE_NAME || 'slipway';
  if (endpoint !== null) return { url: tracesAt(endpoint), headers: {}, sample, serviceName };
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || (env.OTEL_EXPORTER_OTLP_ENDPOINT ? tracesAt(env.OTEL_EXPORTER_OTLP_ENDPOINT) : '');
  if (url === '') return null;
  return { url, headers: headersIn(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS || env.OTEL_EXPORTER_OTLP_HEADERS || ''), sample, serviceName };
}

/** The path that the protocol gives traces, below the address of a collector. */
function tracesAt(endpoint: string): string {
  return `${endpoint.replace(/\/+$/, '')}/v1/traces`;
}

/** `name=value,name=value`, values percent-encoded; what is not written so is left out. */
function headersIn(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=');
    if (at <= 0) continue;
    try {
      headers[pair.slice(0, at).trim()] = decodeURIComponent(pair.slice(at + 1).trim());
    } catch {
      continue;
    }
  }
  return headers;
}
