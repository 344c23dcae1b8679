/** Writes ONNX protobuf by hand, so that it can also be written wrong. Field numbers are those of onnx.proto. */

export type Bytes = Uint8Array;

export const float = 1;
export const int64 = 7;

export function varint(value: number | bigint): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

export function join(...parts: Bytes[]): Bytes {
  return new Uint8Array(Buffer.concat(parts));
}

export function message(field: number, ...parts: Bytes[]): Bytes {
  const payload = join(...parts);
  return join(varint((field << 3) | 2), varint(payload.length), payload);
}

export function text(field: number, value: string): Bytes {
  return message(field, Buffer.from(value));
}

export function number(field: number, value: number | bigint): Bytes {
  return join(varint(field << 3), varint(value));
}

export interface TensorParts {
  name?: string;
  type?: number;
  shape: (number | bigint)[];
  raw?: Bytes;
  external?: Record<string, string>;
  extra?: Bytes;
}

export function tensor({ name = '', type = float, shape, raw, external, extra }: TensorParts): Bytes {
  return join(
    ...shape.map((dimension) => number(1, dimension)),
    number(2, type),
    text(8, name),
    raw ? message(9, raw) : new Uint8Array(0),
    ...Object.entries(external ?? {}).map(([key, value]) => message(13, text(1, key), text(2, value))),
    external ? number(14, 1) : new Uint8Array(0),
    extra ?? new Uint8Array(0),
  );
}

export function integers(...values: (number | bigint)[]): Bytes {
  return new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
}

export function floats(...values: number[]): Bytes {
  return new Uint8Array(Float32Array.from(values).buffer);
}

export interface Attributes {
  [name: string]: { int: number | bigint } | { ints: number[] } | { tensor: Bytes } | { graph: Bytes } | { text: string };
}

export function attribute(name: string, value: Attributes[string]): Bytes {
  if ('int' in value) return join(text(1, name), number(3, value.int), number(20, 2));
  if ('ints' in value) return join(text(1, name), ...value.ints.map((one) => number(8, one)), number(20, 7));
  if ('tensor' in value) return join(text(1, name), message(5, value.tensor), number(20, 4));
  if ('graph' in value) return join(text(1, name), message(6, value.graph), number(20, 5));
  return join(text(1, name), text(4, value.text), number(20, 3));
}

export function node(operator: string, inputs: string[], outputs: string[], attributes: Attributes = {}, domain = ''): Bytes {
  return join(
    ...inputs.map((input) => text(1, input)),
    ...outputs.map((output) => text(2, output)),
    text(4, operator),
    ...Object.entries(attributes).map(([name, value]) => message(5, attribute(name, value))),
    domain ? text(7, domain) : new Uint8Array(0),
  );
}

export function value(name: string, type = float, shape: (number | string)[] = ['N']): Bytes {
  const dimensions = shape.map((dimension) => message(1, typeof dimension === 'number' ? number(1, dimension) : text(2, dimension)));
  return join(text(1, name), message(2, message(1, number(1, type), message(2, ...dimensions))));
}

export interface GraphParts {
  nodes?: Bytes[];
  inputs?: Bytes[];
  outputs?: Bytes[];
  initializers?: Bytes[];
  extra?: Bytes;
}

export function graph({ nodes = [], inputs = [], outputs = [], initializers = [], extra }: GraphParts): Bytes {
  return join(
    ...nodes.map((one) => message(1, one)),
    text(2, 'g'),
    ...initializers.map((one) => message(5, one)),
    ...inputs.map((one) => message(11, one)),
    ...outputs.map((one) => message(12, one)),
    extra ?? new Uint8Array(0),
  );
}

export function opset(domain: string, version: number): Bytes {
  return message(8, text(1, domain), number(2, version));
}

export interface ModelParts {
  irVersion?: number;
  graph: Bytes;
  opsets?: Bytes[];
  functions?: Bytes[];
  extra?: Bytes;
}

export function model({ irVersion = 9, graph: body, opsets = [opset('', 18)], functions = [], extra }: ModelParts): Bytes {
  return join(number(1, irVersion), text(2, 'hostile'), message(7, body), ...opsets, ...functions.map((one) => message(25, one)), extra ?? new Uint8Array(0));
}

export function functionBody(name: string, nodes: Bytes[], domain = 'own'): Bytes {
  return join(text(1, name), text(4, 'a'), text(5, 'b'), ...nodes.map((one) => message(7, one)), message(9, text(1, ''), number(2, 18)), message(9, text(1, domain), number(2, 1)), text(10, domain));
}
