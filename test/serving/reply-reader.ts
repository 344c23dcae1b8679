// Reads a reply as a client does: independent of the server's code. Numbers come back as little-endian bytes.

export interface ReadOutput {
  name: string;
  datatype: string;
  shape: number[];
  bytes?: Uint8Array;
  texts?: string[];
}

export function readReply({ headers, pieces, bytes }: { headers: Record<string, string>; pieces: Uint8Array[]; bytes: number }): { json: Record<string, unknown>; outputs: ReadOutput[] } {
  const body = Buffer.concat(pieces);
  if (body.length !== bytes) throw new Error(`${bytes} bytes announced, ${body.length} sent`);
  const jsonBytes = Number(headers['Inference-Header-Content-Length'] ?? body.length);
  const text = body.toString('utf8', 0, jsonBytes);
  const json = JSON.parse(text) as Record<string, unknown> & { outputs: { name: string; datatype: string; shape: number[]; data?: unknown[]; parameters?: { binary_data_size: number } }[] };
  // JSON.parse rounds integers of 64 bits: their digits are taken from the text, whose lists hold no texts with brackets then.
  const digits = [...text.matchAll(/"datatype":"U?INT64","data":\[([^\]]*)\]/g)].map(([, list]) => (list === '' ? [] : list.split(',')));
  let at = jsonBytes;
  const outputs = json.outputs.map(({ name, datatype, shape, data, parameters }): ReadOutput => {
    const head = { name, datatype, shape };
    if (data === undefined) {
      const blob = body.subarray(at, (at += parameters?.binary_data_size ?? NaN));
      return datatype === 'BYTES' ? { ...head, texts: textsIn(blob) } : { ...head, bytes: Uint8Array.from(blob) };
    }
    if (datatype === 'BYTES') return { ...head, texts: data as string[] };
    const exact = datatype.endsWith('INT64') ? (digits.shift() ?? []) : data;
    return { ...head, bytes: Buffer.concat(exact.map((value) => writers[datatype](value))) };
  });
  if (at !== body.length) throw new Error(`${body.length - at} bytes left over`);
  return { json, outputs };
}

function textsIn(blob: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < blob.length; ) {
    const length = blob.readUInt32LE(at);
    texts.push(blob.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return texts;
}

const item = (size: number, write: (view: DataView, value: unknown) => void) => (value: unknown): Uint8Array => {
  const bytes = new Uint8Array(size);
  write(new DataView(bytes.buffer), value);
  return bytes;
};
const float = (value: unknown): number => (value === null ? NaN : Number(value));

const writers: Record<string, (value: unknown) => Uint8Array> = {
  BOOL: item(1, (view, value) => view.setUint8(0, value === true ? 1 : 0)),
  UINT8: item(1, (view, value) => view.setUint8(0, Number(value))),
  UINT16: item(2, (view, value) => view.setUint16(0, Number(value), true)),
  UINT32: item(4, (view, value) => view.setUint32(0, Number(value), true)),
  UINT64: item(8, (view, value) => view.setBigUint64(0, BigInt(String(value)), true)),
  INT8: item(1, (view, value) => view.setInt8(0, Number(value))),
  INT16: item(2, (view, value) => view.setInt16(0, Number(value), true)),
  INT32: item(4, (view, value) => view.setInt32(0, Number(value), true)),
  INT64: item(8, (view, value) => view.setBigInt64(0, BigInt(String(value)), true)),
  FP16: item(2, (view, value) => view.setUint16(0, halfBits(float(value)), true)),
  FP32: item(4, (view, value) => view.setFloat32(0, float(value), true)),
  FP64: item(8, (view, value) => view.setFloat64(0, float(value), true)),
};

/** Of a number that half precision holds exactly. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | (size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | ((size / 2 ** exponent - 1) * 1024);
}
