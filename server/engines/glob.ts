import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { Problem } from '../problem.ts';

/** Never looked into: what Slipway stored itself, and what packages brought along. */
const ignored = new Set(['node_modules', '.slipway', '.git', '.venv', '__pycache__']);
const wild = /[*?{]/;

/**
 * Files that match, absolute, in name order with numbers by value (part-2 before part-10). A pattern knows `*` and `?`
 * within a name, `**` over folders and `{a,b}` for either; one that is itself the name of a file is that file.
 *
 * A file may be a link, as data versioning tools make them, but must lie inside `root` or an allowed folder once links
 * are followed. Linked folders are not searched: they may form circles.
 */
export async function glob(patterns: readonly string[], root: string, allow: readonly string[] = []): Promise<string[]> {
  const files = new Set<string>();
  for (const pattern of patterns) {
    const path = isAbsolute(pattern) ? pattern : resolve(root, pattern);
    if (!wild.test(pattern) || (await isFile(path))) {
      if (await isFile(path)) files.add(path);
      continue;
    }
    const parts = path.split(sep === '\\' ? /[\\/]/ : '/');
    const first = parts.findIndex((part) => wild.test(part));
    await search(parts.slice(0, first).join(sep) || sep, parts.slice(first), files);
  }
  for (const file of files) await mustBeInside(file, root, allow);
  return [...files].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The real path behind `path`, which must lie in `root` or an allowed folder after every link is followed. */
export async function mustBeInside(path: string, root: string, allow: readonly string[] = []): Promise<string> {
  const real = await realpath(path);
  for (const folder of [root, ...allow]) {
    const base = await realpath(folder).catch(() => null);
    if (base === null) continue;
    const steps = relative(base, real);
    if (steps === '' || (steps !== '..' && !steps.startsWith(`..${sep}`) && !isAbsolute(steps))) return real;
  }
  throw new Problem('path-outside-workspace', `${path} leads outside the workspace`, { where: { path } });
}

async function search(folder: string, [part, ...rest]: readonly string[], files: Set<string>): Promise<void> {
  const deep = part === '**';
  // `a/**/b` also means `a/b`, and `a/**` everything below a.
  if (deep) await search(folder, rest.length > 0 ? rest : ['*'], files);
  const matcher = deep ? null : nameMatcher(part);
  // A folder that is not there, or may not be read, holds nothing.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (ignored.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (deep) {
      if (entry.isDirectory() && !entry.name.startsWith('.')) await search(path, [part, ...rest], files);
    } else if (matcher?.test(entry.name)) {
      if (rest.length > 0) await search(path, rest, files);
      else if (!entry.isDirectory() && (await isFile(path))) files.add(path);
    }
  }
}

/** `*` does not match a leading dot: hidden files are asked for by name. */
function nameMatcher(part: string): RegExp {
  let inBraces = false;
  const source = part.replace(/[\\^$.|()+[\]*?{},]/g, (character) => {
    if (character === '*') return '[^]*';
    if (character === '?') return '[^]';
    if (character === '{') return (inBraces = true) && '(?:';
    if (character === '}' && inBraces) return (inBraces = false) || ')';
    if (character === ',') return inBraces ? '|' : ',';
    return `\\${character}`;
  });
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 'u');
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
