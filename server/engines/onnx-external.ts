import { closeSync, constants, fstatSync, lstatSync, openSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A reason why an external data file may not be read; `missing` files may still be on their way. */
export class ExternalDataError extends Error {
  readonly missing: boolean;

  constructor(message: string, missing = false) {
    super(message);
    this.name = 'ExternalDataError';
    this.missing = missing;
  }
}

/**
 * Opens an external data file of a model, or says why not: the location is relative and stays in the model's folder,
 * no part of it is a link, and the file is a regular one with a single name. Checks the handle that is then read from.
 */
export function openExternal(modelFile: string, location: string): { descriptor: number; bytes: number } {
  const parts = location.split('/');
  if (location === '' || location.includes('\0')) throw new ExternalDataError('Its location is empty or holds a NUL');
  if (location.includes('_ORT_MEM_ADDR_')) throw new ExternalDataError('Its location is a memory address');
  if (/^([a-zA-Z]:|\/)/.test(location) || location.includes('\\')) throw new ExternalDataError('Its location is absolute or has a backslash');
  if (parts.includes('..')) throw new ExternalDataError('Its location leaves the folder of the model');

  const folder = realpathSync(dirname(modelFile));
  const file = join(folder, ...parts);
  if (!lstatSync(file, { throwIfNoEntry: false })) throw new ExternalDataError('The file is missing', true);
  if (realpathSync(file) !== file) throw new ExternalDataError('Its path goes through a symbolic link');

  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  const stat = fstatSync(descriptor);
  const wrong = !stat.isFile() ? 'It is not a regular file' : stat.nlink !== 1 ? `It is a hard link: the file has ${stat.nlink} names` : undefined;
  if (wrong) {
    closeSync(descriptor);
    throw new ExternalDataError(wrong);
  }
  return { descriptor, bytes: stat.size };
}
