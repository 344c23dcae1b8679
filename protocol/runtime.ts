import type { Measured } from './measured.ts';

export type Provider = 'cuda' | 'tensorrt' | 'webgpu' | 'dml' | 'coreml' | 'cpu';

/** Latency and throughput of one model on this machine. */
export interface LatencyReport {
  batch: number;
  runs: number;
  warmup: number;
  provider: Provider;
  threads: number;
  /** Inside the model host; transport excluded. */
  p50Ms: Measured;
  p95Ms: Measured;
  p99Ms: Measured;
  rowsPerSecond: Measured;
  histogram: { edges: number[]; counts: number[] };
}

/** The same rows through two builds or two providers of one model. */
export interface ParityReport {
  between: [string, string];
  rows: number;
  verdict: 'agree' | 'differ' | 'error' | 'unavailable';
  reason: string;
  outputs: { name: string; maxAbsolute: number | null; maxRelative: number | null; ulpP99: number | null; overTolerance: number; elements: number; notFinite: [number, number] }[];
  decisionsChanged: { rows: number; of: number } | null;
  tolerance: { relative: number; absolute: number };
}

export interface RuntimeReport {
  provider: Provider;
  requested: Provider[];
  refused: { provider: Provider; reason: string }[];
  onnxruntime: string;
  peakMemoryMb: number | null;
  modelBytes: number;
  /** Null when rows can be put together freely; else how many one run takes, and why: a row's answer would change with the rows beside it. */
  rowsPerRun: { rows: number; reason: string } | null;
  latency: LatencyReport[];
  /** Why nothing was timed. */
  latencyMissing: string | null;
  parity: ParityReport[];
}
