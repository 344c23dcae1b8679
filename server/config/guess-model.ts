import type { Task } from '../../protocol/evaluation.ts';
import type { ModelSummary, TensorInfo } from '../../protocol/registry.ts';
import type { FoundColumn, FoundData } from './guess-datasets.ts';
import { nearest } from './spelling.ts';

/** Something read off the files, and the doubt about it when there is any. */
export interface Guess<T> {
  value: T;
  /** "the only column that is not an input"; null when there is no doubt. */
  because: string | null;
}

export interface GuessedModel {
  task: Guess<Task> | null;
  target: Guess<string> | null;
  positive: Guess<string> | null;
  /** Only inputs that are not a column of the same name. */
  inputs: { input: string; columns: string[]; because: string }[];
  inputsMissing: string[];
  slices: string[];
  groups: string[];
  time: string | null;
}

/** What a model needs to be judged on this data: which column is the right answer, and which feed the inputs. */
export function guessModel(summary: ModelSummary, data: FoundData): GuessedModel {
  const named = matchByName(summary.inputs, data.columns);
  const target = guessTarget(summary, data.columns.filter(({ name }) => !named.used.has(name)));
  const wide = matchByWidth(named.missing, data.columns, new Set([...named.used, ...(target === null ? [] : [target.value])]));
  const features = new Set([...named.used, ...wide.inputs.flatMap(({ columns }) => columns)]);
  const targetColumn = data.columns.find(({ name }) => name === target?.value);
  const task = guessTask(summary, targetColumn);
  const groups = data.columns.filter(({ name, kind }) => kind !== 'identifier' && /^(sex|gender|race|ethnicity|hispanic|religion|nationality|disability)$/i.test(name)).map(({ name }) => name);
  return {
    task,
    target,
    positive: task?.value === 'binary' ? guessPositive(summary, targetColumn) : null,
    inputs: [...named.inputs, ...wide.inputs],
    inputsMissing: wide.missing.map(({ name }) => name),
    slices: data.columns
      .filter(({ name, kind, distinct }) => features.has(name) && kind === 'categorical' && distinct !== null && distinct.value >= 2 && distinct.value <= 20 && !groups.includes(name))
      .slice(0, 2)
      .map(({ name }) => name),
    groups,
    time: data.columns.find(({ name, kind }) => kind === 'datetime' && !features.has(name))?.name ?? null,
  };
}

/** Share of a model's inputs that a file seems to have columns for. */
export function shareFed({ inputs }: ModelSummary, { columns }: FoundData): number {
  const { missing } = matchByName(inputs, columns);
  const wide = missing.filter((input) => widthOf(input) > 1 && columns.length >= widthOf(input)).length;
  return inputs.length === 0 ? 0 : (inputs.length - missing.length + wide) / inputs.length;
}

interface Matched {
  inputs: GuessedModel['inputs'];
  missing: TensorInfo[];
  used: Set<string>;
}

function matchByName(inputs: readonly TensorInfo[], columns: readonly FoundColumn[]): Matched {
  const names = columns.map(({ name }) => name);
  const matched: Matched = { inputs: [], missing: [], used: new Set(inputs.map(({ name }) => name).filter((name) => names.includes(name))) };
  for (const input of inputs) {
    if (matched.used.has(input.name)) continue;
    const meant = widthOf(input) > 1 ? undefined : nearest(input.name, names.filter((name) => !matched.used.has(name)));
    if (meant === undefined) matched.missing.push(input);
    else {
      matched.inputs.push({ input: input.name, columns: [meant], because: 'the nearest name' });
      matched.used.add(meant);
    }
  }
  return matched;
}

/** One tensor of k numbers takes the k numeric columns that nothing else needs, when there are exactly k. */
function matchByWidth(missing: readonly TensorInfo[], columns: readonly FoundColumn[], used: ReadonlySet<string>): { inputs: GuessedModel['inputs']; missing: TensorInfo[] } {
  const free = columns.filter(({ name, kind }) => !used.has(name) && (kind === 'numeric' || kind === 'boolean' || kind === 'categorical')).map(({ name }) => name);
  const [input, ...others] = missing;
  if (input === undefined || others.length > 0) return { inputs: [], missing: [...missing] };
  const width = widthOf(input);
  const chosen = free.length === width ? free : longestFamily(free, width);
  return width > 1 && chosen !== null ? { inputs: [{ input: input.name, columns: chosen, because: 'as many as the input is wide, in file order' }], missing: [] } : { inputs: [], missing: [...missing] };
}

/** Columns that share all but a number, such as pixel_00 … pixel_77. */
function longestFamily(names: readonly string[], width: number): string[] | null {
  const families = new Map<string, string[]>();
  for (const name of names) families.set(name.replace(/\d+$/, ''), [...(families.get(name.replace(/\d+$/, '')) ?? []), name]);
  return [...families.values()].find((family) => family.length === width) ?? null;
}

function widthOf({ shape }: TensorInfo): number {
  const last = shape !== null && shape.length > 1 ? shape[shape.length - 1] : 1;
  return typeof last === 'number' ? last : 1;
}

const targetNames = /^(target|label|labels|y|y_true|class|outcome|response|ground_truth)$/i;

function guessTarget(summary: ModelSummary, columns: readonly FoundColumn[]): Guess<string> | null {
  const candidates = columns.filter(({ kind }) => kind !== 'identifier' && kind !== 'datetime' && kind !== 'nested');
  const labels = summary.classes === null ? null : new Set(summary.classes.labels);
  const score = (column: FoundColumn, index: number): number => {
    const holdsLabels = labels !== null && valuesOf(column).length > 0 && valuesOf(column).every((value) => labels.has(value));
    const fitsNumber = labels === null && column.kind === 'numeric';
    return (holdsLabels ? 8 : 0) + (targetNames.test(column.name) ? 4 : 0) + (fitsNumber ? 2 : 0) + (index === candidates.length - 1 ? 1 : 0);
  };
  const ranked = candidates.map((column, index) => ({ column, score: score(column, index) })).sort((a, b) => b.score - a.score);
  const [best, second] = ranked;
  if (best === undefined || best.score < 2) return null;
  const others = second !== undefined && second.score === best.score ? `, like \`${second.column.name}\`` : '';
  const because = best.score >= 8 ? `not an input, and its values are the model’s classes${others}` : targetNames.test(best.column.name) ? 'not an input, and called so' : `not an input${others}`;
  return { value: best.column.name, because };
}

/** The values of a column as the model would write them: booleans as 0 and 1 too. */
function valuesOf({ topValues, distinct, kind }: FoundColumn): string[] {
  if (topValues === null || distinct === null || distinct.value > topValues.length) return [];
  const values = topValues.map(({ value }) => value);
  return kind === 'boolean' ? values.map((value) => (value === 'true' ? '1' : '0')) : values;
}

function guessTask({ classes, outputs }: ModelSummary, target: FoundColumn | undefined): Guess<Task> | null {
  if (classes !== null) return { value: classes.labels.length === 2 ? 'binary' : 'multiclass', because: null };
  const twoValues = target !== undefined && target.distinct !== null && target.distinct.value === 2;
  const width = Math.max(...outputs.map(widthOf), 1);
  if (width > 2) return { value: 'multiclass', because: `an output is ${width} wide` };
  if (width === 2 || twoValues) return { value: 'binary', because: twoValues ? 'the target has two values' : 'an output is 2 wide' };
  if (target === undefined) return null;
  const labelled = outputs.some(({ datatype }) => datatype === 'string' || datatype === 'int64');
  if (labelled) return { value: 'multiclass', because: 'an output is a label' };
  return target.kind === 'numeric' ? { value: 'regression', because: 'the output is one number' } : null;
}

const positiveNames = /^(1|true|yes|y|positive|pos|t)$/i;

function guessPositive({ classes }: ModelSummary, target: FoundColumn | undefined): Guess<string> | null {
  const labels = classes?.labels ?? target?.topValues?.map(({ value }) => value) ?? [];
  if (labels.length !== 2) return null;
  const usual = labels.filter((label) => positiveNames.test(label));
  if (usual.length === 1) return { value: usual[0], because: null };
  const rarest = (target?.topValues ?? []).toSorted((a, b) => a.count - b.count).find(({ value }) => labels.includes(value));
  return rarest === undefined ? { value: labels[1], because: 'the second class' } : { value: rarest.value, because: 'the rarer class' };
}
