import { readdir, realpath, stat } from 'node:fs/promises';
import { posix, resolve, win32 } from 'node:path';
import { glob } from '../engines/glob.ts';
import { Problem } from '../problem.ts';
import type { Complain } from './explain.ts';
import type { GateSpec, ReadableConfig } from './schema.ts';
import { nearest } from './spelling.ts';
import { isWithin, resolveAllowed, resolveWritten } from './workspace-path.ts';
import type { KeyPath } from './yaml-source.ts';

export interface Disk {
  /** Absolute, links followed. */
  workspace: string;
  platform: NodeJS.Platform;
}

/** The allowed folders, absolute and with links followed; one that may not be allowed or is not there is complained of and left out. */
export async function checkAllowed(allow: readonly string[], { workspace, platform }: Disk, complain: Complain): Promise<string[]> {
  const folders: string[] = [];
  for (const [index, written] of allow.entries()) {
    const resolved = resolveAllowed(written, { workspace, platform });
    if ('refused' in resolved) {
      complain(['allow', index], `\`${written}\` ${resolved.refused}`, suggesting(resolved.suggestion));
      continue;
    }
    const found = await look(resolved.path);
    if (found?.kind === 'folder') folders.push(found.real);
    else complain(['allow', index], found === null ? `there is no folder \`${written}\`` : `\`${written}\` is not a folder`);
  }
  return folders;
}

/** Every path that the file names must lie in the workspace or an allowed folder, links followed, and lead to something. */
export async function checkFiles(config: ReadableConfig, allow: readonly string[], disk: Disk, complain: Complain): Promise<void> {
  for (const { at, written, part, whenMissing } of writtenPaths(config)) {
    await checkPath(written, allow, disk, (message, notes) => complain(at, message, { part, severity: notes?.missing === true ? whenMissing : 'error', ...suggesting(notes?.suggestion) }));
  }
}

interface PathReference {
  at: KeyPath;
  part: 'key' | 'value';
  written: string;
  /** A model may be exported later; data that is named must be there. */
  whenMissing: 'error' | 'warning';
}

function writtenPaths(config: ReadableConfig): PathReference[] {
  const each = (at: KeyPath, written: string | string[], whenMissing: 'error' | 'warning'): PathReference[] =>
    typeof written === 'string' ? [{ at, part: 'value', written, whenMissing }] : written.map((path, index) => ({ at: [...at, index], part: 'value', written: path, whenMissing }));
  const siblings = (at: KeyPath, gates: readonly (GateSpec | null)[] | undefined): PathReference[] =>
    (gates ?? []).flatMap((gate, index) => (gate !== null && 'parity' in gate && gate.file?.includes('/') === true ? each([...at, index, 'file'], gate.file, 'error') : []));
  return [
    ...Object.entries(config.datasets).flatMap(([name, spec]) => {
      if (spec === null) return [];
      return typeof spec === 'string' || Array.isArray(spec) ? each(['datasets', name], spec, 'error') : each(['datasets', name, 'path'], spec.path, 'error');
    }),
    ...Object.entries(config.models).flatMap(([name, spec]) => {
      if (spec === null) return [];
      const own = siblings(['models', name, 'gates'], spec.gates);
      if (spec.files !== undefined) return [...each(['models', name, 'files'], spec.files, 'warning'), ...own];
      if (spec.predictions !== undefined) return own;
      return [{ at: ['models', name], part: 'key', written: defaultModelFiles(name), whenMissing: 'warning' } satisfies PathReference, ...own];
    }),
    ...siblings(['gates'], config.gates),
  ];
}

/** Where a model's versions are when nothing else is written. */
export function defaultModelFiles(name: string): string {
  return `models/${name}/*/*.onnx`;
}

async function checkPath(written: string, allow: readonly string[], { workspace, platform }: Disk, complain: (message: string, notes?: { missing?: boolean; suggestion?: string }) => void): Promise<void> {
  const resolved = resolveWritten(written, { workspace, allow, platform });
  if ('refused' in resolved) return complain(`\`${written}\` ${resolved.refused}`, { suggestion: resolved.suggestion });
  const paths = platform === 'win32' ? win32 : posix;
  const isInside = (real: string) => [workspace, ...allow].some((folder) => isWithin(real, folder, paths));
  const remedy = 'list the folder it leads to under `allow`';
  if (resolved.pattern) {
    const matches = await glob([written], workspace, allow).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'path-outside-workspace') return null;
      throw error;
    });
    if (matches === null) complain(`\`${written}\` matches a link that leads outside the workspace; ${remedy}`);
    else if (matches.length === 0) complain(`no file matches \`${written}\``, { missing: true });
    return;
  }
  const found = await look(resolved.path);
  if (found === null) {
    const meant = await nearestPath(written, workspace);
    return complain(`there is no file \`${written}\`${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`, { missing: true, suggestion: meant });
  }
  if (!isInside(found.real)) return complain(`\`${written}\` is a link that leads outside the workspace; ${remedy}`);
  if (found.kind === 'folder') return complain(`\`${written}\` is a folder; write a pattern for the files in it`, { suggestion: `${written.replace(/\/+$/, '')}/*` });
  if (found.kind === 'other') complain(`\`${written}\` is not a regular file`);
}

async function look(path: string): Promise<{ kind: 'file' | 'folder' | 'other'; real: string } | null> {
  try {
    const real = await realpath(path);
    const stats = await stat(real);
    return { real, kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : 'other' };
  } catch {
    return null;
  }
}

/** The path with its first part that does not exist replaced by the nearest name there, when that leads to something. */
async function nearestPath(written: string, workspace: string): Promise<string | undefined> {
  const parts = written.split('/');
  for (let index = 0; index < parts.length; index++) {
    if ((await look(resolve(workspace, parts.slice(0, index + 1).join('/')))) !== null) continue;
    const names = await readdir(resolve(workspace, parts.slice(0, index).join('/') || '.')).catch(() => []);
    const meant = nearest(parts[index], names);
    if (meant === undefined) return undefined;
    const candidate = [...parts.slice(0, index), meant, ...parts.slice(index + 1)].join('/');
    return (await look(resolve(workspace, candidate)))?.kind === 'file' ? candidate : undefined;
  }
  return undefined;
}

function suggesting(suggestion: string | undefined): { suggestion?: string } {
  return suggestion === undefined ? {} : { suggestion };
}
