import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { problems } from '../protocol/problem.ts';
import { configJsonSchema, type JsonSchema } from '../server/config/json-schema.ts';
import { metricRegistry, type MetricDefinition, type MetricTask } from '../server/stats/metric-registry.ts';
import { contractPage } from './contract.ts';

/**
 * Writes what the docs say twice: once in the code that decides it, once here. A generated block stands between
 * `<!-- generated: name -->` and `<!-- end -->`; the words around it are written by hand.
 */
const schema = configJsonSchema();

const blocks: Record<string, Record<string, () => string>> = {
  'config.md': {
    top: () => objectTable(withoutInner(schema)),
    models: () => objectTable(valueOf(property('models'))),
    datasets: () => objectTable(formOf(valueOf(property('datasets')))),
    checks: () => formTables(definition('check')),
    drift: () => objectTable(property('drift')),
    gates: () => formTables(definition('gate')),
    readiness: () => formTables(definition('criterion')),
    resources: () => objectTable(property('resources')),
    serving: () => objectTable(property('serving')),
  },
  'editor.md': { commands: commandTable, settings: settingTable },
  'metrics.md': { metrics: metricTables },
  'problems.md': { problems: () => `| code | what to do |\n| --- | --- |\n${Object.entries(problems).sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, hint]) => `| \`${code}\` | ${hint} |`).join('\n')}` },
};

/** Every generated file with the text it should have, by its name in docs/. */
export async function generateDocs(): Promise<Map<string, string>> {
  const docs = new Map([
    ['slipway.schema.json', `${JSON.stringify(schema, null, 2)}\n`],
    ['contract.md', contractPage()],
  ]);
  for (const [name, tables] of Object.entries(blocks)) docs.set(name, fill(await readFile(pathOf(name), 'utf8'), tables, name));
  return docs;
}

export function pathOf(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

function fill(text: string, tables: Record<string, () => string>, name: string): string {
  const unused = new Set(Object.keys(tables));
  const filled = text.replaceAll(/(<!-- generated: (\w+) -->\n)[^]*?(<!-- end -->)/g, (_, open: string, block: string, close: string) => {
    if (!unused.delete(block)) throw new Error(`docs/${name} asks for a block ${block} that is not generated, or asks twice`);
    return `${open}\n${tables[block]()}\n${close}`;
  });
  if (unused.size > 0) throw new Error(`docs/${name} has no place for ${[...unused].join(', ')}`);
  return filled;
}

// ---- the editor's manifest ------------------------------------------------------------------------------------------

interface Manifest {
  contributes: {
    commands: { command: string; title: string; enablement?: string }[];
    menus: Record<string, { command: string; when?: string }[]>;
    configuration: { properties: Record<string, { type: string | string[]; enum?: string[]; default: unknown; scope: string; order: number; markdownDescription: string }> };
  };
}

function manifest(): Manifest['contributes'] & { say(text: string): string } {
  const read = (name: string): unknown => JSON.parse(readFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), 'utf8'));
  const words = read('package.nls.json') as Record<string, string>;
  const say = (text: string): string => text.replace(/^%(.+)%$/, (_, key: string) => words[key]).replaceAll('|', '\\|').replaceAll('\n', ' ');
  return { ...(read('package.json') as Manifest).contributes, say };
}

function commandTable(): string {
  const { commands, menus, say } = manifest();
  const places: Record<string, string> = { commandPalette: '', 'view/title': 'view title', 'view/item/context': 'rows of the views', 'explorer/context': 'Explorer', 'editor/title/context': 'editor tab', 'editor/title': 'editor title', 'notebook/toolbar': 'notebook toolbar', 'notebook/cell/title': 'cell' };
  const rows = commands.map(({ command, title }) => {
    const hidden = menus.commandPalette.some((item) => item.command === command && item.when === 'false');
    const where = Object.entries(menus).filter(([, items]) => items.some((item) => item.command === command)).map(([menu]) => places[menu] ?? menu).filter((place) => place !== '');
    return `| \`${command}\` | ${say(title)} | ${[...(hidden ? [] : ['palette']), ...where].join(', ')} |`;
  });
  return ['| command | title | where |', '| --- | --- | --- |', ...rows].join('\n');
}

function settingTable(): string {
  const { configuration, say } = manifest();
  const rows = Object.entries(configuration.properties).sort(([, a], [, b]) => a.order - b.order).map(([key, { type, default: value, scope, markdownDescription, enum: choices }]) => `| \`${key}\` | ${choices === undefined ? String(type) : choices.map((choice) => `\`${choice}\``).join(' or ')} | \`${JSON.stringify(value)}\` | ${scope} | ${say(markdownDescription)} |`);
  return ['| setting | type | default | scope | meaning |', '| --- | --- | --- | --- | --- |', ...rows].join('\n');
}

// ---- metrics ------------------------------------------------------------------------------------------------------

function metricTables(): string {
  const tasks: MetricTask[] = ['binary', 'multiclass', 'regression', 'ranking', 'generation'];
  const all = Object.entries(metricRegistry) as [string, MetricDefinition][];
  return tasks
    .map((task) => {
      const rows = all.filter(([, metric]) => metric.tasks.includes(task)).map(([name, metric]) => `| ${[
        `\`${name}${metric.parameter === undefined ? '' : `_<${metric.parameter.name}>`}\``,
        metric.definition,
        `\`${metric.formula.replaceAll('|', '\\|')}\``,
        typeof metric.better === 'string' ? metric.better : `near ${metric.better.target}`,
        `${metric.range[0] ?? '−∞'} … ${metric.range[1] ?? '∞'}`,
        metric.undefinedWhen,
        metric.agreesWith,
      ].map((cell) => cell.replaceAll('\n', ' ')).join(' | ')} |`);
      return `## ${task}\n\n| metric | is | formula | better | range | undefined when | agrees with |\n| --- | --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`;
    })
    .join('\n\n');
}

// ---- tables from the JSON Schema ----------------------------------------------------------------------------------

function property(name: string): JsonSchema {
  return required(schema.properties?.[name], name);
}

function definition(name: string): JsonSchema {
  return required(schema.definitions?.[name], name);
}

function valueOf(record: JsonSchema): JsonSchema {
  const value = record.additionalProperties;
  return required(typeof value === 'object' ? value : undefined, 'values');
}

function formOf(union: JsonSchema): JsonSchema {
  return required(union.anyOf?.find((form) => form.properties !== undefined), 'form');
}

function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`the schema has no ${name}`);
  return value;
}

/** A table for each form of a union; the keys that all of them share are told once, first. */
function formTables(union: JsonSchema): string {
  const forms = (union.anyOf ?? []).filter((form) => form.properties !== undefined);
  const [first, ...others] = forms.map((form) => Object.keys(form.properties ?? {}));
  const shared = first.filter((key) => others.every((keys) => keys.includes(key)));
  const without = (form: JsonSchema): JsonSchema => ({ ...form, properties: Object.fromEntries(Object.entries(form.properties ?? {}).filter(([key]) => !shared.includes(key))) });
  const common = { properties: Object.fromEntries(shared.map((key) => [key, required(forms[0].properties?.[key], key)])) };
  const sharedTable = shared.length === 0 ? [] : [`Keys of every ${union.title ?? 'item'}:\n\n${objectTable(common)}`];
  return [...sharedTable, ...forms.map((form) => `**${(form.description ?? '').replace(/\.$/, '')}**\n\n${objectTable(without(form))}`)].join('\n');
}

/** Keys alone; what is in them has a section of its own. */
function withoutInner(object: JsonSchema): JsonSchema {
  return { ...object, properties: Object.fromEntries(Object.entries(object.properties ?? {}).map(([key, value]) => [key, { ...value, properties: undefined, type: value.properties === undefined ? value.type : 'object' }])) };
}

function objectTable(object: JsonSchema): string {
  const rows = rowsOf(object, '').map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
  return ['| Key | Type | Default | Meaning | Example |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function rowsOf(object: JsonSchema, above: string): string[][] {
  return Object.entries(object.properties ?? {}).flatMap(([key, value]) => {
    const name = `${above}${key}`;
    const isRequired = object.required?.includes(key) === true;
    const example = value.examples?.[0];
    const row = [`\`${name}\``, typeText(value), defaultText(value, isRequired), value.description ?? '', example === undefined ? '' : `\`${yamlText(example)}\``];
    return [row, ...(value.properties === undefined ? [] : rowsOf(value, `${name}.`))];
  });
}

function defaultText(value: JsonSchema, isRequired: boolean): string {
  if (value['x-default'] !== undefined) return value['x-default'];
  if (value.default !== undefined && !(value.properties !== undefined && Object.keys(value.default as object).length === 0)) return `\`${yamlText(value.default)}\``;
  return isRequired ? 'required' : '';
}

function typeText(value: JsonSchema): string {
  if (value.$ref !== undefined) return value.$ref.replace('#/definitions/', '');
  if (value.title !== undefined) return value.title;
  if (value.const !== undefined) return `\`${yamlText(value.const)}\``;
  if (value.enum !== undefined) return value.enum.map((entry) => `\`${yamlText(entry)}\``).join(' or ');
  if (value.anyOf !== undefined) return [...new Set(value.anyOf.map(typeText))].join(' or ');
  if (value.type === 'array') return `list of ${typeText(value.items ?? {})}`;
  if (value.type === 'object') return typeof value.additionalProperties === 'object' ? `${typeText(value.additionalProperties)} by name` : 'keys';
  if (value.type === 'null') return 'empty';
  return `${typeNames[String(value.type)] ?? String(value.type)}${rangeText(value)}`;
}

const typeNames: Partial<Record<string, string>> = { string: 'text', number: 'number', integer: 'whole number', boolean: 'true or false' };

function rangeText({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = exclusiveMinimum === undefined ? minimum : exclusiveMinimum;
  const lowText = low === undefined || low <= Number.MIN_SAFE_INTEGER ? '' : `${exclusiveMinimum === undefined ? '≥' : '>'} ${low}`;
  const high = exclusiveMaximum === undefined ? maximum : exclusiveMaximum;
  const highText = high === undefined || high >= Number.MAX_SAFE_INTEGER ? '' : `${exclusiveMaximum === undefined ? '≤' : '<'} ${high}`;
  const bounds = [lowText, highText].filter((text) => text !== '').join(', ');
  return bounds === '' ? '' : `, ${bounds}`;
}

/** A value as it would be typed in the file, on one line. */
function yamlText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `{${Object.entries(value).map(([key, entry]) => `${key}: ${yamlText(entry)}`).join(', ')}}`;
  return value === '' ? "''" : String(value);
}

if (argv[1] === fileURLToPath(import.meta.url)) for (const [name, text] of await generateDocs()) await writeFile(pathOf(name), text);
