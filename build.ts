import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, type OnLoadArgs, type Plugin, build, transform } from 'esbuild';
import { theme } from './figures/theme.ts';

/** `tsx build.ts [folder]`: the program as it is shipped, in dist/ or in a folder of the checkout that a test chose. */
const outdir = process.argv[2] ?? 'dist';

/** Command line, server and their children, on any Node we support. */
const programs: BuildOptions = {
  entryPoints: { cli: 'server/cli.ts', demo: 'server/demo.ts', server: 'server/editor.ts', 'onnx-host': 'server/engines/onnx-host.ts', 'judging-thread': 'server/judging-thread.ts' },
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  // Beside the entries: the sources name their threads and package.json relative to themselves.
  chunkNames: 'chunk-[hash]',
  sourcemap: true,
  // Native packages stay outside: each ships its own binaries and is loaded from node_modules.
  external: ['@duckdb/node-bindings', 'onnxruntime-node'],
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

/** What not every editor needs is a file of its own, loaded when first used: activation is paid by all. */
const loadedLater: Plugin = {
  name: 'loaded later',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/saved-pages\.ts$/ }, ({ kind }) => (kind === 'dynamic-import' ? { path: './saved-pages.cjs', external: true } : null));
    onResolve({ filter: /^\.\/yaml\.cjs$/ }, ({ path }) => ({ path, external: true }));
    onResolve({ filter: /^yaml$/ }, ({ importer }) => (importer.endsWith('read-yaml.ts') ? { path: 'yaml', namespace: 'later' } : null));
    onLoad({ filter: /.*/, namespace: 'later' }, () => ({
      contents: ['isMap', 'isScalar', 'isSeq', 'parseDocument'].map((name) => `export const ${name} = (...values) => require('./yaml.cjs').${name}(...values);`).join('\n'),
    }));
  },
};

/**
 * The editor's interface, asked for once. As an ordinary import it would be copied, name by name, for each file that has
 * one, and asked for as often: most of the time that loading takes.
 */
const editorInterface: Plugin = {
  name: 'editor interface',
  setup({ onResolve, onLoad }) {
    onLoad({ filter: /[\\/]extension[\\/].*\.ts$/ }, async ({ path }: OnLoadArgs) => ({ loader: 'ts', contents: (await readFile(path, 'utf8')).replace("import * as vscode from 'vscode';", "import { vscode } from 'editor-interface';") }));
    onResolve({ filter: /^editor-interface$/ }, ({ path }) => ({ path, namespace: 'editor' }));
    onLoad({ filter: /.*/, namespace: 'editor' }, () => ({ contents: "export const vscode = require('vscode');" }));
  },
};

/** The editor's extension host loads CommonJS, and nothing native. */
const extension: BuildOptions = {
  entryPoints: { extension: 'extension/main.ts', 'saved-pages': 'extension/saved-pages.ts', yaml: 'node_modules/yaml/browser/dist/index.js' },
  outExtension: { '.js': '.cjs' },
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  sourcemap: true,
  external: ['vscode'],
  supported: { 'dynamic-import': false },
  plugins: [loadedLater, editorInterface],
};

/** What the editor's pages run: no Node, no network, no eval. */
const pages: BuildOptions = {
  entryPoints: { view: 'webview/main.ts', renderer: 'webview/renderer.ts' },
  platform: 'browser',
  target: 'es2022',
  format: 'esm',
  minify: true,
};

await rm(outdir, { recursive: true, force: true });
const built: string[] = [];
for (const options of [programs, extension, pages]) {
  const { metafile } = await build({ ...options, outdir, bundle: true, metafile: true, logLevel: 'warning' });
  built.push(...Object.keys(metafile.inputs));
}
await writeFile(join(outdir, 'third-party.txt'), await notices(built));
await cp('docs/slipway.schema.json', join(outdir, 'slipway.schema.json'));
await cp('extension/notebook/slipway.py', join(outdir, 'slipway.py'));
const sheets = await Promise.all(['webview/view.css', 'webview/data-pages.css'].map((path) => readFile(path, 'utf8')));
const style = await transform([theme, ...sheets].join('\n'), { loader: 'css', minify: true });
await writeFile(join(outdir, 'view.css'), style.code);

/** The licences of the packages that are in the bundles. */
async function notices(inputs: string[]): Promise<string> {
  const folders = new Set(inputs.flatMap((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? []));
  const texts = await Promise.all([...folders].sort().map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name: string; version: string; license?: string };
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    return `${name} ${version} (${license ?? 'see below'})\n\n${file === undefined ? '' : (await readFile(join(folder, file), 'utf8')).trim()}\n`;
  }));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}
