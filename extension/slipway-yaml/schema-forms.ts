import { type KeyPath, type YamlNode, keysOf, nodeAt } from './read-yaml.ts';

/** As far as the editor reads it: the JSON Schema that ships beside the program, docs/slipway.schema.json. */
export interface ConfigSchema {
  $ref?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  properties?: Record<string, ConfigSchema>;
  required?: string[];
  items?: ConfigSchema;
  additionalProperties?: boolean | ConfigSchema;
  anyOf?: ConfigSchema[];
  pattern?: string;
  definitions?: Record<string, ConfigSchema>;
  'x-default'?: string;
  'x-metrics'?: Record<string, MetricNote>;
}

export interface MetricNote {
  definition: string;
  better: string;
  tasks: string[];
  undefinedWhen: string;
  /** What stands after the name and an underscore: `ndcg_at_10`. */
  parameter?: string;
}

/** Every form that the value at a path may take, as far as the keys beside and above it tell. */
export function formsAt(schema: ConfigSchema, root: YamlNode | null, path: KeyPath): ConfigSchema[] {
  let forms = expand(schema, schema);
  for (const [index, step] of path.entries()) {
    const keys = keysOf(nodeAt(root, path.slice(0, index)));
    forms = (typeof step === 'number' ? forms : fitting(forms, keys)).flatMap((form) => childOf(form, step)).flatMap((child) => expand(child, schema));
  }
  return forms;
}

/** The forms that know all of these keys; when none does, those that know most of them. */
export function fitting(forms: readonly ConfigSchema[], keys: readonly string[]): ConfigSchema[] {
  const objects = forms.filter(isObject);
  const known = objects.map((form) => keys.filter((key) => childOf(form, key).length > 0).length);
  const most = Math.max(0, ...known);
  return objects.filter((_, index) => known[index] === most);
}

export function isObject(form: ConfigSchema): boolean {
  return form.properties !== undefined || typeof form.additionalProperties === 'object';
}

function childOf(form: ConfigSchema, step: string | number): ConfigSchema[] {
  if (typeof step === 'number') return form.items === undefined ? [] : [form.items];
  const property = form.properties !== undefined && Object.hasOwn(form.properties, step) ? form.properties[step] : undefined;
  if (property !== undefined) return [property];
  return typeof form.additionalProperties === 'object' ? [form.additionalProperties] : [];
}

/** A union as its members, each with what is said of all of them. */
export function expand(schema: ConfigSchema, whole: ConfigSchema): ConfigSchema[] {
  if (schema.$ref !== undefined) {
    const { $ref, ...notes } = schema;
    const named = whole.definitions?.[$ref.replace('#/definitions/', '')];
    return named === undefined ? [] : expand({ ...named, ...notes }, whole);
  }
  if (schema.anyOf === undefined) return [schema];
  const { anyOf, ...notes } = schema;
  return anyOf.flatMap((member) => expand({ ...notes, ...member }, whole));
}
