import type { Finding } from '../../protocol/data-quality.ts';
import type { ColumnProfile, DatasetProfile } from '../../protocol/datasets.ts';
import type { ColumnDrift, DriftReport } from '../../protocol/drift.ts';
import type { CaseResult, ComparisonReport, EvaluationReport, GroupFairness, MetricComparison } from '../../protocol/evaluation.ts';
import type { Gate, GatePart, GateResult } from '../../protocol/gates.ts';
import type { DatasetRef, Interval, Measured, Verdict } from '../../protocol/measured.ts';
import type { BatchReport, BatchSummary, RunReport } from '../../protocol/run.ts';
import type { RuntimeReport } from '../../protocol/runtime.ts';

/** Reports as a run makes them, small enough to read; `name` and `count` make them long and wide. */

const digest = '4be1'.repeat(16);

export function measured(value: number | null, half = 0, rows = 2110): Measured {
  if (value === null) return { value, reason: 'one class only', rows };
  const interval: Interval = { low: value - half, high: value + half, level: 0.95, method: 'newcombe' };
  return half === 0 ? { value, rows } : { value, rows, interval };
}

function dataset(name: string, rows: number): DatasetRef {
  return { name, files: [`data/${name}.parquet`], digest, rows };
}

function gateResult(gate: Gate, title: string, verdict: Verdict, rest: Partial<GateResult> = {}): GateResult {
  return { gate, title, verdict, reason: `${title} was judged`, champion: null, candidate: null, difference: null, needs: '≥ −1.0 pt', unit: 'share', bound: null, rows: 2110, parts: [], ...rest };
}

const recallByCarrier: Gate = { id: 'recall.non_inferior.by.carrier', severity: 'block', line: 31, kind: 'non_inferior', metric: 'recall', on: 'holdout', margin: 0.01, alpha: 0.05, superior: false, by: 'carrier', minRows: 50 };
const auc: Gate = { id: 'roc_auc.non_inferior', severity: 'block', kind: 'non_inferior', metric: 'roc_auc', on: 'holdout', margin: 0.005, alpha: 0.05, superior: false, minRows: 50 };
const tprGap: Gate = { id: 'tpr.gap', severity: 'warn', kind: 'fairness', measure: 'equal_opportunity_difference', on: 'holdout', by: ['origin'], max: 0.1, minRows: 100, decide: 'interval' };
const latency: Gate = { id: 'latency.p99', severity: 'block', kind: 'latency', quantile: 'p99', maxMs: 20, batch: 1 };
const outputs: Gate = { id: 'outputs', severity: 'block', kind: 'outputs' };

function part(title: string, verdict: Verdict, difference: number | null, rows: number): GatePart {
  return { title, verdict, reason: `${title}: recall differs`, champion: measured(0.71), candidate: measured(0.67), difference: measured(difference, 0.021), rows };
}

function gates(): GateResult[] {
  return [
    gateResult(outputs, 'every prediction is sound', 'pass', { unit: 'count', candidate: measured(0), bound: { on: 'candidate', max: 0 }, needs: 'no faults' }),
    gateResult(auc, 'AUC', 'pass', { champion: measured(0.731), candidate: measured(0.74, 0.004), difference: measured(0.009, 0.003), needs: '≥ −0.5 pt', bound: { on: 'difference', min: -0.005 }, rows: 29_102 }),
    gateResult(recallByCarrier, 'recall by carrier', 'fail', {
      reason: '1 of 3 fail; carrier = AA: recall is 4.1 pt worse (95 % −6.2 pt to −2.0 pt)',
      champion: measured(0.71),
      candidate: measured(0.67),
      difference: measured(-0.041, 0.021),
      bound: { on: 'difference', min: -0.01 },
      parts: [part('carrier = AA', 'fail', -0.041, 2110), part('carrier = B6', 'pass', 0.012, 4032), part('carrier = FL', 'inconclusive', -0.002, 61)],
    }),
    gateResult(tprGap, 'TPR gap, origin', 'inconclusive', { candidate: measured(null, 0, 41), needs: '≤ 0.100', bound: { on: 'candidate', max: 0.1 }, rows: 41, reason: 'too few rows: 120 more would do', rowsNeeded: 120 }),
    gateResult(latency, 'latency p99, batch 1', 'pass', { unit: 'ms', candidate: measured(3.1, 0.4), needs: '≤ 20 ms', bound: { on: 'candidate', max: 20 }, rows: null }),
  ];
}

function comparisonOf(metric: string, slice: string, change: number | null, direction: 'higher' | 'lower' = 'higher'): MetricComparison {
  const difference = change === null ? measured(null) : measured(change, 0.006);
  return { metric, slice: { name: slice, where: slice === 'all' ? [] : [{ column: 'carrier', value: slice }], source: slice === 'all' ? 'all' : 'declared' }, champion: measured(0.7, 0.01), candidate: change === null ? measured(null) : measured(0.7 + change, 0.01), difference, pValue: change === null ? null : 0.001, test: 'paired-bootstrap', direction };
}

function comparison(slices: number, name: (text: string) => string): ComparisonReport {
  return {
    dataset: dataset('holdout', 24_814),
    champion: { version: 'v1', digest },
    candidate: { version: 'v3', digest },
    rows: 24_814,
    metrics: [comparisonOf('roc_auc', 'all', 0.009), comparisonOf('recall', 'all', 0.02), comparisonOf('specificity', 'all', -0.012), comparisonOf('log_loss', 'all', -0.03, 'lower'), comparisonOf('ece', 'all', 0.0004, 'lower'), comparisonOf('mcc', 'all', null)],
    slices: ['recall', 'roc_auc', 'precision'].flatMap((metric) => Array.from({ length: slices }, (_, index) => comparisonOf(metric, name(`carrier = ${index}`), index % 7 === 6 ? null : (index % 5) * 0.01 - 0.02))),
    flips: {
      harmful: 377,
      helpful: 412,
      harmfulRate: measured(0.015, 0.001),
      mcnemar: { statistic: 1.5, pValue: 0.21, method: 'exact' },
      examples: Array.from({ length: 40 }, (_, row) => ({ row, key: name(`${row}`), label: '1', champion: '1', candidate: '0', championScore: 0.328, candidateScore: 0.0727 })),
      concentrations: [{ slice: { name: name('carrier = AA and origin = JFK'), where: [], source: 'found' }, rows: 800, harmful: 91, helpful: 12, lift: 7.4, adjustedP: 1e-6 }],
    },
    seed: 7,
  };
}

function fairness(name: (text: string) => string): GroupFairness {
  const rates = (rate: number) => ({ selection_rate: measured(rate, 0.02), tpr: measured(rate + 0.1, 0.03), fpr: measured(rate / 2, 0.01), tnr: measured(0.8), fnr: measured(null) });
  return {
    by: ['origin'],
    groups: [
      { group: name('JFK'), rows: 9000, positives: 2100, selected: 2500, tooSmall: false, rates: rates(0.28) },
      { group: name('EWR'), rows: 41, positives: 3, selected: 4, tooSmall: true, rates: { ...rates(0.1), tpr: measured(null, 0, 3) } },
    ],
    disparities: { equal_opportunity_difference: { ...measured(0.08, 0.02), lowestGroup: name('EWR'), highestGroup: name('JFK') }, demographic_parity_ratio: measured(null) },
    minRows: 100,
  };
}

function evaluation(task: EvaluationReport['task'], name: (text: string) => string): EvaluationReport {
  const common = { dataset: dataset('holdout', 24_814), model: { name: name('flight-delay'), version: 'v3', digest }, task, rows: { read: 24_814, judged: 24_800, leftOut: [{ reason: name('no label'), rows: 14 }] }, slices: [], seed: 7 };
  const weakSlices = [{ slice: { name: name('hour = 21 and pressure ≥ 1018.7000122070312'), where: [], source: 'found' as const }, rows: 195, share: 0.008, metrics: {}, metric: 'accuracy', gap: measured(-0.29, 0.04), adjustedP: 1e-9 }];
  if (task === 'regression') return { ...common, metrics: { mae: measured(24.4, 0.2), r2: measured(0.09, 0.01), mape: measured(null) }, residuals: { edges: [-60, -20, 0, 20, 300], counts: [40, 900, 1100, 35] }, weakSlices, fairness: [] };
  if (task === 'multiclass') {
    const labels = Array.from({ length: 10 }, (_, label) => name(String(label)));
    return { ...common, metrics: { accuracy: measured(0.97, 0.01) }, confusion: { labels, counts: labels.map((_, actual) => labels.map((__, predicted) => (actual === predicted ? 48 : (actual * predicted) % 7 === 6 ? 2 : 0))) }, weakSlices: [], fairness: [] };
  }
  return {
    ...common,
    threshold: 0.27,
    positive: '1',
    metrics: { roc_auc: measured(0.74, 0.004), average_precision: measured(0.46, 0.01), accuracy: measured(0.7, 0.005), ece: measured(0.034, 0.003), mcc: measured(null) },
    confusion: { labels: ['0', '1'], counts: [[14_411, 4201], [3146, 3056]] },
    roc: { points: [[0, 0], [0.1, 0.4], [0.4, 0.8], [1, 1]] },
    precisionRecall: { points: [[0, 1], [0.3, 0.6], [1, 0.25]] },
    calibration: { strategy: 'mass', bins: [0.1, 0.3, 0.6].map((score) => ({ low: score - 0.1, high: score + 0.1, rows: 2480, meanScore: score, positiveShare: measured(score - 0.02, 0.03) })), metrics: {} },
    weakSlices,
    fairness: [fairness(name)],
    value: { currency: 'USD', perPrediction: measured(2.39, 0.18), baseline: { name: 'negative', perPrediction: measured(0) }, gain: measured(2.39, 0.18), counts: { tp: 3056, fp: 4201, fn: 3146, tn: 14_411 } },
  };
}

function columnDrift(column: string, rest: Partial<ColumnDrift> = {}): ColumnDrift {
  return {
    column,
    role: 'feature',
    kind: 'numeric',
    verdict: 'moved',
    message: 'median 39 → 53 °F; K-S D 0.712 (chance ≤ 0.012), p < 1e-9',
    rows: { reference: 80_789, current: 29_425 },
    effect: { name: 'ks', value: 0.712, floor: 0.1, band: 0.012, bandMethod: 'Kolmogorov', definition: 'max |F − G|' },
    test: { name: 'ks', value: 0.712, pValue: 1e-30, adjustedP: 1e-29, definition: 'two-sided' },
    others: [{ name: 'psi', value: null, reason: 'one bin only', definition: 'Σ (c − r) ln(c / r)' }],
    nulls: { reference: measured(0.004), current: measured(0.079), difference: 0.075, adjustedP: 1e-9, moved: true },
    newCategories: [],
    newCategoriesTotal: { categories: 0, rows: 0 },
    vanishedCategories: [],
    distributions: { kind: 'numeric', edges: [0, 10, 20, 30, 40, 50], reference: [100, 400, 300, 150, 50], current: [20, 60, 150, 300, 90] },
    ...rest,
  };
}

export const driftColumns = {
  temp: columnDrift('temp'),
  visib: columnDrift('visib', { nulls: { reference: measured(0), current: measured(0), difference: 0, adjustedP: null, moved: false }, distributions: { kind: 'numeric', edges: [0, 1, 2, 3, 4, 5, 6, 7, 8], reference: [10, 0, 0, 40, 0, 0, 0, 950], current: [20, 0, 0, 60, 0, 0, 0, 500] } }),
  time: columnDrift('time', { kind: 'datetime', distributions: { kind: 'numeric', unit: 'ms-since-1970', edges: [1_356_998_400_000, 1_364_774_400_000, 1_372_636_800_000], reference: [10, 90], current: [90, 10] } }),
  carrier: columnDrift('carrier', {
    kind: 'categorical',
    verdict: 'still',
    message: 'new: "9E-X" (12 rows); V 0.04 (floor 0.1): seen, too small to matter',
    newCategories: [{ value: '9E-X', count: 12 }],
    vanishedCategories: ['OO'],
    distributions: { kind: 'categorical', categories: ['UA', 'AA', 'OO', '9E-X', ''], reference: [500, 300, 20, 0, 5], current: [200, 100, 0, 12, 2], other: { reference: 100, current: 60, distinct: 7 } },
  }),
  dest: columnDrift('dest', { kind: 'categorical', verdict: 'inconclusive', message: '23 rows per category: too few to tell; 180 more rows would do', rowsNeeded: 180, effect: { name: 'cramers_v', value: null, reason: 'too few rows', floor: 0.1, band: null, bandMethod: 'none', definition: 'Cramér’s V' }, distributions: null }),
};

function drift(columns: ColumnDrift[], name: (text: string) => string): DriftReport {
  return {
    reference: dataset('reference', 80_789),
    current: dataset(name('July'), 29_425),
    alpha: 0.05,
    columns,
    moved: columns.filter(({ verdict }) => verdict === 'moved').length,
    inconclusive: columns.filter(({ verdict }) => verdict === 'inconclusive').length,
    errors: 0,
    multivariate: { verdict: 'moved', message: name('a classifier tells the two apart, AUC 0.799'), auc: measured(0.799, 0.01), floor: 0.6, columns: [{ column: 'temp', weight: 0.4 }], sample: { reference: 2000, of: 80_789, current: 2000, ofCurrent: 29_425, seed: 7 } },
    skipped: [{ column: name('flight_id'), reason: 'it is a key' }],
  };
}

function finding(id: string, verdict: Verdict, name: (text: string) => string): Finding {
  return { id: name(id), check: { kind: 'nulls', column: 'humid', maxShare: 0.02, severity: 'block', line: 12 }, column: 'humid', severity: verdict === 'inconclusive' ? 'warn' : 'block', verdict, message: name('nulls rose from 0.4 % to 7.9 %, allowed 2 %'), measured: '7.9 %', needed: '≤ 2 %', value: measured(0.079, 0.003), failing: { rows: 2324, of: 29_425 }, next: name('To accept it, write {column: humid, maxNulls: 8%}') };
}

function profile(name: string, rows: number, columns: number): DatasetProfile {
  const column: ColumnProfile = { name: 'humid', type: 'DOUBLE', kind: 'numeric', rows, nulls: 2324, nans: 0, infinities: { positive: 0, negative: 0 }, negativeZeros: 0, emptyStrings: 0, distinct: { value: 88, exact: true }, minimum: 12, maximum: 100, mean: 60.2, standardDeviation: 19.1, quantiles: null, histogram: null, undefinedReason: null, topValues: null, length: null, looksLike: null, monotone: 'none' };
  return { name, files: [{ path: `data/${name}.parquet`, bytes: 861_692, rows }], format: 'parquet', dialect: null, bytes: 861_692, digest, rows, columns: Array.from({ length: columns }, (_, index) => ({ ...column, name: `humid${index}` })), differences: [{ path: `data/${name}-2.parquet`, missing: ['wind'], extra: ['gust'], changed: [{ column: 'hour', type: 'VARCHAR', firstType: 'INTEGER' }] }], scannedMs: 250 };
}

function batch(role: string, { columns, checks, name }: Required<Shape>): BatchReport {
  const base = Object.values(driftColumns);
  const many = Array.from({ length: columns }, (_, index) => ({ ...base[index % base.length], column: name(index < base.length ? base[index].column : `column${index}`), message: name(base[index % base.length].message) }));
  return {
    schema: 'slipway.batch/1',
    id: 'b-1',
    checkedAt: '2026-11-02T10:00:00.000Z',
    profile: profile(name(role), 29_425, columns),
    referenceProfile: profile('reference', 80_789, columns),
    dataQuality: { dataset: dataset(role, 29_425), reference: dataset('reference', 80_789), findings: Array.from({ length: checks }, (_, index) => finding(`nulls:humid${index}`, index === 0 ? 'fail' : index === 1 ? 'inconclusive' : 'pass', name)) },
    drift: role === 'current' ? drift(many, name) : null,
    driftMissing: role === 'current' ? null : 'there is no reference to compare with',
    sentence: name('July is usable, but 3 of 5 columns have moved and 1 check fails.'),
  };
}

function history(batches: number, columns: number): BatchSummary[] {
  const names = Object.keys(driftColumns);
  return Array.from({ length: batches }, (_, index) => ({ id: `b-${index}`, name: `current/2013-${String(index + 1).padStart(2, '0')}`, dataset: 'current', digest, checkedAt: '2026-11-02T10:00:00.000Z', rows: 27_000, failing: index % 3, moved: index % 6, inconclusive: 0, effects: Object.fromEntries(Array.from({ length: columns }, (__, column) => [names[column] ?? `column${column}`, index === 2 ? null : 0.05 + 0.02 * index])) }));
}

function runtime(): RuntimeReport {
  return {
    provider: 'cpu',
    requested: ['cuda', 'cpu'],
    refused: [{ provider: 'cuda', reason: 'libcudnn.so.9 is missing\nat load' }],
    onnxruntime: '1.30.0',
    peakMemoryMb: 164,
    modelBytes: 218_461,
    rowsPerRun: { rows: 1, reason: 'answers change with the rows beside them' },
    latencyMissing: null,
    latency: [{ batch: 1, runs: 1000, warmup: 5, provider: 'cpu', threads: 2, p50Ms: measured(0.107, 0.002), p95Ms: measured(0.15, 0.02), p99Ms: measured(1.2, 0.4), rowsPerSecond: measured(6881), histogram: { edges: [0.08, 0.4, 0.8, 1.2, 2.4], counts: [957, 20, 17, 6] } }],
    parity: [{ between: ['cpu', 'webgpu'], rows: 1000, verdict: 'differ', reason: '2 of 1,000 decisions change', outputs: [{ name: 'score', maxAbsolute: 0.02, maxRelative: null, ulpP99: 40, overTolerance: 2, elements: 1000, notFinite: [0, 0] }], decisionsChanged: { rows: 2, of: 1000 }, tolerance: { relative: 0.001, absolute: 0.0001 } }],
  };
}

function cases(): CaseResult[] {
  return Array.from({ length: 25 }, (_, row) => ({ row, name: `case-${row + 1}`, expected: '1', predicted: row === 3 ? null : row === 4 ? '0' : '1', score: row === 3 ? null : 0.6, verdict: row === 3 ? 'error' : row === 4 ? 'fail' : 'pass' }));
}

interface Shape {
  columns?: number;
  slices?: number;
  batches?: number;
  checks?: number;
  /** Applied to every free text. */
  name?: (text: string) => string;
  task?: EvaluationReport['task'];
}

/** v3 of the wireframe: better on average, worse for one carrier. */
export function blockedRun(shape: Shape = {}): RunReport {
  const { columns = 5, slices = 8, batches = 7, checks = 6, name = (text) => text, task = 'binary' } = shape;
  const results = gates().map((gate) => ({ ...gate, title: name(gate.title), reason: name(gate.reason) }));
  const score = columnDrift('score', { role: 'prediction', verdict: 'still' });
  return {
    schema: 'slipway.run/1',
    id: 'r-20261102-100000-4be1',
    startedAt: '2026-11-02T10:00:00.000Z',
    finishedAt: '2026-11-02T10:01:33.000Z',
    role: 'candidate',
    model: { name: name('flight-delay'), version: name('v3'), digest },
    lineage: {
      model: { name: name('flight-delay'), version: name('v3'), digest, path: name('models/flight-delay/v3/model.onnx'), bytes: 218_461 },
      champion: { version: name('v1'), digest },
      datasets: { reference: dataset(name('reference'), 80_789), holdout: dataset('holdout', 24_814), current: dataset(name('July'), 29_425), cases: dataset('cases', 25) },
      config: { digest, text: name('models:\n  flight-delay:\n    target: late\n') },
      policy: { digest, fixedAt: '2026-11-02T10:00:00.000Z' },
      code: { revision: 'a'.repeat(40), dirty: true, repository: name('https://example.org/flights.git') },
      seed: 7,
      provider: 'cpu',
      versions: { slipway: '0.1.0', node: '20.20.2', onnxruntime: '1.30.0', duckdb: 'v1.5.5', os: 'linux', cpu: name('EPYC') },
    },
    steps: [
      { step: 'predict', subject: 'holdout', state: 'done', milliseconds: 420 },
      { step: 'compare', subject: 'current', state: 'skipped', milliseconds: 0, reason: name('current has no labels') },
    ],
    batches: (['reference', 'current'] as const).map((role) => ({ role, batch: batch(role, { columns, slices, batches, checks, name, task }) })),
    history: history(batches, columns),
    predictions: [{ role: 'current', faults: { rows: 29_425, missing: 0, notFinite: 0, outsideUnitInterval: 0, sumNotOne: 0, firstRows: [] }, drift: { ...drift([score], name), multivariate: null, skipped: [] } }],
    evaluations: { holdout: evaluation(task, name) },
    championEvaluations: { holdout: evaluation(task, name) },
    comparisons: { holdout: comparison(slices, name) },
    cases: cases().map((each) => ({ ...each, name: name(each.name) })),
    concept: { verdict: 'still', message: name('accuracy 0.693, expected 0.69'), metric: 'accuracy', expected: measured(0.69, 0.01), realised: measured(0.693, 0.01), difference: { value: 0.003 } },
    estimates: [{ metric: 'accuracy', estimated: measured(0.69, 0.01), reference: measured(0.7, 0.01), realised: measured(0.693, 0.01), definition: name('CBPE') }, { metric: 'recall', estimated: measured(null), reference: measured(0.5), definition: 'CBPE' }],
    runtime: runtime(),
    signatures: null,
    missing: { 'comparisons.current': name('current has no labels') },
    policy: results.map(({ gate }) => gate),
    gates: results,
    decision: { verdict: 'fail', sentence: name('v3 is blocked: better on average (+0.9 pt AUC), worse for carrier AA.'), blocking: [recallByCarrier.id], warnings: [tprGap.id], notApplicable: [], counts: { pass: 3, fail: 1, inconclusive: 1, error: 0 } },
  };
}

/** v2 of the wireframe: every gate passes. */
export function promotableRun(): RunReport {
  const run = blockedRun();
  const passing = run.gates.filter(({ verdict }) => verdict === 'pass');
  return { ...run, gates: passing, cases: run.cases.map((each) => ({ ...each, predicted: '1', verdict: 'pass' })), decision: { verdict: 'pass', sentence: 'v2 may replace v1: +0.9 pt AUC (95 % 0.6 to 1.2).', blocking: [], warnings: [], notApplicable: [], counts: { pass: passing.length, fail: 0, inconclusive: 0, error: 0 } } };
}

/** v4 of the wireframe: most predictions are NaN, so that nothing could be evaluated or compared. */
export function errorRun(): RunReport {
  const run = blockedRun();
  const reason = 'holdout was not compared: of 24,814 predictions, 18,785 are not finite numbers';
  const unjudged = run.gates.filter(({ gate }) => gate.kind !== 'outputs').map((gate): GateResult => ({ ...gate, verdict: 'error', reason, champion: null, candidate: null, difference: null, parts: [] }));
  return {
    ...run,
    steps: ['holdout', 'current'].map((subject) => ({ step: 'predict', subject, state: 'failed', milliseconds: 3, problem: { code: 'model-failed', title: 'The model failed', detail: 'Input humid is gone', hint: 'Map it under inputs' } })),
    evaluations: { holdout: { ...evaluation('binary', (text) => text), refused: '18,785 predictions are not finite numbers', metrics: {} } },
    championEvaluations: {},
    comparisons: { holdout: { ...comparison(0, (text) => text), refused: '18,785 predictions are not finite numbers', metrics: [], flips: null } },
    gates: [{ ...run.gates[0], verdict: 'fail', candidate: measured(18_785), rows: 24_814, reason: 'of 24,814 predictions, 18,785 are not finite numbers' }, ...unjudged],
    decision: { verdict: 'fail', sentence: 'v4 is blocked: 18,785 predictions are not finite numbers.', blocking: ['outputs', ...unjudged.map(({ gate }) => gate.id)], warnings: [], notApplicable: [], counts: { pass: 0, fail: 1, inconclusive: 0, error: unjudged.length } },
  };
}

/** The first version of a model whose every step failed: all that may be absent is. */
export function emptyRun(): RunReport {
  const run = blockedRun();
  return {
    ...run,
    role: 'champion',
    lineage: { ...run.lineage, champion: null, datasets: {}, code: { revision: null, dirty: null, repository: null } },
    steps: [],
    batches: [],
    history: [],
    predictions: [],
    evaluations: {},
    championEvaluations: {},
    comparisons: {},
    cases: [],
    concept: null,
    estimates: [],
    runtime: null,
    missing: {},
    policy: [],
    gates: [],
    decision: { verdict: 'inconclusive', sentence: 'Nothing was judged.', blocking: [], warnings: [], notApplicable: ['roc_auc.non_inferior'], counts: { pass: 0, fail: 0, inconclusive: 0, error: 0 } },
  };
}
