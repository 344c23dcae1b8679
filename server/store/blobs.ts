import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { writeDurably } from '../engines/durable-file.ts';
import { Problem } from '../problem.ts';

/** Content-addressed JSON documents, gzipped on disk; the digest is of the JSON text. */
export interface Blobs {
  put(document: unknown): Promise<string>;
  get(digest: string): Promise<unknown>;
}

export function openBlobs(folder: string): Blobs {
  const pathOf = (digest: string) => join(folder, 'sha256', digest.slice(0, 2), `${digest}.json.gz`);
  return {
    async put(document) {
      const text = JSON.stringify(document);
      const digest = createHash('sha256').update(text).digest('hex');
      const path = pathOf(digest);
      await mkdir(dirname(path), { recursive: true });
      await writeDurably(path, gzipSync(text));
      return digest;
    },
    async get(digest) {
      const path = pathOf(digest);
      let text: Buffer;
      try {
        text = gunzipSync(await readFile(path));
      } catch (error) {
        throw new Problem('store-corrupt', `Saved report ${digest.slice(0, 12)} cannot be read`, { cause: error, where: { path } });
      }
      if (createHash('sha256').update(text).digest('hex') !== digest) {
        throw new Problem('store-corrupt', `Saved report ${digest.slice(0, 12)} is not the one that was saved`, { where: { path } });
      }
      return JSON.parse(text.toString('utf8'));
    },
  };
}
