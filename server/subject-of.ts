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
  /** Of a binary task: negative, positive. Of a multiclass task: in the order of the model's probabilities. Else empty. */
  classes: string[];
  /** As the model gives its probabilities, which for a binary task may be the other way round. */
  modelClasses: string[];
}

const positiveByConvention = [['0', '1'], ['-1', '1'], ['false', 'true'], ['no', 'yes'], ['n', 'y'], ['negative', 'positive']];

/** @param labels distinct labels in the data, as text */
export function contractOf(config: ModelConfig, named: ClassLabels | null, labels: readonly string[]): Contract {
  const modelClasses = config.classes ?? named?.labels ?? [];
  const task = config.task ?? taskOf(modelClasses, labels, config);
  if (task !== 'binary' && task !== 'multiclass') return { task, classes: [], modelClasses: [] };
  const all = modelClasses.length > 0 ? modelClasses : [...labels].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  if (task === 'multiclass') return { task, classes: [...all], modelClasses: [...all] };
  if (all.length !== 2) throw new Problem('config-invalid', `${config.name} is binary and has ${all.length} classes (${all.slice(0, 6).join(', ')}); list the two under classes in slipway.yaml`);
  const positive = config.positive ?? conventionalPositive(all);
  if (positive === null) throw new Problem('config-invalid', `${config.name} has the classes ${all.join(' and ')}; say which one is positive in slipway.yaml`);
  const found = all.find((label) => sameLabel(label, positive));
  if (found === undefined) throw new Problem('config-invalid', `${config.name} has the classes ${all.join(' and ')}, and positive says ${positive}`);
  return { task, classes: [all.find((label) => label !== found) ?? '', found], modelClasses: [...all] };
}

function taskOf(classes: readonly string[], labels: readonly string[], config: ModelConfig): Task {
  if (config.references.length > 0) return 'generation';
  if (config.query !== null) return 'ranking';
  const count = classes.length > 0 ? classes.length : labels.length;
  if (classes.length === 0 && labels.length !== 2) throw new Problem('config-invalid', `The model file of ${config.name} names no classes; write its task in slipway.yaml`);
  return count === 2 ? 'binary' : 'multiclass';
}

function conventionalPositive(classes: readonly string[]): string | null {
  const lower = classes.map((label) => label.toLowerCase());
  const pair = positiveByConvention.find(([negative, positive]) => lower.includes(negative) && lower.includes(positive));
  return pair === undefined ? null : classes[lower.indexOf(pair[1])];
}

/** true and 1 are one label, as are 1 and 1.0: data frames and exporters write them differently. */
function sameLabel(a: string, b: string): boolean {
  return plainLabel(a) === plainLabel(b);
}

function plainLabel(label: string): string {
  const lower = label.toLowerCase();
  if (lower === 'true') return '1';
  if (lower === 'false') return '0';
  return /^[+-]?\d+\.0+$/.test(label) ? label.replace(/\.0+$/, '') : label;
}

/** The answers of a model file, decoded from its output tensors. */
export function predictionsOf(outputs: OutputColumns[], config: ModelConfig, contract: Contract): Predictions {
  const numeric = outputs.filter(({ columns }) => columns.every(({ kind }) => kind === 'numeric'));
  const named = (name: string | null) => {
    if (name === null) return undefined;
    const output = outputs.find((each) => each.name === name);
    if (output === undefined) throw new Problem('model-unsupported', `${config.name} has no output ${name}; it has ${outputs.map((each) => each.name).join(', ')}`);
    return output;
  };
  const floats = numeric.filter(({ datatype }) => datatype.startsWith('float'));
  switch (contract.task) {
    case 'binary':
    case 'multiclass': {
      const wide = named(config.outputs.probabilities) ?? floats.find(({ columns }) => columns.length === contract.modelClasses.length && columns.length > 1);
      if (wide !== undefined) return ofProbabilities(wide, config, contract);
      const score = named(config.outputs.score) ?? (contract.task === 'binary' ? floats.find(({ columns }) => columns.length === 1) : undefined);
      if (score !== undefined) return { kind: 'scores', scores: numbersOf(score.columns[0]) };
      const label = named(config.outputs.label) ?? outputs.find(({ columns, datatype }) => columns.length === 1 && !datatype.startsWith('float'));
      if (label === undefined) throw new Problem('model-unsupported', `No output of ${config.name} looks like probabilities, a score or a label; name it under outputs in slipway.yaml`);
      return { kind: 'classes', codes: codesOf(label.columns[0], contract.classes) };
    }
    case 'regression':
    case 'ranking': {
      const value = named(config.outputs.value ?? config.outputs.score) ?? floats.find(({ columns }) => columns.length === 1) ?? numeric.find(({ columns }) => columns.length === 1);
      if (value === undefined) throw new Problem('model-unsupported', `No output of ${config.name} is one number per row; name it under outputs in slipway.yaml`);
      return { kind: 'values', values: numbersOf(value.columns[0]) };
    }
    case 'generation': {
      const text = outputs.find(({ columns }) => columns.length === 1 && columns[0].kind === 'categorical');
      if (text === undefined) throw new Problem('model-unsupported', `No output of ${config.name} is text`);
      return { kind: 'texts', texts: textsOf(text.columns[0]) };
    }
  }
}

function ofProbabilities({ name, columns }: OutputColumns, config: ModelConfig, { task, classes, modelClasses }: Contract): Predictions {
  if (columns.length !== modelClasses.length) throw new Problem('model-unsupported', `Output ${name} of ${config.name} has ${columns.length} columns for ${modelClasses.length} classes`);
  const parts = columns.map(numbersOf);
  if (task === 'binary') return { kind: 'scores', scores: parts[modelClasses.indexOf(classes[1])] };
  const probabilities = new Float64Array(parts[0].length * parts.length);
  parts.forEach((part, column) => {
    for (let row = 0; row < part.length; row++) probabilities[row * parts.length + column] = part[row];
  });
  return { kind: 'probabilities', probabilities };
}

/** The answers of a version that is columns of the data. */
export function predictionsIn(table: Table, columns: PredictionColumns, contract: Contract): Predictions {
  const vector = (name: string): Vector => {
    const column = table.columns.find((each) => each.name === name);
    if (column === undefined) throw new Problem('column-missing', `Predictions of ${columns.version} are in ${name}, which is not a column of the data`);
    return column.vector;
  };
  if (columns.text !== null) return { kind: 'texts', texts: textsOf(vector(columns.text)) };
  if (contract.task === 'regression' || contract.task === 'ranking') {
    const name = columns.value ?? columns.score;
    if (name === null) throw new Problem('config-invalid', `Predictions of ${columns.version} name no value column`);
    return { kind: 'values', ...withMissing(vector(name), 'values') };
  }
  if (columns.score !== null) return { kind: 'scores', ...withMissing(vector(columns.score), 'scores') };
  if (columns.probabilities.length > 0) {
    const parts = columns.probabilities.map((name) => numbersOf(vector(name)));
    const probabilities = new Float64Array(table.rows * parts.length);
    parts.forEach((part, column) => part.forEach((value, row) => (probabilities[row * parts.length + column] = value)));
    return { kind: 'probabilities', probabilities };
  }
  if (columns.label !== null) return { kind: 'classes', codes: codesOf(vector(columns.label), contract.classes) };
  throw new Problem('config-invalid', `Predictions of ${columns.version} name no column`);
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
      const { values, missing } = withMissing(label(), 'values');
      return { task: 'regression', labels: values, unlabelled: missing, predictions: expect('values') };
    }
    case 'ranking': {
      if (config.query === null) throw new Problem('config-invalid', `${config.name} ranks, and needs the query column in slipway.yaml`);
      const { values, missing } = withMissing(label(), 'values');
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

/** Distinct labels of a column as text, missing ones left out. */
export function labelsOf(vector: Vector): string[] {
  if (vector.kind === 'categorical') return [...new Set(vector.codes)].filter((code) => code >= 0).map((code) => vector.dictionary[code]);
  const values = new Set<number>();
  for (let row = 0; row < vector.values.length && values.size <= 1000; row++) if (vector.nulls?.[row] !== 1) values.add(vector.values[row]);
  return [...values].map(String);
}

/** −1 for a missing label, −2 for one that is none of the classes. */
function codesOf(vector: Vector, classes: readonly string[]): Int32Array {
  const indexOf = new Map(classes.map((label, index) => [plainLabel(label), index]));
  const codeOf = (label: string) => indexOf.get(plainLabel(label)) ?? -2;
  if (vector.kind === 'categorical') {
    const recode = vector.dictionary.map(codeOf);
    return vector.codes.map((code) => (code < 0 ? -1 : recode[code]));
  }
  const known = new Map<number, number>();
  return Int32Array.from(vector.values, (value, row) => {
    if (vector.nulls?.[row] === 1 || Number.isNaN(value)) return -1;
    let code = known.get(value);
    if (code === undefined) known.set(value, (code = codeOf(String(value))));
    return code;
  });
}

function groupsOf(vector: Vector): Int32Array {
  if (vector.kind === 'categorical') return vector.codes;
  const indexOf = new Map<number, number>();
  return Int32Array.from(vector.values, (value) => {
    let index = indexOf.get(value);
    if (index === undefined) indexOf.set(value, (index = indexOf.size));
    return index;
  });
}

function withMissing<K extends 'values' | 'scores'>(vector: Vector, name: K): { [P in K]: Float64Array } & { missing?: Uint8Array } {
  const missing = vector.kind === 'numeric' ? vector.nulls : undefined;
  return { [name]: numbersOf(vector), ...(missing && { missing }) } as { [P in K]: Float64Array } & { missing?: Uint8Array };
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
