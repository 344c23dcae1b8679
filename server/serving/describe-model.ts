import type { TensorInfo } from '../../protocol/registry.ts';
import { Problem } from '../problem.ts';
import type { BatchSettings } from './batcher.ts';
import type { HostedModel } from '../engines/onnx.ts';
import { isDatatype, wordOf } from './datatypes.ts';

export interface Described {
  model: string;
  hosted: HostedModel;
  /** All versions by number or name, as the metadata lists them. */
  versions: string[];
  batch: BatchSettings;
  /** 1 where rows are not put together. */
  maxBatchRows: number;
  hosts: number;
  cached: boolean;
}

/** `GET /v2/models/{model}`: shapes with the batch dimension, -1 where a dimension is free. */
export function metadataOf({ model, versions, hosted }: Pick<Described, 'model' | 'versions' | 'hosted'>): object {
  const tensor = (info: TensorInfo): object => ({ name: info.name, datatype: wordFor(info), shape: dimensionsOf(info) });
  return { name: model, versions, platform: 'onnxruntime_onnx', inputs: hosted.inputs.map(tensor), outputs: hosted.outputs.map(tensor) };
}

/** Triton's model configuration: where rows are put together, dimensions leave the batch out. */
export function configurationOf({ model, hosted, batch, maxBatchRows, hosts, cached }: Omit<Described, 'versions'>): object {
  const batched = maxBatchRows > 1;
  const tensor = (info: TensorInfo): object => ({ name: info.name, data_type: configWordFor(info), dims: dimensionsOf(info).slice(batched ? 1 : 0) });
  return {
    name: model,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    version_policy: { all: {} },
    max_batch_size: batched ? maxBatchRows : 0,
    input: hosted.inputs.map((info) => ({ ...tensor(info), format: 'FORMAT_NONE', is_shape_tensor: false, allow_ragged_batch: false, optional: false })),
    output: hosted.outputs.map((info) => ({ ...tensor(info), label_filename: '', is_shape_tensor: false })),
    instance_group: [{ name: model, kind: hosted.provider === 'cpu' ? 'KIND_CPU' : 'KIND_GPU', count: hosts, gpus: [], profile: [], passive: false, host_policy: '' }],
    ...(batched && {
      dynamic_batching: {
        preferred_batch_size: batch.preferredBatchRows,
        max_queue_delay_microseconds: batch.maxQueueDelayUs,
        preserve_ordering: batch.preserveOrdering,
        priority_levels: 3,
        default_priority_level: 1,
        default_queue_policy: { timeout_action: batch.timeoutAction === 'delay' ? 'DELAY' : 'REJECT', default_timeout_microseconds: batch.timeoutMs * 1000, allow_timeout_override: true, max_queue_size: batch.maxQueueRows.interactive },
      },
    }),
    response_cache: { enable: cached },
    parameters: { execution_provider: { string_value: hosted.provider }, onnxruntime: { string_value: hosted.onnxruntime } },
  };
}

function dimensionsOf({ shape }: TensorInfo): number[] {
  return (shape ?? [null]).map((dimension) => (typeof dimension === 'number' ? dimension : -1));
}

function wordFor({ name, datatype }: TensorInfo): string {
  if (!isDatatype(datatype)) throw new Problem('model-unsupported', `${name} is of type ${datatype}, which the Open Inference Protocol has no word for`);
  return wordOf[datatype];
}

function configWordFor(info: TensorInfo): string {
  return info.datatype === 'string' ? 'TYPE_STRING' : `TYPE_${wordFor(info)}`;
}
