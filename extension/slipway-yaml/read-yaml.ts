import { isMap, isScalar, isSeq, parseDocument, type Node as ParsedNode, type Pair } from 'yaml';

/** The structure of a YAML text with the place of everything in it, in offsets; `end` is exclusive. */
export type YamlNode = YamlMap | YamlList | YamlScalar;

export interface Span {
  start: number;
  end: number;
}

export interface YamlMap extends Span {
  kind: 'map';
  /** Written in braces. */
  flow: boolean;
  entries: YamlEntry[];
}

export interface YamlEntry {
  key: string;
  keySpan: Span;
  /** Where nothing is written an empty scalar after the colon, or after the key where even that is missing. */
  value: YamlNode;
}

export interface YamlList extends Span {
  kind: 'list';
  flow: boolean;
  items: YamlNode[];
}

export interface YamlScalar extends Span {
  kind: 'scalar';
  value: string | number | boolean | null;
  quoted: boolean;
}

export type KeyPath = readonly (string | number)[];

/** Longer texts were not written by a person, and reading them would hold up the editor. */
const charactersMax = 200_000;

/** Whatever can be made out of a text that is being written; null when that is nothing. */
export function readYaml(text: string): YamlNode | null {
  if (text.length > charactersMax) return null;
  try {
    const { contents } = parseDocument(text, { version: '1.2', merge: false, uniqueKeys: false, prettyErrors: false, logLevel: 'silent', strict: false });
    return contents === null ? null : nodeOf(contents, 0, text);
  } catch (error) {
    // Composing recurses: thousands of open brackets overflow the stack.
    if (error instanceof RangeError) return null;
    throw error;
  }
}

export function nodeAt(root: YamlNode | null, path: KeyPath): YamlNode | null {
  let node = root;
  for (const step of path) {
    if (node?.kind === 'map') node = node.entries.find(({ key }) => key === step)?.value ?? null;
    else if (node?.kind === 'list') node = (typeof step === 'number' ? node.items[step] : undefined) ?? null;
    else return null;
  }
  return node;
}

/** The texts of a scalar or of a list of scalars. */
export function textsOf(node: YamlNode | null): string[] {
  if (node?.kind === 'list') return node.items.flatMap(textsOf);
  return node?.kind === 'scalar' && node.value !== null ? [String(node.value)] : [];
}

export function keysOf(node: YamlNode | null): string[] {
  return node?.kind === 'map' ? node.entries.map(({ key }) => key) : [];
}

function nodeOf(node: ParsedNode | null, after: number, text: string): YamlNode {
  const [start, valueEnd] = node?.range ?? [after, after];
  if (isMap(node)) {
    const entries = (node.items as Pair<ParsedNode | null, ParsedNode | null>[]).flatMap((pair) => entryOf(pair, text));
    return { kind: 'map', flow: node.flow === true, entries, start, end: node.flow === true ? valueEnd : (entries.at(-1)?.value.end ?? start) };
  }
  if (isSeq(node)) {
    const items = (node.items as (ParsedNode | null)[]).map((item) => nodeOf(item, start, text));
    return { kind: 'list', flow: node.flow === true, items, start, end: node.flow === true ? valueEnd : (items.at(-1)?.end ?? start) };
  }
  if (!isScalar(node)) return { kind: 'scalar', value: null, quoted: false, start, end: valueEnd };
  const { value } = node;
  const plain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
  return { kind: 'scalar', value: plain, quoted: node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE', start, end: valueEnd };
}

function entryOf({ key, value }: Pair<ParsedNode | null, ParsedNode | null>, text: string): YamlEntry[] {
  if (!isScalar(key) || key.range == null) return [];
  const keySpan = { start: key.range[0], end: key.range[1] };
  const node = nodeOf(value, keySpan.end, text);
  // Where nothing is written the parser's place is past the blank lines that follow.
  const isEmpty = node.kind === 'scalar' && node.start === node.end;
  const colon = keySpan.end + (/^ *:/.exec(text.slice(keySpan.end, keySpan.end + 10))?.[0].length ?? 0);
  return [{ key: key.source ?? String(key.value), keySpan, value: isEmpty ? { ...node, start: colon, end: colon } : node }];
}
