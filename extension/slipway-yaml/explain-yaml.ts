import type { KnownNames } from './known-names.ts';
import { type KeyPath, type Span, type YamlNode, keysOf, nodeAt, readYaml } from './read-yaml.ts';
import { type ConfigSchema, type MetricNote, fitting, formsAt } from './schema-forms.ts';

/** What stands at a place in the text, in Markdown: a key, a metric, or a name of the workspace. */
export function explainYaml(text: string, offset: number, schema: ConfigSchema, names: KnownNames): { span: Span; markdown: string } | null {
  const root = readYaml(text);
  const found = root === null ? null : wordAt(root, offset, []);
  if (root === null || found === null) return null;
  const { span, path, part } = found;
  if (part === 'key') {
    const key = String(path.at(-1));
    const above = path.slice(0, -1);
    const forms = fitting(formsAt(schema, root, above), keysOf(nodeAt(root, above)));
    const own = forms.flatMap(({ properties }) => (properties !== undefined && Object.hasOwn(properties, key) ? [properties[key]] : []));
    const isRequired = own.length > 0 && forms.every(({ required }) => required?.includes(key) === true);
    return own.length === 0 ? explainName(key, names, span) : { span, markdown: explainForm(key, own, isRequired) };
  }
  const word = text.slice(span.start, span.end).replace(/^(["'])(.*)\1$/, '$2');
  const forms = formsAt(schema, root, path);
  const metrics = forms.find((form) => form['x-metrics'] !== undefined)?.['x-metrics'];
  if (metrics !== undefined) {
    const markdown = explainMetric(word, metrics);
    return markdown === '' ? null : { span, markdown };
  }
  return forms.some(({ title }) => title === 'column') || path.includes('slices') ? explainName(word, names, span) : null;
}

/** A key with its type, meaning, default and an example. */
export function explainForm(key: string, schemas: readonly ConfigSchema[], required = false): string {
  const [schema = {}] = schemas;
  const described = schemas.find(({ description }) => description !== undefined)?.description ?? '';
  const fallback = schema['x-default'] ?? (schema.default === undefined || typeof schema.default === 'object' ? undefined : `\`${String(schema.default)}\``);
  const words = (schema.enum ?? schema.anyOf?.flatMap((form) => (form.title === 'metric' ? [] : (form.enum ?? [])))) ?? [];
  const [example] = schema.examples ?? [];
  return [
    `\`${key}\`${required ? ' (required)' : ''}${described === '' ? '' : `: ${described}`}`,
    words.length > 1 && words.length <= 12 ? `One of ${words.map((word) => `\`${String(word)}\``).join(', ')}.` : '',
    fallback === undefined ? '' : `Default: ${fallback}.`,
    example === undefined ? '' : `Example: \`${key}: ${typeof example === 'object' ? flowText(example) : String(example)}\``,
  ]
    .filter((line) => line !== '')
    .join('\n\n');
}

/** A metric's definition; empty for what is none. */
export function explainMetric(name: string, metrics: Readonly<Record<string, MetricNote>>): string {
  const number = /_(\d+(?:\.\d+)?)$/.exec(name);
  const base = Object.hasOwn(metrics, name) ? name : number === null ? name : name.slice(0, number.index);
  if (!Object.hasOwn(metrics, base)) return '';
  const { definition, better, tasks, undefinedWhen } = metrics[base];
  return `\`${name}\`: ${definition}.\n\n${better}. For ${tasks.join(', ')} models. Undefined when ${undefinedWhen}.`;
}

function explainName(word: string, { columns, models }: KnownNames, span: Span): { span: Span; markdown: string } | null {
  const column = columns.find(({ name }) => name === word);
  if (column !== undefined) return { span, markdown: `\`${word}\`: ${column.about}` };
  const model = models.find(({ name }) => name === word);
  return model === undefined ? null : { span, markdown: `\`${word}\`: ${[model.task, ...model.versions].filter((part) => part !== null).join(' · ')}` };
}

interface Word {
  part: 'key' | 'value';
  path: KeyPath;
  span: Span;
}

function wordAt(node: YamlNode, offset: number, path: KeyPath): Word | null {
  const isIn = ({ start, end }: Span) => offset >= start && offset <= end && end > start;
  if (node.kind === 'scalar') return isIn(node) ? { part: 'value', path, span: { start: node.start, end: node.end } } : null;
  const inside = (child: YamlNode, step: string | number): Word | null => wordAt(child, offset, [...path, step]);
  if (node.kind === 'list') return node.items.map(inside).find((word) => word !== null) ?? null;
  for (const { key, keySpan, value } of node.entries) {
    if (isIn(keySpan)) return { part: 'key', path: [...path, key], span: keySpan };
    const word = inside(value, key);
    if (word !== null) return word;
  }
  return null;
}

function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{${Object.entries(value).map(([key, inner]) => `${key}: ${flowText(inner)}`).join(', ')}}`;
}
