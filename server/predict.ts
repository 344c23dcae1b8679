import type { ModelConfig } from '../protocol/config.ts';
import type { TensorInfo } from '../protocol/registry.ts';
import type { Dataset } from './datasets/open-dataset.ts';
import { readBatches } from './datasets/read-columns.ts';
import type { ModelHost } from './engines/onnx.ts';
import { tensorOf, vectorsOf, type Tensor, type TensorMap } from './engines/tensor.ts';
import { Problem } from './problem.ts';
import type { Vector } from './stats/vector.ts';

/** Which columns feed which input of a model. */
export interface InputMapping {
  input: TensorInfo;
  columns: string[];
}

/** What a model answered on every row of a dataset: per output, its columns in file order. */
export interface OutputColumns {
  name: string;
  datatype: Tensor['datatype'];
  columns: Vector[];
}

/** Batches in flight: the next one is read and packed while the host computes. */
const inFlight = 2;

/** A model input is fed by what slipway.yaml says, else by the column of its name, else, if it is the only one, by all features in order. */
export function mapInputs(inputs: readonly TensorInfo[], config: Pick<ModelConfig, 'name' | 'inputs' | 'target'>, dataset: Pick<Dataset, 'name' | 'columns'>, notFeatures: readonly string[]): InputMapping[] {
  const names = dataset.columns.map(({ name }) => name);
  const unmapped: string[] = [];
  const mapping = inputs.map((input): InputMapping => {
    const given = config.inputs.find((each) => each.input === input.name);
    if (given !== undefined) {
      const missing = given.columns.filter((column) => !names.includes(column));
      if (missing.length > 0) throw new Problem('column-missing', `Input ${input.name} of ${config.name} is fed by ${missing.join(', ')}, which ${dataset.name} does not have`);
      return { input, columns: given.columns };
    }
    const exact = names.find((name) => name === input.name);
    if (exact !== undefined) return { input, columns: [exact] };
    const alike = names.filter((name) => plainName(name) === plainName(input.name));
    if (alike.length === 1) return { input, columns: alike };
    const width = input.shape?.slice(1).reduce<number | null>((product, dimension) => (product === null || typeof dimension !== 'number' ? null : product * dimension), 1) ?? null;
    if (inputs.length === 1 && width !== null && width > 1) {
      const features = names.filter((name) => name !== config.target && !notFeatures.includes(name));
      if (features.length === width) return { input, columns: features };
      throw new Problem('input-mismatch', `Input ${input.name} of ${config.name} takes ${width} numbers per row, and ${dataset.name} has ${features.length} columns that could be meant; list them under inputs in slipway.yaml`);
    }
    unmapped.push(input.name);
    return { input, columns: [] };
  });
  if (unmapped.length > 0) throw new Problem('column-missing', `${config.name} wants ${unmapped.map((name) => JSON.stringify(name)).join(', ')}, and ${dataset.name} has no such ${unmapped.length === 1 ? 'column' : 'columns'}`);
  return mapping;
}

/** Exporters replace characters that ONNX names should not have. */
const plainName = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '_');

/** Every row through the model, in file order; nothing is left out, and a row the model cannot answer fails the prediction. */
export async function predict(host: ModelHost, dataset: Dataset, mapping: InputMapping[], { rowsPerBatch, signal, onProgress, outputs }: { rowsPerBatch: number; signal: AbortSignal; onProgress: (done: number, total: number) => void; outputs?: string[] }): Promise<OutputColumns[]> {
  const columns = [...new Set(mapping.flatMap((each) => each.columns))];
  const { batch } = host.model;
  const rowsPerRun = batch.fixedRows ?? (batch.batchable ? rowsPerBatch : 1);
  const collected = new Map<string, OutputCollector>();
  const waiting: { from: number; rows: number; answer: Promise<TensorMap> }[] = [];
  let from = 0;

  async function collectOldest(): Promise<void> {
    const oldest = waiting.shift();
    if (oldest === undefined) return;
    for (const [name, tensor] of await oldest.answer) {
      let collector = collected.get(name);
      if (collector === undefined) collected.set(name, (collector = collectorFor(name, tensor, dataset.rows)));
      collector.add(tensor, oldest.from, oldest.rows, batch.fixedRows ?? oldest.rows);
    }
    onProgress(oldest.from + oldest.rows, dataset.rows);
  }

  try {
    // One batch of the reader may feed several runs, as when a model takes a fixed number of rows.
    for await (const table of readBatches(dataset, columns, Math.max(rowsPerRun, rowsPerBatch), { signal, booleans: 'numeric' })) {
      for (let start = 0; start < table.rows; start += rowsPerRun) {
        const rows = Math.min(rowsPerRun, table.rows - start);
        const inputs: TensorMap = new Map();
        for (const { input, columns: names } of mapping) {
          const vectors = names.map((name) => ({ name, vector: fullRun(table.columns[columns.indexOf(name)].vector, start, rows, batch.fixedRows ?? rows) }));
          inputs.set(input.name, tensorOf(vectors, input));
        }
        waiting.push({ from, rows, answer: host.run(inputs, { signal, outputs }) });
        // Awaited later; without this a failure meanwhile would count as unhandled.
        waiting[waiting.length - 1].answer.catch(() => undefined);
        from += rows;
        if (waiting.length >= inFlight) await collectOldest();
      }
    }
    while (waiting.length > 0) await collectOldest();
  } catch (error) {
    await Promise.allSettled(waiting.map(({ answer }) => answer));
    signal.throwIfAborted();
    throw error;
  }
  if (from !== dataset.rows) throw new Problem('dataset-corrupt', `${dataset.name} yielded ${from} of its ${dataset.rows} rows`);
  return [...collected].map(([name, collector]) => ({ name, datatype: collector.datatype, columns: collector.columns() }));
}

/** Rows `from` on; where a model takes a fixed number of rows, the last run repeats its first row to fill it. */
function fullRun(vector: Vector, from: number, rows: number, wanted: number): Vector {
  const pick = <T extends Float64Array | Int32Array | Uint8Array | BigInt64Array | BigUint64Array>(array: T): T => {
    const part = array.subarray(from, from + rows) as T;
    if (rows === wanted) return part;
    const filled = new (array.constructor as new (length: number) => T)(wanted);
    filled.set(part as never);
    filled.fill(part[0] as never, rows);
    return filled;
  };
  if (vector.kind === 'categorical') return { ...vector, codes: pick(vector.codes) };
  return { kind: 'numeric', values: pick(vector.values), ...(vector.nulls && { nulls: pick(vector.nulls) }), ...(vector.exact && { exact: pick(vector.exact) }) };
}

interface OutputCollector {
  datatype: Tensor['datatype'];
  add(tensor: Tensor, from: number, rows: number, ranRows: number): void;
  columns(): Vector[];
}

function collectorFor(name: string, first: Tensor, rows: number): OutputCollector {
  const widthOf = (tensor: Tensor) => tensor.shape.slice(1).reduce((product, dimension) => product * dimension, 1);
  const width = widthOf(first);
  const check = (tensor: Tensor, expected: number): void => {
    if (tensor.shape[0] !== expected || widthOf(tensor) !== width) throw new Problem('model-failed', `Output ${name} has shape [${tensor.shape.join(', ')}] for ${expected} rows; one answer of ${width} per row was expected`);
  };
  if (first.datatype === 'string') {
    const codes = Array.from({ length: width }, () => new Int32Array(rows));
    const dictionary: string[] = [];
    const indexOf = new Map<string, number>();
    return {
      datatype: 'string',
      add(tensor, from, count, ran) {
        check(tensor, ran);
        if (tensor.datatype !== 'string') throw new Problem('model-failed', `Output ${name} changed its type`);
        const recode = tensor.data.dictionary.map((text) => {
          const known = indexOf.get(text);
          if (known !== undefined) return known;
          indexOf.set(text, dictionary.length);
          return dictionary.push(text) - 1;
        });
        for (let row = 0; row < count; row++) for (let column = 0; column < width; column++) codes[column][from + row] = recode[tensor.data.codes[row * width + column]];
      },
      columns: () => codes.map((each) => ({ kind: 'categorical', codes: each, dictionary })),
    };
  }
  const values = Array.from({ length: width }, () => new Float64Array(rows));
  return {
    datatype: first.datatype,
    add(tensor, from, count, ran) {
      check(tensor, ran);
      const answered = vectorsOf(tensor);
      for (let column = 0; column < width; column++) {
        const vector = answered[column];
        if (vector.kind !== 'numeric') throw new Problem('model-failed', `Output ${name} changed its type`);
        values[column].set(vector.values.subarray(0, count), from);
      }
    },
    columns: () => values.map((each) => ({ kind: 'numeric', values: each })),
  };
}
