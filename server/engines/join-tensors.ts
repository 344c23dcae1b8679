import { arrayTypes, lengthOf, product, type Datatype, type NumericDatatype, type StringData, type Tensor, type TensorMap } from './tensor.ts';

type Numbers = Extract<Tensor, { datatype: NumericDatatype }>['data'];

/**
 * Puts rows of several requests under each other. All must have the same names, datatypes and dimensions behind the first.
 *
 * @throws Error where they differ, or where a tensor holds another number of elements than its shape says: the rows behind it would be somebody else's
 */
export function joinTensors(parts: readonly TensorMap[]): TensorMap {
  const [first, ...others] = parts;
  if (others.length === 0) return first;
  const joined: TensorMap = new Map();
  for (const [name, tensor] of first) joined.set(name, joinOne(name, [tensor, ...others.map((part) => partOf(part, name, tensor))]));
  const odd = others.find((part) => part.size !== first.size);
  if (odd !== undefined) throw new Error(`Tensors ${[...first.keys()].join(', ')} cannot be joined with ${[...odd.keys()].join(', ')}`);
  return joined;
}

/**
 * Takes rows apart again, `rows[i]` of them for the i-th part, which must be all there are. Numbers are views on the whole;
 * texts come with a dictionary of their own, so that no part knows those of another.
 *
 * @throws RowsMismatch where a tensor has another number of rows
 */
export function splitTensors(tensors: TensorMap, rows: readonly number[]): TensorMap[] {
  const total = rows.reduce((sum, each) => sum + each, 0);
  for (const [name, tensor] of tensors) checkRows(name, tensor, total);
  let from = 0;
  return rows.map((count) => {
    const part = sliceRows(tensors, from, from + count);
    from += count;
    return part;
  });
}

/** Some rows of tensors that all have at least as many. */
export function sliceRows(tensors: TensorMap, from: number, to: number): TensorMap {
  const part: TensorMap = new Map();
  for (const [name, tensor] of tensors) part.set(name, sliceOne(tensor, from, to));
  return part;
}

/** Rows went in, and another number came out: they cannot be told apart. */
export class RowsMismatch extends Error {}

function checkRows(name: string, tensor: Tensor, rows: number): void {
  if (tensor.shape.length === 0 || tensor.shape[0] !== rows) throw new RowsMismatch(`output ${name} has shape [${tensor.shape.join(', ')}] for ${rows} rows`);
  if (!isWhole(tensor)) throw new RowsMismatch(`output ${name} has ${lengthOf(tensor)} elements for shape [${tensor.shape.join(', ')}]`);
}

function isWhole(tensor: Tensor): boolean {
  return lengthOf(tensor) === product(tensor.shape);
}

function partOf(part: TensorMap, name: string, like: Tensor): Tensor {
  const tensor = part.get(name);
  const fits = tensor !== undefined && tensor.datatype === like.datatype && tensor.shape.length === like.shape.length && tensor.shape.every((dimension, axis) => axis === 0 || dimension === like.shape[axis]);
  if (!fits) throw new Error(`Tensor ${name} is not there, or of another form, in what it should be joined with`);
  return tensor;
}

function joinOne(name: string, tensors: readonly Tensor[]): Tensor {
  if (!tensors.every(isWhole)) throw new Error(`Tensor ${name} has another number of elements than its shape says`);
  const [{ datatype, shape }] = tensors;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0], 0);
  const joinedShape = [rows, ...shape.slice(1)];
  if (datatype === 'string') return { datatype, shape: joinedShape, data: joinTexts(tensors as readonly TensorOf<'string'>[], product(joinedShape)) };
  const data = new arrayTypes[datatype](product(joinedShape));
  let at = 0;
  for (const tensor of tensors as readonly TensorOf<NumericDatatype>[]) {
    data.set(tensor.data as never, at);
    at += tensor.data.length;
  }
  return { datatype, shape: joinedShape, data } as Tensor;
}

type TensorOf<D extends Datatype> = Extract<Tensor, { datatype: D }>;

function joinTexts(tensors: readonly TensorOf<'string'>[], length: number): StringData {
  const codes = new Int32Array(length);
  const codeOf = new Map<string, number>();
  let at = 0;
  for (const { data } of tensors) {
    const recoded = data.dictionary.map((text) => codeIn(codeOf, text));
    for (const code of data.codes) codes[at++] = recoded[code];
  }
  return { codes, dictionary: [...codeOf.keys()] };
}

function sliceOne(tensor: Tensor, from: number, to: number): Tensor {
  const [, ...rest] = tensor.shape;
  const width = product(rest);
  const shape = [to - from, ...rest];
  if (tensor.datatype === 'string') return { datatype: 'string', shape, data: sliceTexts(tensor.data, from * width, to * width) };
  return { datatype: tensor.datatype, shape, data: (tensor.data as Numbers).subarray(from * width, to * width) } as Tensor;
}

function sliceTexts({ codes, dictionary }: StringData, from: number, to: number): StringData {
  const codeOf = new Map<string, number>();
  const own = codes.slice(from, to).map((code) => codeIn(codeOf, dictionary[code]));
  return { codes: own, dictionary: [...codeOf.keys()] };
}

/** The code of a text, a new one where it has none yet. */
function codeIn(codeOf: Map<string, number>, text: string): number {
  let code = codeOf.get(text);
  if (code === undefined) codeOf.set(text, (code = codeOf.size));
  return code;
}
