import { randomBytes } from 'node:crypto';
import { statSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './engines/durable-file.ts';
import type { Gatekeeper } from './endpoint.ts';
import { Problem } from './problem.ts';
import { createApiKey, keyScopes, openKeyCheck, type ApiKey } from './serving/api-keys.ts';
import { makeStoreFolder } from './store/open-store.ts';

/** How long a key that was taken away may still open. */
const staleMs = 1_000;

export async function readKeys(workspace: string): Promise<ApiKey[]> {
  const text = await readFile(fileOf(workspace), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? [] : parseKeys(text, workspace);
}

/** @returns the key itself, which is kept nowhere */
export async function addKey(workspace: string, about: Pick<ApiKey, 'name' | 'scopes' | 'rate'>, now: Date): Promise<string> {
  const keys = await readKeys(workspace);
  if (keys.some(({ name }) => name === about.name)) throw new Problem('usage', `There is a key called ${about.name} already; remove it first, or choose another name`);
  const { text, key } = createApiKey({ ...about, createdAt: now.toISOString() }, randomBytes(32));
  await save(workspace, [...keys, key]);
  return text;
}

export async function removeKey(workspace: string, name: string): Promise<void> {
  const keys = await readKeys(workspace);
  if (!keys.some((key) => key.name === name)) throw new Problem('not-found', `There is no key called ${name}${keys.length === 0 ? '' : `; there are ${keys.map((key) => key.name).join(', ')}`}`);
  await save(workspace, keys.filter((key) => key.name !== name));
}

/**
 * Lets callers in by the keys that are there, as they come and go; null where there are none. Once keys were needed they
 * stay so until the port is closed: taking the last one away shuts everybody out, and lets nobody in.
 */
export async function openGatekeeper(workspace: string, nowMs: () => number = () => performance.now()): Promise<Gatekeeper | null> {
  const first = await readKeys(workspace);
  if (first.length === 0) return null;
  let seen = identityOf(workspace);
  let looked = nowMs();
  let check = openKeyCheck(first, nowMs);
  return (authorization, scope) => {
    if (nowMs() - looked >= staleMs) {
      looked = nowMs();
      const identity = identityOf(workspace);
      if (identity !== seen) {
        seen = identity;
        check = openKeyCheck(identity === null ? [] : parseKeys(readFileSync(fileOf(workspace), 'utf8'), workspace), nowMs);
      }
    }
    return check(authorization, scope);
  };
}

function identityOf(workspace: string): string | null {
  const stat = statSync(fileOf(workspace), { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}

const fileOf = (workspace: string): string => join(workspace, '.slipway', 'keys.json');

async function save(workspace: string, keys: readonly ApiKey[]): Promise<void> {
  await makeStoreFolder(join(workspace, '.slipway'));
  await writeDurably(fileOf(workspace), `${JSON.stringify(keys, null, 2)}\n`, 0o600);
}

/** Whoever can write the file can make keys anyway; what is checked is that it has not been damaged. */
function parseKeys(text: string, workspace: string): ApiKey[] {
  const damaged = (cause?: unknown): Problem => new Problem('store-corrupt', `${fileOf(workspace)} is not a list of keys; remove it and make them anew`, { cause, where: { path: fileOf(workspace) } });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw damaged(cause);
  }
  if (!Array.isArray(value) || !value.every(isKey)) throw damaged();
  return value;
}

function isKey(value: unknown): value is ApiKey {
  if (typeof value !== 'object' || value === null) return false;
  const { name, sha256, scopes, rate } = value as Partial<Record<keyof ApiKey, unknown>>;
  const isRate = rate === null || (typeof rate === 'object' && rate !== undefined && Object.values(rate).every((each) => typeof each === 'number' && each > 0));
  return typeof name === 'string' && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && Array.isArray(scopes) && scopes.every((scope) => (keyScopes as readonly unknown[]).includes(scope)) && isRate;
}
