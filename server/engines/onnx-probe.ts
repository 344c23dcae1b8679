import type { TensorInfo } from '../../protocol/registry.ts';
import { Problem } from '../problem.ts';
import { type Datatype, product, stringTensor, toFloat16, type Tensor, type TensorMap } from './tensor.ts';

/** How rows can be put together for one run of a model. */
export interface BatchInfo {
  /** Any number of rows in one run gives each row the answer it gets alone. */
  batchable: boolean;
  /** The axis that counts rows; null when there is none. */
  axis: 0 | 1 | null;
  /** Rows each run must have, where the graph fixes them. */
  fixedRows: number | null;
  /** `probe`: seen with one row and with two. `declaration`: the model refuses made-up rows, so its declared shapes are believed. */
  source: 'probe' | 'declaration';
  /** Why it is not batchable, or why the declaration had to do. */
  reason: string | null;
  /** Outputs whose real shape is not the declared one. */
  warnings: string[];
}

type Run = (inputs: TensorMap) => Promise<TensorMap>;

/** Sizes tried for open dimensions other than the batch: a sequence of one is legal in most models, windows are longer. */
export const openSizes = [1, 4, 16, 64, 256, 512];
const toleranceRelative = 1e-3;
const toleranceAbsolute = 1e-4;

/** Finds the batch axis by running one made-up row, another one, and the two together. */
export async function probeBatch(inputs: readonly TensorInfo[], outputs: readonly TensorInfo[], run: Run): Promise<BatchInfo> {
  const fixedRows = commonFixedRows(inputs);
  let reason: string | null = null;
  let refused = '';
  for (const axis of [0, 1] as const) {
    if (!inputs.every((input) => input.shape === null || (input.shape.length > axis && typeof input.shape[axis] !== 'number'))) continue;
    for (const size of openSizes) {
      let alone: [TensorMap, TensorMap];
      let together: TensorMap;
      try {
        alone = [await run(madeUp(inputs, axis, [0], size)), await run(madeUp(inputs, axis, [1], size))];
        together = await run(madeUp(inputs, axis, [0, 1], size));
      } catch (error) {
        // Only the model's own refusal of made-up rows is an answer.
        if (!(error instanceof Problem) || error.code !== 'model-failed') throw error;
        refused ||= error.message;
        continue;
      }
      reason = difference(alone, together, axis);
      const warnings = [...together].flatMap(([name, tensor]) => shapeWarning(outputs.find((output) => output.name === name), tensor));
      if (reason === null) return { batchable: true, axis, fixedRows: null, source: 'probe', reason: null, warnings };
      break;
    }
  }
  const declared = [...inputs, ...outputs].every((info) => info.shape === null || typeof info.shape[0] !== 'number') && inputs.every((info) => info.shape?.length !== 0);
  if (reason === null && refused && declared) {
    return { batchable: true, axis: 0, fixedRows: null, source: 'declaration', reason: `Made-up rows were refused: ${refused}`, warnings: [] };
  }
  reason ??= refused || (fixedRows === null ? 'The inputs have no open first dimension in common' : `Every run takes exactly ${fixedRows} rows`);
  return { batchable: false, axis: fixedRows === null ? null : 0, fixedRows, source: 'probe', reason, warnings: [] };
}

function commonFixedRows(inputs: readonly TensorInfo[]): number | null {
  const first = inputs.map((input) => input.shape?.[0]);
  return typeof first[0] === 'number' && first.every((rows) => rows === first[0]) ? first[0] : null;
}

/** What shows that rows influence each other, or that the axis does not count them; null when nothing does. */
function difference(alone: readonly [TensorMap, TensorMap], together: TensorMap, axis: number): string | null {
  for (const [name, both] of together) {
    if (both.shape[axis] !== 2 || alone.some((single) => single.get(name)?.shape[axis] !== 1)) return `Output ${name} does not count rows on axis ${axis}`;
    for (const [row, single] of alone.entries()) {
      const tensor = single.get(name);
      if (!tensor || !sameRow(tensor, both, axis, row)) return `Output ${name} of a row changes with the rows beside it`;
    }
  }
  return null;
}

function sameRow(single: Tensor, both: Tensor, axis: number, row: number): boolean {
  const inner = product(both.shape.slice(axis + 1));
  const outer = product(both.shape.slice(0, axis));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      if (!close(element(single, o * inner + i), element(both, (o * 2 + row) * inner + i))) return false;
    }
  }
  return true;
}

function element(tensor: Tensor, index: number): number | string {
  return tensor.datatype === 'string' ? tensor.data.dictionary[tensor.data.codes[index]] : Number(tensor.data[index]);
}

function close(a: number | string, b: number | string): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  return Object.is(a, b) || Math.abs(a - b) <= toleranceAbsolute + toleranceRelative * Math.abs(b);
}

function shapeWarning(declared: TensorInfo | undefined, tensor: Tensor): string[] {
  if (!declared?.shape) return [];
  const agrees = declared.shape.length === tensor.shape.length && declared.shape.every((dimension, i) => typeof dimension !== 'number' || dimension === tensor.shape[i]);
  return agrees ? [] : [`Output ${declared.name} is declared [${declared.shape.map((d) => d ?? '?').join(', ')}] and comes out as [${tensor.shape.join(', ')}]`];
}

/** Tensors for every input; row r holds 0.25 + r / 2, r, or a text of its own. */
export function madeUp(inputs: readonly TensorInfo[], axis: number, rows: readonly number[], openSize: number): TensorMap {
  return new Map(inputs.map((input) => [input.name, madeUpTensor(input, axis, rows, openSize)]));
}

function madeUpTensor(input: TensorInfo, axis: number, rows: readonly number[], openSize: number): Tensor {
  const declared = input.shape ?? [null];
  const shape = declared.map((dimension, i) => (i === axis ? rows.length : typeof dimension === 'number' ? dimension : openSize));
  const inner = product(shape.slice(axis + 1));
  const rowOf = Array.from({ length: product(shape) }, (_, i) => rows[Math.floor(i / inner) % rows.length]);
  const datatype = input.datatype as Datatype;
  const fraction = (row: number): number => 0.25 + row / 2;
  switch (datatype) {
    case 'string': return stringTensor(rowOf.map((row) => (row === 0 ? 'a' : 'b')), shape);
    case 'float64': return { datatype, shape, data: Float64Array.from(rowOf, fraction) };
    case 'float32': return { datatype, shape, data: Float32Array.from(rowOf, fraction) };
    case 'float16': return { datatype, shape, data: Uint16Array.from(rowOf, (row) => toFloat16(fraction(row))) };
    case 'int64': return { datatype, shape, data: BigInt64Array.from(rowOf, BigInt) };
    case 'uint64': return { datatype, shape, data: BigUint64Array.from(rowOf, BigInt) };
    case 'int8': return { datatype, shape, data: Int8Array.from(rowOf) };
    case 'int16': return { datatype, shape, data: Int16Array.from(rowOf) };
    case 'int32': return { datatype, shape, data: Int32Array.from(rowOf) };
    case 'uint8': case 'bool': return { datatype, shape, data: Uint8Array.from(rowOf) };
    case 'uint16': return { datatype, shape, data: Uint16Array.from(rowOf) };
    case 'uint32': return { datatype, shape, data: Uint32Array.from(rowOf) };
  }
}
