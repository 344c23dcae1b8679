import { posix, win32, type PlatformPath } from 'node:path';

/** A path as written in slipway.yaml, judged by its text alone: the same answer whether or not the file is there. */
export type WrittenPath = { path: string; pattern: boolean } | { refused: string; suggestion?: string };

export interface PathBounds {
  workspace: string;
  /** Absolute folders that may also be read. */
  allow: readonly string[];
  platform: NodeJS.Platform;
}

const wildcardsMax = 3;

/**
 * Where a written path leads, or why it may not be written. Nothing is decoded or expanded: `%2e`, `~` and `$HOME` are
 * letters. Forms that another system would read differently (backslashes, drives, schemes) are refused everywhere.
 */
export function resolveWritten(written: string, { workspace, allow, platform }: PathBounds): WrittenPath {
  const paths: PlatformPath = platform === 'win32' ? win32 : posix;
  const fault = faultOf(written, platform);
  if (fault !== null) return fault;
  const path = paths.resolve(workspace, written);
  const inside = [workspace, ...allow].some((folder) => isWithin(path, folder, paths));
  if (!inside) return { refused: 'leads outside the workspace; list its folder under `allow`' };
  return { path, pattern: isPattern(written) };
}

/** A folder of `allow`: anywhere but the whole disk. */
export function resolveAllowed(written: string, { workspace, platform }: Omit<PathBounds, 'allow'>): { path: string } | { refused: string; suggestion?: string } {
  const paths: PlatformPath = platform === 'win32' ? win32 : posix;
  const fault = faultOf(written, platform);
  if (fault !== null) return fault;
  if (isPattern(written)) return { refused: 'must be a folder, not a pattern' };
  const path = paths.resolve(workspace, written);
  if (paths.parse(path).root === path) return { refused: 'is the whole disk; list the folders that are needed' };
  return { path };
}

export function isPattern(written: string): boolean {
  return /[*?[\]{}!]/.test(written);
}

export function isWithin(path: string, folder: string, paths: PlatformPath): boolean {
  const steps = paths.relative(folder, path);
  return steps === '' || (steps !== '..' && !steps.startsWith(`..${paths.sep}`) && !paths.isAbsolute(steps));
}

function faultOf(written: string, platform: NodeJS.Platform): { refused: string; suggestion?: string } | null {
  if (written.length > 1000) return { refused: 'is longer than 1,000 characters' };
  if (/\p{Cc}/u.test(written)) return { refused: 'holds a control character' };
  if (written.includes('\\')) return { refused: 'must be written with `/`, not `\\`', suggestion: written.replaceAll('\\', '/') };
  if (/^[a-z][a-z0-9+.-]+:/i.test(written)) return { refused: 'is an address; only files are read' };
  if (/^[a-z]:/i.test(written) && !(platform === 'win32' && /^[a-z]:\//i.test(written))) return { refused: 'names a drive; write it relative to the workspace' };
  if (written.startsWith('//')) return { refused: 'names a network share; only local files are read' };
  if (/^~/.test(written)) return { refused: 'starts with `~`, which is not expanded; write the folder out' };
  const parts = written.split('/');
  const wild = parts.findIndex(isPattern);
  if (wild !== -1 && parts.includes('..', wild)) return { refused: 'has `..` after a wildcard' };
  if (/[[\]{}!()@+]/.test(parts.filter(isPattern).join('/'))) return { refused: 'has a wildcard other than `*`, `?` and `**`' };
  if (parts.some((part) => (part.match(/[*?]/g) ?? []).length > wildcardsMax) || parts.filter((part) => part === '**').length > 1) return { refused: `has too many wildcards: at most ${wildcardsMax} in a name and one \`**\`` };
  if (platform === 'win32') return windowsFault(written, parts);
  return null;
}

/** Names that Windows gives another meaning: devices, streams, and dots and spaces that it drops. */
function windowsFault(written: string, parts: readonly string[]): { refused: string } | null {
  if (written.slice(2).includes(':')) return { refused: 'holds `:`, which names a stream and not a file' };
  if (parts.some((part) => /^(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$/i.test(part.trim()))) return { refused: 'holds the name of a device' };
  if (parts.some((part) => !/^\.{1,2}$/.test(part) && /[. ]$/.test(part))) return { refused: 'has a name that ends in a dot or a space' };
  return null;
}
