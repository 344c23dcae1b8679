import { stringsOf, type Datatype, type Tensor } from '../../server/engines/tensor.ts';
import type { Limits } from '../../server/serving/decode-request.ts';

export const limits: Limits = { jsonBytesMax: 2 ** 24, elementsMax: 2 ** 20, depthMax: 100 };

const datatypes: Record<string, Datatype> = { BOOL: 'bool', UINT8: 'uint8', UINT16: 'uint16', UINT32: 'uint32', UINT64: 'uint64', INT8: 'int8', INT16: 'int16', INT32: 'int32', INT64: 'int64', FP16: 'float16', FP32: 'float32', FP64: 'float64', BYTES: 'string' };

export function ours(word: string): Datatype {
  return datatypes[word];
}

export function textOf(tensor: Tensor): string[] {
  if (tensor.datatype !== 'string') throw new Error('No text');
  return stringsOf(tensor.data);
}
