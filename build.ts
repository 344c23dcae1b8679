import { rm } from 'node:fs/promises';
import { build } from 'esbuild';

/** Native packages stay outside: each ships its own binaries and is loaded from node_modules. */
const external = ['@duckdb/*', 'onnxruntime-node'];

/** `tsx build.ts [folder]`: the program as it is shipped, in dist/ or in a folder of the checkout that a test chose. */
const outdir = process.argv[2] ?? 'dist';

await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: { cli: 'server/cli.ts', demo: 'server/demo.ts', 'onnx-host': 'server/engines/onnx-host.ts', 'judging-thread': 'server/judging-thread.ts' },
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  format: 'esm',
  splitting: true,
  // Beside the entries: the sources name their threads and package.json relative to themselves.
  chunkNames: 'chunk-[hash]',
  sourcemap: true,
  external,
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  logLevel: 'warning',
});
