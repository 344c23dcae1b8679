import type { TensorInfo } from '../../protocol/registry.ts';
import type { TensorMap } from '../engines/tensor.ts';

/** What a parameter of the protocol can be; whole numbers beyond 2^53 keep all their digits as bigint. */
export type ParameterValue = string | number | boolean | bigint;

export interface RequestedOutput {
  name: string;
  /** Null where the request leaves it to `binaryOutput`. */
  binary: boolean | null;
  /** Top k of each row as `value:index[:label]`; 0 when not asked. */
  classification: number;
  /** All but those that have a field of their own. */
  parameters: Map<string, ParameterValue>;
}

/** A request for predictions that was read and checked against the model's signature. */
export interface InferRequest {
  /** '' when the caller sent none. */
  id: string;
  /** All but those that have a field of their own. */
  parameters: Map<string, ParameterValue>;
  /** In the order of the signature. */
  inputs: TensorMap;
  /** Null: all. */
  outputs: RequestedOutput[] | null;
  binaryOutput: boolean;
  /** 0 when not given. */
  priority: number;
  /** 0 when not given. */
  timeoutUs: number;
  sequenceId: string | bigint | null;
  sequenceStart: boolean;
  sequenceEnd: boolean;
}

/** Datatypes are ONNX words, such as float32; a dimension that is no number is free. */
export interface Signature {
  inputs: readonly TensorInfo[];
  outputs: readonly TensorInfo[];
}
