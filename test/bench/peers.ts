import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

export interface Peers {
  python: string;
  /** `name version`, of the pinned packages and Python. */
  versions: string[];
}

/** A virtual environment with the pinned peers, named by the digest of the pins, so that new pins make a new one. */
export async function installPeers(folder: string, requirements: string): Promise<Peers> {
  const pins = await readFile(requirements, 'utf8');
  const environment = join(folder, `peers-${createHash('sha256').update(pins).digest('hex').slice(0, 12)}`);
  if (!existsSync(environment)) await create(environment, requirements);
  const python = pythonOf(environment);
  const { stdout } = await exec(python, ['--version']);
  return { python, versions: [stdout.trim(), ...pins.trim().split('\n').map((pin) => pin.replace('==', ' '))] };
}

async function create(environment: string, requirements: string): Promise<void> {
  const unfinished = `${environment}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await exec(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', unfinished]);
  // Modules are run through the interpreter, as the environment is renamed once it is complete.
  await exec(pythonOf(unfinished), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements], { maxBuffer: 1 << 26 });
  await rename(unfinished, environment);
}

function pythonOf(environment: string): string {
  return process.platform === 'win32' ? join(environment, 'Scripts', 'python.exe') : join(environment, 'bin', 'python');
}
