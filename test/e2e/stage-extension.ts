import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageFor, targets } from '../../package.ts';
import type { Installed } from './install.ts';

/** Packs the extension as it is shipped for this platform, and installs it as a user does; gives its folder. */
export async function stageExtension({ node, codeServer }: Pick<Installed, 'node' | 'codeServer'>, scratch: string, extensions: string): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const target = targets.find((known) => known === platform);
  if (target === undefined) throw new Error(`There is no package for ${platform}, so none can be tested`);
  const { path } = await packageFor(target, scratch);
  const program = [join(codeServer, 'out', 'node', 'entry.js'), '--config', join(scratch, 'installing.yaml'), '--user-data-dir', join(scratch, 'installing'), '--extensions-dir', extensions];
  await promisify(execFile)(node, [...program, '--install-extension', path], { env: { ...process.env, HOME: scratch } });
  const folder = (await readdir(extensions)).find((name) => name.startsWith('slipway.slipway-'));
  if (folder === undefined) throw new Error(`${path} was not installed`);
  return join(extensions, folder);
}
