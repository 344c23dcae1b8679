import type { Task } from '../../protocol/evaluation.ts';
import type { ModelSummary } from '../../protocol/registry.ts';
import { type FoundData, type GuessedDataset, guessDatasets } from './guess-datasets.ts';
import { type GuessedModel, guessModel, shareFed } from './guess-model.ts';
import { type GuessedPredictions, guessPredictions } from './guess-predictions.ts';
import { resolveWritten } from './workspace-path.ts';

/** A model file that was found. */
export interface FoundModel {
  /** Relative to the workspace, with `/`. */
  path: string;
  summary: ModelSummary;
}

export interface Proposal {
  text: string;
  /** What was guessed or could not be, for the person to confirm. */
  questions: string[];
}

/**
 * A slipway.yaml for the models and data that were found. What was guessed is said beside it in a comment and asked
 * about in `questions`; what could not be guessed is left out, so that the text always parses.
 */
export function proposeConfig(found: { models: readonly FoundModel[]; data: readonly FoundData[] }): Proposal {
  const questions: string[] = [];
  const writable = <T extends { path: string }>(entries: readonly T[]) =>
    entries.filter(({ path }) => {
      const resolved = resolveWritten(path, { workspace: '/', allow: [], platform: 'linux' });
      const fine = !('refused' in resolved) && !resolved.pattern;
      if (!fine) questions.push(`\`${path}\` is left out: its name cannot stand in slipway.yaml.`);
      return fine;
    });
  const models = groupModels(writable(found.models));
  const data = writable(found.data);
  if (data.length === 0) questions.push('There is no data yet; add Parquet, CSV or JSON lines under `datasets`.');

  const answered = models.length === 0 ? proposePredictions(data, questions) : null;
  if (models.length === 0 && answered === null) questions.push('There is no model yet; export one to models/<name>/<version>/model.onnx and add it under `models`, or name the columns that hold its answers under `predictions`.');
  const proposed = answered === null ? models.map((model) => proposeModel(model, data, models.length, questions)) : [answered];
  const datasets = nameDatasets(proposed.length === 0 ? [{ name: '', datasets: guessDatasets(data) }] : proposed, questions);
  const lines = [
    '# Written by `slipway init` from what is here; docs/config.md explains every key.',
    ...(proposed.length === 0 ? [] : ['models:', ...proposed.flatMap((model) => modelLines(model, datasets.keysOf(model.name)))]),
    ...(datasets.lines.length === 0 ? [] : ['datasets:', ...datasets.lines]),
    ...gateLines(proposed),
  ];
  if (lines.length === 1) lines.push('version: 1');
  return { text: `${lines.join('\n')}\n`, questions };
}

interface ModelFiles {
  name: string;
  /** Null: where models are looked for anyway. */
  pattern: string | null;
  versions: { version: string; summary: ModelSummary }[];
}

interface ProposedModel {
  name: string;
  pattern: string | null;
  champion: string;
  versions: number;
  guess: GuessedModel | null;
  inputs: GuessedModel['inputs'];
  predictions: GuessedPredictions | null;
  datasets: GuessedDataset[];
}

/** Files of one model: those in sibling folders, or those whose names differ in a number. */
function groupModels(found: readonly FoundModel[]): ModelFiles[] {
  const groups = new Map<string, ModelFiles>();
  for (const { path, summary } of found) {
    const parts = path.split('/');
    const stem = (parts.at(-1) ?? '').replace(/\.onnx$/i, '');
    const [folder = '', above = ''] = [parts.at(-2), parts.at(-3)];
    const nested = above !== '' && !/^models?$/i.test(above);
    const name = nested ? above : plainName(/^models?$/i.test(folder) || folder === '' || above === '' ? stem : folder);
    const pattern = nested ? `${parts.slice(0, -2).join('/')}/*/*.onnx` : [...parts.slice(0, -1), `${plainName(stem)}*.onnx`].join('/');
    const group = groups.get(`${name}\n${pattern}`) ?? { name, pattern: pattern === `models/${name}/*/*.onnx` ? null : pattern, versions: [] };
    group.versions.push({ version: nested ? folder : stem, summary });
    groups.set(`${name}\n${pattern}`, group);
  }
  const grouped = [...groups.values()];
  for (const group of grouped) {
    group.versions.sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
    const twin = grouped.filter(({ name }) => name === group.name);
    if (twin.length > 1) group.name = `${group.name}-${twin.indexOf(group) + 1}`;
  }
  return grouped.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** A file name without its version. */
function plainName(stem: string): string {
  return stem.replace(/[-_. ]?v?\d+([._-]\d+)*$/i, '') || stem;
}

function proposeModel({ name, pattern, versions }: ModelFiles, data: readonly FoundData[], modelsTotal: number, questions: string[]): ProposedModel {
  const [{ version: champion, summary }] = versions;
  const fitting = data.filter((file) => shareFed(summary, file) >= 0.5);
  const datasets = guessDatasets(fitting);
  const sample = (['holdout', 'reference', 'current', 'cases'] as const).map((role) => datasets.find((dataset) => dataset.role === role)).find((dataset) => dataset !== undefined);
  const guess = sample === undefined ? null : guessModel(summary, sample.data);
  const inputs = guess === null || sample === undefined || areAllFeatures(guess, sample.data) ? [] : guess.inputs;
  const of = modelsTotal > 1 ? ` of \`${name}\`` : '';
  if (guess === null) questions.push(`No data file has the inputs${of || ` of \`${name}\``}: ${summary.inputs.slice(0, 8).map((input) => input.name).join(', ')}.`);
  else {
    if (guess.target === null) questions.push(`Which column holds the right answers${of}? Write it as \`target\`.`);
    else questions.push(`Is \`${guess.target.value}\` the target${of}? It is ${guess.target.because ?? 'the only candidate'}.`);
    if (guess.positive !== null && guess.positive.because !== null) questions.push(`Is \`${guess.positive.value}\` the positive class${of}? It is ${guess.positive.because}.`);
    const share = positiveShare(guess, sample?.data);
    if (share !== null && share < 0.35) questions.push(`From which score on is a row predicted \`${guess.positive?.value}\`${of}? From 0.5, unless \`threshold\` says otherwise; it is the answer in ${Math.round(share * 100)} % of the rows.`);
    for (const input of inputs) questions.push(`Does ${input.columns.length === 1 ? `the column \`${input.columns[0]}\`` : `\`${input.columns[0]}\` to \`${input.columns.at(-1)}\``} feed the input \`${input.input}\`${of}? It is ${input.because}.`);
    for (const input of guess.inputsMissing) questions.push(`Which column feeds the input \`${input}\`${of}? Write it under \`inputs\`.`);
  }
  if (versions.length > 1) questions.push(`Is \`${champion}\` the version in production${of}? It is the lowest of ${versions.length}.`);
  const inputsOf = (of: ModelSummary) => new Set(of.inputs.map((input) => input.name));
  for (const other of versions.slice(1)) {
    const extra = [...inputsOf(other.summary)].filter((input) => !inputsOf(summary).has(input));
    if (extra.length > 0) questions.push(`\`${other.version}\` has inputs that \`${champion}\` has not: ${extra.slice(0, 8).join(', ')}.`);
  }
  return { name, pattern, champion, versions: versions.length, guess, inputs, predictions: null, datasets };
}

/** Without a model file: versions that are columns of the data. */
function proposePredictions(data: readonly FoundData[], questions: string[]): ProposedModel | null {
  const datasets = guessDatasets(data);
  const holdout = datasets.find(({ role }) => role === 'holdout') ?? datasets[0];
  const predictions = holdout === undefined ? null : guessPredictions(holdout.data);
  if (predictions === null) return null;
  const { task, because, target, versions } = predictions;
  const champion = versions[0].version;
  if (target === null && predictions.references.length === 0) questions.push('Which column holds the right answers? Write it as `target`.');
  questions.push(`Are ${versions.map(({ column }) => `\`${column}\``).join(' and ')} the answers of versions of one model? Their names say so.`);
  if (versions.length > 1) questions.push(`Is \`${champion}\` the version in production? It is the lowest of ${versions.length}.`);
  const guess: GuessedModel = { task: { value: task, because }, target: target === null ? null : { value: target, because: 'called so' }, positive: null, inputs: [], inputsMissing: [], slices: [], groups: [], time: null };
  return { name: 'predictions', pattern: null, champion, versions: versions.length, guess, inputs: [], predictions, datasets };
}

/** How often the positive class is the right answer, where the profile counted all of them. */
function positiveShare({ target, positive }: GuessedModel, data: FoundData | undefined): number | null {
  const counts = data?.columns.find(({ name }) => name === target?.value)?.topValues;
  if (positive === null || counts === null || counts === undefined) return null;
  const positives = counts.find(({ value }) => value === positive.value)?.count;
  return positives === undefined ? null : positives / counts.reduce((sum, { count }) => sum + count, 0);
}

/** A single input that takes every column but target, key and time needs no mapping: that is what it gets anyway. */
function areAllFeatures({ inputs, target, time }: GuessedModel, data: FoundData): boolean {
  const [input, ...others] = inputs;
  const apart = [target?.value, time, keyOf(data)];
  return input !== undefined && others.length === 0 && input.columns.length > 1 && data.columns.every(({ name }) => input.columns.includes(name) || apart.includes(name));
}

// ---- text ---------------------------------------------------------------------------------------------------------

interface NamedDatasets {
  lines: string[];
  /** Roles that a model must name because the conventional names belong to another model. */
  keysOf(model: string): { role: string; dataset: string }[];
}

function nameDatasets(models: readonly { name: string; datasets: GuessedDataset[]; guess?: GuessedModel | null }[], questions: string[]): NamedDatasets {
  const shared = models.every(({ datasets }) => sameDatasets(datasets, models[0].datasets));
  const lines: string[] = [];
  for (const { name, datasets, guess } of shared ? models.slice(0, 1) : models) {
    for (const { role, path, data, guess: why } of datasets) {
      const time = guess?.time ?? data.columns.find(({ kind }) => kind === 'datetime')?.name ?? null;
      const hasTime = time !== null && data.columns.some((column) => column.name === time);
      const key = keyOf(data);
      const options = [hasTime ? `time: ${scalar(time)}` : null, key === undefined ? null : `key: ${scalar(key)}`].filter((option) => option !== null);
      const value = options.length === 0 ? scalar(path) : `{${[`path: ${scalar(path)}`, ...options].join(', ')}}`;
      lines.push(`  ${noted(`${scalar(shared ? role : `${name}-${role}`)}: ${value}`, why)}`);
      if (why !== null) questions.push(`Is \`${path}\` the ${role} data? It is ${why}.`);
    }
  }
  return { lines, keysOf: (model) => (shared ? [] : (models.find(({ name }) => name === model)?.datasets ?? []).map(({ role }) => ({ role, dataset: `${model}-${role}` }))) };
}

function keyOf({ columns, rows }: FoundData): string | undefined {
  return columns.find(({ kind, name, distinct }) => kind === 'identifier' && /(^|_)(id|key|uuid)$/i.test(name) && distinct?.exact === true && distinct.value === rows)?.name;
}

function sameDatasets(a: readonly GuessedDataset[], b: readonly GuessedDataset[]): boolean {
  return a.length === b.length && a.every((dataset, index) => dataset.role === b[index].role && dataset.path === b[index].path);
}

function modelLines({ name, pattern, champion, versions, guess, inputs, predictions }: ProposedModel, named: readonly { role: string; dataset: string }[]): string[] {
  const keys: (string | null)[] = [
    pattern === null ? null : `files: ${scalar(pattern)}`,
    guess === null || guess.task === null ? null : noted(`task: ${guess.task.value}`, guess.task.because),
    guess === null || guess.target === null ? null : noted(`target: ${scalar(guess.target.value)}`, guess.target.because),
    guess === null || guess.positive === null ? null : noted(`positive: ${label(guess.positive.value)}`, guess.positive.because),
    predictions === null || predictions.references.length === 0 ? null : `references: ${flow(predictions.references)}`,
    predictions === null || predictions.query === null ? null : `query: ${scalar(predictions.query)}`,
    predictions === null || predictions.item === null ? null : `item: ${scalar(predictions.item)}`,
    predictions === null ? null : `predictions: {${predictions.versions.map(({ version, column }) => `${scalar(version)}: ${scalar(column)}`).join(', ')}}`,
    noted(`champion: ${scalar(champion)}`, versions > 1 ? 'the lowest version' : null),
    ...(inputs.length === 0 ? [] : ['inputs:', ...inputs.map(({ input, columns, because }) => `  ${noted(`${scalar(input)}: ${columns.length === 1 ? scalar(columns[0]) : flow(columns)}`, columns.length === 1 ? because : null)}`)]),
    guess === null || guess.slices.length === 0 ? null : `slices: ${flow(guess.slices)}`,
    guess === null || guess.groups.length === 0 ? null : `groups: ${flow(guess.groups)}`,
    ...named.map(({ role, dataset }) => `${role}: ${scalar(dataset)}`),
  ];
  return [`  ${scalar(name)}:`, ...keys.flatMap((key) => (key === null ? [] : key.split('\n').map((line) => `    ${line}`)))];
}

const headline: Record<Task, string> = {
  binary: '{metric: roc_auc, nonInferior: 0.01}',
  multiclass: '{metric: accuracy, nonInferior: 1%}',
  regression: '{metric: r2, nonInferior: 0.02}',
  ranking: '{metric: ndcg_at_10, nonInferior: 0.01}',
  generation: '{metric: chrf, nonInferior: 1}',
};
const sliceMetric: Partial<Record<Task, string>> = { binary: 'accuracy', multiclass: 'accuracy' };

/** Gates that every model can be judged by; models of several kinds keep the built-in policy, which fits each. */
function gateLines(models: readonly ProposedModel[]): string[] {
  if (models.length !== 1) return [];
  const [{ guess, datasets, predictions }] = models;
  const has = (role: string) => datasets.some((dataset) => dataset.role === role);
  const task = guess?.task?.value;
  const scored = guess?.target != null || (predictions?.references.length ?? 0) > 0;
  if (!guess || !scored || task === undefined || !has('holdout')) return [];
  const metric = sliceMetric[task];
  const gates = [
    headline[task],
    ...(metric === undefined ? [] : guess.slices.map((by) => `{metric: ${metric}, by: ${scalar(by)}, nonInferior: 5%}`)),
    ...(task === 'binary' ? guess.groups.slice(0, 1).map((by) => `{fairness: demographic_parity_ratio, by: ${scalar(by)}, min: 0.8, severity: warn}`) : []),
    has('cases') ? '{cases: all}' : null,
    has('current') ? '{dataQuality: current}' : null,
    has('current') && has('reference') ? '{drift: features, maxShare: 50%, severity: warn}' : null,
  ].filter((gate) => gate !== null);
  return ['gates:', ...gates.map((gate) => `  - ${gate}`)];
}

/** With a comment, which must stay on its line whatever the data's columns are called. */
function noted(text: string, because: string | null): string {
  return because === null ? text : `${text}  # guessed: ${because.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')}`;
}

/** A list on one line, or broken where it grows too long to read. */
function flow(values: readonly string[]): string {
  const lines: string[] = [];
  for (const value of values.map(scalar)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + value.length > 100) lines.push(value);
    else lines[lines.length - 1] = `${last}, ${value}`;
  }
  return `[${lines.join(',\n    ')}]`;
}

/** Text that YAML reads back as the same text, in quotes where it would not. */
function scalar(text: string): string {
  const plain = /^[\p{L}_][\p{L}\p{N}_.\-/]*(?:\*[\p{L}\p{N}_.\-/*]*)?$/u.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text);
  return plain ? text : JSON.stringify(text);
}

/** A label as its column writes it: numbers and booleans bare. */
function label(text: string): string {
  return /^(-?\d{1,15}|true|false)$/.test(text) ? text : scalar(text);
}
