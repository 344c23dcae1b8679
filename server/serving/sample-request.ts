/** Which requests are recorded. */
export interface SampleRules {
  /** Of all requests, 0 … 1, picked by their id: the same requests whenever it is asked. */
  share: number;
  /** Those that failed, all of them. */
  errors: boolean;
  /** Those that took longer, all of them; null for no such rule. */
  slowMs: number | null;
}

/** Why a request is recorded, and how probable that was: 1 ÷ probability requests stand behind it. */
export interface Sampled {
  reason: 'error' | 'slow' | 'share';
  probability: number;
}

/** The first rule that holds; null: it is not recorded. */
export function sampleRequest({ share, errors, slowMs }: SampleRules, { requestId, failed, totalUs }: { requestId: string; failed: boolean; totalUs: number }): Sampled | null {
  if (failed && errors) return { reason: 'error', probability: 1 };
  if (slowMs !== null && totalUs > slowMs * 1000) return { reason: 'slow', probability: 1 };
  return share >= 1 || (share > 0 && uniformOf(requestId) < share) ? { reason: 'share', probability: Math.min(1, share) } : null;
}

/** In [0, 1), by FNV-1a with a final mix: nothing here must resist anybody, and it takes a tenth of a microsecond. */
function uniformOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
