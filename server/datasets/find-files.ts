import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, resolve, sep } from 'node:path';
import { Problem } from '../problem.ts';

/**
 * Files of one or several patterns, sorted within each: `*` and `?` within a name, `**` over folders, `{a,b}` for either.
 * A pattern that exists as a file is that file. A name with no match is a problem, never an empty list.
 */
export async function findFiles(patterns: readonly string[], root: string): Promise<string[]> {
  const found: string[] = [];
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : resolve(root, pattern);
    const matches = !/[*?{]/.test(pattern) || (await exists(path)) ? [path] : await matchFiles(path);
    if (matches.length === 0) throw new Problem('file-missing', `${pattern} matches no file`, { where: { path: pattern } });
    for (const match of matches) if (!found.includes(match)) found.push(match);
  }
  return found;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function matchFiles(pattern: string): Promise<string[]> {
  const parts = pattern.split(/[\\/]/);
  const wild = parts.findIndex((part) => /[*?{]/.test(part));
  const start = parts.slice(0, wild).join(sep) || sep;
  const matches: string[] = [];
  await walk(start, parts.slice(wild), matches);
  return matches.sort();
}

async function walk(folder: string, parts: readonly string[], matches: string[]): Promise<void> {
  const [part, ...rest] = parts;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (part === '**') await walk(folder, rest.length > 0 ? rest : ['*'], matches);
  const matcher = part === '**' ? undefined : nameMatcher(part);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    // A hidden folder is left out of `**`, so that `**/*.csv` does not find what Slipway itself has stored.
    if (part === '**' && entry.isDirectory() && !entry.name.startsWith('.')) await walk(path, parts, matches);
    if (!matcher?.test(entry.name)) continue;
    if (rest.length > 0) await walk(path, rest, matches);
    else if (!entry.isDirectory()) matches.push(path);
  }
}

function nameMatcher(part: string): RegExp {
  let inBraces = false;
  const source = part.replace(/[\\^$.|()+[\]*?{},]/g, (character) => {
    if (character === '*') return '.*';
    if (character === '?') return '.';
    if (character === '{') return (inBraces = true) && '(?:';
    if (character === '}') return (inBraces = false) || ')';
    if (character === ',' && inBraces) return '|';
    return `\\${character}`;
  });
  return new RegExp(`^${source}$`, 'su');
}
