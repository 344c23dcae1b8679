import { fromFloat16, product, stringTensor, type Tensor } from '../engines/tensor.ts';
import { singleText } from './single-text.ts';

/**
 * The k largest of each row as `value:index`, or `value:index:label`, largest first; of equal values the first, and NaN last.
 * The first axis counts rows where there are two or more; a vector is one row.
 *
 * @param labels by index; left out where the rows are not as long
 * @returns BYTES of shape [rows, k], or [k] of a vector. Where a row is shorter than k, all of it.
 * @throws Error if the tensor holds text: the decoder refuses to classify such an output
 */
export function classify(tensor: Tensor, k: number, labels: readonly string[] | null): Tensor {
  if (tensor.datatype === 'string') throw new Error('Text has no largest elements');
  const values = tensor.datatype === 'float16' ? Float64Array.from(tensor.data, fromFloat16) : tensor.data;
  const textOf = tensor.datatype === 'float32' ? (value: number | bigint) => singleText(Number(value)) : String;
  const vector = tensor.shape.length < 2;
  const rows = vector ? 1 : tensor.shape[0];
  const width = vector ? values.length : product(tensor.shape.slice(1));
  const count = Math.min(k, width);
  const named = labels?.length === width ? labels : null;
  const texts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const valueAt = (index: number): number | bigint => values[row * width + index];
    for (const index of largest(valueAt, width, count)) texts.push(`${textOf(valueAt(index))}:${index}${named === null ? '' : `:${named[index]}`}`);
  }
  return stringTensor(texts, vector ? [count] : [rows, count]);
}

function largest(valueAt: (index: number) => number | bigint, width: number, count: number): number[] {
  const indexes = Array.from({ length: width }, (_, index) => index);
  indexes.sort((a, b) => {
    const [x, y] = [valueAt(a), valueAt(b)];
    if (x > y) return -1;
    if (y > x) return 1;
    return Number(Number.isNaN(x)) - Number(Number.isNaN(y)) || a - b;
  });
  return indexes.slice(0, count);
}
