import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, transform } from 'esbuild';
import { theme } from './figures/theme.ts';

/** `tsx build.ts [folder]`: the program as it is shipped, in dist/ or in a folder of the checkout that a test chose. */
const outdir = process.argv[2] ?? 'dist';

/** Command line, server and their children, on any Node we support. */
const programs: BuildOptions = {
  entryPoints: { cli: 'server/cli.ts', demo: 'server/demo.ts', 'onnx-host': 'server/engines/onnx-host.ts', 'judging-thread': 'server/judging-thread.ts' },
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  // Beside the entries: the sources name their threads and package.json relative to themselves.
  chunkNames: 'chunk-[hash]',
  sourcemap: true,
  // Native packages stay outside: each ships its own binaries and is loaded from node_modules.
  external: ['@duckdb/*', 'onnxruntime-node'],
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
};

/** The editor's extension host loads one CommonJS file, and nothing native. */
const extension: BuildOptions = {
  entryPoints: { extension: 'extension/main.ts' },
  outExtension: { '.js': '.cjs' },
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  minify: true,
  sourcemap: true,
  external: ['vscode'],
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
for (const options of [programs, extension, pages]) await build({ ...options, outdir, bundle: true, logLevel: 'warning' });
await cp('extension/notebook/slipway.py', join(outdir, 'slipway.py'));
const style = await transform(`${theme}\n${await readFile('webview/view.css', 'utf8')}`, { loader: 'css', minify: true });
await writeFile(join(outdir, 'view.css'), style.code);
