import type { Tensor, TensorMap } from '../engines/tensor.ts';
import { classify } from './classification.ts';
import { wordOf } from './datatypes.ts';
import type { ParameterValue, RequestedOutput } from './infer-request.ts';
import { bytesOfTensor } from './tensor-bytes.ts';
import { writeTensor } from './tensor-json.ts';

export interface InferAnswer {
  modelName: string;
  modelVersion: string;
  /** '' where the caller sent none: it is echoed all the same, as some clients cannot do without. */
  id: string;
  /** In the model's order. */
  outputs: TensorMap;
  /** Null: all, in the order of `outputs`. */
  requested: readonly RequestedOutput[] | null;
  /** For the outputs that do not say themselves how they are wanted. */
  binaryOutput: boolean;
  parameters?: ReadonlyMap<string, ParameterValue>;
  /** By class index. */
  classLabels?: readonly string[];
}

export interface EncodedResponse {
  headers: Record<string, string>;
  /** JSON first. The others may be views on the outputs, so these must not change until written. */
  pieces: Uint8Array[];
  bytes: number;
}

/** The body of a reply as the Open Inference Protocol has it, with Triton's binary tensors and classes where they were asked for. */
export function encodeResponse({ modelName, modelVersion, id, outputs, requested, binaryOutput, parameters, classLabels }: InferAnswer): EncodedResponse {
  const blobs: Uint8Array[] = [];
  const tensors = (requested ?? allOf(outputs)).map(({ name, binary, classification }) => {
    const answered = outputs.get(name);
    if (answered === undefined) throw new Error(`The model gave no output ${name}`);
    const tensor = classification > 0 ? classify(answered, classification, classLabels ?? null) : answered;
    const head = `{"name":${JSON.stringify(name)},"shape":[${tensor.shape.join(',')}],"datatype":"${wordOf[tensor.datatype]}"`;
    if (!(binary ?? binaryOutput)) return `${head},"data":${writeTensor(tensor)}}`;
    const blob = bytesOfTensor(tensor);
    blobs.push(blob);
    return `${head},"parameters":{"binary_data_size":${blob.length}}}`;
  });
  const shown = parameters === undefined || parameters.size === 0 ? '' : `,"parameters":{${[...parameters].map(([name, value]) => `${JSON.stringify(name)}:${textOf(value)}`).join(',')}}`;
  const json = Buffer.from(`{"model_name":${JSON.stringify(modelName)},"model_version":${JSON.stringify(modelVersion)},"id":${JSON.stringify(id)}${shown},"outputs":[${tensors.join(',')}]}`);
  const bytes = blobs.reduce((total, blob) => total + blob.length, json.length);
  if (blobs.length === 0) return { headers: { 'Content-Type': 'application/json' }, pieces: [json], bytes };
  return { headers: { 'Content-Type': 'application/octet-stream', 'Inference-Header-Content-Length': String(json.length) }, pieces: [json, ...blobs], bytes };
}

function allOf(outputs: ReadonlyMap<string, Tensor>): Pick<RequestedOutput, 'name' | 'binary' | 'classification'>[] {
  return [...outputs.keys()].map((name) => ({ name, binary: null, classification: 0 }));
}

function textOf(value: ParameterValue): string {
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
}
