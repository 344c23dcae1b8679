import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { Problem } from '../problem.ts';
import type { InspectedFile } from './inspect-file.ts';

const newline = 0x0a;

/** The text of a file as UTF-8 bytes in order, unpacked and proved: gzip checksum and length, UTF-8, no NUL, nothing behind the end. */
export async function* readText(file: InspectedFile, signal?: AbortSignal): AsyncGenerator<Buffer, void, undefined> {
  const source = createReadStream(file.path, { highWaterMark: 1 << 20, signal });
  const gunzip = file.format.endsWith('.gz') ? createGunzip({ chunkSize: 1 << 20 }) : undefined;
  // A failed read must end the unpacking, too, or the loop below would wait for ever.
  if (gunzip) source.on('error', (error) => gunzip.destroy(error)).pipe(gunzip);
  let line = 1;
  let tail: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of gunzip ?? source) {
      const bytes = tail.length === 0 ? (piece as Buffer) : Buffer.concat([tail, piece as Buffer]);
      const whole = bytes.subarray(0, bytes.length - unfinishedBytes(bytes));
      tail = bytes.subarray(whole.length);
      refuseBinary(whole, line, file);
      line += countNewlines(whole);
      yield whole;
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Problem) throw error;
    if (!gunzip || !(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('Z_')) {
      throw new Problem('file-unreadable', `${file.path}: ${String(error)}`, { cause: error, where: { path: file.path } });
    }
    const what = error.code === 'Z_BUF_ERROR' ? 'ends in the middle of its gzip data' : `is damaged: gzip ${error.message}`;
    throw new Problem('dataset-corrupt', `${file.path} ${what}`, { cause: error, where: { path: file.path } });
  } finally {
    source.destroy();
    gunzip?.destroy();
  }
  if (tail.length > 0) throw new Problem('dataset-corrupt', `${file.path} line ${line}: not UTF-8, the last character is cut`, { where: { path: file.path, line } });
  if (gunzip && gunzip.bytesWritten < file.bytes) {
    throw new Problem('dataset-corrupt', `${file.path}: ${file.bytes - gunzip.bytesWritten} bytes behind the end of the gzip data`, { where: { path: file.path } });
  }
}

function refuseBinary(bytes: Buffer, firstLine: number, file: InspectedFile): void {
  const nul = bytes.indexOf(0);
  if (isUtf8(bytes) && nul < 0) return;
  let line = firstLine;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(newline, start);
    const text = bytes.subarray(start, end < 0 ? bytes.length : end);
    const what = !isUtf8(text) ? 'not UTF-8' : text.includes(0) ? 'a NUL byte' : undefined;
    if (what) throw new Problem('dataset-corrupt', `${file.path} line ${line}: ${what}`, { where: { path: file.path, line } });
    start = end < 0 ? bytes.length : end + 1;
  }
}

/** Length of a character begun but not finished at the end of the bytes: 0 to 3. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}

function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}
