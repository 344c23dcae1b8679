import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Problem } from '../problem.ts';
import { assertUnchanged, type FileIdentity, identifyFile } from './inspect-file.ts';

/** Kept by the caller between runs; a key names path, size, time, device and inode of every file. */
export type DigestCache = Map<string, string>;

/** sha256 over the bytes of the files in order, hex. Only of files that are still the ones that were opened. */
export async function digestDataset(files: readonly FileIdentity[], cache: DigestCache, { signal }: { signal?: AbortSignal } = {}): Promise<string> {
  await assertUnchanged(files);
  const key = files.map((file) => [file.path, file.bytes, file.modifiedNs, file.device, file.inode].join('\0')).join('\0');
  const known = cache.get(key);
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (const file of files) {
    let bytes = 0;
    try {
      for await (const piece of createReadStream(file.path, { highWaterMark: 1 << 20, signal })) {
        hash.update(piece as Buffer);
        bytes += (piece as Buffer).length;
      }
    } catch (error) {
      signal?.throwIfAborted();
      throw new Problem('file-unreadable', `${file.path}: ${String(error)}`, { cause: error, where: { path: file.path } });
    }
    if (bytes !== file.bytes) throw new Problem('dataset-changed', `${file.path} changed while it was read`, { where: { path: file.path } });
  }
  await assertUnchanged(files);
  const digest = hash.digest('hex');
  cache.set(key, digest);
  return digest;
}

/** The digest of files that are not open as a dataset. */
export async function digestFiles(paths: readonly string[], cache: DigestCache, options: { signal?: AbortSignal } = {}): Promise<string> {
  return digestDataset(await Promise.all(paths.map(identifyFile)), cache, options);
}
