import * as l10n from '../l10n.ts';
import { explainForm, explainMetric } from './explain-yaml.ts';
import type { KnownModel, KnownNames } from './known-names.ts';
import { type Place, placeAt } from './place-at.ts';
import { type KeyPath, type Span, nodeAt, textsOf } from './read-yaml.ts';
import { type ConfigSchema, fitting, formsAt, isObject } from './schema-forms.ts';
import { yamlText } from './yaml-text.ts';

export interface Completion {
  kind: 'key' | 'item' | 'word' | 'metric' | 'dataset' | 'column' | 'version' | 'file' | 'value';
  label: string;
  /** One short phrase beside the label. */
  detail: string;
  /** Markdown. */
  documentation: string;
  /** Snippet: `$1` and `${1:text}` are stops. */
  insert: string;
}

/** What may stand at the cursor, best first, and the text that it would replace. */
export function completeYaml(text: string, offset: number, schema: ConfigSchema, names: KnownNames): { span: Span; items: Completion[] } {
  const place = placeAt(text, offset);
  if (place === null) return { span: { start: offset, end: offset }, items: [] };
  const items = place.part === 'key' ? atKey(place, schema, names) : atValue(place.path, schema, { place, names });
  const once = new Map(items.map((item) => [item.label, item]));
  return { span: { start: place.start, end: place.end }, items: [...once.values()] };
}

interface Context {
  place: Place;
  names: KnownNames;
}

function atKey(place: Place & { part: 'key' }, schema: ConfigSchema, names: KnownNames): Completion[] {
  const { path, written, head, hasColon, flow } = place;
  const forms = formsAt(schema, place.root, path);
  const keys = keyItems(fitting(forms, written), place, names);
  if (hasColon || written.length > 0 || head === null) return keys;
  // Alone at the head of a line it may be a value, or the first item of a list, as well.
  const items = forms.flatMap(({ items }) => (items === undefined ? [] : atValue([...path, 0], schema, { place, names }).map((item) => ({ ...item, insert: `- ${item.insert}` }))));
  const values = atValue(path, schema, { place, names });
  const nested = head === 'dash' && forms.some(isObject) ? [] : keys;
  return [...nested, ...(head === 'line' && !flow ? items : []), ...values];
}

// ---- keys -----------------------------------------------------------------------------------------------------------

function keyItems(forms: readonly ConfigSchema[], place: Place & { part: 'key' }, names: KnownNames): Completion[] {
  const known = new Map<string, { schema: ConfigSchema; required: boolean }>();
  for (const form of forms) {
    for (const [key, schema] of Object.entries(form.properties ?? {})) {
      const required = form.required?.includes(key) === true || known.get(key)?.required === true;
      known.set(key, { schema: known.get(key)?.schema ?? schema, required });
    }
  }
  const ranked = [...known].filter(([key]) => !place.written.includes(key)).sort(([, a], [, b]) => Number(b.required) - Number(a.required));
  const fixed = ranked.map(([key, { schema, required }]): Completion => ({
    kind: 'key',
    label: key,
    detail: required ? l10n.t('required') : '',
    documentation: explainForm(key, [schema]),
    insert: place.hasColon ? key : key + valueSnippet(schema, place.flow),
  }));
  const isOpen = forms.some(({ additionalProperties }) => typeof additionalProperties === 'object');
  const free = isOpen ? freeKeys(place.path, names).filter(({ label }) => !place.written.includes(label)) : [];
  return [...fixed, ...free.map((item) => ({ ...item, insert: place.hasColon ? item.insert : `${item.insert}: ` }))];
}

/** Keys that the user names: those that are known already. */
function freeKeys(path: KeyPath, names: KnownNames): Completion[] {
  const [first, second, third] = path;
  if (first === 'datasets' && path.length === 1) return ['reference', 'holdout', 'current', 'cases'].map((role) => plain('dataset', role));
  if (first === 'drift' && second === 'columns') return columnItems(names, true);
  if (first !== 'models') return [];
  if (third === 'inputs') return (modelOf(path, names)?.inputs ?? []).map((input) => plain('value', input));
  return path.at(-1) === 'where' ? columnItems(names, true) : [];
}

/** The colon after a key, and the start of what belongs there. */
function valueSnippet(schema: ConfigSchema, flow: boolean): string {
  const form = schema.anyOf?.[0] ?? schema;
  const type = Array.isArray(form.type) ? form.type[0] : form.type;
  if (type === 'object') return flow ? ': {$1}' : ':\n  $1';
  const ofObjects = form.items?.$ref !== undefined;
  if (type === 'array') return flow || !ofObjects ? ': [$1]' : ':\n  - $1';
  return ': $1';
}

// ---- values ---------------------------------------------------------------------------------------------------------

function atValue(path: KeyPath, schema: ConfigSchema, context: Context): Completion[] {
  const forms = formsAt(schema, context.place.root, path);
  const inQuotes = context.place.quoted;
  const known = [...forms.flatMap((form) => valuesOf(form, path, context)), ...namesAt(path, context)];
  return [...known.map((item) => (inQuotes ? { ...item, insert: item.label.replaceAll('$', '\\$') } : item)), ...(inQuotes ? [] : forms.flatMap(itemSnippet))];
}

function valuesOf(form: ConfigSchema, path: KeyPath, { place, names }: Context): Completion[] {
  if (form.title === 'metric') return metricItems(form, taskAt(path, place, names));
  if (form.title === 'column') return columnItems(names);
  const fixed = form.const === undefined ? (form.enum ?? []) : [form.const];
  const words = [...fixed, ...(form.type === 'boolean' ? [true, false] : [])];
  const usual = [form.default, ...(form.title === 'name' || form.title === 'path' ? [] : (form.examples ?? []))].filter((value) => isScalar(value) && !words.includes(value));
  return [
    ...words.filter(isScalar).map((word) => ({ ...plain('word', word), detail: word === form.default ? l10n.t('default') : '' })),
    ...usual.filter(isScalar).map((value) => ({ ...plain('value', value), detail: value === form.default ? l10n.t('default') : l10n.t('example') })),
  ];
}

/** Names that only the workspace knows. */
function namesAt(path: KeyPath, { place, names }: Context): Completion[] {
  const key = path.findLast((step) => typeof step === 'string');
  const [first] = path;
  const datasets = () => [...new Set([...names.datasets, ...datasetsIn(place)])].map((name) => plain('dataset', name));
  if (first === 'datasets') return path.length === 2 || key === 'path' || path.length === 3 && typeof path[2] === 'number' ? files(names.dataFiles) : [];
  if (first === 'checks') {
    if (key === 'on' || key === 'overlap' || key === 'dataset') return datasets();
    return key === 'values' ? columnValues(textsOf(nodeAt(place.root, [...path.slice(0, path.lastIndexOf('values')), 'column'])), names) : [];
  }
  if (path.includes('gates')) {
    if (key === 'slice') return sliceItems(path, place, names);
    if (key === 'by') return declaredSlices(path, place).map((columns) => plain('column', columns[0])).concat(groupsOf(path, place).map((column) => plain('column', column)));
    return key === 'file' ? files(names.modelFiles) : [];
  }
  if (first !== 'models' || path.length < 3) return [];
  switch (path[2]) {
    case 'champion':
      return (modelOf(path, names)?.versions ?? []).map((version) => plain('version', version));
    case 'files':
      return files(names.modelFiles);
    case 'reference':
    case 'holdout':
    case 'current':
    case 'cases':
      return datasets();
    case 'positive':
    case 'classes':
      return columnValues(textsOf(nodeAt(place.root, [...path.slice(0, 2), 'target'])), names);
    case 'outputs':
      return (modelOf(path, names)?.outputs ?? []).map((output) => plain('value', output));
    default:
      return [];
  }
}

function metricItems(form: ConfigSchema, task: string | null): Completion[] {
  const notes = form['x-metrics'] ?? {};
  const fits = (name: string) => task === null || notes[name] === undefined || notes[name].tasks.includes(task);
  const plainNames = (form.enum ?? []).filter((name) => typeof name === 'string');
  const withParameter = form.enum === undefined ? Object.entries(notes).filter(([, { parameter }]) => parameter !== undefined) : [];
  return [
    ...plainNames.filter(fits).map((name) => ({ ...plain('metric', name), detail: notes[name]?.definition ?? '', documentation: explainMetric(name, notes) })),
    ...withParameter.filter(([name]) => fits(name)).map(([name, note]): Completion => ({ ...plain('metric', name), label: `${name}_…`, detail: note.definition, documentation: explainMetric(name, notes), insert: `${name}_\${1:${note.parameter}}` })),
  ];
}

function columnItems({ columns }: KnownNames, asKey = false): Completion[] {
  return columns.map(({ name, about }) => ({ ...plain('column', name), detail: about, ...(asKey ? { insert: escaped(yamlText(name)) } : {}) }));
}

function columnValues(columns: readonly string[], names: KnownNames): Completion[] {
  return names.columns.filter(({ name }) => columns.includes(name)).flatMap(({ values }) => values.map((value) => plain('value', asTyped(value))));
}

/** `carrier = AA` for every slice that the model declares. */
function sliceItems(path: KeyPath, place: Place, names: KnownNames): Completion[] {
  const byValue = declaredSlices(path, place)
    .filter((columns) => columns.length === 1)
    .flatMap(([column]) => (names.columns.find(({ name }) => name === column)?.values ?? []).map((value) => plain('value', `${column} = ${value}`)));
  const named = modelsAt(path, place).flatMap((model) => itemsOf(nodeAt(place.root, ['models', model, 'slices'])).flatMap((item) => textsOf(nodeAt(item, ['name']))));
  return [...named.map((name) => plain('value', name)), ...byValue];
}

function declaredSlices(path: KeyPath, place: Place): string[][] {
  return modelsAt(path, place).flatMap((model) => itemsOf(nodeAt(place.root, ['models', model, 'slices'])).filter(({ kind }) => kind !== 'map').map(textsOf));
}

function groupsOf(path: KeyPath, place: Place): string[] {
  return modelsAt(path, place).flatMap((model) => textsOf(nodeAt(place.root, ['models', model, 'groups'])));
}

/** The models that a gate here would judge. */
function modelsAt(path: KeyPath, { root }: Place): string[] {
  if (path[0] === 'models' && typeof path[1] === 'string') return [path[1]];
  const models = nodeAt(root, ['models']);
  return models?.kind === 'map' ? models.entries.map(({ key }) => key) : [];
}

/** The task of the models that a gate here would judge, when they have one in common. */
function taskAt(path: KeyPath, place: Place, names: KnownNames): string | null {
  const tasks = modelsAt(path, place).map((model) => textsOf(nodeAt(place.root, ['models', model, 'task']))[0] ?? names.models.find(({ name }) => name === model)?.task ?? null);
  return tasks.length > 0 && tasks.every((task) => task === tasks[0]) ? tasks[0] : null;
}

function modelOf(path: KeyPath, names: KnownNames): KnownModel | undefined {
  return names.models.find(({ name }) => name === path[1]);
}

function datasetsIn({ root }: Place): string[] {
  const datasets = nodeAt(root, ['datasets']);
  return datasets?.kind === 'map' ? datasets.entries.map(({ key }) => key) : [];
}

/** What a new item of a list usually needs beside its required keys. */
const usualKeys: Record<string, string[]> = { metric: ['min'], column: ['maxNulls'], fairness: ['max'] };

/** A set of keys in braces, with a stop at each value. */
function itemSnippet(form: ConfigSchema): Completion[] {
  const required = form.required ?? [];
  if (form.properties === undefined || required.length === 0) return [];
  const keys = [...required, ...(usualKeys[required[0]] ?? [])];
  const stops = keys.map((key, index) => `${key}: ${stop(form.properties?.[key], index + 1)}`);
  return [{ kind: 'item', label: required[0], detail: firstSentence(form.description), documentation: explainForm(required[0], [form.properties[required[0]] ?? {}]), insert: `{${stops.join(', ')}}` }];
}

function stop(schema: ConfigSchema | undefined, index: number): string {
  const example = schema?.examples?.[0] ?? schema?.const ?? schema?.enum?.[0];
  return isScalar(example) ? `\${${index}:${yamlText(example).replace(/[$}\\]/g, '\\$&')}}` : `$${index}`;
}

function files(paths: readonly string[]): Completion[] {
  return paths.map((path) => plain('file', path));
}

function plain(kind: Completion['kind'], value: string | number | boolean): Completion {
  return { kind, label: String(value), detail: '', documentation: '', insert: escaped(yamlText(value)) };
}

function escaped(text: string): string {
  return text.replace(/[$}\\]/g, '\\$&');
}

/** Profiles tell values as text; a number is written as one. */
function asTyped(value: string): string | number {
  return /^-?\d{1,15}(\.\d+)?$/.test(value) && String(Number(value)) === value ? Number(value) : value;
}

function itemsOf(node: ReturnType<typeof nodeAt>) {
  return node?.kind === 'list' ? node.items : [];
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function firstSentence(text = ''): string {
  return text.replace(/\.$/, '');
}
