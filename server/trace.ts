import { execFile } from 'node:child_process';
import { cpus, platform, release } from 'node:os';
import { promisify } from 'node:util';
import type { Lineage } from '../protocol/lineage.ts';
import { duckdbVersion } from './engines/duckdb.ts';
import { version } from './version.ts';

const run = promisify(execFile);

/** The code the model and the gates were made with: revision of the workspace's git checkout, if it is one. */
export async function traceCode(workspace: string, signal?: AbortSignal): Promise<Lineage['code']> {
  const revision = await git(workspace, ['rev-parse', 'HEAD'], signal);
  if (revision === null) return { revision: null, dirty: null, repository: null };
  const [changes, remote] = await Promise.all([git(workspace, ['status', '--porcelain', '--untracked-files=no', '--', '.'], signal), git(workspace, ['config', '--get', 'remote.origin.url'], signal)]);
  return { revision, dirty: changes === null ? null : changes !== '', repository: remote === null ? null : withoutCredentials(remote) };
}

/** Who git says works here: "Ada Lovelace <ada@acme.example>"; null when it does not say. */
export async function traceAuthor(workspace: string, signal?: AbortSignal): Promise<string | null> {
  const [name, address] = await Promise.all(['user.name', 'user.email'].map((key) => git(workspace, ['config', '--get', key], signal)));
  if (name === null || name === '') return address === '' ? null : address;
  return address === null || address === '' ? name : `${name} <${address}>`;
}

export function traceVersions(onnxruntime: string): Lineage['versions'] {
  return { slipway: version, node: process.versions.node, onnxruntime, duckdb: duckdbVersion(), os: `${platform()} ${release()}`, cpu: cpus()[0]?.model.trim() ?? 'unknown' };
}

async function git(workspace: string, args: string[], signal?: AbortSignal): Promise<string | null> {
  try {
    const { stdout } = await run('git', ['-C', workspace, ...args], { signal, timeout: 5_000, env: { ...process.env, GIT_OPTIONAL_LOCKS: '0' } });
    return stdout.trim();
  } catch {
    signal?.throwIfAborted();
    // No git, no checkout, or no commit yet: what was asked is then recorded as unknown.
    return null;
  }
}

function withoutCredentials(remote: string): string {
  return remote.replace(/^(\w+:\/\/)[^/@]*@/, '$1');
}
