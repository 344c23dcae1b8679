import type { DatasetRef } from './measured.ts';
import type { Provider } from './runtime.ts';

/** What made a verdict: enough to make it again, and to see that nothing was swapped. */
export interface Lineage {
  model: { name: string; version: string; digest: string; path: string; bytes: number };
  champion: { version: string; digest: string } | null;
  datasets: Partial<Record<'reference' | 'holdout' | 'current' | 'cases', DatasetRef>>;
  /** sha256 of slipway.yaml's bytes, and of the gates alone in canonical JSON, fixed before the run started. */
  config: { digest: string; text: string };
  policy: { digest: string; fixedAt: string };
  code: { revision: string | null; dirty: boolean | null; repository: string | null };
  seed: number;
  provider: Provider;
  versions: { slipway: string; node: string; onnxruntime: string; duckdb: string; os: string; cpu: string };
}
