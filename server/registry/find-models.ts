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
 * Model files and the version each one is: the folder it lies in (models/flight-delay/v2/model.onnx is v2),
 * or the file's own name where several lie in one folder or the folder is the model's own.
 */
export async function findModels(model: string, patterns: readonly string[], workspace: string, allow: readonly string[]): Promise<FoundModel[]> {
  const files = await glob(patterns, workspace, allow);
  const inFolder = new Map<string, number>();
  for (const file of files) inFolder.set(dirname(file), (inFolder.get(dirname(file)) ?? 0) + 1);
  const found = files.map((path) => {
    const folder = dirname(path);
    const alone = inFolder.get(folder) === 1;
    const folderName = basename(folder);
    const own = alone && folderName !== model && folder !== workspace && !/^models?$/.test(folderName);
    return { model, version: own ? folderName : basename(path).replace(/\.onnx$/i, ''), path };
  });
  return unambiguous(found, workspace);
}

/** Two files with the same name get their folders spelt out: two versions must never share one. */
function unambiguous(found: FoundModel[], workspace: string): FoundModel[] {
  const seen = new Map<string, number>();
  for (const { version } of found) seen.set(version, (seen.get(version) ?? 0) + 1);
  return found.map((entry) => (seen.get(entry.version) === 1 ? entry : { ...entry, version: relative(workspace, entry.path).replace(/\.onnx$/i, '').split(sep).join('-') }));
}
