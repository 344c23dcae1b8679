import { z } from 'zod';
import { nearest } from './spelling.ts';
import type { KeyPath, YamlSource } from './yaml-source.ts';

/** Something wrong at a key: what the checks of every stage hand to the parser, which adds the place. */
export interface Complaint {
  key: KeyPath;
  /** Underline the key itself, or the value. */
  part: 'key' | 'value';
  message: string;
  suggestion?: string;
  severity: 'error' | 'warning';
}

export type Complain = (key: KeyPath, message: string, notes?: Partial<Pick<Complaint, 'part' | 'suggestion' | 'severity'>>) => void;

const issuesMax = 500;

/** What does not fit the schema, in words for the person who wrote the file; true when all fits. */
export function explainMisfits(schema: z.ZodType, source: YamlSource, complain: Complain): boolean {
  const result = schema.safeParse(source.value);
  if (result.success) return true;
  const issues = result.error.issues.filter((issue) => !isSafeIntegerLimit(issue));
  for (const issue of issues.slice(0, issuesMax)) explain(issue, schema, [], source, complain);
  if (issues.length > issuesMax) complain([], `${issues.length - issuesMax} further mistakes are not listed`);
  return false;
}

/** Every whole number here has a smaller limit of its own, which is the one to tell. */
function isSafeIntegerLimit(issue: z.core.$ZodIssue): boolean {
  return (issue.code === 'too_big' && issue.maximum === Number.MAX_SAFE_INTEGER) || (issue.code === 'too_small' && issue.minimum === Number.MIN_SAFE_INTEGER);
}

/** The schema of the value at a path, as far as the value shows which of several forms it takes. */
export function schemaAt(schema: z.ZodType, path: KeyPath, value: unknown): z.ZodType | undefined {
  let at: z.ZodType | undefined = formOf(schema, value);
  let inside = value;
  for (const step of path) {
    if (at === undefined) return undefined;
    inside = isContainer(inside) && Object.hasOwn(inside, step) ? inside[step] : undefined;
    if (at instanceof z.ZodObject) at = Object.hasOwn(at.shape, step) ? (at.shape[step] as z.ZodType) : undefined;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else return undefined;
    if (at !== undefined) at = formOf(at, inside);
  }
  return at;
}

/** The bare schema inside defaults, options and transforms; of a union, the form that the value takes. */
function formOf(schema: z.ZodType, value: unknown): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable) return formOf(schema.unwrap() as z.ZodType, value);
  if (schema instanceof z.ZodPipe) return formOf(schema.in as z.ZodType, value);
  if (!(schema instanceof z.ZodUnion)) return schema;
  const forms = (schema.options as z.ZodType[]).map((option) => formOf(option, value));
  const sameShape = forms.filter((form) => shapeOf(form) === kindOf(value));
  const keyed = sameShape.find((form) => form instanceof z.ZodObject && isContainer(value) && Object.hasOwn(value, firstKey(form)));
  return keyed ?? sameShape[0] ?? forms[0];
}

function shapeOf(schema: z.ZodType): 'keys' | 'list' | 'scalar' {
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return 'keys';
  return schema instanceof z.ZodArray ? 'list' : 'scalar';
}

function kindOf(value: unknown): 'keys' | 'list' | 'scalar' {
  if (Array.isArray(value)) return 'list';
  return isContainer(value) ? 'keys' : 'scalar';
}

function firstKey(form: z.ZodType): string {
  return form instanceof z.ZodObject ? Object.keys(form.shape)[0] : '';
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, above: KeyPath, source: YamlSource, complain: Complain): void {
  const path = [...above, ...(issue.path as (string | number)[])];
  const whole = valueAt(source.value, above);
  const value = valueAt(source.value, path);
  const here = schemaAt(schema, issue.path as KeyPath, whole);
  const predicate = /^(must|can only)\b/.test(issue.message) ? issue.message : undefined;

  if (value === undefined && path.length > 0 && issue.code !== 'invalid_key') {
    const description = here === undefined ? undefined : descriptionAt(schema, issue.path as KeyPath, whole);
    return complain(path.slice(0, -1), `${subject(path.slice(0, -1))} needs \`${String(path.at(-1))}\`${description === undefined ? '' : `: ${lowerFirst(description)}`}`, { part: 'key' });
  }
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) complainOfUnknownKey(key, path, here, complain);
    return;
  }
  if (issue.code === 'invalid_key') {
    const reason = issue.issues[0]?.message ?? '';
    return complain(path, `\`${String(path.at(-1))}\` ${/^must/.test(reason) ? reason : 'is not a good name'}`, { part: 'key' });
  }
  if (issue.code === 'invalid_union' && predicate === undefined) return explainForm(issue, schema, path, here, value, source, complain);
  if (value === null) return complain(path, `${subject(path)} is empty; write a value or remove the key`, { part: 'key' });

  const { text, suggestion } = predicate === undefined ? mismatch(issue, value) : { text: `${predicate}, not ${shown(value)}`, suggestion: suggestedText(predicate, value, source.typed(path)) };
  complain(path, `${subject(path)} ${text}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`, { ...(suggestion === undefined ? {} : { suggestion }) });
}

/** Of a value with several possible forms: say what is wrong with the one it was meant to be. */
function explainForm(issue: Extract<z.core.$ZodIssue, { code: 'invalid_union' }>, schema: z.ZodType, path: KeyPath, here: z.ZodType | undefined, value: unknown, source: YamlSource, complain: Complain): void {
  const forms = unionForms(schema, issue.path as KeyPath, valueAt(source.value, path.slice(0, path.length - issue.path.length)), value);
  const first = forms.filter((form) => form instanceof z.ZodObject).map(firstKey);
  if (kindOf(value) === 'keys' && first.length > 1 && !first.some((key) => isContainer(value) && Object.hasOwn(value, key))) {
    const written = isContainer(value) ? Object.keys(value) : [];
    for (const key of written) {
      const meant = nearest(key, first);
      if (meant !== undefined) return complain([...path, key], `\`${key}\` is not known here; did you mean \`${meant}\`?`, { part: 'key', suggestion: meant });
    }
    return complain(path, `${subject(path)} must have one of the keys ${listed(first)}`, {});
  }
  const index = here === undefined ? -1 : forms.indexOf(here);
  const errors = issue.errors[index === -1 ? 0 : index] ?? [];
  if (errors.length === 0) return complain(path, `${subject(path)} ${cannotBe(value)}`, {});
  for (const error of errors) explain(error, forms[index === -1 ? 0 : index], path, source, complain);
}

function unionForms(schema: z.ZodType, path: KeyPath, whole: unknown, value: unknown): z.ZodType[] {
  const parent = path.length === 0 ? schema : schemaAt(schema, path.slice(0, -1), whole);
  let at: z.ZodType | undefined = schema;
  if (path.length > 0) {
    const step = path[path.length - 1];
    if (parent instanceof z.ZodObject) at = parent.shape[step] as z.ZodType;
    else if (parent instanceof z.ZodRecord) at = parent.valueType as z.ZodType;
    else if (parent instanceof z.ZodArray) at = parent.element as z.ZodType;
  }
  while (at instanceof z.ZodOptional || at instanceof z.ZodDefault || at instanceof z.ZodPrefault || at instanceof z.ZodNullable) at = at.unwrap() as z.ZodType;
  return at instanceof z.ZodUnion ? (at.options as z.ZodType[]).map((option) => formOf(option, value)) : [];
}

function complainOfUnknownKey(key: string, path: KeyPath, here: z.ZodType | undefined, complain: Complain): void {
  const known = here instanceof z.ZodObject ? Object.keys(here.shape) : [];
  const meant = nearest(key, known);
  if (meant !== undefined) return complain([...path, key], `\`${key}\` is not known here; did you mean \`${meant}\`?`, { part: 'key', suggestion: meant });
  complain([...path, key], `\`${key}\` is not known here${known.length === 0 ? '' : `; what may stand here: ${known.join(', ')}`}`, { part: 'key' });
}

/** The predicate for an issue that no schema words itself. */
function mismatch(issue: z.core.$ZodIssue, value: unknown): { text: string; suggestion?: string } {
  switch (issue.code) {
    case 'invalid_type':
      return { text: `must be ${typeNames[issue.expected] ?? issue.expected}, not ${shown(value)}` };
    case 'invalid_value': {
      const known = issue.values.map(String);
      const suggestion = nearest(String(value), known);
      return { text: `must be ${known.length === 1 ? known[0] : `one of ${known.join(', ')}`}, not ${shown(value)}`, suggestion };
    }
    case 'too_small':
      return { text: bounded(issue.origin, `at least ${issue.minimum}`, `more than ${issue.minimum}`, issue.inclusive ?? true, value) };
    case 'too_big':
      return { text: bounded(issue.origin, `at most ${issue.maximum}`, `less than ${issue.maximum}`, issue.inclusive ?? true, value) };
    case 'invalid_format':
      return { text: `is not written as it should be: ${shown(value)}` };
    case 'not_multiple_of':
    case 'unrecognized_keys':
    case 'invalid_union':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return { text: cannotBe(value) };
  }
}

const typeNames: Partial<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a set of keys',
  record: 'a set of keys',
};

function bounded(origin: string, inclusive: string, exclusive: string, isInclusive: boolean, value: unknown): string {
  const limit = isInclusive ? inclusive : exclusive;
  if (origin === 'array') return `must have ${limit} entries`;
  if (origin === 'string') return value === '' ? 'may not be empty' : `must have ${limit} characters`;
  return `must be ${limit}, not ${shown(value)}`;
}

/** A number or a boolean where text belongs: the same in quotes. */
function suggestedText(predicate: string, value: unknown, typed: string | undefined): string | undefined {
  const text = /name|path|text/.test(predicate) && (typeof value === 'number' || typeof value === 'boolean');
  return text ? `'${typed ?? String(value)}'` : undefined;
}

function cannotBe(value: unknown): string {
  return `cannot be ${shown(value)}`;
}

/** What to call the place in a sentence: its key, or its number in a list. */
export function subject(path: KeyPath): string {
  const last = path.at(-1);
  if (last === undefined) return 'the file';
  if (typeof last === 'string') return `\`${last}\``;
  const list = path.at(-2);
  return typeof list === 'string' ? `item ${last + 1} of \`${list}\`` : `item ${last + 1}`;
}

/** A value as it may be quoted in a message, on one line and short. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a set of keys';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}

export function listed(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(', ');
}

function descriptionAt(schema: z.ZodType, path: KeyPath, whole: unknown): string | undefined {
  const parent = schemaAt(schema, path.slice(0, -1), whole);
  const step = path.at(-1);
  const at = parent instanceof z.ZodObject && step !== undefined ? (parent.shape[step] as z.ZodType | undefined) : undefined;
  return at?.description?.replace(/\.$/, '');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function valueAt(value: unknown, path: KeyPath): unknown {
  let at = value;
  for (const step of path) at = isContainer(at) && Object.hasOwn(at, step) ? at[step] : undefined;
  return at;
}

function isContainer(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}
