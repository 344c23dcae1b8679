import { basename, dirname, relative, sep } from 'node:path';
import { glob } from '../engines/glob.ts';

/** A model file as it lies in the workspace, named by where it lies. */
export interface FoundModel {
  model: string;
  version: string;
  /** Absolute. */
  path: string;
}

/**
 * Model files and the version each one is: the folder it lies in (models/flight-delay/v2/model.onnx is v2, and
 * model.int8.onnx beside it is v2-int8), or the file's own name where several of other names lie in one folder or the
 * folder is the model's own.
 */
export async function findModels(model: string, patterns: readonly string[], workspace: string, allow: readonly string[]): Promise<FoundModel[]> {
  const files = await glob(patterns, workspace, allow);
  const inFolder = new Map<string, number>();
  for (const file of files) inFolder.set(dirname(file), (inFolder.get(dirname(file)) ?? 0) + 1);
  const found = files.map((path) => ({ model, version: versionOf(path, model, workspace, inFolder.get(dirname(path)) === 1), path }));
  return unambiguous(found, workspace);
}

function versionOf(path: string, model: string, workspace: string, alone: boolean): string {
  const folder = dirname(path);
  const stem = basename(path).replace(/\.onnx$/i, '');
  const isOfVersion = basename(folder) !== model && folder !== workspace && !/^models?$/.test(basename(folder));
  if (!isOfVersion) return stem;
  if (alone || /^model$/i.test(stem)) return basename(folder);
  const build = /^model[._-](.+)$/i.exec(stem)?.[1];
  return build === undefined ? stem : `${basename(folder)}-${build}`;
}

/** Two files with the same name get their folders spelt out: two versions must never share one. */
function unambiguous(found: FoundModel[], workspace: string): FoundModel[] {
  const seen = new Map<string, number>();
  for (const { version } of found) seen.set(version, (seen.get(version) ?? 0) + 1);
  return found.map((entry) => (seen.get(entry.version) === 1 ? entry : { ...entry, version: relative(workspace, entry.path).replace(/\.onnx$/i, '').split(sep).join('-') }));
}
