// The request builder of tritonclient[http] 2.73, byte for byte: the captures prove it. Independent of the server's code.

/** In numpy's words: bytes are little-endian and row-major. */
export interface TwinInput {
  name: string;
  datatype: string;
  shape: number[];
  binary: boolean;
  bytes?: Uint8Array;
  texts?: string[];
}

export type TwinValue = string | number | bigint | boolean;

export interface TwinRequest {
  inputs: TwinInput[];
  outputs?: { name: string; binary: boolean; classCount?: number }[];
  id?: string;
  sequenceId?: string | number | bigint;
  sequenceStart?: boolean;
  sequenceEnd?: boolean;
  priority?: number;
  timeout?: number;
  parameters?: Record<string, TwinValue>;
}

/** `jsonBytes` is the header Inference-Header-Content-Length; null where the client leaves it out. */
export function buildRequest({ inputs, outputs = [], id = '', sequenceId = 0, sequenceStart = false, sequenceEnd = false, priority = 0, timeout, parameters: own = {} }: TwinRequest): { body: Buffer; jsonBytes: number | null } {
  const parameters: [string, string][] = [];
  if (sequenceId !== 0 && sequenceId !== '') {
    parameters.push(['sequence_id', scalar(sequenceId)], ['sequence_start', scalar(sequenceStart)], ['sequence_end', scalar(sequenceEnd)]);
  }
  if (priority !== 0) parameters.push(['priority', scalar(priority)]);
  if (timeout !== undefined) parameters.push(['timeout', scalar(timeout)]);
  if (outputs.length === 0) parameters.push(['binary_data_output', 'true']);
  for (const [name, value] of Object.entries(own)) parameters.push([name, scalar(value)]);

  const blobs = inputs.filter(({ binary }) => binary).map(blobOf);
  const request: [string, string][] = [];
  if (id !== '') request.push(['id', text(id)]);
  request.push(['inputs', list(inputs.map(inputJson))]);
  if (outputs.length > 0) request.push(['outputs', list(outputs.map(outputJson))]);
  if (parameters.length > 0) request.push(['parameters', object(parameters)]);
  const json = Buffer.from(object(request), 'latin1');
  return { body: Buffer.concat([json, ...blobs]), jsonBytes: blobs.length === 0 ? null : json.length };
}

function inputJson(input: TwinInput): string {
  const members: [string, string][] = [['name', text(input.name)], ['shape', list(input.shape.map(String))], ['datatype', text(input.datatype)]];
  if (input.binary) members.push(['parameters', object([['binary_data_size', String(blobOf(input).length)]])]);
  else members.push(['data', list(elementsOf(input))]);
  return object(members);
}

function outputJson({ name, binary, classCount = 0 }: { name: string; binary: boolean; classCount?: number }): string {
  const parameters: [string, string][] = classCount === 0 ? [] : [['classification', String(classCount)]];
  return object([['name', text(name)], ['parameters', object([...parameters, ['binary_data', String(binary)]])]]);
}

function blobOf({ bytes, texts }: TwinInput): Buffer {
  if (texts === undefined) return Buffer.from(bytes ?? new Uint8Array());
  return Buffer.concat(
    texts.flatMap((each) => {
      const encoded = Buffer.from(each);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(encoded.length);
      return [length, encoded];
    }),
  );
}

function elementsOf({ datatype, bytes = new Uint8Array(), texts }: TwinInput): string[] {
  if (texts !== undefined) return texts.map(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [size, element] = readers[datatype];
  return Array.from({ length: bytes.length / size }, (_, index) => element(view, index * size));
}

const readers: Record<string, [size: number, element: (view: DataView, at: number) => string]> = {
  BOOL: [1, (view, at) => (view.getUint8(at) === 0 ? 'false' : 'true')],
  UINT8: [1, (view, at) => String(view.getUint8(at))],
  UINT16: [2, (view, at) => String(view.getUint16(at, true))],
  UINT32: [4, (view, at) => String(view.getUint32(at, true))],
  UINT64: [8, (view, at) => String(view.getBigUint64(at, true))],
  INT8: [1, (view, at) => String(view.getInt8(at))],
  INT16: [2, (view, at) => String(view.getInt16(at, true))],
  INT32: [4, (view, at) => String(view.getInt32(at, true))],
  INT64: [8, (view, at) => String(view.getBigInt64(at, true))],
  FP16: [2, (view, at) => float(halfAt(view, at))],
  FP32: [4, (view, at) => float(view.getFloat32(at, true))],
  FP64: [8, (view, at) => float(view.getFloat64(at, true))],
};

function halfAt(view: DataView, at: number): number {
  const bits = view.getUint16(at, true);
  const [sign, exponent, fraction] = [bits >> 15 === 0 ? 1 : -1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

/** As Python's repr writes a float. */
function float(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [significand, exponent] = value.toExponential().split('e');
  const power = Number(exponent);
  if (power < -4 || power >= 16) return `${significand}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  const plain = String(value);
  return plain.includes('.') ? plain : `${plain}.0`;
}

function scalar(value: TwinValue): string {
  if (typeof value === 'string') return text(value);
  return typeof value === 'number' && !Number.isInteger(value) ? float(value) : String(value);
}

const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** As python-rapidjson writes a string: in ASCII. */
function text(value: string): string {
  let written = '';
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (value[i] in escapes) written += escapes[value[i]];
    else if (unit < 0x20 || unit > 0x7f) written += `\\u${unit.toString(16).toUpperCase().padStart(4, '0')}`;
    else written += value[i];
  }
  return `"${written}"`;
}

function list(elements: string[]): string {
  return `[${elements.join(',')}]`;
}

function object(members: [string, string][]): string {
  return `{${members.map(([name, value]) => `${text(name)}:${value}`).join(',')}}`;
}
