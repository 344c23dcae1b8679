import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Replaces `path` so that after a crash it holds either the old bytes or the new, never a part:
 * temp file in the same folder, fsync, rename, fsync of the folder.
 */
export async function writeDurably(path: string, bytes: string | Uint8Array, mode = 0o644): Promise<void> {
  const temporary = temporaryName(path);
  const file = await open(temporary, 'wx', mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await file.close();
  await moveDurably(temporary, path);
}

/** Renames within one file system and makes the rename itself survive a power cut. */
export async function moveDurably(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await rename(from, to);
      break;
    } catch (error) {
      // Windows refuses while a scanner or indexer holds the target open.
      const held = ['EPERM', 'EACCES', 'EBUSY'].includes((error as NodeJS.ErrnoException).code ?? '');
      if (process.platform !== 'win32' || !held || attempt === 10) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  await syncFolder(dirname(to));
}

export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** What others wrote into it is on the disk then, not only on its way. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Copies an open file into `folder` under a temporary name while hashing it. The caller moves or removes it. */
export async function copyWhileHashing(source: FileHandle, folder: string, signal?: AbortSignal): Promise<{ temporary: string; sha256: string; bytes: number }> {
  await mkdir(folder, { recursive: true });
  const temporary = temporaryName(join(folder, 'incoming'));
  const target = await open(temporary, 'wx', 0o444);
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(1 << 20);
  let bytes = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await source.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) break;
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      await target.write(part);
      bytes += bytesRead;
    }
    await target.sync();
  } catch (error) {
    await target.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await target.close();
  return { temporary, sha256: hash.digest('hex'), bytes };
}

function temporaryName(path: string): string {
  return `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
}
