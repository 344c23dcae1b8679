import type { Finding } from '../../protocol/data-quality.ts';
import type { Snapshot } from '../../protocol/feed.ts';
import type { Verdict } from '../../protocol/measured.ts';
import type { ModelSummary } from '../../protocol/registry.ts';
import type { BatchReport, BatchSummary, RunReport } from '../../protocol/run.ts';
import type { Answers, Question } from '../../protocol/view.ts';
import type { ModelFileDifference, ModelFileReport, ReadinessCriterion, ReadinessReport, WeightStatistics } from '../../protocol/workspace.ts';
import { blockedRun, driftColumns } from '../figures/report-fixture.ts';
import { notFound, snapshotOf, summaryOf } from './answers.ts';
import type { Answerer } from './open-view.ts';

export function finding(id: string, verdict: Verdict, rest: Partial<Finding> = {}): Finding {
  const column = id.includes(':') ? id.slice(id.indexOf(':') + 1) : undefined;
  return { id, check: { kind: 'nulls', column: column ?? '', maxShare: 0.02, severity: 'block', line: 12 }, ...(column !== undefined && { column }), severity: 'block', verdict, message: `${id} was checked`, measured: '7.9 %', needed: '≤ 2 %', failing: verdict === 'fail' ? { rows: 2324, of: 29_425 } : null, ...rest };
}

const [july] = blockedRun().batches.filter(({ role }) => role === 'current').map(({ batch }) => batch);
const humid = july.profile.columns[0];

/** Columns of every kind of trouble, and of none. */
export function batchOf(rest: Partial<BatchReport> = {}): BatchReport {
  return {
    ...july,
    id: 'b-july',
    profile: { ...july.profile, name: 'current/2013-07', columns: ['temp', 'visib', 'time', 'carrier', 'dest', 'humid', 'flight_id', 'hour'].map((name) => ({ ...humid, name })) },
    dataQuality: {
      ...july.dataQuality,
      findings: [
        finding('row_count', 'pass'),
        finding('duplicate_rows', 'fail', { severity: 'warn', message: '200 rows equal to an earlier row', failing: { rows: 200, of: 29_425 }, next: 'To accept it, write under checks: - {maxDuplicates: 1.6%}' }),
        finding('nulls:humid', 'fail', { message: '7.9 % with humid null, allowed 2 %', next: 'To accept it, write under checks: - {column: "humid", maxNulls: 8%}' }),
        finding('range:temp', 'fail', { severity: 'warn', message: '21.3 % with temp outside 0 … 104', next: 'Repair it at the source' }),
        finding('unique:hour', 'inconclusive', { message: 'hour is not in this batch' }),
        finding('nulls:temp', 'pass'),
        finding('nulls:carrier', 'pass'),
      ],
    },
    drift: { ...july.drift!, skipped: [{ column: 'flight_id', reason: 'it is a key' }] },
    ...rest,
  };
}

/** As wide as batches get: every third column fails, nine of ten moved. */
export function wideBatch(columns: number): BatchReport {
  const drifted = Array.from({ length: columns }, (_, index) => ({ ...driftColumns.temp, column: `column ${index}`, verdict: index % 10 === 9 ? ('still' as const) : ('moved' as const) }));
  return batchOf({
    id: 'b-wide',
    profile: { ...july.profile, columns: drifted.map(({ column }) => ({ ...humid, name: column })) },
    dataQuality: { ...july.dataQuality, findings: drifted.map(({ column }, index) => finding(`nulls:${column}`, index % 3 === 0 ? 'fail' : 'pass')) },
    drift: { ...july.drift!, columns: drifted },
  });
}

/** A name that tries to be longer than the page, to be markup, and to turn the words around it. */
export const hostileName = `<img src=x onerror=alert(1)>\u202eevil\u2066 שלום ${'wide'.repeat(2_500)}`;

export function hostileBatch(): BatchReport {
  return batchOf({
    id: 'b-hostile',
    profile: { ...july.profile, name: hostileName, columns: [{ ...humid, name: hostileName }] },
    sentence: hostileName,
    dataQuality: { ...july.dataQuality, findings: [finding(`nulls:${hostileName}`, 'fail', { message: hostileName, next: `To accept it, write under checks: - {column: "${hostileName}"}` })] },
    drift: { ...july.drift!, columns: [{ ...driftColumns.temp, column: hostileName, message: hostileName }] },
  });
}

export function summaryBatch(id: string, name: string, rest: Partial<BatchSummary> = {}): BatchSummary {
  return { id, name, dataset: null, digest: id, checkedAt: '2026-11-02T10:00:00.000Z', rows: 27_000, failing: 1, moved: 2, inconclusive: 0, effects: { temp: 0.2, visib: 0.2 }, ...rest };
}

export function summaries(): BatchSummary[] {
  return ['b-may', 'b-june', 'b-july'].map((id, index) => summaryBatch(id, `current/2013-0${index + 5}`, { failing: index, moved: 2 * index }));
}

export function criterion(name: string, rest: Partial<ReadinessCriterion> = {}): ReadinessCriterion {
  return { criterion: name, group: 'Quality', kind: 'built-in', state: 'pass', text: `${name} was looked at`, evidence: { kind: 'gate', run: 'r-1', gate: 'recall.min' }, next: null, ...rest };
}

export function readinessOf(criteria: ReadinessCriterion[] = everyCriterion()): ReadinessReport {
  const counting = criteria.filter(({ state }) => state !== 'off');
  const met = counting.filter(({ state }) => state === 'pass').length;
  return { model: 'flight-delay', version: 'v2', digest: 'ab'.repeat(32), ready: met === counting.length, sentence: `flight-delay v2 is ${met === counting.length ? '' : 'not '}ready for production.`, counts: { met, of: counting.length }, criteria };
}

function everyCriterion(): ReadinessCriterion[] {
  return [
    criterion('business goal', { group: 'Business', evidence: { kind: 'config', line: 7 }, line: 7 }),
    criterion('quality on holdout'),
    criterion('blocking gates', { state: 'missing', text: 'no verdict yet', evidence: null, next: '`slipway run flight-delay`' }),
    criterion('drift of current', { group: 'Data', state: 'fail', evidence: { kind: 'batch', batch: 'b-july' } }),
    criterion('latency', { group: 'Runtime', state: 'inconclusive', evidence: { kind: 'run', run: 'r-1' } }),
    criterion('throughput', { group: 'Runtime', state: 'off', text: 'turned off: scored at night', evidence: { kind: 'config', line: 53 }, line: 53 }),
    criterion('parity', { group: 'Runtime', state: 'error', evidence: null }),
    criterion('encryption at rest', { group: 'Security', kind: 'statement', line: 52, state: 'missing', text: 'expired on 2026-11-01', evidence: { kind: 'statement', by: 'Ada Lovelace, security lead', at: '2026-05-01T09:00:00Z', expires: '2026-11-01T09:00:00Z', text: 'keys are in the vault' }, next: 'somebody states it: `slipway state "encryption at rest"`' }),
  ];
}

const summary: ModelSummary = {
  bytes: 218_461, externalBytes: 0, irVersion: 10, opsets: [{ domain: 'ai.onnx.ml', version: 1 }, { domain: 'ai.onnx', version: 21 }], producer: { name: 'skl2onnx', version: '1.20.0' }, domain: 'ai.onnx', modelVersion: '0', description: '', metadata: [{ key: 'trained_on', value: '2013-03-31' }], graph: 'flight_delay',
  inputs: [{ name: 'temp', datatype: 'float32', shape: ['batch', 1] }, { name: 'humidity', datatype: 'float32', shape: [null, 1] }],
  outputs: [{ name: 'label', datatype: 'int64', shape: [null] }, { name: 'probability', datatype: 'sequence(map(int64, float32))', shape: null }],
  zipMaps: [{ output: 'probability', tensor: 'probabilities', classes: { kind: 'int64', labels: ['0', '1'] } }], classes: { kind: 'int64', labels: ['0', '1'] }, nodeCount: 31, nodeCountExpanded: 31, parameterCount: 54_321,
  operators: Array.from({ length: 20 }, (_, index) => ({ domain: index % 4 === 0 ? 'ai.onnx.ml' : '', operator: `Operator${index}`, count: 20 - index })),
  initializers: Array.from({ length: 40 }, (_, index) => ({ name: `layer${index}.weight`, datatype: 'float32', shape: [64, 64 - index], bytes: 4 * 64 * (64 - index) })),
  externalFiles: [],
};

export const modelFiles: ModelFileReport[] = [
  { path: 'models/v2/model.onnx', bytes: 218_461, admission: { admitted: true, summary, warnings: [{ rule: 'control-flow', message: '2 Loop nodes decide at run time what is computed' }] }, versions: [{ model: 'flight-delay', version: 'v2', digest: 'ab'.repeat(32), champion: true, columns: { temp: ['temp'] }, run: { ...snapshotOf([blockedRun()]).runs[0], id: 'r-1' } }] },
  { path: 'models/new.onnx', bytes: 4_028, admission: { admitted: true, summary: { ...summary, operators: [], initializers: [], metadata: [], zipMaps: [] }, warnings: [] }, versions: [] },
  { path: 'models/refused.onnx', bytes: 255, admission: { admitted: false, incomplete: false, refusals: [{ rule: 'operators', message: 'Operator com.evil.Run is not on the list of allowed ones' }, { rule: 'size', message: 'It is too large' }], warnings: [] }, versions: [] },
  { path: 'models/half.onnx', bytes: 1_204_224, admission: { admitted: false, incomplete: true, refusals: [{ rule: 'truncated', message: 'The file ends at byte 1,204,224' }], warnings: [] }, versions: [] },
];

function weights(mean: number, standardDeviation: number): WeightStatistics {
  return { count: 4096, mean, standardDeviation, minimum: mean - 3 * standardDeviation, maximum: mean + 3 * standardDeviation, notFinite: 0 };
}

export const difference: ModelFileDifference = {
  path: 'models/v2/model.onnx',
  against: 'models/v1/model.onnx',
  inputs: [{ name: 'humidity', before: null, after: summary.inputs[1] }, { name: 'temp', before: summary.inputs[0], after: summary.inputs[0] }],
  outputs: [{ name: 'label', before: summary.outputs[0], after: { ...summary.outputs[0], datatype: 'string' } }],
  operators: [{ operator: 'Imputer', before: { domain: 'ai.onnx.ml', operator: 'Imputer', count: 2 }, after: null }, { operator: 'Cast', before: { domain: '', operator: 'Cast', count: 2 }, after: { domain: '', operator: 'Cast', count: 2 } }],
  metadata: [{ name: 'trained_on', before: '2013-03-31', after: '2013-06-30' }],
  weights: [
    { name: 'little', shape: [64, 10], before: weights(0, 0.1), after: weights(0.001, 0.11), relativeChange: 0.08 },
    { name: 'much', shape: [64, 64], before: weights(0, 0.1), after: { ...weights(0.001, 0.12), notFinite: 3 }, relativeChange: 0.31 },
    { name: 'reshaped', shape: [32], before: weights(0, 0.1), after: weights(0, 0.1), relativeChange: null },
    { name: 'fresh', shape: [64], before: null, after: weights(1, 0), relativeChange: null },
  ],
};

/** A batch with its label in it, judged by two versions. */
export function judgedBatch(): BatchReport {
  const batch = batchOf({ id: 'b-judged' });
  const late = { ...driftColumns.carrier, column: 'late', role: 'label' as const, message: '1 rose from 21.3 % to 24.0 %' };
  return { ...batch, profile: { ...batch.profile, columns: [...batch.profile.columns, { ...humid, name: 'late' }] }, drift: { ...batch.drift!, columns: [...batch.drift!.columns, late] } };
}

function judgingRun(id: string, version: string, role: RunReport['role'], startedAt: string): RunReport {
  const run = blockedRun();
  return { ...run, id, role, startedAt, model: { ...run.model, version }, batches: [{ role: 'current', batch: judgedBatch() }] };
}

/** v3 was judged twice; of the champion only once. */
export const judgingRuns = [judgingRun('r-v3-again', 'v3', 'candidate', '2026-11-03T09:00:00Z'), judgingRun('r-v3', 'v3', 'candidate', '2026-11-02T09:00:00Z'), judgingRun('r-v1', 'v1', 'champion', '2026-11-01T09:00:00Z')];

const batches = [batchOf(), judgedBatch(), hostileBatch(), wideBatch(1_000), batchOf({ id: 'b-alone', drift: null, driftMissing: 'there is no reference to compare with', referenceProfile: null, dataQuality: { ...july.dataQuality, findings: [] } })];

/** A server that has looked at these batches and model files. */
export const dataAnswers: Answerer = (question) => {
  const answer = answerTo(question);
  return answer === null ? { problem: notFound(question) } : { answer };
};

function answerTo(question: Question): Answers[keyof Answers] | null {
  switch (question.ask) {
    case 'snapshot':
      return { ...snapshotOf([]), batches: summaries(), models: ['v1', 'v2'].map((version): Snapshot['models'][number] => ({ model: 'flight-delay', version, digest: version, path: `models/${version}/model.onnx`, bytes: 4_028, seenAt: '2026-11-01T09:00:00Z', champion: version === 'v1', summary, run: null })) };
    case 'batch':
      return batches.find(({ id }) => id === question.id) ?? null;
    case 'batches':
      return summaries();
    case 'finding-rows':
      return { columns: ['carrier', 'temp', 'humid'], rows: Array.from({ length: Math.min(question.limit, 120) }, (_, row) => ({ row, path: 'data/current/2013-07.parquet', values: ['AA', row, null] })), total: 120 };
    case 'readiness':
      return question.model === 'flight-delay' ? readinessOf() : question.model === 'ready' ? readinessOf([criterion('latency'), criterion('fairness')]) : null;
    case 'model-file':
      return modelFiles.find(({ path }) => path === question.path) ?? null;
    case 'model-file-difference':
      return difference;
    case 'operator-times':
      return { rows: 64, runs: 30, operators: [{ operator: 'TreeEnsembleClassifier', nodes: 1, ms: 61.2 }, { operator: 'OneHotEncoder', nodes: 3, ms: 14.9 }, { operator: 'Concat', nodes: 2, ms: 4.1 }] };
    case 'run':
      return judgingRuns.find(({ id }) => id === question.id) ?? null;
    case 'runs':
      return judgingRuns.map(summaryOf);
    case 'run-rows':
    case 'shadows':
    case 'shadow':
    case 'live':
    case 'outline':
      return null;
  }
}
