import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { MetricValue } from '../../server/stats/metric-value.ts';

/** What test/goldens/metrics.py wrote: inputs and what the reference libraries say about them. */
export const goldens = JSON.parse(readFileSync(new URL('../goldens/metrics.json', import.meta.url), 'utf8')) as {
  versions: Record<string, string>;
  binary: BinaryGolden;
  binary_plain: BinaryGolden;
  calibration: {
    labels: number[];
    scores: number[];
    weights: number[];
    expected: Record<string, { share: number[]; mean: number[] }> & { isotonic: { grid: number[]; plain: number[]; weighted: number[] } };
  };
  multiclass: {
    classes: number;
    known: number;
    labels: number[];
    probabilities: number[];
    predicted: number[];
    weights: number[];
    expected: Record<string, number> & { confusion: number[][] } & Record<`${string}_${1 | 2}`, { precision: number; recall: number; f: number }>;
  };
  regression: { actual: number[]; predicted: number[]; weights: number[]; expected: { plain: Record<string, number>; weighted: Record<string, number>; max_error: number } };
  ranking: {
    queries: number;
    items: number;
    relevance: number[];
    scores: number[];
    expected: Record<string, { linear: number; exponential: number }>;
    tied: { relevance: number[][]; scores: number[][]; k: number; expected: Record<'map' | 'mrr' | 'hit' | 'precision' | 'recall', number> };
  };
  text: {
    outputs: string[];
    references: string[][];
    sparse_outputs: string[];
    sparse_references: string[];
    expected: {
      tokens: string[];
      bleu: Record<string, number>;
      bleu_sparse: Record<string, number>;
      bleu_single: number;
      bleu_sentence: number[];
      bleu_short: number;
      chrf: number;
      chrf_lowercase: number;
      chrf_plus_plus: number;
      chrf_sentence: number[];
      rouge: Record<'rouge1' | 'rouge2' | 'rougeL' | 'rougeLsum', [number, number, number]>[];
      rouge_lsum_pairs: { output: string; reference: string; f: number }[];
    };
  };
  proportions: { k: number; n: number; level: number; wilson: [number, number]; exact: [number, number] }[];
  mcnemar: { b: number; c: number; exact: number; mid_p: number; chi_square?: number; chi_square_corrected?: number }[];
  holm: { p: number[]; adjusted: number[] }[];
  quantile_ranks: { n: number; p: number; low: number; high: number }[];
  tango: { b: number; c: number; n: number; level: number; low: number; high: number; 'p_margin_0.05': number }[];
  delong: {
    labels: number[];
    candidate: number[];
    champion: number[];
    expected: { auc: [number, number]; se: [number, number]; difference_se: number; z: number; p: number };
  };
  bootstrap: {
    data: number[];
    cases: { statistic: 'mean' | 'std'; data: number[]; method: 'percentile' | 'BCa'; level: number; observed: number; distribution: number[]; low: number; high: number }[];
  };
  permutation: { candidate: number[]; champion: number[]; expected: { difference: number; p: number; scipy_p: number } };
  fairness: { labels: number[]; decisions: number[]; groups: number[]; weights: number[]; expected: Record<string, number>; rates: Record<string, Record<string, number>> };
  label_free: { probabilities: number[]; expected: Record<string, number> };
};

interface BinaryGolden {
  labels: number[];
  scores: number[];
  weights: number[];
  expected: Record<string, number> & { confusion: number[][] } & {
    roc_curve: { fpr: number[]; tpr: number[]; thresholds: number[] };
    pr_curve: { precision: number[]; recall: number[]; thresholds: number[] };
  };
}

/** Asserts agreement within a relative tolerance (absolute below 1). */
export function expectClose(actual: number | null | MetricValue, expected: number, tolerance = 1e-12): void {
  const value = typeof actual === 'object' ? (actual?.value ?? null) : actual;
  expect(value, `${value} for ${expected}`).toSatisfy((it: number | null) => it !== null && Math.abs(it - expected) <= tolerance * Math.max(1, Math.abs(expected)));
}

export function expectAllClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-12): void {
  expect(actual.length).toBe(expected.length);
  for (let index = 0; index < expected.length; index++) expectClose(actual[index], expected[index], tolerance);
}

export const bytes = (values: readonly number[]): Uint8Array => Uint8Array.from(values);
export const ints = (values: readonly number[]): Int32Array => Int32Array.from(values);
export const floats = (values: readonly number[]): Float64Array => Float64Array.from(values);
