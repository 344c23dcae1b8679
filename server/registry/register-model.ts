import { createHash, randomBytes } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
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
  /** `identity` is that of the files that were read: the same one later means that they are still the same. */
  | { kind: 'registered'; model: RegisteredModel; identity: string }
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
    const admission = admit(path);
    if (!(await isThere(path))) return { kind: 'incomplete', reason: `${basename(path)} is gone` };
    if (!admission.admitted) return admission.incomplete ? { kind: 'incomplete', reason: sentence(admission.refusals) } : { kind: 'refused', refusals: admission.refusals };
    const locations = ['', ...admission.summary.externalFiles.map(({ location }) => location)];
    const digests = new Map<string, string>();
    const identities: string[] = [];
    let bytes = 0;
    for (const location of locations) {
      const copied = await copyOf(location === '' ? path : join(dirname(path), location), join(incoming, location === '' ? 'model.onnx' : location), signal);
      if (copied === null) return { kind: 'incomplete', reason: `${location === '' ? basename(path) : location} changed while it was read` };
      digests.set(location, copied.sha256);
      identities.push(copied.identity);
      bytes += copied.bytes;
    }
    const again = admit(join(incoming, 'model.onnx'));
    if (!again.admitted) return { kind: 'incomplete', reason: `changed while it was read: ${sentence(again.refusals)}` };
    const sha256 = digests.get('') ?? '';
    const external = new Map([...digests].filter(([location]) => location !== ''));
    const digest = external.size === 0 ? sha256 : createHash('sha256').update(JSON.stringify([...digests].sort())).digest('hex');
    const folder = join(into, digest);
    if (!(await isThere(folder))) await moveDurably(incoming, folder).catch((error: unknown) => ignoreIfThere(error, folder));
    return { kind: 'registered', model: { digest, file: join(folder, 'model.onnx'), sha256, externalSha256: external, bytes, summary: again.summary, warnings: again.warnings }, identity: identities.join('; ') };
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** Registrations by path, kept by the caller between looks, so that a large model is not read again every minute. */
export type RegistrationCache = Map<string, Extract<Registration, { kind: 'registered' }>>;

/** All of them, in order. One that is half-written keeps nobody waiting: the others come first, then all such together. */
export async function registerModels(paths: readonly string[], into: string, known: RegistrationCache, options: WaitOptions = {}): Promise<Registration[]> {
  const registrations: Registration[] = [];
  for (const path of paths) {
    options.signal?.throwIfAborted();
    const kept = known.get(path);
    const isSame = kept !== undefined && kept.identity === (await identityOf(path, kept.model)) && (await isThere(kept.model.file));
    const registration = isSame ? kept : await registerModel(path, into, options);
    if (registration.kind === 'registered') known.set(path, registration);
    registrations.push(registration);
  }
  return Promise.all(registrations.map((registration, index) => (registration.kind === 'incomplete' ? registerWhenComplete(paths[index], into, options) : registration)));
}

interface WaitOptions {
  signal?: AbortSignal;
  delaysMs?: number[];
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Waits between looks while the file keeps changing; the last look's answer stands. */
export async function registerWhenComplete(path: string, into: string, { signal, delaysMs = [500, 1000, 2000, 4000, 8000], sleep = pause }: WaitOptions = {}): Promise<Registration> {
  let before = await identityOf(path);
  let registration = await registerModel(path, into, { signal });
  for (const delay of delaysMs) {
    if (registration.kind !== 'incomplete') break;
    await sleep(delay, signal);
    const now = await identityOf(path);
    // A truncated file that nobody writes to any more is looked at once more, not five times.
    if (now === before && delay !== delaysMs[0]) break;
    before = now;
    registration = await registerModel(path, into, { signal });
  }
  return registration;
}

/** Null when the source changed, or went away, while it was read. */
async function copyOf(source: string, target: string, signal: AbortSignal | undefined): Promise<{ sha256: string; bytes: number; identity: string } | null> {
  // Not blocking: between the scan and now somebody may have put a pipe in its place.
  const file = await open(source, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(ignoreIfGone);
  if (file === null) return null;
  try {
    const before = identityIn(await file.stat({ bigint: true }));
    const { temporary, sha256, bytes } = await copyWhileHashing(file, dirname(target), signal);
    const after = await stat(source, { bigint: true }).catch(ignoreIfGone);
    if (after === null || identityIn(after) !== before || BigInt(bytes) !== after.size) {
      await rm(temporary, { force: true });
      return null;
    }
    await moveDurably(temporary, target);
    return { sha256, bytes, identity: before };
  } finally {
    await file.close();
  }
}

/** Of a model file and the files its weights lie in. */
async function identityOf(path: string, model?: Pick<RegisteredModel, 'externalSha256'>): Promise<string> {
  const files = [path, ...[...(model?.externalSha256.keys() ?? [])].map((location) => join(dirname(path), location))];
  return (await Promise.all(files.map((file) => stat(file, { bigint: true }).then(identityIn, () => 'gone')))).join('; ');
}

/** Another one when the file is written to or replaced. */
function identityIn({ size, mtimeNs, ctimeNs, ino, dev }: BigIntStats): string {
  return `${dev} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

function ignoreIfGone(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
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
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
