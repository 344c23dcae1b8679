import type { Datatype } from '../engines/tensor.ts';

/** Words of the Open Inference Protocol for our datatypes. BF16 is missing: the runtime has no such graph input. */
export const wordOf = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
} as const satisfies Record<Datatype, string>;

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(wordOf, name);
}
