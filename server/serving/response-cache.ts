import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Provider } from '../../protocol/runtime.ts';
import type { Tensor, TensorMap } from '../engines/tensor.ts';
import { bytesOfTensor } from './tensor-bytes.ts';

/** All that the answer to a request depends on. */
export interface CacheSubject {
  modelDigest: string;
  version: string;
  provider: Provider;
  inputs: TensorMap;
  /** Null: all. */
  outputs: readonly string[] | null;
  sequenceId: string | bigint | null;
}

/** Answers to requests that come again, bounded by what they take. */
export interface ResponseCache {
  /** Must not be changed: the next one gets it too. */
  get(key: string): TensorMap | undefined;
  set(key: string, outputs: TensorMap): void;
  counts(): { hits: number; misses: number; entries: number; bytes: number };
  clear(): void;
}

export function openResponseCache(bytesMax: number): ResponseCache {
  const answers = new LRUCache<string, TensorMap>({ maxSize: bytesMax, sizeCalculation: bytesOf });
  let hits = 0;
  let misses = 0;
  return {
    get(key) {
      const answer = answers.get(key);
      if (answer === undefined) misses++;
      else hits++;
      return answer;
    },
    set(key, outputs) {
      answers.set(key, ownCopy(outputs));
    },
    counts: () => ({ hits, misses, entries: answers.size, bytes: answers.calculatedSize }),
    clear: () => answers.clear(),
  };
}

/** SHA-256 over everything the answer depends on, each part behind its length; null where it depends on what came before. */
export function cacheKeyOf({ modelDigest, version, provider, inputs, outputs, sequenceId }: CacheSubject): string | null {
  if (sequenceId !== null) return null;
  const named = [...inputs].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, tensor]) => ({ name, tensor, bytes: bytesOfTensor(tensor) }));
  const asked = outputs === null ? null : [...new Set(outputs)].sort();
  const head = JSON.stringify([modelDigest, version, provider, asked, named.map(({ name, tensor, bytes }) => [name, tensor.datatype, tensor.shape, bytes.length])]);
  const hash = createHash('sha256').update(`${Buffer.byteLength(head)} `).update(head);
  for (const { bytes } of named) hash.update(bytes);
  return hash.digest('base64url');
}

/** Outputs are views on a whole batch, which an entry would keep in memory. */
function ownCopy(outputs: TensorMap): TensorMap {
  return new Map([...outputs].map(([name, tensor]) => [name, copyOf(tensor)]));
}

function copyOf(tensor: Tensor): Tensor {
  if (tensor.datatype !== 'string') return { ...tensor, data: tensor.data.slice() } as Tensor;
  return { ...tensor, data: { codes: tensor.data.codes.slice(), dictionary: [...tensor.data.dictionary] } };
}

/** Objects around the numbers, roughly. */
const overheadBytes = 512;

function bytesOf(outputs: TensorMap): number {
  let bytes = overheadBytes;
  for (const [name, tensor] of outputs) {
    bytes += overheadBytes + 2 * name.length;
    if (tensor.datatype !== 'string') bytes += tensor.data.byteLength;
    else bytes += tensor.data.codes.byteLength + tensor.data.dictionary.reduce((total, text) => total + 2 * text.length + 16, 0);
  }
  return bytes;
}
