import type { ModelConfig } from '../protocol/config.ts';
import type { ComparisonReport, EvaluationReport } from '../protocol/evaluation.ts';
import type { DatasetRole, EvaluationRole, Gate } from '../protocol/gates.ts';
import type { RunReport } from '../protocol/run.ts';
import type { ParityReport, Provider, RuntimeReport } from '../protocol/runtime.ts';
import { checkParity, type OutputTensor, type ParitySide } from './comparison/check-parity.ts';
import { readBatches } from './datasets/read-columns.ts';
import { detectConceptDrift } from './drift/detect-concept-drift.ts';
import { startHost, type ModelHost } from './engines/onnx.ts';
import { tensorOf, vectorsOf, type TensorMap } from './engines/tensor.ts';
import type { OutcomeValues } from './evaluation/assess-value.ts';
import { judgeCases } from './evaluation/judge-cases.ts';
import { findPredictionFaults, type Predictions } from './evaluation/predictions.ts';
import type { SliceDeclaration } from './evaluation/slice.ts';
import { decisionsOf } from './evaluation/subject.ts';
import { measureLatencyOf, batchSizes } from './measure-runtime.ts';
import type { House, On, RunSubject, Version } from './house.ts';
import type { Job } from './judging-thread.ts';
import { mapInputs, predict, type InputMapping, type OutputColumns } from './predict.ts';
import { Problem } from './problem.ts';
import type { Table } from './stats/vector.ts';
import { digestOf } from './report-batch.ts';
import type { Steps } from './steps.ts';
import { contractOf, labelsOf, predictionsIn, predictionsOf, subjectOf, type Contract } from './subject-of.ts';
import type { Batch } from './workspace-data.ts';

/** Hosts and answers of one pass: a champion is started once and asked once, however many candidates are judged. */
export interface Models {
  host(version: Extract<Version, { kind: 'file' }>, providers?: readonly Provider[]): Promise<ModelHost>;
  predictions(version: Version, config: ModelConfig, contract: Contract, batch: Batch): Promise<Predictions>;
  /** The evaluation of these predictions, made once. */
  evaluation(version: Version, config: ModelConfig, batch: Batch, make: () => Promise<EvaluationReport>): Promise<EvaluationReport>;
  close(): Promise<void>;
}

type Measured = Pick<RunReport, 'predictions' | 'evaluations' | 'championEvaluations' | 'comparisons' | 'cases' | 'concept' | 'estimates' | 'runtime' | 'signatures'>;

const rolesPredicted = ['holdout', 'current', 'cases'] as const;
const rolesEvaluated = ['holdout', 'current'] as const;
const parityRows = 1000;

/** predict → evaluate → compare, each dataset by itself: what fails leaves its own evidence missing and nothing else. */
export async function measureModel(house: House, models: Models, subject: RunSubject, steps: Steps, on: On): Promise<Measured> {
  const { config, version, champion, batches: data } = subject;
  const measured: Measured = { predictions: [], evaluations: {}, championEvaluations: {}, comparisons: {}, cases: [], concept: null, estimates: [], runtime: null, signatures: null };
  const labelled = data.holdout ?? data.current;
  const contract = await steps.attempt('predict', 'contract', 'predictions', async () => contractFor(config, version, labelled));
  if (contract === null) return withoutPredictions(measured, steps, 'what the model answers is not known');

  const answers = new Map<DatasetRole, Predictions>();
  for (const role of rolesPredicted) {
    const batch = data[role];
    if (batch === undefined) continue;
    const predictions = await steps.attempt('predict', `${version.name} on ${batch.name}`, `predictions.${role}`, () => models.predictions(version, config, contract, batch));
    if (predictions === null) continue;
    answers.set(role, predictions);
    measured.predictions.push({ role, faults: findPredictionFaults(predictions, Math.max(1, contract.classes.length)), drift: null });
  }

  // Independent of each other, and each on a thread of its own.
  await Promise.all(
    rolesEvaluated.map(async (role) => {
      const batch = data[role];
      const predictions = answers.get(role);
      if (batch === undefined || predictions === undefined) {
        const reason = batch === undefined ? `slipway.yaml has no ${role} dataset for ${config.name}` : (steps.missing[`predictions.${role}`] ?? 'there are no predictions');
        steps.skip('evaluate', role, `evaluations.${role}`, reason);
        steps.skip('compare', role, `comparisons.${role}`, reason);
        return;
      }
      const [evaluation] = await Promise.all([
        steps.attempt('evaluate', `${version.name} on ${batch.name}`, `evaluations.${role}`, () => models.evaluation(version, config, batch, () => evaluationOf(house, subject, contract, version, batch, predictions, on))),
        compareWithChampion(house, models, subject, contract, role, batch, predictions, measured, steps, on),
      ]);
      if (evaluation !== null) measured.evaluations[role] = evaluation;
    }),
  );

  const cases = data.cases;
  const caseAnswers = answers.get('cases');
  if (cases === undefined) steps.missing.cases = `slipway.yaml has no cases dataset for ${config.name}`;
  else if (caseAnswers === undefined) steps.missing.cases = steps.missing['predictions.cases'] ?? 'there are no predictions';
  else {
    const judged = await steps.attempt('evaluate', 'curated cases', 'cases', async () => {
      const table = await cases.table();
      return judgeCases(subjectOf(table, config, cases.config.target ?? config.target, contract, caseAnswers), { names: rowNames(table, cases.config.key) });
    });
    measured.cases = judged ?? [];
  }

  await detectPredictionDrift(house, models, subject, contract, answers, measured, steps, on);
  await estimateWithoutLabels(house, subject, contract, answers, measured, steps, on);
  if (champion !== null && champion.kind === 'file' && version.kind === 'file') {
    measured.signatures = await steps.attempt('identify', 'signature', 'signatures', async () => ({ candidate: signatureOf(version), champion: signatureOf(champion) }));
  } else steps.missing.signatures = champion === null ? 'there is no champion to compare with' : 'predictions are columns of the data';
  await measureRuntime(models, subject, contract, measured, steps, on);
  return measured;
}

function withoutPredictions(measured: Measured, steps: Steps, reason: string): Measured {
  for (const role of rolesEvaluated) {
    steps.missing[`evaluations.${role}`] = reason;
    steps.missing[`comparisons.${role}`] = reason;
  }
  steps.missing.cases = reason;
  steps.missing.predictionDrift = reason;
  steps.missing.runtime = reason;
  return measured;
}

async function contractFor(config: ModelConfig, version: Version, labelled: Batch | undefined): Promise<Contract> {
  const named = version.kind === 'file' ? version.registered.summary.classes : null;
  const target = labelled?.config.target ?? config.target;
  const column = labelled === undefined || target === null ? undefined : (await labelled.table()).columns.find(({ name }) => name === target);
  return contractOf(config, named, column === undefined ? [] : labelsOf(column.vector));
}

async function compareWithChampion(house: House, models: Models, subject: RunSubject, contract: Contract, role: EvaluationRole, batch: Batch, predictions: Predictions, measured: Measured, steps: Steps, on: On): Promise<void> {
  const { config, version, champion } = subject;
  if (subject.role === 'champion' || champion === null) {
    steps.skip('compare', role, `comparisons.${role}`, champion === null ? 'there is no champion to compare with' : 'this is the champion');
    return;
  }
  const theirs = await steps.attempt('predict', `${champion.name} on ${batch.name}`, `comparisons.${role}`, async () => models.predictions(champion, config, await contractFor(config, champion, batch), batch));
  if (theirs === null) return;
  const [evaluation, comparison] = await Promise.all([
    steps.attempt('evaluate', `${champion.name} on ${batch.name}`, `championEvaluations.${role}`, () => models.evaluation(champion, config, batch, () => evaluationOf(house, subject, contract, champion, batch, theirs, on))),
    steps.attempt('compare', `${version.name} with ${champion.name} on ${batch.name}`, `comparisons.${role}`, () => comparisonOf(house, subject, contract, champion, batch, { candidate: predictions, champion: theirs }, on)),
  ]);
  if (evaluation !== null) measured.championEvaluations[role] = evaluation;
  if (comparison !== null) measured.comparisons[role] = comparison;
}

/** What a version says on the current batch against what it said on the reference. */
async function detectPredictionDrift(house: House, models: Models, { config, version, batches }: RunSubject, contract: Contract, answers: ReadonlyMap<DatasetRole, Predictions>, measured: Measured, steps: Steps, on: On): Promise<void> {
  const now = answers.get('current');
  const { reference, current } = batches;
  if (now === undefined || reference === undefined || current === undefined) {
    steps.missing.predictionDrift = reference === undefined ? `slipway.yaml has no reference dataset for ${config.name}` : (steps.missing['predictions.current'] ?? 'there is no current batch');
    return;
  }
  const drift = await steps.attempt('detect drift', 'predictions', 'predictionDrift', async () => {
    const before = await models.predictions(version, config, contract, reference);
    const side = async (batch: Batch, predictions: Predictions) => ({ dataset: await batch.ref(), table: predictionTable(predictions, contract) });
    return house.judging.run(
      {
        kind: 'detect drift',
        input: { reference: await side(reference, before), current: await side(current, now) },
        roles: { predictions: predictionTable(now, contract).columns.map(({ name }) => name) },
        options: { alpha: house.config.drift.alpha, floors: house.config.drift.floors, multivariate: null, seed: house.config.seed },
      },
      { signal: on.signal },
    );
  });
  const made = measured.predictions.find(({ role }) => role === 'current');
  if (made !== undefined) made.drift = drift;
}

/** What the scores on the current batch promise, given what they were worth on the holdout; and whether the labels, where they are in, agree. */
async function estimateWithoutLabels(house: House, { config, batches }: RunSubject, contract: Contract, answers: ReadonlyMap<DatasetRole, Predictions>, measured: Measured, steps: Steps, on: On): Promise<void> {
  const { holdout, current } = batches;
  const [before, now] = [answers.get('holdout'), answers.get('current')];
  if (holdout === undefined || current === undefined || before === undefined || now === undefined || !isScored(before) || !isScored(now)) {
    steps.missing.concept = 'it takes scores on a labelled holdout and on a current batch';
    return;
  }
  const estimates = await steps.attempt('detect drift', 'performance without labels', 'concept', async () => {
    const side = async (batch: Batch, predictions: ScoredPredictions) => {
      const target = batch.config.target ?? config.target;
      const table = await batch.table();
      const labelled = target !== null && table.columns.some(({ name }) => name === target);
      const subject = labelled ? subjectOf(table, config, target, contract, predictions) : null;
      return { scores: predictions.kind === 'scores' ? predictions.scores : predictions.probabilities, labels: subject !== null && (subject.task === 'binary' || subject.task === 'multiclass') ? subject.labels.map((label) => Math.max(-1, label)) : null };
    };
    const input = { classes: contract.classes.length, threshold: config.threshold, reference: await side(holdout, before), current: await side(current, now) };
    return house.judging.run({ kind: 'estimate performance', input, options: { seed: house.config.seed } }, { signal: on.signal });
  });
  if (estimates === null) return;
  measured.estimates = estimates;
  measured.concept = detectConceptDrift(estimates[0]);
}

type ScoredPredictions = Extract<Predictions, { kind: 'scores' | 'probabilities' }>;

const isScored = (predictions: Predictions): predictions is ScoredPredictions => predictions.kind === 'scores' || predictions.kind === 'probabilities';

/** Predictions as columns, so that they are compared as any column is. */
function predictionTable(predictions: Predictions, { classes }: Contract): Table {
  const numeric = (name: string, values: Float64Array) => ({ name, kind: 'numeric' as const, type: 'DOUBLE', vector: { kind: 'numeric' as const, values } });
  switch (predictions.kind) {
    case 'scores':
      return { rows: predictions.scores.length, columns: [numeric('score', predictions.scores)] };
    case 'values':
      return { rows: predictions.values.length, columns: [numeric('prediction', predictions.values)] };
    case 'classes':
      return { rows: predictions.codes.length, columns: [{ name: 'predicted class', kind: 'categorical', type: 'VARCHAR', vector: { kind: 'categorical', codes: predictions.codes.map((code) => Math.max(-1, code)), dictionary: [...classes] } }] };
    case 'probabilities': {
      const rows = predictions.probabilities.length / classes.length;
      return { rows, columns: classes.map((label, index) => numeric(`probability of ${label}`, Float64Array.from({ length: rows }, (_, row) => predictions.probabilities[row * classes.length + index]))) };
    }
    case 'texts': {
      const dictionary = [...new Set(predictions.texts.filter((text) => text !== null))];
      const indexOf = new Map(dictionary.map((text, index) => [text, index]));
      return { rows: predictions.texts.length, columns: [{ name: 'text', kind: 'text', type: 'VARCHAR', vector: { kind: 'categorical', codes: Int32Array.from(predictions.texts, (text) => (text === null ? -1 : (indexOf.get(text) ?? -1))), dictionary } }] };
    }
  }
}

async function measureRuntime(models: Models, subject: RunSubject, contract: Contract, measured: Measured, steps: Steps, on: On): Promise<void> {
  const { version, config, policy } = subject;
  const batch = subject.batches.current ?? subject.batches.holdout;
  if (version.kind === 'columns') {
    steps.missing.runtime = 'predictions are columns of the data, so there is nothing to time';
    return;
  }
  if (batch === undefined) {
    steps.missing.runtime = 'there is no data to time the model on';
    return;
  }
  measured.runtime = await steps.attempt('predict', 'latency', 'runtime', async (): Promise<RuntimeReport> => {
    const host = await models.host(version);
    const mapping = mapInputs(host.model.inputs, config, await batch.open(), notFeatures(batch));
    const latency = [];
    for (const size of batchSizes(policy)) {
      if (!host.model.batch.batchable && size > 1) continue;
      on.progress({ step: 'predict', subject: `latency, batch of ${size}`, done: latency.length, total: batchSizes(policy).length, unit: 'runs' });
      latency.push(await measureLatencyOf(host, await feedOf(batch, mapping, host.model.batch.fixedRows ?? size), size, on.signal));
    }
    return {
      provider: host.model.provider,
      requested: [...host.model.refused.map(({ provider }) => provider), host.model.provider],
      refused: host.model.refused,
      onnxruntime: host.model.onnxruntime,
      peakMemoryMb: Math.round(host.memory().rssPeakBytes / 1e6),
      modelBytes: version.bytes,
      latency,
      parity: [],
    };
  });
  if (measured.runtime === null) return;
  for (const gate of policy) {
    if (gate.kind !== 'parity') continue;
    const providers = gate.providers === 'available' ? (['cuda', 'tensorrt', 'webgpu', 'dml', 'coreml', 'cpu'] as const) : (gate.providers as Provider[]);
    for (const provider of providers) {
      if (provider === measured.runtime.provider) continue;
      const parity = await steps.attempt('compare', `parity with ${provider}`, `parity.${provider}`, () => parityOf(models, subject, contract, batch, provider, gate));
      if (parity !== null) measured.runtime.parity.push(parity);
    }
  }
}

async function parityOf(models: Models, { version, config }: RunSubject, contract: Contract, batch: Batch, provider: Provider, tolerance: { relative: number; absolute: number }): Promise<ParityReport> {
  if (version.kind !== 'file') throw new Problem('model-unsupported', 'Predictions are columns of the data');
  const here = await models.host(version);
  let there: ModelHost;
  try {
    there = await models.host(version, [provider]);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'provider-unavailable') throw error;
    return { between: [here.model.provider, provider], rows: 0, verdict: 'unavailable', reason: error.message, outputs: [], decisionsChanged: null, tolerance };
  }
  const mapping = mapInputs(here.model.inputs, config, await batch.open(), notFeatures(batch));
  const rows = here.model.batch.fixedRows ?? (here.model.batch.batchable ? parityRows : 1);
  const feed = await feedOf(batch, mapping, rows);
  const side = async (host: ModelHost): Promise<ParitySide> => {
    const outputs = outputColumns(await host.run(feed));
    const predictions = predictionsOf(outputs, config, contract);
    return { name: host.model.provider, outputs: outputs.map(asOutputTensor), decisions: decisionsFrom(predictions, config, contract) };
  };
  return checkParity(await side(here), await side(there), rows, tolerance);
}

function outputColumns(tensors: TensorMap): OutputColumns[] {
  return [...tensors].map(([name, tensor]) => ({ name, datatype: tensor.datatype, columns: vectorsOf(tensor) }));
}

function asOutputTensor({ name, datatype, columns }: OutputColumns): OutputTensor {
  const type = datatype === 'float16' || datatype === 'float32' || datatype === 'float64' ? datatype : datatype === 'string' ? 'text' : 'integer';
  const parts = columns.map((vector) => (vector.kind === 'numeric' ? vector.values : null));
  if (parts.every((part) => part !== null)) {
    const values = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      values.set(part, at);
      at += part.length;
    }
    return { name, datatype: type, values };
  }
  return { name, datatype: type, values: columns.flatMap((vector) => (vector.kind === 'categorical' ? Array.from(vector.codes, (code) => vector.dictionary[code] ?? '') : [])) };
}

function decisionsFrom(predictions: Predictions, { threshold }: ModelConfig, { task, classes }: Contract): Int32Array | undefined {
  if (predictions.kind === 'classes') return predictions.codes;
  if (task === 'binary' && predictions.kind === 'scores') return Int32Array.from(predictions.scores, (score) => (score >= threshold ? 1 : 0));
  if (task !== 'multiclass' || predictions.kind !== 'probabilities') return undefined;
  return decisionsOf({ task, classes, predictions, labels: new Int32Array(predictions.probabilities.length / classes.length) });
}

/** The first rows of a batch as a model takes them; rows repeat when there are fewer. */
async function feedOf(batch: Batch, mapping: InputMapping[], rows: number): Promise<TensorMap> {
  const columns = [...new Set(mapping.flatMap((each) => each.columns))];
  const dataset = await batch.open();
  for await (const table of readBatches(dataset, columns, Math.min(rows, Math.max(1, dataset.rows)), { booleans: 'numeric' })) {
    const index = Uint32Array.from({ length: rows }, (_, row) => row % table.rows);
    const feed: TensorMap = new Map();
    for (const { input, columns: names } of mapping) {
      const vectors = names.map((name) => {
        const { vector } = table.columns[columns.indexOf(name)];
        const taken = vector.kind === 'categorical' ? { ...vector, codes: Int32Array.from(index, (row) => vector.codes[row]) } : { kind: 'numeric' as const, values: Float64Array.from(index, (row) => vector.values[row]), ...(vector.nulls && { nulls: Uint8Array.from(index, (row) => vector.nulls?.[row] ?? 0) }) };
        return { name, vector: taken };
      });
      feed.set(input.name, tensorOf(vectors, input));
    }
    return feed;
  }
  throw new Problem('dataset-empty', `${batch.name} has no rows to feed the model with`);
}

async function evaluationOf(house: House, subject: RunSubject, contract: Contract, version: Version, batch: Batch, predictions: Predictions, on: On): Promise<EvaluationReport> {
  const { config, policy } = subject;
  const target = batch.config.target ?? config.target;
  const table = await batch.table();
  const features = table.columns.filter(({ name, kind }) => name !== target && !notFeatures(batch).includes(name) && (kind === 'numeric' || kind === 'categorical' || kind === 'boolean'));
  const input: Extract<Job, { kind: 'evaluate' }>['input'] = {
    dataset: await batch.ref(),
    model: { name: config.name, version: version.name, digest: version.digest },
    subject: subjectOf(table, config, target, contract, predictions),
    metrics: metricsWanted(policy),
    table,
    slices: slicesOf(config),
    searched: features.map(({ name }) => name),
    groups: contract.task === 'binary' ? config.groups : [],
    value: outcomeValuesOf(config, contract),
    seed: house.config.seed,
  };
  return house.judging.run({ kind: 'evaluate', input }, { signal: on.signal, onProgress: resampling('evaluate', `${version.name} on ${batch.name}`, on) });
}

async function comparisonOf(house: House, { config, policy, version }: RunSubject, contract: Contract, champion: Version, batch: Batch, answers: { candidate: Predictions; champion: Predictions }, on: On): Promise<ComparisonReport> {
  const table = await batch.table();
  const dataset = await batch.ref();
  const target = batch.config.target ?? config.target;
  const of = (predictions: Predictions) => subjectOf(table, config, target, contract, predictions);
  return house.judging.run(
    {
      kind: 'compare',
      input: {
        candidate: { version: version.name, digest: version.digest, dataset },
        champion: { version: champion.name, digest: champion.digest, dataset },
        keys: rowNames(table, batch.config.key),
        seed: house.config.seed,
      },
      subjects: { candidate: of(answers.candidate), champion: of(answers.champion) },
      options: { metrics: metricsWanted(policy), table, slices: slicesOf(config), value: outcomeValuesOf(config, contract) },
    },
    { signal: on.signal, onProgress: resampling('compare', `${version.name} with ${champion.name} on ${batch.name}`, on) },
  );
}

/** Metrics that gates ask for, whether or not they are among the usual ones. */
function metricsWanted(policy: readonly Gate[]): string[] {
  return [...new Set(policy.flatMap((gate) => (gate.kind === 'metric' || gate.kind === 'change' || gate.kind === 'non_inferior' ? [gate.metric] : [])))];
}

function outcomeValuesOf({ value }: ModelConfig, { task }: Contract): OutcomeValues | undefined {
  if (value === null || task !== 'binary') return undefined;
  return { currency: value.currency, truePositive: value.tp, falsePositive: value.fp, falseNegative: value.fn, trueNegative: value.tn, baseline: value.baseline };
}

function slicesOf({ slices }: ModelConfig): SliceDeclaration[] {
  return slices.flatMap((slice): SliceDeclaration[] => (slice.kind === 'by' ? [{ by: slice.columns }] : slice.kind === 'where' ? [{ name: slice.name, where: slice.where }] : []));
}

function resampling(step: 'evaluate' | 'compare', subject: string, on: On): (share: number) => void {
  return (share) => on.progress({ step, subject, done: Math.round(share * 2000), total: 2000, unit: 'resamples' });
}

/** Columns that name or place a row rather than describe it. */
function notFeatures(batch: Batch): string[] {
  return [...batch.config.key, ...(batch.config.time === null ? [] : [batch.config.time]), ...(batch.config.target === null ? [] : [batch.config.target])];
}

/** By the key column, else by a column that is called like one. */
function rowNames(table: Table, key: readonly string[]): (string | null)[] | undefined {
  const column = table.columns.find(({ name }) => name === key[0] || /^(case|case_?id|name|id)$/i.test(name));
  if (column === undefined) return undefined;
  const { vector } = column;
  return Array.from({ length: table.rows }, (_, row) => (vector.kind === 'categorical' ? (vector.dictionary[vector.codes[row]] ?? null) : vector.nulls?.[row] === 1 ? null : String(vector.values[row])));
}

function signatureOf({ registered: { summary } }: Extract<Version, { kind: 'file' }>): NonNullable<RunReport['signatures']>['candidate'] {
  return { inputs: summary.inputs, outputs: summary.outputs };
}

export function openModels({ config: { resources } }: House, on: On): Models {
  const hosts = new Map<string, Promise<ModelHost>>();
  const answers = new Map<string, Promise<Predictions>>();
  const evaluations = new Map<string, Promise<EvaluationReport>>();

  function host(version: Extract<Version, { kind: 'file' }>, providers: readonly Provider[] = resources.providers): Promise<ModelHost> {
    const { registered } = version;
    return remembered(hosts, `${version.digest} ${providers.join()}`, () =>
      startHost({
        file: registered.file,
        sha256: registered.sha256,
        externalSha256: registered.externalSha256,
        providers,
        ...(resources.threads !== null && { threads: resources.threads }),
        deadlineMs: resources.deadlineMs,
        memoryBytesMax: resources.memoryMb * 1e6,
        signal: on.signal,
      }),
    );
  }

  async function answer(version: Version, config: ModelConfig, contract: Contract, batch: Batch): Promise<Predictions> {
    if (version.kind === 'columns') return predictionsIn(await batch.table(), version.columns, contract);
    const running = await host(version);
    const dataset = await batch.open();
    const mapping = mapInputs(running.model.inputs, config, dataset, [...notFeatures(batch), ...(config.target === null ? [] : [config.target])]);
    const outputs = await predict(running, dataset, mapping, {
      rowsPerBatch: resources.batchRows,
      signal: on.signal,
      onProgress: (done, total) => on.progress({ step: 'predict', subject: `${version.name} on ${batch.name}`, done, total, unit: 'rows' }),
    });
    return predictionsOf(outputs, config, contract);
  }

  /** A failure is not remembered: whoever asks next is told anew. */
  function remembered<T>(memory: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
    let made = memory.get(key);
    if (made === undefined) {
      made = make();
      made.catch(() => memory.delete(key));
      memory.set(key, made);
    }
    return made;
  }

  const keyOf = async (version: Version, { name }: ModelConfig, batch: Batch) => digestOf({ version: version.digest, name, batch: (await batch.ref()).digest, files: batch.files });

  return {
    host,
    predictions: async (version, config, contract, batch) => remembered(answers, await keyOf(version, config, batch), () => answer(version, config, contract, batch)),
    evaluation: async (version, config, batch, make) => remembered(evaluations, await keyOf(version, config, batch), make),
    async close() {
      const started = await Promise.allSettled(hosts.values());
      await Promise.all(started.map((each) => (each.status === 'fulfilled' ? each.value.close() : undefined)));
    },
  };
}
