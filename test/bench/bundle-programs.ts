import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

export interface Programs {
  /** The bundle of a TypeScript program. */
  pathOf(program: string): string;
  remove(): Promise<void>;
}

const programs = ['drift/slipway', 'drift/scan', 'checks/slipway', 'checks/scan', 'profile/slipway', 'profile/summarize', 'scoring/slipway', 'scoring/session-loop'];

/** Our sides run as the product does: bundled, with the model host beside them. Inside the checkout, so that the native packages are found. */
export async function bundlePrograms(here: string): Promise<Programs> {
  const cache = join(here, '../../.cache');
  await mkdir(cache, { recursive: true });
  const outdir = await mkdtemp(join(cache, 'bench-'));
  await build({
    entryPoints: { 'onnx-host': join(here, '../../server/engines/onnx-host.ts'), ...Object.fromEntries(programs.map((program) => [program.replace('/', '-'), join(here, `${program}.ts`)])) },
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    external: ['@duckdb/node-bindings', 'onnxruntime-node'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  return {
    pathOf: (program) => join(outdir, program.replace('/', '-').replace(/\.ts$/, '.js')),
    remove: () => rm(outdir, { recursive: true, force: true }),
  };
}
