import { Problem } from '../problem.ts';
import type { InspectedFile } from './inspect-file.ts';
import { readText } from './read-text.ts';

const depthMax = 64;
const lineBytesMax = 16 << 20;

/**
 * Counts the objects of a JSON lines file before DuckDB sees it: nesting of some ten thousand brackets ends DuckDB's
 * process, so depth is bounded here. @returns the number of objects, one on each line that is not blank.
 */
export async function scanJsonLines(file: InspectedFile, signal?: AbortSignal): Promise<number> {
  let line = 1;
  let lineBytes = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let objects = 0;
  let started = false;
  let ended = false;
  const fail = (what: string): never => {
    throw new Problem('dataset-corrupt', `${file.path} line ${line}: ${what}`, { where: { path: file.path, line } });
  };
  const endLine = () => {
    if (inString || depth > 0) fail('the object does not end on its line');
    started = false;
    ended = false;
    lineBytes = 0;
  };
  let first = true;
  for await (const bytes of readText(file, signal)) {
    signal?.throwIfAborted();
    let at = first && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
    first = false;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === 0x0a) {
        endLine();
        line++;
        continue;
      }
      if (++lineBytes > lineBytesMax) fail('longer than 16 MiB');
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === 0x5c) escaped = true;
        else if (byte === 0x22) inString = false;
        continue;
      }
      if (byte === 0x20 || byte === 0x09 || byte === 0x0d) continue;
      if (!started) {
        if (byte !== 0x7b) fail('not a JSON object');
        started = true;
        objects++;
      } else if (ended) {
        fail('text after the end of the object');
      }
      if (byte === 0x22) inString = true;
      else if (byte === 0x7b || byte === 0x5b) {
        if (++depth > depthMax) fail(`nested deeper than ${depthMax}`);
      } else if (byte === 0x7d || byte === 0x5d) {
        if (--depth === 0) ended = true;
        if (depth < 0) fail('a bracket that closes nothing');
      }
    }
  }
  endLine();
  if (objects === 0) throw new Problem('dataset-empty', `${file.path} holds nothing but blank lines`, { where: { path: file.path } });
  return objects;
}
