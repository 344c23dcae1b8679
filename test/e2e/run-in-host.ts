import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { inject } from 'vitest';
import type { Editor } from './editor.ts';

export interface HostResult {
  name: string;
  /** Null where it passed. */
  error: string | null;
  /** What it returned, for those that measure. */
  value?: unknown;
}

const limitMs = 240_000;

/** Runs `host/<suite>.ts` where the extension runs, in a window of this folder; gives one result for each of its tests. */
export async function runInHost(editor: Editor, suite: string, workspace: string): Promise<HostResult[]> {
  const { extension, scratch } = inject('bench');
  const folder = await mkdtemp(join(scratch, 'host-'));
  await build({
    stdin: { contents: entry(suite, join(folder, 'results.json')), resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    outfile: join(folder, 'index.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode'],
    logLevel: 'warning',
  });
  await writeFile(join(folder, 'package.json'), '{"type":"commonjs"}');

  const { host } = new URL(editor.address(workspace));
  const remote = (path: string): string => `vscode-remote://${host}${path}`;
  const context = await editor.newContext();
  try {
    const page = await context.newPage();
    const said: string[] = [];
    const ended = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`host/${suite}.ts did not end:\n${said.join('\n')}`)), limitMs);
      void Promise.all([
        context.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => void said.push(args.map(String).join(' '))),
        context.exposeFunction('codeAutomationExit', (code: number) => {
          clearTimeout(timer);
          resolve(code);
        }),
      ])
        .then(() => page.goto(editor.address(workspace, [['extensionDevelopmentPath', remote(extension)], ['extensionTestsPath', remote(join(folder, 'index'))]])))
        .catch(reject);
    });
    const code = await ended;
    const results = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8').catch(() => '[]')) as HostResult[];
    if (code !== 0 || results.length === 0) throw new Error(`host/${suite}.ts ended with code ${code} after ${results.length} tests:\n${said.join('\n')}`);
    return results;
  } finally {
    await context.close();
  }
}

/** The editor calls `run`; a test that fails is written down, so only what keeps the suite from running ends it with an error. */
function entry(suite: string, results: string): string {
  return `
    import { writeFileSync } from 'node:fs';
    import { tests } from './host/${suite}.ts';
    export async function run() {
      const results = [];
      for (const [name, test] of Object.entries(tests)) {
        results.push(await Promise.resolve().then(test).then((value) => ({ name, error: null, value }), (reason) => ({ name, error: String(reason?.stack ?? reason) })));
      }
      writeFileSync(${JSON.stringify(results)}, JSON.stringify(results));
    }`;
}
