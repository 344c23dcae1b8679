import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { install, type Installed } from './install.ts';
import { stageExtension } from './stage-extension.ts';

/** What the suites of one run share. */
export interface Bench extends Installed {
  /** Folder of installed extensions, and of ours in it. */
  extensions: string;
  extension: string;
  /** Folder for everything that this run writes. */
  scratch: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    bench: Bench;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-e2e-'));
  const extensions = join(scratch, 'extensions');
  const installed = await install();
  project.provide('bench', { ...installed, scratch, extensions, extension: await stageExtension(installed, scratch, extensions) });
  return () => rm(scratch, { recursive: true, force: true, maxRetries: 5 });
}
