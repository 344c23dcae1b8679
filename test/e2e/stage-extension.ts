import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const checkout = fileURLToPath(new URL('../..', import.meta.url));

/** Lays the extension out as the editor does with an installed one, built from the sources; gives its folder. */
export async function stageExtension(extensions: string): Promise<string> {
  const { publisher, name, version } = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8')) as Record<string, string>;
  const folder = join(extensions, `${publisher}.${name}-${version}`);
  await mkdir(folder, { recursive: true });
  for (const part of ['package.json', 'package.nls.json', 'media', 'l10n', 'docs', 'README.md', 'LICENSE']) await cp(join(checkout, part), join(folder, part), { recursive: true });
  await promisify(execFile)('npx', ['--no-install', 'tsx', 'build.ts', join(folder, 'dist')], { cwd: checkout });
  await symlink(join(checkout, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}
