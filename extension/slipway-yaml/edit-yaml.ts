import { type KeyPath, type YamlList, type YamlMap, type YamlNode, nodeAt, readYaml } from './read-yaml.ts';

/** A replacement in a text, in offsets. */
export interface TextEdit {
  start: number;
  end: number;
  text: string;
}

/**
 * Writes a key into the map at a path, in the manner of that map; comments and everything else stay as they are.
 * Missing maps above it are made. Null where the text does not have that structure, so that nothing is guessed.
 */
export function setKey(text: string, path: KeyPath, key: string, value: string): TextEdit | null {
  const root = readYaml(text);
  const node = path.length === 0 && root === null ? emptyAt(text) : nodeAt(root, path);
  if (node === null) {
    const above = path.at(-1);
    return typeof above === 'string' ? setKey(text, path.slice(0, -1), above, `{${key}: ${value}}`) : null;
  }
  if (node.kind === 'scalar' && node.value === null) return path.length === 0 ? atEnd(text, `${key}: ${value}`) : { start: node.start, end: node.end, text: ` {${key}: ${value}}` };
  if (node.kind !== 'map') return null;
  const written = node.entries.find((entry) => entry.key === key);
  if (written !== undefined) return { start: written.value.start, end: written.value.end, text: written.value.start === written.value.end ? ` ${value}` : value };
  if (node.flow) return intoFlow(text, node, `${key}: ${value}`);
  const [first] = node.entries;
  return path.length === 0 ? atEnd(text, `${key}: ${value}`) : afterLine(text, node.end, `${' '.repeat(columnOf(text, first.keySpan.start))}${key}: ${value}`);
}

/** Appends an item to the list at a path, making the list where there is none. */
export function addItem(text: string, path: KeyPath, item: string): TextEdit | null {
  const root = readYaml(text);
  const node = nodeAt(root, path);
  const key = path.at(-1);
  if (node === null) {
    if (typeof key !== 'string') return null;
    return path.length === 1 ? atEnd(text, `${key}:\n  - ${item}`) : setKey(text, path.slice(0, -1), key, `[${item}]`);
  }
  if (node.kind === 'scalar' && node.value === null) return { start: node.start, end: node.end, text: `\n${indentOf(text, node.start)}  - ${item}` };
  if (node.kind !== 'list') return null;
  if (node.flow) return intoFlow(text, node, item);
  const last = node.items.at(-1);
  return last === undefined ? null : afterLine(text, last.end, `${indentOf(text, node.start)}- ${item}`);
}

/** The path of the list item that begins on a line (1-based), in the lists that `isMeant` names. */
export function itemOnLine(text: string, line: number, isMeant: (path: KeyPath) => boolean): KeyPath | null {
  const find = (node: YamlNode, path: KeyPath): KeyPath | null => {
    if (node.kind === 'scalar') return null;
    if (node.kind === 'map') {
      for (const { key, value } of node.entries) {
        const found = find(value, [...path, key]);
        if (found !== null) return found;
      }
      return null;
    }
    const index = isMeant(path) ? node.items.findIndex(({ start }) => lineOf(text, start) === line) : -1;
    if (index !== -1) return [...path, index];
    for (const [position, item] of node.items.entries()) {
      const found = find(item, [...path, position]);
      if (found !== null) return found;
    }
    return null;
  };
  const root = readYaml(text);
  return root === null ? null : find(root, []);
}

/** Makes the edits, which must not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return edits.toSorted((a, b) => b.start - a.start).reduce((edited, { start, end, text: inserted }) => edited.slice(0, start) + inserted + edited.slice(end), text);
}

function intoFlow(text: string, node: YamlMap | YamlList, inserted: string): TextEdit | null {
  const bracket = node.kind === 'map' ? '}' : ']';
  // A bracket that is still missing is for the user to close.
  if (text[node.end - 1] !== bracket) return null;
  const last = node.kind === 'map' ? node.entries.at(-1)?.value.end : node.items.at(-1)?.end;
  if (last === undefined) return { start: node.end - 1, end: node.end - 1, text: inserted };
  const comma = /^\s*,/.exec(text.slice(last, node.end));
  return comma === null ? { start: last, end: last, text: `, ${inserted}` } : { start: last + comma[0].length, end: last + comma[0].length, text: ` ${inserted}` };
}

/** A line of its own below the one that holds the offset, and so below that line's comment. */
function afterLine(text: string, offset: number, line: string): TextEdit {
  const end = text.indexOf('\n', offset);
  const at = end === -1 ? text.length : end;
  const isWindows = text[at - 1] === '\r';
  return { start: isWindows ? at - 1 : at, end: isWindows ? at - 1 : at, text: `${newlineOf(text)}${line}` };
}

function atEnd(text: string, lines: string): TextEdit {
  const newline = newlineOf(text);
  const body = text.trimEnd();
  const gap = body === '' ? '' : newline + (lines.includes('\n') ? newline : '');
  return { start: body.length, end: text.length, text: `${gap}${lines.replaceAll('\n', newline)}${newline}` };
}

function newlineOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function emptyAt(text: string): YamlNode {
  return { kind: 'scalar', value: null, quoted: false, start: text.length, end: text.length };
}

/** The space a line begins with; under a dash that is where the dash stands. */
function indentOf(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^ */.exec(text.slice(start))?.[0] ?? '';
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** The one edit that turns a text into another: what they have in common at either end stays untouched. */
export function editBetween(before: string, after: string): TextEdit {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let tail = 0;
  while (tail < before.length - start && tail < after.length - start && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { start, end: before.length - tail, text: after.slice(start, after.length - tail) };
}
