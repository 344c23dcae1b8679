import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TensorInfo } from '../../protocol/registry.ts';
import { fromFloat16, stringsOf, stringTensor, type Tensor, toFloat16 } from '../../server/engines/tensor.ts';

/** Models by name, as `fixtures/make.py` writes them. */
export const fixtureNames = [
  'binary-int', 'binary-string', 'multiclass-int', 'multiclass-string', 'missing-values', 'float16', 'int64', 'fixed-batch',
  'rows-mixed', 'axis-one', 'multi-output', 'strings', 'odd-names', 'wrong-declaration', 'external/model',
];

export interface Answer {
  inputs: Record<string, Values>;
  outputs: Record<string, Values & { labels?: string[] }>;
}

interface Values {
  shape: number[];
  data: (number | string | boolean | null)[];
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`./fixtures/${name}.onnx`, import.meta.url));
}

/** What Python's onnxruntime answered, by model name. 64-bit integers keep their digits as text. */
export function readAnswers(): Record<string, Answer> {
  const text = readFileSync(new URL('./fixtures/answers.json', import.meta.url), 'utf8');
  return JSON.parse(text.replace(/(?<=[\s[:])-?\d{16,}(?=\s*[,\]\n])/g, '"$&"')) as Record<string, Answer>;
}

export function tensorFrom({ shape, data }: Values, info: TensorInfo): Tensor {
  const number = (value: unknown): number => (value === null ? NaN : Number(value));
  switch (info.datatype) {
    case 'string': return stringTensor(data.map(String), shape);
    case 'int64': return { datatype: 'int64', shape, data: BigInt64Array.from(data, (value) => BigInt(value as string)) };
    case 'float16': return { datatype: 'float16', shape, data: Uint16Array.from(data, (value) => toFloat16(number(value))) };
    default: return { datatype: 'float32', shape, data: Float32Array.from(data, number) };
  }
}

export function plain(tensor: Tensor): (number | string)[] {
  switch (tensor.datatype) {
    case 'string': return stringsOf(tensor.data);
    case 'int64': case 'uint64': return Array.from(tensor.data, String);
    case 'float16': return Array.from(tensor.data, fromFloat16);
    default: return Array.from(tensor.data);
  }
}
