import { nodeAt, readYaml, type YamlEntry, type YamlMap } from './slipway-yaml/read-yaml.ts';
import { yamlText } from './slipway-yaml/yaml-text.ts';

/** One change to a text: what stands between the offsets is replaced, everything else stays as it was written. */
export interface TextChange {
  start: number;
  end: number;
  text: string;
}

/** Makes a version the champion of its model; null where the model is not written in this text. */
export function championChange(text: string, model: string, version: string): TextChange | null {
  const node = nodeAt(readYaml(text), ['models', model]);
  if (node === null) return null;
  const written = `champion: ${yamlText(version)}`;
  if (node.kind === 'map') {
    const champion = entryOf(node, 'champion');
    if (champion !== null) return { start: champion.keySpan.start, end: Math.max(champion.keySpan.end, champion.value.end), text: written };
    if (node.entries.length === 0) return { start: node.start, end: node.end, text: `{${written}}` };
    const { start } = node.entries[0].keySpan;
    return { start, end: start, text: node.flow ? `${written}, ` : `${written}\n${indentAt(text, start)}` };
  }
  // `flight-delay:` with nothing after it.
  if (node.kind === 'scalar' && node.value === null) return { start: node.start, end: node.end, text: ` {${written}}` };
  return null;
}

/** Writes a check, in braces, among the others; or in place of the one that stands on `line`. Null where the text cannot hold it. */
export function checkChange(text: string, check: string, line: number | null): TextChange | null {
  const root = readYaml(text);
  if (root !== null && root.kind !== 'map') return null;
  const checks = root === null ? null : entryOf(root, 'checks');
  if (checks === null || (checks.value.kind === 'scalar' && checks.value.value === null)) {
    const item = `  - ${check}\n`;
    if (checks !== null) return { start: checks.value.start, end: checks.value.end, text: `\n${item.trimEnd()}` };
    const gap = text === '' || text.endsWith('\n') ? '' : '\n';
    return { start: text.length, end: text.length, text: `${gap}${text.trim() === '' ? '' : '\n'}checks:\n${item}` };
  }
  const list = checks.value;
  if (list.kind !== 'list') return null;
  const old = line === null ? undefined : list.items.find(({ start }) => lineAt(text, start) === line);
  if (old !== undefined) return { start: old.start, end: old.end, text: check };
  const last = list.items.at(-1);
  if (last === undefined) return { start: list.start, end: list.end, text: `[${check}]` };
  if (list.flow) return { start: last.end, end: last.end, text: `, ${check}` };
  const end = lineEnd(text, last.end);
  return { start: end, end, text: `\n${' '.repeat(dashColumn(text, last.start))}- ${check}` };
}

/** The check that a finding says would accept it: `… write under checks: - {column: "x", maxNulls: 2%}`. */
export function writtenCheck(next: string | undefined): string | null {
  return /write under checks: - (\{.+\})$/s.exec(next ?? '')?.[1] ?? null;
}

function entryOf(node: YamlMap, key: string): YamlEntry | null {
  return node.entries.find((entry) => entry.key === key) ?? null;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^ */.exec(text.slice(start))?.[0] ?? '';
}

/** Where the dash of a list item stands that starts at this offset. */
function dashColumn(text: string, offset: number): number {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return Math.max(0, text.slice(start, offset).lastIndexOf('-'));
}

/** Past a comment that follows on the line. */
function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : text[end - 1] === '\r' ? end - 1 : end;
}
