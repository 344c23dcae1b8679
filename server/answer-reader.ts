import type { ModelConfig } from '../protocol/config.ts';
import type { ClassLabels, TensorInfo } from '../protocol/registry.ts';
import type { AnswerShape, Answers } from './comparison/answers.ts';
import { COSINE_MIN } from './comparison/compare-embeddings.ts';
import { vectorsOf, type Tensor, type TensorMap } from './engines/tensor.ts';
import type { Predictions } from './evaluation/predictions.ts';
import type { OutputColumns } from './predict.ts';
import { Problem } from './problem.ts';
import { contractOf, predictionsOf, type Contract } from './subject-of.ts';

/** What a model file says of its answers. */
export interface Answerer {
  outputs: readonly TensorInfo[];
  classes: ClassLabels | null;
}

/** Reads answers as they are compared: by what they decide, not by their digits alone. */
export interface AnswerReader {
  shape: AnswerShape;
  /** @throws Problem where the outputs do not answer the task */
  read(outputs: TensorMap): Answers;
}

/**
 * How the answers of a model are compared, by its task in slipway.yaml and the model file.
 *
 * A binary score decides at the model's threshold, and several classes by the most probable one. The number that ranks an
 * item is compared as a number, as a request need not hold a whole list. Outputs of which neither slipway.yaml nor the file
 * nor the data say what they mean are compared as vectors, numbers or texts.
 *
 * @param labels that occur in the data, for a model that names no classes
 * @throws Problem where no output can be compared
 */
export function answerReader(config: ModelConfig, { outputs, classes }: Answerer, labels: readonly string[]): AnswerReader {
  const contract = contractIn(config, classes, labels);
  if (contract === null) return plainReader(config.name, outputs);
  const predictions = predictionsOf(outputs.map(emptyColumns), config, contract);
  const shape = shapeOf(predictions, contract, config.threshold);
  return {
    shape,
    read: (answered) => answersOf(predictionsOf([...answered].map(([name, tensor]) => ({ name, datatype: tensor.datatype, columns: vectorsOf(tensor) })), config, contract), contract),
  };
}

function contractIn(config: ModelConfig, classes: ClassLabels | null, labels: readonly string[]): Contract | null {
  try {
    return contractOf(config, classes, config.classes !== null || classes !== null ? [] : labels);
  } catch (error) {
    if (error instanceof Problem && config.task === null) return null;
    throw error;
  }
}

/** An output without rows, of the width its signature says; 1 where it says none. */
function emptyColumns({ name, datatype, shape }: TensorInfo): OutputColumns {
  const width = (shape ?? []).slice(1).reduce<number>((product, size) => product * (typeof size === 'number' ? size : 1), 1);
  const columns = Array.from({ length: width }, () => (datatype === 'string' ? { kind: 'categorical' as const, codes: new Int32Array(), dictionary: [] } : { kind: 'numeric' as const, values: new Float64Array() }));
  return { name, datatype: datatype as Tensor['datatype'], columns };
}

function shapeOf(predictions: Predictions, { classes }: Contract, threshold: number): AnswerShape {
  switch (predictions.kind) {
    case 'scores':
      return { kind: 'score', threshold, classes: [classes[0], classes[1]] };
    case 'probabilities':
    case 'classes':
      return { kind: 'classifier', classes };
    case 'values':
      return { kind: 'regression' };
    case 'texts':
      return { kind: 'text' };
  }
}

/** What is missing is no number, and so never agrees. */
function answersOf(predictions: Predictions, { classes }: Contract): Answers {
  switch (predictions.kind) {
    case 'scores':
      return { kind: 'score', scores: withoutMissing(predictions.scores, predictions.missing, 1) };
    case 'probabilities':
      return { kind: 'classifier', probabilities: withoutMissing(predictions.probabilities, predictions.missing, classes.length) };
    case 'classes':
      return { kind: 'classifier', codes: predictions.codes };
    case 'values':
      return { kind: 'regression', values: withoutMissing(predictions.values, predictions.missing, 1) };
    case 'texts':
      return { kind: 'text', texts: predictions.texts };
  }
}

function withoutMissing(values: Float64Array, missing: Uint8Array | undefined, width: number): Float64Array {
  return missing === undefined ? values : values.map((value, at) => (missing[Math.floor(at / width)] === 1 ? NaN : value));
}

/** Of outputs nobody has explained, the first of floats, else the first of texts. */
function plainReader(model: string, outputs: readonly TensorInfo[]): AnswerReader {
  const output = outputs.find(({ datatype }) => datatype.startsWith('float')) ?? outputs.find(({ datatype }) => datatype === 'string');
  if (output === undefined) throw new Problem('model-unsupported', `Of the outputs of ${model} none can be compared: ${outputs.map(({ name, datatype }) => `${name} is ${datatype}`).join(', ')}. Write its task in slipway.yaml`);
  const width = emptyColumns(output).columns.length;
  const wanted = (answered: TensorMap): Tensor => {
    const tensor = answered.get(output.name);
    if (tensor === undefined) throw new Problem('model-unsupported', `${model} gave no output ${output.name}`);
    return tensor;
  };
  if (output.datatype === 'string') {
    return {
      shape: { kind: 'text' },
      read(answered) {
        const tensor = wanted(answered);
        if (tensor.datatype !== 'string') throw new Problem('model-unsupported', `Output ${output.name} of ${model} is ${tensor.datatype} where text was expected`);
        return { kind: 'text', texts: Array.from(tensor.data.codes, (code) => tensor.data.dictionary[code]) };
      },
    };
  }
  const numbers = (answered: TensorMap): Float64Array => {
    const columns = vectorsOf(wanted(answered));
    const rows = columns[0] === undefined || columns[0].kind !== 'numeric' ? 0 : columns[0].values.length;
    const values = new Float64Array(rows * columns.length);
    columns.forEach((column, at) => {
      if (column.kind === 'numeric') for (let row = 0; row < rows; row++) values[row * columns.length + at] = column.values[row];
    });
    return values;
  };
  if (width === 1) return { shape: { kind: 'regression' }, read: (answered) => ({ kind: 'regression', values: numbers(answered) }) };
  return { shape: { kind: 'embedding', width, cosineMin: COSINE_MIN }, read: (answered) => ({ kind: 'embedding', values: numbers(answered) }) };
}
