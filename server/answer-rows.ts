import type { ModelConfig } from '../protocol/config.ts';
import { tensorOf, vectorsOf, type NamedVector, type TensorMap } from './engines/tensor.ts';
import type { HostedModel } from './engines/onnx.ts';
import { mapInputs, type OutputColumns } from './predict.ts';
import { Problem } from './problem.ts';
import type { Vector } from './stats/vector.ts';
import { contractOf, predictionsOf, type Contract } from './subject-of.ts';

/** A row of data as JSON has it: values by column name. */
export type Row = Record<string, string | number | boolean | null>;

/** What is known of a model's rows from its data. */
export interface KnownRows {
  /** Columns that describe a row, in the order of the data the model was made from; empty where there are no data. */
  features: string[];
  /** A row of the data, without its label; null where there are no data. */
  example: Row | null;
  /** That occur in the data, for a model that names no classes. */
  labels: string[];
}

const rowsMax = 100_000;

/** `{"rows": [{"carrier": "AA", …}, …]}` */
export function parseRows(body: Uint8Array): Row[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new Problem('infer-invalid', `The body is not JSON: ${(cause as Error).message}`, { cause });
  }
  const rows = isObject(value) ? value.rows : undefined;
  if (!Array.isArray(rows) || rows.length === 0) throw new Problem('infer-invalid', 'The body must be {"rows": […]} with at least one row: values by column name');
  if (rows.length > rowsMax) throw new Problem('infer-too-large', `The request has ${rows.length} rows, and ${rowsMax} are taken at a time`);
  rows.forEach((row, index) => {
    if (!isObject(row)) throw new Problem('infer-invalid', `Row ${index + 1} is no object of values by column name`);
    for (const [column, each] of Object.entries(row)) {
      if (each !== null && typeof each === 'object') throw new Problem('infer-invalid', `Row ${index + 1}: ${column} holds ${JSON.stringify(each).slice(0, 40)}, and a text, a number, true, false or null is wanted`);
    }
  });
  return rows as Row[];
}

/** The rows as the model takes them; a column that some rows lack is null in those. */
export function inputsOf(rows: readonly Row[], model: Pick<HostedModel, 'inputs'>, config: ModelConfig, features: readonly string[]): TensorMap {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const given = { name: 'the request', columns: names.map((name) => ({ name })) as never };
  const inOrder = features.length > 0 ? features.filter((name) => names.includes(name)) : names;
  const columns = new Map<string, NamedVector>();
  const inputs: TensorMap = new Map();
  for (const { input, columns: wanted } of mapInputs(model.inputs, config, given, inOrder)) {
    const vectors = wanted.map((name) => {
      const column = columns.get(name) ?? { name, vector: vectorOf(name, rows) };
      columns.set(name, column);
      return column;
    });
    inputs.set(input.name, tensorOf(vectors, input));
  }
  return inputs;
}

/** What the model says of each row, in the words of its task; the bare outputs where they cannot be told. */
export function answersOf(outputs: TensorMap, rows: number, model: Pick<HostedModel, 'classes'>, config: ModelConfig, labels: readonly string[]): object[] {
  const columns = [...outputs].map(([name, tensor]): OutputColumns => ({ name, datatype: tensor.datatype, columns: vectorsOf(tensor) }));
  const answer = (of: (row: number) => object): object[] => Array.from({ length: rows }, (_, row) => of(row));
  const contract = contractIn(config, model, labels);
  if (contract === null) return answer((row) => Object.fromEntries(columns.map(({ name, columns: parts }) => [name, parts.length === 1 ? valueAt(parts[0], row) : parts.map((part) => valueAt(part, row))])));
  const predictions = predictionsOf(columns, config, contract);
  const { classes } = contract;
  switch (predictions.kind) {
    case 'scores':
      return answer((row) => ({ label: classes[predictions.scores[row] >= config.threshold ? 1 : 0], score: finite(predictions.scores[row]) }));
    case 'probabilities':
      return answer((row) => {
        const shares = predictions.probabilities.subarray(row * classes.length, (row + 1) * classes.length);
        return { label: classes[shares.indexOf(Math.max(...shares))] ?? null, probabilities: Object.fromEntries(classes.map((label, at) => [label, finite(shares[at])])) };
      });
    case 'classes':
      return answer((row) => ({ label: classes[predictions.codes[row]] ?? null }));
    case 'values':
      return answer((row) => ({ value: finite(predictions.values[row]) }));
    case 'texts':
      return answer((row) => ({ text: predictions.texts[row] }));
  }
}

/** Null where neither slipway.yaml nor the model file nor the data say what is answered. */
function contractIn(config: ModelConfig, { classes }: Pick<HostedModel, 'classes'>, labels: readonly string[]): Contract | null {
  try {
    return contractOf(config, classes, config.classes !== null || classes !== null ? [] : labels);
  } catch (error) {
    if (error instanceof Problem) return null;
    throw error;
  }
}

function vectorOf(name: string, rows: readonly Row[]): Vector {
  const values = rows.map((row) => (Object.hasOwn(row, name) ? row[name] : null));
  const firstText = values.findIndex((value) => typeof value === 'string');
  const firstNumber = values.findIndex((value) => typeof value === 'number' || typeof value === 'boolean');
  if (firstText >= 0 && firstNumber >= 0) throw new Problem('infer-invalid', `${name} is a text in row ${firstText + 1} and a ${typeof values[firstNumber]} in row ${firstNumber + 1}`);
  if (firstText >= 0) {
    const indexOf = new Map<string, number>();
    const codes = Int32Array.from(values as (string | null)[], (value) => {
      if (value === null) return -1;
      const known = indexOf.get(value) ?? indexOf.size;
      indexOf.set(value, known);
      return known;
    });
    return { kind: 'categorical', codes, dictionary: [...indexOf.keys()] };
  }
  const nulls = Uint8Array.from(values, (value) => (value === null ? 1 : 0));
  return { kind: 'numeric', values: Float64Array.from(values, Number), ...(nulls.includes(1) && { nulls }) };
}

function valueAt(vector: Vector, row: number): string | number | null {
  if (vector.kind === 'categorical') return vector.codes[row] < 0 ? null : vector.dictionary[vector.codes[row]];
  const exact = vector.exact?.[row];
  // Beyond 2^53 only text keeps every digit.
  return exact !== undefined && !Number.isSafeInteger(Number(exact)) ? String(exact) : finite(vector.values[row]);
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
