import type { ColumnDrift, DriftReport } from '../../protocol/drift.ts';
import type { CaseResult, ComparisonReport, EvaluationReport, GroupFairness, MetricComparison, PredictionFaults, SliceRef, SliceResult } from '../../protocol/evaluation.ts';
import type { Gate, GateResult } from '../../protocol/gates.ts';
import type { Interval, Measured } from '../../protocol/measured.ts';
import type { LatencyReport, ParityReport } from '../../protocol/runtime.ts';
import type { ShadowOutcome } from '../../protocol/shadow.ts';
import type { DataQualityReport, Finding } from '../../protocol/data-quality.ts';
import type { Evidence } from '../../server/gates/evidence.ts';
import { judge } from '../../server/gates/judge.ts';

/** Evidence of a candidate that is better than its champion in every respect; tests spoil one part of it. */
export function soundEvidence(): Evidence {
  const drift = driftReport(['temp', 'dep_hour', 'carrier'].map((column) => columnDrift(column, 'feature')).concat(columnDrift('late', 'label')));
  return {
    role: 'candidate',
    candidate: { version: 'v2', digest: 'candidate' },
    champion: { version: 'v1', digest: 'champion' },
    evaluations: { holdout: evaluation(), current: evaluation() },
    comparisons: { holdout: comparison(), current: comparison() },
    cases: [caseResult('storm', 'pass'), caseResult('calm', 'pass')],
    predictions: [{ on: 'holdout', faults: faults() }],
    drift,
    predictionDrift: driftReport([columnDrift('score', 'prediction')]),
    concept: { verdict: 'still', message: 'AUC is what the inputs explain', metric: 'roc_auc', expected: measured(0.74), realised: measured(0.739), difference: { value: -0.001, interval: interval(-0.01, 0.008) } },
    dataQuality: { reference: dataQuality(), holdout: dataQuality(), current: dataQuality(), cases: dataQuality() },
    runtime: {
      provider: 'cpu',
      requested: ['cpu'],
      refused: [],
      onnxruntime: '1.30.0',
      peakMemoryMb: 80,
      modelBytes: 1_200_000,
      rowsPerRun: null,
      latency: [latency()],
      latencyMissing: null,
      parity: [parity()],
    },
    shadows: [shadow()],
    signatures: { candidate: signature(), champion: signature() },
    recorded: [parity()],
  };
}

/** One gate of each kind, all of which `soundEvidence` passes. */
export const passingPolicy: Gate[] = [
  { id: 'metric', severity: 'block', kind: 'metric', metric: 'roc_auc', on: 'holdout', min: 0.7, decide: 'interval', minRows: 30 },
  { id: 'metric.by', severity: 'block', kind: 'metric', metric: 'recall', on: 'holdout', min: 0.6, decide: 'point', by: 'carrier', minRows: 100 },
  { id: 'change', severity: 'block', kind: 'change', metric: 'roc_auc', on: 'holdout', min: -0.01, relative: false, minRows: 30 },
  { id: 'change.relative', severity: 'block', kind: 'change', metric: 'log_loss', on: 'holdout', min: -0.02, relative: true, minRows: 30 },
  { id: 'non_inferior', severity: 'block', kind: 'non_inferior', metric: 'roc_auc', on: 'holdout', margin: 0.01, alpha: 0.025, superior: false, minRows: 30 },
  { id: 'non_inferior.by', severity: 'block', kind: 'non_inferior', metric: 'recall', on: 'holdout', margin: 0.02, alpha: 0.025, superior: false, by: 'carrier', minRows: 100 },
  { id: 'fairness', severity: 'block', kind: 'fairness', measure: 'demographic_parity_difference', on: 'holdout', by: ['origin'], max: 0.2, minRows: 30, decide: 'interval' },
  { id: 'cases', severity: 'block', kind: 'cases', minShare: 1 },
  { id: 'flips', severity: 'block', kind: 'flips', on: 'holdout', maxHarmfulShare: 0.05, decide: 'interval' },
  { id: 'drift', severity: 'block', kind: 'drift', of: 'features', maxColumns: 1 },
  { id: 'drift.predictions', severity: 'block', kind: 'drift', of: 'predictions' },
  { id: 'drift.label', severity: 'block', kind: 'drift', of: 'label' },
  { id: 'drift.multivariate', severity: 'block', kind: 'drift', of: 'multivariate' },
  { id: 'drift.concept', severity: 'block', kind: 'drift', of: 'concept' },
  { id: 'data_quality', severity: 'block', kind: 'data_quality', on: 'holdout', maxFailing: 0, severities: ['block'] },
  { id: 'latency', severity: 'block', kind: 'latency', quantile: 'p99', maxMs: 5, batch: 1 },
  { id: 'throughput', severity: 'block', kind: 'throughput', minRowsPerSecond: 100, batch: 1 },
  { id: 'size', severity: 'block', kind: 'size', maxMb: 2 },
  { id: 'parity', severity: 'block', kind: 'parity', providers: 'available', relative: 1e-3, absolute: 1e-5, maxDecisionsChanged: 0 },
  { id: 'shadow', severity: 'block', kind: 'shadow', needs: 'equivalent', intent: 'new-model', source: 'any', maxDisagreement: 0.05, minPairs: 1000, maxAgeDays: 7 },
  { id: 'value', severity: 'block', kind: 'value', on: 'holdout', min: 0, against: 'baseline', decide: 'interval' },
];

/** Result of a single gate on some evidence. */
export function judgeOne(gate: Gate, evidence: Evidence): GateResult {
  const result = judge([gate], evidence).gates.find((candidate) => candidate.gate.id === gate.id);
  if (!result) throw new Error(`gate ${gate.id} does not apply`);
  return result;
}

export function passing(id: string): Gate {
  const gate = passingPolicy.find((candidate) => candidate.id === id);
  if (!gate) throw new Error(`no gate ${id}`);
  return structuredClone(gate);
}

export function interval(low: number, high: number, level = 0.95): Interval {
  return { low, high, level, method: 'bootstrap-percentile' };
}

export function measured(value: number | null, rows = 20_000, ends?: [number, number]): Measured {
  return { value, rows, interval: ends ? interval(...ends) : interval((value ?? 0) - 0.01, (value ?? 0) + 0.01) };
}

export const everyRow: SliceRef = { name: 'all rows', where: [], source: 'all' };

export function declared(column: string, value: string): SliceRef {
  return { name: `${column} = ${value}`, where: [{ column, value }], source: 'declared' };
}

export function compared(metric: string, champion: number, candidate: number, ends: [number, number], slice = everyRow): MetricComparison {
  return {
    metric,
    slice,
    champion: measured(champion),
    candidate: measured(candidate),
    difference: measured(candidate - champion, 20_000, ends),
    pValue: 0.2,
    ...(slice.source === 'all' ? {} : { adjustedP: 0.4 }),
    test: 'paired-bootstrap',
    direction: metric === 'log_loss' ? 'lower' : 'higher',
  };
}

export function columnDrift(column: string, role: ColumnDrift['role'], verdict: ColumnDrift['verdict'] = 'still'): ColumnDrift {
  const effect = { name: 'ks' as const, value: 0.02, definition: 'sup |F − G|' };
  return {
    column,
    role,
    kind: 'numeric',
    verdict,
    message: 'as before',
    rows: { reference: 20_000, current: 20_000 },
    effect: { ...effect, floor: 0.1, band: 0.014, bandMethod: 'asymptotic' },
    test: { ...effect, adjustedP: 0.6 },
    others: [],
    nulls: { reference: measured(0), current: measured(0), difference: 0, adjustedP: 1, moved: false },
    newCategories: [],
    newCategoriesTotal: { categories: 0, rows: 0 },
    vanishedCategories: [],
    distributions: null,
  };
}

export function finding(id: string, verdict: Finding['verdict'], severity: Finding['severity'] = 'block'): Finding {
  return { id, check: { kind: 'row_count', min: 1, severity }, severity, verdict, message: id, measured: '', needed: '', failing: null };
}

export function caseResult(name: string, verdict: CaseResult['verdict']): CaseResult {
  return { row: 0, name, expected: 'late', predicted: verdict === 'pass' ? 'late' : verdict === 'fail' ? 'on time' : null, score: 0.8, verdict };
}

function evaluation(): EvaluationReport {
  const slices: SliceResult[] = ['AA', 'UA'].map((carrier) => ({ slice: declared('carrier', carrier), rows: 5000, share: 0.25, metrics: { recall: measured(0.7, 1200) } }));
  return {
    dataset: dataset,
    model: { name: 'flight-delay', version: 'v2', digest: 'candidate' },
    task: 'binary',
    rows: { read: 20_000, judged: 20_000, leftOut: [] },
    threshold: 0.5,
    metrics: { roc_auc: measured(0.74), recall: measured(0.7), log_loss: measured(0.4), r2: measured(0.2) },
    slices,
    weakSlices: [],
    fairness: [groupFairness()],
    value: {
      currency: 'USD',
      perPrediction: measured(1.2),
      baseline: { name: 'negative', perPrediction: measured(0.8) },
      gain: measured(0.4, 20_000, [0.3, 0.5]),
      counts: { tp: 3000, fp: 2000, fn: 1000, tn: 14_000 },
    },
    seed: 7,
  };
}

function comparison(): ComparisonReport {
  return {
    dataset,
    champion: { version: 'v1', digest: 'champion' },
    candidate: { version: 'v2', digest: 'candidate' },
    rows: 20_000,
    metrics: [compared('roc_auc', 0.731, 0.74, [0.003, 0.015]), compared('recall', 0.69, 0.7, [0.004, 0.016]), compared('log_loss', 0.41, 0.4, [-0.012, -0.008])],
    slices: ['AA', 'UA'].map((carrier) => compared('recall', 0.69, 0.7, [-0.005, 0.025], declared('carrier', carrier))),
    flips: { harmful: 377, helpful: 412, harmfulRate: measured(377 / 20_000, 20_000, [0.017, 0.021]), mcnemar: { statistic: 377, pValue: 0.2, method: 'mid-p' }, examples: [], concentrations: [] },
    seed: 7,
  };
}

export function groupFairness(): GroupFairness {
  const rates = (): GroupFairness['groups'][number]['rates'] => ({ selection_rate: measured(0.2), tpr: measured(0.7), fpr: measured(0.1), tnr: measured(0.9), fnr: measured(0.3) });
  return {
    by: ['origin'],
    groups: ['EWR', 'JFK', 'LGA'].map((group) => ({ group, rows: 6000, positives: 1200, selected: 1200, tooSmall: false, rates: rates() })),
    disparities: { demographic_parity_difference: { ...measured(0.1, 18_000), lowestGroup: 'JFK', highestGroup: 'EWR' } },
    minRows: 30,
  };
}

function driftReport(columns: ColumnDrift[]): DriftReport {
  return {
    reference: dataset,
    current: dataset,
    alpha: 0.05,
    columns,
    moved: 0,
    inconclusive: 0,
    errors: 0,
    multivariate: { verdict: 'still', message: 'a classifier cannot tell the two apart', auc: measured(0.52), floor: 0.55, columns: [], sample: { reference: 10_000, of: 20_000, current: 10_000, ofCurrent: 20_000, seed: 7 } },
    skipped: [{ column: 'tailnum', reason: 'an identifier' }],
  };
}

function dataQuality(): DataQualityReport {
  return { dataset, findings: [finding('nulls:temp', 'pass'), finding('freshness:time_hour', 'pass')] };
}

export function latency(): LatencyReport {
  return { batch: 1, runs: 1000, warmup: 20, provider: 'cpu', threads: 1, p50Ms: measured(0.8), p95Ms: measured(1.2), p99Ms: measured(1.9), rowsPerSecond: measured(1200), histogram: { edges: [], counts: [] } };
}

export function parity(): ParityReport {
  return {
    between: ['cpu', 'webgpu'],
    rows: 500,
    verdict: 'agree',
    reason: 'all 500 rows agree',
    outputs: [{ name: 'probabilities', maxAbsolute: 1e-7, maxRelative: 1e-6, ulpP99: 2, overTolerance: 0, elements: 1000, notFinite: [0, 0] }],
    decisionsChanged: { rows: 0, of: 500 },
    tolerance: { relative: 1e-3, absolute: 1e-5 },
  };
}

export function shadow(): ShadowOutcome & { ageDays: number } {
  return {
    id: 's-1',
    kind: 'replay',
    intent: 'new-model',
    verdict: 'better',
    sentence: 'Better: on 20,000 labelled pairs its accuracy is 82 %, production’s 81 %; they disagree on 2 % of 20,000 pairs.',
    at: '2026-01-02T00:00:00.000Z',
    compared: 20_000,
    disagreement: measured(0.02),
    nonInferior: true,
    digests: { production: 'champion', candidate: 'candidate' },
    ageDays: 2,
  };
}

export function faults(): PredictionFaults {
  return { rows: 20_000, missing: 0, notFinite: 0, outsideUnitInterval: 0, sumNotOne: 0, firstRows: [] };
}

function signature(): { inputs: { name: string; datatype: string; shape: (number | string | null)[] }[]; outputs: { name: string; datatype: string; shape: (number | string | null)[] }[] } {
  return { inputs: [{ name: 'temp', datatype: 'float32', shape: ['batch', 1] }], outputs: [{ name: 'probabilities', datatype: 'float32', shape: ['batch', 2] }] };
}

const dataset = { name: 'holdout', files: ['data/holdout.parquet'], digest: 'rows', rows: 20_000 };
