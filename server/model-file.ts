import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { relative, sep } from 'node:path';
import type { Config } from '../protocol/config.ts';
import type { Snapshot } from '../protocol/feed.ts';
import type { TensorInfo } from '../protocol/registry.ts';
import type { ModelFileDifference, ModelFileReport, OperatorTimes } from '../protocol/workspace.ts';
import { profileOperators } from './engines/onnx.ts';
import { featuresAmong } from './open-models.ts';
import { matchInputs } from './predict.ts';
import { Problem } from './problem.ts';
import { compareModelFiles } from './registry/compare-model-files.ts';
import { openModelFile, type OpenModelFile } from './registry/open-model-file.ts';
import { registerModel } from './registry/register-model.ts';
import type { Store } from './store/open-store.ts';

interface Bounds {
  workspace: string;
  allow: readonly string[];
}

/** What slipway.yaml says, and what was saved of the data it names. */
export interface KnownData {
  config: Config;
  store: Pick<Store, 'batches' | 'readBatch'>;
}

/** Up to this size a file is hashed while somebody waits to see it. */
const hashedBytesMax = 256 * 2 ** 20;

/** A model file as it lies there now, with the versions it is. Its weights are stepped over, so that size costs no time. */
export async function reportModelFile(path: string, bounds: Bounds, { models }: Pick<Snapshot, 'models'>, known: KnownData | null): Promise<ModelFileReport> {
  const opened = await openModelFile(path, bounds);
  try {
    const { bytes, admission } = opened;
    const is = await versionTest(opened, bounds);
    const versions = models.filter(is).map(async ({ model, version, digest, champion, run }) => {
      const columns = admission.admitted && known !== null ? await columnsFeeding(admission.summary.inputs, model, known) : null;
      return { model, version, digest, champion, ...(columns !== null && { columns }), run };
    });
    return { path, bytes, admission, versions: await Promise.all(versions) };
  } finally {
    opened.close();
  }
}

/**
 * Where the time of a version goes. Only bytes that are a version are run, in a process of their own and from the private
 * copy, as for a verdict.
 */
export async function measureOperators(path: string, { allow, resources }: Config, { workspace, models, seen, signal }: { workspace: string; models: string; seen: Snapshot['models']; signal: AbortSignal }): Promise<OperatorTimes> {
  signal.throwIfAborted();
  const opened = await openModelFile(path, { workspace, allow });
  opened.close();
  const registration = await registerModel(opened.file, models, { signal });
  if (registration.kind === 'incomplete') throw new Problem('model-incomplete', `${path}: ${registration.reason}`, { where: { path } });
  if (registration.kind === 'refused') throw new Problem('model-refused', `${path}: ${registration.refusals.map(({ message }) => message).join('; ')}`, { where: { path } });
  const { file, sha256, externalSha256, digest } = registration.model;
  if (!seen.some((version) => version.digest === digest)) throw new Problem('not-found', `${path} is no version that was judged; check the model first`);
  try {
    return await profileOperators({ file, sha256, externalSha256, deadlineMs: resources.deadlineMs, memoryBytesMax: resources.memoryMb * 1e6, ...(resources.threads !== null && { threads: resources.threads }), signal });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Messages name the file that people know, not the private copy of it.
    throw new Problem(error.code, error.message.replaceAll(file, path), { cause: error, where: { path } });
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

/**
 * Columns that feed each input, by what slipway.yaml says and by the newest check of the model's data that is saved, the
 * reference first: no data are opened for it. Null where none was checked yet.
 */
async function columnsFeeding(inputs: readonly TensorInfo[], model: string, { config, store }: KnownData): Promise<Record<string, string[]> | null> {
  const of = config.models.find(({ name }) => name === model);
  if (of === undefined) return null;
  const { reference, holdout, current, cases } = of.datasets;
  const datasets = [reference, holdout, current, cases].flatMap((name) => config.datasets.filter((each) => each.name === name));
  for (const { name } of datasets) {
    const [newest] = await store.batches({ dataset: name, limit: 1 });
    if (newest === undefined) continue;
    const { profile } = await store.readBatch(newest.id);
    return matchInputs(inputs, of, profile, featuresAmong(profile.columns.map((column) => column.name), of, datasets));
  }
  return null;
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
