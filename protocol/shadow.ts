import type { ConfusionMatrix, SliceRef } from './evaluation.ts';
import type { Measured } from './measured.ts';
import type { Provider } from './runtime.ts';

/** `same-build`: the same model exported, quantised or run another way, so every difference is a fault. `new-model`: differences are expected, and labels say who is right. */
export type ShadowIntent = 'same-build' | 'new-model';

/** What an answer is, which decides how two of them are compared. */
export type AnswerKind = 'classifier' | 'score' | 'regression' | 'ranking' | 'embedding' | 'text';

/** Too little data is `keep-going` while it runs and `inconclusive` once it has ended; what could not be compared is `error`. Only `better` and `equivalent` promote. */
export type ShadowVerdict = 'better' | 'worse' | 'equivalent' | 'keep-going' | 'inconclusive' | 'error';

/** A shadow's answers against production's, on the same inputs. */
export interface ShadowReport {
  schema: 'slipway.shadow/1';
  production: ShadowSide;
  candidate: ShadowSide;
  source: ShadowSource;
  settings: ShadowSettings;
  answers: AnswerKind;
  pairs: ShadowPairs;
  /** Share of pairs that disagree; `interval` holds at every look when the source is live. Null value when there is no pair. */
  disagreement: Measured;
  /** At most 240 points, oldest first. */
  overTime: AgreementPoint[];
  noise: NoiseReport | null;
  /** Disagreement less what production shows against itself. */
  aboveNoise: Measured;
  /** What was judged: pairs, or all answers of one side against all of the other where production does not repeat itself. */
  basis: 'pairs' | 'distributions';
  /** Classes, or tenths of the score, whose share differs most; only with basis `distributions`. */
  distributions: DistributionShift[];
  change: ChangeSizes;
  /** Rows production, columns candidate; beyond 20 classes the rarer ones are put together as "other". Null where answers are no classes. */
  confusion: ConfusionMatrix | null;
  /** Cohen's kappa of the two; null where answers are no classes. */
  kappa: Measured | null;
  /** Decisions that changed, from production's to the candidate's; at most 20, most frequent first. */
  flips: { from: string; to: string; pairs: number }[];
  latency: ShadowLatency | null;
  errors: ShadowErrors;
  slices: DisagreementSlices | null;
  /** Where the candidate does worse, whatever it does on average; null without labels. */
  harmed: HarmedSlices | null;
  /** At most 100, worst first. */
  worst: Disagreement[];
  labels: ShadowLabels | null;
  verdict: ShadowVerdict;
  /** What is known, with its numbers. */
  sentence: string;
  /** What would change the verdict, or what to do now. Empty when there is nothing to add. */
  nextSentence: string;
  /** Further pairs (or labels) that decide at the present rate; null when none would, or when it is decided. */
  needs: { what: 'pairs' | 'labels'; count: number } | null;
}

export interface ShadowSide {
  name: string;
  version: string;
  digest: string | null;
  /** Null for a remote model. */
  provider: Provider | null;
  precision: 'float32' | 'float16' | 'int8' | null;
}

export interface ShadowSource {
  kind: 'live' | 'replay';
  /** First and last pair; null before the first. */
  from: string | null;
  to: string | null;
  /** Share of requests that are mirrored, or what is replayed. */
  sampling?: number;
  recording?: string;
  /** No pair follows. */
  ended: boolean;
}

/** Fixed before the first pair. */
export interface ShadowSettings {
  intent: ShadowIntent;
  /** Largest share of disagreement above noise that counts as equivalent. */
  margin: number;
  /** Largest loss of accuracy, relative rise of the mean absolute error, or relative loss of value, that counts as equivalent. */
  labelMargin: number;
  /** Chance of calling a candidate equivalent or better that is not. */
  alpha: number;
  /** How far two numbers may lie apart; null where only decisions count. */
  tolerance: Tolerance | null;
  /** Why `tolerance` is wider than asked for; empty when it is not. */
  toleranceNote: string;
  /** What a decision is worth by its outcome; null where every right answer is worth the same. */
  value: DecisionValue | null;
  minPairs: number;
  minLabels: number;
  /** Which pairs get a label: a random share of all, or of those that disagree (which is where labels are worth most). */
  labelled: 'random' | 'disagreements';
  /** Live only: pairs after which an open verdict is inconclusive; null for no end. */
  maxPairs: number | null;
  /** Share of requests the candidate may fail where production answers, and the share that is too much. */
  errorRates: { acceptable: number; unacceptable: number };
  /** The candidate's p95 may be this many times production's before it is called slower. */
  maxLatencyRatio: number;
}

/** Of one prediction, by what was decided and what was right; the second class is the positive one. */
export interface DecisionValue {
  tp: number;
  fp: number;
  fn: number;
  tn: number;
  currency: string;
}

/** |candidate − production| ≤ absolute + relative·|production|. */
export interface Tolerance {
  relative: number;
  absolute: number;
}

export interface ShadowPairs {
  /** Inputs that production answered: `agree` + `differ`. */
  compared: number;
  agree: number;
  differ: number;
  /** Of `differ`: no answer from the candidate, not a finite number or no known class from the candidate, the same from production. */
  candidateFailed: number;
  candidateInvalid: number;
  productionInvalid: number;
  /** Never compared, by reason. */
  dropped: { reason: string; pairs: number }[];
}

export interface AgreementPoint {
  at: string;
  /** Since the beginning. */
  pairs: number;
  agreement: number;
  low: number;
  high: number;
  /** Of the pairs since the point before. */
  recent: number;
}

/** Production against itself on the same inputs: what a difference means nothing below. */
export interface NoiseReport {
  runs: { how: NoiseRun; pairs: number; differ: number; share: Measured; p99Absolute: number | null }[];
  /** Largest of the shares. */
  share: Measured;
  /** Of pairs run twice: those on which only the candidate, and only production's second run, differs from its first. */
  paired: { candidateOnly: number; productionOnly: number; pairs: number; difference: Measured };
  /** Surely above 1 %: pairs do not tell the candidate from noise. */
  nonDeterministic: boolean;
}

export type NoiseRun = 'alone' | 'other-batch' | 'other-provider';

export interface DistributionShift {
  name: string;
  production: number;
  candidate: number;
  difference: Measured;
}

/** How large differences are. Quantiles are within 1 % of the value. */
export interface ChangeSizes {
  /** Candidate − production, of the number named in `of`. Null where answers hold no number. */
  difference: {
    of: string;
    pairs: number;
    histogram: { edges: number[]; counts: number[] } | null;
    quantiles: { p5: number; p50: number; p95: number };
    /** Mean difference; `limits` are Bland and Altman's, bias ± 1.96 standard deviations. */
    bias: Measured;
    limits: { low: number; high: number } | null;
    /** Of the largest |difference| within an answer. */
    meanAbsolute: number;
    p95Absolute: number;
    p99Absolute: number;
    maxAbsolute: number;
  } | null;
  /** Of all answers of one side against all of the other, on tenths of production's numbers. */
  distribution: { psi: Measured; jensenShannonDistance: Measured; ks: Measured } | null;
  /** How alike two answers are as wholes, 1 when the same: cosine, overlap of the first k, words in common. */
  similarities: { name: string; pairs: number; mean: number; p5: number; p50: number; min: number }[];
}

export interface ShadowLatency {
  production: LatencyQuantiles;
  candidate: LatencyQuantiles;
  /** How often the candidate takes longer than `limitMs`, production's p95 times the allowed ratio; 5 % is expected at most. */
  exceedance: { limitMs: number; share: number | null; expected: number; pValue: number };
  slower: boolean;
}

export interface LatencyQuantiles {
  requests: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
}

export interface ShadowErrors {
  /** Inputs that production did not answer, and those of the rest that the candidate did not. */
  production: number;
  candidate: number;
  inputs: number;
  /** Wald's sequential test of failures of the candidate where production answered. */
  test: { decision: 'acceptable' | 'unacceptable' | null; logRatio: number };
}

export interface DisagreementSlices {
  found: DisagreementSlice[];
  /** Rows searched, and of how many pairs they are a sample. */
  rows: number;
  of: number;
  /** Slices that were tested, and those with too few rows to be. */
  tested: number;
  tooSmall: number;
  minRows: number;
  /** Why nothing was searched. */
  reason?: string;
}

export interface DisagreementSlice {
  slice: SliceRef;
  rows: number;
  differ: number;
  share: Measured;
  /** Share in the slice ÷ share in the rest; null when the rest never differs. */
  lift: number | null;
  adjustedP: number;
}

export interface HarmedSlices {
  /** Largest loss first. */
  found: HarmedSlice[];
  /** Labelled rows searched, and of how many pairs they are a sample. */
  rows: number;
  of: number;
  /** Slices that were tested, and those with too few labelled rows to be. */
  tested: number;
  tooSmall: number;
  minRows: number;
  /** Why nothing was searched. */
  reason?: string;
}

export interface HarmedSlice {
  slice: SliceRef;
  rows: number;
  /** Mean of what the candidate gains over production on a row: right answers, worth, or less error. Below 0. */
  gain: Measured;
  adjustedP: number;
}

/** Where to find an input again. */
export interface InputReference {
  /** Request id. */
  id: string;
  /** Row in the request, or in the replayed file. */
  row: number;
}

export interface Disagreement {
  input: InputReference;
  at: string;
  /** Why it is here, in words: "late → on time", "no answer", "not a number". */
  reason: string;
  production: string;
  candidate: string;
  /** Null where the answers hold no number. */
  absolute: number | null;
  relative: number | null;
  label: string | null;
  right: 'production' | 'candidate' | 'both' | 'neither' | null;
}

/** Who is right, on the pairs whose label is known. */
export interface ShadowLabels {
  pairs: number;
  /** Of them, pairs that disagree. */
  disagreements: number;
  /** Null where answers are numbers. */
  right: Record<'both' | 'production' | 'candidate' | 'neither', number> | null;
  /** `value`: mean worth of a decision, in the currency of the settings. */
  metric: 'accuracy' | 'mae' | 'value';
  production: Measured;
  candidate: Measured;
  /** Candidate − production. */
  difference: Measured;
  /** Null where answers are numbers, or worth is compared. */
  test: { name: 'mcnemar' | 'sequential-mcnemar'; pValue: number } | null;
  /** The loss, if there is any, is surely smaller than the margin. */
  nonInferior: boolean;
}

/** Values as JSON has them; NaN, infinities and integers beyond 2^53 are texts. */
export type KeptValue = null | boolean | number | string | KeptValue[] | { [name: string]: KeptValue };

/** A pair that can be shown and sent; of what was redacted nothing is in it. */
export interface KeptPair {
  input: InputReference;
  at: string;
  /** How large the change is; null where there is no answer to measure. */
  size: number | null;
  reason: string;
  inputs: { [name: string]: KeptValue } | null;
  inputHash: string | null;
  production: { [name: string]: KeptValue } | null;
  candidate: { [name: string]: KeptValue } | null;
}

/** What is told of a comparison in lists and on the feed. */
export interface ShadowSummary {
  id: string;
  model: string;
  production: string;
  candidate: string;
  kind: 'live' | 'replay';
  intent: ShadowIntent;
  verdict: ShadowVerdict;
  sentence: string;
  startedAt: string;
  /** Null while pairs may still come. */
  endedAt: string | null;
  compared: number;
  differ: number;
}

/** What gates are judged on, of a comparison that was saved before the run. */
export interface ShadowOutcome {
  id: string;
  kind: 'live' | 'replay';
  intent: ShadowIntent;
  verdict: ShadowVerdict;
  sentence: string;
  /** When a replay ended, or the last live pair came. */
  at: string;
  compared: number;
  disagreement: Measured;
  /** Of the files that were compared; null for a remote model. */
  digests: { production: string | null; candidate: string | null };
  /** Enough labels show that the loss, if there is any, is smaller than the margin, and the candidate answers as reliably as production. */
  nonInferior: boolean;
}

/** A comparison with what is kept of its pairs. */
export interface ShadowRecord {
  summary: ShadowSummary;
  report: ShadowReport;
  /** Largest change first. */
  worst: KeptPair[];
  /** The numbers of pairs drawn at random, each pair as likely as any other; empty where answers hold no number. */
  points: { production: number; candidate: number }[];
  /** Pairs that `points` were drawn from. */
  pointsOf: number;
}
