import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { glob as tinyglob } from 'tinyglobby';
import { Problem } from '../problem.ts';

/** Characters that make a path a pattern. */
export const isGlob = (path: string): boolean => /[*?[\]{}!]/.test(path);

/**
 * Regular files that match, absolute, in name order with numbers by value (part-2 before part-10).
 * A link may lead to a file, but only to one inside `root` or an allowed folder.
 */
export async function glob(patterns: readonly string[], root: string, allow: readonly string[] = []): Promise<string[]> {
  const found = await tinyglob(patterns.map((pattern) => pattern.replaceAll('\\', '/')), {
    cwd: root,
    absolute: true,
    onlyFiles: true,
    dot: false,
    followSymbolicLinks: false,
    ignore: ['**/node_modules/**', '**/.slipway/**', '**/.git/**'],
    expandDirectories: false,
  });
  const files = [...new Set(found.map((path) => resolve(path)))];
  for (const file of files) await mustBeInside(file, root, allow);
  return files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
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
