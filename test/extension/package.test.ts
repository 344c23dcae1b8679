import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedIn, entriesOf, packageFor, targets } from '../../package.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), 'slipway-vsix-'))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const isAllowed = (path: string, target: (typeof targets)[number]): boolean => allowedIn(target).some((each) => (typeof each === 'string' ? each === path : each.test(path)));

describe('a package', () => {
  it('of this platform has its native parts and nothing that is not on the list, in 45 MiB', async () => {
    const { path, bytes, entries } = await packageFor('linux-x64', folder);
    expect(bytes).toBeLessThanOrEqual(45 * 2 ** 20);
    expect(await entriesOf(path)).toEqual(entries);
    expect(entries.filter((entry) => /\.(node|so(\.\d+)*|dll|dylib)$/.test(entry)).sort()).toEqual([
      'dist/node_modules/@duckdb/node-bindings-linux-x64/duckdb.node',
      'dist/node_modules/@duckdb/node-bindings-linux-x64/libduckdb.so',
      'dist/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1',
      'dist/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node',
    ]);
    expect(entries.filter((entry) => /\.(map|ts)$|^(server|test|extension|webview)\//.test(entry))).toEqual([]);
    expect(entries).toEqual(expect.arrayContaining(['package.json', 'dist/extension.cjs', 'dist/server.js', 'dist/view.js', 'dist/slipway.schema.json', 'dist/third-party.txt', 'samples/flight-delay/slipway.yaml', 'l10n/bundle.l10n.json', 'media/icon.png']));
  }, 300_000);

  it('for every platform has nothing native, and none of what would need it', async () => {
    const { entries } = await packageFor('universal', folder);
    expect(entries.filter((entry) => /\.(node|so|dll|dylib)/.test(entry) || entry.includes('node_modules') || entry === 'dist/server.js')).toEqual([]);
  }, 300_000);

  it.each(targets.filter((target) => target !== 'universal'))('of %s may hold no other platform', (target) => {
    const others = targets.filter((other) => other !== target && other !== 'universal');
    for (const other of others) {
      const [platform, arch] = other.split('-');
      expect(isAllowed(`dist/node_modules/@duckdb/node-bindings-${other}/duckdb.node`, target)).toBe(false);
      expect(isAllowed(`dist/node_modules/onnxruntime-node/bin/napi-v6/${platform}/${arch}/onnxruntime_binding.node`, target)).toBe(false);
    }
    expect(isAllowed(`dist/node_modules/@duckdb/node-bindings-${target}/duckdb.node`, target)).toBe(true);
  });

  it.each(['.env', 'dist/extension.cjs.map', 'node_modules/x/index.js', 'samples/flight-delay/.slipway/journal.jsonl', 'dist/chunk-abc.js', 'dist/node_modules/left-pad/index.js', 'server/cli.ts', '../outside'])('never holds %s', (path) => {
    for (const target of targets) expect(isAllowed(path, target)).toBe(false);
  });
});

it('the icon is a square PNG of at least 128 pixels, as the marketplace wants it', async () => {
  const { icon } = JSON.parse(await readFile('package.json', 'utf8')) as { icon: string };
  const png = await readFile(icon);
  expect(png.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  expect(height).toBe(width);
  expect(width).toBeGreaterThanOrEqual(128);
  expect(isAllowed(icon, 'universal')).toBe(true);
});

it('the manifest lists for npm what the command line needs', async () => {
  const { files } = JSON.parse(await readFile('package.json', 'utf8')) as { files: string[] };
  expect(files).toEqual(expect.arrayContaining(['bin/', 'dist/', 'LICENSE', 'README.md']));
});
