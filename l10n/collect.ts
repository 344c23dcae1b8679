import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

/** `tsx l10n/collect.ts`: every message the extension says, for translators; a test holds the bundle to the sources. */
export const bundlePath = fileURLToPath(new URL('bundle.l10n.json', import.meta.url));

const sources = fileURLToPath(new URL('../extension', import.meta.url));
/** A first argument that is one literal: messages are never put together. */
const message = /\bl10n\.t\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;

export async function collectMessages(): Promise<string> {
  const files = (await readdir(sources, { recursive: true })).filter((path) => path.endsWith('.ts') && path !== 'l10n.ts');
  const found = new Set<string>();
  for (const file of files) {
    for (const [, single, double] of (await readFile(join(sources, file), 'utf8')).matchAll(message)) found.add((single ?? double).replace(/\\(['"\\])/g, '$1'));
  }
  return `${JSON.stringify(Object.fromEntries([...found].sort().map((text) => [text, text])), null, 2)}\n`;
}

if (argv[1] === fileURLToPath(import.meta.url)) await writeFile(bundlePath, await collectMessages());
