import type { ModelConfig, PredictionColumns } from '../protocol/config.ts';
import type { Task } from '../protocol/evaluation.ts';
import type { ClassLabels } from '../protocol/registry.ts';
import type { Predictions } from './evaluation/predictions.ts';
import type { Subject } from './evaluation/subject.ts';
import type { OutputColumns } from './predict.ts';
import { Problem } from './problem.ts';
import type { Table, Vector } from './stats/vector.ts';

/** What a model is asked to do, settled once per model from slipway.yaml, the model file and the labels. */
export interface Contract {
  task: Task;
  /** Of a binary task: negative, positive. Of a multiclass task: in label order, so that two models can be laid side by side. Else empty. */
  classes: string[];
  /** In the order of the model's probabilities. */
  modelClasses: string[];
}

const conventionalPairs = [['0', '1'], ['-1', '1'], ['false', 'true'], ['no', 'yes'], ['n', 'y'], ['negative', 'positive']];

/** @param labels distinct labels in the data, as text */
export function contractOf(config: ModelConfig, named: ClassLabels | null, labels: readonly string[]): Contract {
  const modelClasses = config.classes ?? named?.labels ?? [];
  const task = config.task ?? taskOf(modelClasses, labels, config);
  if (task !== 'binary' && task !== 'multiclass') return { task, classes: [], modelClasses: [] };
  const all = modelClasses.length > 0 ? [...modelClasses] : inLabelOrder(labels);
  if (task === 'multiclass') return { task, classes: inLabelOrder(all), modelClasses: all };
  const pair = modelClasses.length === 0 && all.length < 2 ? pairAround(all, config.positive) : all;
  if (pair.length !== 2) throw new Problem('config-invalid', `${config.name} is binary and has ${pair.length} classes (${pair.slice(0, 6).join(', ')}); list the two under classes in slipway.yaml`);
  const positive = config.positive ?? conventionalPositive(pair);
  if (positive === null) throw new Problem('config-invalid', `${config.name} has the classes ${pair.join(' and ')}; say which one is positive in slipway.yaml`);
  const found = pair.find((label) => plainLabel(label) === plainLabel(positive));
  if (found === undefined) throw new Problem('config-invalid', `${config.name} has the classes ${pair.join(' and ')}, and positive says ${positive}`);
  return { task, classes: [pair.find((label) => label !== found) ?? '', found], modelClasses: pair };
}

/** Both classes where the data show one of them, or none: an answer still has to be told from its opposite. */
function pairAround(labels: readonly string[], positive: string | null): string[] {
  const [only] = labels;
  if (only === undefined) return positive === null ? ['negative', 'positive'] : [`not ${positive}`, positive];
  if (positive !== null) return plainLabel(only) === plainLabel(positive) ? [`not ${positive}`, only] : [only, positive];
  return conventionalPairs.find((pair) => pair.includes(only.toLowerCase())) ?? [only];
}

function taskOf(classes: readonly string[], labels: readonly string[], config: ModelConfig): Task {
  const count = classes.length > 0 ? classes.length : labels.length;
  if (classes.length === 0 && labels.length !== 2) throw new Problem('config-invalid', `The model file of ${config.name} names no classes; write its task in slipway.yaml`);
  return count === 2 ? 'binary' : 'multiclass';
}

function inLabelOrder(labels: readonly string[]): string[] {
  return [...labels].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

function conventionalPositive(classes: readonly string[]): string | null {
  const lower = classes.map((label) => label.toLowerCase());
  const pair = conventionalPairs.find(([negative, positive]) => lower.includes(negative) && lower.includes(positive));
  return pair === undefined ? null : classes[lower.indexOf(pair[1])];
}

/** true and 1 are one label, as are 1 and 1.0: data frames and exporters write them differently. */
function plainLabel(label: string): string {
  const lower = label.toLowerCase();
  if (lower === 'true') return '1';
  if (lower === 'false') return '0';
  return /^[+-]?\d+\.0+$/.test(label) ? label.replace(/\.0+$/, '') : label;
}

/** The one output of a model file that answers the task: what slipway.yaml names, else what its type and width leave no doubt about. */
export function answerAmong(outputs: readonly OutputColumns[], config: ModelConfig, contract: Contract): OutputColumns {
  const all = outputs.map(({ name }) => name).join(', ');
  const named = (name: string | null): OutputColumns | undefined => {
    if (name === null) return undefined;
    const output = outputs.find((each) => each.name === name);
    if (output === undefined) throw new Problem('model-unsupported', `${config.name} has no output ${name}; it has ${all}`);
    return output;
  };
  /** Of several alike, the one that is called what it is. */
  const only = (found: OutputColumns[], called: RegExp, what: string): OutputColumns | undefined => {
    const telling = found.filter(({ name }) => called.test(name));
    if (found.length > 1 && telling.length !== 1) throw new Problem('model-unsupported', `${found.map(({ name }) => name).join(' and ')} of ${config.name} could each be the ${what}; name one under outputs in slipway.yaml`);
    return found.length > 1 ? telling[0] : found[0];
  };
  const floats = outputs.filter(({ datatype }) => datatype.startsWith('float'));
  const single = (output: OutputColumns): boolean => output.columns.length === 1;
  const { probabilities, score, label, value } = config.outputs;
  switch (contract.task) {
    case 'binary':
    case 'multiclass': {
      const written = named(probabilities) ?? named(score) ?? named(label);
      if (written !== undefined) return written;
      const wide = floats.filter(({ columns }) => columns.length > 1);
      const perClass = only(wide.filter(({ columns }) => columns.length === contract.modelClasses.length), /prob/i, 'probabilities');
      if (perClass !== undefined) return perClass;
      const scored = contract.task === 'binary' ? only(floats.filter(single), /prob|score/i, 'score') : undefined;
      if (scored !== undefined) return scored;
      if (wide.length > 0) throw new Problem('model-unsupported', `Output ${wide[0].name} of ${config.name} has ${wide[0].columns.length} columns for ${contract.modelClasses.length} classes (${contract.modelClasses.slice(0, 8).join(', ')}); list the classes, or name the output to use under outputs, in slipway.yaml`);
      const decided = only(outputs.filter((output) => single(output) && !output.datatype.startsWith('float')), /label|class/i, 'label');
      if (decided === undefined) throw new Problem('model-unsupported', `No output of ${config.name} looks like probabilities, a score or a label; it has ${all}; name one under outputs in slipway.yaml`);
      return decided;
    }
    case 'regression':
    case 'ranking': {
      const numbers = outputs.filter((output) => single(output) && output.columns[0].kind === 'numeric');
      const found = named(value) ?? named(score) ?? only(floats.filter(single), /value|score|pred/i, 'value') ?? only(numbers, /value|score|pred/i, 'value');
      if (found === undefined) throw new Problem('model-unsupported', `No output of ${config.name} is one number per row; it has ${all}; name one under outputs in slipway.yaml`);
      return found;
    }
    case 'generation': {
      const text = only(outputs.filter((output) => single(output) && output.columns[0].kind === 'categorical'), /text|output/i, 'text');
      if (text === undefined) throw new Problem('model-unsupported', `No output of ${config.name} is text; it has ${all}`);
      return text;
    }
  }
}

/** The answers of a model file, decoded from the output that holds them. */
export function predictionsOf(outputs: readonly OutputColumns[], config: ModelConfig, contract: Contract): Predictions {
  const { name, datatype, columns } = answerAmong(outputs, config, contract);
  const one = (): Vector => {
    if (columns.length !== 1) throw new Problem('model-unsupported', `Output ${name} of ${config.name} has ${columns.length} columns, where one answer per row is wanted`);
    return columns[0];
  };
  switch (contract.task) {
    case 'binary':
    case 'multiclass':
      if (name === config.outputs.label || !datatype.startsWith('float')) return { kind: 'classes', codes: codesOf(one(), contract.classes) };
      if (columns.length === 1 && contract.task === 'binary') return { kind: 'scores', ...withMissing(columns, ([scores]) => ({ scores })) };
      return ofProbabilities(`Output ${name} of ${config.name}`, columns, contract);
    case 'regression':
    case 'ranking':
      return { kind: 'values', ...withMissing([one()], ([values]) => ({ values })) };
    case 'generation':
      return { kind: 'texts', texts: textsOf(one()) };
  }
}

/** One column per class, in the model's order. */
function ofProbabilities(source: string, columns: readonly Vector[], { task, classes, modelClasses }: Contract): Predictions {
  if (columns.length !== modelClasses.length) throw new Problem('model-unsupported', `${source} has ${columns.length} columns for ${modelClasses.length} classes; list the classes in slipway.yaml`);
  const inOrder = classes.map((label) => columns[modelClasses.indexOf(label)]);
  if (task === 'binary') return { kind: 'scores', ...withMissing([inOrder[1]], ([scores]) => ({ scores })) };
  return {
    kind: 'probabilities',
    ...withMissing(inOrder, (parts) => {
      const probabilities = new Float64Array(parts[0].length * parts.length);
      parts.forEach((part, column) => {
        for (let row = 0; row < part.length; row++) probabilities[row * parts.length + column] = part[row];
      });
      return { probabilities };
    }),
  };
}

/** The answers of a version that is columns of the data. */
export function predictionsIn(table: Table, columns: PredictionColumns, contract: Contract): Predictions {
  const vector = (name: string): Vector => {
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined) throw new Problem('column-missing', `Predictions of ${columns.version} are in ${name}, which is not a column of the data`);
    return column.vector;
  };
  const { text, value, score, probabilities, label } = columns;
  switch (contract.task) {
    case 'generation':
      if (text !== null) return { kind: 'texts', texts: textsOf(vector(text)) };
      break;
    case 'regression':
    case 'ranking': {
      const name = value ?? score;
      if (name !== null) return { kind: 'values', ...withMissing([vector(name)], ([values]) => ({ values })) };
      break;
    }
    case 'binary':
    case 'multiclass':
      if (contract.task === 'binary' && score !== null) return { kind: 'scores', ...withMissing([vector(score)], ([scores]) => ({ scores })) };
      if (probabilities.length > 0) return ofProbabilities(`Version ${columns.version}`, probabilities.map(vector), contract);
      if (label !== null) return { kind: 'classes', codes: codesOf(vector(label), contract.classes) };
  }
  throw new Problem('config-invalid', `Predictions of ${columns.version} name no column that answers a ${contract.task} task`);
}

/** Labels of a dataset beside the predictions on it. */
export function subjectOf(table: Table, config: ModelConfig, target: string | null, contract: Contract, predictions: Predictions): Subject {
  const column = (name: string) => {
    const found = table.columns.find((each) => each.name === name);
    if (found === undefined) throw new Problem('column-missing', `The data has no label column ${name}`);
    return found.vector;
  };
  const label = (): Vector => {
    if (target === null) throw new Problem('config-invalid', `${config.name} has no target in slipway.yaml, so there is nothing to score against`);
    return column(target);
  };
  const expect = <K extends Predictions['kind']>(...kinds: K[]): Extract<Predictions, { kind: K }> => {
    if (!(kinds as string[]).includes(predictions.kind)) throw new Problem('model-unsupported', `A ${contract.task} task cannot be scored from ${predictions.kind}`);
    return predictions as Extract<Predictions, { kind: K }>;
  };
  switch (contract.task) {
    case 'binary':
      return { task: 'binary', labels: codesOf(label(), contract.classes), classes: [contract.classes[0], contract.classes[1]], predictions: expect('scores', 'classes'), threshold: config.threshold };
    case 'multiclass':
      return { task: 'multiclass', labels: codesOf(label(), contract.classes), classes: contract.classes, predictions: expect('probabilities', 'classes') };
    case 'regression': {
      const { values, missing } = withMissing([label()], ([values]) => ({ values }));
      return { task: 'regression', labels: values, unlabelled: missing, predictions: expect('values') };
    }
    case 'ranking': {
      if (config.query === null) throw new Problem('config-invalid', `${config.name} ranks, and needs the query column in slipway.yaml`);
      const { values, missing } = withMissing([label()], ([values]) => ({ values }));
      return { task: 'ranking', labels: values, unlabelled: missing, queries: groupsOf(column(config.query)), noRelevant: 'drop', predictions: expect('values') };
    }
    case 'generation': {
      const names = config.references.length > 0 ? config.references : target === null ? [] : [target];
      const texts = names.map((name) => textsOf(column(name)));
      const references = Array.from({ length: table.rows }, (_, row) => texts.flatMap((each) => each[row] ?? []));
      return { task: 'generation', references, predictions: expect('texts') };
    }
  }
}

/** Distinct labels of a column as text, missing ones left out; at most a thousand. */
export function labelsOf(vector: Vector): string[] {
  if (vector.kind === 'categorical') return [...new Set(vector.codes)].filter((code) => code >= 0).map((code) => vector.dictionary[code]);
  const values = new Set<number | bigint>();
  for (let row = 0; row < vector.values.length && values.size < 1000; row++) {
    if (vector.nulls?.[row] !== 1 && !Number.isNaN(vector.values[row])) values.add(vector.exact?.[row] ?? vector.values[row]);
  }
  return [...values].map(String);
}

/** −1 for a missing label, −2 for one that is none of the classes. */
export function codesOf(vector: Vector, classes: readonly string[]): Int32Array {
  const indexOf = new Map(classes.map((label, index) => [plainLabel(label), index]));
  const codeOf = (label: string) => indexOf.get(plainLabel(label)) ?? -2;
  if (vector.kind === 'categorical') {
    const recode = vector.dictionary.map(codeOf);
    return vector.codes.map((code) => (code < 0 ? -1 : recode[code]));
  }
  const { values, nulls, exact } = vector;
  const known = new Map<number | bigint, number>();
  return Int32Array.from(values, (rounded, row) => {
    if (nulls?.[row] === 1 || Number.isNaN(rounded)) return -1;
    const value = exact?.[row] ?? rounded;
    let code = known.get(value);
    if (code === undefined) known.set(value, (code = codeOf(String(value))));
    return code;
  });
}

/** Rows without a query are one list of their own. */
function groupsOf(vector: Vector): Int32Array {
  if (vector.kind === 'categorical') return vector.codes;
  const { values, nulls, exact } = vector;
  const indexOf = new Map<number | bigint, number>();
  return Int32Array.from(values, (rounded, row) => {
    if (nulls?.[row] === 1) return -1;
    const value = exact?.[row] ?? rounded;
    let index = indexOf.get(value);
    if (index === undefined) indexOf.set(value, (index = indexOf.size));
    return index;
  });
}

/** Numbers, and 1 in `missing` for each row in which one of the columns is null. */
function withMissing<T extends object>(columns: readonly Vector[], numbers: (values: Float64Array[]) => T): T & { missing?: Uint8Array } {
  const masks = columns.flatMap((vector) => nullsOf(vector) ?? []);
  const missing = masks.length > 0 && { missing: masks[0].map((_, row) => (masks.some((mask) => mask[row] === 1) ? 1 : 0)) };
  return { ...numbers(columns.map(numbersOf)), ...missing };
}

function nullsOf(vector: Vector): Uint8Array | undefined {
  if (vector.kind === 'numeric') return vector.nulls;
  return vector.codes.some((code) => code < 0) ? Uint8Array.from(vector.codes, (code) => (code < 0 ? 1 : 0)) : undefined;
}

/** Text that is no number becomes NaN, which is then a fault and never dropped. */
function numbersOf(vector: Vector): Float64Array {
  if (vector.kind === 'numeric') return vector.values;
  const parsed = vector.dictionary.map((text) => (text.trim() === '' ? NaN : Number(text)));
  return Float64Array.from(vector.codes, (code) => (code < 0 ? NaN : parsed[code]));
}

function textsOf(vector: Vector): (string | null)[] {
  if (vector.kind === 'categorical') return Array.from(vector.codes, (code) => (code < 0 ? null : vector.dictionary[code]));
  return Array.from(vector.values, (value, row) => (vector.nulls?.[row] === 1 ? null : String(value)));
}
