import { readFileSync } from 'node:fs';

type Numbers = number[];

/** What test/goldens/drift.py writes. */
interface DriftGoldens {
  special: [name: string, args: Numbers, value: number][];
  oneSample: {
    name: string; values: Numbers; weights: Numbers; probabilities: Numbers; quantiles: Numbers; weightedQuantiles: Numbers;
    mean: number; variance0: number; variance1: number; skewness: number; kurtosis: number;
  }[];
  correlation: { x: Numbers; y: Numbers; pearson: number; spearman: number }[];
  twoSamples: {
    name: string; reference: Numbers; current: Numbers; weights: [Numbers, Numbers];
    ks: { statistic: number; sign: number; location: number; exact: number; asymptotic: number };
    wasserstein: number; weightedWasserstein: number; referenceDeviation: number; energy: number;
    cramerVonMises: { statistic: number; pValue: number };
    andersonDarling: { statistic: number; pValue: number };
    mannWhitney: { statistic: number; pValue: number };
    welch: { statistic: number; df: number; pValue: number };
    pooled: { statistic: number; df: number; pValue: number };
  }[];
  andersonThree: { samples: Numbers[]; statistic: number; pValue: number };
  largeKs: { n: number; m: number; power: number; statistic: number; pValue: number }[];
  tables: { table: Numbers[]; statistic: number; pValue: number; df: number; low: number; g: number; gP: number; cramersV: number; corrected: number }[];
  fisher: { table: [[number, number], [number, number]]; pValue: number }[];
  divergences: {
    reference: Numbers; current: Numbers; psi: number; floored: number; js: number; kl: number | 'inf'; hellinger: number; tvd: number; linf: number; balancedV: number;
  }[];
  benjaminiHochberg: { p: Numbers; adjusted: Numbers }[];
  logistic: { x: Numbers[]; y: Numbers; fits: { l2: number; intercept: number; weights: Numbers; probabilities: Numbers }[]; auc: number };
  pca: { x: Numbers[]; other: Numbers[]; components: number; ratios: Numbers; errors: Numbers; otherErrors: Numbers };
}

export const goldens = JSON.parse(readFileSync(new URL('../goldens/drift.json', import.meta.url), 'utf8')) as DriftGoldens;

export function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}

/** |a − b| relative to the larger of |b| and `scale`, below which differences count as absolute. */
export function relativeError(actual: number, expected: number, scale = 0): number {
  if (actual === expected) return 0;
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), scale);
}
