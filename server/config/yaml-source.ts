import { Composer, CST, Lexer, Parser, isAlias, isMap, isScalar, isSeq, type Alias, type Document, type Node, type Pair } from 'yaml';

export type KeyPath = readonly (string | number)[];

export interface Place {
  line: number;
  column: number;
  endColumn: number;
}

export interface YamlFault extends Place {
  message: string;
  key: KeyPath;
  suggestion?: string;
}

/** A YAML file as plain values, with the place of every key and value. */
export interface YamlSource {
  value: unknown;
  /** What is not allowed or not YAML. */
  faults: YamlFault[];
  /** Not YAML at all: `value` is a guess, and nothing more should be said about it. */
  broken: boolean;
  /** Place of the key or value at a path; of the nearest one above it when the path does not exist. */
  locate(path: KeyPath, part: 'key' | 'value'): Place;
  /** The scalar exactly as typed, such as `1.10`, which reads as the number 1.1. */
  typed(path: KeyPath): string | undefined;
}

const bytesMax = 1024 * 1024;
const depthMax = 64;
const nodesMax = 100_000;
const tokensMax = 250_000;
const refusedKeys = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads YAML 1.2 as data: no tags, no merge keys, no directives, one document, no key twice, at most 64 levels and 1 MiB.
 * Aliases are followed, but what they expand to counts towards 100,000 values.
 */
export function readYaml(text: string): YamlSource {
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > bytesMax) return unreadable(`the file has ${bytes} bytes; at most ${bytesMax} are read`);
  const placeOf = placesIn(text);
  const parsed = compose(text);
  if ('fault' in parsed) return unreadable(parsed.fault.message, placeOf(parsed.fault.offset, parsed.fault.offset + 1));

  const { documents } = parsed;
  const faults: YamlFault[] = [];
  const broken = documents.some((each) => each.errors.length > 0);
  const report = (message: string, range: readonly number[], key: KeyPath, suggestion?: string) =>
    faults.push({ ...placeOf(range[0], range[1]), message, key, ...(suggestion === undefined ? {} : { suggestion }) });

  const document = documents[0];
  if (documents.length > 1) report('only one document is read; remove what follows `---`', documents[1].range, []);
  for (const each of documents) {
    if (each.directives?.yaml.explicit === true || Object.keys(each.directives?.tags ?? {}).some((tag) => tag !== '!!')) report('directives such as %YAML are not read; remove the line', [0, 1], []);
    for (const error of each.errors) report(sentence(error.message), error.pos, []);
  }
  const tree = document?.contents ? plant(document, report) : null;
  const locate = (path: KeyPath, part: 'key' | 'value') => {
    const found = tree === null ? null : walk(tree, path);
    if (found === null) return placeOf(0, 1);
    const range = (part === 'key' || found.missing ? found.twig.keyRange : undefined) ?? found.twig.range;
    return placeOf(range[0], range[1]);
  };
  return {
    value: tree?.value ?? null,
    faults,
    broken,
    locate,
    typed: (path) => {
      const found = tree === null ? null : walk(tree, path);
      return found === null || found.missing ? undefined : found.twig.typed;
    },
  };
}

/** A value, where it stands, and the same for what is in it. */
interface Twig {
  value: unknown;
  range: readonly [number, number];
  keyRange?: readonly [number, number];
  typed?: string;
  children: Map<string | number, Twig>;
}

type Report = (message: string, range: readonly number[], key: KeyPath, suggestion?: string) => void;

interface Refusal {
  message: string;
  offset: number;
}

/** Composing recurses, so depth is counted on the flat token tree first: 100,000 brackets would overflow the stack. */
function compose(text: string): { documents: Document.Parsed[] } | { fault: Refusal } {
  const fault = tooMuch(text);
  if (fault !== null) return { fault };
  const composer = new Composer({ version: '1.2', schema: 'core', merge: false, uniqueKeys: false, resolveKnownTags: false, prettyErrors: false, logLevel: 'silent' });
  const documents: Document.Parsed[] = [];
  for (const token of new Parser().parse(text)) {
    const deep = tooDeep(token);
    if (deep !== null) return { fault: { message: tooDeepMessage, offset: deep } };
    documents.push(...composer.next(token));
  }
  documents.push(...composer.end());
  return { documents };
}

/** Parsing is linear but slow, 17 s for a megabyte of quotes: what no person would write is turned away by its tokens. */
function tooMuch(text: string): Refusal | null {
  let [tokens, depth, offset, inScalar] = [0, 0, 0, false];
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (tokens > tokensMax) return { message: `more than ${tokensMax.toLocaleString('en')} words and signs`, offset };
    if (!inScalar && (token === '[' || token === '{')) depth += 1;
    if (!inScalar && (token === ']' || token === '}')) depth -= 1;
    if (depth > depthMax) return { message: tooDeepMessage, offset };
    inScalar = token === CST.SCALAR;
    if (token !== CST.SCALAR && token !== CST.DOCUMENT && token !== CST.FLOW_END) offset += token.length;
  }
  return null;
}

const tooDeepMessage = `more than ${depthMax} levels of nesting`;

function tooDeep(token: CST.Token): number | null {
  const open: { token: CST.Token; depth: number }[] = [{ token, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { token: current, depth } = next;
    if (depth > depthMax) return current.offset;
    if (current.type === 'document' && current.value) open.push({ token: current.value, depth });
    if (!('items' in current)) continue;
    for (const item of current.items) {
      if (item.key) open.push({ token: item.key, depth: depth + 1 });
      if (item.value) open.push({ token: item.value, depth: depth + 1 });
    }
  }
  return null;
}

function plant(document: Document.Parsed, report: Report): Twig {
  let nodes = 0;
  // What an alias means is looked up in the whole document, and one may be come by a hundred thousand times.
  const targets = new Map<Alias, Node | undefined>();
  const targetOf = (alias: Alias): Node | undefined => {
    if (!targets.has(alias)) targets.set(alias, alias.resolve(document));
    return targets.get(alias);
  };
  const grow = (node: Node | null, path: KeyPath, depth: number): Twig => {
    const range: [number, number] = node?.range ? [node.range[0], node.range[1]] : [0, 1];
    const twig: Twig = { value: null, range, children: new Map() };
    nodes += 1;
    if (nodes === nodesMax + 1) report(`more than ${nodesMax.toLocaleString('en')} values, counting what aliases repeat`, range, path);
    if (node === null || nodes > nodesMax) return twig;
    if (depth > depthMax) {
      report(`more than ${depthMax} levels of nesting, following aliases`, range, path);
      return twig;
    }
    if (isAlias(node)) {
      const target = targetOf(node);
      if (target === undefined) report(`\`*${node.source}\` refers to an anchor that is not defined above it`, range, path);
      return target === undefined ? twig : { ...grow(target, path, depth + 1), range };
    }
    if (node.tag !== undefined) report(`the tag \`${node.tag.replace('tag:yaml.org,2002:', '!!')}\` is not read; remove it`, range, path);
    if (isMap(node)) {
      const value: Record<string, unknown> = {};
      for (const pair of node.items as Pair<Node | null, Node | null>[]) {
        const name = keyName(pair, path, report);
        if (name === null) continue;
        const keyRange: [number, number] = pair.key?.range ? [pair.key.range[0], pair.key.range[1]] : range;
        if (twig.children.has(name)) {
          report(`\`${name}\` is written twice; remove one`, keyRange, [...path, name]);
          continue;
        }
        const child = { ...grow(pair.value, [...path, name], depth + 1), keyRange };
        if (pair.value === null) child.range = keyRange;
        twig.children.set(name, child);
        value[name] = child.value;
      }
      twig.value = value;
    } else if (isSeq(node)) {
      twig.value = (node.items as (Node | null)[]).map((item, index) => {
        const child = grow(item, [...path, index], depth + 1);
        twig.children.set(index, child);
        return child.value;
      });
    } else if (isScalar(node)) {
      twig.value = node.value;
      twig.typed = node.source;
    }
    return twig;
  };
  return grow(document.contents, [], 0);
}

function keyName(pair: Pair<Node | null, Node | null>, path: KeyPath, report: Report): string | null {
  const { key } = pair;
  const range = key?.range ?? [0, 1];
  if (!isScalar(key) || key.tag !== undefined) {
    report('a key must be plain text', range, path);
    return null;
  }
  const name = key.source ?? String(key.value);
  if (refusedKeys.has(name)) {
    report(`\`${name}\` may not be a key`, range, path);
    return null;
  }
  if (name === '<<' && key.type === 'PLAIN') {
    report('merge keys (`<<`) are not read; write the keys out', range, path);
    return null;
  }
  return name;
}

function walk(tree: Twig, path: KeyPath): { twig: Twig; missing: boolean } {
  let twig = tree;
  for (const step of path) {
    const next = twig.children.get(step);
    if (next === undefined) return { twig, missing: true };
    twig = next;
  }
  return { twig, missing: false };
}

/** Turns offsets into lines and columns. (The parser's own line counter misses lines after some errors.) */
function placesIn(text: string): (start: number, end: number) => Place {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (start, end) => {
    const offset = Math.min(start, text.length);
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle] <= offset) low = middle;
      else high = middle - 1;
    }
    const lineEnd = low + 1 < starts.length ? starts[low + 1] - 1 : text.length;
    const width = text.slice(offset, Math.min(end, lineEnd)).trimEnd().length;
    return { line: low + 1, column: offset - starts[low] + 1, endColumn: offset - starts[low] + 1 + Math.max(1, width) };
  };
}

function unreadable(message: string, place: Place = { line: 1, column: 1, endColumn: 2 }): YamlSource {
  return { value: null, faults: [{ ...place, message, key: [] }], broken: true, locate: () => place, typed: () => undefined };
}

function sentence(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
