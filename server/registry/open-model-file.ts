import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import type { Admission } from '../../protocol/registry.ts';
import { mustBeInside } from '../engines/glob.ts';
import { admitOpen } from '../engines/onnx-admission.ts';
import { Problem } from '../problem.ts';

export interface OpenModelFile {
  descriptor: number;
  /** Real path of what is open. */
  file: string;
  bytes: number;
  modifiedMs: number;
  /** Read from what is open, whatever the name may lead to by now. */
  admission: Admission;
  close(): void;
}

/**
 * A model file that somebody names: relative to the workspace, and inside it or an allowed folder once links are followed.
 * What was opened is looked at again, so that nothing can be put in its place in between.
 */
export async function openModelFile(path: string, { workspace, allow }: { workspace: string; allow: readonly string[] }): Promise<OpenModelFile> {
  const refuse = (code: 'path-outside-workspace' | 'file-unreadable' | 'file-missing', message: string, cause?: unknown) => new Problem(code, message, { cause, where: { path } });
  if (path.includes('\0') || path.includes('\\') || isAbsolute(path) || /^[a-z]:/i.test(path)) throw refuse('path-outside-workspace', `${JSON.stringify(path)} is not a path relative to the workspace`);
  if (!/\.onnx$/i.test(path)) throw refuse('file-unreadable', `${path} is not named as a model`);
  const file = await mustBeInside(resolve(workspace, path), workspace, allow).catch((error: unknown) => {
    throw error instanceof Problem ? error : refuse('file-missing', `${path} is not there`, error);
  });
  if (!/\.onnx$/i.test(file)) throw refuse('file-unreadable', `${path} leads to a file that is not named as a model`);
  let descriptor: number;
  try {
    // The real path has no link at its end, and a pipe must not keep us waiting for its writer.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw refuse('file-unreadable', `${path} cannot be opened: ${error instanceof Error ? error.message : String(error)}`, error);
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw refuse('file-unreadable', `${path} is not a regular file`);
    if (stat.nlink !== 1) throw refuse('file-unreadable', `${path} is a hard link: the file has ${stat.nlink} names, and some may lie outside the workspace`);
    // A folder on the way may have become a link since.
    if ((await mustBeInside(file, workspace, allow)) !== file) throw refuse('path-outside-workspace', `${path} leads elsewhere by now`);
    return { descriptor, file, bytes: stat.size, modifiedMs: stat.mtimeMs, admission: admitOpen(descriptor, file), close: () => closeSync(descriptor) };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}
