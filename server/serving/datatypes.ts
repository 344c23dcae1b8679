import type { Datatype, NumericDatatype } from '../engines/tensor.ts';

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

export const arrayTypes = {
  bool: Uint8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const satisfies Record<NumericDatatype, unknown>;

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(wordOf, name);
}
