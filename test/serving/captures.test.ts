import { readFileSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesOfTensor } from '../../server/serving/tensor-bytes.ts';
import { decodeRequest, parseHeaderLength } from '../../server/serving/decode-request.ts';
import { buildRequest, type TwinRequest, type TwinValue } from './tritonclient-twin.ts';
import { limits, ours, textOf } from './codec-fixture.ts';

interface Whole {
  whole: string;
}

interface Sent {
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
}

interface Case {
  title: string;
  asked: {
    inputs: { name: string; datatype: string; shape: number[]; binary: boolean; bytes?: string; texts?: string[] }[];
    outputs?: TwinRequest['outputs'];
    id?: string;
    sequenceId?: string | Whole;
    sequenceStart?: boolean;
    sequenceEnd?: boolean;
    priority?: number;
    timeout?: number;
    parameters?: Record<string, string | number | boolean | Whole>;
  };
  gevent: Sent;
  aio: Sent;
}

const { cases } = JSON.parse(readFileSync(new URL('captures/tritonclient.json', import.meta.url), 'utf8')) as { cases: Case[] };

const wholeOf = <Value>(value: Value | Whole): Value | bigint => (typeof value === 'object' && value !== null && 'whole' in value ? BigInt(value.whole) : value);

function askedOf({ asked }: Case): TwinRequest {
  return {
    ...asked,
    inputs: asked.inputs.map((input) => ({ ...input, bytes: input.bytes === undefined ? undefined : Buffer.from(input.bytes, 'base64') })),
    sequenceId: asked.sequenceId === undefined ? undefined : wholeOf(asked.sequenceId),
    parameters: asked.parameters === undefined ? undefined : Object.fromEntries(Object.entries(asked.parameters).map(([name, value]): [string, TwinValue] => [name, wholeOf(value)])),
  };
}

function receivedOf({ headers, body }: Sent): { body: Buffer; jsonBytes: number | null } {
  const sent = Buffer.from(body, 'base64');
  const encoding = headers['content-encoding'];
  const plain = encoding === 'gzip' ? gunzipSync(sent) : encoding === 'deflate' ? inflateSync(sent) : sent;
  return { body: plain, jsonBytes: parseHeaderLength(headers['inference-header-content-length'], plain.length) };
}

describe.each(cases.flatMap((each) => [{ each, client: 'gevent' as const }, { each, client: 'aio' as const }]))('what tritonclient sends, $each.title, $client', ({ each, client }) => {
  const received = receivedOf(each[client]);
  const asked = askedOf(each);

  it('is what its twin builds', () => {
    const built = buildRequest(asked);
    expect(built.body.toString('latin1')).toBe(received.body.toString('latin1'));
    expect(built.jsonBytes).toBe(received.jsonBytes);
  });

  it('is read as the arrays that went in', () => {
    const signature = {
      inputs: asked.inputs.map(({ name, datatype, shape }) => ({ name, datatype: ours(datatype), shape: shape.map(() => null) })),
      outputs: (asked.outputs ?? []).map(({ name }) => ({ name, datatype: 'float32', shape: null })),
    };
    const request = decodeRequest(received.body, received.jsonBytes, signature, limits);
    expect([...request.inputs.keys()]).toEqual(asked.inputs.map(({ name }) => name));
    for (const { name, datatype, shape, bytes, texts } of asked.inputs) {
      const tensor = request.inputs.get(name);
      if (tensor === undefined) throw new Error(`No ${name}`);
      expect(tensor).toMatchObject({ datatype: ours(datatype), shape });
      if (tensor.datatype === 'string') expect(textOf(tensor)).toEqual(texts);
      else expect(Buffer.from(bytesOfTensor(tensor)).toString('hex')).toBe(Buffer.from(bytes ?? []).toString('hex'));
    }
    const { sequenceId = null, outputs, parameters } = asked;
    expect(request).toMatchObject({
      id: asked.id ?? '',
      priority: asked.priority ?? 0,
      timeoutUs: asked.timeout ?? 0,
      sequenceId,
      sequenceStart: asked.sequenceStart ?? false,
      sequenceEnd: asked.sequenceEnd ?? false,
      binaryOutput: outputs === undefined,
      outputs: outputs === undefined ? null : outputs.map(({ name, binary, classCount }) => ({ name, binary, classification: classCount ?? 0, parameters: new Map() })),
      parameters: new Map(Object.entries(parameters ?? {}).map(([name, value]) => [name, typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value])),
    });
  });
});
