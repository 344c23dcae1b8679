import { type KeyPath, type Span, type YamlNode, readYaml } from './read-yaml.ts';

/** Where in the structure a cursor stands, and what a completion there would replace. */
export type Place = Span & {
  /** What was typed up to the cursor. */
  typed: string;
  quoted: boolean;
  /** Inside braces or brackets. */
  flow: boolean;
  /** The text as read with the cursor in it. */
  root: YamlNode;
} & (
    | {
        part: 'key';
        /** Of the map that the key stands in. */
        path: KeyPath;
        /** The other keys of that map. */
        written: string[];
        hasColon: boolean;
        /** Nothing but a dash stands before it on its line, or not even that: a value may be meant as well. */
        head: 'dash' | 'line' | null;
      }
    | { part: 'value'; path: KeyPath }
  );

/** Stands for the cursor while the text is read: no person types it. */
const cursor = '\uE000';

/** Null in comments, and where the text around cannot be made out. */
export function placeAt(text: string, offset: number): Place | null {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(lineStart, offset);
  const rest = /^[^\n,[\]{}#:"']*/.exec(text.slice(offset))?.[0].trimEnd() ?? '';
  const end = offset + rest.length;
  const after = text.slice(end);
  const read = (inserted: string) => findCursor(text.slice(0, offset) + inserted + after);

  const asTyped = read(cursor);
  if (asTyped?.flow === true) return placeOf(asTyped);
  const head = /^ *((?:- +)*)[^\s:#,[\]{}"']*$/.exec(before);
  if (head === null) return placeOf(asTyped ?? read(`${cursor}"`) ?? read(`${cursor}'`));
  // Alone on its line a word runs on from the line before, or into the next; as a key it stands for itself.
  const asKey = /^ *:/.test(after) ? asTyped : read(`${cursor}: `);
  const asItem = head[1] === '' && before.startsWith(' ') && asKey?.aligned === false ? read(`- ${cursor}`) : null;
  if (asItem !== null) return placeOf({ ...asItem, part: 'key', path: asItem.path.slice(0, -1), start: asItem.start - 2 }, 'line');
  return placeOf(asKey ?? asTyped, head[1] === '' ? 'line' : 'dash');

  function placeOf(found: Found | null, headOf: 'dash' | 'line' | null = null): Place | null {
    if (found === null) return null;
    const { start, flow, quoted, root } = found;
    if (text.slice(start, offset).includes('\n')) return null;
    const common = { start: start + (quoted ? 1 : 0), end, typed: text.slice(start + (quoted ? 1 : 0), offset), quoted, flow, root };
    if (found.part === 'value') return { ...common, part: 'value', path: found.path };
    return { ...common, part: 'key', path: found.path, written: found.written, hasColon: /^["']? *:/.test(after), head: headOf };
  }
}

interface Found {
  part: 'key' | 'value';
  path: KeyPath;
  written: string[];
  start: number;
  flow: boolean;
  quoted: boolean;
  /** A key stands right below the other keys of its map. */
  aligned: boolean;
  root: YamlNode;
}

function findCursor(text: string): Found | null {
  const root = readYaml(text);
  if (root === null) return null;
  const find = (node: YamlNode, path: KeyPath, flow: boolean): Omit<Found, 'root'> | null => {
    if (node.kind === 'scalar') {
      const isHere = typeof node.value === 'string' && node.value.includes(cursor);
      return isHere ? { part: 'value', path, written: [], start: node.start, flow, quoted: node.quoted, aligned: true } : null;
    }
    if (node.kind === 'list') {
      for (const [index, item] of node.items.entries()) {
        const found = find(item, [...path, index], node.flow);
        if (found !== null) return found;
      }
      return null;
    }
    for (const { key, keySpan, value } of node.entries) {
      if (key.includes(cursor)) {
        const others = node.entries.filter((entry) => !entry.key.includes(cursor));
        const aligned = others.every((other) => columnOf(text, other.keySpan.start) === columnOf(text, keySpan.start));
        return { part: 'key', path, written: others.map((other) => other.key), start: keySpan.start, flow: node.flow, quoted: /["']/.test(text[keySpan.start]), aligned };
      }
      const found = find(value, [...path, key], node.flow);
      if (found !== null) return found;
    }
    return null;
  };
  const found = find(root, [], false);
  return found === null ? null : { ...found, root };
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}
