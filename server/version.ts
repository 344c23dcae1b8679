import { readFileSync } from 'node:fs';

/** From package.json, which lies one folder above both the sources and the bundle. */
export const version: string = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
