import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import { fromBuffer } from 'yauzl';

const execute = promisify(execFile);
const root = dirname(fileURLToPath(import.meta.url));

export const targets = ['linux-x64', 'linux-arm64', 'darwin-arm64', 'win32-x64', 'win32-arm64', 'universal'] as const;
export type Target = (typeof targets)[number];

const bytesMax = 45 * 2 ** 20;

/** What the extension host and its pages need; enough to read saved reports, not to judge. */
const everywhere = [
  'package.json',
  'package.nls.json',
  'readme.md',
  'changelog.md',
  'LICENSE.txt',
  /^dist\/(extension|saved-pages|yaml)\.cjs$/,
  /^dist\/(view|renderer)\.js$/,
  /^dist\/view\.css$/,
  /^dist\/[\w-]+\.(ttf|woff2?)$/,
  'dist/slipway.schema.json',
  'dist/slipway.py',
  'dist/third-party.txt',
  /^l10n\/bundle\.l10n(\.[\w-]+)?\.json$/,
  // What findings in Problems link to.
  /^docs\/(config|gates|metrics|models|problems)\.md$/,
  /^media\/[\w-]+\.(svg|png)$/,
  /^media\/walkthrough\/\w+\.svg$/,
  /^samples\/flight-delay\/(slipway\.yaml|README\.md|notebook\.ipynb)$/,
  /^samples\/flight-delay\/data\/\w+\.(parquet|csv)$/,
  // Half a year of batches: enough for a history, and a megabyte less for everybody.
  /^samples\/flight-delay\/data\/current\/2013-(0[789]|1[012])\.parquet$/,
  /^samples\/flight-delay\/models\/flight-delay\/v\d\/model\.onnx$/,
  'samples/flight-delay/cases/curated.csv',
];

/** Every path that a package may hold, below `extension/`: what is not listed does not ship. */
export function allowedIn(target: Target): (string | RegExp)[] {
  if (target === 'universal') return everywhere;
  const [platform, arch] = target.split('-');
  const modules = 'dist/node_modules';
  return [
    ...everywhere,
    /^dist\/(cli|server|onnx-host|judging-thread|chunk-[A-Z0-9]{8})\.js$/,
    'bin/slipway.js',
    `${modules}/@duckdb/node-bindings/duckdb.js`,
    new RegExp(`^${modules}/@duckdb/node-bindings-${target}/(duckdb\\.node|(lib)?duckdb\\.(so|dylib|dll))$`),
    new RegExp(`^${modules}/onnxruntime-node/dist/\\w+\\.js$`),
    new RegExp(`^${modules}/onnxruntime-node/bin/napi-v6/${platform}/${arch}/[\\w.-]+\\.(node|dylib|dll|so(\\.\\d+)*)$`),
    new RegExp(`^${modules}/onnxruntime-common/dist/cjs/[\\w-]+\\.js$`),
    `${modules}/onnxruntime-common/dist/cjs/package.json`,
    new RegExp(`^${modules}/(@duckdb/node-bindings(-${target})?|onnxruntime-(node|common))/(package\\.json|LICENSE(\\.txt)?|ThirdPartyNotices\\.txt)$`),
  ];
}

/** Builds, stages and packs the extension for one platform, and looks into what came out. */
export async function packageFor(target: Target, folder: string): Promise<{ path: string; bytes: number; entries: string[] }> {
  const stage = await mkdtemp(join(tmpdir(), 'slipway-package-'));
  try {
    await execute(process.execPath, [join(root, 'node_modules', 'tsx', 'dist', 'cli.mjs'), 'build.ts', join(stage, 'dist')], { cwd: root });
    for (const name of ['package.nls.json', 'README.md', 'CHANGELOG.md', 'LICENSE', 'docs', 'l10n', 'media']) await cp(join(root, name), join(stage, name), { recursive: true });
    await cp(join(root, 'samples', 'flight-delay'), join(stage, 'samples', 'flight-delay'), { recursive: true });
    if (target !== 'universal') {
      await cp(join(root, 'bin', 'slipway.js'), join(stage, 'bin', 'slipway.js'));
      await addNativeParts(target, join(stage, 'dist', 'node_modules'));
    }
    await writeFile(join(stage, 'package.json'), await manifestFor(target));
    await removeAllBut(stage, allowedIn(target));
    await mkdir(folder, { recursive: true });
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    const path = resolve(folder, `slipway-${target}-${version}.vsix`);
    await createVSIX({ cwd: stage, packagePath: path, dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false, ...(target === 'universal' ? {} : { target }) });
    const entries = await entriesOf(path);
    const { size } = await stat(path);
    const strangers = entries.filter((entry) => !isAllowed(entry, allowedIn(target)));
    const missing = allowedIn(target).filter((allowed) => !isFree(allowed) && !entries.some((entry) => isAllowed(entry, [allowed])));
    if (strangers.length > 0 || missing.length > 0) throw new Error(`${path} holds what it should not: [${strangers.join(', ')}], or lacks what it should: [${missing.join(', ')}]`);
    if (target === 'linux-x64' && size > bytesMax) throw new Error(`${path} is ${(size / 2 ** 20).toFixed(1)} MiB, more than ${bytesMax / 2 ** 20}`);
    return { path, bytes: size, entries };
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Fonts and notices are there as the build needs them; everything else on the list must be. */
function isFree(allowed: string | RegExp): boolean {
  return typeof allowed !== 'string' && /ttf|LICENSE|bundle/.test(allowed.source);
}

function isAllowed(entry: string, allowed: (string | RegExp)[]): boolean {
  return allowed.some((each) => (typeof each === 'string' ? each === entry : each.test(entry)));
}

/** The manifest without what only the checkout needs, and with the platform it was packed for. */
async function manifestFor(target: Target): Promise<string> {
  const { scripts: _scripts, devDependencies: _dev, dependencies: _dependencies, files: _files, private: _private, ...manifest } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  return `${JSON.stringify({ ...manifest, slipway: { target } }, null, 2)}\n`;
}

/** Beside the programs that load them: DuckDB of this platform, and ONNX Runtime, whose one package holds all platforms. */
async function addNativeParts(target: Exclude<Target, 'universal'>, modules: string): Promise<void> {
  for (const name of ['@duckdb/node-bindings', 'onnxruntime-common']) await cp(join(root, 'node_modules', name), join(modules, name), { recursive: true });
  const [platform, arch] = target.split('-');
  const isMeant = (path: string): boolean => !path.includes('napi-v6') || !/napi-v6[\\/]\w+[\\/]?/.test(path) || path.includes(join('napi-v6', platform, arch)) || path.endsWith(join('napi-v6', platform));
  await cp(join(root, 'node_modules', 'onnxruntime-node'), join(modules, 'onnxruntime-node'), { recursive: true, filter: isMeant });
  const bindings = `@duckdb/node-bindings-${target}`;
  const here = join(root, 'node_modules', bindings);
  const isHere = await stat(here).then(() => true, () => false);
  if (isHere) await cp(here, join(modules, bindings), { recursive: true });
  else await fetchPackage(bindings, join(modules, bindings));
}

/** A package of another platform, as the lock file knows it: its bytes are compared with the digest there. */
async function fetchPackage(name: string, folder: string): Promise<void> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, { version: string; integrity: string }> };
  const { version, integrity } = packages[`node_modules/${name}`];
  const download = await mkdtemp(join(tmpdir(), 'slipway-npm-'));
  try {
    await execute('npm', ['pack', `${name}@${version}`, '--pack-destination', download, '--silent'], { shell: process.platform === 'win32' });
    const [tarball] = await readdir(download);
    const digest = `sha512-${createHash('sha512').update(await readFile(join(download, tarball))).digest('base64')}`;
    if (digest !== integrity) throw new Error(`${name}@${version} is not the package of the lock file`);
    await mkdir(folder, { recursive: true });
    await execute('tar', ['-xzf', join(download, tarball), '-C', folder, '--strip-components=1']);
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}

/** The packer renames these three, so they are named here as they will be. */
const renamed: Record<string, string> = { 'README.md': 'readme.md', 'CHANGELOG.md': 'changelog.md', LICENSE: 'LICENSE.txt' };

async function removeAllBut(stage: string, allowed: (string | RegExp)[]): Promise<void> {
  for (const entry of await readdir(stage, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name).slice(stage.length + 1).replaceAll('\\', '/');
    if (!isAllowed(renamed[path] ?? path, allowed)) await rm(join(stage, path));
  }
}

/** Paths in a package, below `extension/`; what the packer itself adds beside that folder is left out. */
export async function entriesOf(path: string): Promise<string[]> {
  const bytes = await readFile(path);
  const entries = await new Promise<string[]>((done, fail) => {
    fromBuffer(bytes, { lazyEntries: false }, (error, zip) => {
      if (error !== null) return fail(error);
      const names: string[] = [];
      zip.on('entry', ({ fileName }: { fileName: string }) => names.push(fileName));
      zip.once('error', fail);
      zip.once('end', () => done(names));
    });
  });
  return entries.filter((name) => !['[Content_Types].xml', 'extension.vsixmanifest'].includes(name)).map((name) => (name.startsWith('extension/') ? name.slice('extension/'.length) : `outside: ${name}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [asked = `${process.platform}-${process.arch}`, folder = 'dist-packages'] = process.argv.slice(2);
  const wanted = asked === 'all' ? targets : targets.filter((target) => target === asked);
  if (wanted.length === 0) throw new Error(`Not a platform: ${asked}. There are ${targets.join(', ')} and all`);
  for (const target of wanted) {
    const { path, bytes, entries } = await packageFor(target, folder);
    console.log(`${path}  ${(bytes / 2 ** 20).toFixed(1)} MiB, ${entries.length} files`);
  }
}
