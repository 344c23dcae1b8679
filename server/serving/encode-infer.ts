import type { TensorMap } from '../engines/tensor.ts';
import { wordOf } from './datatypes.ts';
import { bytesOfTensor } from './tensor-bytes.ts';

export interface EncodedRequest {
  headers: Record<string, string>;
  /** JSON first. The others may be views on the inputs, so these must not change until written. */
  pieces: Uint8Array[];
}

/** The body of a request as the Open Inference Protocol has it, all tensors binary, and all answers asked for as binary. */
export function encodeInfer({ id, inputs, outputs }: { id: string; inputs: TensorMap; outputs: readonly string[] | null }): EncodedRequest {
  const blobs = [...inputs.values()].map(bytesOfTensor);
  const json = Buffer.from(
    JSON.stringify({
      ...(id !== '' && { id }),
      inputs: [...inputs].map(([name, { datatype, shape }], index) => ({ name, shape, datatype: wordOf[datatype], parameters: { binary_data_size: blobs[index].length } })),
      ...(outputs === null ? { parameters: { binary_data_output: true } } : { outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })) }),
    }),
  );
  const bytes = blobs.reduce((total, blob) => total + blob.length, json.length);
  return { headers: { 'Content-Type': 'application/octet-stream', 'Content-Length': String(bytes), 'Inference-Header-Content-Length': String(json.length) }, pieces: [json, ...blobs] };
}
