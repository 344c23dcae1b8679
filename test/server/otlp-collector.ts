import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentId: string;
  traceState: string;
  kind: number;
  startNs: bigint;
  endNs: bigint;
  attributes: Record<string, string | number | boolean>;
  links: { traceId: string; spanId: string }[];
  status: number;
}

/** A stand-in for a collector: it takes OTLP over HTTP as a real one does, and keeps what it got. */
export interface OtlpCollector {
  url: string;
  spans: ReceivedSpan[];
  requests: { path: string; headers: IncomingHttpHeaders }[];
  /** What it answers from now on; null: nothing at all. */
  answer(status: number | null, body?: Uint8Array): void;
  close(): Promise<void>;
}

export async function openOtlpCollector(): Promise<OtlpCollector> {
  const spans: ReceivedSpan[] = [];
  const requests: OtlpCollector['requests'] = [];
  let status: number | null = 200;
  let answerBody: Uint8Array = new Uint8Array(0);
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', headers: request.headers });
      if (status === null) return;
      if (status === 200) spans.push(...spansIn(Buffer.concat(parts)));
      response.writeHead(status, { 'Content-Length': answerBody.length }).end(answerBody);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    requests,
    answer(next, body = new Uint8Array(0)) {
      status = next;
      answerBody = body;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

// ---- opentelemetry/proto/trace/v1/trace.proto by its field numbers

type Field = { number: number; bytes: Buffer; value: bigint };

function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const wire = tag & 7;
    const value = wire === 0 || wire === 2 ? varint() : wire === 1 ? message.readBigUInt64LE(at) : BigInt(message.readUInt32LE(at));
    const length = wire === 2 ? Number(value) : wire === 1 ? 8 : wire === 5 ? 4 : 0;
    fields.push({ number: tag >> 3, bytes: message.subarray(at, at + length), value });
    at += length;
  }
  if (at !== message.length) throw new Error('a field ends beyond its message');
  return fields;
}

const all = (message: Buffer, number: number): Field[] => fieldsOf(message).filter((field) => field.number === number);
const one = (message: Buffer, number: number): Field => all(message, number)[0] ?? { number, bytes: Buffer.alloc(0), value: 0n };
const hex = (message: Buffer, number: number): string => one(message, number).bytes.toString('hex');

function spansIn(body: Buffer): ReceivedSpan[] {
  const scopes = all(body, 1).flatMap(({ bytes }) => all(bytes, 2));
  return scopes.flatMap(({ bytes }) => all(bytes, 2)).map(({ bytes: span }) => ({
    name: one(span, 5).bytes.toString(),
    traceId: hex(span, 1),
    spanId: hex(span, 2),
    parentId: hex(span, 4),
    traceState: one(span, 3).bytes.toString(),
    kind: Number(one(span, 6).value),
    startNs: one(span, 7).value,
    endNs: one(span, 8).value,
    attributes: Object.fromEntries(all(span, 9).map(({ bytes }) => [one(bytes, 1).bytes.toString(), valueOf(one(bytes, 2).bytes)])),
    links: all(span, 13).map(({ bytes }) => ({ traceId: hex(bytes, 1), spanId: hex(bytes, 2) })),
    status: Number(one(one(span, 15).bytes, 3).value),
  }));
}

function valueOf(value: Buffer): string | number | boolean {
  const [field] = fieldsOf(value);
  if (field.number === 1) return field.bytes.toString();
  if (field.number === 2) return field.value === 1n;
  return field.number === 4 ? field.bytes.readDoubleLE() : Number(field.value);
}
