/** `tsx test/e2e/install.ts`: what the tests in a real editor need and npm ci does not bring. Made once, kept outside the checkout. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { cacheFolder } from '../cache-folder.ts';

export interface Installed {
  /** Node of the release that this VS Code was built for. */
  node: string;
  /** Folder of the code-server package. */
  codeServer: string;
  chromium: string;
}

const nodeVersion = '24.21.0';
/** VS Code 1.139.1. */
const codeServerVersion = '4.139.1';

export async function install(): Promise<Installed> {
  return { ...(await installCodeServer()), chromium: await installChromium() };
}

/** Half an installation is never seen under the name of a whole one. */
async function installCodeServer(): Promise<Omit<Installed, 'chromium'>> {
  const cache = cacheFolder();
  const home = join(cache, `code-server-${codeServerVersion}-node-${nodeVersion}-${process.platform}-${process.arch}`);
  if (existsSync(home)) return placesIn(home);
  await mkdir(cache, { recursive: true });
  await alone(`${home}.lock`, async () => {
    if (existsSync(home)) return;
    console.log(`Installing code-server ${codeServerVersion} and Node ${nodeVersion} into ${home}, once: this takes minutes`);
    const making = await mkdtemp(`${home}.making-`);
    try {
      await makeCodeServer(making);
      await rename(making, home);
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  });
  return placesIn(home);
}

const placesIn = (home: string): Omit<Installed, 'chromium'> => ({
  node: join(home, 'node', 'node_modules', 'node', 'bin', 'node'),
  codeServer: join(home, 'code-server', 'node_modules', 'code-server'),
});

async function makeCodeServer(home: string): Promise<void> {
  const { node, codeServer } = placesIn(home);
  const editor = join(codeServer, 'lib', 'vscode');
  for (const folder of ['node', 'code-server']) {
    await mkdir(join(home, folder));
    await writeFile(join(home, folder, 'package.json'), '{"private":true}');
  }
  await npm(join(home, 'node'), ['install', `node@${nodeVersion}`, '--ignore-scripts=false']);
  const environment = {
    PATH: `${dirname(node)}:${process.env.PATH ?? ''}`,
    // The headers that came with this Node: those of the machine's own may be of another release.
    npm_config_nodedir: join(home, 'node', 'node_modules', 'node', 'node_modules', `node-${process.platform}-${process.arch}`),
  };
  // Its own install script compiles everything, sqlite and Kerberos too. Of what has no binary in its package, only
  // these two are missed by the editor: the log, and the end of an extension host whose parent is gone.
  await npm(join(home, 'code-server'), ['install', `code-server@${codeServerVersion}`, '--ignore-scripts'], environment);
  await npm(editor, ['install', '--omit=dev', '--ignore-scripts'], environment);
  await npm(join(editor, 'extensions'), ['install', '--omit=dev', '--ignore-scripts'], environment);
  await npm(editor, ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog', '--ignore-scripts=false', '--foreground-scripts'], environment);
}

async function npm(folder: string, args: string[], environment: NodeJS.ProcessEnv = {}): Promise<void> {
  // What `npm test` tells its children about this checkout is not meant for these folders.
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(package|lifecycle|config_(ignore_scripts|local_prefix|prefix|omit))/i.test(name)));
  await run('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder, env: { ...own, ...environment } });
}

/** An installed Chromium; Debian's, where it can be installed; else the one Playwright downloads. */
async function installChromium(): Promise<string> {
  const found = findChromium();
  if (found !== null) return found;
  const failures: string[] = [];
  const attempts: [string, string[]][] = [
    ...(process.getuid?.() === 0 && existsSync('/usr/bin/apt-get') ? [['sh', ['-c', 'apt-get update && apt-get install -y --no-install-recommends chromium']] satisfies [string, string[]]] : []),
    [process.execPath, [fileURLToPath(new URL('../../node_modules/playwright-core/cli.js', import.meta.url)), 'install', 'chromium']],
  ];
  for (const [program, args] of attempts) {
    await run(program, args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).catch((error: unknown) => failures.push(String(error)));
    const installed = findChromium();
    if (installed !== null) return installed;
  }
  throw new Error(`The tests in a real editor need Chromium, and it could not be installed. Install it, or name one in $CHROMIUM.\n${failures.join('\n')}`);
}

function findChromium(): string | null {
  const known = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', chromium.executablePath()];
  return known.find((path) => path !== undefined && path !== '' && existsSync(path)) ?? null;
}

/** Runs the work while no other process does; a lock whose owner has ended is taken over. */
async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  for (let told = false; !(await take(lock)); ) {
    const owner = Number(await readFile(lock, 'utf8').catch(() => '0'));
    if (owner > 0 && !isRunning(owner)) await rm(lock, { force: true });
    else if (!told) {
      console.log(`Waiting for process ${owner}, which is installing`);
      told = true;
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Its output goes to a file of its end, shown when it fails; a line now and then says that it is at work. */
async function run(program: string, args: string[], options: { cwd?: string; env: NodeJS.ProcessEnv }): Promise<void> {
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(0)} s`;
  console.log(`> ${program} ${args.join(' ')}`);
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output = `${output}${text}`.slice(-20_000)));
  const progress = setInterval(() => console.log(`  ${seconds()} …`), 30_000);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  }).finally(() => clearInterval(progress));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with code ${code}:\n${output}`);
  console.log(`  done in ${seconds()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await install());
