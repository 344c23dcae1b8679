import type { ModelConfig } from '../protocol/config.ts';
import type { TensorInfo } from '../protocol/registry.ts';
import type { Dataset } from './datasets/open-dataset.ts';
import { readBatches } from './datasets/read-columns.ts';
import type { ModelHost } from './engines/onnx.ts';
import { product, tensorOf, vectorsOf, type Tensor, type TensorMap } from './engines/tensor.ts';
import { Problem } from './problem.ts';
import type { Table, Vector } from './stats/vector.ts';

/** Which columns feed which input of a model. */
export interface InputMapping {
  input: TensorInfo;
  columns: string[];
}

/** What a model answered on every row: per output, its columns in file order. */
export interface OutputColumns {
  name: string;
  datatype: Tensor['datatype'];
  columns: Vector[];
}

export interface PredictOptions {
  rowsPerBatch: number;
  /** The first rows only; all by default. */
  rows?: number;
  /** Which outputs are wanted, given what the model answered on the first rows; all by default. */
  choose?: (outputs: OutputColumns[]) => OutputColumns[];
  signal: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/** Runs under way: the host keeps computing while the next ones are read and packed. */
const inFlight = 4;

/**
 * A model input is fed by what slipway.yaml says, else by the column of its name, else, if it is the only one and takes a
 * row of numbers, by all features.
 *
 * @param features columns that describe a row, in the order in which the model was made from them: the order in the file
 *   at hand may be another, and a tensor does not show it
 */
export function mapInputs(inputs: readonly TensorInfo[], config: Pick<ModelConfig, 'name' | 'inputs'>, dataset: Pick<Dataset, 'name' | 'columns'>, features: readonly string[]): InputMapping[] {
  const names = dataset.columns.map(({ name }) => name);
  const missing = (input: string, columns: readonly string[]): Problem => new Problem('column-missing', `Input ${input} of ${config.name} is fed by ${columns.join(', ')}, which ${dataset.name} does not have`);
  const unmapped: string[] = [];
  const mapping = inputs.map((input): InputMapping => {
    const columns = columnsFor(input, inputs, config, dataset, features);
    if (columns === null) {
      unmapped.push(input.name);
      return { input, columns: [] };
    }
    const absent = columns.filter((column) => !names.includes(column));
    if (absent.length > 0) throw missing(input.name, absent);
    return { input, columns };
  });
  if (unmapped.length > 0) throw new Problem('column-missing', `${config.name} wants ${unmapped.map((name) => JSON.stringify(name)).join(', ')}, and ${dataset.name} has no such ${unmapped.length === 1 ? 'column' : 'columns'}`);
  return mapping;
}

/** The same by the inputs' names, for somebody to see: an input that nothing feeds, or that cannot be told, has no columns. */
export function matchInputs(inputs: readonly TensorInfo[], config: Pick<ModelConfig, 'name' | 'inputs'>, dataset: Pick<Dataset, 'name'> & { columns: readonly { name: string }[] }, features: readonly string[]): Record<string, string[]> {
  const names = dataset.columns.map(({ name }) => name);
  return Object.fromEntries(
    inputs.map((input): [string, string[]] => {
      try {
        const columns = columnsFor(input, inputs, config, dataset, features) ?? [];
        return [input.name, columns.every((column) => names.includes(column)) ? columns : []];
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        return [input.name, []];
      }
    }),
  );
}

function columnsFor(input: TensorInfo, inputs: readonly TensorInfo[], config: Pick<ModelConfig, 'name' | 'inputs'>, dataset: Pick<Dataset, 'name'> & { columns: readonly { name: string }[] }, features: readonly string[]): string[] | null {
  const given = config.inputs.find((each) => each.input === input.name);
  const names = dataset.columns.map(({ name }) => name);
  return given?.columns ?? columnsNamedLike(input.name, names, inputs) ?? (inputs.length === 1 ? columnsInOrder(input, config, dataset, features) : null);
}

/** The column of an input's name, or the only one that differs from it by nothing but case and punctuation. */
function columnsNamedLike(name: string, columns: readonly string[], inputs: readonly TensorInfo[]): string[] | null {
  if (columns.includes(name)) return [name];
  const alike = columns.filter((column) => plainName(column) === plainName(name) && !inputs.some((input) => input.name === column));
  return alike.length === 1 ? alike : null;
}

/** Exporters replace characters that ONNX names should not have. */
const plainName = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_|_$/g, '');

function columnsInOrder({ name, shape }: TensorInfo, config: Pick<ModelConfig, 'name'>, dataset: Pick<Dataset, 'name'>, features: readonly string[]): string[] | null {
  const width = shape?.slice(1).reduce<number | null>((product, dimension) => (product === null || typeof dimension !== 'number' ? null : product * dimension), 1) ?? null;
  if (width === null || width < 2) return null;
  if (features.length === width) return [...features];
  throw new Problem('input-mismatch', `Input ${name} of ${config.name} takes ${width} numbers per row, and ${dataset.name} has ${features.length} columns that could be meant; list them under inputs in slipway.yaml`);
}

/** Rows through the model, in file order; nothing is left out, and a row the model cannot answer fails the prediction. */
export async function predict(host: ModelHost, dataset: Dataset, mapping: readonly InputMapping[], { rowsPerBatch, rows: wanted = dataset.rows, choose = (outputs) => outputs, signal, onProgress = () => {} }: PredictOptions): Promise<OutputColumns[]> {
  const columns = [...new Set(mapping.flatMap((each) => each.columns))];
  const total = Math.min(wanted, dataset.rows);
  const { batch } = host.model;
  const rowsPerRun = batch.fixedRows ?? (batch.batchable ? rowsPerBatch : 1);
  const collected = new Map<string, OutputCollector>();
  const waiting: { from: number; rows: number; answer: Promise<TensorMap> }[] = [];
  // What still waits when one run fails would only keep the host busy, or hang as well.
  const stop = new AbortController();
  const stopped = AbortSignal.any([signal, stop.signal]);
  let outputs: string[] | undefined;
  let from = 0;

  async function collectOldest(): Promise<void> {
    const oldest = waiting.shift();
    if (oldest === undefined) return;
    const answers = await oldest.answer;
    outputs ??= choose([...answers].map(([name, tensor]) => ({ name, datatype: tensor.datatype, columns: vectorsOf(tensor) }))).map(({ name }) => name);
    for (const name of outputs) {
      const tensor = answers.get(name);
      if (tensor === undefined) throw new Error(`the host left out ${name}`);
      let collector = collected.get(name);
      if (collector === undefined) collected.set(name, (collector = collectorFor(name, tensor, total)));
      collector.add(tensor, oldest.from, oldest.rows, batch.fixedRows ?? oldest.rows);
    }
    onProgress(oldest.from + oldest.rows, total);
  }

  try {
    // One batch of the reader may feed several runs, as when a model takes a fixed number of rows.
    for await (const table of readBatches(dataset, columns, Math.max(rowsPerRun, rowsPerBatch), { signal, booleans: 'numeric', reuse: true })) {
      for (let start = 0; start < table.rows && from < total; start += rowsPerRun) {
        const rows = Math.min(rowsPerRun, table.rows - start, total - from);
        const inputs = feedOf(table, mapping, { start, rows, wanted: batch.fixedRows ?? rows, firstRow: from });
        const answer = host.run(inputs, { signal: stopped, outputs });
        // Awaited later; without this a failure meanwhile would count as unhandled.
        answer.catch(() => undefined);
        waiting.push({ from, rows, answer });
        from += rows;
        // The first answer says which outputs to ask for.
        if (waiting.length >= inFlight || outputs === undefined) await collectOldest();
      }
      if (from === total) break;
    }
    while (waiting.length > 0) await collectOldest();
  } catch (error) {
    stop.abort();
    await Promise.allSettled(waiting.map(({ answer }) => answer));
    signal.throwIfAborted();
    throw error;
  }
  if (from !== total) throw new Problem('dataset-corrupt', `${dataset.name} yielded ${from} of its ${dataset.rows} rows`);
  return [...collected].map(([name, collector]) => ({ name, datatype: collector.datatype, columns: collector.columns() }));
}

/**
 * Rows `start` on as a model takes them.
 *
 * @param wanted how many rows the model takes; where there are fewer, the first of them repeats
 * @param firstRow number of row `start` in its dataset
 */
export function feedOf(table: Table, mapping: readonly InputMapping[], { start, rows, wanted, firstRow }: { start: number; rows: number; wanted: number; firstRow: number }): TensorMap {
  const feed: TensorMap = new Map();
  for (const { input, columns } of mapping) {
    const vectors = columns.map((name) => {
      const column = table.columns.find((each) => each.name === name);
      if (column === undefined) throw new Error(`column ${name} was not read`);
      return { name, vector: fullRun(column.vector, start, rows, wanted) };
    });
    feed.set(input.name, tensorOf(vectors, input, undefined, firstRow));
  }
  return feed;
}

function fullRun(vector: Vector, from: number, rows: number, wanted: number): Vector {
  const pick = <T extends Float64Array | Int32Array | Uint8Array | BigInt64Array | BigUint64Array>(array: T): T => {
    const part = array.subarray(from, from + rows) as T;
    if (rows === wanted) return part;
    const filled = new (array.constructor as new (length: number) => T)(wanted);
    filled.fill(part[0] as never);
    filled.set(part as never);
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
  const widthOf = (tensor: Tensor) => product(tensor.shape.slice(1));
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
