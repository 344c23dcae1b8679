import type { TensorInfo, ZipMapOutput } from '../../protocol/registry.ts';
import { readModel, zipMapsOf } from './onnx-graph.ts';
import { memorySource } from './onnx-wire.ts';

/**
 * Scikit-learn exporters end a classifier in a ZipMap, whose sequence of maps cannot leave the runtime. Drops those
 * nodes and makes the probability tensor behind each the graph output. All other bytes stay as they are, and so does
 * the file on disk.
 */
export function stripZipMap(bytes: Uint8Array): { bytes: Uint8Array; changes: ZipMapOutput[] } {
  const { model, reader } = readModel(memorySource(bytes));
  const { graph } = model;
  const changes = zipMapsOf(graph, reader);
  if (changes.length === 0) return { bytes, changes };

  const replaced = new Map(changes.map((change) => [change.output, change]));
  const consumed = new Set(graph.nodes.flatMap((node) => node.inputs));
  const removed = new Set(graph.nodes.filter((node) => node.operator === 'ZipMap' && replaced.has(node.outputs[0]) && !consumed.has(node.outputs[0])).map((node) => node.field.at));
  const outputs = new Set(graph.outputs.map((output) => output.name));

  const graphField = [...reader.fields(0, bytes.length, 1)].find((field) => field.number === 7);
  if (!graphField) throw new Error('A parsed model has a graph');
  const pieces: Uint8Array[] = [];
  let outputIndex = 0;
  for (const field of reader.fields(graphField.start, graphField.end, 2)) {
    const change = field.number === 12 ? replaced.get(graph.outputs[outputIndex++].name) : undefined;
    if (change) {
      // Two outputs may wrap one tensor, and the tensor may be an output already; a graph names each output once.
      if (!outputs.has(change.tensor)) {
        outputs.add(change.tensor);
        const declared = graph.valueInfos.find((value) => value.name === change.tensor)?.field;
        pieces.push(message(12, declared ? bytes.subarray(declared.start, declared.end) : valueInfo(change.tensor, change.classes.labels.length)));
      }
    } else if (!removed.has(field.at)) {
      pieces.push(bytes.subarray(field.at, field.end));
    }
  }
  const rewritten = [bytes.subarray(0, graphField.at), message(7, Buffer.concat(pieces)), bytes.subarray(graphField.end)];
  return { bytes: Buffer.concat(rewritten), changes };
}

/** The outputs a model has once ZipMap is gone. */
export function effectiveOutputs(outputs: readonly TensorInfo[], zipMaps: readonly ZipMapOutput[]): TensorInfo[] {
  const replaced = new Map(zipMaps.map((change) => [change.output, change]));
  const names = new Set(outputs.map((output) => output.name));
  return outputs.flatMap((output) => {
    const change = replaced.get(output.name);
    if (!change) return [output];
    if (names.has(change.tensor)) return [];
    names.add(change.tensor);
    return [{ name: change.tensor, datatype: 'float32', shape: [null, change.classes.labels.length] }];
  });
}

/** ValueInfoProto of a float32 tensor [any, classes]. */
function valueInfo(name: string, classes: number): Uint8Array {
  const shape = Buffer.concat([message(1, new Uint8Array(0)), message(1, Buffer.concat([varint(1 << 3), varint(classes)]))]);
  const tensorType = Buffer.concat([varint(1 << 3), varint(1), message(2, shape)]);
  return Buffer.concat([message(1, Buffer.from(name)), message(2, message(1, tensorType))]);
}

function message(number: number, payload: Uint8Array): Uint8Array {
  return Buffer.concat([varint((number << 3) | 2), varint(payload.length), payload]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
  return Uint8Array.from(bytes);
}
