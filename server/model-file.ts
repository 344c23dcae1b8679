import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { relative, sep } from 'node:path';
import type { Snapshot } from '../protocol/feed.ts';
import type { ModelFileDifference, ModelFileReport } from '../protocol/workspace.ts';
import { compareModelFiles } from './registry/compare-model-files.ts';
import { openModelFile, type OpenModelFile } from './registry/open-model-file.ts';

interface Bounds {
  workspace: string;
  allow: readonly string[];
}

/** Up to this size a file is hashed while somebody waits to see it. */
const hashedBytesMax = 256 * 2 ** 20;

/** A model file as it lies there now, with the versions it is. Its weights are stepped over, so that size costs no time. */
export async function reportModelFile(path: string, bounds: Bounds, { models }: Pick<Snapshot, 'models'>): Promise<ModelFileReport> {
  const opened = await openModelFile(path, bounds);
  try {
    const { bytes, admission } = opened;
    const is = await versionTest(opened, bounds);
    return { path, bytes, admission, versions: models.filter(is).map(({ model, version, digest, champion, run }) => ({ model, version, digest, champion, run })) };
  } finally {
    opened.close();
  }
}

export async function compareModels(path: string, against: string, bounds: Bounds, signal: AbortSignal): Promise<ModelFileDifference> {
  const after = await openModelFile(path, bounds);
  try {
    const before = await openModelFile(against, bounds);
    try {
      return { path, against, ...(await compareModelFiles(after, before, { signal })) };
    } finally {
      before.close();
    }
  } finally {
    after.close();
  }
}

/** By its bytes; where hashing them would take too long, by its place, as long as it has not been written since the version was seen. */
async function versionTest(opened: OpenModelFile, { workspace }: Bounds): Promise<(version: Snapshot['models'][number]) => boolean> {
  const { admission, bytes, file, modifiedMs } = opened;
  if (!admission.admitted) return () => false;
  if (bytes <= hashedBytesMax && admission.summary.externalFiles.length === 0) {
    const digest = await sha256Of(opened);
    return (version) => version.digest === digest;
  }
  const name = relative(workspace, file).split(sep).join('/');
  return (version) => version.path === name && version.summary?.bytes === bytes && modifiedMs <= Date.parse(version.seenAt);
}

async function sha256Of({ descriptor, file }: OpenModelFile): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file, { fd: descriptor, autoClose: false, start: 0, highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}
