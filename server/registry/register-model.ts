import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { AdmissionFinding, ModelSummary } from '../../protocol/registry.ts';
import { copyWhileHashing, moveDurably } from '../engines/durable-file.ts';
import { admit } from '../engines/onnx-admission.ts';

/** A model file that is complete, admitted, and kept as a private copy of exactly the bytes that were hashed. */
export interface RegisteredModel {
  /** sha256 of the file; of a model with external data, of the list of all its files' digests. */
  digest: string;
  /** Absolute path of the private copy. */
  file: string;
  /** Digest of the model file alone, and of its external files by location. */
  sha256: string;
  externalSha256: Map<string, string>;
  bytes: number;
  summary: ModelSummary;
  warnings: AdmissionFinding[];
}

export type Registration =
  | { kind: 'registered'; model: RegisteredModel }
  /** Half-written, or changing while it was read: worth another look. */
  | { kind: 'incomplete'; reason: string }
  | { kind: 'refused'; refusals: AdmissionFinding[] };

/**
 * Hash while copying, look whether the source stood still, scan, and only then give the copy its name.
 * The source is read once; what was scanned is what was hashed is what a host will load.
 *
 * @param into folder of private copies; a digest that is there already is not written again
 */
export async function registerModel(path: string, into: string, { signal }: { signal?: AbortSignal } = {}): Promise<Registration> {
  const incoming = join(into, `incoming-${process.pid}-${randomBytes(6).toString('hex')}`);
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  try {
    // On the source, as links and locations outside its folder cannot be seen on a copy.
    const admission = await admit(path);
    if (!admission.admitted) return admission.incomplete ? { kind: 'incomplete', reason: sentence(admission.refusals) } : { kind: 'refused', refusals: admission.refusals };
    const locations = ['', ...admission.summary.externalFiles.map(({ location }) => location)];
    const digests = new Map<string, string>();
    let bytes = 0;
    for (const location of locations) {
      const copied = await copyOf(location === '' ? path : join(dirname(path), location), join(incoming, location === '' ? 'model.onnx' : location), signal);
      if (copied === null) return { kind: 'incomplete', reason: `${location === '' ? basename(path) : location} changed while it was read` };
      digests.set(location, copied.sha256);
      bytes += copied.bytes;
    }
    const again = await admit(join(incoming, 'model.onnx'));
    if (!again.admitted) return { kind: 'incomplete', reason: `changed while it was read: ${sentence(again.refusals)}` };
    const sha256 = digests.get('') ?? '';
    const external = new Map([...digests].filter(([location]) => location !== ''));
    const digest = external.size === 0 ? sha256 : createHash('sha256').update(JSON.stringify([...digests].sort())).digest('hex');
    const folder = join(into, digest);
    if (!(await isThere(folder))) await moveDurably(incoming, folder).catch((error: unknown) => ignoreIfThere(error, folder));
    return { kind: 'registered', model: { digest, file: join(folder, 'model.onnx'), sha256, externalSha256: external, bytes, summary: again.summary, warnings: again.warnings } };
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** Waits between looks while the file keeps changing; the last look's answer stands. */
export async function registerWhenComplete(path: string, into: string, { signal, delaysMs = [500, 1000, 2000, 4000, 8000], sleep = pause }: { signal?: AbortSignal; delaysMs?: number[]; sleep?: (ms: number, signal?: AbortSignal) => Promise<void> } = {}): Promise<Registration> {
  let before = await signatureOf(path);
  let registration = await registerModel(path, into, { signal });
  for (const delay of delaysMs) {
    if (registration.kind !== 'incomplete') break;
    await sleep(delay, signal);
    const now = await signatureOf(path);
    // A truncated file that nobody writes to any more is looked at once more, not five times.
    if (now === before && delay !== delaysMs[0]) break;
    before = now;
    registration = await registerModel(path, into, { signal });
  }
  return registration;
}

async function copyOf(source: string, target: string, signal: AbortSignal | undefined): Promise<{ sha256: string; bytes: number } | null> {
  const file = await open(source, 'r');
  try {
    const before = await file.stat({ bigint: true });
    const { temporary, sha256, bytes } = await copyWhileHashing(file, dirname(target), signal);
    const after = await stat(source, { bigint: true });
    if (before.size !== after.size || before.mtimeNs !== after.mtimeNs || before.ino !== after.ino || BigInt(bytes) !== after.size) {
      await rm(temporary, { force: true });
      return null;
    }
    await moveDurably(temporary, target);
    return { sha256, bytes };
  } finally {
    await file.close();
  }
}

async function signatureOf(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    ({ size, mtimeNs, ino }) => `${size} ${mtimeNs} ${ino}`,
    () => 'gone',
  );
}

/** Another process registered the same bytes a moment ago. */
async function ignoreIfThere(error: unknown, folder: string): Promise<void> {
  if (!(await isThere(folder))) throw error;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const sentence = (findings: AdmissionFinding[]): string => findings.map(({ message }) => message).join('; ');

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => (clearTimeout(timer), reject(signal.reason as Error)), { once: true });
  });
}
